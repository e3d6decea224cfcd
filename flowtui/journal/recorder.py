"""Writes the runs of a session into the history, in a thread beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from flowtui.engine.session_state import Origin
from flowtui.model.errors import UsageError

if TYPE_CHECKING:
    from flowtui.engine.session_state import SessionState
    from flowtui.journal.history import History
    from flowtui.model.run import QueryRun, RunId, RunState


SETTLE_SECONDS = 1.0
"""The longest that a reader waits for what is being written."""


class HistoryRecorder:
    """A run is written when it begins, when the service gives it an id, and as its state changes.

    So the runs of a session that is killed are there too. What is not written yet when the
    program ends is still written: Python waits for the thread. `say` is called once for
    each way in which that fails.
    """

    def __init__(self, history: Callable[[], History], say: Callable[[str], None]) -> None:
        """`history` is called in a thread, for it imports what the first frame does not need."""
        self._history, self._say = history, say
        self._session = uuid4().hex
        # One thread, so that what is known of a run is written in its order.
        self._thread = ThreadPoolExecutor(1, "flowtui-history")
        self._places: dict[RunId, str] = {}
        """Where the runs that are written here were asked."""
        self._written: dict[RunId, tuple[str, RunState]] = {}
        """Handle and state of those that have not ended."""
        self._said: set[str] = set()

    def see(self, state: SessionState) -> None:
        run = state.run
        if run is not None and run.query.rows is not None:
            # What the history has is run over log groups; this cost nothing, and is on the trail.
            run = None
        if run is not None and run.id not in self._places and state.origin is not Origin.RECALLED:
            if state.origin is Origin.RESUMED:
                self._submit(lambda: self._history().take_over(self._session, run))
            self._places[run.id] = state.place
            self._write(run)
        for run_id in tuple(self._written):
            if (known := state.run_of(run_id)) is not None:
                self._write(known)

    async def settle(self) -> None:
        """Wait until what was seen is in the history, unless the disk does not answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                await asyncio.wrap_future(self._thread.submit(lambda: None))

    async def finish(self, still_running: Sequence[str]) -> None:
        """The rest is written by the thread, for which Python waits."""

    def _write(self, run: QueryRun) -> None:
        """Write what is new of the run, if anything is."""
        place, known = self._places[run.id], (run.handle, run.latest.state)
        if self._written.get(run.id) != known:
            self._written[run.id] = known
            self._submit(lambda: self._history().write(self._session, place, run))
        if run.is_final:
            del self._written[run.id]

    def _submit(self, write: Callable[[], None]) -> None:
        self._thread.submit(self._try, write, asyncio.get_running_loop())

    def _try(self, write: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        try:
            write()
        except UsageError as error:
            if str(error) not in self._said:
                self._said.add(str(error))
                # When the loop has ended there is nobody to read it.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._say, str(error))
