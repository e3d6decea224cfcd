"""The time behind the rows that are shown: looked at where that is free, else asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.model.run import RunState

if TYPE_CHECKING:
    from flowtui.engine.background import Start
    from flowtui.engine.followers import Followers
    from flowtui.engine.session_state import SessionState
    from flowtui.engine.session_store import SessionStore
    from flowtui.model.run import QueryRun, RunId


class TimeBehind:
    def __init__(self, store: SessionStore, followers: Followers, start: Start) -> None:
        self._store, self._followers, self._start = store, followers, start
        self._looking: asyncio.Task[None] | None = None
        self._looked: tuple[RunId, str, bool] | None = None
        """The run whose time was asked for, the split, and whether the window before was."""
        store.listeners.append(self._look)

    @property
    def is_free(self) -> bool:
        """Whether the records can be looked at for nothing."""
        shown = self._store.state.shown
        return shown is not None and _is_free(self._store.state, shown)

    def split(self, column: str) -> None:
        """Tell the values of a column apart; those of none where it is empty.

        What was scanned for is asked for anew: it does not have them.
        """
        over_time = self._store.state.over_time
        was_scanned = over_time.series is not None and not self.is_free
        kept = over_time.series if was_scanned else None
        self._store.become(
            replace(self._store.state, over_time=replace(over_time, split=column, series=kept))
        )
        if was_scanned:
            self.ask()

    def look_before(self, wanted: bool) -> None:
        """Whether the window before is to be seen behind this one; a scan is asked for first."""
        over_time = replace(self._store.state.over_time, wants_before=wanted, before=None)
        self._store.become(replace(self._store.state, over_time=over_time))
        if wanted and not self.is_free:
            self.ask(before=True)

    def ask(self, *, before: bool = False) -> None:
        """Ask for the records where that is a scan; or for those of the window before."""
        run = self._store.state.shown
        if run is not None:
            self._look_with(self._followers.of_time.ask(run, before=before))

    def _look(self, state: SessionState) -> None:
        """Look as soon as the rows are all there, where that is free."""
        run, over_time = state.shown, state.over_time
        if run is None:
            return
        wanted = run.id, over_time.split, over_time.wants_before
        if state.activity or (state.run is not None and not state.run.is_final):
            # What is asked now comes first.
            if self._looking is not None:
                self._looking.cancel()
            self._looked = None
        elif run.latest.state is RunState.COMPLETE and wanted != self._looked:
            self._looked = wanted
            is_free, follower = _is_free(state, run), self._followers.of_time
            self._look_with(follower.accompany(run) if is_free else follower.look_in_rows(run))

    def _look_with(self, work: Coroutine[object, object, None]) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._looking = self._start(work)


def _is_free(state: SessionState, run: QueryRun) -> bool:
    """Whether what a run has read can be read again for nothing."""
    return state.source.is_at_hand or run.query.rows is not None
