"""Which questions a step answers, and which it never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flowtui.engine.rollup import rolled_up
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot
from flowtui.model.timerange import Last, TimeRange
from flowtui.query.prelude import prelude
from tests.pilot.service import NOON, PAIRS_DONE, WINDOW
from tests.unit.test_session import working

GROUPS = (
    "filter action = 'ACCEPT' | stats sum(bytes) as total, count(*) as n, max(bytes) as most,"
    " avg(bytes) as mean, max(srcaddr) as last by srcaddr, dstport, bin(5m)"
)
GROUP_ROWS = ResultSet(
    ("srcaddr", "dstport", "bin(5m)", "total", "n", "most", "mean", "last"),
    (
        ("10.0.0.1", "443", "2022-04-01 11:00:00.000", "40", "2", "30", "20", "10.0.0.1"),
        ("10.0.0.2", "-", "2022-04-01 11:05:00.000", None, "1", None, None, "10.0.0.2"),
    ),
)
EVENTS = "filter action = 'ACCEPT' | display @timestamp, srcaddr, bytes"
EVENT_ROWS = ResultSet(
    ("@timestamp", "srcaddr", "bytes", "@ptr"),
    (("2022-04-01 11:00:00.000", "10.0.0.1", "40", "a"),),
)


def _query(body: str, time: Last | TimeRange = WINDOW) -> Query:
    return Query(body, time, ("/e",), prelude(body, ARTICLE_FORMAT))


def _run(body: str, results: ResultSet, state: RunState = RunState.COMPLETE) -> QueryRun:
    return QueryRun(RunId(7), _query(body), WINDOW, NOON, Snapshot(state, results), None, "id")


OF_GROUPS, OF_EVENTS = _run(GROUPS, GROUP_ROWS), _run(EVENTS, EVENT_ROWS)
ACCEPTED = "filter action = 'ACCEPT' | "


@pytest.mark.parametrize(
    ("asked", "over"),
    [
        (f"{ACCEPTED}stats sum(bytes) by srcaddr", "stats sum(total) as `sum(bytes)` by srcaddr"),
        (f"{ACCEPTED}stats count(*) as c", "stats sum(n) as c"),
        (
            f"{ACCEPTED}filter dstport = 443 | stats max(bytes) as m by bin(5m) | sort m | limit 3",
            "filter dstport = 443\n| stats max(most) as m by `bin(5m)`\n| sort m\n| limit 3",
        ),
        (
            f"{ACCEPTED}stats count(*) by srcaddr as who | sort count(*) desc",
            "stats sum(n) as `count(*)` by srcaddr as who\n| sort `count(*)` desc",
        ),
    ],
)
def test_groups_answer_for_fewer_keys_and_more_filters(asked: str, over: str) -> None:
    found = rolled_up(OF_GROUPS, _query(asked))
    assert found is not None
    assert found.body == over
    assert found.rows is not None
    assert found.rows.run == 7


@pytest.mark.parametrize(
    "asked",
    [
        "stats sum(bytes) by srcaddr",
        "filter action = 'REJECT' | stats sum(bytes) by srcaddr",
        f"{ACCEPTED}stats avg(bytes) by srcaddr",
        f"{ACCEPTED}stats max(srcaddr) by dstport",
        f"{ACCEPTED}stats pct(bytes, 95) by srcaddr",
        f"{ACCEPTED}stats count_distinct(dstport) by srcaddr",
        f"{ACCEPTED}stats min(bytes) by srcaddr",
        f"{ACCEPTED}stats sum(bytes) by dstaddr",
        f"{ACCEPTED}stats sum(bytes) by bin(1h)",
        f"{ACCEPTED}filter bytes > 5 | stats sum(bytes) by srcaddr",
        f"{ACCEPTED}filter dstport = 1 | stats count(*)",
        f"{ACCEPTED}filter @timestamp > 5 | stats count(*) by srcaddr",
        f"{ACCEPTED}stats sum(bytes) by srcaddr offset 1h",
        f"{ACCEPTED}stats sum(bytes) by srcaddr | stats count(*)",
        f"{ACCEPTED}fields srcaddr, dstport",
        f"{ACCEPTED}parse srcaddr '*.*' as a, b | stats count(*) by srcaddr",
        f"{ACCEPTED}stats sum(bytes) by srcaddr | dedup srcaddr",
    ],
)
def test_what_groups_do_not_surely_answer_is_not_offered(asked: str) -> None:
    assert rolled_up(OF_GROUPS, _query(asked)) is None


LIKELY = _query(f"{ACCEPTED}stats sum(bytes) by srcaddr")


@pytest.mark.parametrize(
    "run",
    [
        _run(f"{GROUPS} | limit 2", GROUP_ROWS),
        _run(f"{GROUPS} | filter n > 0", GROUP_ROWS),
        _run(GROUPS, GROUP_ROWS, RunState.TIMED_OUT),
        _run(GROUPS, replace(GROUP_ROWS, rows=())),
        _run(GROUPS, replace(GROUP_ROWS, rows=GROUP_ROWS.rows * 5_000)),
        _run(GROUPS.replace("sum(bytes) as total", "sum(bytes / 3) as total"), GROUP_ROWS),
        replace(OF_GROUPS, query=replace(OF_GROUPS.query, log_groups=("/other",))),
        replace(OF_GROUPS, query=replace(OF_GROUPS.query, prelude="parse @message '*' as bytes")),
    ],
)  # fmt: skip
def test_rows_that_may_not_be_all_answer_nothing(run: QueryRun) -> None:
    assert rolled_up(run, LIKELY) is None


def test_numbers_that_are_not_whole_are_not_put_together() -> None:
    rows = replace(GROUP_ROWS, rows=(("10.0.0.1", "1", "x", "0.5", "1", "1", "1", "a"),))
    assert rolled_up(_run(GROUPS, rows), LIKELY) is None
    rows = replace(GROUP_ROWS, rows=(("10.0.0.1", "1", "x", str(2**60), "1", "1", "1", "a"),))
    assert rolled_up(_run(GROUPS, rows), LIKELY) is None


def test_a_part_of_the_time_is_answered_by_events_and_not_by_groups() -> None:
    part = TimeRange(WINDOW.start + timedelta(minutes=5), WINDOW.end)
    assert rolled_up(OF_GROUPS, replace(LIKELY, time=part)) is None
    found = rolled_up(OF_EVENTS, replace(LIKELY, time=part))
    assert found is not None
    assert (found.time, found.body) == (part, "stats sum(bytes) by srcaddr")
    longer = TimeRange(WINDOW.start, WINDOW.end + timedelta(minutes=5))
    assert rolled_up(OF_EVENTS, replace(LIKELY, time=longer)) is None


def test_events_answer_only_what_they_show() -> None:
    assert rolled_up(OF_EVENTS, _query(f"{ACCEPTED}stats sum(bytes) by bin(5m)")) is not None
    assert rolled_up(OF_EVENTS, _query(f"{ACCEPTED}stats sum(bytes) by dstport")) is None
    assert rolled_up(OF_EVENTS, _query(f"{ACCEPTED}stats sum(packets) by srcaddr")) is None
    untimed = replace(EVENT_ROWS, columns=("time", *EVENT_ROWS.columns[1:]))
    run = _run("display srcaddr, bytes", untimed)
    assert rolled_up(run, _query("stats sum(bytes) by bin(5m)")) is None


async def test_an_offer_is_made_and_taken_and_never_asked_by_itself() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        case.session.edit("stats sum(bytes) as total by srcaddr | sort total desc | limit 3")
        case.session.foresee()
        assert case.state.offered == "step 1"
        assert case.service.verbs.count("start") == 1
        case.session.take_offer()
        await case.rest()
        assert case.state.shown is not None
        assert [row[0] for row in case.state.shown.latest.results.rows] == [
            "172.31.1.0", "172.31.1.1", "172.31.1.2"
        ]  # fmt: skip
        assert case.state.reads == "from step 1: 20 rows, free"
        assert case.service.verbs.count("start") == 1
        case.session.foresee()
        assert case.state.offered == ""


async def test_where_nothing_answers_that_is_said() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        case.session.edit("stats avg(bytes) by srcaddr")
        case.session.foresee()
        assert case.state.offered == ""
        case.session.take_offer()
        assert "no step of the trail surely answers this" in case.state.message.text
