"""A fault of flowtui under its screen: the screen goes, and nothing of the fault is written there.

Textual would print a traceback with the values of all variables, and so the credentials and the
log lines that are in them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from rich.console import RenderableType
from textual.app import App
from textual.worker import WorkerFailed

ResultType = TypeVar("ResultType")

Record = Callable[[BaseException], str]
"""Keeps where a fault happened; the sentence that says so."""

FAULT = 3
"""The exit code."""


class FaultNet(App[ResultType]):
    """Ends on the first fault, whichever task, worker, timer or thread it is in."""

    def __init__(self, record: Record, **options: Any) -> None:
        super().__init__(**options)
        self._record = record
        self._fault = ""

    @property
    def fault(self) -> str:
        """What is to be said of the fault that has ended the program; empty if there was none."""
        return self._fault

    def on_mount(self) -> None:
        asyncio.get_running_loop().set_exception_handler(self._record_of_loop)

    def _handle_exception(self, error: Exception) -> None:
        """Textual's way for all that is not caught; it has no public one."""
        self._keep(error)
        super()._handle_exception(error)
        self._return_code = FAULT

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def panic(self, *_: RenderableType) -> None:
        """End without them: an error that draws itself may draw what is in it."""
        self._fault = self._fault or "that was a fault of flowtui"
        self._return_code = FAULT
        self._close_messages_no_wait()

    def _keep(self, error: BaseException) -> None:
        said = self._record(error.error if isinstance(error, WorkerFailed) else error)
        self._fault = self._fault or said

    def _record_of_loop(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An error of a task that nobody awaits: nothing depends on it, so nothing ends."""
        if (error := context.get("exception")) is not None:
            self._record(error)
