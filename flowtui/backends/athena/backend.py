"""Amazon Athena as a backend: the same queries, compiled to SQL, over tables of flow logs in S3."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import uuid4

from flowtui.backends.athena.catalog import Tables, as_group
from flowtui.backends.athena.ddl import create_table
from flowtui.backends.athena.execution import Execution, read_execution
from flowtui.backends.athena.results import Texts, as_results, read_csv, read_page
from flowtui.backends.athena.statement import AthenaCompiler, Reach
from flowtui.backends.athena.table import FlowTable
from flowtui.backends.athena.tail import (
    Parted,
    has_fractions,
    named_tables,
    parted,
    refuse_lookups,
    refuse_own_times,
)
from flowtui.backends.athena.workgroup import WorkGroup
from flowtui.backends.base import Explanation, Handle, Objects
from flowtui.backends.cloudwatch.calls import Calls, OutOfSlots, Patience, Request
from flowtui.backends.cloudwatch.client import Ask, Clients
from flowtui.backends.cloudwatch.decode import Entry, Misshapen
from flowtui.backends.cloudwatch.errors import misshapen
from flowtui.backends.daemon import submit
from flowtui.backends.duckdb.dialect import ENGINE, compile_query
from flowtui.backends.duckdb.rows_backend import RowsBackend
from flowtui.backends.s3.destinations import destinations
from flowtui.backends.s3.listing import Listing
from flowtui.backends.s3.location import Location
from flowtui.backends.s3.requests import Requests
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import (
    BackendError,
    EngineLacks,
    FlowtuiError,
    NoLogGroup,
    Unanswered,
    UsageError,
)
from flowtui.model.run import (
    Query,
    ResultSet,
    RowsOf,
    RunId,
    RunState,
    Snapshot,
    Statistics,
)
from flowtui.model.saved_query import SavedQuery
from flowtui.model.source import AthenaSource
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.query.parser import parse
from flowtui.query.scope import text_begins_with_source
from flowtui.sql.compile import Compiled
from flowtui.sql.explanation import explanation
from flowtui.sql.saved_calls import expanded
from flowtui.sql.scope import Table

T = TypeVar("T")

_DELIVERED_AFTER = timedelta(minutes=15)
_STILL_COMING = "records of the last 15 minutes may be missing: they come to S3 some minutes late"
_NOTHING_READ = (
    "nothing was read: the table has no partitions for this window, they are not loaded (MSCK"
    " REPAIR TABLE, or ALTER TABLE ADD PARTITION), or its location names another account"
)
PRIMARY = "primary"
"""The work group of those who name none."""
_LOOK_SECONDS = 0.5
_PAGE = 1000
"""Rows of one GetQueryResults, the most."""
_WRITES = "each query writes its result to {}, where it stays until somebody deletes it"


@dataclass(eq=False)
class _Run:
    """One query on its way to Athena and back."""

    query: Query
    window: TimeRange
    compiled: Compiled
    token: str = field(default_factory=lambda: str(uuid4()))
    """Sent with every try to start it, so that a lost answer starts nothing twice."""
    id: str = ""
    """Empty while the account runs as many queries as it may."""
    parted: Parted | None = None
    """Where the rest of the query is computed here."""
    rest: Handle | None = None
    """That rest, once it runs."""
    refusals: int = 0
    refusal: str = ""
    retry_at: float = 0.0
    give_up_at: float = 0.0
    notices: tuple[str, ...] = ()
    statistics: Statistics = field(default_factory=Statistics)
    """Of what Athena has done."""


class AthenaBackend:
    """Runs queries on Athena, each table a log group: a `Service`.

    What Athena can't compute of a query's end is computed by the local engine on the rows that
    came; it may take so much `memory`, in bytes, where 0 is a share of the machine's.

    `queries` are the saved ones: those of the settings, as Athena's own hold SQL.
    """

    def __init__(
        self,
        source: AthenaSource,
        *,
        now: Callable[[], datetime],
        queries: Mapping[str, str] | None = None,
        memory: int = 0,
        ask: Ask | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._source, self._now, self._queries = source, now, queries or {}
        self._patience = patience or Patience()
        timeouts = (self._patience.connect, self._patience.read)
        self._clients = Clients(
            source.profile, source.region, source.endpoint_url, timeouts, ask,
            longest=self._patience.longest_call,
        )  # fmt: skip
        self._calls = Calls(self._clients, self._patience)
        self._tables = Tables(self._calls)
        self._requests = Requests(self._clients)
        self._closed = threading.Event()
        self._listing = Listing(self._requests, self._closed)
        self._compiler = AthenaCompiler(ENGINE)
        self._rows = RowsBackend(now=now, memory=memory)
        self._workgroup: WorkGroup | None = None
        self._runs: dict[Handle, _Run] = {}
        self._started = 0
        self._has_said_where = self._has_said_late = False
        self._held = 0
        """Results that the local engine was given."""

    @property
    def place(self) -> str:
        return f"{self._clients.place.label} athena:{self._source.workgroup or PRIMARY}"

    @property
    def region(self) -> str:
        return self._clients.place.region

    @property
    def respelled(self) -> frozenset[FieldInfo]:
        """None: numbers are typed, so that each has one spelling."""
        return frozenset()

    # Queries

    async def start(self, query: Query, window: TimeRange) -> Handle:
        run = await self._prepared(query, window)
        run.give_up_at = self._patience.clock() + self._patience.slot
        await self._submit(run)
        self._started += 1
        handle = Handle(run.id or f"waiting-{self._started}")
        self._runs[handle] = run
        return handle

    async def explain(self, query: Query, window: TimeRange) -> Explanation:
        compiled = (await self._prepared(query, window)).compiled
        return Explanation(explanation(compiled, compiled.notices))

    async def poll(self, handle: Handle) -> Snapshot:
        run = self._known(handle)
        if run.rest is not None:
            return await self._rest_of(handle, run, run.rest)
        if not run.id:
            if self._patience.clock() >= run.retry_at:
                await self._submit(run)
            return self._without_a_slot(run)
        execution = await self._calls.send(_execution_of(run.id), read_execution)
        notices = (*run.notices, *execution.notices)
        snapshot = Snapshot(
            execution.state,
            statistics=execution.statistics,
            error=execution.error,
            notices=notices,
        )
        if execution.state is RunState.COMPLETE:
            results = await self._results(run, execution)
            notices = (*notices, *self._lacks(run, execution, results))
            snapshot = replace(snapshot, notices=notices)
            run.statistics = execution.statistics
            if run.parted is not None:
                return await self._begin_rest(run, run.parted, results, notices)
            statistics = replace(execution.statistics, result_count=len(results.rows))
            snapshot = replace(snapshot, results=results, statistics=statistics)
        if snapshot.state.is_final:
            self._runs.pop(handle, None)
        return snapshot

    async def stop(self, handle: Handle) -> None:
        run = self._runs.pop(handle, None)
        if run is not None and run.rest is not None:
            await self._rows.stop(run.rest)
        elif run is not None and run.id:
            await self._calls.send(_stop_of(run.id), _nothing)

    def query_id(self, handle: Handle) -> str:
        run = self._runs.get(handle)
        return run.id if run else str(handle)

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        """Its rows by its id: Athena keeps them where it wrote them; nothing is scanned."""
        run = await self._prepared(query, window)
        run.id = str(handle)
        self._runs.setdefault(handle, run)
        return handle

    async def close(self) -> None:
        self._closed.set()
        self._clients.close()
        await self._rows.close()

    # Tables

    async def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        sought = pattern.casefold()
        locations: list[str] = []
        async for page in self._tables.pages():
            locations += [table.location for table in page if table.location]
            groups = map(as_group, page)
            yield tuple(group for group in groups if sought in group.name.casefold())
        with suppress(BackendError):  # whoever may not ask EC2 has the tables all the same
            untold = [
                replace(each.group, taken_for="no table: Enter says what can be done")
                for each in await self._in_thread(lambda: destinations(self._clients))
                if not any(at.startswith(str(each.location)) for at in locations)
            ]
            yield tuple(group for group in untold if sought in group.name.casefold())

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        return as_group(await self._tables.table(name))

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        return None

    async def objects(self, name: str, window: TimeRange) -> Objects | None:
        """What lies in the partitions of the window; None where it can't be listed."""
        table = await self._tables.table(name)
        if not table.location.startswith("s3://"):
            return None
        location = Location.parse(table.location)
        found = await self._in_thread(lambda: self._listing.objects(location, window))
        size, count = sum(each.size for each in found.objects), len(found.objects)
        return Objects(
            count,
            size,
            count,
            size,
            found.requests,
            is_scanned=True,
            is_most=table.is_columnar,
            cutoff=(await self._group()).cutoff,
        )

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        """Whoever may read the tables need not be who has the network."""
        return {}

    async def table_statement(self, destination: str) -> tuple[str, str]:
        """See `TableMaker`."""
        known = await self._in_thread(lambda: destinations(self._clients))
        found = next((each for each in known if str(each.location) == destination), None)
        if found is None:
            raise BackendError(f"EC2 knows no flow log that is delivered to {destination}")
        roots = await self._in_thread(lambda: self._listing.roots(found.location))
        made = create_table(found, roots.trees, self._now())
        return made.name, made.text

    async def make_table(self, name: str, statement: str) -> None:
        group = await self._group()
        output = group.output_for(self._source.results)
        query_id = await self._begin(_start(statement, str(uuid4()), group.name, output))
        while True:
            execution = await self._calls.send(_execution_of(query_id), read_execution)
            if execution.state is RunState.COMPLETE:
                return
            if execution.state.is_final:
                raise BackendError(f"{name} was not made: {execution.error}")
            await self._patience.sleep(_LOOK_SECONDS)

    # Saved queries, which are those of the settings

    @property
    def saving_refused(self) -> str:
        return "Athena keeps SQL and no queries of this language; write them under [queries]"

    async def saved_queries(self, prefix: str = "") -> AsyncIterator[tuple[SavedQuery, ...]]:
        found = sorted(name for name in self._queries if name.startswith(prefix))
        yield tuple(SavedQuery(name, self._queries[name]) for name in found)

    async def save_query(self, query: SavedQuery) -> str:
        raise UsageError(self.saving_refused)

    # How a query gets there and back

    async def _prepared(self, query: Query, window: TimeRange) -> _Run:
        names = query.log_groups or self._source.tables
        if not (names or text_begins_with_source(query.text)):
            raise NoLogGroup("choose a table of flow logs first: ctrl+g, or --table")
        pipeline = expanded(parse(query.text), self._queries)
        refuse_lookups(pipeline)
        refuse_own_times(pipeline)
        tables = [await self._tables.table(name) for name in names]
        named = [await self._tables.table(name) for name in named_tables(pipeline)]
        return await self._in_thread(lambda: self._compiled(query, pipeline, tables, named, window))

    def _compiled(
        self,
        query: Query,
        pipeline: ast.Pipeline,
        tables: list[FlowTable],
        named: list[FlowTable],
        window: TimeRange,
    ) -> _Run:
        """The whole of the query for Athena, or as much of it as Athena can compute."""
        now, reach = self._now(), Reach(named, self._queries)

        def compiled(text: str, limit: int | None) -> Compiled:
            return self._compiler.compile(text, tables, window, limit, now, reach)

        try:
            whole = compiled(query.text, query.limit)
            return _Run(query, window, whole, notices=whole.notices)
        except EngineLacks:
            parts = parted(
                pipeline, lambda text: compiled(text, MAX_ROWS), partial(_runs_here, window, now)
            )
        head = compiled(parts.head, MAX_ROWS)
        return _Run(query, window, head, parted=parts, notices=(*head.notices, parts.notice))

    def _lacks(self, run: _Run, execution: Execution, results: ResultSet) -> Iterator[str]:
        """Why records may be missing where nothing else would say so."""
        if not execution.scanned and not execution.is_reused and not results.rows:
            yield _NOTHING_READ
        is_news = not self._has_said_late or not results.rows
        if is_news and run.window.end > self._now() - _DELIVERED_AFTER:
            self._has_said_late = True
            yield _STILL_COMING

    async def _begin_rest(
        self, run: _Run, parts: Parted, results: ResultSet, notices: tuple[str, ...]
    ) -> Snapshot:
        """Let the local engine go on with the rows; an answer over a part of them is none."""
        if len(results.rows) >= MAX_ROWS:
            return Snapshot(
                RunState.FAILED, statistics=run.statistics, error=parts.too_many, notices=notices
            )
        self._held += 1
        source = RunId(self._held)
        self._rows.hold(source, results)
        head = replace(run.query, body=parts.head, prelude="")
        query = replace(
            run.query, body=parts.tail, prelude="", rows=RowsOf(source, head, run.window)
        )
        if has_fractions(run.compiled, results):
            notices = (*notices, parts.rounded)
        run.rest, run.notices = await self._rows.start(query, run.window), notices
        return Snapshot(RunState.RUNNING, statistics=run.statistics, notices=notices)

    async def _rest_of(self, handle: Handle, run: _Run, rest: Handle) -> Snapshot:
        found = await self._rows.poll(rest)
        statistics = replace(run.statistics, result_count=len(found.results.rows))
        notices = tuple(dict.fromkeys((*run.notices, *found.notices)))
        if found.state.is_final:
            self._runs.pop(handle, None)
        return replace(found, statistics=statistics, notices=notices)

    async def _submit(self, run: _Run) -> None:
        """Start it, or note that the account has no room for it."""
        group = await self._group()
        output = group.output_for(self._source.results)
        try:
            run.id = await self._begin(_start(run.compiled.sql, run.token, group.name, output))
        except OutOfSlots as error:
            run.refusals += 1
            run.refusal = str(error)
            run.retry_at = self._patience.clock() + self._patience.backoff(run.refusals)
            return
        where = output or group.output
        if where and not self._has_said_where:
            self._has_said_where = True
            run.notices = (*run.notices, _WRITES.format(where))

    async def _begin(self, request: Request) -> str:
        """The id of the query; where its answer is lost, it is asked for again with its token.

        Raises `Unanswered` where it may be running all the same.
        """
        failures = 0
        while True:
            try:
                return await self._calls.send(request, _execution_id, self._stop_late)
            except OutOfSlots:
                raise
            except FlowtuiError as error:
                is_lost = failures > 0 or isinstance(error, Unanswered)
                if not is_lost:
                    raise
                failures += 1
                if failures >= self._patience.throttled_tries or not isinstance(error, Unanswered):
                    said = f"{error}. The query may be running all the same"
                    raise Unanswered(said) from error.__cause__
            await self._patience.sleep(self._patience.backoff(failures))

    def _without_a_slot(self, run: _Run) -> Snapshot:
        if run.id:
            return Snapshot(RunState.QUEUED, notices=run.notices)
        if self._patience.clock() < run.give_up_at:
            notices = ("Waiting for a free query slot", run.refusal)
            return Snapshot(RunState.QUEUED, notices=notices, has_slot=False)
        waited = f"No query slot came free in {self._patience.slot:g} s"
        return Snapshot(RunState.FAILED, error=f"{waited}: {run.refusal}")

    async def _group(self) -> WorkGroup:
        if self._workgroup is None:
            name = self._source.workgroup or PRIMARY
            request = Request("athena", "GetWorkGroup", "WorkGroup", {"WorkGroup": name})
            self._workgroup = await self._calls.send(request, WorkGroup.read)
        return self._workgroup

    async def _results(self, run: _Run, execution: Execution) -> ResultSet:
        """By pages where one is enough, else the object in S3; by pages where that is refused."""
        page = await self._calls.send(
            _results_of(run.id), lambda answer: read_page(answer, is_first=True)
        )
        rows: list[Texts] = [*page.rows]
        if page.token and execution.output.startswith("s3://"):
            try:
                rows = await self._in_thread(lambda: self._csv(execution.output, len(page.types)))
            except BackendError:
                rows = await self._pages(run, rows, page.token)
        elif page.token:
            rows = await self._pages(run, rows, page.token)
        try:
            return as_results(rows, page.types, run.compiled)
        except Misshapen as error:
            place = self._clients.place.of("athena")
            raise misshapen(error, "GetQueryResults", place) from error

    async def _pages(self, run: _Run, rows: list[Texts], token: str) -> list[Texts]:
        request = _results_of(run.id, token)
        pages = self._calls.pages(
            request, lambda answer: read_page(answer, is_first=False).rows, "NextToken"
        )
        return rows + [row async for page in pages for row in page]

    def _csv(self, output: str, width: int) -> list[Texts]:
        location = Location.parse(output)
        data = self._requests.whole(location.bucket, location.prefix)
        return list(read_csv(data.decode(errors="replace"), width))

    def _stop_late(self, query_id: str) -> None:
        """Stop a query that nobody waits for any more; nobody hears whether that works."""
        submit(lambda: self._calls.send_now(_stop_of(query_id), _nothing))

    def _known(self, handle: Handle) -> _Run:
        try:
            return self._runs[handle]
        except KeyError:
            raise BackendError(f"There is no running query {handle}; run it again") from None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(submit(work))


