"""How the rows of the editor are drawn.

Textual draws a line anew for each row that it wraps to, and all rows after each key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from itertools import chain, groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.content import Content
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Location, Selection, WrappedDocument

from flowtui.model.frozen import frozen
from flowtui.query.highlight import Piece, highlight
from flowtui.query.one_line import one_line
from flowtui.ui.text import clean, fitted
from flowtui.ui.widgets.editor_colours import Colours, Pieces
from flowtui.ui.widgets.faults import Report, safely
from flowtui.ui.widgets.find_line import FindLine
from flowtui.ui.widgets.findings import SYMBOLS, ShownFindings
from flowtui.ui.widgets.query_document import offset_at

Layer = tuple[int, int, Style]
"""A style and what it covers: columns of a line from the first up to the second."""

TAB = 4
"""Cells from one tab stop to the next."""
MOST_DRAWN = 200
"""Rows that are kept as they were drawn."""
GAP = 2
"""Cells between a line and the note after it."""
WIDE = 100
"""From so many cells on, what stands beside a folded query is always shown."""
SHORTEST_NOTE = 12
"""Cells; where there is less room, the mark of the note stands alone."""


class EditorPainter:
    """Draws what shows of a text area; a row that looks as before is not drawn again."""

    def __init__(
        self,
        area: TextArea,
        findings: ShownFindings,
        find_line: FindLine,
        report: Report,
    ) -> None:
        self._area = area
        self._findings = findings
        self._find_line = find_line
        self._report = report
        self._colours = Colours()
        self._styles: dict[str, Style] = {}
        self._drawn: LRUCache[object, Strip] = LRUCache(MOST_DRAWN)
        self._frame = Frame()

    def forget(self) -> None:
        """The colours have changed."""
        self._styles.clear()
        self._drawn.clear()

    def begin(self) -> None:
        """Look at the area once for all rows of a frame."""
        area = self._area
        shown = rows(area.wrapped_document, area.scroll_offset.y, area.size.height)
        self._frame = Frame(
            shown,
            self._pieces(shown),
            area.scrollable_content_region.width,
            area.selection,
            area.matching_bracket_location,
            area.has_focus,
        )

    def _pieces(self, shown: Sequence[Row]) -> Pieces:
        if not shown:
            return {}
        text, document = self._area.text, self._area.document
        start = offset_at(document, (shown[0].line, shown[0].start))
        end = offset_at(document, (shown[-1].line, shown[-1].end))
        return safely(lambda: self._colours.of(text, start, end), {}, self._report)

    def draw(self, y: int) -> Strip:
        """The row at `y` of those that show."""
        frame, base = self._frame, self._style("")
        if y >= len(frame.rows):
            return Strip.blank(frame.width, base)
        row = frame.rows[y]
        # A cell more than the text has: for the cursor, or a selection that goes on.
        text = self._area.document.get_line(row.line)[row.start : row.end] + " " * row.is_last
        layers, note = tuple(self._layers(row)), self._note(row)
        key = text, layers, note, frame.width
        strip = self._drawn.get(key)
        if strip is None:
            strip = self._drawn[key] = paint(text, layers, base, frame.width, note)
        return strip

    def draw_folded(self, title: Content, aside: str, *, must_be_seen: bool) -> Strip:
        """The query on one line, after its title; `aside` stands at the end.

        On a narrow screen only where it has room or must be seen.
        """
        width, base = self._area.scrollable_content_region.width, self._style("")
        said = f"{clean(title.plain)}  "
        text = clean(one_line(self._area.text))
        room = width - cell_len(said)
        rest = room - cell_len(text) - GAP
        short = aside.partition(" (")[0]
        note = aside if cell_len(aside) <= rest else short
        if cell_len(note) > rest and width < WIDE and not must_be_seen:
            note = ""
        shown = fitted(text, room - cell_len(note) - GAP * bool(note))
        key = said, text, note, width, title.markup
        strip = self._drawn.get(key)
        if strip is None:
            nothing: list[Piece] = []
            pieces = safely(lambda: [*highlight(shown)], nothing, self._report)
            layers = [
                (start, end, self._style(f"query-editor--{role}")) for start, end, role in pieces
            ]
            muted = self._style("query-editor--aside")
            told = paint(shown, layers, base, width - cell_len(said) - cell_len(note))
            ends = [Strip([Segment(each, muted)]) for each in (said, note)]
            strip = self._drawn[key] = Strip.join([ends[0], told, ends[1]]).crop(0, width)
        return strip

    def _layers(self, row: Row) -> Iterator[Layer]:
        """The layers of a row's colours: language, errors, matches, selection, cursor."""
        pieces = self._frame.pieces.get(row.line, ())
        marks = self._findings.marks.get(row.line, ())
        matches = self._find_line.matches.get(row.line, ())
        for start, end, role in chain(pieces, marks, matches):
            if start < row.end and end > row.start:
                yield start - row.start, end - row.start, self._style(f"query-editor--{role}")
        selection = self._frame.selection
        if not selection.is_empty:
            (top, left), (bottom, right) = sorted(selection)
            if top <= row.line <= bottom:
                start = left if row.line == top else 0
                end = right if row.line == bottom else row.end + 1
                yield start - row.start, end - row.start, self._style("text-area--selection")
        yield from self._cursor(row)

    def _cursor(self, row: Row) -> Iterator[Layer]:
        frame = self._frame
        if frame.bracket is not None and frame.selection.is_empty:
            yield from _cell(row, frame.bracket, self._style("text-area--matching-bracket"))
            yield from _cell(row, frame.selection.end, self._style("text-area--matching-bracket"))
        if frame.has_cursor:
            yield from _cell(row, frame.selection.end, self._style("text-area--cursor"))

    def _note(self, row: Row) -> Note | None:
        """The worst error of a line, after it."""
        finding = self._findings.notes.get(row.line) if row.is_last else None
        if finding is None:
            return None
        style = self._style(f"query-editor--{finding.severity}-note")
        meant = f"did you mean {finding.suggestion}?" if finding.suggestion else ""
        return Note(SYMBOLS[finding.severity], finding.message, style, meant)

    def _style(self, name: str) -> Style:
        """Of a part of the area; of all of it where there is no name."""
        if name not in self._styles:
            # A partial style knows no background, and a muted colour is muted against one.
            whole = self._area.rich_style
            self._styles[name] = self._area.get_component_rich_style(name) if name else whole
        return self._styles[name]


