"""The user's columns, kept by the shape of the result."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.journal.column_layouts import MOST_SHAPES, ColumnLayouts
from flowtui.model.columns import AUTOMATIC, ColumnChoice
from flowtui.model.errors import UsageError

SHAPE = ("srcaddr", "bytes")
NARROW = ColumnChoice(
    ("bytes",), frozenset({"srcaddr"}), frozenset({"bytes"}), {"bytes": 7}, ("bytes",)
)


def test_what_is_chosen_holds_in_other_sessions_for_that_shape(tmp_path: Path) -> None:
    path = tmp_path / "state" / "columns.json"
    ColumnLayouts(path).keep(SHAPE, NARROW)
    again = ColumnLayouts(path)
    assert (again.of(SHAPE), again.of(("bytes", "srcaddr"))) == (NARROW, AUTOMATIC)
    again.keep(SHAPE, AUTOMATIC)
    assert ColumnLayouts(path).of(SHAPE) == AUTOMATIC
    assert path.stat().st_mode & 0o777 == 0o600


def test_two_sessions_keep_what_each_has_chosen(tmp_path: Path) -> None:
    one, other = (ColumnLayouts(tmp_path / "columns.json") for _ in range(2))
    assert one.of(SHAPE) == other.of(SHAPE) == AUTOMATIC
    one.keep(SHAPE, NARROW)
    other.keep(("n",), NARROW)
    third = ColumnLayouts(tmp_path / "columns.json")
    assert third.of(SHAPE) == third.of(("n",)) == NARROW


def test_the_oldest_shapes_are_forgotten(tmp_path: Path) -> None:
    layouts = ColumnLayouts(tmp_path / "columns.json")
    for number in range(MOST_SHAPES + 1):
        layouts.keep((str(number),), NARROW)
    again = ColumnLayouts(tmp_path / "columns.json")
    assert [again.of((name,)) for name in ("0", "1")] == [AUTOMATIC, NARROW]


def test_what_cannot_be_kept_is_said_and_holds_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    layouts = ColumnLayouts(tmp_path / "state" / "columns.json")
    with pytest.raises(UsageError, match="can't remember the columns in"):
        layouts.keep(SHAPE, NARROW)
    assert layouts.of(SHAPE) == NARROW


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["version", "shapes", "order", "hidden", "widths", "frozen",
                                       '["a"]']), inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_whatever_the_file_says_there_is_a_choice(told: object) -> None:
    import json

    with pytest.MonkeyPatch.context() as patch:
        content = json.dumps({"version": 1, "shapes": {'["a"]': told}}).encode()
        patch.setattr("flowtui.journal.column_layouts.read_bytes", lambda *_: content)
        choice = ColumnLayouts(Path("/")).of(("a",))
    assert all(isinstance(name, str) for name in (*choice.order, *choice.hidden))
    assert all(cells > 0 for cells in choice.widths.values())
