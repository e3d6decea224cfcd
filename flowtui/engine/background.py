"""The work that goes on by itself: it can all be ended, and no error of it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

Start = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]
"""Begins a task, and owns it."""


class Background:
    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None
        self._has_fault = asyncio.Event()

    def start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def stop(self) -> None:
        """Cancel all, and wait until each has ended."""
        for task in tuple(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and self._fault is None:
            self._fault = error
            self._has_fault.set()

    async def faults(self) -> None:
        """Raise the first error that nobody foresaw."""
        await self._has_fault.wait()
        if self._fault is not None:
            raise self._fault
