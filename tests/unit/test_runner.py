"""From a question to its run, as both front ends ask."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.scripted import Script
from flowtui.cli.headless import every_group, prepare
from flowtui.engine.cost import GB, Limits
from flowtui.engine.formats import Formats
from flowtui.engine.runner import Prepared, QueryRunner, Refused, notices_of
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.log_group import TABLE, LogGroup
from flowtui.model.errors import (
    BackendError,
    NoLogGroup,
    NoTimeRange,
    QueryError,
    Unreachable,
    UnsupportedQuery,
    UsageError,
)
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot, Statistics
from flowtui.model.timerange import Last, TimeRange
from flowtui.query import check, parser
from flowtui.query.catalogue.limits import QUERY_LENGTH
from tests.pilot.service import PAIRS_DONE, ScriptedService

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON - timedelta(hours=1), NOON)
EDGE = LogGroup("/vpc/edge", format=DEFAULT_FORMAT, format_notice="inferred from 9 records")
CORE = LogGroup("/vpc/core", format=ARTICLE_FORMAT)
THREE = FlowFormat.parse("${srcaddr} ${dstaddr} ${bytes}")
BY_SOURCE = "stats sum(bytes) by srcaddr"


class Service(ScriptedService):
    """Counts what it is asked."""

    def __init__(self, *scripts: Script, groups: tuple[LogGroup, ...] = (EDGE, CORE)) -> None:
        super().__init__(*scripts, groups=(groups,))
        self.described: Counter[str] = Counter()
        self.read: list[str] = []
        """The groups of which records were looked at."""
        self.silent: frozenset[str] = frozenset()
        """The groups of which nobody answers."""

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        self.described[name] += 1
        self.read += [name] if from_records else []
        if name in self.silent:
            raise Unreachable(f"nobody answers for {name}; try again")
        return await super().describe(name, from_records=from_records)

    def refuse(self, error: QueryError) -> None:
        """Every query, from now on."""
        self._scripts = [error]

    @property
    def was_asked(self) -> bool:
        return bool(self.calls or self.described)


def runner(
    service: Service, formats: Formats | None = None, limits: Limits | None = None
) -> QueryRunner:
    return QueryRunner(
        service, formats or Formats(), now=lambda: NOON, delays=lambda *_: 0.0,
        limits=limits or Limits(), renewal=0.0,
    )  # fmt: skip


def question(body: str, *groups: str, time: TimeRange | Last | None = WINDOW) -> Query:
    return Query(body, time, groups or ("/vpc/edge",))


async def last(runner: QueryRunner, prepared: Prepared) -> QueryRun:
    async with aclosing(runner.runs(prepared)) as runs:
        *_, run = [run async for run in runs]
    return run


# What a question becomes


async def test_it_gets_its_parse_command_its_window_and_its_notices() -> None:
    asked = replace(question(BY_SOURCE, time=Last(timedelta(minutes=15))), limit=7)
    prepared = await runner(Service()).prepare(asked)
    assert prepared.query == replace(asked, prelude=prepared.query.prelude)
    assert prepared.query.prelude.startswith("parse @message")
    assert prepared.window == TimeRange(NOON - timedelta(minutes=15), NOON)
    assert prepared.format == DEFAULT_FORMAT
    assert prepared.notices == ("inferred from 9 records",)


async def test_a_drilled_question_keeps_its_parse_command_and_its_window() -> None:
    drilled = replace(question("filter srcaddr = 1", time=None), prelude="parse @message ...")
    prepared = await runner(Service()).prepare(drilled, WINDOW)
    assert prepared.query == drilled
    assert prepared.window == WINDOW


async def test_source_decides_over_the_groups_that_are_given() -> None:
    service = Service()
    prepared = await runner(service).prepare(question("SOURCE '/vpc/core' | limit 1"))
    assert prepared.query.log_groups == ()
    assert prepared.query.prelude == ""
    assert prepared.notices[0].startswith("SOURCE in the query says which log groups to read")
    assert not service.described


async def test_what_is_missing_is_an_error_of_its_own_kind() -> None:
    with pytest.raises(NoLogGroup):
        await runner(Service()).prepare(Query(BY_SOURCE, WINDOW))
    with pytest.raises(NoTimeRange):
        await runner(Service()).prepare(question(BY_SOURCE, time=None))
    with pytest.raises(NoTimeRange):
        runner(Service()).prepare_unasked(question(BY_SOURCE, time=None))


async def test_a_given_format_alone_is_enough_where_nothing_may_be_asked() -> None:
    service = Service()
    there = runner(service, Formats(settings={"/vpc/edge": str(THREE)}))
    prepared = there.prepare_unasked(question(BY_SOURCE))
    assert prepared.query.prelude == 'parse @message "* * *" as srcaddr, dstaddr, bytes'
    assert (prepared.format, prepared.window) == (THREE, WINDOW)
    assert not service.was_asked


@pytest.mark.parametrize(
    ("count", "named"), [(2, "/g/0, /g/1"), (6, "/g/0, /g/1, /g/2, /g/3, /g/4, ...")]
)
async def test_the_groups_to_choose_from_are_named_once(count: int, named: str) -> None:
    groups = tuple(LogGroup(f"/g/{n}") for n in range(count))
    described = tuple(replace(group, format=DEFAULT_FORMAT) for group in groups)
    service = ScriptedService(groups=(groups, described))
    there = QueryRunner(service, Formats(), now=lambda: NOON, delays=lambda *_: 0.0)
    with pytest.raises(UsageError) as raised:
        await prepare(there, Query("fields srcaddr", None))
    assert str(raised.value) == f"which log group? give --log-group: {named}"


async def test_of_tables_the_option_is_table() -> None:
    groups = (LogGroup("f.a", format_source=TABLE), LogGroup("s3://logs/"))
    there = QueryRunner(
        ScriptedService(groups=(groups,)), Formats(), now=lambda: NOON, delays=lambda *_: 0.0
    )
    with pytest.raises(UsageError, match=r"which table\? give --table: f\.a$"):
        await every_group(there)


# What is refused

REFUSED = [
    ('parse @message "* * *" as a, b | stats count(*) by a', "wildcard-count"),
    ("fields srcaddr | dedup srcaddr | sort srcaddr", "after-dedup"),
    (" | ".join(["stats count(*) as n by srcaddr"] + ["stats sum(n) as n"] * 10), "stats-count"),
    ("fields srcaddr | limit 200000", "limit"),
    ("stats count(*) as n by srcaddr | sort n | stats sum(n)", "before-stats"),
    ("stats sum(bytes", "syntax"),
    ("stats cout(*)", "unknown-function"),
    ("fields " + "a" * QUERY_LENGTH, "length"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED, ids=[code for _, code in REFUSED])
async def test_what_check_calls_an_error_is_refused_and_nothing_is_asked(
    body: str, code: str
) -> None:
    service = Service()
    there = runner(service, limits=Limits(confirm_above_gb=1))
    with pytest.raises(Refused) as raised:
        await there.prepare(question(body))
    errors = [each for each in raised.value.findings if each.severity == "error"]
    assert code in [each.code for each in errors]
    assert raised.value.finding == errors[0]
    assert (str(raised.value), raised.value.span) == (errors[0].message, errors[0].span)
    with pytest.raises(Refused):
        there.prepare_unasked(question(body))
    assert not service.was_asked


async def test_what_the_class_of_the_log_group_does_not_take_is_refused_where_it_is_known() -> None:
    rare = replace(EDGE, log_class="INFREQUENT_ACCESS")
    service = Service(groups=(rare, CORE))
    there = runner(service)
    # Nobody has told the class yet, and the query needs nothing else of the group.
    await there.prepare(question("pattern @message"))
    with pytest.raises(Refused, match="Infrequent Access class do not take filterIndex"):
        await there.prepare(question("filterIndex action = 1 | fields srcaddr"))
    with pytest.raises(Refused, match="Infrequent Access class do not take pattern"):
        await there.prepare(question("pattern @message"))
    await there.prepare(question("pattern @message", "/vpc/core"))
    with pytest.raises(Refused):
        await there.prepare(question("pattern @message", "/vpc/core", "/vpc/edge"))
    assert (await there.known(("/vpc/core", "/vpc/edge"))).log_class == "INFREQUENT_ACCESS"
    assert not service.calls


async def test_a_query_that_is_too_long_with_its_parse_command_is_refused() -> None:
    service = Service()
    body = f"fields srcaddr # {'x' * (QUERY_LENGTH - 100)}"
    with pytest.raises(Refused, match="with its parse command this has") as raised:
        await runner(service).prepare(question(body))
    assert raised.value.span[1] == len(body)
    assert not service.calls


async def test_warnings_do_not_refuse() -> None:
    prepared = await runner(Service()).prepare(question("fields srcadr | limit 1"))
    (found,) = prepared.findings
    assert (found.code, found.span) == ("unknown-field", (7, 13))


# What is asked of the service


async def test_a_group_is_described_once() -> None:
    service = Service([PAIRS_DONE])
    there = runner(service, limits=Limits(confirm_above_gb=1))
    await asyncio.gather(*(there.known(("/vpc/edge", "/vpc/core")) for _ in range(3)))
    for _ in range(2):
        await there.prepare(question("SOURCE '/vpc/core' | limit 1"))
        await last(there, await there.prepare(question(BY_SOURCE)))
    assert service.described == {"/vpc/edge": 1, "/vpc/core": 1}


async def test_who_gives_up_waiting_leaves_the_answer_to_the_others() -> None:
    service, gate = Service(), asyncio.Event()
    service.describe_gate = gate
    there = runner(service)
    first = asyncio.ensure_future(there.known(("/vpc/edge",)))
    second = asyncio.ensure_future(there.known(("/vpc/edge",)))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert (await second).format == DEFAULT_FORMAT


async def test_a_question_does_not_wait_for_a_format_that_it_does_not_need() -> None:
    service = Service()
    service.describe_gate = asyncio.Event()
    there = runner(service)
    prepared = await there.prepare(question("stats count(*) as n by bin(5m)"))
    assert (prepared.query.prelude, prepared.notices) == ("", ())
    hearing = asyncio.ensure_future(there.heard(prepared))
    service.describe_gate.set()
    assert await hearing == "inferred from 9 records"
    assert await there.heard(await there.prepare(question(BY_SOURCE))) == ""


async def test_who_waits_for_a_format_is_told_so_once() -> None:
    service, said = Service(), list[str]()
    service.region = "us-east-1"
    there = QueryRunner(
        service, Formats(), now=lambda: NOON, delays=lambda *_: 0.0, say=said.append
    )
    await there.prepare(question("stats count(*)"))
    assert said == []
    for _ in range(2):
        await there.prepare(question(BY_SOURCE))
    assert said == ["asking EC2 for the format", ""]


async def test_a_service_that_is_silent_is_named_and_delays_nothing() -> None:
    service = Service()
    service.silent = frozenset({"/vpc/edge"})
    there = runner(service)
    prepared = await there.prepare(question("stats count(*)"))
    assert await there.heard(prepared) == "nobody answers for /vpc/edge; try again"
    with pytest.raises(Unreachable):
        await there.prepare(question(BY_SOURCE))


async def test_records_are_looked_at_only_where_the_format_is_needed() -> None:
    told = "EC2 is silent; 14 fields inferred"
    service = Service(groups=(replace(EDGE, no_flow_logs="EC2 is silent", format_notice=told),))
    there = runner(service)
    prepared = await there.prepare(question("stats count(*)"))
    assert await there.heard(prepared) == "EC2 is silent"
    assert (service.read, service.described["/vpc/edge"]) == ([], 1)
    for _ in range(2):
        prepared = await there.prepare(question(BY_SOURCE))
        assert prepared.notices == (told,)
    assert (service.read, service.described["/vpc/edge"]) == (["/vpc/edge"], 2)
    # Whoever knows more by now says no more of it.
    prepared = await there.prepare(question("stats count(*)"))
    assert await there.heard(prepared) == "EC2 is silent"


async def test_who_gives_the_format_needs_no_answer() -> None:
    service = Service()
    service.silent = frozenset({"/vpc/edge"})
    there = runner(service, Formats(given=THREE))
    prepared = await there.prepare(question(BY_SOURCE))
    assert prepared.format == THREE
    assert await there.heard(await there.prepare(question("stats count(*)"))) == ""


async def test_records_of_other_formats_are_left_out_whoever_says_the_format() -> None:
    service = Service(groups=(replace(EDGE, is_mixed=True),))
    there = runner(service, Formats(given=ARTICLE_FORMAT))
    prepared = await there.prepare(question(BY_SOURCE))
    assert 'filter log_status in ["OK", "NODATA", "SKIPDATA"]' in prepared.query.prelude
    assert prepared.notices == ("/vpc/edge has records of other formats too: they are left out",)


# What it may cost

SIZED = replace(EDGE, stored_bytes=int(24 * GB), created=NOON - timedelta(days=1))


@pytest.mark.parametrize(
    ("group", "limit", "needs_consent"),
    [(SIZED, 2.0, False), (SIZED, 0.5, True), (SIZED, 0.0, False), (EDGE, 2.0, True),
     (EDGE, 0.0, False)],
)  # fmt: skip
async def test_consent_is_needed_above_the_limit_and_where_nothing_tells_the_size(
    group: LogGroup, limit: float, needs_consent: bool
) -> None:
    there = runner(Service(groups=(group,)), limits=Limits(confirm_above_gb=limit))
    prepared = await there.prepare(question("stats count(*)"))
    assert prepared.needs_consent is needs_consent
    assert prepared.estimate.is_unknown is (group is EDGE or not limit)


async def test_sizes_are_asked_for_where_a_limit_needs_them() -> None:
    body = "SOURCE '/vpc/core' | stats count(*)"
    for limit, asked in ((0.0, {}), (1.0, {"/vpc/core": 1})):
        service = Service()
        await runner(service, limits=Limits(confirm_above_gb=limit)).prepare(question(body))
        assert service.described == asked


async def test_a_run_that_scans_more_than_the_limit_is_stopped() -> None:
    few = Snapshot(RunState.RUNNING, statistics=Statistics(bytes_scanned=4 * GB))
    many = Snapshot(RunState.RUNNING, statistics=Statistics(bytes_scanned=12.3 * GB))
    service = Service([few, many, asyncio.Event()])
    there = runner(service, limits=Limits(stop_above_gb=10))
    run = await last(there, await there.prepare(question(BY_SOURCE)))
    assert run.latest.state is RunState.CANCELLED
    assert run.latest.error == (
        "stopped: it has scanned 12.30 GB, more than stop_above_gb = 10 allows;"
        " the rows so far are kept"
    )
    assert there.meter.scanned == 12.3 * GB
    assert service.verbs[-1] == "stop"


# The run


async def test_the_run_comes_before_its_start() -> None:
    service = Service([PAIRS_DONE])
    there = runner(service)
    prepared = await there.prepare(question(BY_SOURCE))
    async with aclosing(there.runs(prepared)) as runs:
        run = await anext(runs)
        assert (run.handle, service.calls) == ("", [])
        *_, ended = [run async for run in runs]
    assert (ended.id, ended.handle, ended.latest) == (run.id, "query-1", PAIRS_DONE)
    assert (await last(there, prepared)).id == run.id + 1


async def test_leaving_a_run_stops_its_query() -> None:
    service = Service([Snapshot(RunState.RUNNING)])
    there = runner(service)
    async with aclosing(there.runs(await there.prepare(question(BY_SOURCE)))) as runs:
        async for run in runs:
            if run.latest.state is RunState.RUNNING:
                break
    assert service.verbs[-1] == "stop"
    assert not service.running


@pytest.mark.parametrize(
    ("start", "end", "place"),
    [(17, 25, (17, 25)), (-50, -45, (0, 0)), (-50, 14, (0, 14)), (-50, 0, (0, 0))],
    ids=["in the body", "in the parse command", "over both", "up to the body"],
)
async def test_the_place_of_an_error_is_in_the_body(
    start: int, end: int, place: tuple[int, int]
) -> None:
    there = runner(service := Service())
    prepared = await there.prepare(question("fields srcaddr | limit 25"))
    before = len(prepared.query.text) - len(prepared.query.body)
    refusal = UnsupportedQuery("not here", (before + start, before + end))
    service.refuse(refusal)
    with pytest.raises(UnsupportedQuery, match="not here") as raised:
        await last(there, prepared)
    assert raised.value.span == place
    assert refusal.span == (before + start, before + end)


async def test_a_group_that_is_not_there_is_the_services_to_refuse() -> None:
    service = Service(BackendError("there is no log group /vpc/gone"))
    there = runner(service)
    prepared = await there.prepare(question("stats count(*)", "/vpc/gone"))
    with pytest.raises(BackendError, match="no log group /vpc/gone"):
        await last(there, prepared)


def test_what_is_said_of_rows_that_are_not_all() -> None:
    rows = ResultSet(("a",), (("1",),) * 10_000)
    latest = Snapshot(RunState.COMPLETE, rows, notices=("3 of 9 lines did not fit",))
    query = Query("fields a", WINDOW, ("/vpc/edge",))
    run = QueryRun(RunId(1), query, WINDOW, NOON, latest)
    first, second = notices_of(run)
    assert first.startswith("these are the first 10,000 rows")
    assert second == "3 of 9 lines did not fit"
    assert notices_of(replace(run, query=replace(query, limit=10_000))) == (second,)


async def test_where_no_record_lies_in_the_time_it_is_said_where_they_are() -> None:
    extent = TimeRange(NOON - timedelta(days=9), NOON - timedelta(days=8))
    service = ScriptedService([PAIRS_DONE], groups=((EDGE,),), extents={"/vpc/edge": extent})
    there = QueryRunner(service, Formats(), now=lambda: NOON, delays=lambda *_: 0.0)
    done = Snapshot(RunState.COMPLETE)
    prepared = await there.prepare(question("stats count(*)"))
    assert (await there.elsewhere(prepared, done)).startswith(
        "no record lies in the time that was asked for: they are from 2022-03-23 12:00:00 to"
    )
    assert await there.elsewhere(prepared, Snapshot(RunState.CANCELLED)) == ""
    assert await there.elsewhere(replace(prepared, window=extent), done) == ""
    everything = await there.prepare(question("stats count(*)", time=None))
    assert everything.window == extent
    assert await there.elsewhere(everything, done) == ""
    own = await there.prepare(question("SOURCE '/vpc/edge' start=-1h | stats count(*)"))
    assert await there.elsewhere(own, done) == ""


# Each text once


async def test_a_text_is_parsed_and_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = counted(monkeypatch, parser, "tokenize", lambda text: text)
    checked = counted(monkeypatch, check, "check_order", lambda pipeline: pipeline.source)
    body = f"{BY_SOURCE} | limit 4711"
    there = runner(Service([PAIRS_DONE]), limits=Limits(1, 1, 0.005))
    await last(there, await there.prepare(question(body)))
    assert checked == parsed == {body: 1}


async def test_so_it_is_over_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backend parses the whole text, with its `parse` command."""
    path = tmp_path / "flows.log"
    path.write_text("srcaddr bytes start\n10.0.0.1 7 1648826280\n")
    parsed = counted(monkeypatch, parser, "tokenize", lambda text: text)
    backend = DuckDBBackend([path], now=lambda: NOON)
    there = QueryRunner(backend, Formats(), now=lambda: NOON, delays=lambda *_: 0.01)
    body = f"{BY_SOURCE} | limit 815"
    prepared = await there.prepare(question(body, str(path), time=None))
    run = await last(there, prepared)
    assert run.latest.results.rows == (("10.0.0.1", "7"),)
    assert parsed == {body: 1, prepared.query.text: 1}
    await backend.close()


def counted(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, text: Callable[[Any], str]
) -> Counter[str]:
    """How often the function is called from now on, by the text in its argument."""
    calls: Counter[str] = Counter()
    function = getattr(module, name)

    def count(argument: object) -> object:
        calls[text(argument)] += 1
        return function(argument)

    monkeypatch.setattr(module, name, count)
    return calls
