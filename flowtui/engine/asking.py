"""From what the user asks to its runs: the format, the parse command, the window, the snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from flowtui.backends.base import Handle, LogGroup, Service
from flowtui.engine.cost import Estimate, Meter, estimate, within
from flowtui.engine.formats import Known
from flowtui.engine.pace import Delays
from flowtui.engine.runner import LOOK_SECONDS, RENEWAL_SECONDS, chooses_groups
from flowtui.engine.scans import Listing, named_in, scans
from flowtui.engine.watch import follow, id_of, stop, watch
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import BackendError, FlowtuiError
from flowtui.model.run import Query, QueryRun, RunId, RunState
from flowtui.model.timerange import TimeRange
from flowtui.query.parser import parse_tolerant
from flowtui.query.prelude import prelude
from flowtui.query.scope import may_choose_groups


@dataclass(eq=False)
class Asking:
    """Asks a service; each method raises `FlowtuiError` with a sentence for the user."""

    service: Service
    told: Callable[[Sequence[LogGroup]], tuple[set[FlowFormat | None], Sequence[str]]]
    """The formats of log groups, None where one is unknown, and what one should know of them."""
    delays: Delays
    now: Callable[[], datetime]
    say: Callable[[str], None]
    """Told what takes its time."""
    left_running: list[str] = field(default_factory=list)
    """The ids of queries that may still run because their stop went unanswered."""
    stop_above_gb: float = 0.0
    """A run that has scanned more GB than that is stopped; 0 is no limit."""
    meter: Meter = field(default_factory=Meter)
    first_id: int = 1
    """Of the runs, which must differ from those of a session before."""

    def __post_init__(self) -> None:
        self._ids = map(RunId, count(self.first_id))
        self._described: dict[str, LogGroup] = {}
        self._listing = Listing({})

    async def known(self, groups: tuple[str, ...]) -> Known:
        for name in groups:
            if name not in self._described:
                self._described[name] = await self.service.describe(name)
        formats, notices = self.told(self.described(groups))
        if len(formats) > 1:
            different = "These log groups have different formats; no parse command is written."
            notices = [*notices, different]
        # Some of the sentences end with a full stop, some do not.
        notice = ". ".join(each.rstrip(".") for each in notices if each)
        return Known(formats.pop() if len(formats) == 1 else None, notice)

    def described(self, groups: tuple[str, ...]) -> list[LogGroup]:
        """Those of the groups that are known already."""
        return [self._described[name] for name in groups if name in self._described]

    async def log_groups(self) -> AsyncIterator[tuple[LogGroup, ...]]:
        """The groups as the service lists them; their sizes are kept for estimates."""
        found: dict[str, LogGroup] = {}
        async for page in self.service.log_groups():
            found |= {group.name: group for group in page}
            yield page
        self._listing = Listing(found, is_whole=True)

    async def complete(self, query: Query) -> tuple[Query, Known | None]:
        """`query` with the parse command that it needs, now that the format can be asked for."""
        if not query.log_groups:
            if may_choose_groups(parse_tolerant(query.body).pipeline):
                return query, None
            raise FlowtuiError("no log group is chosen; choose one with ctrl+g")
        known = await self.known(query.log_groups)
        if query.prelude:
            return query, known
        return replace(query, prelude=prelude(query.body, known.format)), known

    async def window(self, query: Query) -> TimeRange:
        if query.time is not None:
            return query.time.resolve(self.now())
        extent = await self._extent(query.log_groups)
        if extent is None:
            raise FlowtuiError("a query needs a time range here; choose one with ctrl+t")
        return extent

    async def learn(self, query: Query) -> None:
        """Ask for the sizes of the groups that the query names, as a limit depends on them."""
        for name in named_in(parse_tolerant(query.body).pipeline):
            if name not in self._described and name not in self._listing.groups:
                # Whether there is such a group, the service says when the query is started.
                with suppress(BackendError):
                    self._described[name] = await self.service.describe(name)

    def estimate(self, query: Query, window: TimeRange) -> Estimate:
        """What a run may scan, from what was told of its groups already: nothing is asked."""
        pipeline, now = parse_tolerant(query.body).pipeline, self.now()
        listing = replace(self._listing, groups={**self._described, **self._listing.groups})
        return estimate(scans(pipeline, query.log_groups, window, listing, now), now)

    def foreseen(self, query: Query) -> Estimate | None:
        """The estimate for a query that is being written; None while nothing would be run."""
        if query.time is None or not (query.log_groups or chooses_groups(query.body)):
            return None
        return self.estimate(query, query.time.resolve(self.now()))

    async def runs(self, query: Query, window: TimeRange) -> AsyncGenerator[QueryRun, None]:
        """The run as it is before it is started, then as each snapshot finds it.

        Consume it under `contextlib.aclosing`, so that leaving early stops the query.
        """
        run = QueryRun(next(self._ids), query, window, self.now())
        yield run
        handles: list[Handle] = []
        snapshots = watch(
            self.service,
            query,
            window,
            delays=self.delays,
            left=self._remember,
            renewal=RENEWAL_SECONDS,
            started=handles.append,
        )
        limited = within(self.meter.metered(snapshots), self.stop_above_gb, self.left_running)
        async with aclosing(limited):
            async for snapshot in limited:
                query_id = self.service.query_id(handles[0])
                run = replace(run, handle=query_id).advance(snapshot, self.now())
                yield run

    def adopted(self, run: QueryRun) -> QueryRun:
        """A run of another session, under an id of this one."""
        return replace(run, id=next(self._ids))

    async def attached(self, run: QueryRun) -> AsyncGenerator[QueryRun, None]:
        """A run that was on its way in a session before, as each snapshot finds it.

        It is followed by its query's id, without a scan, and stopped as any other.
        """
        handle = await self.service.attach(Handle(run.handle), run.query, run.window)
        snapshots = follow(
            self.service,
            handle,
            delays=self.delays,
            left=self._remember,
            renewal=RENEWAL_SECONDS,
        )
        paid = run.latest.statistics.bytes_scanned or 0.0
        limited = within(self.meter.metered(snapshots, paid), self.stop_above_gb, self.left_running)
        is_seen = False
        async with aclosing(limited):
            async for snapshot in limited:
                run = run.advance(snapshot, self.now())
                # When it ended before anybody looked, nobody knows.
                yield run if is_seen or not run.is_final else replace(run, updated=None)
                is_seen = True

    async def stop(self, run: QueryRun) -> None:
        """Stop the query of a run that nobody follows any more."""
        handle = await self.service.attach(Handle(run.handle), run.query, run.window)
        await stop(self.service, handle, self._remember)

    async def again(self, run: QueryRun) -> QueryRun:
        """The run with its rows, which had been forgotten: read by its query's id, or anew."""
        self.say("reading the rows again")
        latest = run.latest
        handle = await self.service.attach(Handle(run.handle), run.query, run.window)
        snapshots = follow(self.service, handle, delays=self.delays, renewal=RENEWAL_SECONDS)
        async with aclosing(snapshots):
            async for latest in snapshots:
                if latest.login:
                    self.say(latest.notices[-1])
        # A query that was stopped may have been faster than its stop.
        if latest.state not in (run.latest.state, RunState.COMPLETE):
            raise FlowtuiError(latest.error or f"its rows can't be read any more: {latest.state}")
        if not latest.results.rows:
            raise FlowtuiError("the service gives no rows of it any more")
        return replace(run, latest=latest)

    async def _extent(self, groups: tuple[str, ...]) -> TimeRange | None:
        """From the first to the last record, saying meanwhile how far they have been read."""
        finding = asyncio.ensure_future(self.service.extent(groups))
        try:
            while not (await asyncio.wait([finding], timeout=LOOK_SECONDS))[0]:
                shares = [(await self.service.describe(name)).progress for name in groups]
                self.say(f"reading the records: {sum(shares) / max(1, len(shares)):.0%}")
            return finding.result()
        finally:
            finding.cancel()
            self.say("")

    def _remember(self, handle: Handle | None) -> None:
        self.left_running.append(id_of(handle))
