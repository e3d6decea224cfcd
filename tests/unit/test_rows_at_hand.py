"""Queries over the rows of a step: asked for nothing, left with a question, told truly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flowtui.backends.scripted import Script
from flowtui.engine.composition import composed
from flowtui.engine.drill import drill
from flowtui.engine.export import aws_command
from flowtui.engine.investigation import Investigation
from flowtui.engine.pivot import Spot
from flowtui.engine.rows_at_hand import copied_text, rows_of
from flowtui.engine.session_state import Consent
from flowtui.journal.serialization import read, written
from flowtui.model.errors import DrillError, UsageError
from flowtui.model.run import Query, ResultSet, RowsOf, RunId, RunState
from flowtui.model.source import CloudWatchSource
from flowtui.model.timerange import TimeRange
from tests.pilot.service import FLOWS_DONE, NOON, PAIR_ROWS, PAIRS_DONE, WINDOW, never
from tests.unit.test_session import Case, working

BY_DIRECTION = "stats sum(Data_Transferred) as total, count(*) as pairs by flow_direction"
BY_SOURCE = "stats sum(Data_Transferred) as total by srcaddr | sort total desc | limit 2"


async def _asked(case: Case, body: str) -> ResultSet:
    """The answer of a query over the rows that are shown."""
    case.session.switch_rows()
    case.session.edit(body)
    await case.run()
    assert case.state.shown is not None
    return case.state.shown.latest.results


async def test_rows_at_hand_are_asked_without_a_call_of_the_service() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        before = list(case.service.calls)
        results = await _asked(case, BY_DIRECTION)
        total = sum(int(row[3] or 0) for row in PAIR_ROWS.rows)
        assert results.rows == (("egress", str(total), "20"),)
        assert case.service.calls == before
        assert case.state.reads == "from step 1: 20 rows, free"
        assert case.state.trail is not None
        assert len(case.state.trail.steps) == 2
        assert case.session.meter.scanned == PAIRS_DONE.statistics.bytes_scanned


async def test_back_and_forward_take_the_mode_along() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        await _asked(case, BY_DIRECTION)
        case.session.back()
        assert case.state.rows is None
        assert case.state.time == WINDOW
        case.session.forward()
        assert case.state.rows is not None
        case.session.switch_rows()
        assert case.state.rows is None


async def test_rows_without_a_command_that_shows_any_show_all_their_columns() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        results = await _asked(case, "filter Data_Transferred > 100000000 | sort srcaddr")
        assert results.columns[:-1] == PAIR_ROWS.columns
        assert [row[:-1] for row in results.rows] == list(PAIR_ROWS.rows[:3])
        assert case.state.whole_query.text.startswith("fields srcaddr, dstaddr, flow_direction")


async def test_a_part_of_the_time_is_asked_where_rows_have_times() -> None:
    async with working([FLOWS_DONE]) as case:
        await case.run()
        case.session.switch_rows()
        case.session.edit("stats sum(bytes) as total")
        start = WINDOW.start + timedelta(minutes=2)
        case.session.choose_time(TimeRange(start, start + timedelta(minutes=2)))
        await case.run()
        assert case.state.shown is not None
        assert case.state.shown.latest.results.rows == (("20000",),)


async def test_a_part_of_the_time_is_refused_where_rows_have_none() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        case.session.switch_rows()
        case.session.edit(BY_SOURCE)
        case.session.choose_time(TimeRange(NOON - timedelta(minutes=5), NOON))
        await case.run()
        assert "these rows have no times" in case.state.message.text
        case.session.choose_time(TimeRange(NOON, NOON + timedelta(minutes=5)))
        await case.run()
        assert "choose a time in it" in case.state.message.text


@pytest.mark.parametrize("body", ["SOURCE '/vpc/edge' | stats count(*)", "$saved() | limit 3"])
async def test_a_query_that_names_log_groups_is_refused(body: str) -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        case.session.switch_rows()
        case.session.edit(body)
        await case.run()
        assert case.state.message.is_error
        assert case.service.verbs.count("start") == 1


async def test_rows_that_are_not_all_say_what_can_not_be_trusted() -> None:
    stopped = replace(PAIRS_DONE, state=RunState.TIMED_OUT)
    async with working([stopped]) as case:
        await case.run()
        await _asked(case, BY_DIRECTION)
        assert case.state.message.text == (
            "of the rows at hand, they came before their query was timed out: sums, counts and a"
            " 'none' are not of all records"
        )
        assert case.state.reads.endswith("they came before their query was timed out")


async def test_a_drill_from_rows_at_hand_asks_before_it_scans() -> None:
    """And it is a drill into the records, by the keys of both queries."""
    async with working([PAIRS_DONE], [FLOWS_DONE]) as case:
        await case.run()
        results = await _asked(case, BY_SOURCE)
        case.session.derive("drill", Spot(results.record(0), "srcaddr", results.rows[0][0]))
        await case.until(lambda: case.state.request is not None)
        request = case.state.request
        assert isinstance(request, Consent)
        assert request.estimate.is_partial or request.estimate.size > 0
        assert case.service.verbs.count("start") == 1
        case.session.answer_consent(request, is_agreed=True)
        await case.rest()
        assert case.state.shown is not None
        assert case.state.shown.query.rows is None
        assert case.state.shown.query.body.startswith('filter srcaddr = "172.31.1.0"\n| display')
        assert case.service.verbs.count("start") == 2


async def test_only_and_without_stay_with_the_rows() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        results = await _asked(case, BY_SOURCE)
        case.session.derive("exclude", Spot(results.record(0), "srcaddr", results.rows[0][0]))
        await case.rest()
        assert case.state.shown is not None
        assert case.state.shown.query.rows is not None
        assert case.state.shown.latest.results.rows[0][0] == "172.31.1.1"
        assert case.service.verbs.count("start") == 1


async def test_there_is_nothing_to_ask_without_rows_or_while_they_come() -> None:
    script: Script = [replace(PAIRS_DONE, state=RunState.RUNNING), never()]
    async with working(script) as case:
        case.session.switch_rows()
        assert "there are no rows to ask yet" in case.state.message.text
        case.session.ask()
        await case.rows(20)
        case.session.switch_rows()
        assert "still coming" in case.state.message.text
        assert case.state.rows is None


async def test_a_copy_says_whose_rows_it_ran_over_and_no_command_pretends_to() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        await _asked(case, BY_SOURCE)
        assert case.state.shown is not None
        query = case.state.shown.query
        text = copied_text(query, case.state.step_read_by(query))
        head, *rest = text.splitlines()
        assert head == (
            "# This ran over the 20 rows of step 1, without a scan. Those are of this query, from"
            " 2022-04-01 11:00:00 to 2022-04-01 12:00:00 UTC:"
        )
        assert all(line.startswith("#   ") for line in rest[:-1])
        assert "sum(bytes) as Data_Transferred" in text
        assert rest[-1] == BY_SOURCE
        with pytest.raises(UsageError, match="no AWS CLI command asks rows at hand"):
            aws_command(query, WINDOW)


async def test_forgotten_rows_are_read_again_by_the_id_of_their_query() -> None:
    """As after `--resume`: the steps are there, the rows are not."""
    async with working([PAIRS_DONE], [PAIRS_DONE]) as case:
        await case.run()
        await _asked(case, BY_DIRECTION)
        kept = Investigation(
            CloudWatchSource(), ("/vpc/edge",), WINDOW, BY_DIRECTION, case.state.trail,
            rows=case.state.rows,
        )  # fmt: skip
        answer = case.state.shown and case.state.shown.latest.results
        past = read(written(kept.bare()))
        assert past.rows == kept.rows
        before = case.service.verbs.count("start")
        case.session.begin(past, "resumed")
        assert case.state.shown is not None
        assert not case.state.shown.latest.results.rows
        await case.rest()
        assert case.state.shown is not None
        assert case.state.shown.latest.results == answer
        assert case.state.reads == "from step 1: 20 rows, free"
        assert case.service.verbs.count("start") == before
        assert "attach" in case.service.verbs


async def test_an_older_flowtui_does_not_take_a_query_over_rows_for_one_of_log_groups() -> None:
    plain = Investigation(CloudWatchSource(), text="x")
    assert '"version": 2' in written(plain)
    async with working([PAIRS_DONE]) as case:
        await case.run()
        assert case.state.shown is not None
        rows = rows_of(case.state.shown)
    assert '"version": 3' in written(replace(plain, rows=rows))


SOURCE = Query("stats sum(bytes) as total by srcaddr, dstaddr | sort total desc", WINDOW, ("/e",))


def _over(source: Query, body: str, lack: str = "") -> Query:
    return Query(body, WINDOW, ("/e",), rows=RowsOf(RunId(1), source, WINDOW, "id", 3, lack))


def test_filters_and_keys_of_groups_become_those_of_records() -> None:
    query = _over(SOURCE, 'filter dstaddr = "10.0.0.1" | stats max(total) as most by srcaddr')
    assert composed(query).body == ('filter dstaddr = "10.0.0.1"\n| stats count(*) by srcaddr')


def test_a_query_that_does_not_group_is_put_behind_the_other() -> None:
    query = _over(SOURCE, "filter total > 5 | limit 1")
    assert composed(query).body == f"{SOURCE.body} | filter total > 5 | limit 1"


def test_three_queries_in_a_row_are_one() -> None:
    first = replace(SOURCE, body="filter bytes > 1 | fields srcaddr, bytes")
    second = _over(first, "stats sum(bytes) as total by srcaddr")
    third = _over(second, "stats count(*) by srcaddr")
    assert composed(third).body == (
        "filter bytes > 1 | fields srcaddr, bytes\n| stats count(*) by srcaddr"
    )


@pytest.mark.parametrize(
    ("source", "body", "lack", "why"),
    [
        ("stats count(*) as n by srcaddr | limit 2", "stats max(n) by srcaddr", "", "limit"),
        ("fields srcaddr", "stats count(*) by srcaddr", "they are some", "they are some"),
        ("fields srcaddr", "filter bytes > 5 | stats count(*) by srcaddr", "", "no column"),
        ("fields srcaddr", "filter srcaddr = 'a'", "", "raw event"),
    ],
)
def test_a_drill_through_what_no_query_says_is_refused(
    source: str, body: str, lack: str, why: str
) -> None:
    query = _over(replace(SOURCE, body=source), body, lack)
    with pytest.raises(DrillError, match=why):
        drill(composed(query), WINDOW, {"srcaddr": "a"}, None)
