"""Queries without a screen: the command line's use cases."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import datetime

from flowtui.backends.base import Handle, LogGroup, Service
from flowtui.engine.cost import Estimate, Meter, estimate, within
from flowtui.engine.cut import cut
from flowtui.engine.drill import Target, drill
from flowtui.engine.pace import LOCAL
from flowtui.engine.scans import Listing, named_in, scans
from flowtui.engine.watch import id_of, watch
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import BackendError, QueryError, UsageError
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.timerange import Time, TimeRange
from flowtui.query.check import Diagnostic, Severity, check
from flowtui.query.parser import parse_tolerant
from flowtui.query.prelude import prelude
from flowtui.query.scope import begins_with_source, may_choose_groups, scope_behind

Now = Callable[[], datetime]

Begin = Callable[[Estimate, Query, TimeRange], None]
"""Told what a query may scan before it runs; raises `UsageError` if it must not."""


def _go(estimate: Estimate, query: Query, window: TimeRange) -> None:
    """Let it run, whatever it may scan."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the command line asks."""

    body: str
    log_groups: tuple[str, ...]
    """Empty means all that the source has; a query that begins with SOURCE says it itself."""
    time: Time | None
    """None is all the data there is."""
    given_format: Callable[[str], FlowFormat | None]
    limit: int | None = None
    stop_above_gb: float = 0.0
    """The query is stopped when it has scanned more GB than that; 0 is no limit."""
    needs_sizes: bool = False
    """Whether the groups' sizes are asked for where nothing else is: a limit depends on them."""


async def run_query(  # noqa: PLR0913  (what is behind the star has defaults, or is a listener)
    service: Service,
    question: Question,
    *,
    now: Now,
    progress: Callable[[str], None],
    warn: Callable[[Diagnostic], None],
    left_running: list[str],
    begin: Begin = _go,
    meter: Meter | None = None,
) -> Snapshot:
    """Run the question to its end, with the parse command it needs; returns the last snapshot.

    `warn` is told what is doubtful in it before it runs; places are those in the question's body.
    `meter` counts what is scanned. `left_running` gets the id of a query that may still run because
    its stop went unanswered. Raises `QueryError` among others, with such a place too.
    """
    is_ignored = question.log_groups and not _chosen(question)
    try:
        found = await _resolve(service, question)
        query, notices = found.query, found.notices
        for finding in check(question.body, found.format):
            if finding.severity is Severity.WARNING:
                warn(finding)
        window = await _window(service, query, now)
        begin(_estimate(found, window, now()), query, window)

        def left(handle: Handle | None) -> None:
            left_running.append(id_of(handle))

        running = watch(service, query, window, delays=LOCAL, left=left)
        metered = (meter or Meter()).metered(running)
        limited = within(metered, question.stop_above_gb, left_running)
        latest = await _last(limited, query, progress)
        said = (
            *((_IGNORED,) if is_ignored else ()),
            *notices,
            *latest.notices,
            *filter(None, [cut(query, latest)]),
            *await _elsewhere(service, query, window, latest),
        )
        return replace(latest, notices=tuple(dict.fromkeys(said)))
    finally:
        progress("")
        await service.close()


async def _last(
    running: AsyncGenerator[Snapshot, None], query: Query, progress: Callable[[str], None]
) -> Snapshot:
    """The last snapshot; raises `QueryError` with a place in the body, not in the prelude."""
    latest = Snapshot(RunState.QUEUED)
    try:
        async with aclosing(running) as snapshots:
            async for latest in snapshots:
                done = latest.statistics.progress
                state = str(latest.state) if latest.has_slot else "Waiting for a free slot"
                progress(state + ("" if done is None else f" {done:.0%}"))
    except QueryError as error:
        before = len(query.text) - len(query.body)
        start, end = error.span
        # Not changed in place: the parser remembers the errors that it has found.
        raise QueryError(str(error), (max(0, start - before), max(0, end - before))) from error
    return latest


async def _elsewhere(
    service: Service, query: Query, window: TimeRange, latest: Snapshot
) -> tuple[str, ...]:
    """When the records are, where a time was asked for in which there are none."""
    is_own = begins_with_source(parse_tolerant(query.body).pipeline)
    if query.time is None or is_own or latest.state is not RunState.COMPLETE:
        return ()
    extent = await service.extent(query.log_groups)
    if extent is None or extent.intersect(window) is not None:
        return ()
    first, last = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (extent.start, extent.end))
    return (
        f"no record lies in the time that was asked for: they are from {first} to {last} UTC;"
        " give --start and --end, or neither for all there is",
    )


