"""A question that is asked again and again: when, over which window, and beside what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from flowtui.engine.session_state import Watch, is_again
from flowtui.model.timerange import Time, TimeRange

if TYPE_CHECKING:
    from flowtui.engine.background import Start
    from flowtui.engine.session_store import SessionStore


class Asker(Protocol):
    """Who asks the question of the editor."""

    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]

    def ask(self) -> None: ...

    @property
    def is_busy(self) -> bool: ...


class Repetition:
    def __init__(self, store: SessionStore, asker: Asker, start: Start) -> None:
        self._store, self._asker, self._start = store, asker, start
        self._task: asyncio.Task[None] | None = None
        self._begun: tuple[datetime, TimeRange] | None = None
        """When the question was asked over a window that the user has chosen, and that window."""
        self._slid: Time | None = None
        """The window as it was moved the last time."""

    def begin(self, every: timedelta, label: str) -> None:
        self.end()
        self._begun = self._slid = None
        self._store.become(replace(self._store.state, watch=Watch(every, label)))
        self._again()
        self._task = self._start(self._go_on(every))

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._store.state.watch is not None:
            self._store.become(replace(self._store.state, watch=None))

    async def _go_on(self, every: timedelta) -> None:
        while (watch := self._store.state.watch) is not None:
            watch = replace(watch, next=self._asker.now() + every)
            self._store.become(replace(self._store.state, watch=watch))
            await self._asker.sleep(every.total_seconds())
            self._again()

    def _again(self) -> None:
        """The last run may not have ended yet, or the user may have been asked something."""
        state = self._store.state
        if state.watch is None or self._asker.is_busy or state.request is not None:
            return
        watch, shown = state.watch, state.shown
        if shown is not None and shown.is_final and is_again(shown.query, state.question):
            watch = replace(watch, before=shown.latest.results)
        self._store.become(replace(state, watch=watch, time=self._moved(state.time)))
        self._asker.ask()

    def _moved(self, time: Time | None) -> Time | None:
        """A window with a fixed beginning goes along with the clock, as the last hour does."""
        if not isinstance(time, TimeRange):
            return time
        now = self._asker.now()
        if self._begun is None or time != self._slid:
            self._begun, self._slid = (now, time), time
            return time
        begun, window = self._begun
        self._slid = TimeRange(window.start + (now - begun), window.end + (now - begun))
        return self._slid
