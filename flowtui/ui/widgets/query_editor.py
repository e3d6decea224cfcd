"""The editor for the query: its colours, its errors, and what completes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer
from textual.widgets import TextArea
from textual.widgets.text_area import (
    DocumentNavigator,
    EditResult,
    Location,
    Selection,
    WrappedDocument,
)

from flowtui.query.highlight import Piece, highlight
from flowtui.ui.text import clean
from flowtui.ui.widgets.key_bar import MORE
from flowtui.ui.widgets.query_document import QueryDocument, with_line_feeds

if TYPE_CHECKING:
    from textual.document._edit import Edit

    from flowtui.flowlogs.format import FlowFormat
    from flowtui.query.check import Diagnostic
    from flowtui.query.complete import Completion
    from flowtui.ui.widgets.choice_list import ChoiceList


class QueryEditor(TextArea):
    """Its border names the `parse` command that flowtui puts before the text, and what is wrong.

    A choice list opens while a word is typed; only then Tab, Escape, Up and Down are its keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+x", "app.leader", "Menu", id="leader",
            tooltip="All that can be done here, each by one letter",
        ),
        Binding(
            "f10", "format", "Format", id="format", key_display="F10", group=MORE,
            tooltip="Lay the query out, one command a line",
        ),
        Binding(
            "ctrl+underscore,ctrl+slash", "comment", "Comment", id="comment", show=False,
            key_display="^/", tooltip="Make the lines comments, or undo that",
        ),
        Binding(
            "ctrl+@,ctrl+space", "complete", "Complete", id="complete", show=False,
            key_display="^space", tooltip="What can be written here; Tab takes it",
        ),
        Binding(
            "f2", "select_all", "Select all", id="select_all", show=False, key_display="F2",
            tooltip="All of the query, to write another in its place",
        ),
        Binding("tab", "accept", "Take the choice", id="accept", show=False),
    ]  # fmt: skip
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
    }
    """
    REST: ClassVar[float] = 0.5
    """So many seconds without a key, and the errors of an unfinished command show too."""

    flow_format: reactive[FlowFormat | None] = reactive["FlowFormat | None"](None)

    class Refused(Message):
        """Something was asked that can't be done; `reason` is a sentence."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    def __init__(self, text: str, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        # A style of its own for the cursor's line would paint over the colours of the text.
        super().__init__(
            id=id, soft_wrap=True, tab_behavior="focus", theme="css", highlight_cursor_line=False
        )
        self.document = QueryDocument(text)
        self.wrapped_document = WrappedDocument(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        # The height of the first frame, before anything is wrapped.
        self.virtual_size = Size(0, self.wrapped_document.height)
        self.cursor_blink = False
        self.border_title = "Query"
        self._read: tuple[str, dict[int, list[Piece]]] = ("", {})
        self._checked = ""
        self._findings: tuple[Diagnostic, ...] = ()
        self._shown: tuple[Diagnostic, ...] = ()
        self._marks: dict[int, list[Piece]] = {}
        self._rest: Timer | None = None
        self._edited_at: Location | None = None
        """Where the last edit has left the cursor; None once it was moved."""
        self._choices: ChoiceList | None = None
        self._completion: tuple[str, Completion] | None = None
        """What is offered, and for which text; None while nothing is."""

    def on_mount(self) -> None:
        # Parser, checker and completion are not needed for the first frame.
        self.screen.call_after_refresh(self.read_again)

    # The text

    @property
    def offset_of_cursor(self) -> int:
        return self._offset(self.cursor_location)

    def load_text(self, text: str) -> None:
        """Take another text, to the letter; there is no undo behind it."""
        self.replace(text, (0, 0), self.document.end)
        self.history.clear()
        self._edited_at = None
        self.move_cursor((0, 0))
        self._come_to_rest()

    def rewrite(self, text: str) -> None:
        """Take another text; undo gives back the one that was there."""
        self.dismiss()
        self.history.checkpoint()
        self.replace(with_line_feeds(text), (0, 0), self.document.end)
        self.history.checkpoint()
        self._edited_at = None
        self.move_cursor((0, 0))
        self._come_to_rest()

    def edit(self, edit: Edit) -> EditResult:
        result = super().edit(edit)
        self._edited_at = self.cursor_location
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(self.REST, self._come_to_rest)
        return result

    async def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.replace(with_line_feeds(event.text), *self.selection, maintain_selection_offset=False)

    def _offset(self, location: Location) -> int:
        row, column = location
        return sum(len(line) + 1 for line in self.document.lines[:row]) + column

    def _location(self, offset: int) -> Location:
        before = self.text[:offset]
        return before.count("\n"), offset - before.rfind("\n") - 1

    def offer(self, finding: Diagnostic) -> None:
        """Go to where the query is wrong."""
        self.move_cursor(self._location(finding.span[0]))
        self.focus()

    # Colours and errors

    def get_line(self, line_index: int) -> Text:
        """The line with its colours; Textual documents this as the place for them."""
        line = Text(_drawable(self.document.get_line(line_index)), end="", no_wrap=True)
        marks = self._marks.get(line_index, []) if self._checked == self.text else []
        for piece in (*self._pieces().get(line_index, []), *marks):
            # A partial style knows no background, and a muted colour is muted against one.
            style = self.get_component_rich_style(f"query-editor--{piece.role}")
            line.stylize(style, piece.start, piece.end)
        return line

    def _pieces(self) -> dict[int, list[Piece]]:
        """The pieces of each line; the text is read once for all its lines."""
        if self._read[0] != self.text:
            self._read = (self.text, _by_line(self.text, highlight(self.text)))
        return self._read[1]

    def watch_flow_format(self, before: FlowFormat | None, now: FlowFormat | None) -> None:
        if before != now:
            self.read_again()

    @on(TextArea.Changed)
    def read_again(self) -> None:
        """Check the text, say on the border what is put before it, and go on completing."""
        self._name_prelude()
        self._check()
        if self._completion is not None and self._completion[0] != self.text:
            self._offer()

    def _name_prelude(self) -> None:
        self.border_subtitle = ""
        if self.flow_format is None:
            return
        from flowtui.query.prelude import prelude

        if prelude(self.text, self.flow_format):
            count = len(self.flow_format.fields)
            self.border_subtitle = f"parse: {count} fields (F3 shows it)"

    def _check(self) -> None:
        from flowtui.query.check import check

        text = self.text
        pieces = chain.from_iterable(self._pieces().values())
        # Nothing is wrong with a query that nobody has begun.
        is_begun = any(piece.role != "comment" for piece in pieces)
        self._findings = check(text, self.flow_format) if is_begun else ()
        self._checked = text
        self._show_findings()

    def _come_to_rest(self) -> None:
        """No one types any more."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = None
        if self._checked == self.text:
            self._show_findings()

    def _show_findings(self) -> None:
        """Underline what is wrong, but nothing new where a command is being written."""
        from flowtui.ui.widgets.findings import place_of, settled

        findings = self._findings
        if self._rest is not None or self._completion is not None:
            findings = settled(findings, self._shown, self.text, self.offset_of_cursor)
        self._shown = findings
        spans = ((place_of(self.text, each.span), each.severity) for each in findings)
        pieces = sorted((start, end, role.value) for (start, end), role in spans)
        marks = _by_line(self.text, (Piece(*piece) for piece in pieces))
        if marks != self._marks:
            self._marks = marks
            self.notify_style_update()
            self.refresh()
        self._entitle()

    def _entitle(self) -> None:
        from flowtui.ui.widgets.findings import summary

        found = summary(self._shown, self.offset_of_cursor)
        title = Content.assemble("Query  ", found) if found else Content("Query")
        if self.border_title != title.markup:
            self.border_title = title

    @on(TextArea.SelectionChanged)
    def follow_cursor(self) -> None:
        """Only an edit moves the cursor and leaves the choices open."""
        if self.cursor_location != self._edited_at:
            self._edited_at = None
            self.dismiss()
            self._come_to_rest()

    # Completion

    async def _on_key(self, event: events.Key) -> None:
        await super()._on_key(event)
        if event.is_printable:
            self._offer()
        elif event.key == "enter":
            self.dismiss()

    def action_complete(self) -> None:
        self._offer(is_asked=True)

    def _offer(self, *, is_asked: bool = False) -> None:
        """Show what can be written at the cursor, if the user has begun a word or asks for it."""
        from flowtui.query.complete import complete

        text, cursor = self.text, self.offset_of_cursor
        completion = complete(text, cursor, self.flow_format)
        is_at_end = not text[cursor : cursor + 1].isidentifier()
        is_begun = completion.span[0] < cursor and is_at_end
        if completion.choices and (is_asked or is_begun or completion.is_eager):
            self._completion = (text, completion)
            x, y = self.cursor_screen_offset
            self._open(Offset(x - (cursor - completion.span[0]) - 1, y))
        else:
            self.dismiss()

    def _open(self, cursor: Offset) -> None:
        if self._completion is None:
            return
        if self._choices is None:
            from flowtui.ui.widgets.choice_list import ChoiceList

            self._choices = ChoiceList()
            self.screen.mount(self._choices)
        self._choices.open(self._completion[1].choices, cursor)

    def dismiss(self) -> bool:
        """Close the choices; whether there were any."""
        was_open, self._completion = self._completion is not None, None
        if was_open and self._choices is not None:
            self._choices.close()
            if self._checked == self.text:
                self._show_findings()
        return was_open

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tab leaves the editor where there is no choice to take."""
        if action == "accept":
            return self._completion is not None
        return super().check_action(action, parameters)

    def action_accept(self) -> None:
        offered, choice = self._completion, self._choices.chosen if self._choices else None
        self.dismiss()
        if offered is None or choice is None or offered[0] != self.text:
            return
        start, end = map(self._location, offered[1].span)
        self.history.checkpoint()
        self.replace(choice.insert, start, end, maintain_selection_offset=False)
        self.history.checkpoint()

    def action_cursor_up(self, select: bool = False) -> None:
        if not self._move_in_choices(-1):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if not self._move_in_choices(1):
            super().action_cursor_down(select)

    def _move_in_choices(self, step: int) -> bool:
        """Among several; past a single one the cursor goes on its way."""
        if (
            self._completion is None
            or self._choices is None
            or len(self._completion[1].choices) < 2
        ):
            return False
        self._choices.move(step)
        return True

    def on_blur(self) -> None:
        self.dismiss()

    def on_resize(self) -> None:
        """A longer text makes the editor higher; the choices go with the cursor."""
        self.call_after_refresh(self._offer_again)

    def _offer_again(self) -> None:
        if self._completion is not None:
            self._offer(is_asked=True)

    # Layout and comments

    def action_format(self) -> None:
        from flowtui.model.errors import QueryError
        from flowtui.query.formatting import format_query, same_place

        self.dismiss()
        text = self.text
        try:
            formatted = format_query(text)
        except QueryError as error:
            self.post_message(self.Refused(f"not formatted: {error}"))
            return
        if formatted != text:
            offset = same_place(text, self.offset_of_cursor, formatted)
            self.replace(formatted, (0, 0), self.document.end)
            self.move_cursor(self._location(offset))

    def action_comment(self) -> None:
        from flowtui.query.formatting import toggled_comment

        self.dismiss()
        selection = self.selection
        first, last = sorted((selection.start[0], selection.end[0]))
        lines = self.document.lines[first : last + 1]
        toggled = toggled_comment(lines)
        self.replace("\n".join(toggled), (first, 0), (last, len(lines[-1])))
        grown = [len(after) - len(before) for before, after in zip(lines, toggled, strict=True)]
        self.selection = Selection(
            *((row, max(0, column + grown[row - first])) for row, column in selection)
        )


def _drawable(line: str) -> str:
    """`line` with nothing that steers the terminal; TextArea lays out the tabs itself."""
    return "\t".join(map(clean, line.split("\t")))


def _by_line(text: str, pieces: Iterable[Piece]) -> dict[int, list[Piece]]:
    lines: dict[int, list[Piece]] = {}
    starts = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
    number = 0
    for piece in pieces:
        while number + 1 < len(starts) and starts[number + 1] <= piece.start:
            number += 1
        for line, part in _split(piece, starts, number):
            lines.setdefault(line, []).append(part)
    return lines


def _split(piece: Piece, starts: list[int], number: int) -> Iterator[tuple[int, Piece]]:
    """A piece as one piece a line: a text or a regular expression may span several."""
    while number < len(starts) and starts[number] < piece.end:
        start = starts[number]
        yield number, Piece(max(0, piece.start - start), piece.end - start, piece.role)
        number += 1
