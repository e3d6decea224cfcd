"""From a question to its run, for both front ends: format, `parse` command, window, cost, rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from flowtui.backends.base import Backend, Explanation, Handle, Objects, Service
from flowtui.engine.cost import (
    NO_LIMITS,
    Estimate,
    Limits,
    Meter,
    Scan,
    estimate,
    needs_consent,
    within,
)
from flowtui.engine.fold import Part, is_fold, naming
from flowtui.engine.folding import Folding, ids_in
from flowtui.engine.folds import fold_of, parts_of
from flowtui.engine.formats import Formats, Known
from flowtui.engine.log_groups import DescribedGroups
from flowtui.engine.pace import LOCAL, Delays
from flowtui.engine.rows_at_hand import completed, doubt, refuse, window_of
from flowtui.engine.rows_source import RowsSource
from flowtui.engine.scan_estimate import Listing, named_in, scans
from flowtui.engine.truncation import truncation
from flowtui.engine.watch import follow, id_of, stop, watch
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.log_group import LogGroup, least_class
from flowtui.flowlogs.result_fields import format_of
from flowtui.model.errors import BackendError, FlowtuiError, NoLogGroup, NoTimeRange, QueryError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot
from flowtui.model.timerange import TimeRange
from flowtui.query.catalogue.limits import QUERY_LENGTH
from flowtui.query.check import Diagnostic, Severity, check
from flowtui.query.checks.diagnostic import error as finding
from flowtui.query.parser import parse_tolerant
from flowtui.query.prelude import depends_on_format, prelude
from flowtui.query.scope import begins_with_source, may_choose_groups, outline

if TYPE_CHECKING:
    from flowtui.engine.findings.shelf import Shelf

RENEWAL_SECONDS = 1800.0
"""How long a query waits for new credentials; the service gives it an hour."""
LOOK_SECONDS = 0.2
"""Between two looks at how far the records have been read."""

UNKNOWN = "unknown-field"
"""The code of what is found where nothing defines a name."""

_ASKING = "asking EC2 for the format"
_IGNORED = "SOURCE in the query says which log groups to read; those given beside it are left out"


@frozen
class Prepared:
    """A question that is ready to be started: nothing of it is hidden."""

    query: Query
    """With its `parse` command."""
    window: TimeRange
    format: FlowFormat | None
    """That of its log groups, as far as it is known."""
    estimate: Estimate
    findings: tuple[Diagnostic, ...] = ()
    """The doubtful places in it."""
    notices: tuple[str, ...] = ()
    """Sentences for the user about its log groups."""
    limits: Limits = NO_LIMITS
    is_open: bool = False
    """Whether it is over all records there are: which window these have may be known at the end."""
    leaves_rows: bool = False
    """Whether it goes from rows at hand, which are free, to where a scan costs."""

    @property
    def needs_consent(self) -> bool:
        """Whether it may scan more than was set, or an unknown amount, or nobody expects it to."""
        return self.leaves_rows or needs_consent(self.estimate, self.limits.confirm_above_gb)


class Refused(QueryError):
    """The service would reject the query, so it is not asked. The place is in the body."""

    def __init__(self, findings: Sequence[Diagnostic]) -> None:
        """`findings` are all there are, an error among them."""
        self.findings = tuple(findings)
        self.finding = next(each for each in findings if each.severity is Severity.ERROR)
        """The first error, whose sentence and place are those of this one."""
        super().__init__(self.finding.message, self.finding.span)


class Doubted(QueryError):
    """Nothing defines a name in the query: it may be misspelt, or meant so."""

    def __init__(self, findings: Sequence[Diagnostic]) -> None:
        """Of the findings the first unknown name is the sentence of this one."""
        self.finding = next(each for each in findings if each.code == UNKNOWN)
        super().__init__(self.finding.message, self.finding.span)


class QueryRunner:
    """Asks a service; each method raises `FlowtuiError` with a sentence for the user."""

    def __init__(  # noqa: PLR0913  (those after the star are for the composition root)
        self,
        service: Service,
        formats: Formats,
        *,
        now: Callable[[], datetime],
        delays: Delays,
        limits: Limits = NO_LIMITS,
        meter: Meter | None = None,
        left_running: list[str] | None = None,
        say: Callable[[str], None] = lambda _: None,
        first_id: int = 1,
        renewal: float = RENEWAL_SECONDS,
        rows: RowsSource | None = None,
        keeps_rows: bool = True,
        shelf: Callable[[], Shelf] | None = None,
    ) -> None:
        """`say` gets what takes its time; a query waits `renewal` seconds for new credentials.

        `left_running` gets the ids of queries that may still run because their stop went
        unanswered. Runs are counted from `first_id`, so that they differ from those of a session
        before. `keeps_rows` is that of the source (`model/source`); `rows` answers queries over
        rows at hand, and `shelf` has what findings are told by.
        """
        self.rows = rows or RowsSource(None, lambda _: None)
        self.service, self.formats, self.limits = service, formats, limits
        self.meter = Meter() if meter is None else meter
        self.left_running = [] if left_running is None else left_running
        self._now, self._delays, self._say, self._renewal = now, delays, say, renewal
        self._ids = map(RunId, count(first_id))
        self._groups = DescribedGroups(service)
        self._backend = Folding(service, keeps_rows=keeps_rows, shelf=shelf)

    # Log groups

    async def known(self, groups: Sequence[str]) -> Known:
        return self.formats.known(await self._groups.describe(groups))

    def described(self, groups: Sequence[str]) -> list[LogGroup]:
        """Those of the groups that are known already."""
        return self._groups.described(groups)

    def given(self, groups: Sequence[str]) -> Known:
        """What the user has said of the groups: nothing is asked of the service."""
        return self.formats.given_for(groups)

    def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        """The groups as the service lists them, or finds them by a pattern.

        The sizes of those that are listed are kept for estimates.
        """
        return self._groups.pages(pattern)

    # Before a run

    async def prepare(
        self,
        question: Query,
        window: TimeRange | None = None,
        *,
        is_sure: bool = True,
        leaves_rows: bool = False,
    ) -> Prepared:
        """The question with all that it needs to be started; raises `Refused` among others.

        What the service would reject is refused before anything is asked. A question that has a
        `parse` command from a drill keeps it; a `window` is one from there, too. Unless the user
        `is_sure`, a name that nothing defines raises `Doubted`. Who `leaves_rows` at hand is to
        be asked first.
        """
        if question.rows is not None:
            return await self._prepare_rows(question, window, is_sure=is_sure)
        query = _with_chosen(question)
        self._refuse_errors(query)
        fold_of(query.body)
        known = await self._known_to(query)
        query = _completed(query, known.format)
        found = self._findings(query, known)
        _refuse(found)
        if not is_sure and any(each.code == UNKNOWN for each in found):
            raise Doubted(found)
        is_open = window is None and query.time is None and fold_of(query.body) is None
        window = window or await self.window_of(query, so_far=is_open)
        if self.limits.confirm_above_gb or leaves_rows:
            read = (*query.log_groups, *named_in(parse_tolerant(query.body).pipeline))
            sized = self._groups.listing.groups
            wanted = [name for name in read if name not in sized]
            await self._groups.try_to_describe(wanted, from_records=False)
        ignored = (_IGNORED,) if question.log_groups and not query.log_groups else ()
        prepared = self._prepared(query, window, known, found, ignored)
        prepared = replace(prepared, leaves_rows=leaves_rows, is_open=is_open)
        listed = await self._listed(query, window)
        return prepared if listed is None else replace(prepared, estimate=listed)

    async def _prepare_rows(
        self, question: Query, window: TimeRange | None, *, is_sure: bool
    ) -> Prepared:
        """A question to rows at hand: these are read again where they were forgotten."""
        rows = question.rows
        assert rows is not None  # noqa: S101  (what the caller has asked)
        refuse(question)
        _refuse(check(question.body))
        columns = (await self.rows.rows(rows, self.again)).columns
        flow_format = format_of(columns)
        found = check(question.body, flow_format)
        _refuse(found)
        if not is_sure and any(each.code == UNKNOWN for each in found):
            raise Doubted(found)
        asked = None if question.time is None else question.time.resolve(self._now())
        window = window_of(rows, window or asked, columns)
        notices = tuple(filter(None, [doubt(rows)]))
        query = completed(question, columns)
        return Prepared(query, window, flow_format, Estimate(), found, notices)

    def prepare_unasked(self, question: Query) -> Prepared:
        """The same from what the user has said alone: nothing is asked of the service."""
        query = _with_chosen(question)
        self._refuse_errors(query)
        known = self.given(query.log_groups)
        if query.time is None:
            raise _no_time()
        window = query.time.resolve(self._now())
        query = _completed(query, known.format)
        return self._prepared(query, window, known, self._findings(query, known))

    async def completed(self, question: Query) -> Query:
        """`question` with the `parse` command that it needs, though it may not be right yet."""
        return _completed(question, (await self._known_to(question)).format)

    async def heard(self, prepared: Prepared) -> str:
        """What there is to know of log groups that the question did not have to wait for.

        To be awaited beside its run. A service that does not answer is named; their records are
        not looked at, for nobody needs the format that these would show.
        """
        groups = prepared.query.log_groups
        if prepared.query.rows is not None:
            return ""
        if depends_on_format(prepared.query.body) or all(map(self.formats.given, groups)):
            return ""
        try:
            described = await self._groups.describe(groups, from_records=False)
            return self.formats.known([group.unread for group in described]).notice
        except BackendError as error:
            return str(error)

    def estimate(self, query: Query, window: TimeRange) -> Estimate:
        """The scan of a run, estimated from what is known of its groups: nothing is asked."""
        now, listing = self._now(), self._groups.listing
        parts = self._read_for(query, window)
        several = [estimate(_scans(part, listing, now), now) for part in parts]
        return Estimate.together(several) if several else Estimate()

    def _read_for(self, query: Query, window: TimeRange) -> list[Part]:
        """The plain queries that are run for it; what has been answered is not read again."""
        parts = parts_of(query, window)
        return [each for each in parts if not is_fold(query.body) or not self._backend.has(each)]

    async def listed(self, query: Query) -> Estimate | None:
        """What a run would read now, where the service lists that; None where nothing would run.

        Raises `BackendError`.
        """
        if query.time is None or not (query.log_groups or chooses_groups(query.body)):
            return None
        return await self._listed(query, query.time.resolve(self._now()))

    async def _listed(self, query: Query, window: TimeRange) -> Estimate | None:
        """None where the service lists nothing; CloudWatch is not asked for each of its groups."""
        read_by = (*query.log_groups, *named_in(parse_tolerant(query.body).pipeline))
        chosen = {name: LogGroup(name) for name in read_by}
        listing = self._groups.listing
        listing = replace(listing, groups=chosen | dict(listing.groups))
        found = list[Objects]()
        parts, now = self._read_for(query, window), self._now()
        read = [scan for part in parts for scan in _scans(part, listing, now)]
        for group, span in read:
            objects = None if group is None else await self.service.objects(group.name, span)
            found += [objects] if objects else []
        if not found:
            return None
        listed = Objects.together(found)
        return Estimate(listed.size, len(found) < len(read), listed)

    def foreseen(self, query: Query) -> Estimate | None:
        """The estimate for a query that is being written; None while nothing would be run."""
        if query.time is None or not (query.log_groups or chooses_groups(query.body)):
            return None
        return self.estimate(query, query.time.resolve(self._now()))

    async def explain(self, prepared: Prepared) -> Explanation:
        """The statements that would run. The place of a `QueryError` is in the body."""
        try:
            parts = parts_of(prepared.query, prepared.window)
            told = [await self.service.explain(part.query, part.window) for part in parts]
        except QueryError as error:
            raise _in_body(error, prepared.query) from error
        notices = dict.fromkeys(each.notice for each in told if each.notice)
        return Explanation("\n\n".join(each.text for each in told), "; ".join(notices))

    # Runs

    async def runs(self, prepared: Prepared) -> AsyncGenerator[QueryRun, None]:
        """The run as it is before it is started, then as each snapshot finds it.

        Consume it under `contextlib.aclosing`, so that leaving early stops the query. The place of
        a `QueryError` is in the body.
        """
        query, window = prepared.query, prepared.window
        run = QueryRun(next(self._ids), query, window, self._now())
        yield run
        handles: list[Handle] = []
        backend = await self._answering(query)
        snapshots = watch(
            backend,
            query,
            window,
            delays=LOCAL if query.rows else self._delays,
            left=self._remember,
            renewal=self._renewal,
            started=handles.append,
        )
        try:
            async with aclosing(self._limited(snapshots)) as limited:
                async for snapshot in limited:
                    query_id = backend.query_id(handles[0])
                    run = replace(run, handle=query_id).advance(snapshot, self._now())
                    if prepared.is_open and snapshot.state is RunState.COMPLETE:
                        whole = await self.service.extent(query.log_groups)
                        run = replace(run, window=whole or window)
                    yield run
        except QueryError as error:
            raise _in_body(error, query) from error

    async def peek(self, query: Query, window: TimeRange) -> ResultSet:
        """The rows of a query beside those that are shown, where that is free: it is no run."""
        delays = LOCAL if query.rows else self._delays
        backend = await self._answering(query)
        snapshots = watch(backend, query, window, delays=delays, left=self._remember)
        latest = Snapshot(RunState.QUEUED)
        async with aclosing(snapshots):
            async for snapshot in snapshots:
                latest = snapshot
        if latest.state is not RunState.COMPLETE:
            raise FlowtuiError(latest.error or f"the query has ended as {latest.state.lower()}")
        return latest.results

    async def columns_at_hand(self, query: Query) -> tuple[str, ...] | None:
        """Those of the rows that a query reads; None where it reads log groups."""
        if query.rows is None:
            return None
        return (await self.rows.rows(query.rows, self.again)).columns

    async def elsewhere(self, prepared: Prepared, latest: Snapshot) -> str:
        """When the records are, where a time was asked for in which there are none."""
        query = prepared.query
        if query.rows is not None:
            return ""
        if query.time is None or chooses_groups(query.body) or latest.state != RunState.COMPLETE:
            return ""
        extent = await self.service.extent(query.log_groups)
        if extent is None or extent.intersect(prepared.window) is not None:
            return ""
        first, last = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (extent.start, extent.end))
        return (
            f"no record lies in the time that was asked for: they are from {first} to {last} UTC;"
            " ask for that time, or for none to have all there is"
        )

    def adopted(self, run: QueryRun) -> QueryRun:
        """A run of another session, under an id of this one."""
        return replace(run, id=next(self._ids))

    async def attached(self, run: QueryRun) -> AsyncGenerator[QueryRun, None]:
        """A run that was on its way in a session before, as each snapshot finds it.

        It is followed by its query's id, without a scan, and stopped as any other.
        """
        backend, handle = await self._attach(run)
        snapshots = follow(
            backend,
            handle,
            delays=LOCAL if run.query.rows else self._delays,
            left=self._remember,
            renewal=self._renewal,
        )
        paid = run.latest.statistics.bytes_scanned or 0.0
        is_seen = False
        async with aclosing(self._limited(snapshots, paid)) as limited:
            async for snapshot in limited:
                run = run.advance(snapshot, self._now())
                # When it ended before anybody looked, nobody knows.
                yield run if is_seen or not run.is_final else replace(run, updated=None)
                is_seen = True

    async def stop(self, run: QueryRun) -> None:
        """Stop the query of a run that nobody follows any more."""
        if run.query.rows is None:
            await stop(*await self._attach(run), self._remember)

    async def again(self, run: QueryRun) -> QueryRun:
        """The run with its rows, which had been forgotten: read by its query's id, or anew."""
        self._say("reading the rows again")
        latest = run.latest
        backend, handle = await self._attach(run)
        delays = LOCAL if run.query.rows else self._delays
        snapshots = follow(backend, handle, delays=delays, renewal=self._renewal)
        async with aclosing(snapshots):
            async for latest in snapshots:
                if latest.login:
                    self._say(latest.notices[-1])
        # A query that was stopped may have been faster than its stop.
        if latest.state not in (run.latest.state, RunState.COMPLETE):
            raise FlowtuiError(latest.error or f"its rows can't be read any more: {latest.state}")
        if not latest.results.rows:
            raise FlowtuiError("the service gives no rows of it any more")
        return replace(run, latest=latest)

    # What these are made of

    def _refuse_errors(self, query: Query) -> None:
        given = self.given(query.log_groups).format
        _refuse(check(query.body, given, self._log_class(query)))

    def _findings(self, query: Query, known: Known) -> tuple[Diagnostic, ...]:
        flow_format = known.format if depends_on_format(query.body) else None
        return check(query.body, flow_format, self._log_class(query))

    def _log_class(self, query: Query) -> str:
        """That of its log groups, as far as it was told already."""
        listed = self._groups.listing.groups
        return least_class([listed[name] for name in query.log_groups if name in listed])

    async def _known_to(self, query: Query) -> Known:
        """The query's groups, of which no more is asked than it needs."""
        groups = query.log_groups
        if not groups and not may_choose_groups(parse_tolerant(query.body).pipeline):
            raise NoLogGroup("no log group is chosen; choose one with ctrl+g, or give --log-group")
        if query.prelude or not depends_on_format(query.body):
            return replace(self.formats.known([self._groups[name] for name in groups]), notice="")
        is_new = len(self._groups.described(groups)) < len(groups)
        with self._telling(_ASKING if is_new and self.service.region else ""):
            await self._groups.describe([name for name in groups if not self.formats.given(name)])
            # There may be records of other formats than the one that is given.
            await self._groups.try_to_describe(groups)
        return self.formats.known([self._groups[name] for name in groups])

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Say what takes its time, as long as it does."""
        if what:
            self._say(what)
        try:
            yield
        finally:
            if what:
                self._say("")

    def _prepared(
        self,
        query: Query,
        window: TimeRange,
        known: Known,
        found: tuple[Diagnostic, ...],
        notices: tuple[str, ...] = (),
    ) -> Prepared:
        notices = (*notices, *filter(None, [known.notice]), *self._unreached(query, window))
        estimate = self.estimate(query, window)
        return Prepared(query, window, known.format, estimate, found, notices, self.limits)

    def _unreached(self, query: Query, window: TimeRange) -> Iterator[str]:
        """The log groups that do not reach back to an earlier window that is read, too."""
        earlier = [part.window for part in parts_of(query, window) if part.window != window]
        first = min((each.start for each in earlier), default=window.start)
        for group in self._groups.described(query.log_groups):
            if group.created is not None and first < min(group.created, window.start):
                yield (
                    f"{group.name} begins at {group.created:%Y-%m-%d %H:%M} UTC: what is new may"
                    " be older than it"
                )

    async def window_of(self, query: Query, *, so_far: bool = False) -> TimeRange:
        """The window of a query that is run now; raises `NoTimeRange` where nothing says it.

        With `so_far` that of the records which are there, while others are still loaded.
        """
        if query.time is not None:
            return query.time.resolve(self._now())
        extent = await self._extent(query.log_groups, so_far=so_far)
        if extent is None:
            raise _no_time()
        return extent

    async def _extent(self, groups: tuple[str, ...], *, so_far: bool) -> TimeRange | None:
        """From the first to the last record, saying meanwhile how far they have been read."""
        finding = asyncio.ensure_future(self.service.extent(groups))
        try:
            while not (await asyncio.wait([finding], timeout=LOOK_SECONDS))[0]:
                described = [await self.service.describe(name) for name in groups]
                spans = [each.so_far for each in described if each.so_far is not None]
                if so_far and groups and len(spans) == len(groups):
                    return TimeRange(min(s.start for s in spans), max(s.end for s in spans))
                shares = [each.progress for each in described]
                self._say(f"reading the records: {sum(shares) / max(1, len(shares)):.0%}")
            return finding.result()
        finally:
            finding.cancel()
            self._say("")

    async def _attach(self, run: QueryRun) -> tuple[Backend, Handle]:
        """Who knows the run's query, and by which name; over rows at hand it is run anew."""
        if run.query.rows is not None:
            backend = await self._answering(run.query)
            return backend, await backend.start(run.query, run.window)
        attached = await self._backend.attach(Handle(run.handle), run.query, run.window)
        return self._backend, attached

    async def _answering(self, query: Query) -> Backend:
        if query.rows is None:
            return self._backend
        await self.rows.rows(query.rows, self.again)
        return self.rows.backend

    def _limited(
        self, snapshots: AsyncGenerator[Snapshot, None], counted: float = 0.0
    ) -> AsyncGenerator[Snapshot, None]:
        metered = self.meter.metered(snapshots, counted)
        return within(metered, self.limits.stop_above_gb, self.left_running)

    def _remember(self, handle: Handle | None) -> None:
        self.left_running += ids_in(id_of(handle))


