"""The editor for the query: its colours, its errors, what completes it, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult, Location

from flowtui.model.errors import QueryError, Span, UsageError
from flowtui.ui.widgets.completion_menu import CompletionMenu
from flowtui.ui.widgets.earlier_queries import EarlierTexts, HistoryWalk, no_earlier_texts
from flowtui.ui.widgets.edit_area import EditArea
from flowtui.ui.widgets.editor_keys import EDITOR_KEYS
from flowtui.ui.widgets.editor_painter import EditorPainter
from flowtui.ui.widgets.faults import Faults
from flowtui.ui.widgets.find_line import FindLine
from flowtui.ui.widgets.query_checker import QueryChecker
from flowtui.ui.widgets.query_document import location_at, with_line_feeds
from flowtui.ui.widgets.undo_history import Change

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.query.check import Diagnostic

_NO_TEXT = frozenset({"alt", "ctrl", "super", "hyper", "meta"})
"""With one of these held down a letter is a key, whatever character the terminal sends along."""

_BESIDE_TEXT = 6
"""Cells for border and padding, the scrollbar, and a cursor at the end of a line."""


class QueryEditor(EditArea, inherit_bindings=False):
    """Its border names the `parse` command that flowtui puts before the text, and what is wrong.

    Up and Down, Enter and Escape are first those of what is open: choices, or a search.
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
        "query-editor--aside",
    }
    DEFAULT_CSS = """
    QueryEditor {
        scrollbar-size-vertical: 1;
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
        .query-editor--aside { color: $text-muted; }
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
    is_folded: reactive[bool] = reactive(default=False)
    """Whether it is one line, without a border: another panel has the focus."""
    reads: reactive[str] = reactive("")
    """The rows at hand that the query reads, for the border; empty where it reads log groups."""

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
        self._earlier = earlier
        self._walk: HistoryWalk | None = None
        self._is_one_line = False
        """Whether it has the size of one that is folded: what is clicked is the line."""
        self._offered: Diagnostic | None = None
        """The finding that Enter mends, as the next key only."""
        faults = Faults(self.refuse)
        self._menu = CompletionMenu(self, faults.report)
        self._find_line = FindLine(self, self._tell)
        self._checker = QueryChecker(self, self._tell, faults.report, lambda: self._menu.is_open)
        self._painter = EditorPainter(self, self._checker.findings, self._find_line, faults.report)
        super().__init__(text, id=id)
        self.border_title = "Query"

    def on_mount(self) -> None:
        # Parser, checker and completion are not needed for the first frame.
        self.screen.call_after_refresh(self.settle)
        self.watch(self.screen, "focused", self._give_room, init=False)

    def _give_room(self, focused: Widget | None) -> None:
        """Fold for the panel that has the focus; when the terminal loses it, no panel has."""
        if focused is not None:
            self.is_folded = focused is not self

    def watch_is_folded(self, is_folded: bool) -> None:
        self.set_class(is_folded, "-folded")

    # What happens beside the text

    def edit(self, edit: Edit) -> EditResult:
        result = super().edit(edit)
        if self._menu.is_open:
            self._offer()
        return result

    def changed(self, change: Change, *, is_typed: bool) -> None:
        self._find_line.close()
        self._drop_offer()
        self._checker.follow(change, is_typed=is_typed)

    def put_away(self) -> None:
        self._menu.close()

    def dismiss(self) -> bool:
        """Close the choices, the search and the offer; whether there were any."""
        return any([self._close_menu(), self._find_line.close(), self._drop_offer()])

    def _close_menu(self) -> bool:
        """A user who chooses nothing has written the word."""
        was_open = self._menu.close()
        if was_open:
            self._checker.rest()
        return was_open

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
            self.insert_text(text)

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

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """On the one line that it was folded to no place of the text can be clicked."""
        if self._is_one_line:
            event.prevent_default()
        self._leave()

    def _leave(self) -> None:
        """The cursor goes elsewhere: what is written next is another word."""
        self.seal()
        self._drop_offer()
        self._menu.close()
        self._find_line.close()
        self._checker.rest()

    def watch_selection(self) -> None:
        if self.is_mounted:
            self._tell()

    def on_blur(self) -> None:
        self.dismiss()

    def reach(self) -> None:
        """Take the focus; with it already, go to the end of the line, as readline's ctrl+e does."""
        if self.has_focus:
            self.action_cursor_line_end()
        else:
            self.focus()

    # Layout

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

        self.change_lines(toggled_comment)

    # Completion

    def action_accept(self) -> None:
        """What is offered; where nothing is, what can be written here, or else an indent."""
        from flowtui.ui.widgets.editor_edits import INDENT, indented

        if self._menu.is_open:
            if (taken := self._menu.take()) is not None:
                self.insert_text(*taken)
        elif not self.selection.is_empty:
            self.change_lines(indented)
        elif self._is_at_margin or not self._offer(is_asked=True):
            self.insert_text(INDENT)

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
        self._is_one_line = self.is_folded
        self.call_after_refresh(lambda: self._menu.follow(self.offset_of_cursor))

    # Search, earlier queries

    def action_find(self) -> None:
        self._close_menu()
        self.seal()
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
        self.insert_text(finding.suggestion, finding.span)
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
        title = self._checker.title
        if self.border_title != title.markup:
            self.border_title = title
        subtitle = Content(self._aside)
        if self.border_subtitle != subtitle.markup:
            self.border_subtitle = subtitle
        self.refresh()

    @property
    def wrap_width(self) -> int:
        """The same whether it is folded, and whether there is a scrollbar: neither wraps anew."""
        return max(0, self.outer_size.width - _BESIDE_TEXT)

    @property
    def _aside(self) -> str:
        return self._find_line.describe() or self.reads or self._checker.prelude

    def notify_style_update(self) -> None:
        self._painter.forget()
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._painter.begin()
        # Not TextArea's: it looks up the styles of a theme anew for each frame.
        return super(TextArea, self).render_lines(crop)

    def render_line(self, y: int) -> Strip:
        if self.is_folded:
            return self._painter.draw_folded(
                self._checker.title, self._aside, must_be_seen=bool(self.reads)
            )
        return self._painter.draw(y)


def _is_text(event: events.Key) -> bool:
    return event.is_printable and not _NO_TEXT.intersection(event.key.split("+")[:-1])
