"""The part of a grid that the screen shows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from flowtui.model.run import Row
from flowtui.ui.text import is_narrow
from flowtui.ui.widgets.grid.layout import PADDING, Layout
from flowtui.ui.widgets.grid.order import Sort


def divide(text: str, cells: int) -> tuple[str, str]:
    """The first `cells` of a text and the others."""
    if is_narrow(text):
        return text[:cells], text[cells:]
    strip = Strip([Segment(text)])
    return strip.crop(0, cells).text, strip.crop(cells).text


@dataclass(frozen=True)
class Viewport:
    """A screen of `width` cells over a layout scrolled by `left`, but for its fixed head.

    What is the same for all rows is found out once.
    """

    layout: Layout
    width: int
    left: int

    @cached_property
    def fixed_columns(self) -> int:
        """The columns that stay in place, unless they are so wide that nothing else would show."""
        offsets = self.layout.offsets
        frozen = min(self.layout.frozen, len(offsets) - 2)
        while frozen > 0 and offsets[frozen] * 2 > self.width:
            frozen -= 1
        return max(0, frozen)

    @cached_property
    def fixed(self) -> int:
        """The cells of the head."""
        return self.layout.offsets[self.fixed_columns]

    def row(self, row: Row) -> str:
        """The visible part of a row; … where the edge of the screen cuts a text."""
        layout = self.layout
        text = self._window(lambda place: layout.cell(place, row))
        cut = self._cut
        if cut < 0:
            return text
        start = self.span(cut)[0]
        if layout.columns[cut].cells.is_whole:
            return divide(text, start)[0] + " " * (self.width - start)
        rest = divide(layout.cell(cut, row), self.width - start)[1]
        width = layout.widths[cut] + PADDING + (layout.asides[cut] and layout.asides[cut] + 1)
        goes_on = bool(rest[: max(0, width - (self.width - start))].strip())
        return set_cell_size(text, self.width - 1) + "…" if goes_on else text

    def header(self, sorts: Sequence[Sort]) -> str:
        """The titles; a guillemet at an end says that there are columns out of sight."""
        layout = self.layout
        text = self._window(lambda place: layout.title(place, sorts))
        if self.left > 0:
            head, tail = divide(text, self.fixed)
            text = f"{head}«{divide(tail, 1)[1]}"
        cut = self._cut
        if cut >= 0 and layout.columns[cut].cells.is_whole:
            start = self.span(cut)[0]
            text = divide(text, start)[0] + " " * (self.width - start)
        has_more = layout.width - self.left > self.width
        return set_cell_size(text, self.width - 1) + "»" if has_more else text

    @cached_property
    def _places(self) -> tuple[range, int]:
        """The columns in sight beside the head, and the cells of the first one left of it."""
        offsets, start = self.layout.offsets, self.fixed + self.left
        first = max(self.fixed_columns, bisect_right(offsets, start) - 1)
        last = bisect_left(offsets, self.left + self.width, hi=len(offsets) - 1)
        return range(first, max(first, last)), start - offsets[first]

    def _window(self, cell: Callable[[int], str]) -> str:
        """The visible part of a line; a wide character that is cut in half shows as a space."""
        places, skipped = self._places
        text = "".join(map(cell, places))
        if skipped:
            text = divide(text, skipped)[1]
        text = "".join(map(cell, range(self.fixed_columns))) + text
        if is_narrow(text):
            return text[: self.width].ljust(self.width)
        return set_cell_size(text, self.width)

    @cached_property
    def _cut(self) -> int:
        """The place of the column whose values go on after the right edge; -1 where none does."""
        edge = self.left + self.width
        if edge >= self.layout.width or edge <= self.fixed + self.left:
            return -1
        place = bisect_right(self.layout.offsets, edge - 1) - 1
        start, end = self.layout.offsets[place : place + 2]
        end -= self._beside_bar(place) + PADDING // 2
        return place if start + PADDING // 2 < edge < end else -1

    def span(self, place: int) -> tuple[int, int]:
        """The screen cells of the column at `place`; reversed or empty where it is hidden."""
        start, end = self.layout.offsets[place : place + 2]
        return self._visible(place, start, end - self._beside_bar(place))

    @cached_property
    def asides(self) -> tuple[tuple[int, int], ...]:
        """The screen cells of what stands beside the values, from left to right."""
        found = []
        for place, aside in enumerate(self.layout.asides):
            if aside and place != self._dropped:
                end = self.layout.offsets[place + 1] - self._beside_bar(place) - PADDING // 2
                start, end = self._visible(place, end - aside, end)
                found += [(start, end)] if start < end else []
        return tuple(found)

    @cached_property
    def bars(self) -> tuple[tuple[int, int], ...]:
        """The screen cells of the bars; none where there is no bar in sight."""
        place = self.layout.bar_column
        if not self.layout.bar or place < 0 or place == self._dropped:
            return ()
        start = self.layout.offsets[place + 1] - self._beside_bar(place)
        span = self._visible(place, start, start + self.layout.bar)
        return (span,) if span[0] < span[1] else ()

    @property
    def _dropped(self) -> int:
        cut = self._cut
        return cut if cut >= 0 and self.layout.columns[cut].cells.is_whole else -1

    def _beside_bar(self, place: int) -> int:
        return self.layout.beside_bar if place == self.layout.bar_column else 0

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
