"""What the grid computes without a terminal: widths, the text of a line, order, matches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from flowtui.model.run import Cell, ResultSet, Row
from flowtui.ui.text import NOTHING, clean, human_bytes, is_number, natural_key, number

SAMPLE = 500
"""Rows that are looked at for the width and kind of a column."""

CAP = 40
"""Cells that a column takes at most, unless there is room to spare."""

BAR = range(6, 21)
"""Cells of a bar; with less room there is none."""

PADDING = 2

Span = tuple[int, int, Style]
"""Screen cells from, to (not included), and how they look."""

# One code point is one cell: printable ASCII, Latin, ellipsis, blocks, the arrows of sorting.
_NARROW = re.compile(r"[\x20-\x7e\xa1-\xac\xae-\u02ff\u2026\u2580-\u259f\u25b2\u25bc]*")


@dataclass(frozen=True, slots=True)
class Sort:
    """The order that the user asked for: by the column of this name."""

    column: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column that is shown; `index` is its place in a row of the result."""

    index: int
    name: str
    content: int
    """Cells of the widest value seen, or of the name."""
    is_number: bool = False
    is_bytes: bool = False

    @property
    def title(self) -> str:
        return clean(self.name)

    def show(self, value: Cell) -> str:
        """The value as the cell shows it, not yet cut to the width."""
        if value is None:
            return ""
        if self.is_bytes and is_number(value):
            return human_bytes(number(value))
        return clean(value)


def measure(
    results: ResultSet, bytes_columns: frozenset[str], at_least: Mapping[str, int]
) -> tuple[Column, ...]:
    """The columns of a result.

    `at_least` has widths by name: columns of partial results grow, but never jump back.
    """
    sample = results.rows[:SAMPLE]
    return tuple(
        _column(index, results.columns[index], sample, bytes_columns, at_least)
        for index in results.shown
    )


def _column(
    index: int,
    name: str,
    sample: tuple[Row, ...],
    bytes_columns: frozenset[str],
    at_least: Mapping[str, int],
) -> Column:
    values = [value for row in sample if (value := row[index]) not in (None, NOTHING)]
    numeric = bool(values) and all(map(is_number, values))
    column = Column(index, name, 0, numeric, numeric and name in bytes_columns)
    widths = (cell_len(column.show(value)) for value in values)
    content = max(cell_len(column.title), at_least.get(name, 1), *widths, 1)
    return replace(column, content=content)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each column stands: `offsets` has one more entry than `columns`, the whole width."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    offsets: tuple[int, ...]
    bar_column: int = -1
    bar: int = 0
    """Cells of the bar beside the values of `bar_column`; 0 is no bar."""
    peak: float = 0
    """The value with the full bar."""

    @property
    def width(self) -> int:
        return self.offsets[-1]

    def line(self, row: Row) -> str:
        """The whole row as text, `width` cells wide."""
        cells = [
            f" {fit(column.show(row[column.index]), width, column.is_number)} "
            for column, width in zip(self.columns, self.widths, strict=True)
        ]
        if self.bar:
            value = number(row[self.columns[self.bar_column].index])
            cells[self.bar_column] += f"{bar(value, self.peak, self.bar)} "
        return "".join(cells)

    def header(self, sort: Sort | None) -> str:
        """The titles, with an arrow in the padding after the one that is sorted by."""
        cells = [
            _title(column, width, sort)
            for column, width in zip(self.columns, self.widths, strict=True)
        ]
        if self.bar:
            cells[self.bar_column] += " " * (self.bar + 1)
        return "".join(cells)


def _title(column: Column, width: int, sort: Sort | None) -> str:
    is_sorted = sort is not None and sort.column == column.name
    arrow = "▲▼"[sort.is_descending] if sort is not None and is_sorted else ""
    if column.is_number:
        return f" {fit(column.title, width, is_right=True)}{arrow or ' '}"
    return f" {fit(column.title + arrow, width + 1, is_right=False)}"


