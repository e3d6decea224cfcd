"""A text to be edited by hand: the way back to what it was, what is cut, its words and its lines.

It knows nothing of what is written in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.actions import SkipAction
from textual.geometry import Size
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import (
    DocumentNavigator,
    Edit,
    EditResult,
    Location,
    Selection,
    WrappedDocument,
)

from flowtui.model.errors import Span
from flowtui.ui.widgets.killed_text import KilledText
from flowtui.ui.widgets.query_document import QueryDocument, location_at, offset_at
from flowtui.ui.widgets.undo_history import Caret, Change, UndoHistory, UndoStep


class EditArea(TextArea, inherit_bindings=False):
    """Whoever changes the text from outside does it with `rewrite`: undo brings back what was."""

    document: QueryDocument

    class Refused(Message):
        """Something was asked that can't be done; `reason` is a sentence."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    class Travelled(Message):
        """Undo or redo has put another text here: what was said of the one before is void."""

    def __init__(self, text: str, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        self._steps = UndoHistory()
        self._killed = KilledText()
        # A style of its own for the cursor's line would paint over the colours of the text.
        super().__init__(id=id, soft_wrap=True, max_checkpoints=1, highlight_cursor_line=False)
        self.document = QueryDocument(text)
        self.wrapped_document = WrappedDocument(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        # The height of the first frame, before anything is wrapped.
        self.virtual_size = Size(0, self.wrapped_document.height)
        self.cursor_blink = False

    def refuse(self, reason: str) -> None:
        self.post_message(self.Refused(reason))

    # What happens beside it

    def dismiss(self) -> bool:
        """Close what is open over the text; whether anything was."""
        return False

    def put_away(self) -> None:
        """Close what was offered for the text as it was."""

    def changed(self, change: Change, *, is_typed: bool) -> None:
        """The text has changed; whether that is part of writing."""

    # The text, and the way back to what it was

    @property
    def caret(self) -> Caret:
        anchor, cursor = self.selection
        return offset_at(self.document, anchor), offset_at(self.document, cursor)

    @property
    def offset_of_cursor(self) -> int:
        return offset_at(self.document, self.cursor_location)

    def rewrite(self, text: str, *, cursor: int = 0) -> None:
        """Put another text here, to the letter; one undo brings back this one and its cursor."""
        from flowtui.ui.widgets.editor_edits import rewritten

        self.dismiss()
        self._do(rewritten(self.text, self.caret, text, cursor), is_typed=False)

    def load_text(self, text: str) -> None:
        self.rewrite(text)

    def edit(self, edit: Edit) -> EditResult:
        """A change by the keyboard: letters that follow one another are undone by the word."""
        before, start = self.caret, offset_at(self.document, edit.top)
        result = super().edit(edit)
        change = Change(start, result.replaced_text, edit.text)
        self._steps.record(UndoStep(change, before, self.caret))
        self.changed(change, is_typed=True)
        return result

    def insert_text(self, text: str, span: Span | None = None) -> None:
        """In the place of the selection, or of another part of the text."""
        from flowtui.ui.widgets.editor_edits import replaced

        self.put_away()
        self._do(replaced(self.text, self.caret, span or _span(self.caret), text))

    def seal(self) -> None:
        """What is written next is another word, for undo."""
        self._steps.seal()

    def _do(self, step: UndoStep, *, is_typed: bool = True) -> None:
        """One edit of its own; whether it is part of writing."""
        if step.change == step.change.reversed:
            return
        self._steps.seal()
        self._steps.record(step)
        self._steps.seal()
        self._apply(step, is_typed=is_typed)

    def _apply(self, step: UndoStep, *, is_typed: bool) -> None:
        change, text = step.change, self.text
        start = location_at(text, change.start)
        end = location_at(text, change.start + len(change.removed))
        super().edit(Edit(change.inserted, start, end, maintain_selection_offset=False))
        self.selection = Selection(*(location_at(self.text, offset) for offset in step.after))
        self.record_cursor_width()
        self.changed(change, is_typed=is_typed)

    def undo(self) -> None:
        self._travel(self._steps.undo(), "there is nothing to take back")

    def redo(self) -> None:
        self._travel(self._steps.redo(), "there is nothing to do again")

    def _travel(self, step: UndoStep | None, otherwise: str) -> None:
        self.dismiss()
        if step is not None:
            self._apply(step, is_typed=True)
            self.post_message(self.Travelled())
        else:
            self.refuse(otherwise)

    # Cutting

    def action_kill(self, what: str) -> None:
        """Cut the selection, or else what is named."""
        from flowtui.ui.widgets.editor_edits import KILLS

        text, caret = self.text, self.caret
        span = _span(caret) if caret[0] != caret[1] else KILLS[what](text, caret[1])
        if span[0] < span[1]:
            self._killed.cut(text, span, caret[1])
            self.insert_text("", span)

    def action_yank(self) -> None:
        self.insert_text(self._killed.text or self.app.clipboard)

    def action_cut(self) -> None:
        self.action_kill("line")
        self.app.copy_to_clipboard(self._killed.text)

    def action_copy(self) -> None:
        if not self.selected_text:
            raise SkipAction
        self._killed.copy(self.selected_text)
        super().action_copy()

    # Words and lines

    def action_text_end(self, direction: int, select: bool = False) -> None:
        self.move_cursor((0, 0) if direction < 0 else self.document.end, select)

    def get_cursor_word_left_location(self) -> Location:
        from flowtui.ui.widgets.editor_edits import word_left

        return location_at(self.text, word_left(self.text, self.offset_of_cursor)[0])

    def get_cursor_word_right_location(self) -> Location:
        from flowtui.ui.widgets.editor_edits import word_right

        return location_at(self.text, word_right(self.text, self.offset_of_cursor)[1])

    def action_outdent(self) -> None:
        from flowtui.ui.widgets.editor_edits import outdented

        self.change_lines(outdented)

    def change_lines(self, change: Callable[[Sequence[str]], Sequence[str]]) -> None:
        """Those that the selection touches."""
        from flowtui.ui.widgets.editor_edits import changed_lines

        self.dismiss()
        self._do(changed_lines(self.text, self.caret, change))


def _span(caret: Caret) -> Span:
    return min(caret), max(caret)
