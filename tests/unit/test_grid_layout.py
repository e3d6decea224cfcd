"""Where the columns stand: what is folded, what gives way, what is never cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flowtui.flowlogs.fields import FIELDS
from flowtui.model.columns import AUTOMATIC, ColumnChoice
from flowtui.model.run import ResultSet, Row
from flowtui.ui.widgets.grid.arrange import arrange
from flowtui.ui.widgets.grid.columns import Column, Meanings
from flowtui.ui.widgets.grid.fitting import elided, share_text
from flowtui.ui.widgets.grid.layout import Layout
from flowtui.ui.widgets.grid.measure import Look, measure
from flowtui.ui.widgets.grid.viewport import Viewport

FIELD_NAMES = (
    "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "bytes", "packets", "action", "start",
    "flow-direction", "log-status", "interface-id", "tcp-flags", "vpc-id", "pkt-src-aws-service",
)  # fmt: skip
MEANINGS = Meanings(
    {FIELDS[name].column: FIELDS[name] for name in FIELD_NAMES},
    frozenset({"total", "bytes"}), frozenset({"n", "packets"}), frozenset({"total", "n", "bytes"}),
)  # fmt: skip
VALUES = {
    "srcaddr": st.sampled_from(["10.0.20.11", "203.0.113.200", "-", "2001:db8::7", "x"]),
    "dstaddr": st.sampled_from(["10.0.20.11", "169.254.169.254"]),
    "srcport": st.sampled_from(["443", "51514", "-", "0"]),
    "dstport": st.sampled_from(["5432", "22"]),
    "protocol": st.sampled_from(["6", "17", "200"]),
    "bytes": st.integers(0, 10**15).map(str),
    "packets": st.integers(0, 10**9).map(str),
    "action": st.sampled_from(["ACCEPT", "REJECT", "-"]),
    "start": st.integers(1_648_826_280, 1_648_999_999).map(str),
    "flow_direction": st.sampled_from(["ingress", "egress"]),
    "log_status": st.sampled_from(["OK", "NODATA", "SKIPDATA"]),
    "interface_id": st.sampled_from(["eni-0435cbb62960f230e", "eni-0b59d2f0000000002"]),
    "tcp_flags": st.sampled_from(["0", "2", "18", "19"]),
    "vpc_id": st.just("vpc-0b69ce8d04278ddd1"),
    "pkt_src_aws_service": st.sampled_from(["-", "S3", "AMAZON"]),
    "total": st.integers(0, 10**13).map(str),
    "n": st.integers(0, 10**8).map(str),
    "note": st.text("ab 漢é", max_size=50),
}


@st.composite
def tables(draw: st.DrawFn) -> ResultSet:
    columns = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, unique=True, max_size=12))
    cells = [VALUES[name] | st.none() if draw(st.booleans()) else VALUES[name] for name in columns]
    return ResultSet(tuple(columns), tuple(draw(st.lists(st.tuples(*cells), max_size=12))))


def columns_of(results: ResultSet) -> tuple[Column, ...]:
    return measure(results, MEANINGS, {}, Look())


def laid_out(results: ResultSet, width: int, choice: ColumnChoice = AUTOMATIC) -> Layout:
    return arrange(columns_of(results), results.rows, width, choice)


def line(layout: Layout, row: Row, width: int, left: int = 0) -> str:
    return Viewport(layout, width, left).row(row)


def test_what_stands_beside_gives_way_to_the_amounts() -> None:
    ids = [(f"eni-0435cbb62960f23{at:02}", f"vpc-0b69ce8d04278dd{at:02}") for at in range(3)]
    rows = tuple((f"169.254.169.25{at}", str(at), f"203.0.113.20{at}", *ids[at]) for at in range(3))
    results = ResultSet(("dstaddr", "total", "srcaddr", "interface_id", "vpc_id"), rows)
    link_local = len("link-local")
    for width, aside in ((27, 0), (35, link_local), (60, link_local)):
        layout = laid_out(results, width)
        assert abs(layout.asides[0] - aside) <= 1
        assert layout.offsets[2] <= width < layout.width


@given(tables(), st.integers(20, 200))
def test_each_column_is_shown_or_told_in_the_line_above(results: ResultSet, width: int) -> None:
    layout = laid_out(results, width)
    shown = [column.name for column in layout.columns]
    folded = [each.column.name for each in layout.folded]
    assert sorted([*shown, *folded]) == sorted(results.columns)
    assert shown
    for each in layout.folded:
        assert len({row[each.column.index] for row in results.rows}) == 1
    if layout.folded:
        assert sum(arrange(columns_of(results), results.rows, 10_000).offsets[-1:]) > width


@given(tables(), st.integers(20, 200), st.integers(0, 300))
def test_no_number_is_cut(results: ResultSet, width: int, left: int) -> None:
    """What stands in a column of numbers is a number that the grid would show, or nothing."""
    layout = laid_out(results, width)
    view = Viewport(layout, width, view_left(layout, width, left))
    for row in results.rows:
        text = view.row(row)
        for place, column in enumerate(layout.columns):
            start, end = view.span(place)
            if start >= end or not column.cells.is_whole or column.show(row) == "":
                continue
            seen = between(text, start, end).strip()
            assert not seen or seen.startswith((column.show(row), "…")) or seen in column.show(row)
            if seen and not seen.startswith("…"):
                assert seen.split()[0] == column.show(row).split()[0]


def between(text: str, start: int, end: int) -> str:
    """What stands in these cells of a terminal, where some characters take two."""
    cells = [part for each in text for part in (each, "")[: cell_len(each)]]
    return "".join(cells[start:end])


def view_left(layout: Layout, width: int, wish: int) -> int:
    """Where the grid may be scrolled to: to the beginning of a column."""
    view = Viewport(layout, width, 0)
    lefts = [view.left_to_show(place) for place in range(len(layout.columns))]
    return max((left for left in lefts if left <= wish), default=0)


@given(tables(), st.integers(20, 200), st.integers(0, 300))
def test_every_line_is_as_wide_as_the_screen(results: ResultSet, width: int, left: int) -> None:
    from rich.cells import cell_len

    layout = laid_out(results, width)
    view = Viewport(layout, width, left)
    assert cell_len(view.header(())) == width
    assert {cell_len(view.row(row)) for row in results.rows} <= {width}
    assert all(each.column.name in layout.fold_line(10_000) for each in layout.folded)


def test_what_is_the_same_in_all_rows_is_said_once_where_room_lacks() -> None:
    rows = tuple(
        ("10.0.20.11", str(port), "egress", "-", "eni-0435cbb62960f230e") for port in range(3)
    )
    results = ResultSet(("srcaddr", "dstport", "flow_direction", "note", "interface_id"), rows)
    assert laid_out(results, 100).folded == ()
    layout = laid_out(results, 50)
    assert [column.name for column in layout.columns] == ["dstport"]
    assert layout.fold_line(200) == (
        "in all rows: srcaddr 10.0.20.11 private, flow_direction → egress, "
        "interface_id eni-0435cbb62960f230e, empty note"
    )
    assert layout.fold_line(50) == "in all rows: srcaddr 10.0.20.11 private, 3 more"
    kept = laid_out(results, 50, ColumnChoice(unfolded=frozenset({"flow_direction"})))
    assert [column.name for column in kept.columns] == ["dstport", "flow_direction"]


def test_a_value_of_two_rows_is_not_that_of_all() -> None:
    rows = (*(("egress", str(n), "x" * 40) for n in range(400)), ("ingress", "0", "x" * 40))
    results = ResultSet(("flow_direction", "n", "note"), rows)
    names = [column.name for column in laid_out(results, 30).columns]
    assert names == ["flow_direction", "n"]


def test_ids_are_cut_in_their_middle_and_only_where_room_lacks() -> None:
    rows = tuple((f"eni-0435cbb62960f23{n:02}", f"{n}" + "x" * 29, str(n)) for n in range(3))
    results = ResultSet(("interface_id", "note", "n"), rows)
    assert "eni-0435cbb62960f2302" in line(laid_out(results, 80), rows[2], 80)
    assert "eni-0435…960f2302" in line(laid_out(results, 54), rows[2], 54)
    assert "eni-043…0f2302" in line(laid_out(results, 40), rows[2], 40)
    assert elided("eni-0435cbb62960f230e", 14) == "eni-043…0f230e"


def test_a_number_at_the_edge_is_whole_or_not_there() -> None:
    rows = (("a", "x" * 20, "123456"), ("b", "y", "654321"))
    results = ResultSet(("k", "note", "z"), rows)
    layout = laid_out(results, 30)
    view = Viewport(layout, 30, 0)
    assert [re.findall(r"\d+", view.row(row)) for row in rows] == [[], []]
    assert view.header(()).rstrip().endswith("»")
    assert "123456" in line(layout, rows[0], 36)


def test_a_number_wider_than_its_column_is_rounded_or_left_out() -> None:
    rows = (*(("a", str(n % 10)) for n in range(600)), ("b", "123456"))
    results = ResultSet(("k", "hits"), rows)
    assert "123k" in line(laid_out(results, 40), rows[-1], 40)
    narrow = laid_out(results, 40, ColumnChoice(widths={"hits": 3}))
    assert [line(narrow, row, 40).split() for row in rows[-2:]] == [["a", "9"], ["b", "…"]]


def test_words_give_way_where_then_all_columns_fit() -> None:
    rows = tuple((f"10.0.20.{n}", f"203.0.113.{n}", str(n)) for n in range(3))
    results = ResultSet(("srcaddr", "dstaddr", "n"), rows)
    wide, narrow = (line(laid_out(results, width), rows[1], width) for width in (60, 36))
    assert laid_out(results, 36).folded == ()
    assert ("private" in wide, "public" in wide) == (True, True)
    assert ("private" in narrow, "public" in narrow) == (True, False)


def test_the_bar_has_the_share_of_what_adds_up() -> None:
    rows = (("a", "750"), ("b", "250"), ("c", "0"))
    results = ResultSet(("k", "n"), rows)
    layout = laid_out(results, 40)
    lines = [line(layout, row, 40) for row in rows]
    assert [each.split()[-2:] for each in lines[:2]] == [["75", "%"], ["25", "%"]]
    assert ("█" * 20 in lines[0], f"{'█' * 6}▋ " in lines[1]) == (True, True)
    assert "%" not in lines[2]


@pytest.mark.parametrize(
    ("value", "total", "shown"),
    [(1, 3, "33 %"), (1, 1000, "<1 %"), (0, 5, ""), (5, 5, "100 %"), (1, 0, "")],
)
def test_a_share(value: float, total: float, shown: str) -> None:
    assert share_text(value, total) == shown


def test_the_choice_of_the_user_holds() -> None:
    rows = tuple((f"a{n}", f"b{n}", f"c{n}") for n in range(3))
    results = ResultSet(("a", "b", "c"), rows)
    choice = ColumnChoice(("c", "a"), frozenset({"b"}), widths={"c": 6}, frozen=("c", "a"))
    layout = laid_out(results, 40, choice)
    assert [column.name for column in layout.columns] == ["c", "a"]
    assert (layout.widths[0], layout.frozen) == (6, 2)
    everything = laid_out(results, 40, ColumnChoice(hidden=frozenset({"a", "b", "c"})))
    assert len(everything.columns) == 3


@given(tables(), st.integers(40, 200))
def test_a_bar_takes_spare_room_only(results: ResultSet, width: int) -> None:
    layout = laid_out(results, width)
    if layout.bar:
        assert layout.width <= width
