"""The way back to what a text was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowtui.ui.widgets.undo_history import Caret, Change, UndoHistory, UndoStep


class Writer:
    """A text whose changes are recorded."""

    def __init__(self, text: str = "") -> None:
        self.text, self.caret = text, (len(text), len(text))
        self.history = UndoHistory()

    def change(self, start: int, removed: int, inserted: str) -> None:
        change = Change(start, self.text[start : start + removed], inserted)
        before, after = self.caret, (change.end, change.end)
        self.text, self.caret = change.applied(self.text), after
        self.history.record(UndoStep(change, before, after))

    def type(self, letters: str) -> None:
        for letter in letters:
            self.change(self.caret[1], 0, letter)

    def erase(self, count: int) -> None:
        for _ in range(count):
            self.change(self.caret[1] - 1, 1, "")

    def move(self, cursor: int) -> None:
        self.caret = cursor, cursor
        self.history.seal()

    def undo(self) -> bool:
        return self._go(self.history.undo())

    def redo(self) -> bool:
        return self._go(self.history.redo())

    def _go(self, step: UndoStep | None) -> bool:
        if step is None:
            return False
        self.text, self.caret = step.change.applied(self.text), step.after
        return True


def test_steps_are_words() -> None:
    writer = Writer()
    writer.type("filter action  = 1\n| sort")
    seen = []
    while writer.undo():
        seen.append(writer.text)
    assert seen == [
        "filter action  = 1\n|", "filter action  = 1", "filter action  =", "filter action",
        "filter", "",
    ]  # fmt: skip


def test_what_is_erased_comes_back_by_the_word() -> None:
    writer = Writer("fields src dst")
    writer.erase(9)
    assert writer.text == "field"
    seen = []
    while writer.undo():
        seen.append(writer.text)
    assert seen == ["fields ", "fields src ", "fields src dst"]
    assert writer.caret == (14, 14)


def test_what_is_deleted_to_the_right_is_one_step_too() -> None:
    writer = Writer("limit 5")
    writer.move(0)
    for _ in range(4):
        writer.change(0, 1, "")
    assert writer.text == "t 5"
    assert writer.undo()
    assert (writer.text, writer.caret) == ("limit 5", (0, 0))


def test_a_move_of_the_cursor_begins_a_step_even_if_it_returns() -> None:
    writer = Writer()
    writer.type("so")
    writer.move(1)
    writer.move(2)
    writer.type("rt")
    assert writer.undo()
    assert writer.text == "so"


def test_letters_in_the_place_of_a_selection_bring_it_back_with_one_step() -> None:
    writer = Writer("sort a")
    writer.change(5, 1, "b")
    writer.type("ytes")
    assert writer.text == "sort bytes"
    assert writer.undo()
    assert writer.text == "sort a"


def test_a_paste_is_one_step_whatever_is_typed_around_it() -> None:
    writer = Writer()
    writer.type("a")
    writer.change(1, 0, "b c d")
    writer.type("e")
    texts = [writer.text for _ in range(3) if writer.undo()]
    assert texts == ["ab c d", "a", ""]


def test_what_changes_nothing_is_no_step() -> None:
    writer = Writer("a")
    writer.change(0, 1, "a")
    assert not writer.undo()


def test_what_was_taken_back_before_something_else_was_written_is_not_lost() -> None:
    writer = Writer()
    writer.type("one two")
    for _ in range(2):
        writer.undo()
    writer.type("x")
    assert not writer.redo()
    texts = [writer.text for _ in range(5) if writer.undo()]
    assert texts == ["", "one", "one two", "one", ""]
    assert not writer.undo()


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("type"), st.text("ab ", min_size=1, max_size=4)),
        st.tuples(st.just("paste"), st.text("xy \n", max_size=4)),
        st.tuples(st.just("erase"), st.integers(1, 3)),
        st.tuples(st.just("move"), st.integers(0, 9)),
        st.tuples(st.sampled_from(["undo", "redo"]), st.none()),
    ),
    max_size=15,
)


def perform(writer: Writer, name: str, argument: object) -> None:
    match name, argument:
        case "type", str(letters):
            writer.type(letters)
        case "paste", str(text):
            writer.history.seal()
            writer.change(writer.caret[1], 0, text)
            writer.history.seal()
        case "erase", int(count):
            writer.erase(min(count, writer.caret[1]))
        case "move", int(cursor):
            writer.move(min(cursor, len(writer.text)))
        case "undo", _:
            writer.undo()
        case _:
            writer.redo()


@given(st.text("ab ", max_size=5), OPERATIONS)
def test_all_taken_back_is_the_first_text_and_all_done_again_the_last(
    first: str, operations: list[tuple[str, object]]
) -> None:
    writer = Writer(first)
    kept: list[str] = []
    for name, argument in operations:
        if name in ("paste", "undo"):
            kept.append(writer.text)
        perform(writer, name, argument)
    while writer.redo():
        pass
    last = writer.text
    back: list[tuple[str, Caret]] = []
    while writer.undo():
        back.append((writer.text, writer.caret))
    assert writer.text == first
    assert set(kept) <= {last, *(text for text, _ in back)}
    forth = [writer.text]
    while writer.redo():
        forth.append(writer.text)
    assert forth == [*(text for text, _ in reversed(back)), last]
