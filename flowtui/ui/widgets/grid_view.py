"""The part of a grid that the screen shows, and how a line of it is painted."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from flowtui.ui.widgets.grid_model import PADDING, Layout, Sort

Span = tuple[int, int, Style]
"""Screen cells from, to (not included), and how they look."""

# One code point is one cell: printable ASCII, Latin, ellipsis, blocks, the arrows of sorting.
_NARROW = re.compile(r"[\x20-\x7e\xa1-\xac\xae-\u02ff\u2026\u2580-\u259f\u25b2\u25bc]*")


def is_narrow(text: str) -> bool:
    """Whether each character surely takes one cell, so that it can be cut by index."""
    return text.isascii() or _NARROW.fullmatch(text) is not None


def divide(text: str, cells: int) -> tuple[str, str]:
    """The first `cells` of a text and the others."""
    if is_narrow(text):
        return text[:cells], text[cells:]
    strip = Strip([Segment(text)])
    return strip.crop(0, cells).text, strip.crop(cells).text


@dataclass(frozen=True, slots=True)
class Viewport:
    """A screen of `width` cells over a layout scrolled by `left`, but for its fixed head."""

    layout: Layout
    width: int
    left: int

    @property
    def fixed_columns(self) -> int:
        """The first column stays in place, unless it is so wide that nothing else would show."""
        offsets = self.layout.offsets
        return 1 if len(offsets) > 2 and offsets[1] * 2 <= self.width else 0

    @property
    def fixed(self) -> int:
        """The cells of the head."""
        return self.layout.offsets[self.fixed_columns]

    def window(self, text: str) -> str:
        """The visible part of a line; a wide character that is cut in half shows as a space."""
        fixed, left, width = self.fixed, self.left, self.width
        if is_narrow(text):
            return (text[:fixed] + text[fixed + left : left + width])[:width].ljust(width)
        strip = Strip([Segment(text)])
        head = strip.crop(0, min(fixed, width)).text
        return set_cell_size(head + strip.crop(fixed + left, left + width).text, width)

    def row(self, line: str) -> str:
        """The visible part of a row; … where the edge of the screen cuts a value."""
        text = self.window(line)
        return set_cell_size(text, self.width - 1) + "…" if self._cuts(line) else text

    def _cuts(self, line: str) -> bool:
        """Whether a value that has begun before goes on after the right edge."""
        edge = max(self.fixed, self.left + self.width)
        if edge >= self.layout.width:
            return False
        place = bisect_left(self.layout.offsets, edge) - 1
        start, end = self.layout.offsets[place : place + 2]
        if edge <= start + PADDING // 2:
            return False
        end -= self._bar_cells(place)
        after = line[edge:end] if is_narrow(line) else Strip([Segment(line)]).crop(edge, end).text
        return bool(after.strip())

    def header(self, sort: Sort | None) -> str:
        """The titles; a guillemet at an end says that there are columns out of sight."""
        text = self.window(self.layout.header(sort))
        if self.left > 0:
            head, tail = divide(text, self.fixed)
            text = f"{head}«{divide(tail, 1)[1]}"
        has_more = self.layout.width - self.left > self.width
        return set_cell_size(text, self.width - 1) + "»" if has_more else text

    def span(self, place: int) -> tuple[int, int]:
        """The screen cells of the column at `place`; reversed or empty where it is hidden."""
        start, end = self.layout.offsets[place : place + 2]
        return self._visible(place, start, end - self._bar_cells(place))

    def bar_span(self, place: int) -> tuple[int, int]:
        """The screen cells of the bars after the column at `place`; empty where it has none."""
        end = self.layout.offsets[place + 1]
        return self._visible(place, end - self._bar_cells(place), end)

    def _bar_cells(self, place: int) -> int:
        has_bar = self.layout.bar and place == self.layout.bar_column
        return self.layout.bar + 1 if has_bar else 0

    def _visible(self, place: int, start: int, end: int) -> tuple[int, int]:
        if place < self.fixed_columns:
            return start, min(end, self.width)
        return max(start - self.left, self.fixed), min(end - self.left, self.width)

    def column_at(self, x: int) -> int:
        """The place of the column under the screen cell `x`."""
        cell = x if x < self.fixed else x + self.left
        return max(0, sum(offset <= cell for offset in self.layout.offsets[:-1]) - 1)

    def left_to_show(self, place: int) -> int:
        """How far to scroll, and no farther, to see the column at `place` from its beginning.

        Beside the head stands the beginning of a column: half a value would look like a whole one.
        """
        if not self.layout.columns or self.layout.width <= self.width:
            return 0
        if place < self.fixed_columns:
            return self.left
        start, end = self.layout.offsets[place : place + 2]
        least = max(self.left, end - self.width)
        offsets = self.layout.offsets[self.fixed_columns : place]
        return next(
            (at - self.fixed for at in offsets if at - self.fixed >= least), start - self.fixed
        )


def paint(text: str, width: int, base: Style, spans: list[Span]) -> Strip:
    """A line in as few segments as its `spans` allow; they go from left to right."""
    if not spans:
        return Strip([Segment(text, base)], width)
    whole, segments, position = Strip([Segment(text)]), [], 0
    for start, end, style in [*spans, (width, width, base)]:
        for cut, look in (((position, start), base), ((start, end), style)):
            if cut[0] < cut[1]:
                segments.append(Segment(whole.crop(*cut).text, look))
        position = end
    return Strip(segments, width)
