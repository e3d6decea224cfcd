"""The fields of a row as lines to go through; a long value goes on below its beginning."""

from __future__ import annotations

import textwrap
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from flowtui.ui.text import is_narrow

if TYPE_CHECKING:
    from flowtui.ui.screens.row_detail import Field

LONGEST_NAME, LONGEST_VALUE = 40, 40
"""Cells for which the others have to make room."""

LONG = 4_000
"""Characters from which on a text is not broken between words, which takes its time."""


LEAST_NOTE = 30
"""With fewer cells beside the values notes go on below these."""


class FieldList(ScrollView, can_focus=True):
    COMPONENT_CLASSES: ClassVar[set[str]] = {"field-list--heading", "field-list--chosen"}
    DEFAULT_CSS = """
    FieldList {
        height: auto; overflow-x: hidden; overflow-y: auto;
        scrollbar-gutter: stable; scrollbar-size-vertical: 1;
        background: $surface; color: $foreground;
        & > .field-list--heading { text-style: bold; color: $secondary; }
        & > .field-list--chosen { background: $foreground 12%; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Next field", show=False),
        Binding("up,k", "move(-1)", "Field before", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home,g", "edge(0)", "First field", show=False),
        Binding("end,G", "edge(-1)", "Last field", show=False),
    ]

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__()
        self._fields: Sequence[Field] = ()
        self._texts: list[str] = []
        self._indent = self._far = self._widest = 0
        self._at = 0
        self._ends: list[int] = []
        """How many lines of the screen there are up to the end of each field."""
        self._wrapped: list[list[str] | None] = []
        """The lines of a field; None where they are cut out when they are seen."""
        self._take(fields)

    @property
    def field(self) -> Field | None:
        """The one that is chosen."""
        return self._fields[self._at] if self._at < len(self._fields) else None

    def show(self, fields: Sequence[Field]) -> None:
        """The fields of another row; the choice stays on the one of the same name."""
        name = self.field.name if self.field else ""
        self._take(fields)
        places = [i for i, field in enumerate(fields) if field.name == name]
        self._at = places[0] if places else self._at
        self._lay_out()
        self._reveal()

    def _take(self, fields: Sequence[Field]) -> None:
        self._fields = fields
        names = min(LONGEST_NAME, max((cell_len(each.name) for each in fields), default=0))
        shown = (cell_len(field.shown) for field in fields if field.note)
        values = min(LONGEST_VALUE, max(shown, default=0))
        self._indent, self._far = min(names + 4, 30), names + values + 6
        self._widest = values
        self._texts = [
            field.name
            if field.is_heading
            else f"  {_padded(field.name, names)}  {_padded(field.shown, values)}  {field.note}"
            for field in fields
        ]
        first = next((i for i, field in enumerate(fields) if not field.is_heading), 0)
        self._at = first if not self._at < len(fields) or fields[self._at].is_heading else self._at

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  (Textual's)
        return sum(self._heights(max(2, width))) or 1

    def on_resize(self) -> None:
        self._lay_out()
        self._reveal()

    def _lay_out(self) -> None:
        self._measure(self._width)
        size = Size(self._width, self._ends[-1] if self._ends else 1)
        grows = size.height != self.virtual_size.height
        self.virtual_size = size
        self.refresh(layout=grows)

    def _measure(self, width: int) -> None:
        self._wrapped = [self._lines(place, width) for place in range(len(self._texts))]
        self._ends = list(accumulate(self._heights(width)))

    def _heights(self, width: int) -> Iterator[int]:
        for place, text in enumerate(self._texts):
            lines = self._lines(place, width)
            yield _height(text, width, self._indent) if lines is None else len(lines)

    def _lines(self, place: int, width: int) -> list[str] | None:
        text = self._texts[place].rstrip()
        if len(text) > LONG or not is_narrow(text):
            return None if cell_len(text) > width else [text]
        is_note = cell_len(self._fields[place].shown) <= self._widest
        is_far = is_note and width - self._far >= LEAST_NOTE
        indent = " " * (self._far if is_far else min(self._indent, width // 2))
        return textwrap.wrap(
            text, width, subsequent_indent=indent, drop_whitespace=True, expand_tabs=False,
            replace_whitespace=False, break_on_hyphens=False,
        ) or [""]  # fmt: skip

    @property
    def _width(self) -> int:
        return max(2, self.scrollable_content_region.width)

    # Keys

    def action_move(self, step: int) -> None:
        """To the next field; within one that is longer than the screen, on by a line."""
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        start, end = self._extent(self._at)
        if (step > 0 and end > bottom) or (step < 0 and start < top):
            self.scroll_to(y=top + step, animate=False, force=True)
            return
        place = self._at + step
        while 0 <= place < len(self._fields) and self._fields[place].is_heading:
            place += step
        if 0 <= place < len(self._fields):
            self._at = place
            self._reveal()
        elif step < 0:
            self.scroll_to(y=0, animate=False, force=True)

    def action_page(self, direction: int) -> None:
        page = max(1, self.size.height - 1)
        if not self._ends:
            return
        y = max(0, min(self.scroll_offset.y + direction * page, self._ends[-1] - self.size.height))
        self.scroll_to(y=y, animate=False, force=True)
        seen = bisect_right(self._ends, y + (self.size.height // 2))
        place = max(0, min(seen, len(self._fields) - 1))
        while self._fields[place].is_heading and place < len(self._fields) - 1:
            place += 1
        self._at = place
        self.refresh()

    def action_edge(self, end: int) -> None:
        places = [i for i, field in enumerate(self._fields) if not field.is_heading]
        if places:
            self._at = places[end]
        y = self._ends[-1] if end and self._ends else 0
        self.scroll_to(y=y, animate=False, force=True)
        self.refresh()

    def _extent(self, place: int) -> tuple[int, int]:
        """From which line to which one a field stands; before there is room for any, nowhere."""
        if not self._ends:
            return 0, 0
        return (self._ends[place - 1] if place else 0), self._ends[place]

    def _reveal(self) -> None:
        if not self._ends:
            return
        start, end = self._extent(self._at)
        # The heading over the first field of a section belongs to it.
        start -= self._at > 0 and self._fields[self._at - 1].is_heading
        top, page = self.scroll_offset.y, max(1, self.size.height)
        if start < top or end - start >= page:
            top = start
        elif end > top + page:
            top = end - page
        self.scroll_to(y=top, animate=False, force=True)
        self.refresh()

    # Drawing

    def render_line(self, y: int) -> Strip:
        width, y = self._width, y + self.scroll_offset.y
        if not self._ends:
            return Strip.blank(width, self.rich_style)
        place = bisect_right(self._ends, y)
        if place >= len(self._texts):
            return Strip.blank(width, self.rich_style)
        line = self._line(place, y - self._extent(place)[0], width)
        style = self.rich_style
        if self._fields[place].is_heading:
            style = self.get_component_rich_style("field-list--heading")
        elif place == self._at:
            style = self.get_component_rich_style("field-list--chosen")
            line = f"▌{line[1:]}"
        return Strip([Segment(set_cell_size(line, width), style)], width)

    def _line(self, place: int, at: int, width: int) -> str:
        lines = self._wrapped[place]
        if lines is not None:
            return lines[at]
        text = self._texts[place]
        first, step, indent = _steps(text, width, self._indent)
        if at == 0:
            return text[:first]
        start = first + (at - 1) * step
        return " " * indent + text[start : start + step]


def _padded(text: str, cells: int) -> str:
    return text + " " * max(0, cells - cell_len(text))


def _steps(text: str, width: int, indent: int) -> tuple[int, int, int]:
    """Characters of the first line of a text and of the others, and how far these are indented."""
    indent = min(indent, width // 2)
    per_cell = 1 if is_narrow(text) else 2
    return max(1, width // per_cell), max(1, (width - indent) // per_cell), indent


def _height(text: str, width: int, indent: int) -> int:
    first, step, _ = _steps(text, width, indent)
    return 1 + max(0, -(-(len(text) - first) // step))
