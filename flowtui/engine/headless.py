"""Queries without a screen: the command line's use cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import datetime

from flowtui.backends.base import Service
from flowtui.engine.drill import Target, drill
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import UsageError
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.timerange import Time, TimeRange
from flowtui.query.prelude import prelude

Now = Callable[[], datetime]


async def run_query(  # noqa: PLR0913  (the command line's options)
    service: Service,
    body: str,
    log_groups: tuple[str, ...],
    time: Time | None,
    *,
    limit: int | None,
    now: Now,
    progress: Callable[[str], None],
) -> Snapshot:
    """Run `body` to its end, with the parse command it needs, and return its last snapshot."""
    try:
        groups = log_groups or await _all_groups(service)
        flow_format = await format_of(service, groups)
        query = Query(body, time, groups, prelude(body, flow_format), limit)
        window = await window_of(service, query, now)
        latest = Snapshot(RunState.QUEUED)
        async with aclosing(watch(service, query, window, delays=LOCAL)) as snapshots:
            async for latest in snapshots:
                done = latest.statistics.progress
                progress(str(latest.state) + ("" if done is None else f" {done:.0%}"))
        progress("")
        return latest
    finally:
        await service.close()


async def drill_row(
    service: Service | None,
    body: str,
    row: Mapping[str, str],
    log_groups: tuple[str, ...],
    time: Time | None,
    *,
    now: Now,
) -> Target:
    """The query behind `row`; without a service nothing is looked up."""
    if service is None:
        query = Query(body, time, log_groups)
        return drill(query, _resolved(query, now), row, None)
    try:
        groups = log_groups or await _all_groups(service)
        flow_format = await format_of(service, groups)
        query = Query(body, time, groups, prelude(body, flow_format))
        return drill(query, await window_of(service, query, now), row, flow_format)
    finally:
        await service.close()


async def _all_groups(service: Service) -> tuple[str, ...]:
    return tuple([group.name async for page in service.log_groups() for group in page])


async def format_of(service: Service, groups: tuple[str, ...]) -> FlowFormat | None:
    """The one format of all these groups; None where it is unknown or they differ."""
    formats = {(await service.describe(name)).format for name in groups}
    return formats.pop() if len(formats) == 1 else None


async def window_of(service: Service, query: Query, now: Now) -> TimeRange:
    if query.time is not None:
        return query.time.resolve(now())
    extent = await service.extent(query.log_groups)
    if extent is None:
        raise UsageError("a time range is needed here; give --since, or --start and --end")
    return extent


def _resolved(query: Query, now: Now) -> TimeRange:
    if query.time is None:
        raise UsageError("a time range is needed here; give --since, or --start and --end")
    return query.time.resolve(now())