def arrange(columns: tuple[Column, ...], available: int) -> Layout:
    """Widths for a screen of `available` cells; spare room goes to cut columns, then to a bar."""
    widths = [min(column.content, CAP) for column in columns]
    spare = max(0, available - sum(widths) - PADDING * len(widths))
    for position, column in enumerate(columns):
        extra = min(spare, column.content - widths[position])
        widths[position] += extra
        spare -= extra
    bar_column = max((i for i, column in enumerate(columns) if column.is_bytes), default=-1)
    has_bar = bar_column >= 0 and spare > BAR.start
    length = min(spare - 1, BAR.stop - 1) if has_bar else 0
    taken = [width + PADDING for width in widths]
    if length:
        taken[bar_column] += length + 1
    offsets = (0, *accumulate(taken))
    return Layout(columns, tuple(widths), offsets, bar_column, length)


def with_peak(layout: Layout, rows: Iterable[Row]) -> Layout:
    """The layout with the scale of its bar, if it has one."""
    if not layout.bar:
        return layout
    index = layout.columns[layout.bar_column].index
    return replace(layout, peak=max((number(row[index]) for row in rows), default=0))


def bar(value: float, peak: float, length: int) -> str:
    """A bar of `length` cells; what is not zero shows at least a sliver."""
    if value <= 0 or peak <= 0:
        return " " * length
    eighths = max(1, round(min(1.0, value / peak) * length * 8))
    return ("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()).ljust(length)


def fit(text: str, width: int, is_right: bool) -> str:
    """The text in exactly `width` cells; an ellipsis says that there is more."""
    if len(text) <= width and text.isascii():
        return text.rjust(width) if is_right else text.ljust(width)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    padding = " " * (width - length)
    return padding + text if is_right else text + padding


def is_narrow(text: str) -> bool:
    """Whether each character surely takes one cell, so that it can be cut by index."""
    return text.isascii() or _NARROW.fullmatch(text) is not None


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

    def header(self, sort: Sort | None) -> str:
        """The titles; a guillemet at an end says that there are columns out of sight."""
        text = self.window(self.layout.header(sort))
        if not is_narrow(text):
            return text
        if self.left > 0:
            text = f"{text[: self.fixed]}«{text[self.fixed + 1 :]}"
        return f"{text[:-1]}»" if self.layout.width - self.left > self.width else text

    def span(self, place: int) -> tuple[int, int]:
        """The screen cells of the column at `place`; reversed or empty where it is hidden."""
        start, end = self.layout.offsets[place : place + 2]
        return self._visible(place, start, end - self._bar_cells(place))

    def bar_span(self, place: int) -> tuple[int, int]:
        """The screen cells of the bars behind the column at `place`; empty where it has none."""
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
        """How far to scroll, and no farther, to see the column at `place` from its beginning."""
        if not self.layout.columns or place < self.fixed_columns:
            return self.left
        start, end = self.layout.offsets[place : place + 2]
        return min(start - self.fixed, max(self.left, end - self.width))


def order(rows: tuple[Row, ...], index: int, is_descending: bool) -> list[int]:
    """The indexes of the rows sorted naturally by the cells at `index`; equals keep their order."""
    key = lru_cache(maxsize=None)(natural_key)
    return sorted(range(len(rows)), key=lambda i: key(rows[i][index]), reverse=is_descending)


def has_text(column: Column, value: Cell, needle: str) -> bool:
    """Whether a cell holds the casefolded `needle`, as it came or as it is shown."""
    if value is None:
        return False
    return needle in value.casefold() or (
        column.is_bytes and needle in column.show(value).casefold()
    )


def matching(columns: tuple[Column, ...], rows: tuple[Row, ...], needle: str) -> frozenset[int]:
    """The indexes of the rows with a shown cell that holds the casefolded `needle`."""
    places = [column.index for column in columns]
    sizes = [column for column in columns if column.is_bytes]
    return frozenset(
        i
        for i, row in enumerate(rows)
        if needle in "\x1f".join([row[place] or "" for place in places]).casefold()
        or any(has_text(column, row[column.index], needle) for column in sizes)
    )


def find_key(results: ResultSet, key: Row, near: int) -> int | None:
    """The row with this key; the one at `near` is looked at first."""
    if near < len(results.rows) and results.key(near) == key:
        return near
    names = _key_columns(results)
    for index, row in enumerate(results.rows):
        if tuple([row[i] for i in names]) == key:
            return index
    return None


def _key_columns(results: ResultSet) -> tuple[int, ...]:
    """The places of the cells that `ResultSet.key` is made of."""
    marks = tuple(str(i) for i in range(len(results.columns)))
    probe = replace(results, rows=(marks,))
    return tuple(int(mark) for mark in probe.key(0) if mark is not None)


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
