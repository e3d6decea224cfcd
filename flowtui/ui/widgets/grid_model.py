"""The part of the grid that needs no terminal: widths, the text of a line, order, matches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate

from rich.cells import cell_len, set_cell_size

from flowtui.model.amounts import human_bytes
from flowtui.model.run import Cell, ResultSet, Row
from flowtui.ui.text import NOTHING, clean, is_number, natural_key, number
from flowtui.ui.widgets.grid_times import (
    Times,
    is_timestamp,
    moment_text,
    times_of,
    times_of_seconds,
)

REFUSED = "REJECT"

SAMPLE, SAMPLED_CELLS = 500, 50_000
"""Rows that are looked at for the width and kind of a column, and cells of all columns together."""

GLIMPSE = 4_000
"""Characters of a value that are looked at to show it: no screen has room for more."""

CAP = 40
"""Cells that a column takes at most, unless there is room to spare."""

BAR = range(6, 21)
"""Cells of a bar; with less room there is none."""

PADDING = 2

SIGNS = {"ACCEPT": "✓", REFUSED: "✗"}
"""A verdict is told apart without colour, and before it is read."""


@dataclass(frozen=True, slots=True)
class Sort:
    """The order that the user asked for: by the column of this name."""

    column: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Meanings:
    """What the values of the columns are, by name."""

    bytes: frozenset[str] = frozenset()
    """Those that count bytes."""
    seconds: frozenset[str] = frozenset()
    """Those of Unix seconds."""
    verdicts: frozenset[str] = frozenset()
    """Those that say whether traffic was allowed."""
    words: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    """What a number is called, where it stands for something; nothing where it has no name."""


UNKNOWN = Meanings()


@dataclass(frozen=True, slots=True)
class Column:
    """One column that is shown; `index` is its place in a row of the result."""

    index: int
    name: str
    content: int
    """Cells of the widest value seen, or of the name."""
    is_number: bool = False
    is_bytes: bool = False
    is_seconds: bool = False
    """Whether its timestamps are Unix seconds."""
    times: Times | None = None
    """How its timestamps are shown, if it has any."""
    is_verdict: bool = False
    word: Callable[[str], str] | None = None
    """What a number of it is called."""
    digits: int = 0
    """Cells of the longest of these numbers."""

    @property
    def title(self) -> str:
        name = clean(glimpse(self.name))
        return name if self.times is None else self.times.title(name)

    def show(self, value: Cell) -> str:
        """The value as the cell shows it, not yet cut to the width."""
        if value is None:
            return ""
        if self.is_bytes and is_number(value):
            return human_bytes(number(value))
        if self.times is not None:
            seen = glimpse(value)
            return self.times.show(moment_text(seen) if self.is_seconds else seen)
        if self.is_verdict:
            return f"{SIGNS[value]} {value}" if value in SIGNS else clean(glimpse(value))
        if self.word is not None and len(value) <= GLIMPSE:
            return f"{clean(value):>{self.digits}} {self.word(value)}".rstrip()
        return clean(glimpse(value))

    def exact(self, value: Cell) -> str:
        """The whole value, with its unit: `346,952,038 B`, `2022-04-01 15:18:00.000 UTC`.

        Of one that no screen has room for, the beginning.
        """
        if value is None:
            return ""
        value = glimpse(value)
        if self.is_bytes and is_number(value):
            return f"{Decimal(value):,} B"
        return f"{clean(value)} UTC" if self.times and is_timestamp(value) else clean(value)

    @property
    def is_reworded(self) -> bool:
        """Whether what is shown is no part of the value, so that both are to be found."""
        is_moved = self.times is not None and self.times.is_moved
        return self.is_bytes or self.is_seconds or self.word is not None or is_moved


def glimpse(value: str) -> str:
    """As much of a value as can be seen at once; an ellipsis says that there is more."""
    return value if len(value) <= GLIMPSE else f"{value[:GLIMPSE]}…"


def measure(
    results: ResultSet,
    meanings: Meanings,
    at_least: Mapping[str, int],
    zone: tzinfo = UTC,
) -> tuple[Column, ...]:
    """The columns of a result.

    `at_least` has widths by name: columns of partial results grow, but never jump back.
    """
    return tuple(
        _fitting(_column(results, index, meanings, zone), results.rows, at_least)
        for index in results.shown
    )


def _column(results: ResultSet, index: int, meanings: Meanings, zone: tzinfo) -> Column:
    """The column and what kind of values it has, not yet measured."""
    name = results.columns[index]
    values = _sample(results.rows, index)
    numeric = bool(values) and all(map(is_number, values))
    cells = (row[index] for row in results.rows)
    if numeric and name in meanings.seconds:
        return Column(index, name, 0, is_seconds=True, times=times_of_seconds(cells, zone))
    if numeric and name in meanings.words:
        digits = min(CAP, max(len(value) for value in values if value))
        return Column(index, name, 0, word=meanings.words[name], digits=digits)
    if name in meanings.verdicts:
        return Column(index, name, 0, is_verdict=True)
    timely = bool(values) and all(map(is_timestamp, values))
    times = times_of(cells, zone) if timely else None
    return Column(index, name, 0, numeric, numeric and name in meanings.bytes, times=times)


def _fitting(column: Column, rows: tuple[Row, ...], at_least: Mapping[str, int]) -> Column:
    """The column with the width of what was seen of it."""
    widths = (cell_len(column.show(value)) for value in _sample(rows, column.index))
    content = max(cell_len(column.title), at_least.get(column.name, 1), *widths, 1)
    return replace(column, content=content)


def _sample(rows: tuple[Row, ...], index: int) -> list[Cell]:
    """The values at the top that are any."""
    count = min(SAMPLE, max(1, SAMPLED_CELLS // len(rows[0]))) if rows else 0
    return [value for row in rows[:count] if (value := row[index]) not in (None, NOTHING)]


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
    verdicts: tuple[int, ...] = ()
    """The places of columns with verdicts."""

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

    def hidden(self, place: int, row: Row) -> str:
        """The cell at `place` as it is, where it shows less or something else; else nothing."""
        column = self.columns[place]
        value = row[column.index]
        shown, exact = column.show(value), column.exact(value)
        return exact if shown != exact or cell_len(shown) > self.widths[place] else ""

    def refusals(self, row: Row) -> frozenset[int]:
        """The places of the cells that say that the traffic was refused."""
        return frozenset(
            place for place in self.verdicts if row[self.columns[place].index] == REFUSED
        )

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
    verdicts = tuple(place for place, column in enumerate(columns) if column.is_verdict)
    return Layout(columns, tuple(widths), offsets, bar_column, length, verdicts=verdicts)


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


def order(rows: tuple[Row, ...], index: int, is_descending: bool) -> list[int]:
    """The indexes of the rows sorted naturally by the cells at `index`; equals keep their order."""
    key = lru_cache(maxsize=None)(natural_key)
    return sorted(range(len(rows)), key=lambda i: key(rows[i][index]), reverse=is_descending)


def next_sort(column: Column, now: Sort | None) -> Sort | None:
    """The order that comes after `now`: the one people want first, its reverse, as it came.

    Of figures they look for the largest; text they read from its beginning.
    """
    first = Sort(column.name, is_descending=column.is_number)
    if now is None or now.column != column.name:
        return first
    return replace(first, is_descending=not first.is_descending) if now == first else None


def has_text(column: Column, value: Cell, needle: str) -> bool:
    """Whether a cell holds the casefolded `needle`, as it came or as it is shown."""
    if value is None:
        return False
    return needle in value.casefold() or (
        column.is_reworded and needle in column.show(value).casefold()
    )


def matching(columns: tuple[Column, ...], rows: tuple[Row, ...], needle: str) -> frozenset[int]:
    """The indexes of the rows with a shown cell that holds the casefolded `needle`."""
    places = [column.index for column in columns]
    reworded = [column for column in columns if column.is_reworded]
    return frozenset(
        i
        for i, row in enumerate(rows)
        if needle in "\x1f".join([row[place] or "" for place in places]).casefold()
        or any(has_text(column, row[column.index], needle) for column in reworded)
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
