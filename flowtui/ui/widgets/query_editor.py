"""The editor for the query: its colours, its errors, what completes it, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import (
    DocumentNavigator,
    Edit,
    EditResult,
    Location,
    Selection,
    WrappedDocument,
)

from flowtui.model.errors import QueryError, Span, UsageError
from flowtui.ui.widgets.completion_menu import CompletionMenu
from flowtui.ui.widgets.earlier_queries import EarlierTexts, HistoryWalk, no_earlier_texts
from flowtui.ui.widgets.editor_keys import EDITOR_KEYS
from flowtui.ui.widgets.editor_painter import EditorPainter
from flowtui.ui.widgets.faults import Faults
from flowtui.ui.widgets.find_line import FindLine
from flowtui.ui.widgets.killed_text import KilledText
from flowtui.ui.widgets.query_checker import QueryChecker
from flowtui.ui.widgets.query_document import (
    QueryDocument,
    location_at,
    offset_at,
    with_line_feeds,
)
from flowtui.ui.widgets.undo_history import Caret, Change, UndoHistory, UndoStep

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.query.check import Diagnostic

_NO_TEXT = frozenset({"alt", "ctrl", "super", "hyper", "meta"})
"""With one of these held down a letter is a key, whatever character the terminal sends along."""


class QueryEditor(TextArea, inherit_bindings=False):
    """Its border names the `parse` command that flowtui puts before the text, and what is wrong.

    Whoever changes the text from outside does it with `rewrite`, so that undo brings back what was
    there. Up and Down, Enter and Escape are first those of what is open: choices, or a search.
    """

    BINDINGS: ClassVar[list[BindingType]] = EDITOR_KEYS
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "query-editor--command",
        "query-editor--function",
        "query-editor--field",
        "query-editor--word",
        "query-editor--string",
        "query-editor--number",
        "query-editor--comment",
        "query-editor--operator",
        "query-editor--broken",
        "query-editor--error",
        "query-editor--warning",
        "query-editor--error-note",
        "query-editor--warning-note",
        "query-editor--match",
    }
    DEFAULT_CSS = """
    QueryEditor {
        .query-editor--command { color: $primary; text-style: bold; }
        .query-editor--function { color: $secondary; }
        .query-editor--field { color: $foreground; }
        .query-editor--word { color: $primary; }
        .query-editor--string { color: $success; }
        .query-editor--number { color: $accent; }
        .query-editor--comment { color: $text-muted; text-style: italic; }
        .query-editor--operator { color: $foreground; }
        .query-editor--broken { color: $error; }
        .query-editor--error { color: $error; text-style: underline; }
        .query-editor--warning { color: $warning; text-style: underline; }
        .query-editor--error-note { color: $error 70%; text-style: italic; }
        .query-editor--warning-note { color: $warning 70%; text-style: italic; }
        .query-editor--match {
            color: $input-selection-foreground; background: $input-selection-background;
        }
        /* Reversed, as Textual has them, they would be black on black. */
        &:ansi .text-area--cursor { text-style: none; }
        &:ansi .text-area--selection {
            background: $input-selection-background; text-style: none;
        }
        &:ansi .text-area--matching-bracket { text-style: bold underline; }
    }
    """
    flow_format: reactive[FlowFormat | None] = reactive["FlowFormat | None"](None)
    log_class: reactive[str] = reactive("")
    reads: reactive[str] = reactive("")
    """The rows at hand that the query reads, for the border; empty where it reads log groups."""
    document: QueryDocument

    class Refused(Message):
        """Something was asked that can't be done; `reason` is a sentence."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    class Travelled(Message):
        """Undo or redo has put another text here: what was said of the one before is void."""

    class SuggestionTaken(Message):
        """Enter has put what was probably meant in the place of what `finding` points at."""

        def __init__(self, finding: Diagnostic) -> None:
            super().__init__()
            self.finding = finding

    class SuggestionDropped(Message):
        """Something else was done: Enter is a new line again."""

        def __init__(self, finding: Diagnostic) -> None:
            super().__init__()
            self.finding = finding

    def __init__(
        self,
        text: str,
        *,
        earlier: EarlierTexts = no_earlier_texts,
        id: str | None = None,  # noqa: A002  (Textual's name)
    ) -> None:
        self._steps = UndoHistory()
        self._killed = KilledText()
        self._earlier = earlier
        self._walk: HistoryWalk | None = None
        self._offered: Diagnostic | None = None
        """The finding that Enter mends, as the next key only."""
        faults = Faults(self.refuse)
        self._menu = CompletionMenu(self, faults.report)
        self._find_line = FindLine(self, self._tell)
        self._checker = QueryChecker(self, self._tell, faults.report, lambda: self._menu.is_open)
        self._painter = EditorPainter(self, self._checker.findings, self._find_line, faults.report)
        # A style of its own for the cursor's line would paint over the colours of the text.
        super().__init__(id=id, soft_wrap=True, max_checkpoints=1, highlight_cursor_line=False)
        self.document = QueryDocument(text)
        self.wrapped_document = WrappedDocument(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        # The height of the first frame, before anything is wrapped.
        self.virtual_size = Size(0, self.wrapped_document.height)
        self.cursor_blink = False
        self.border_title = "Query"

    def on_mount(self) -> None:
        # Parser, checker and completion are not needed for the first frame.
        self.screen.call_after_refresh(self.settle)

    def refuse(self, reason: str) -> None:
        self.post_message(self.Refused(reason))

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
        self._follow(change, is_typed=True)
        if self._menu.is_open:
            self._offer()
        return result

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
        self._follow(change, is_typed=is_typed)

    def _follow(self, change: Change, *, is_typed: bool) -> None:
        self._find_line.close()
        self._drop_offer()
        self._checker.follow(change, is_typed=is_typed)

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

    # Keys

    async def on_key(self, event: events.Key) -> None:
        """A search and an offer see a key first; then a letter is written, at once."""
        event.prevent_default()
        is_enter = event.key == "enter"
        if self._find_line.press(event.key) or (is_enter and self.take_suggestion()):
            event.stop()
        elif _is_text(event) or is_enter:
            event.stop()
            self._write("\n" if is_enter else event.character or "")
        self._drop_offer()

    def _write(self, text: str) -> None:
        if self._find_line.is_open:
            self._find_line.write(text)
            return
        if text == "\n":
            self._menu.close()
        self.replace(text, *self.selection, maintain_selection_offset=False)
        if text != "\n" and not self._menu.is_open:
            self._offer()

    async def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        text = with_line_feeds(event.text)
        if self._find_line.is_open:
            self._find_line.write(text)
        else:
            self._insert(text)

    def _insert(self, text: str, span: Span | None = None) -> None:
        """In the place of the selection, or of another part of the text."""
        from flowtui.ui.widgets.editor_edits import replaced

        self._menu.close()
        self._do(replaced(self.text, self.caret, span or _span(self.caret), text))

    def move_cursor(
        self,
        location: Location,
        select: bool = False,
        center: bool = False,
        record_width: bool = True,
    ) -> None:
        super().move_cursor(location, select, center, record_width)
        if self.is_mounted:
            self._leave()

    def on_mouse_down(self) -> None:
        self._leave()

    def _leave(self) -> None:
        """The cursor goes elsewhere: what is written next is another word."""
        self._steps.seal()
        self._drop_offer()
        self._menu.close()
        self._find_line.close()
        self._checker.rest()

    def watch_selection(self) -> None:
        if self.is_mounted:
            self._tell()

    def on_blur(self) -> None:
        self.dismiss()

    def dismiss(self) -> bool:
        """Close the choices, the search and the offer; whether there were any."""
        return any([self._close_menu(), self._find_line.close(), self._drop_offer()])

    def _close_menu(self) -> bool:
        """A user who chooses nothing has written the word."""
        was_open = self._menu.close()
        if was_open:
            self._checker.rest()
        return was_open

    def reach(self) -> None:
        """Take the focus; with it already, go to the end of the line, as readline's ctrl+e does."""
        if self.has_focus:
            self.action_cursor_line_end()
        else:
            self.focus()

    # Cutting, words, lines, layout

    def action_kill(self, what: str) -> None:
        """Cut the selection, or else what is named."""
        from flowtui.ui.widgets.editor_edits import KILLS

        text, caret = self.text, self.caret
        span = _span(caret) if caret[0] != caret[1] else KILLS[what](text, caret[1])
        if span[0] < span[1]:
            self._killed.cut(text, span, caret[1])
            self._insert("", span)

    def action_yank(self) -> None:
        self._insert(self._killed.text or self.app.clipboard)

    def action_cut(self) -> None:
        self.action_kill("line")
        self.app.copy_to_clipboard(self._killed.text)

    def action_copy(self) -> None:
        if not self.selected_text:
            raise SkipAction
        self._killed.copy(self.selected_text)
        super().action_copy()

    def action_text_end(self, direction: int, select: bool = False) -> None:
        self.move_cursor((0, 0) if direction < 0 else self.document.end, select)

    def get_cursor_word_left_location(self) -> Location:
        from flowtui.ui.widgets.editor_edits import word_left

        return location_at(self.text, word_left(self.text, self.offset_of_cursor)[0])

    def get_cursor_word_right_location(self) -> Location:
        from flowtui.ui.widgets.editor_edits import word_right

        return location_at(self.text, word_right(self.text, self.offset_of_cursor)[1])

    def action_format(self) -> None:
        from flowtui.query.formatting import format_query, same_place

        text = self.text
        try:
            formatted = format_query(text)
        except QueryError as error:
            self.dismiss()
            self.refuse(f"not formatted: {error}")
        else:
            self.rewrite(formatted, cursor=same_place(text, self.offset_of_cursor, formatted))

    def action_comment(self) -> None:
        from flowtui.query.formatting import toggled_comment

        self._change_lines(toggled_comment)

    def action_outdent(self) -> None:
        from flowtui.ui.widgets.editor_edits import outdented

        self._change_lines(outdented)

    def _change_lines(self, change: Callable[[Sequence[str]], Sequence[str]]) -> None:
        from flowtui.ui.widgets.editor_edits import changed_lines

        self.dismiss()
        self._do(changed_lines(self.text, self.caret, change))

    # Completion

    def action_accept(self) -> None:
        """What is offered; where nothing is, what can be written here, or else an indent."""
        from flowtui.ui.widgets.editor_edits import INDENT, indented

        if self._menu.is_open:
            if (taken := self._menu.take()) is not None:
                self._insert(*taken)
        elif not self.selection.is_empty:
            self._change_lines(indented)
        elif self._is_at_margin or not self._offer(is_asked=True):
            self._insert(INDENT)

    @property
    def _is_at_margin(self) -> bool:
        """Whether the cursor stands in the blanks before a line of a query that is begun."""
        row, column = self.cursor_location
        return bool(self.text.strip()) and not self.document.get_line(row)[:column].strip()

    def action_complete(self) -> None:
        self._offer(is_asked=True)

    def _offer(self, *, is_asked: bool = False) -> bool:
        return self._menu.offer(self.offset_of_cursor, self.flow_format, is_asked=is_asked)

    def action_cursor_up(self, select: bool = False) -> None:
        if not self._menu.move(-1):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if not self._menu.move(1):
            super().action_cursor_down(select)

    def on_resize(self) -> None:
        """A longer text makes the editor higher; the choices go with the cursor."""
        self.call_after_refresh(lambda: self._menu.follow(self.offset_of_cursor))

    # Search, earlier queries

    def action_find(self) -> None:
        self._close_menu()
        self._steps.seal()
        self._find_line.open(min(self.caret))

    async def action_earlier(self, step: int) -> None:
        """A query further back in the history, or with -1 one nearer to what one began with."""
        if self._walk is None or self._walk.text != self.text:
            try:
                texts = await self._earlier() if step > 0 else ()
            except UsageError as error:
                self.refuse(str(error))
                return
            self._walk = HistoryWalk.begun(self.text, texts, self.offset_of_cursor)
        moved = self._walk.moved(step)
        if moved == self._walk:
            self.refuse(f"there is no {'earlier' if step > 0 else 'later'} query")
            return
        self._walk = moved
        self.rewrite(moved.text, cursor=moved.cursor)

    # What is wrong

    def watch_flow_format(self, before: FlowFormat | None, now: FlowFormat | None) -> None:
        if before != now:
            self._checker.flow_format = now
            self._checker.check()

    def watch_reads(self) -> None:
        self._tell()

    def watch_log_class(self, before: str, now: str) -> None:
        if before != now:
            self._checker.log_class = now
            self._checker.check()

    def settle(self) -> None:
        """Check the text at once, and show all that is wrong."""
        self._checker.settle()

    def point_at(self, span: Span) -> None:
        """Put the cursor there, and show what is wrong."""
        self.focus()
        self.move_cursor(location_at(self.text, span[0]))
        self.settle()

    def offer(self, finding: Diagnostic) -> None:
        """Point at what is wrong; if it is known what was meant, Enter as the next key takes it."""
        self.point_at(finding.span)
        self._offered = finding if finding.suggestion else None

    def take_suggestion(self) -> bool:
        """Write what was meant in the place of what is wrong; whether that was offered."""
        finding, self._offered = self._offered, None
        if finding is None:
            return False
        self._insert(finding.suggestion, finding.span)
        self.post_message(self.SuggestionTaken(finding))
        return True

    def _drop_offer(self) -> bool:
        finding, self._offered = self._offered, None
        if finding is not None:
            self.post_message(self.SuggestionDropped(finding))
        return finding is not None

    # What is drawn

    def _tell(self) -> None:
        """On the borders; what is found and what is wrong is drawn in the text."""
        title, found = self._checker.title, self._find_line.describe()
        if self.border_title != title.markup:
            self.border_title = title
        subtitle = Content(found or self.reads or self._checker.prelude)
        if self.border_subtitle != subtitle.markup:
            self.border_subtitle = subtitle
        self.refresh()

    def notify_style_update(self) -> None:
        self._painter.forget()
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._painter.begin()
        # Not TextArea's: it looks up the styles of a theme anew for each frame.
        return super(TextArea, self).render_lines(crop)

    def render_line(self, y: int) -> Strip:
        return self._painter.draw(y)


def _is_text(event: events.Key) -> bool:
    return event.is_printable and not _NO_TEXT.intersection(event.key.split("+")[:-1])


def _span(caret: Caret) -> Span:
    return min(caret), max(caret)
