"""What a few words leave of the rows, and the marks and orders of the rows that are left."""

from __future__ import annotations

import pytest

from flowtui.engine.narrow import Term, Texts, filtered, kept, terms_of
from flowtui.engine.pivot import ShownQuestion
from flowtui.model.errors import DrillError
from flowtui.model.run import Query, ResultSet
from flowtui.ui.widgets.grid.marks import described, sums
from flowtui.ui.widgets.grid.order import Sort, ordered
from tests.pilot.service import WINDOW

ROWS = ResultSet(
    ("srcaddr", "action", "bytes", "@ptr"),
    (
        ("10.0.0.1", "ACCEPT", "40", "a"),
        ("10.0.0.9", "REJECT", "1000", "b"),
        ("192.0.2.7", "ACCEPT", "-", "c"),
        ("2001:db8::1", None, "999", "d"),
    ),
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", [0, 1, 2, 3]),
        ("accept", [0, 2]),
        ("b", [3]),
        ("10.0", [0, 1]),
        ("10.0.0.0/8", [0, 1]),
        ("2001:db8::/32", [3]),
        ("srcaddr=10.0.0.0/29", [0]),
        ("srcaddr!=10.0.0.0/8", [2, 3]),
        ("action=accept", [0, 2]),
        ("action!=accept", [1, 3]),
        ("act=REJECT", [1]),
        ("bytes>999", [1]),
        ("bytes>=999", [1, 3]),
        ("bytes<1000", [0, 3]),
        ("bytes<=40", [0]),
        ("bytes=40.0", [0]),
        ("bytes!=40", [1, 2, 3]),
        ("srcaddr~0.9", [1]),
        ("bytes=", [0, 1, 2, 3]),
        ("bytes>500 action=reject", [1]),
        ('"no such"', []),
        ("colour=red", []),
        ("bytes=-", [2]),
    ],
)
def test_words_leave_the_rows_that_have_them(text: str, left: list[int]) -> None:
    assert list(kept(Texts(ROWS), terms_of(text, ROWS.columns[:-1]))) == left


def test_a_column_is_meant_by_its_beginning_only_where_one_begins_so() -> None:
    columns = ("srcaddr", "srcport")
    assert terms_of("srca=1", columns) == (Term("1", "srcaddr", "="),)
    assert terms_of("src=1", columns) == (Term("src=1"),)


def test_text_that_stands_in_the_place_of_a_value_is_found_too() -> None:
    texts = Texts(ROWS, [(2, lambda row: "https" if row[2] == "-" else "")])
    assert list(kept(texts, terms_of("https", ROWS.columns))) == [2]


STATS = "stats sum(bytes) as total by srcaddr | sort total desc"


def _question(body: str) -> ShownQuestion:
    return ShownQuestion(Query(body, WINDOW, ("/e",)), WINDOW, None)


@pytest.mark.parametrize(
    ("body", "text", "then"),
    [
        (STATS, "srcaddr=10.0.0.0/8", f'filter isIpv4InSubnet(srcaddr, "10.0.0.0/8")\n| {STATS}'),
        (
            STATS,
            "total>5 srcaddr!=10.0.0.1",
            "filter not srcaddr like /(?i)^10\\.0\\.0\\.1$/\n"
            "| stats sum(bytes) as total by srcaddr\n| filter total > 5\n| sort total desc",
        ),
        ("fields srcaddr | sort srcaddr", "srcaddr~b.c",
         "fields srcaddr\n| filter srcaddr like /(?i)b\\.c/\n| sort srcaddr"),
    ],
)  # fmt: skip
def test_a_filter_of_the_query_stands_where_it_is_known(body: str, text: str, then: str) -> None:
    on = _question(body)
    target = filtered(on, terms_of(text, ("srcaddr", "total")))
    assert target.query.body == then
    assert target.title == text


@pytest.mark.parametrize(
    ("text", "why"), [("accept", "looked for in every column"), ("srcaddr>b", "compares no number")]
)
def test_what_no_filter_says_is_refused(text: str, why: str) -> None:
    with pytest.raises(DrillError, match=why):
        filtered(_question(STATS), terms_of(text, ("srcaddr", "total")))


def test_marked_rows_are_summed_up_in_so_many_cells() -> None:
    found = sums(("40", "-", "60"), 400)
    assert described(found, lambda text: f"{text} B", 99) == (
        "3 marked: sum 100 B, 25 %, mean 50 B, min 40 B, max 60 B"
    )
    assert described(found, lambda text: f"{text} B", 26) == "3 marked: sum 100 B, 25 %"
    assert described(found, str, 0) == "3 marked"
    assert described(sums(("a", None), 0), str, 99) == "2 marked"


def test_rows_are_sorted_by_several_columns_and_equals_stay_as_they_came() -> None:
    rows = ResultSet(("a", "b"), (("x", "1"), ("y", "2"), ("x", "3"), ("y", "2")))
    sorts = (Sort("a", is_descending=True), Sort("b", is_descending=True))
    assert list(ordered(rows, sorts, range(4))) == [1, 3, 2, 0]
    assert list(ordered(rows, sorts[1:], [0, 1, 3])) == [1, 3, 0]
    assert list(ordered(rows, (Sort("gone"),), [2, 1])) == [2, 1]
