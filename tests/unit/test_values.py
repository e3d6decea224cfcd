"""The values of a column, and what a limit has left out: counted, and told in a line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowtui.engine.remainder import Remainder, remainder, whole_query
from flowtui.engine.values import ColumnValues, counting, values_in, values_of_groups
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot
from flowtui.ui.screens.values import line
from tests.pilot.service import NOON, PAIRS_DONE, WINDOW
from tests.unit.test_session import working

ROWS = ResultSet(("a", "@ptr"), tuple((cell, "p") for cell in ("x", "y", "x", "-", None, "x")))


def test_values_are_counted_with_those_that_are_none() -> None:
    assert values_in(ROWS, 0) == ColumnValues(6, 3, (("x", 3), ("y", 1)), 1, 1)
    assert values_in(replace(ROWS, rows=()), 0) == ColumnValues(0, 0, ())


def test_the_counts_of_a_query_are_the_same_values() -> None:
    counts = ResultSet(("a", "times"), (("x", "3"), ("y", "1"), ("-", "1"), (None, "1")))
    whole = ResultSet(("different", "records"), (("3", "6"),))
    assert values_of_groups(counts, whole) == values_in(ROWS, 0)
    more = ResultSet(("different", "records"), (("20000", "60000"),))
    assert values_of_groups(counts, more).share(3) == 3 / 60_000


def test_a_line_tells_as_much_as_there_is_room_for() -> None:
    known = values_in(ROWS, 0)
    for width in (60, 50, 46):
        assert len(line("srcaddr", known, width, 7)) == width
    assert "x 50 %, y 17 %" in line("srcaddr", known, 60, 7)
    assert line("srcaddr", None, 60, 7) == "srcaddr  …"
    assert line("srcaddr", "it failed", 60, 7) == "srcaddr  it failed"
    assert line("a\x1b", known, 60, 7).split()[:2] == ["a·", "3"]


def test_values_of_records_are_those_that_pass_the_filters() -> None:
    run = _run("filter action = 'REJECT' | display srcaddr | sort srcaddr", 10_000)
    queries = counting(run, "srcaddr")
    assert queries is not None
    assert [query.body for query in queries] == [
        "filter action = 'REJECT'\n| stats count(*) as times by srcaddr\n| sort times desc\n"
        "| limit 1000",
        "filter action = 'REJECT'\n| stats count(*) as times by srcaddr\n"
        "| stats count(srcaddr) as different, sum(times) as records",
    ]
    assert counting(_run("display srcaddr", 3), "srcaddr") is None
    assert counting(_run("stats count(*) by srcaddr", 10_000), "srcaddr") is None


def _run(body: str, rows: int, *, columns: tuple[str, ...] = ("srcaddr",)) -> QueryRun:
    results = ResultSet(columns, (("1",) * len(columns),) * rows)
    snapshot = Snapshot(RunState.COMPLETE, results)
    return QueryRun(RunId(1), Query(body, WINDOW, ("/e",)), WINDOW, NOON, snapshot)


TOP = (
    "filter bytes > 1 | stats sum(bytes) as total, count(*) as n by srcaddr | sort total | limit 3"
)
COLUMNS = ("srcaddr", "total", "n")


def test_all_groups_are_counted_and_their_bytes_added_up() -> None:
    query = whole_query(_run(TOP, 3, columns=COLUMNS))
    assert query is not None
    assert query.body == (
        "filter bytes > 1 | stats sum(bytes) as total, count(*) as n by srcaddr\n"
        "| stats count(*) as groups, sum(total) as whole"
    )


@pytest.mark.parametrize(
    "run",
    [
        _run(TOP, 2, columns=COLUMNS),
        _run("fields srcaddr | limit 3", 3),
        _run(f"{TOP.removesuffix('limit 3')}dedup srcaddr | limit 3", 3, columns=COLUMNS),
    ],
)
def test_where_nothing_was_left_out_or_no_query_counts_it_nothing_is_asked(run: QueryRun) -> None:
    assert whole_query(run) is None


@pytest.mark.parametrize(
    ("groups", "whole", "told"),
    [
        ("3112", "4.2", "of 3,112 groups; these are 71 % of total"),
        ("4", "3.001", "of 4 groups; these are >99 % of total"),
        ("9", "9000", "of 9 groups; these are <1 % of total"),
        ("9", None, "of 9 groups"),
    ],
)
def test_what_was_left_out_is_told_with_the_share_of_what_is_there(
    groups: str, whole: str | None, told: str
) -> None:
    answer = ResultSet(("groups", "whole"), ((groups, whole),))
    found = remainder(_run(TOP, 3, columns=COLUMNS), answer)
    assert isinstance(found, Remainder)
    assert found.told == told


def test_a_limit_that_left_nothing_out_is_not_told_of() -> None:
    answer = ResultSet(("groups", "whole"), (("3", "3"),))
    assert remainder(_run(TOP, 3, columns=COLUMNS), answer) is None


async def test_over_rows_at_hand_the_rest_is_known_and_over_cloudwatch_never_asked() -> None:
    async with working([PAIRS_DONE], text="stats count(*) by srcaddr | limit 20") as case:
        await case.run()
        assert case.service.verbs.count("start") == 1
        assert not case.state.remainders
        case.session.switch_rows()
        case.session.edit("stats sum(Data_Transferred) as total by srcaddr | limit 2")
        await case.run()
        (found,) = case.state.remainders.values()
        assert found.groups == 20
        assert case.service.verbs.count("start") == 1
