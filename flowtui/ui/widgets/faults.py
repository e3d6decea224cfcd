"""How a fault of flowtui itself is kept from taking along the text that somebody writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


Report = Callable[[Exception], None]


def safely(work: Callable[[], Result], otherwise: Result, report: Report) -> Result:
    """For what only helps the one who writes: colours, checks, completion."""
    try:
        return work()
    except Exception as fault:  # noqa: BLE001  (whatever it is, the text must live on)
        report(fault)
        return otherwise


class Faults:
    """Says what failed, and keeps the details of each kind once, however many keys follow."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._kept: set[type[Exception]] = set()

    def report(self, fault: Exception) -> None:
        kind = type(fault)
        self._say(f"flowtui can't read this text, which is a fault of its own ({kind.__name__})")
        if kind not in self._kept:
            self._kept.add(kind)
            context = {"message": "the editor's text can't be read", "exception": fault}
            asyncio.get_running_loop().call_exception_handler(context)
