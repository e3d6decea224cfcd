"""Two windows compared: the columns, what weighs most, and what makes a comparison false."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flowtui.engine.baseline import Baseline
from flowtui.engine.compare import Compare, compare_of
from flowtui.engine.fold import Answer, naming, plain
from flowtui.engine.folds import fold_of, parts_of
from flowtui.engine.pivot import ShownQuestion, Spot, derive
from flowtui.engine.timeline import chart
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.errors import DrillError, QueryError, UsageError
from flowtui.model.run import Query, ResultSet, Row
from flowtui.model.timerange import TimeRange

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON, NOON + timedelta(hours=2))
TALKERS = "stats sum(bytes) as size, count(*) as flows by srcaddr"
QUERY = Query(f"{TALKERS}\n| sort size desc\n| limit 20", WINDOW, ("/vpc/edge",))
COLUMNS = ("srcaddr", "size", "flows")


def asked(baseline: str = "the window before", *, is_free: bool = False, body: str = "") -> Query:
    plain = Query(body or QUERY.body, WINDOW, QUERY.log_groups)
    text = compare_of(plain, Baseline.read(baseline), ARTICLE_FORMAT, is_free=is_free)
    return Query(text, WINDOW, QUERY.log_groups)


def folded(now: list[Row], then: list[Row], query: Query, *, cut: bool = False) -> list[Row]:
    return list(answered(now, then, query, cut=cut)[0].rows)


def answered(
    now: list[Row], then: list[Row], query: Query, *, cut: bool = False
) -> tuple[ResultSet, str]:
    fold, parts = fold_of(query.body), parts_of(query, WINDOW)
    assert isinstance(fold, Compare)
    sides = (tuple(now), tuple(then))
    answers = [
        Answer(part, ResultSet(COLUMNS, rows), is_cut=cut)
        for part, rows in zip(parts, sides, strict=False)
    ]
    found = fold.fold(answers)
    return found.results, "; ".join(found.notices)


def test_its_text_names_the_time_and_leaves_out_what_cuts_rows() -> None:
    assert asked("yesterday").body == f"#! compare with yesterday\n{TALKERS}"
    assert naming(asked("a week ago").body) is not None


def test_where_queries_are_free_lost_records_are_looked_for() -> None:
    query = asked(is_free=True)
    assert query.body.startswith("#! compare with the window before, checked\n")
    *_, now, then = parts_of(query, WINDOW)
    assert now.query.body == then.query.body
    assert now.query.body.startswith("stats count(*) as records by log_status, bin(")


@pytest.mark.parametrize(
    ("baseline", "shift"),
    [
        ("the window before", timedelta(hours=2)),
        ("yesterday", timedelta(days=1)),
        ("a week ago", timedelta(days=7)),
    ],
)
def test_the_same_query_runs_over_both_windows(baseline: str, shift: timedelta) -> None:
    now, then = parts_of(asked(baseline), WINDOW)
    assert (now.query.body, then.query.body) == (TALKERS, TALKERS)
    assert now.window == WINDOW
    assert then.window == TimeRange(WINDOW.start - shift, WINDOW.end - shift)


def test_a_fixed_span_stays_where_it_is() -> None:
    query = asked("2026-03-01T06:00:00Z to 2026-03-01T08:00:00Z")
    _, then = parts_of(query, WINDOW)
    assert then.window.start == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert Baseline.of_span(then.window).text in query.body


def test_each_row_has_now_then_change_and_ratio() -> None:
    results, said = answered(
        [("10.0.0.1", "300", "3"), ("10.0.0.2", "5", "1")],
        [("10.0.0.1", "100", "2"), ("10.0.0.3", "7", "1")],
        asked(),
    )
    assert results.columns == (
        "srcaddr", "now", "then", "change", "ratio", "flows_now", "flows_then",
        "mark",
    )  # fmt: skip
    assert results.keys == ("srcaddr",)
    assert results.rows == (
        ("10.0.0.1", "300", "100", "200", "3", "3", "2", ""),
        ("10.0.0.3", None, "7", "-7", "0", None, "1", "gone"),
        ("10.0.0.2", "5", None, "5", None, "1", None, "new"),
    )
    assert "3 compared: 1 new, 1 gone" in said


def test_from_nothing_to_three_does_not_stand_above_a_gigabyte_more() -> None:
    rows = folded(
        [("few", "3", "1"), ("much", "2000000000", "9"), ("some", "40000", "9")],
        [("much", "1000000000", "9"), ("some", "39000", "9")],
        asked(),
    )
    assert [row[0] for row in rows] == ["much", "some", "few"]


def test_windows_of_other_lengths_are_compared_by_time() -> None:
    query = asked("2026-03-01T06:00:00Z to 2026-03-01T07:00:00Z")
    results, said = answered([("a", "400", "1")], [("a", "100", "1")], query)
    assert results.rows[0][3:5] == ("200", "2")
    assert "the windows are 2h 00m and 1h 00m long" in said


def test_a_limit_that_has_cut_a_side_is_said() -> None:
    said = answered([("a", "1", "1")], [("b", "1", "1")], asked(), cut=True)[1]
    assert "the present window has more rows" in said
    assert "the earlier window has more rows" in said


def test_lost_records_gaps_and_a_late_beginning_are_said() -> None:
    query = asked(is_free=True)
    fold, parts = fold_of(query.body), parts_of(query, WINDOW)
    assert fold is not None
    names = ("log_status", "time", "records")
    whole = ResultSet(
        names, tuple(("OK", f"2026-03-08 12:{minute:02}:00.000", "9") for minute in range(60))
    )
    torn = ResultSet(
        names,
        (
            ("OK", "2026-03-08 11:00:00.000", "9"),
            ("SKIPDATA", "2026-03-08 11:00:00.000", "2"),
            ("OK", "2026-03-08 11:05:00.000", "9"),
        ),
    )
    rows = ResultSet(COLUMNS, (("a", "1", "1"),))
    answers = map(Answer, parts, (rows, rows, whole, torn))
    said = fold.fold(list(answers)).notices
    assert said[1:] == (
        "in the earlier window records begin at 2026-03-08 11:00: what the log does not reach can't"
        " be compared",
        "the earlier window has 4 gaps of 1m without records",
        "the earlier window has 2 SKIPDATA records: its totals are lower bounds",
    )


def test_enter_drills_in_the_window_of_its_column() -> None:
    query = asked("yesterday")
    on = ShownQuestion(query, WINDOW, ARTICLE_FORMAT)
    row = {"srcaddr": "10.0.0.1", "now": "1", "then": "2", "mark": ""}
    windows = {
        column: derive("drill", on, Spot(row, column, None)).window
        for column in ("srcaddr", "now", "change", "then")
    }
    _, then = parts_of(query, WINDOW)
    assert windows == {
        "srcaddr": WINDOW, "now": WINDOW, "change": WINDOW, "then": then.window
    }  # fmt: skip
    gone = derive("drill", on, Spot(row | {"mark": "gone"}, "srcaddr", "10.0.0.1"))
    assert gone.window == then.window
    assert gone.title == "10.0.0.1, then"


def test_a_time_bin_is_drilled_where_it_was() -> None:
    query = asked("yesterday", body="stats sum(bytes) as size by bin(30m)")
    on = ShownQuestion(query, WINDOW, ARTICLE_FORMAT)
    row = {"bin(30m)": "2026-03-08 12:30:00.000"}
    half = timedelta(minutes=30)
    now = derive("drill", on, Spot(row, "now", None)).window
    then = derive("drill", on, Spot(row, "then", None)).window
    assert now == TimeRange(NOON + half, NOON + 2 * half)
    assert then == TimeRange(now.start - timedelta(days=1), now.end - timedelta(days=1))


def test_only_this_value_is_asked_of_both_windows() -> None:
    on = ShownQuestion(asked(), WINDOW, ARTICLE_FORMAT)
    row = {"srcaddr": "10.0.0.1", "now": "1"}
    body = derive("include", on, Spot(row, "srcaddr", "10.0.0.1")).query.body
    assert body.startswith("#! compare with the window before\nfilter srcaddr = ")
    with pytest.raises(DrillError, match="now compares two windows"):
        derive("include", on, Spot(row, "now", "1"))


def test_raw_flows_and_single_totals_are_refused() -> None:
    with pytest.raises(DrillError, match="raw flows can't be compared"):
        asked(body="filter bytes > 5")
    with pytest.raises(DrillError, match="a single total"):
        asked(body="stats count(*)")


@pytest.mark.parametrize("text", ["tomorrow", "2026-03-01 to", "2026-03-02 to 2026-03-01", ""])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Baseline.read(text)
    with pytest.raises(QueryError):
        fold_of(f"#! compare with {text}\n{TALKERS}")


def test_it_is_drawn_with_its_parse_command_before_it() -> None:
    text = f"parse @message '* *' as srcaddr, bytes\n| {asked().body}"
    drawn = chart(text)
    assert {"now", "then", "change"} <= drawn.bytes_columns
    assert plain(text) == f"parse @message '* *' as srcaddr, bytes\n| {TALKERS}"


@pytest.mark.parametrize(
    ("now", "then", "ratio"),
    [("3092", "1", "3092"), ("1002", "14", "71.6"), ("2", "3", "0.667"), ("1", "3000", "0.0003"),
     ("5", "5", "1")],
)  # fmt: skip
def test_a_ratio_has_three_digits(now: str, then: str, ratio: str) -> None:
    assert folded([("a", now, "1")], [("a", then, "1")], asked())[0][4] == ratio
