"""How a fault of flowtui itself is kept from taking along the text that somebody writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def safely(work: Callable[[], Result], otherwise: Result, report: Callable[[str], None]) -> Result:
    """For what only helps the one who writes: colours, checks, completion."""
    try:
        return work()
    except Exception as fault:  # noqa: BLE001  (whatever it is, the text must live on)
        kind = type(fault).__name__
        report(f"flowtui can't read this text, which is a fault of its own ({kind})")
        return otherwise
