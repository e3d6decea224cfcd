"""Writes the runs of this session into the history, in a thread behind the loop; reads texts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from flowtui.model.errors import UsageError

if TYPE_CHECKING:
    from flowtui.journal.history import History
    from flowtui.model.run import QueryRun, RunId, RunState


async def earlier_texts(history: Callable[[], History] | None) -> Sequence[str]:
    """What was asked in all sessions, the latest first; raises `UsageError`."""
    return () if history is None else await asyncio.to_thread(lambda: history().texts())


class Chronicle:
    """A run is written when it begins, when the service gives it an id, and as its state changes.

    So the runs of a session that is killed are there too. What is not written yet when the
    program ends is still written: Python waits for the thread. `say` is told once if that fails.
    """

    def __init__(self, history: Callable[[], History], say: Callable[[str], None]) -> None:
        """`history` is called in a thread, for it imports what the first frame does not need."""
        self._history, self._say = history, say
        self._session = uuid4().hex
        # One thread, so that what is known of a run is written in its order.
        self._thread = ThreadPoolExecutor(1, "flowtui-history")
        self._places: dict[RunId, str] = {}
        self._noted: dict[RunId, tuple[str, RunState]] = {}
        self._has_failed = False

    def begin(self, run: QueryRun, place: str) -> None:
        """A run that this session asks for; no other one is written."""
        self._places[run.id] = place
        self.follow(run)

    def go_on(self, run: QueryRun, place: str) -> None:
        """A run that a session before has asked for, and that this one follows by its id."""
        self._submit(lambda: self._history().take_over(self._session, run))
        self.begin(run, place)

    def follow(self, run: QueryRun) -> None:
        """Write what is new of the run, if anything is."""
        place, known = self._places.get(run.id), (run.handle, run.latest.state)
        if place is not None and self._noted.get(run.id) != known:
            self._noted[run.id] = known
            self._submit(lambda: self._history().write(self._session, place, run))

    def _submit(self, write: Callable[[], None]) -> None:
        self._thread.submit(self._try, write, asyncio.get_running_loop())

    def _try(self, write: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        try:
            write()
        except UsageError as error:
            if not self._has_failed:
                self._has_failed = True
                # When the loop has ended there is nobody to be told.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._say, str(error))
