"""The investigation is saved as it changes: in a thread, one write at a time, the newest state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.model.errors import UsageError
from flowtui.ui.widgets.run_status import zone_name

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from flowtui.journal.investigation import Investigation
    from flowtui.journal.records import Record, Resumed

DELAY = 0.5
"""Seconds from a change to its write, in which others join it: not every keystroke is written."""
LAST_SECONDS = 3.0
"""The longest that the last write may hold up the end."""


class Saving:
    """Writes the investigation of one session into its `record`, and says once if that fails.

    Until it differs from `blank`, with which the session begins, it is not worth keeping.
    """

    def __init__(self, record: Record, blank: Investigation, say: Callable[[str], None]) -> None:
        self._record = record
        self._blank = blank
        self._say = say
        self._newest = blank
        self._urgent = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._has_said = False
        self._is_finished = False
        self.failure = ""
        """Why the last write failed; empty if it did not."""
        # What is damaged is said before anybody relies on it.
        self._checking = asyncio.get_running_loop().create_task(self._try(record.check))

    def note(self, newest: Investigation) -> None:
        """Save this state soon; at once where it knows of a query that could be lost."""
        if not self._is_finished:
            is_started = newest.handle != self._newest.handle
            self._put(newest, is_urgent=is_started)

    async def finish(self, last: Callable[[Investigation], Investigation]) -> None:
        """Save what `last` makes of the newest state; what is noted later comes too late."""
        if self._is_finished:
            return
        self._is_finished = True
        self._put(last(self._newest), is_urgent=True)
        if self._task is not None:
            try:
                async with asyncio.timeout(LAST_SECONDS):
                    await self._task
            except TimeoutError:
                self.failure = "can't keep the end of the investigation: the disk does not answer"
        self._record.let_go()

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
                self._say(self.failure)
        else:
            self.failure = ""

    def _write(self, investigation: Investigation) -> None:
        bare = investigation.bare()
        # Where the records are is found out meanwhile, by nobody's doing.
        if self._record.is_new and replace(bare, source=self._blank.source) == self._blank:
            return
        self._record.save(bare)


def describe(resumed: Resumed, now: datetime, zone: tzinfo) -> str:
    """`resumed: 5 steps, last saved 03:12 UTC`."""
    trail = resumed.investigation.trail
    steps = len(trail.steps) if trail else 0
    what = f"{steps} step{'s' * (steps > 1)}" if steps else "the query"
    saved, today = resumed.saved.astimezone(zone), now.astimezone(zone).date()
    clock = f"{saved:%H:%M}" if saved.date() == today else f"{saved:%Y-%m-%d %H:%M}"
    said = f"resumed: {what}, last saved {clock} {zone_name(zone)}"
    return f"{said}; {resumed.passed_over}" if resumed.passed_over else said