async def drill_row(
    service: Service | None, question: Question, row: Mapping[str, str], *, now: Now
) -> Target:
    """The query behind `row`; without a service nothing is looked up."""
    _check_row(question.body, row)
    if service is None:
        flow_format = _one([question.given_format(name) for name in question.log_groups or ("",)])
        query = _query(question, _chosen(question), flow_format)
        if query.time is None:
            raise UsageError("a time range is needed here; give --since, or --start and --end")
        return drill(query, query.time.resolve(now()), row, flow_format)
    try:
        found = await _resolve(service, question)
        return drill(found.query, await _window(service, found.query, now), row, found.format)
    finally:
        await service.close()


def _check_row(body: str, row: Mapping[str, str]) -> None:
    """Raise `UsageError` for a name that is no column: its key would count as missing."""
    scope = scope_behind(parse_tolerant(body).pipeline)
    if scope.has_events or scope.is_open:
        return
    for name in row:
        if name not in scope.names:
            columns = ", ".join(scope.names)
            raise UsageError(f"--row names {name}, but the columns of the result are: {columns}")


_IGNORED = "SOURCE in the query says which log groups to read; those of --log-group are left out"


def _chosen(question: Question) -> tuple[str, ...]:
    """The log groups that were chosen, where that counts."""
    is_own = begins_with_source(parse_tolerant(question.body).pipeline)
    return () if is_own else question.log_groups


@dataclass(frozen=True, slots=True)
class _Resolved:
    """The query, and what was found out of its groups."""

    query: Query
    format: FlowFormat | None
    notices: list[str]
    """Why a format is unknown or not certain."""
    groups: Mapping[str, LogGroup]


def _estimate(found: _Resolved, window: TimeRange, now: datetime) -> Estimate:
    pipeline = parse_tolerant(found.query.body).pipeline
    read = scans(pipeline, found.query.log_groups, window, Listing(found.groups), now)
    return estimate(read, now)


async def _resolve(service: Service, question: Question) -> _Resolved:
    groups = _chosen(question)
    if not groups and not may_choose_groups(parse_tolerant(question.body).pipeline):
        groups = await _all_groups(service)
    formats: list[FlowFormat | None] = []
    notices: list[str] = []
    described: dict[str, LogGroup] = {}
    for name in groups:
        given = question.given_format(name)
        if question.needs_sizes or not given:
            described[name] = await service.describe(name)
        formats.append(given or described[name].format)
        notices += [] if given else filter(None, [described[name].format_notice])
    if question.needs_sizes:
        for name in named_in(parse_tolerant(question.body).pipeline):
            with suppress(BackendError):
                described[name] = await service.describe(name)
    flow_format = _one(formats)
    query = _query(question, groups, flow_format)
    return _Resolved(query, flow_format, notices, described)


def _query(question: Question, groups: tuple[str, ...], flow_format: FlowFormat | None) -> Query:
    before = prelude(question.body, flow_format)
    return Query(question.body, question.time, groups, before, question.limit)


def _one(formats: list[FlowFormat | None]) -> FlowFormat | None:
    """The format that all have; None where it is unknown or they differ."""
    return formats[0] if len(set(formats)) == 1 else None


async def format_of(service: Service) -> FlowFormat | None:
    """The one format of all log groups; None if it is not known, or if they differ."""
    try:
        names = [group.name async for page in service.log_groups() for group in page]
        return _one([(await service.describe(name)).format for name in names])
    finally:
        await service.close()


_MOST_NAMED = 5
"""Log groups to choose from, in a sentence."""


async def _all_groups(service: Service) -> tuple[str, ...]:
    """Every group of files; on CloudWatch the user must say which, as each scan costs."""
    # A later page may tell more of a group that an earlier one has told.
    names = list(dict.fromkeys([g.name async for page in service.log_groups() for g in page]))
    if await service.extent(tuple(names)) is None:
        some = names[:_MOST_NAMED] + ["..."] * (len(names) > _MOST_NAMED)
        raise UsageError(f"which log group? give --log-group: {', '.join(some)}")
    return tuple(names)


async def _window(service: Service, query: Query, now: Now) -> TimeRange:
    if query.time is not None:
        return query.time.resolve(now())
    extent = await service.extent(query.log_groups)
    if extent is None:
        raise UsageError("a time range is needed here; give --since, or --start and --end")
    return extent
