"""The investigation is saved as it changes: in a thread, one write at a time, the newest state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.engine.investigation import Investigation
from flowtui.model.errors import UsageError
from flowtui.model.source import CloudWatchSource

if TYPE_CHECKING:
    from datetime import datetime

    from flowtui.engine.session import Session
    from flowtui.engine.session_state import SessionState
    from flowtui.journal.investigations import StoredInvestigation

DELAY = 0.5
"""Seconds from a change to its write, in which others join it: not every keystroke is written."""
LAST_SECONDS = 3.0
"""The longest that the last write may hold up the end."""


class Autosave:
    """Writes the investigation of one session into its `stored`, and says once if that fails.

    Until it differs from what the session begins with, it is not worth keeping.
    """

    def __init__(self, stored: StoredInvestigation, session: Session) -> None:
        self._stored = stored
        self._session = session
        self._now: Callable[[], datetime] = session.now
        self._blank = self._newest = investigation_of(session.state, session)
        self._urgent = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._has_said = False
        self._is_finished = False
        self.failure = ""
        """Why the last write failed; empty if it did not."""
        # Damage is reported before anybody relies on the file.
        self._checking = asyncio.get_running_loop().create_task(self._try(stored.check))

    def see(self, state: SessionState) -> None:
        """Save this state soon; at once where it knows of a query that could be lost."""
        newest = investigation_of(state, self._session)
        if not self._is_finished and _has_changed(self._newest, newest):
            is_started = newest.handle != self._newest.handle
            self._put(newest, is_urgent=is_started)

    async def settle(self) -> None:
        """It is read by the next session only."""

    async def finish(self, still_running: Sequence[str]) -> None:
        """Save the newest state as it is left; what is seen later comes too late."""
        if self._is_finished:
            return
        self._is_finished = True
        self._put(self._newest.left(still_running, self._now()), is_urgent=True)
        if self._task is not None:
            try:
                async with asyncio.timeout(LAST_SECONDS):
                    await self._task
            except TimeoutError:
                self.failure = "can't keep the end of the investigation: the disk does not answer"
        self._stored.let_go()
        self._session.unsaved = self.failure

    def _put(self, newest: Investigation, *, is_urgent: bool) -> None:
        self._newest = newest
        if is_urgent:
            self._urgent.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._save_newest())

    async def _save_newest(self) -> None:
        saved: Investigation | None = None
        while saved is not self._newest:
            with suppress(TimeoutError):
                async with asyncio.timeout(DELAY):
                    await self._urgent.wait()
            self._urgent.clear()
            saved = self._newest
            await self._save(saved)

    async def _save(self, investigation: Investigation) -> None:
        await self._try(lambda: self._write(investigation))

    async def _try(self, work: Callable[[], None]) -> None:
        from flowtui.backends.daemon import submit

        try:
            await asyncio.wrap_future(submit(work))
        except UsageError as error:
            self.failure = str(error)
            if not self._has_said and not self._is_finished:
                self._has_said = True
                self._session.say(self.failure, is_error=True)
        else:
            self.failure = ""

    def _write(self, investigation: Investigation) -> None:
        bare = investigation.bare()
        # Where the records are is found out meanwhile, by nobody's doing.
        if self._stored.is_new and replace(bare, source=self._blank.source) == self._blank:
            return
        self._stored.save(bare)


def investigation_of(state: SessionState, session: Session) -> Investigation:
    """The investigation of a state, as it is kept."""
    run, pending = state.run, None
    if state.pending is not None and run is not None and not run.is_final:
        # A run that has ended without rows is no step.
        pending = replace(state.pending, run=run)
    source = state.source
    if isinstance(source, CloudWatchSource):
        source = replace(source, region=session.account.service.region or source.region)
    return Investigation(
        source, state.groups, state.time, state.text, state.trail,
        pending, state.replaces and pending is not None, state.rows,
    )  # fmt: skip


def _has_changed(before: Investigation, now: Investigation) -> bool:
    """Whether there is anything to save; rows are not compared, as that may take long."""
    is_same_trail = before.trail is now.trail
    is_same_run = (before.coming and before.coming.run) is (now.coming and now.coming.run)
    is_same_rest = replace(before, trail=None, coming=None) == replace(now, trail=None, coming=None)
    return not (is_same_trail and is_same_run and is_same_rest)
