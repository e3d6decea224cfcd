"""What is new in rows since the question was asked before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.changes import Changes, changes
from flowtui.model.run import ResultSet

NAMES, KEYS = ("srcaddr", "n", "b"), ("srcaddr",)


def table(*rows: tuple[str | None, ...]) -> ResultSet:
    return ResultSet(NAMES, rows, KEYS)


def test_rows_are_new_changed_or_gone_by_their_key() -> None:
    before = table(("a", "1", "x"), ("b", "2", "x"), ("c", "3", "x"))
    told = changes(before, table(("d", "9", "x"), ("b", "4", None), ("a", "1", "x")))
    assert told == Changes(frozenset({0}), {1: frozenset({1, 2})}, 1)
    assert told.describe() == "1 new, 1 changed, 1 gone"
    assert changes(before, before).describe() == "no change"


def test_other_columns_are_another_question() -> None:
    assert changes(table(("a", "1", "x")), ResultSet(("srcaddr",), (("b",),))) == Changes()


def test_raw_rows_are_told_apart_by_their_pointer() -> None:
    names = ("bytes", "@ptr")
    before = ResultSet(names, (("1", "p1"), ("1", "p2")))
    after = ResultSet(names, (("1", "p3"), ("1", "p1")))
    assert changes(before, after) == Changes(frozenset({0}), {}, 1)


_ROWS = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.sampled_from("123"), st.just("x")))


@given(_ROWS, _ROWS)
def test_what_is_told_is_what_a_comparison_of_sets_finds(
    old: dict[str, tuple[str, str]], new: dict[str, tuple[str, str]]
) -> None:
    after = table(*((key, *values) for key, values in new.items()))
    told = changes(table(*((key, *values) for key, values in old.items())), after)
    keys = [row[0] for row in after.rows]
    assert {keys[at] for at in told.new} == new.keys() - old.keys()
    assert {keys[at] for at in told.changed} == {
        key for key in new.keys() & old.keys() if new[key] != old[key]
    }
    assert told.gone == len(old.keys() - new.keys())
