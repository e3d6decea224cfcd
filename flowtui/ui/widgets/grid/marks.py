"""What the marked rows of a grid come to in one column, in words for its border. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, ResultSet
from flowtui.ui.text import is_number, number

if TYPE_CHECKING:
    from flowtui.ui.widgets.grid.columns import Column

Show = Callable[[str], str]
"""A number as the column shows it."""


@frozen
class Sums:
    """The numbers among some values, and what they are of all in the column."""

    count: int
    """The values, numbers or not."""
    total: float = 0
    least: float = 0
    most: float = 0
    numbers: int = 0
    whole: float = 0
    """The sum over all rows; 0 where it says nothing."""

    @property
    def mean(self) -> float:
        return self.total / self.numbers if self.numbers else 0


def sums(marked: Sequence[Cell], whole: float) -> Sums:
    """`whole` is the sum over all rows, and 0 where a share of it would mean nothing."""
    found = [number(cell) for cell in marked if is_number(cell)]
    if not found:
        return Sums(len(marked))
    return Sums(len(marked), sum(found), min(found), max(found), len(found), whole)


@frozen
class Marks:
    """The rows that are marked, by their places in the result."""

    rows: frozenset[int] = frozenset()
    _wholes: dict[int, float] = field(default_factory=dict, compare=False)
    """The sum of all rows in a column, as far as somebody has asked for it."""

    def toggled(self, row: int) -> Marks:
        return Marks(self.rows ^ {row}, self._wholes)

    def moved(self, before: ResultSet, now: ResultSet) -> Marks:
        """The same rows in other results, by their keys."""
        if not self.rows:
            return Marks()
        keys = {before.key(row) for row in self.rows}
        return Marks(frozenset(row for row in range(len(now.rows)) if now.key(row) in keys))

    def told(self, results: ResultSet, column: Column, cells: int) -> str:
        """What they come to in a column; empty without any."""
        index, rows = column.index, results.rows
        if not self.rows:
            return ""
        if index not in self._wholes:
            cells_there = (row[index] for row in rows) if column.is_total else ()
            self._wholes[index] = sum(map(number, cells_there))
        marked = [rows[row][index] for row in sorted(self.rows)]
        return described(sums(marked, self._wholes[index]), column.cells.show, cells)


def described(found: Sums, show: Show, cells: int) -> str:
    """`3 marked: sum 5.27 GB, 38 %, mean 1.76 GB, ...` in so many cells: the last go first."""
    parts = [f"{found.count:,} marked"]
    if found.numbers:
        parts.append(f"sum {show(_text(found.total))}")
        if found.whole > 0:
            parts.append(f"{100 * found.total / found.whole:.3g} %")
        parts.append(f"mean {show(_text(found.mean))}")
        parts += [f"min {show(_text(found.least))}", f"max {show(_text(found.most))}"]
    while len(parts) > 1 and len(_joined(parts)) > cells:
        parts.pop()
    return _joined(parts)


def _joined(parts: Sequence[str]) -> str:
    return f"{parts[0]}: {', '.join(parts[1:])}" if len(parts) > 1 else parts[0]


def _text(value: float) -> str:
    if value == int(value):
        return str(int(value))
    return f"{value:.4f}".rstrip("0").rstrip(".")
