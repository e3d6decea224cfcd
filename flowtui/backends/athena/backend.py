"""Amazon Athena as a backend: the same queries, compiled to SQL, over tables of flow logs in S3."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

from flowtui.backends.athena.catalog import Tables, as_group
from flowtui.backends.athena.ddl import create_table
from flowtui.backends.athena.execution import Execution
from flowtui.backends.athena.executions import PRIMARY, Executions
from flowtui.backends.athena.fetching import Fetching
from flowtui.backends.athena.partitions import pruned
from flowtui.backends.athena.question import Question, Questions
from flowtui.backends.athena.tail import Parted, has_fractions
from flowtui.backends.aws.calls import Calls, OutOfSlots, Patience
from flowtui.backends.aws.client import Ask, Clients
from flowtui.backends.base import Explanation, Handle, Objects
from flowtui.backends.daemon import in_thread
from flowtui.backends.duckdb.rows_backend import RowsBackend
from flowtui.backends.s3.destinations import destinations
from flowtui.backends.s3.listing import Listing
from flowtui.backends.s3.location import SCHEME, Location
from flowtui.backends.s3.requests import Requests
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, UsageError
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
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.sql.explanation import explanation

_DELIVERED_AFTER = timedelta(minutes=15)
_STILL_COMING = "records of the last 15 minutes may be missing: they come to S3 some minutes late"
_NOTHING_READ = (
    "nothing was read: the table has no partitions for this window, they are not loaded (MSCK"
    " REPAIR TABLE, or ALTER TABLE ADD PARTITION), or its location names another account"
)
_WRITES = "each query writes its result to {}, where it stays until somebody deletes it"
_NO_TABLE = "no table: Enter says what can be done"


@dataclass(eq=False)
class _Run:
    """One query on its way to Athena and back."""

    query: Query
    window: TimeRange
    question: Question
    notices: tuple[str, ...]
    token: str = field(default_factory=lambda: str(uuid4()))
    """Sent with every try to start it, so that a lost answer starts nothing twice."""
    id: str = ""
    """Empty while the account runs as many queries as it may."""
    rest: Handle | None = None
    """What is computed here, once it runs."""
    refusals: int = 0
    refusal: str = ""
    retry_at: float = 0.0
    give_up_at: float = 0.0
    statistics: Statistics = field(default_factory=Statistics)
    """Of what Athena has done."""


class AthenaBackend:
    """Runs queries on Athena, each table a log group: a `Service`.

    What Athena can't compute of a query's end is computed by the local engine on the rows that
    came; it may take so much `memory`, in bytes, where 0 is a share of the machine's. `queries` are
    the saved ones: those of the settings, as Athena's own hold SQL.
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
        calls, requests = Calls(self._clients, self._patience), Requests(self._clients)
        self._closed = threading.Event()
        self._listing = Listing(requests, self._closed)
        self._tables = Tables(calls)
        self._questions = Questions(self._tables, source.tables, self._queries, now)
        self._executions = Executions(calls, self._patience, source)
        self._fetching = Fetching(calls, requests)
        self._rows = RowsBackend(now=now, memory=memory)
        self._runs: dict[Handle, _Run] = {}
        self._started = self._held = 0
        self._has_said_where = self._has_said_late = False

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
        question = await self._questions.prepared(query, window)
        return Explanation(explanation(question.compiled, question.notices))

    async def poll(self, handle: Handle) -> Snapshot:
        run = self._known(handle)
        snapshot = await self._look(run)
        if snapshot.state.is_final:
            self._runs.pop(handle, None)
        return snapshot

    async def stop(self, handle: Handle) -> None:
        run = self._runs.pop(handle, None)
        if run is not None and run.rest is not None:
            await self._rows.stop(run.rest)
        elif run is not None and run.id:
            await self._executions.stop(run.id)

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
        """The tables, then the places in S3 that none of them is of."""
        sought = pattern.casefold()
        locations: list[str] = []
        async for page in self._tables.pages():
            locations += [table.location for table in page if table.location]
            groups = map(as_group, page)
            yield tuple(group for group in groups if sought in group.name.casefold())
        with suppress(BackendError):  # whoever may not ask EC2 has the tables all the same
            untold = [
                replace(each.group, taken_for=_NO_TABLE)
                for each in await in_thread(lambda: destinations(self._clients))
                if not any(at.startswith(str(each.location)) for at in locations)
            ]
            yield tuple(group for group in untold if sought in group.name.casefold())

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        return as_group(await self._tables.table(name))

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        return None

    async def objects(self, name: str, window: TimeRange) -> Objects | None:
        """All that lies in the partitions of the window; None where it can't be listed.

        Athena reads a partition whole, however short the window is.
        """
        table = await self._tables.table(name)
        read = pruned(table, window, self._now()).span
        if read is None or not table.location.startswith(SCHEME):
            return None
        location = Location.parse(table.location)
        found = await in_thread(lambda: self._listing.stamped(location, read))
        size, count = sum(each.size for each in found.objects), len(found.objects)
        cutoff = (await self._executions.group()).cutoff
        return Objects(
            count,
            size,
            count,
            size,
            found.requests,
            is_scanned=True,
            is_most=table.is_columnar,
            cutoff=cutoff,
        )

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        """Whoever may read the tables need not be who has the network."""
        return {}

    async def table_statement(self, destination: str) -> tuple[str, str]:
        """See `TableMaker`."""
        known = await in_thread(lambda: destinations(self._clients))
        found = next((each for each in known if str(each.location) == destination), None)
        if found is None:
            raise BackendError(f"EC2 knows no flow log that is delivered to {destination}")
        roots = await in_thread(lambda: self._listing.roots(found.location))
        made = create_table(found, roots.trees, self._now())
        return made.name, made.text

    async def make_table(self, name: str, statement: str) -> None:
        await self._executions.complete(statement, str(uuid4()), f"{name} was not made")

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
        question = await self._questions.prepared(query, window)
        return _Run(query, window, question, question.notices)

    async def _submit(self, run: _Run) -> None:
        """Start it, or note that the account has no room for it."""
        where = await self._executions.place_of_results()
        try:
            run.id = await self._executions.begin(run.question.compiled.sql, run.token)
        except OutOfSlots as error:
            run.refusals += 1
            run.refusal = str(error)
            run.retry_at = self._patience.clock() + self._patience.backoff(run.refusals)
            return
        if where and not self._has_said_where:
            self._has_said_where = True
            run.notices = (*run.notices, _WRITES.format(where))

    async def _look(self, run: _Run) -> Snapshot:
        if run.rest is not None:
            return await self._look_at_rest(run, run.rest)
        if not run.id:
            if self._patience.clock() >= run.retry_at:
                await self._submit(run)
            return self._waiting(run)
        execution = await self._executions.look(run.id)
        snapshot = Snapshot(
            execution.state,
            statistics=execution.statistics,
            error=execution.error,
            notices=(*run.notices, *execution.notices),
        )
        if execution.state is not RunState.COMPLETE:
            return snapshot
        results = await self._fetching.rows(run.id, execution.output, run.question.compiled)
        notices = (*snapshot.notices, *self._lacks(run, execution, results))
        if (parts := run.question.parted) is not None:
            return await self._begin_rest(run, parts, results, replace(snapshot, notices=notices))
        statistics = replace(execution.statistics, result_count=len(results.rows))
        return replace(snapshot, results=results, statistics=statistics, notices=notices)

    def _waiting(self, run: _Run) -> Snapshot:
        if run.id:
            return Snapshot(RunState.QUEUED, notices=run.notices)
        if self._patience.clock() < run.give_up_at:
            notices = ("Waiting for a free query slot", run.refusal)
            return Snapshot(RunState.QUEUED, notices=notices, has_slot=False)
        waited = f"No query slot came free in {self._patience.slot:g} s"
        return Snapshot(RunState.FAILED, error=f"{waited}: {run.refusal}")

    def _lacks(self, run: _Run, execution: Execution, results: ResultSet) -> Iterator[str]:
        """Why records may be missing where nothing else would say so."""
        if not execution.scanned and not execution.is_reused and not results.rows:
            yield _NOTHING_READ
        is_news = not self._has_said_late or not results.rows
        if is_news and run.window.end > self._now() - _DELIVERED_AFTER:
            self._has_said_late = True
            yield _STILL_COMING

    async def _begin_rest(
        self, run: _Run, parts: Parted, results: ResultSet, head: Snapshot
    ) -> Snapshot:
        """Let the local engine go on with the rows; an answer over a part of them is none."""
        if len(results.rows) >= MAX_ROWS:
            notices = tuple(each for each in head.notices if each != parts.notice)
            return replace(head, state=RunState.FAILED, error=parts.too_many, notices=notices)
        self._held += 1
        source = RunId(self._held)
        self._rows.hold(source, results)
        read = RowsOf(source, replace(run.query, body=parts.head, prelude=""), run.window)
        query = replace(run.query, body=parts.tail, prelude="", rows=read)
        rounded = (parts.rounded,) if has_fractions(run.question.compiled, results) else ()
        run.statistics, run.notices = head.statistics, (*head.notices, *rounded)
        run.rest = await self._rows.start(query, run.window)
        return Snapshot(RunState.RUNNING, statistics=run.statistics, notices=run.notices)

    async def _look_at_rest(self, run: _Run, rest: Handle) -> Snapshot:
        found = await self._rows.poll(rest)
        statistics = replace(run.statistics, result_count=len(found.results.rows))
        notices = tuple(dict.fromkeys((*run.notices, *found.notices)))
        return replace(found, statistics=statistics, notices=notices)

    def _known(self, handle: Handle) -> _Run:
        try:
            return self._runs[handle]
        except KeyError:
            raise BackendError(f"There is no running query {handle}; run it again") from None
