"""What is on its way: one question at a time, until it has ended or is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from flowtui.engine.session_state import QUEUED

if TYPE_CHECKING:
    from flowtui.engine.background import Start
    from flowtui.engine.followers import Followers
    from flowtui.engine.session_store import SessionStore
    from flowtui.model.run import Query, QueryRun
    from flowtui.model.timerange import TimeRange


class CurrentRun:
    def __init__(
        self,
        store: SessionStore,
        followers: Followers,
        start: Start,
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._followers, self._start, self._now = store, followers, start, now
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a run is asked for, even if it has not begun."""
        return self._task is not None and not self._task.done()

    def ask(
        self,
        question: Query,
        window: TimeRange | None,
        title: str,
        *,
        replaces: bool = False,
        is_sure: bool,
        leaves_rows: bool = False,
    ) -> None:
        """Run it in the place of what is on its way; its step comes when it has rows to show."""
        self.halt()
        state = replace(self._store.state, replaces=replaces, activity=QUEUED, refusal=None)
        self._store.become(state.said(""))
        self._task = self._start(
            self._followers.of_run.follow(
                question, window, title, is_sure=is_sure, leaves_rows=leaves_rows
            )
        )

    def fetch(self, said: str, strays: Sequence[QueryRun] = ()) -> None:
        """Read the rows that were forgotten, and follow a run of a session before.

        `said` is what the user should know after it; `strays` are runs to stop.
        """
        self._task = self._start(self._followers.of_run.fetch(said, strays))

    def halt(self) -> None:
        """Stop it: its state says so at once, the service is asked meanwhile."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        run = self._store.state.run
        if self._store.state.activity or (run is not None and not run.is_final):
            self._store.become(self._store.state.halted(self._now()))
