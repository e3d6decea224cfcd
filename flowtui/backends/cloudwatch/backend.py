"""CloudWatch Logs Insights as a backend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from flowtui.backends.aws.calls import Calls, OutOfSlots, Patience, Request
from flowtui.backends.aws.client import Ask, Clients
from flowtui.backends.aws.decode import Entry
from flowtui.backends.aws.errors import is_ended
from flowtui.backends.base import Explanation, Handle
from flowtui.backends.cloudwatch import catalog, definitions
from flowtui.backends.cloudwatch.flow_logs import FlowLogs
from flowtui.backends.cloudwatch.lost import Lost, find
from flowtui.backends.cloudwatch.names import Names
from flowtui.backends.cloudwatch.results import Page, joined, read_page
from flowtui.backends.daemon import submit
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, Unanswered
from flowtui.model.run import Query, ResultSet, RunState, Snapshot
from flowtui.model.saved_query import SavedQuery
from flowtui.model.timerange import TimeRange
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.query.parser import parse_tolerant
from flowtui.query.result_shape import ResultShape, shape_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_SQL = "CloudWatch would be sent this text; there is no SQL of it"
"""The most that the service gives for one query."""

_ENDINGS = {
    RunState.FAILED: "CloudWatch could not finish the query and gives no reason; "
    "run it again or over a shorter time",
    RunState.TIMED_OUT: "The query ran for 60 minutes, the longest that CloudWatch allows; "
    "choose a shorter time or filter earlier",
    # Our own stop ends the run without another poll.
    RunState.CANCELLED: "Somebody else has stopped the query, or the service has; "
    "the rows so far are kept",
}
_ENDLESS = (
    "CloudWatch reports no end of the query, though it ends each after 60 minutes; it was stopped, "
    "run it again"
)


@dataclass(slots=True)
class _Run:
    """One query on the service, or waiting to get there."""

    query: Query
    window: TimeRange
    shape: ResultShape
    query_id: str = ""
    """Empty while the account has no free query slot."""
    starting: asyncio.Future[str] | None = None
    """The start that is on the wire."""
    refusals: int = 0
    refusal: str = ""
    retry_at: float = 0.0
    give_up_at: float = 0.0
    ends_by: float = 0.0
    token: str = ""
    """Names the next page of a complete result."""
    tokens: set[str] = field(default_factory=set)
    """All that have named one."""
    fetched: ResultSet = field(default_factory=ResultSet)
    """The pages before it."""


class CloudWatchBackend:
    """Runs queries on CloudWatch Logs and knows its log groups: a `Backend` and a `Catalog`.

    `profile`, `region` and `endpoint_url` are what the AWS CLI means by these names; None leaves
    them to the environment and the AWS configuration. `ask` gets an MFA code from the user. Raises
    `UsageError` for an endpoint that is none.
    """

    def __init__(
        self,
        *,
        profile: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        patience: Patience | None = None,
        ask: Ask | None = None,
    ) -> None:
        self._patience = patience or Patience()
        timeouts = (self._patience.connect, self._patience.read)
        longest = self._patience.longest_call
        clients = Clients(profile, region, endpoint_url, timeouts, ask, longest=longest)
        self._calls = Calls(clients, self._patience)
        self._flow_logs = FlowLogs(self._calls, self._patience)
        self._names = Names(self._calls)
        self._runs: dict[Handle, _Run] = {}
        self._named_late: dict[Handle, str] = {}
        """The ids of queries that had to wait for a slot, by the handles they had without one."""
        self._started = 0

    @property
    def place(self) -> str:
        return self._calls.clients.place.label

    @property
    def respelled(self) -> frozenset[FieldInfo]:
        """None: what CloudWatch has, AWS has written."""
        return frozenset()

    @property
    def region(self) -> str:
        return self._calls.clients.place.region

    def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        if pattern:
            return catalog.containing(self._calls, pattern)
        return catalog.log_groups(self._calls, self._flow_logs)

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        now = datetime.now(UTC)
        return await catalog.describe(
            self._calls, self._flow_logs, name, now, from_records=from_records
        )

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        return None

    async def objects(self, name: str, window: TimeRange) -> None:
        """A log group tells its size."""

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        return await self._names.of(ids)

    @property
    def saving_refused(self) -> str:
        return ""

    def saved_queries(self, prefix: str = "") -> AsyncIterator[tuple[SavedQuery, ...]]:
        return definitions.saved_queries(self._calls, prefix)

    async def save_query(self, query: SavedQuery) -> str:
        return await definitions.save_query(self._calls, query)

    async def start(self, query: Query, window: TimeRange) -> Handle:
        run = _Run(query, window, _shape(query))
        run.give_up_at = self._patience.clock() + self._patience.slot
        run.ends_by = run.give_up_at + self._patience.end
        try:
            await self._submit(run)
        except asyncio.CancelledError:
            # Nobody will ask for this run again.
            if run.starting is not None:
                run.starting.cancel()
            raise
        self._started += 1
        handle = Handle(run.query_id or f"waiting-{self._started}")
        self._runs[handle] = run
        return handle

    async def explain(self, query: Query, window: TimeRange) -> Explanation:
        return Explanation(query.text, _NO_SQL)

    async def poll(self, handle: Handle) -> Snapshot:
        run = self._runs.get(handle)
        if run is None:
            raise BackendError(f"There is no running query {handle}; run it again")
        if not run.query_id and self._patience.clock() >= run.retry_at:
            await self._submit(run)
            if run.query_id:
                # It waits for nothing any more, whatever its first results are answered with.
                return Snapshot(RunState.QUEUED)
        if run.query_id:
            read = partial(read_page, shape=run.shape)
            snapshot = _snapshot(run, await self._calls.send(_results_of(run), read))
            if self._is_endless(run, snapshot):
                await self.stop(handle)
                return replace(snapshot, state=RunState.FAILED, error=_ENDLESS)
        else:
            snapshot = self._without_a_slot(run)
        if snapshot.state.is_final:
            self._forget(handle)
        return snapshot

    async def stop(self, handle: Handle) -> None:
        run = self._runs.get(handle)
        if run is not None and run.starting is not None:
            with suppress(OutOfSlots):
                # A caller that gives this up too, leaves it to the undoing of the call.
                run.query_id = await run.starting
        if run is not None and run.query_id:
            await self._stop_on_service(run.query_id)
        self._forget(handle)

    async def _stop_on_service(self, query_id: str) -> None:
        try:
            await self._calls.send(_stop_of(query_id), _nothing)
        except BackendError as error:
            if error.__cause__ is None or not is_ended(error.__cause__):
                raise

    def query_id(self, handle: Handle) -> str:
        run = self._runs.get(handle)
        return run.query_id if run else self._named_late.get(handle, str(handle))

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        run = _Run(query, window, _shape(query), str(handle))
        run.ends_by = self._patience.clock() + self._patience.end
        self._runs.setdefault(handle, run)
        return handle

    async def close(self) -> None:
        self._flow_logs.close()
        self._calls.clients.close()

    def _forget(self, handle: Handle) -> None:
        run = self._runs.pop(handle, None)
        if run is not None and run.query_id != handle:
            self._named_late[handle] = run.query_id

    async def _submit(self, run: _Run) -> None:
        """Start the query, or note that there is no free slot for it.

        Whoever is cancelled meanwhile leaves the start on the wire, for the next poll or a stop.
        """
        if run.starting is None:
            run.starting = asyncio.ensure_future(self._begin(run))
        starting = run.starting
        try:
            run.query_id = await asyncio.shield(starting)
        except OutOfSlots as error:
            run.refusals += 1
            run.refusal = str(error)
            run.retry_at = self._patience.clock() + self._patience.backoff(run.refusals)
        finally:
            if starting.done():
                run.starting = None

    async def _begin(self, run: _Run) -> str:
        """The id of the query that this starts; where its answer is lost, it is looked for.

        Raises `Unanswered` where it may be running all the same.
        """
        sent = datetime.now(UTC)
        try:
            return await self._calls.send(_start_of(run), _query_id, self._stop_late)
        except Unanswered as error:
            start = Lost(run.query.text, sent, datetime.now(UTC))
            raise await self._seen_to(start, error) from error.__cause__

    async def _seen_to(self, start: Lost, error: Unanswered) -> BackendError:
        """Find the query of a start that was not answered, and stop it; what that has come to."""
        ours = {*(run.query_id for run in self._runs.values()), *self._named_late.values()}
        patience = self._patience
        found = await find(self._calls, start, ours, patience.sleep, patience.lookup)
        if found is None:
            return Unanswered(f"{error}. The query may be running all the same")
        if found.has_ended:
            return BackendError(f"{error}. The query has run to its end all the same: {found.id}")
        try:
            await self._stop_on_service(found.id)
        except BackendError:
            said = f"{error}. The query is running all the same, and can't be stopped: {found.id}"
            return Unanswered(said, found.id)
        return BackendError(f"{error}. The query was running all the same and was stopped")

    def _is_endless(self, run: _Run, snapshot: Snapshot) -> bool:
        """Whether it still has no end that we know of; while pages are read it has had one."""
        is_read = bool(run.token) or snapshot.state.is_final
        return not is_read and self._patience.clock() >= run.ends_by

    def _stop_late(self, query_id: str) -> None:
        """Stop a query that nobody waits for any more; nobody hears whether that works."""
        submit(lambda: self._calls.send_now(_stop_of(query_id), _nothing))

    def _without_a_slot(self, run: _Run) -> Snapshot:
        if self._patience.clock() < run.give_up_at:
            notices = ("Waiting for a free query slot", run.refusal)
            return Snapshot(RunState.QUEUED, notices=notices, has_slot=False)
        waited = f"No query slot came free in {self._patience.slot:g} s"
        return Snapshot(RunState.FAILED, error=f"{waited}: {run.refusal}")


def _shape(query: Query) -> ResultShape:
    """What the query tells of its result, which is little where flowtui can't read it."""
    return shape_of(parse_tolerant(query.text).pipeline)