def _scans(part: Part, listing: Listing, now: datetime) -> tuple[Scan, ...]:
    pipeline = parse_tolerant(part.query.body).pipeline
    return scans(pipeline, part.query.log_groups, part.window, listing, now)


def notices_of(run: QueryRun) -> tuple[str, ...]:
    """Sentences about the run's rows: whether they are all, what was left out."""
    return tuple(filter(None, (truncation(run.query, run.latest), *run.latest.notices)))


def title_of(body: str) -> str:
    """The name of a typed query on the trail: its comment, else what it counts by what."""
    if (fold := naming(body)) is not None:
        return f"{fold.name} {fold.rest}".strip()
    for line in body.splitlines():
        if line.strip().startswith("#") and (comment := line.strip("# ")):
            return comment
    return outline(parse_tolerant(body).pipeline) or " ".join(body.split()) or "all flows"


def chooses_groups(body: str) -> bool:
    """Whether the query says itself which log groups it reads."""
    return begins_with_source(parse_tolerant(body).pipeline)


def _with_chosen(question: Query) -> Query:
    """The question with the log groups that were chosen for it, where that counts."""
    return replace(question, log_groups=()) if chooses_groups(question.body) else question


def _refuse(found: tuple[Diagnostic, ...]) -> None:
    """Raise `Refused` where an error is among what was found."""
    if any(each.severity is Severity.ERROR for each in found):
        raise Refused(found)


def _completed(query: Query, flow_format: FlowFormat | None) -> Query:
    """The query with its `parse` command; raises `Refused` where it is too long with it."""
    completed = replace(query, prelude=query.prelude or prelude(query.body, flow_format))
    length, before = len(completed.text), len(completed.text) - len(query.body)
    if length <= QUERY_LENGTH:
        return completed
    message = f"with its parse command this has {length} characters; {QUERY_LENGTH} are the most"
    raise Refused([finding("length", message, (max(0, QUERY_LENGTH - before), len(query.body)))])


def _in_body(error: QueryError, query: Query) -> QueryError:
    """The error with its place in the body; none where that is in the `parse` command."""
    before = len(query.text) - len(query.body)
    start, end = error.span
    # Not changed in place: the parser remembers the errors that it has found.
    moved = copy(error)
    moved.span = (max(0, start - before), end - before) if end > before else (0, 0)
    return moved


def _no_time() -> NoTimeRange:
    return NoTimeRange(
        "a query needs a time range here; choose one with ctrl+t, or give --since, or --start and"
        " --end"
    )
