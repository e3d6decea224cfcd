"""The law of the editor: whatever was done, what was there can be had back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.events import Key, Paste

from flowtui.ui.widgets.query_editor import QueryEditor

State = tuple[str, tuple[int, int]]
Operation = tuple[str, str]

TEXTS = st.sampled_from(
    ("", "limit 5", "fields a\n  | sort b\n", '# why\nfilter a = "x"', "a\r\nb\tc", "  中🙂\n\n[")
)
LETTERS = st.text('ab |\n(["', min_size=1, max_size=5)
ACTIONS = st.sampled_from(
    ("delete_left", "delete_right", "cursor_left", "cursor_up", "cursor_right(True)", "text_end(1)",
     "cursor_word_left", "kill('word_left')", "kill('line_end')", "kill('line')", "yank", "accept",
     "outdent", "comment", "format", "select_all", "complete", "find", "earlier(1)", "earlier(-1)",
     "undo", "redo", "undo", "redo")
)  # fmt: skip
OPERATIONS = st.one_of(
    st.tuples(st.just("type"), LETTERS),
    st.tuples(st.just("paste"), LETTERS),
    st.tuples(st.just("rewrite"), TEXTS),
    st.tuples(st.just("do"), ACTIONS),
)


async def earlier() -> tuple[str, ...]:
    return ("limit 1", "sort a\n| limit 2")


class EditorApp(App[None]):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.editor = QueryEditor(text, earlier=earlier)

    def compose(self) -> ComposeResult:
        yield self.editor


async def perform(editor: QueryEditor, operation: Operation) -> None:
    match operation:
        case "type", letters:
            for letter in letters:
                is_enter = letter == "\n"
                await editor.on_key(Key("enter" if is_enter else letter, letter))
        case "paste", text:
            await editor.on_paste(Paste(text))
        case "rewrite", text:
            editor.rewrite(text, cursor=len(text) // 2)
        case _, action:
            await editor.run_action(action)


def state(editor: QueryEditor) -> State:
    return editor.text, editor.caret


def using(text: str, work: Callable[[QueryEditor], Awaitable[None]]) -> None:
    async def run() -> None:
        app = EditorApp(text)
        async with app.run_test(size=(40, 12)):
            await work(app.editor)

    asyncio.run(run())


def undo_all(editor: QueryEditor) -> list[State]:
    return travel(editor, editor.undo)


def redo_all(editor: QueryEditor) -> list[State]:
    return travel(editor, editor.redo)


def travel(editor: QueryEditor, step: Callable[[], None]) -> list[State]:
    """The states on the way, with the one that it begins at."""
    states = [state(editor)]
    while True:
        before = editor.text
        step()
        if editor.text == before:
            return states
        states.append(state(editor))


@settings(max_examples=40)
@given(TEXTS, st.lists(OPERATIONS, max_size=12))
@example(
    "", [("type", "ab"), ("do", "undo"), ("type", "c"), ("do", "undo"), ("rewrite", "limit 5")]
)
@example("a\nb", [("do", "select_all"), ("type", "x"), ("do", "kill('line')"), ("do", "yank")])
def test_all_that_was_there_can_be_had_back(first: str, operations: list[Operation]) -> None:
    async def work(editor: QueryEditor) -> None:
        kept: set[str] = set()
        for operation in operations:
            if operation[0] in ("rewrite", "paste") or operation[1] == "undo":
                kept.add(editor.text)
            await perform(editor, operation)
        redo_all(editor)
        last = state(editor)
        back = undo_all(editor)
        assert editor.text == first
        assert kept <= {text for text, _ in back}
        forth = redo_all(editor)
        assert [text for text, _ in forth] == [text for text, _ in reversed(back)]
        assert editor.text == last[0]
        assert undo_all(editor)[1:] == back[1:]

    using(first, work)


EDITS = st.one_of(
    st.tuples(st.just("paste"), LETTERS),
    st.tuples(st.just("rewrite"), TEXTS),
    st.tuples(st.just("do"), st.sampled_from(
        ("kill('word_left')", "kill('word_right')", "kill('line_end')", "kill('line_start')",
         "kill('line')", "yank", "accept", "outdent", "comment", "format", "earlier(1)", "cut")
    )),
)  # fmt: skip


@settings(max_examples=40)
@given(TEXTS, st.lists(OPERATIONS, max_size=5), EDITS)
def test_an_edit_that_is_no_letter_is_one_step_back_to_text_and_selection(
    first: str, operations: list[Operation], edit: Operation
) -> None:
    async def work(editor: QueryEditor) -> None:
        for operation in operations:
            await perform(editor, operation)
        editor.dismiss()
        before = state(editor)
        await perform(editor, edit)
        after = state(editor)
        if before[0] != after[0]:
            editor.undo()
            assert state(editor) == before
            editor.redo()
            assert state(editor) == after

    using(first, work)