def _snapshot(run: _Run, page: Page) -> Snapshot:
    """The snapshot of the run after `page`; the pages of a complete result are gathered in it."""
    results = joined(run.fetched, page.results) if run.token else page.results
    if page.state is not RunState.COMPLETE:
        error, notices = _ENDINGS.get(page.state, ""), page.notices
        return Snapshot(page.state, results, page.statistics, error, notices)
    wanted = min(run.query.limit or MAX_ROWS, MAX_ROWS)
    if not page.token or not page.results.rows or len(results.rows) >= wanted:
        return Snapshot(RunState.COMPLETE, results, page.statistics)
    if page.token in run.tokens:
        raise BackendError(
            "GetQueryResults has no end: it names the same next page again, so that rows would be "
            "there twice; run the query again"
        )
    run.tokens.add(page.token)
    run.fetched, run.token = results, page.token
    share = len(results.rows) / (page.statistics.result_count or wanted)
    return Snapshot(RunState.RUNNING, results, replace(page.statistics, progress=min(share, 1.0)))


def _start_of(run: _Run) -> Request:
    query, window = run.query, run.window
    second = timedelta(seconds=1)
    parameters: dict[str, Any] = {
        "queryString": query.text,
        "startTime": (window.start - _EPOCH) // second,
        # The service includes the end second; a window does not.
        "endTime": -((_EPOCH - window.end) // second) - 1,
        **_groups_of(query.log_groups),
    }
    if query.limit is not None:
        parameters["limit"] = min(query.limit, MAX_ROWS)
    return Request("logs", "StartQuery", "queryId", parameters, repeatable=False, text=query.text)


def _groups_of(names: tuple[str, ...]) -> dict[str, list[str]]:
    """The groups as a parameter; none where the query itself says so by SOURCE."""
    if not names:
        return {}
    if not any(name.startswith("arn:") for name in names):
        return {"logGroupNames": list(names)}
    return {"logGroupIdentifiers": [name.removesuffix(":*") for name in names]}


def _results_of(run: _Run) -> Request:
    parameters = {"queryId": run.query_id} | ({"nextToken": run.token} if run.token else {})
    # The poll loop asks again at a pace of its own.
    return Request("logs", "GetQueryResults", "status", parameters, patient=False)


def _stop_of(query_id: str) -> Request:
    # A user who leaves is not held up by a question.
    return Request("logs", "StopQuery", "success", {"queryId": query_id}, may_ask=False)


def _query_id(answer: Entry) -> str:
    return answer.name("queryId")


def _nothing(answer: Entry) -> None:
    """Read no more than that there is an answer."""