def _runs_here(window: TimeRange, now: datetime, text: str, format_: FlowFormat) -> None:
    """Raises `QueryError` for what the local engine does not take, over rows of such columns."""
    compile_query(text, [Table("rows", format_, "rows")], window, None, now)


def _start(sql: str, token: str, workgroup: str, output: str) -> Request:
    parameters: dict[str, object] = {
        "QueryString": sql, "ClientRequestToken": token, "WorkGroup": workgroup,
    }  # fmt: skip
    if output:
        parameters["ResultConfiguration"] = {"OutputLocation": output}
    # Its token makes it repeatable; but who gives up has to say that it may be running.
    return Request(
        "athena", "StartQueryExecution", "QueryExecutionId", parameters, repeatable=False
    )


def _execution_of(query_id: str) -> Request:
    # The poll loop asks again at a pace of its own.
    return Request(
        "athena", "GetQueryExecution", "QueryExecution", {"QueryExecutionId": query_id},
        patient=False,
    )  # fmt: skip


def _results_of(query_id: str, token: str = "") -> Request:
    parameters: dict[str, object] = {"QueryExecutionId": query_id, "MaxResults": _PAGE}
    if token:
        parameters["NextToken"] = token
    return Request("athena", "GetQueryResults", "ResultSet", parameters)


def _stop_of(query_id: str) -> Request:
    # A user who leaves is not held up by a question.
    return Request(
        "athena", "StopQueryExecution", "ResponseMetadata", {"QueryExecutionId": query_id},
        may_ask=False,
    )  # fmt: skip


def _execution_id(answer: Entry) -> str:
    return answer.name("QueryExecutionId")


def _nothing(answer: Entry) -> None:
    """Read no more than that there is an answer."""
