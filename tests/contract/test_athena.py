"""Athena through boto3 and a socket: the article's tables, faults, and what is left running."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flowtui.backends.athena.backend import AthenaBackend
from flowtui.backends.aws.calls import Patience
from flowtui.backends.base import Handle
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.s3.requests import Requests
from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.engine.drill import drill
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, FlowtuiError, UsageError
from flowtui.model.run import Query, ResultSet, RunState, Snapshot
from flowtui.model.source import AthenaSource
from flowtui.model.timerange import TimeRange
from flowtui.serve.athena.executions import Executions
from flowtui.serve.server import Endpoint
from tests.article import CASES, Case, shown
from tests.contract.conftest import PATIENCE
from tests.contract.faults import Draws, Fault, Given, Kind, Proxy, Schedule, running
from tests.contract.test_aws_cli import told

WINDOW = TimeRange(
    datetime(2022, 4, 1, 15, 18, tzinfo=UTC), datetime(2022, 4, 1, 15, 24, tzinfo=UTC)
)
TABLES = ("flows.vpc_article", "flows.vpc_article_parquet")
RESULTS = "s3://results/here"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    local = DuckDBBackend((), demo=True, now=now)
    with Endpoint(local, local, runner=local.typed_tables()) as endpoint:
        yield endpoint.url


def connected(
    url: str, *tables: str, results: str | None = RESULTS, patience: Patience = PATIENCE
) -> AthenaBackend:
    source = AthenaSource(tables or TABLES[:1], None, "us-east-1", url, results=results)
    return AthenaBackend(source, now=lambda: WINDOW.end, patience=patience)


async def asked(
    backend: AthenaBackend, body: str, *tables: str, window: TimeRange = WINDOW
) -> Snapshot:
    """The last snapshot of the query."""
    query = Query(body, window, tables)
    async with aclosing(watch(backend, query, window, delays=LOCAL)) as snapshots:
        return [snapshot async for snapshot in snapshots][-1]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_article_over_text_and_over_parquet(url: str, case: Case, table: str) -> None:
    last = await asked(connected(url), case.query, table)
    assert last.state is RunState.COMPLETE, last.error
    records = [last.results.record(index) for index in range(len(last.results.rows))]
    assert shown(case, records) == case.table


async def test_a_drill_finds_the_flows_behind_a_row(url: str) -> None:
    backend = connected(url)
    body = "stats sum(bytes) as b, count(*) as n by srcaddr, flow_direction, bin(1m) | limit 5"
    query = Query(body, WINDOW, TABLES[:1])
    results = (await asked(backend, body, *TABLES[:1])).results
    for index in range(len(results.rows)):
        row = results.record(index)
        step = drill(query, WINDOW, row, ARTICLE_FORMAT)
        raw = (await asked(backend, step.query.body, *TABLES[:1], window=step.window)).results
        volumes = [int(raw.record(i)["bytes"]) for i in range(len(raw.rows))]
        assert (sum(volumes), len(volumes)) == (int(row["b"]), int(row["n"]))


async def test_more_rows_than_a_page_come_from_the_object_in_s3(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "fields @timestamp, srcaddr, instance_id, bytes | limit 2500"
    by_object = (await asked(connected(url), body)).results

    def denied(*_: object) -> bytes:
        raise BackendError("profile x may not s3:GetObject")

    monkeypatch.setattr(Requests, "whole", denied)
    by_pages = (await asked(connected(url), body)).results
    assert len(by_object.rows) == 2500
    assert by_object == by_pages


async def test_what_athena_lacks_is_computed_on_its_rows(url: str) -> None:
    body = (
        "stats values(dstport) as ports by srcaddr | unnest ports into port"
        " | stats count(*) as n by port | sort n desc, port | limit 3"
    )
    last = await asked(connected(url), body)
    here = DuckDBBackend((), demo=True, now=now)
    handle = await here.start(Query(body, WINDOW, ("/vpc/article",)), WINDOW)
    wanted = await here.poll(handle)
    while not wanted.state.is_final:
        await asyncio.sleep(0)
        wanted = await here.poll(handle)
    await here.close()
    assert last.results.rows == wanted.results.rows
    assert last.results.columns == ("port", "n")
    assert any("computed here" in notice for notice in last.notices)


async def test_a_mistake_of_the_query_starts_nothing(url: str) -> None:
    for body in ("filter srcaddr = ", "lookup x y as z OUTPUT a", "fields nosuch(1)"):
        with pytest.raises(FlowtuiError):
            await connected(url).start(Query(body, WINDOW, TABLES[:1]), WINDOW)
    assert told(url, "athena", "list-query-executions")["QueryExecutionIds"] is not None


async def test_nobody_says_where_results_go(url: str) -> None:
    with pytest.raises(UsageError, match="--results s3://bucket/folder/"):
        await asked(connected(url, results=None), "stats count(*)")


async def test_tables_are_found_by_their_columns(url: str) -> None:
    pages = [page async for page in connected(url).log_groups()]
    found = {group.name: group for page in pages for group in page}
    assert set(TABLES) <= set(found)
    assert found[TABLES[0]].format == ARTICLE_FORMAT
    assert "27 fields, text, by day" in found[TABLES[0]].taken_for


async def test_an_ended_query_gives_its_rows_again(url: str) -> None:
    backend, query = connected(url), Query("stats count(*) as n", WINDOW, TABLES[:1])
    handle = await backend.start(query, WINDOW)
    while not (first := await backend.poll(handle)).state.is_final:
        pass
    again = connected(url)
    attached = await again.attach(Handle(str(handle)), query, WINDOW)
    assert (await again.poll(attached)).results == first.results


def test_the_aws_cli_runs_a_query(url: str) -> None:
    sql = 'SELECT count(*) AS n FROM "flows"."vpc_article" WHERE "action" = \'REJECT\''
    place = ["--result-configuration", f"OutputLocation={RESULTS}/"]
    started = told(url, "athena", "start-query-execution", "--query-string", sql, *place)
    key = ["--query-execution-id", started["QueryExecutionId"]]
    status = {"State": "QUEUED"}
    while status["State"] in ("QUEUED", "RUNNING"):
        status = told(url, "athena", "get-query-execution", *key)["QueryExecution"]["Status"]
    assert status["State"] == "SUCCEEDED", status
    rows = told(url, "athena", "get-query-results", *key)["ResultSet"]["Rows"]
    assert rows[0] == {"Data": [{"VarCharValue": "n"}]}
    tables = told(
        url, "athena", "list-table-metadata", "--catalog-name", "AwsDataCatalog",
        "--database-name", "flows",
    )  # fmt: skip
    assert "vpc_article" in [table["Name"] for table in tables["TableMetadataList"]]


# Faults

GROUP = LogGroup("/vpc/edge", format=ARTICLE_FORMAT)
ROWS = tuple((f"10.0.0.{n}", str(n)) for n in range(25))
QUERY = Query("stats sum(bytes) as b by srcaddr | limit 100", WINDOW, ("flows.vpc_edge",))


@dataclass
class Answer:
    types: tuple[str, ...] = ("VARCHAR", "BIGINT")
    names: tuple[str, ...] = ("_col0", "_col1")
    rows: tuple[tuple[Any, ...], ...] = tuple((address, int(n)) for address, n in ROWS)


@dataclass
class Stepwise:
    """A runner whose queries end when they are told to."""

    ending: list[asyncio.Event] = field(default_factory=list)

    async def make(self, group: str, schema: str, name: str, *, is_columnar: bool) -> int:
        return 12_000_000

    async def run(self, number: str, sql: str) -> Answer:
        self.ending.append(asyncio.Event())
        await self.ending[-1].wait()
        return Answer()

    def interrupt(self, number: str) -> None:
        pass


@dataclass
class Lane:
    proxy: Proxy
    executions: Executions
    backend: AthenaBackend

    @property
    def running(self) -> list[str]:
        return [each.id for each in self.executions if not each.is_final]


@contextmanager
def lane(schedule: Draws, polls: int = 2) -> Iterator[Lane]:
    """An endpoint whose executions end after so many looks at one, and a proxy before it."""
    runner, looks = Stepwise(), [0]

    def before(operation: str) -> None:
        looks[0] += operation == "GetQueryExecution"
        if looks[0] >= polls:
            for event in list(runner.ending):
                endpoint._loop.call_soon_threadsafe(event.set)

    catalog = ScriptedCatalog((GROUP,))
    with Endpoint(ScriptedBackend([]), catalog, now=now, runner=runner) as endpoint:
        proxy = Proxy(endpoint.url, schedule, before)
        with running(proxy):
            executions = endpoint._operations._executions
            assert executions is not None
            patience = replace(PATIENCE, connect=2, read=schedule.patience)
            backend = connected(proxy.url, "flows.vpc_edge", patience=patience)
            yield Lane(proxy, executions, backend)


async def end_of(made: Lane, enough: int = 1000) -> tuple[Snapshot, str, list[Handle | None]]:
    """The last snapshot, the error, and the queries that the user is told of on leaving."""
    left: list[Handle | None] = []
    seen, error = [Snapshot(RunState.QUEUED)], ""
    watched = watch(made.backend, QUERY, WINDOW, sleep=PATIENCE.sleep, left=left.append)
    try:
        async with aclosing(watched) as snapshots:
            async for snapshot in snapshots:
                seen.append(snapshot)
                if len(seen) > enough:
                    break
    except FlowtuiError as raised:
        error = str(raised)
    await asyncio.to_thread(made.proxy.wait)
    return seen[-1], error, left


@pytest.mark.parametrize("number", range(20))
async def test_the_rows_are_right_or_an_error_is_shown_and_nothing_is_left_running(
    number: int,
) -> None:
    drawn = random.Random(number)  # noqa: S311  (it is to be repeatable)
    with lane(Schedule(f"athena/{number}", 0.3), polls=drawn.randrange(1, 4)) as made:
        last, _, left = await end_of(made, drawn.choice((1, 2, 1000)))
        if last.state is RunState.COMPLETE:
            assert last.results.rows == ROWS
        elif last.state.is_final:
            assert last.error
        for query_id in made.running:
            assert query_id in left or None in left, made.proxy.log


@pytest.mark.parametrize("kind", [Kind.RESET, Kind.CLOSED, Kind.TRUNCATED, Kind.BROKEN, Kind.STALL])
async def test_a_lost_answer_starts_nothing_twice(kind: Kind) -> None:
    # After the catalog's and the work group's answers.
    with lane(Given([None, None, Fault(kind, True)])) as made:
        last, error, _ = await end_of(made)
        assert not error
        assert last.results == replace(last.results, rows=ROWS)
        assert len(list(made.executions)) == 1
        assert [name for name, _ in made.proxy.log].count("StartQueryExecution") == 2


async def test_a_start_that_is_never_answered_is_told() -> None:
    lost = [Fault(Kind.RESET, True)] * 20
    with lane(Given([None, None, *lost])) as made:
        _, error, left = await end_of(made)
        assert "may be running all the same" in error
        assert left == [None]


async def test_leaving_stops_the_execution() -> None:
    with lane(Given([]), polls=1000) as made:
        _, error, left = await end_of(made, 2)
        assert not error
        assert not left
        assert [each.state for each in made.executions] == ["CANCELLED"]


ENDS = (
    ("FAILED", 1110, "there is no such table", "there is no such table or view any more"),
    ("FAILED", 8, "Query exhausted resources at this scale factor", "narrow the window, or group"),
    ("FAILED", 1, "Access Denied (Service: S3)", "may not read what it names"),
    ("FAILED", None, "", "Athena gives no reason"),
    ("CANCELLED", None, "Bytes scanned limit was exceeded", "were scanned and are paid"),
)


@pytest.mark.parametrize(("state", "error_type", "reason", "sentence"), ENDS)
async def test_every_end_is_a_sentence(
    canned: Any, state: str, error_type: int | None, reason: str, sentence: str
) -> None:
    status: dict[str, object] = {"State": state, "StateChangeReason": reason}
    if error_type is not None:
        status["AthenaError"] = {"ErrorType": error_type, "ErrorMessage": reason}
    execution = {"QueryExecution": {"Status": status, "Statistics": {"DataScannedInBytes": 5e9}}}
    server = canned(
        (200, {}),
        GetTableMetadata=(200, {"TableMetadata": _metadata()}),
        GetWorkGroup=(200, {"WorkGroup": {"Name": "primary"}}),
        StartQueryExecution=(200, {"QueryExecutionId": "e-1"}),
        GetQueryExecution=(200, execution),
    )
    last = await asked(connected(server.url, "flows.vpc_edge"), "stats count(*)")
    assert sentence in last.error
    assert last.statistics.bytes_paid == (0 if state == "FAILED" else 5e9)


async def test_a_query_goes_back_to_the_queue_and_comes_again(canned: Any) -> None:
    states = iter(["QUEUED", "RUNNING", "QUEUED", "NEW_STATE", "SUCCEEDED"])
    answers = [
        (200, {"QueryExecution": {"Status": {"State": state}, "Statistics": {}}})
        for state in states
    ]
    results = {
        "ResultSet": {
            "ResultSetMetadata": {"ColumnInfo": [{"Name": "_col0", "Type": "bigint"}]},
            "Rows": [{"Data": [{"VarCharValue": "_col0"}]}, {"Data": [{"VarCharValue": "7"}]}],
        }
    }
    server = canned(
        *answers,
        GetTableMetadata=(200, {"TableMetadata": _metadata()}),
        GetWorkGroup=(200, {"WorkGroup": {"Name": "primary"}}),
        StartQueryExecution=(200, {"QueryExecutionId": "e-1"}),
        GetQueryResults=(200, results),
    )
    last = await asked(connected(server.url, "flows.vpc_edge"), "stats count(*) as n")
    assert last.results == ResultSet(("n",), (("7",),))


def _metadata() -> dict[str, object]:
    columns = [
        {"Name": info.column, "Type": "bigint" if info.type.is_number else "string"}
        for info in ARTICLE_FORMAT.fields
    ]
    return {"Name": "vpc_edge", "Columns": columns}


async def test_what_is_denied_is_named_with_its_action(canned: Any) -> None:
    denied = {"__type": "AccessDeniedException", "Message": "You are not authorized"}
    server = canned((400, denied))
    with pytest.raises(BackendError, match=r"may not athena:GetTableMetadata: You are not auth"):
        await asked(connected(server.url), "stats count(*)")


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("MetadataException", "Table nope not found.", "check the name"),
        ("InvalidRequestException", "WorkGroup nope is not found", "refuses GetTableMetadata"),
    ],
)
async def test_a_name_that_nobody_knows_is_said_with_what_to_do(
    canned: Any, kind: str, text: str, sentence: str
) -> None:
    server = canned((400, {"__type": kind, "Message": text}))
    with pytest.raises(BackendError, match=text) as raised:
        await asked(connected(server.url), "stats count(*)")
    assert sentence in str(raised.value)


async def test_too_many_rows_for_the_rest_say_what_athena_lacks(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.backends.athena.backend.MAX_ROWS", 2)
    last = await asked(connected(url), "stats count(*) as n by bin(1m) | fillmissing")
    assert last.state is RunState.FAILED
    assert "can't compute the bins that have no records" in last.error
    assert not any("computed here" in notice for notice in last.notices)


async def test_the_estimate_is_what_is_scanned_though_the_window_is_short(
    article_in_s3: str,
) -> None:
    backend = connected(article_in_s3)
    minute = TimeRange(WINDOW.start, WINDOW.start + timedelta(minutes=1))
    ahead = await backend.objects(TABLES[0], minute)
    last = await asked(backend, "stats count(*)", window=minute)
    whole = await backend.objects(TABLES[0], TimeRange(WINDOW.start - timedelta(hours=3), now()))
    assert whole is not None
    assert ahead is not None
    assert (ahead.size, ahead.count) == (whole.size, whole.count)
    assert 0 < ahead.size == last.statistics.bytes_scanned


async def test_the_last_minutes_are_said_to_be_missing_once(url: str) -> None:
    backend = connected(url)
    first, again = [await asked(backend, "stats count(*)") for _ in range(2)]
    assert any("last 15 minutes" in notice for notice in first.notices)
    assert not any("last 15 minutes" in notice for notice in again.notices)


async def test_source_names_tables_and_has_no_time_of_its_own(url: str) -> None:
    body = "stats count(*) as n"
    plain = (await asked(connected(url), body)).results
    named = f"SOURCE '{TABLES[1]}' | {body}"
    assert (await asked(connected(url), named)).results.rows == plain.rows
    with pytest.raises(FlowtuiError, match="no time of its own"):
        await asked(connected(url), f"SOURCE '{TABLES[1]}' start=-1h | {body}")
    several = (await asked(connected(url), body, *TABLES)).results
    assert int(several.rows[0][0] or 0) == 2 * int(plain.rows[0][0] or 0)


async def test_the_endpoint_knows_what_addresses_and_findings_call(url: str) -> None:
    for body in (
        'filter isIpv4InSubnet(srcaddr, "0.0.0.0/0") | stats count(*) as n',
        'fields strlen(replace(srcaddr, ".", "")) as l | stats max(l) as n',
    ):
        last = await asked(connected(url), body)
        assert last.state is RunState.COMPLETE, last.error
        assert int(last.results.rows[0][0] or 0) > 0
