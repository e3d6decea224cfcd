"""The state of a grid by itself: where the cursor is after whatever happens to the rows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.model.columns import AUTOMATIC
from flowtui.model.run import ResultSet
from flowtui.ui.widgets.grid.border import border_text
from flowtui.ui.widgets.grid.columns import UNKNOWN, Column
from flowtui.ui.widgets.grid.measure import Look
from flowtui.ui.widgets.grid.order import Sort
from flowtui.ui.widgets.grid.state import GridState

NAMES = tuple("abcdefgh")


def results(names: Sequence[str]) -> ResultSet:
    """Rows with a key of their own, and an amount."""
    rows = tuple((name, str(10 - NAMES.index(name))) for name in names)
    return ResultSet(("host", "bytes"), rows, keys=("host",))


def grid(names: Sequence[str] = NAMES) -> GridState:
    return shown(GridState(), results(names))


def shown(state: GridState, found: ResultSet) -> GridState:
    return state.showing(found, UNKNOWN).arranged(Look(), 40, AUTOMATIC).in_order()


def hosts(state: GridState) -> str:
    return "".join(state.results.rows[index][0] or "" for index in state.order)


class Only:
    """Leaves the rows of some hosts."""

    def __init__(self, names: str) -> None:
        self.names = names

    def kept(self, results: ResultSet, columns: tuple[Column, ...]) -> Sequence[int]:
        return [at for at, row in enumerate(results.rows) if row[0] in tuple(self.names)]


@given(st.permutations(NAMES), st.lists(st.sampled_from(NAMES), unique=True), st.integers(0, 7))
def test_the_cursor_stays_on_its_row_in_whatever_rows_come(
    before: list[str], after: list[str], place: int
) -> None:
    moved = grid(before).moved(place, 1)
    then = shown(moved, results(after)).following(moved.cursor_key)
    if before[place] in after:
        assert then.cursor_key == moved.cursor_key
    else:
        assert then.row == max(0, min(place, len(after) - 1))
    assert then.cursor_column_name == "bytes"


@given(st.integers(-20, 20), st.integers(-20, 20))
def test_the_cursor_never_leaves_the_rows(row: int, column: int) -> None:
    moved = grid().moved(row, column)
    assert moved.cursor_row is not None
    assert moved.cursor_value is not None


def test_until_it_is_moved_the_cursor_goes_back_to_the_top_with_new_rows() -> None:
    state = grid("abc").narrowed(Only("bc")).narrowed(None)
    assert state.row == 1
    assert shown(state, results("abcd")).following(None).row == 0
    assert shown(state.moved(2, 0), results("abcd")).following(None).row == 2


def test_the_cursor_stays_in_its_column_wherever_that_goes() -> None:
    state = grid("ab").moved(0, 1)
    turned = ResultSet(("bytes", "host"), (("9", "a"),), keys=("host",))
    assert shown(state, turned).cursor_column_name == "bytes"


def test_a_sort_goes_one_way_then_the_other_then_away_and_to_the_first_row() -> None:
    state = grid("cab").moved(2, 0)
    once = state.sorted_by_column()
    twice = once.sorted_by_column()
    assert [hosts(each) for each in (once, twice, twice.sorted_by_column())] == [
        "abc",
        "cba",
        "cab",
    ]
    assert (once.row, once.has_moved) == (0, False)
    too = once.moved(0, 1).sorted_by_column_too()
    assert too.sorts == (Sort("host"), Sort("bytes", is_descending=True))


def test_narrowed_the_cursor_keeps_its_row_and_all_rows_come_back() -> None:
    state = grid("abcdef").moved(3, 0)
    narrowed = state.narrowed(Only("bdf"))
    assert (hosts(narrowed), narrowed.row) == ("bdf", 1)
    assert narrowed.kept_results.rows == results("bdf").rows
    assert (hosts(narrowed.narrowed(None)), narrowed.narrowed(None).row) == ("abcdef", 3)


@pytest.mark.parametrize(("direction", "place"), [(1, 4), (-1, 0)])
def test_the_next_match_goes_around_the_end(direction: int, place: int) -> None:
    state = grid(["a", "b", "c", "d", "a"]).found("a").moved(0 if direction > 0 else 4, 0)
    assert state.next_match(direction) == place
    assert state.moved(place, 0).next_match(direction) == (0 if direction > 0 else 4)
    assert state.found("nobody").next_match(direction) is None


def test_marks_are_on_the_same_rows_of_other_results() -> None:
    state = grid("abc").moved(1, 1).marked()
    then = shown(state, results("bha"))
    assert [then.results.rows[row][0] for row in then.marks.rows] == ["b"]
    assert border_text(then, "3 rows", 60, is_raw=True).startswith("raw values   1 marked: sum 9")


def test_what_was_compared_once_is_not_compared_again() -> None:
    before = results("ab")
    state = grid("abc").compared_with(before)
    assert state.changes.new == {2}
    assert state.compared_with(before) is state
    assert not state.compared_with(None).changes.new
