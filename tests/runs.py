"""A query as it has ended."""

from __future__ import annotations

from contextlib import aclosing

from flowtui.backends.base import Backend
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import watch
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.timerange import TimeRange


async def ended(service: Backend, query: Query) -> Snapshot:
    """The last that is known of it."""
    window = query.time
    assert isinstance(window, TimeRange)
    async with aclosing(watch(service, query, window, delays=LOCAL)) as snapshots:
        *_, last = [snapshot async for snapshot in snapshots]
    return last


async def answered(service: Backend, query: Query) -> Snapshot:
    last = await ended(service, query)
    assert last.state is RunState.COMPLETE, last
    return last
