"""The editor for the query, with its colours from the lexer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.reactive import reactive
from textual.widgets import TextArea

from flowtui.query.highlight import Piece, highlight
from flowtui.ui.text import clean

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat


class QueryEditor(TextArea):
    """Its border names the `parse` command that flowtui puts before the text."""

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
        .query-editor--broken { color: $error; text-style: underline; }
    }
    """

    flow_format: reactive[FlowFormat | None] = reactive["FlowFormat | None"](None)

    def __init__(self, text: str, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(
            text,
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            theme="css",
            # It would paint over the colours of the line.
            highlight_cursor_line=False,
        )
        self.cursor_blink = False
        self.border_title = "Query"
        self._read: tuple[str, dict[int, list[Piece]]] = ("", {})

    def get_line(self, line_index: int) -> Text:
        """The line with its colours; Textual documents this as the place for them."""
        line = Text(_drawable(self.document.get_line(line_index)), end="", no_wrap=True)
        for piece in self._pieces().get(line_index, []):
            style = self.get_component_rich_style(f"query-editor--{piece.role}", partial=True)
            line.stylize(style, piece.start, piece.end)
        return line

    def _pieces(self) -> dict[int, list[Piece]]:
        """The pieces of each line; the text is read once for all its lines."""
        if self._read[0] != self.text:
            self._read = (self.text, _by_line(self.text))
        return self._read[1]

    def watch_flow_format(self) -> None:
        self.name_prelude()

    @on(TextArea.Changed)
    def name_prelude(self) -> None:
        """Say on the border what is put before the text."""
        self.border_subtitle = ""
        if self.flow_format is None:
            return
        # The parser is not needed for the first frame, when no format is known yet.
        from flowtui.query.prelude import prelude

        if prelude(self.text, self.flow_format):
            count = len(self.flow_format.fields)
            self.border_subtitle = f"parse: {count} fields (F3 shows it)"


def _drawable(line: str) -> str:
    """`line` with nothing that steers the terminal; TextArea lays out the tabs itself."""
    return "\t".join(map(clean, line.split("\t")))


def _by_line(text: str) -> dict[int, list[Piece]]:
    lines: dict[int, list[Piece]] = {}
    starts = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
    number = 0
    for piece in highlight(text):
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
