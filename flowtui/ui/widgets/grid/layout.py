"""Where the columns of a grid stand on a screen, and so what their cells look like. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, Row
from flowtui.ui.text import NOTHING, number
from flowtui.ui.widgets.grid.columns import Column
from flowtui.ui.widgets.grid.fitting import bar, fit, fitted, share_text
from flowtui.ui.widgets.grid.order import Sort

SHARE = len(" 100 %")

PADDING = 2


@frozen
class Folded:
    """A column that has one value in all rows, and so is told in one line and not shown."""

    column: Column
    value: str

    @property
    def is_empty(self) -> bool:
        return self.value in ("", NOTHING)


@frozen
class Layout:
    """Where each column stands: `offsets` has one more entry than `columns`, the whole width."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    """Of the values."""
    asides: tuple[int, ...]
    """Of what stands beside them; 0 where there is nothing, or no room."""
    offsets: tuple[int, ...]
    bar_column: int = -1
    bar: int = 0
    """Cells of the bar beside the values of `bar_column`; 0 is no bar."""
    beside_bar: int = 0
    """The cells that the bar takes with what belongs to it."""
    peak: float = 0
    """The value with the full bar."""
    total: float = 0
    """The sum of all these values."""
    alarming: tuple[int, ...] = ()
    """The places of columns with values to stumble over."""
    folded: tuple[Folded, ...] = ()
    setting: str = ""
    """What is said in one line of all columns of times, and so not in their titles."""
    frozen: int = 1
    """So many columns stay in place."""

    @property
    def width(self) -> int:
        return self.offsets[-1]

    @property
    def has_line(self) -> bool:
        """Whether there is a line above the titles."""
        return bool(self.folded or self.setting)

    @property
    def head(self) -> int:
        """The lines above the rows: that one, if there is one, and the titles."""
        return 2 if self.has_line else 1

    def cell(self, place: int, row: Row) -> str:
        """A cell with the padding around it and its bar, as wide as its column."""
        column, width, aside = self.columns[place], self.widths[place], self.asides[place]
        value = row[column.index]
        text = "" if value is None else column.cells.show(value)
        text = f" {fitted(text, value, width, column)} "
        if aside:
            text += f"{fit('' if value is None else column.cells.beside(value, row), aside)} "
        return text + self._bar_of(value) if self.bar and place == self.bar_column else text

    def _bar_of(self, value: Cell) -> str:
        amount = number(value)
        drawn = bar(amount, self.peak, self.bar)
        has_share = self.beside_bar > self.bar + SHARE
        share = f"{share_text(amount, self.total):>{SHARE}}" if has_share else ""
        return f"{drawn}{share}".ljust(self.beside_bar)

    def hidden(self, place: int, row: Row) -> str:
        """The cell at `place` as it is, where it shows less or something else; else nothing."""
        column = self.columns[place]
        shown, exact = column.show(row), column.exact(row)
        beside = "" if self.asides[place] else column.beside(row)
        if shown != exact or cell_len(shown) > self.widths[place]:
            return f"{exact}  {beside}".rstrip()
        return f"{exact}  {beside}" if beside else ""

    def alarms(self, row: Row) -> frozenset[int]:
        """The places of the cells to stumble over: what was refused, what was lost."""
        from flowtui.flowlogs.words import ALARMS

        return frozenset(
            place for place in self.alarming if row[self.columns[place].index] in ALARMS
        )

    def title(self, place: int, sorts: Sequence[Sort]) -> str:
        """The title of a column as its cells are aligned, with an arrow where it is sorted by."""
        column = self.columns[place]
        arrow = "".join("▲▼"[each.is_descending] for each in sorts if each.column == column.name)
        aside = self.asides[place]
        width = self.widths[place] + (aside and aside + 1)
        if place == self.bar_column and self.bar:
            return f" {fit(column.title + arrow, width + 1 + self.beside_bar)}"
        if column.is_number and not aside:
            return f" {fit(column.title, width, is_right=True)}{arrow or ' '}"
        return f" {fit(column.title + arrow, width + 1)}"

    def fold_line(self, width: int) -> str:
        """`in all rows: srcaddr 10.0.20.11, action ✓ ACCEPT, empty az_id`, in so many cells.

        What has no room is counted, for the dialogue of columns has it all.
        """
        told = [f"times {self.setting}"] if self.setting else []
        told += [f"{each.column.title} {each.value}" for each in self.folded if not each.is_empty]
        empty = [each.column.title for each in self.folded if each.is_empty]
        told += [f"{'' if at else 'empty '}{title}" for at, title in enumerate(empty)]
        line = "in all rows: "
        for at, part in enumerate(told):
            left = len(told) - at - 1
            more = f", {left} more" if left else ""
            if at and cell_len(f"{line}, {part}{more}") > width:
                return f"{line}, {left + 1} more"
            line += f", {part}" if at else part
        return line


NO_LAYOUT = Layout((), (), (), (0,))