def _cell(row: Row, location: Location, style: Style) -> Iterator[Layer]:
    line, column = location
    if line == row.line and row.start <= column and (column < row.end or row.is_last):
        yield column - row.start, column - row.start + 1, style


class Row(NamedTuple):
    """A part of a line as wrapping cuts it: the columns from `start` up to `end`."""

    line: int
    start: int
    end: int
    is_last: bool


_NOTHING_SELECTED = Selection()


@frozen
class Frame:
    """The view of a text area: to ask it for each row takes longer than to draw."""

    rows: Sequence[Row] = ()
    pieces: Pieces = field(default_factory=dict)
    width: int = 0
    selection: Selection = _NOTHING_SELECTED
    bracket: Location | None = None
    has_cursor: bool = False


def rows(wrapped: WrappedDocument, first: int, count: int) -> list[Row]:
    """So many rows from `first` on; fewer where there are no more."""
    found: list[Row] = []
    y = 0
    for line, text in enumerate(wrapped.document.lines):
        offsets = wrapped.get_offsets(line)
        y += len(offsets) + 1
        if y > first:
            bounds = (0, *offsets, len(text))
            parts = enumerate(pairwise(bounds))
            found += (Row(line, *part, is_last=at == len(offsets)) for at, part in parts)
        if y >= first + count:
            break
    skipped = len(found) - max(0, y - first)
    return found[skipped : skipped + count]


@frozen
class Note:
    """The note after a line, which is no part of it."""

    mark: str
    text: str
    style: Style
    short: str = ""
    """Its most important part, where the whole has no room."""

    def fitting(self, width: int) -> str:
        """As much as has room, and never a second row."""
        if width < SHORTEST_NOTE:
            return self.mark if width >= cell_len(self.mark) else ""
        texts = [f"{self.mark} {clean(text)}" for text in (self.text, self.short) if text]
        fits = (text for text in texts if cell_len(text) <= width)
        return next(fits, set_cell_size(texts[0], width - 1) + "…")


def paint(
    text: str, layers: Iterable[Layer], base: Style, width: int, note: Note | None = None
) -> Strip:
    """A row as wide as the editor: the later a layer, the more it counts."""
    segments = [*_segments(text, layers, base)]
    used = sum(cell_len(segment.text) for segment in segments)
    said = note.fitting(width - used - GAP) if note is not None else ""
    if note is not None and said:
        segments += [Segment(" " * GAP, base), Segment(said, base + note.style)]
        used += GAP + cell_len(said)
    segments.append(Segment(" " * max(0, width - used), base))
    return Strip(segments).crop(0, width)


def _segments(text: str, layers: Iterable[Layer], base: Style) -> Iterator[Segment]:
    """The text without what could steer the terminal; each character has its layers' styles."""
    styles = [base] * len(text)
    for start, end, style in layers:
        for column in range(max(0, start), min(end, len(text))):
            styles[column] += style
    characters = zip(_shown(text), styles, strict=True)
    for style, run in groupby(characters, key=itemgetter(1)):
        yield Segment("".join(shown for shown, _ in run), style)


def _shown(text: str) -> Iterable[str]:
    """The text on the screen for each character: blanks for a tab."""
    if "\t" not in text:
        return clean(text)
    found: list[str] = []
    width = 0
    for character in text:
        shown = " " * (TAB - width % TAB) if character == "\t" else clean(character)
        found.append(shown)
        width += cell_len(shown)
    return found
