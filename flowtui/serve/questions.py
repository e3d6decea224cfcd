"""Questions of an operation to the service itself: a small query, run to its end."""

from __future__ import annotations

from contextlib import aclosing

from flowtui.backends.base import Backend
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import watch
from flowtui.model.errors import BackendError
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.serve.parameters import LAST_SECOND

ALWAYS = TimeRange(from_ms(0), from_ms((LAST_SECOND + 1) * 1000))
"""All that has a time."""


class Questions:
    """Asks `backend`; these queries are nobody's, and no operation lists them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def ask(
        self, text: str, log_groups: tuple[str, ...], window: TimeRange = ALWAYS
    ) -> list[dict[str, str]]:
        """The rows as records, without what they lack; raises what the backend raises."""
        latest = Snapshot(RunState.QUEUED)
        query = Query(text, window, log_groups)
        async with aclosing(watch(self._backend, query, window, delays=LOCAL)) as snapshots:
            async for snapshot in snapshots:
                latest = snapshot
        if latest.state is not RunState.COMPLETE:
            raise BackendError(latest.error or "the engine was stopped; try again")
        return [latest.results.record(index) for index in range(len(latest.results.rows))]
