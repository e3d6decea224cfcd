"""The local engine over rows at hand, made when it is first asked for something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from flowtui.model.errors import BackendError
from flowtui.model.run import QueryRun, ResultSet, RowsOf, RunId, RunState, Snapshot

if TYPE_CHECKING:
    from flowtui.backends.base import RowsAtHand

Find = Callable[[RunId], QueryRun | None]
"""The run of that id, as the session has it."""
Reread = Callable[[QueryRun], Awaitable[QueryRun]]
"""A run with its rows, read again without a scan."""


class RowsSource:
    def __init__(self, make: Callable[[], RowsAtHand] | None, find: Find) -> None:
        self._make, self._find = make, find
        self._backend: RowsAtHand | None = None

    @property
    def backend(self) -> RowsAtHand:
        if self._backend is None:
            if self._make is None:
                raise BackendError("rows at hand can't be queried here; query the log groups")
            self._backend = self._make()
        return self._backend

    async def rows(self, rows: RowsOf, reread: Reread) -> ResultSet:
        """Those of the run, read again where they were forgotten; the backend holds them."""
        run = self._find(rows.run)
        if run is None or not run.latest.results.rows:
            run = await reread(_run_of(rows, run))
        self.backend.hold(rows.run, run.latest.results)
        return run.latest.results

    async def close(self) -> None:
        if self._backend is not None:
            await self._backend.close()


def _run_of(rows: RowsOf, known: QueryRun | None) -> QueryRun:
    """The run as far as its rows tell of it, where nobody knows more."""
    if known is not None:
        return known
    complete = Snapshot(RunState.COMPLETE)
    return QueryRun(rows.run, rows.query, rows.window, rows.window.end, complete, None, rows.handle)
