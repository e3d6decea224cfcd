"""The records behind a result over time, asked of the local engine and read from its rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.base import Service
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.answers_over_time import read_coverage, read_series, top_values
from flowtui.engine.over_time import OverTime
from flowtui.engine.records_behind import Measure, behind, coverage, over_time, ranking
from flowtui.engine.series import MINUTE, OTHER, Cover, Series, Side, axis
from flowtui.engine.session import Session
from flowtui.engine.session_state import Consent, SessionState
from flowtui.engine.timeline import chart, series
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.model.errors import DrillError
from flowtui.model.run import Query, ResultSet, RunId, RunState, Snapshot
from flowtui.model.source import CloudWatchSource, FileSource
from flowtui.model.timerange import TimeRange
from flowtui.query.ast import Period
from flowtui.query.check import Severity, check
from tests.pilot.service import EDGE, PAIRS, PAIRS_DONE, ScriptedService, account_of

FORMAT = FlowFormat.parse(
    "${interface-id} ${srcaddr} ${dstaddr} ${dstport} ${bytes} ${packets} ${start} ${end}"
    " ${action} ${flow-direction} ${log-status}"
)
T0 = 1648810800
"""2022-04-01 11:00:00 UTC, in seconds."""
HOUR = TimeRange(datetime.fromtimestamp(T0, tz=UTC), datetime.fromtimestamp(T0 + 3600, tz=UTC))
GROUP = "flows"


def line(  # noqa: PLR0913  (the columns of a record)
    minute: int,
    source: str,
    target: str,
    interface: str,
    side: str,
    *,
    port: int = 443,
    size: int = 100,
    action: str = "ACCEPT",
) -> str:
    start = T0 + 60 * minute
    return f"{interface} {source} {target} {port} {size} 2 {start} {start + 30} {action} {side} OK"


LINES = (
    line(0, "10.0.0.1", "10.0.0.2", "eni-1", "egress", size=100),
    line(0, "10.0.0.1", "10.0.0.2", "eni-2", "ingress", size=100),
    line(1, "10.0.0.2", "10.0.0.1", "eni-2", "egress", size=7),
    line(1, "10.0.0.2", "10.0.0.1", "eni-1", "ingress", size=7),
    line(5, "9.9.9.9", "10.0.0.1", "eni-1", "ingress", port=22, size=40, action="REJECT"),
    line(5, "9.9.9.9", "10.0.0.2", "eni-2", "ingress", port=23, size=40, action="REJECT"),
    line(30, "10.0.0.1", "1.1.1.1", "eni-1", "egress", port=53, size=60),
    f"eni-1 - - - - - {T0 + 2400} {T0 + 2459} - - NODATA",
    f"eni-2 - - - - - {T0 + 3000} {T0 + 3059} - - SKIPDATA",
)  # fmt: skip
CONVERSATION = """filter (srcaddr = "10.0.0.1" and dstaddr = "10.0.0.2")
    or (srcaddr = "10.0.0.2" and dstaddr = "10.0.0.1")"""
COLUMNS = "@timestamp, srcaddr, dstaddr, interface_id, flow_direction, action, bytes, log_status"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / GROUP
    header = " ".join(info.name for info in FORMAT.fields)
    path.write_text("\n".join((header, *LINES)) + "\n")
    return path


@asynccontextmanager
async def backend_of(log: Path) -> AsyncIterator[DuckDBBackend]:
    backend = DuckDBBackend([log], now=lambda: HOUR.end)
    try:
        yield backend
    finally:
        await backend.close()


async def answer(backend: DuckDBBackend, query: Query, window: TimeRange) -> ResultSet:
    handle = await backend.start(replace(query, time=window), window)
    async with asyncio.timeout(120):
        while not (snapshot := await backend.poll(handle)).state.is_final:  # noqa: ASYNC110  (it is polled)
            await asyncio.sleep(0)
    assert snapshot.state is RunState.COMPLETE, snapshot.error
    return snapshot.results


async def behind_it(
    log: Path, body: str, split: str = "action", most: int = 15, window: TimeRange = HOUR
) -> Series:
    """The records behind the query over time, as the engine gives them."""
    async with backend_of(log) as backend:
        return await looked(backend, Query(body, window, (str(log),)), split, most)


async def looked(
    backend: DuckDBBackend, query: Query, split: str = "action", most: int = 15
) -> Series:
    assert isinstance(query.time, TimeRange)
    steps = axis(query.time.start_ms, query.time.end_ms, 480)
    on = behind(query, FORMAT)
    asked = ranking(on, split, most) if split != "action" else None
    values = () if asked is None else top_values(await answer(backend, asked, query.time))
    over = over_time(on, Period(1, "m"), split, values)
    return read_series(await answer(backend, over, query.time), steps, on)


@pytest.mark.parametrize(
    "body",
    [
        f"fields {COLUMNS}",
        f"filter action = 'REJECT' | display {COLUMNS} | sort @timestamp desc",
        f"{CONVERSATION} | display {COLUMNS} | sort bytes desc",
        f"filter dstport < 100 | fields {COLUMNS}, dstport",
    ],
)
async def test_rows_and_the_records_behind_them_are_the_same_over_time(
    log: Path, body: str
) -> None:
    query = Query(body, HOUR, (str(log),))
    async with backend_of(log) as backend:
        found = await looked(backend, query)
        rows = series(await answer(backend, query, HOUR), HOUR, chart(body))
    assert rows is not None
    assert (found.start_ms, found.step_ms, found.values) == (
        rows.start_ms, rows.step_ms, rows.values,
    )  # fmt: skip
    assert found.note == rows.note
    for one, other in zip(_drawn(found), _drawn(rows), strict=True):
        assert one == other


def _drawn(found: Series) -> list[object]:
    return [(b.name, b.side, b.values) for b in found.bands if any(b.values)]


async def test_groups_are_shown_by_the_records_behind_them(log: Path) -> None:
    found = await behind_it(log, "filter log_status = 'OK' | stats sum(bytes) as b by srcaddr")
    assert sum(found.values) == 354
    assert (found.values[0], found.values[5], found.label) == (200, 80, "bytes/1m")
    assert found.names == ("ACCEPT", "REJECT")
    assert sum(found.on(Side.IN).values) == 187


@pytest.mark.parametrize(
    ("aggregate", "name", "total"),
    [("count(*)", "records", 2), ("sum(packets)", "packets", 4), ("max(bytes)", "bytes", 80),
     ("count(*) as n, sum(bytes)", "bytes", 80)],
)  # fmt: skip
async def test_what_the_query_counts_is_added_up(
    log: Path, aggregate: str, name: str, total: float
) -> None:
    found = await behind_it(log, f"filter action = 'REJECT' | stats {aggregate} by dstport")
    assert (found.name, sum(found.values)) == (name, total)


async def test_a_conversation_counts_each_flow_once(log: Path) -> None:
    found = await behind_it(log, f"{CONVERSATION} | stats sum(bytes) by srcaddr, flow_direction")
    assert (sum(found.values), found.note) == (107, "each flow once")
    assert sum(found.on(Side.OUT).values) == 100
    assert sum(found.on(Side.IN).values) == 7


async def test_the_top_values_of_a_column_are_told_apart(log: Path) -> None:
    found = await behind_it(log, "stats sum(bytes) by srcaddr", "dstport", most=2)
    assert found.names == ("443", "53", OTHER)
    assert sum(found.values) == 354
    assert sum(sum(band.values) for band in found.bands) == 354


async def test_the_window_before_is_another_one(log: Path) -> None:
    before = TimeRange(HOUR.start - HOUR.length, HOUR.start)
    assert not any((await behind_it(log, PAIRS, window=before)).values)


async def test_what_was_recorded_is_known_whatever_the_query_keeps(log: Path) -> None:
    steps = axis(HOUR.start_ms, HOUR.end_ms, 480)
    asked = coverage(Query("filter bytes > 1e9", HOUR, (str(log),)), FORMAT, Period(1, "m"))
    async with backend_of(log) as backend:
        found = read_coverage(await answer(backend, asked, HOUR), steps)
    kinds = {minute: kind for minute, kind in enumerate(found.kinds) if kind is not Cover.NOTHING}
    assert kinds == {
        0: Cover.RECORDED, 1: Cover.RECORDED, 5: Cover.RECORDED, 30: Cover.RECORDED,
        40: Cover.NODATA, 50: Cover.SKIPPED,
    }  # fmt: skip
    assert found.interval_ms == MINUTE
    wide = found.onto(Series(HOUR.start_ms, 10 * MINUTE, (0.0,) * 7, "bytes"))
    assert wide.cover == (
        Cover.RECORDED, Cover.NOTHING, Cover.NOTHING, Cover.RECORDED, Cover.NODATA, Cover.SKIPPED,
        Cover.RECORDED,
    )  # fmt: skip


def test_long_records_make_long_bins() -> None:
    rows = (("2022-04-01 11:00:00.000", "99", "590"), ("2022-04-01 11:10:00.000", "1", "30"))
    results = ResultSet(("at_", "records_", "longest_"), rows)
    steps = axis(HOUR.start_ms, HOUR.end_ms, 480)
    assert read_coverage(results, steps).interval_ms == 10 * MINUTE
    one = ResultSet(results.columns, ((rows[0][0], "1", "590"), (rows[1][0], "99", "30")))
    assert read_coverage(one, steps).interval_ms == MINUTE


# The queries


bodies = st.sampled_from(
    [
        PAIRS,
        "fields srcaddr, bytes",
        f"{CONVERSATION} | display srcaddr",
        "filter action = 'REJECT' | stats count(*) by dstport, bin(1m) | stats max(dstport)",
        "fields bytes * 8 as bits | filter bits > 100 | stats sum(bits) by srcaddr | sort srcaddr",
        'parse @message "* * *" as a, b, c | stats count(*) by a',
        "filter srcAddr like /10/ | stats sum(packets) by dstPort",
    ]
)
formats = st.sampled_from([FORMAT, ARTICLE_FORMAT, DEFAULT_FORMAT, None])


@given(bodies, formats, st.sampled_from(["action", "dstport", "srcaddr", "az_id", ""]))
def test_the_queries_are_right_wherever_they_run(
    body: str, flow_format: FlowFormat | None, split: str
) -> None:
    on = behind(Query(body, HOUR, (GROUP,)), flow_format)
    asked = [
        over_time(on, Period(5, "m"), split, ()),
        over_time(on, Period(5, "m"), split, ("443", "a b", "10.0.0.1")),
        coverage(on.query, flow_format, Period(5, "m")),
        ranking(on, split, 15),
    ]
    for query in filter(None, asked):
        found = check(query.text, flow_format)
        assert [each for each in found if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    "body",
    ["sort bytes desc | limit 5 | stats sum(bytes) by srcaddr", "dedup srcaddr | stats count(*)"],
)
def test_what_picks_other_records_each_time_is_refused(body: str) -> None:
    with pytest.raises(DrillError, match="stands before what is grouped"):
        behind(Query(body, HOUR, (GROUP,)), FORMAT)


def test_the_measure_is_that_of_the_first_groups() -> None:
    body = "stats count(*) as n by srcaddr | stats max(n)"
    assert behind(Query(body, HOUR, (GROUP,)), FORMAT).measure is Measure.RECORDS


# The session


def session_of(service: Service, source: FileSource | CloudWatchSource) -> Session:
    group = source.groups[:1] or (EDGE.name,)
    state = SessionState(source, groups=group, time=HOUR, text=PAIRS)
    account = replace(account_of(ScriptedService()), service=service, source=source)
    return Session(account, state, lambda: HOUR.end)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds():  # noqa: ASYNC110  (the session tells of its states, not of its rest)
            await asyncio.sleep(0)


async def test_over_files_the_session_looks_by_itself_and_it_is_no_step(log: Path) -> None:
    async with backend_of(log) as backend:
        session = session_of(backend, FileSource((log,)))
        session.begin()
        session.ask()
        await until(lambda: session.state.shown_over_time.series is not None)
        found = session.state.shown_over_time
        assert found.series is not None
        assert sum(found.series.values) == 354
        assert found.series.cover[50] is Cover.SKIPPED
        assert [query.body.split()[0] for query in found.queries] == ["stats", "stats"]
        assert session.state.trail is not None
        assert len(session.state.trail.steps) == 1
        assert not session.is_busy
        session.split_time("dstport")
        await until(lambda: session.state.over_time.series is not None)
        assert session.state.over_time.series is not None
        assert session.state.over_time.series.names[0] == "443"
        session.look_before(True)
        await until(lambda: session.state.over_time.before is not None)
        await session.end()


async def test_what_is_asked_next_comes_first() -> None:
    never, later = asyncio.Event(), asyncio.Event()
    service = ScriptedService([PAIRS_DONE], [never], [later, PAIRS_DONE], [PAIRS_DONE])
    session = session_of(service, FileSource((Path(EDGE.name),)))
    session.begin()
    session.ask()
    await until(lambda: len(service.started) == 2)
    assert " as at_" in service.started[1][0].body
    assert not session.is_busy, "nobody waits for it"
    session.ask()
    await until(lambda: "stop" in service.calls)
    later.set()
    await until(lambda: len(service.started) > 3)
    assert service.started[2][0].body == PAIRS
    assert " as at_" in service.started[3][0].body
    await session.end()
    assert service.running == ()


async def test_what_fails_is_said_where_it_would_be() -> None:
    failed = Snapshot(RunState.FAILED, error="the file is gone; open it again")
    service = ScriptedService([PAIRS_DONE], [failed])
    session = session_of(service, FileSource((Path(EDGE.name),)))
    session.begin()
    session.ask()
    await until(lambda: session.state.shown_over_time.run is not None)
    assert session.state.shown_over_time.refusal == "the file is gone; open it again"
    assert session.state.message.text == ""
    await session.end()


async def test_what_is_compared_with_is_behind_it(log: Path) -> None:
    half = TimeRange(HOUR.start + HOUR.length / 2, HOUR.end)
    async with backend_of(log) as backend:
        session = session_of(backend, FileSource((log,)))
        session.choose_time(half)
        session.edit("#! compare with the window before\nstats sum(bytes) as b by srcaddr")
        session.begin()
        session.ask()
        await until(lambda: session.state.shown_over_time.before is not None)
        found = session.state.shown_over_time
        assert found.series is not None
        assert found.before is not None
        assert (sum(found.series.values), sum(found.before.values)) == (60, 294)
        assert found.before.end_ms == found.series.start_ms
        await session.end()


async def test_on_cloudwatch_nothing_is_asked_until_it_is_agreed_to() -> None:
    behind_it = Snapshot(
        RunState.COMPLETE,
        ResultSet(("at_", "band_", "amount_"), (("2022-04-01 11:30:00.000", "ACCEPT", "9"),)),
    )
    service = ScriptedService([PAIRS_DONE], [behind_it])
    session = session_of(service, CloudWatchSource())
    session.begin()
    session.ask()
    await until(lambda: session.state.shown is not None and not session.is_busy)
    assert len(service.started) == 1
    for is_agreed in (False, True):
        session.ask_over_time()
        await until(lambda: session.state.request is not None)
        request = session.state.request
        assert isinstance(request, Consent)
        assert request.is_beside
        assert request.query.body.startswith("stats sum(bytes) as amount_")
        assert len(service.started) == 1
        session.answer_consent(request, is_agreed=is_agreed)
        await until(lambda: session.state.request is None)
    await until(lambda: session.state.shown_over_time.series is not None)
    found = session.state.shown_over_time.series
    assert found is not None
    assert (sum(found.values), found.names) == (9, ("ACCEPT",))
    assert len(service.started) == 2
    assert session.state.trail is not None
    assert len(session.state.trail.steps) == 1
    await session.end()


def test_what_is_of_another_run_is_not_shown() -> None:
    found = OverTime("dstport", refusal="why")
    assert found.of(RunId(1)).refusal == ""
    assert found.of(RunId(1)).split == "dstport"


async def test_on_cloudwatch_rows_of_the_trail_say_it_for_nothing() -> None:
    shown = "fields @timestamp, srcaddr, bytes, action"
    rows = (
        ("2022-04-01 11:10:00.000", "10.0.0.1", "5", "ACCEPT"),
        ("2022-04-01 11:20:00.000", "10.0.0.2", "7", "REJECT"),
    )
    flows = Snapshot(
        RunState.COMPLETE, ResultSet(("@timestamp", "srcaddr", "bytes", "action"), rows)
    )
    service = ScriptedService([flows], [PAIRS_DONE])
    session = session_of(service, CloudWatchSource())
    session.begin()
    for text in (shown, "stats sum(bytes) as b by srcaddr"):
        session.edit(text)
        session.ask()
        await until(lambda: not session.is_busy and not session.is_preparing)
    await until(lambda: session.state.shown_over_time.series is not None)
    found = session.state.shown_over_time.series
    assert found is not None
    assert (sum(found.values), found.names) == (12, ("REJECT", "ACCEPT"))
    assert len(service.started) == 2, "nothing more was asked of the service"
    await session.end()
