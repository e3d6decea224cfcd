"""What a grid shows of its results, and where its cursor is. Pure: a change is another state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Protocol

from flowtui.engine.changes import Changes, changes
from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, ResultSet, Row
from flowtui.ui.widgets.grid.arrange import arrange
from flowtui.ui.widgets.grid.columns import UNKNOWN, Column, Meanings
from flowtui.ui.widgets.grid.layout import NO_LAYOUT, Layout
from flowtui.ui.widgets.grid.marks import Marks
from flowtui.ui.widgets.grid.order import Sort, next_sort, ordered, with_sort
from flowtui.ui.widgets.grid.search import find_key, matching

if TYPE_CHECKING:
    from flowtui.model.columns import ColumnChoice
    from flowtui.ui.widgets.grid.measure import Look


class Narrowing(Protocol):
    """Leaves some of the rows."""

    def kept(self, results: ResultSet, columns: tuple[Column, ...]) -> Sequence[int]: ...


@frozen
class GridState:
    """Rows in their order, columns in their places, and a cursor on one cell."""

    results: ResultSet = field(default_factory=ResultSet)
    meanings: Meanings = UNKNOWN
    all_columns: tuple[Column, ...] = ()
    """Those of the result, shown or not."""
    layout: Layout = NO_LAYOUT
    order: Sequence[int] = ()
    """The indexes of the rows, as they are shown from top to bottom."""
    sorts: tuple[Sort, ...] = ()
    narrowing: Narrowing | None = None
    row: int = 0
    """The cursor's place in `order`."""
    column: int = 0
    """The cursor's place among the shown columns."""
    has_moved: bool = False
    """Whether somebody has moved the cursor, so that it stays on its row."""
    needle: str = ""
    """What is looked for, casefolded."""
    matches: frozenset[int] = frozenset()
    """The indexes of the rows that hold it."""
    marks: Marks = field(default_factory=Marks)
    changes: Changes = field(default_factory=Changes)
    compared: tuple[ResultSet, ResultSet] | None = None
    """What `changes` is about: the rows before, and those that are shown."""

    # The cursor

    @property
    def cursor_row(self) -> int | None:
        """The index into `ResultSet.rows`; None while there are no rows."""
        return self.order[self.row] if self.order else None

    @property
    def cursor_column(self) -> Column | None:
        columns = self.layout.columns
        return columns[self.column] if columns else None

    @property
    def cursor_column_name(self) -> str:
        """Empty while there are no columns."""
        column = self.cursor_column
        return "" if column is None else column.name

    @property
    def cursor_value(self) -> Cell:
        """The cell as it came, not as it is shown."""
        row, column = self.cursor_row, self.cursor_column
        return None if row is None or column is None else self.results.rows[row][column.index]

    @property
    def hidden_value(self) -> str:
        """The cell under the cursor as it is, where it shows less or something else."""
        row = self.cursor_row
        if row is None or self.cursor_column is None:
            return ""
        return self.layout.hidden(self.column, self.results.rows[row])

    @property
    def cursor_key(self) -> Row | None:
        """What finds this row again."""
        return None if self.cursor_row is None else self.results.key(self.cursor_row)

    def moved(self, row: int, column: int) -> GridState:
        """The cursor on that cell, or on the nearest one there is."""
        return replace(
            self,
            row=max(0, min(len(self.order) - 1, row)),
            column=max(0, min(len(self.layout.columns) - 1, column)),
            has_moved=True,
        )

    def at_column(self, name: str) -> GridState:
        """The cursor in the column of that name, else in the first one."""
        names = [column.name for column in self.layout.columns]
        return replace(self, column=names.index(name) if name in names else 0)

    def following(self, key: Row | None) -> GridState:
        """The cursor on the row with `key`, else left on its line; None is the top."""
        last = max(0, len(self.order) - 1)
        near = self.order[min(self.row, last)] if self.order else 0
        place = None if key is None else self.place_of(key, near)
        if place is None:
            place = min(self.row, last) if self.has_moved else 0
        return replace(self, row=place)

    def place_of(self, key: Row, near: int = 0) -> int | None:
        """Where the row with this key is shown, if it is; the one at `near` is looked at first."""
        index = find_key(self.results, key, near)
        return self.order.index(index) if index is not None and index in self.order else None

    # Rows and columns

    def showing(self, results: ResultSet, meanings: Meanings) -> GridState:
        """Other results, not yet arranged and in order; the marks are on the same rows."""
        marks = self.marks.moved(self.results, results)
        return replace(self, results=results, meanings=meanings, marks=marks)

    def arranged(self, look: Look, width: int, choice: ColumnChoice) -> GridState:
        """The columns on a screen of so many cells; the cursor stays in its column."""
        from flowtui.ui.widgets.grid.measure import measure

        before = {column.name: column for column in self.all_columns}
        columns = measure(self.results, self.meanings, before, look)
        layout = arrange(columns, self.results.rows, width, choice)
        name = self.cursor_column_name
        return replace(self, all_columns=columns, layout=layout).at_column(name)

    def without_columns(self) -> GridState:
        return replace(self, all_columns=(), layout=NO_LAYOUT, column=0)

    def in_order(self) -> GridState:
        """The rows that are left, as they are sorted."""
        kept: Sequence[int] = range(len(self.results.rows))
        if self.narrowing is not None:
            kept = self.narrowing.kept(self.results, self.all_columns)
        return replace(self, order=ordered(self.results, self.sorts, kept))

    def sorted_by_column(self) -> GridState:
        """By the cursor's column: one way, the other way, then as the results came.

        Sorting is for seeing the first rows: the cursor goes to the first row and stays there
        while results come in, until somebody moves it.
        """
        column = self.cursor_column
        if column is None:
            return self
        then = next_sort(column, self.sorts[0] if len(self.sorts) == 1 else None)
        return self._sorted_by((then,) if then else ())

    def sorted_by_column_too(self) -> GridState:
        """By the cursor's column where those before leave rows equal; again reversed, again not."""
        column = self.cursor_column
        return self if column is None else self._sorted_by(with_sort(column, self.sorts))

    def _sorted_by(self, sorts: tuple[Sort, ...]) -> GridState:
        return replace(self, sorts=sorts, has_moved=False, row=0).in_order()

    def narrowed(self, narrowing: Narrowing | None) -> GridState:
        """Only the rows that it leaves; None are all of them. The cursor stays on its row."""
        return replace(self, narrowing=narrowing).in_order().following(self.cursor_key)

    @property
    def is_narrowed(self) -> bool:
        return self.narrowing is not None

    @property
    def kept_results(self) -> ResultSet:
        """The result with only the rows that are left."""
        if self.narrowing is None:
            return self.results
        rows = self.results.rows
        return replace(self.results, rows=tuple(rows[index] for index in self.order))

    def named_values(self, top: int, page: int) -> frozenset[str]:
        """The values in so many rows from the one at `top` on that may have a name."""
        rows = [self.results.rows[at] for at in self.order[top : top + page]]
        places = [column.index for column in self.searched if column.cells.is_named]
        return frozenset(value for row in rows for at in places if (value := row[at]))

    # What is found, marked, changed

    @property
    def searched(self) -> tuple[Column, ...]:
        """The columns with something to be seen: those in their places, and the folded ones."""
        layout = self.layout
        return (*layout.columns, *(each.column for each in layout.folded))

    def found(self, needle: str) -> GridState:
        """With the rows that hold the casefolded `needle`; an empty one ends the search."""
        rows = self.results.rows
        matches = matching(self.searched, rows, needle) if needle else frozenset()
        return replace(self, needle=needle, matches=matches)

    def next_match(self, direction: int) -> int | None:
        """The place of the next row that was found, or of the one before (-1), around the end."""
        count = len(self.order)
        places = ((self.row + direction * step) % count for step in range(1, count + 1))
        return next((place for place in places if self.order[place] in self.matches), None)

    @property
    def match_position(self) -> int:
        """Which of these rows, from the top and from 1 on, has the cursor; 0 where it is none."""
        if self.cursor_row not in self.matches:
            return 0
        return sum(index in self.matches for index in self.order[: self.row + 1])

    def marked(self) -> GridState:
        """With the mark of the cursor's row set, or taken off."""
        row = self.cursor_row
        return self if row is None else replace(self, marks=self.marks.toggled(row))

    def compared_with(self, before: ResultSet | None) -> GridState:
        """With what is new since these rows; with None nothing is."""
        if before is None:
            return (
                self if self.compared is None else replace(self, changes=Changes(), compared=None)
            )
        known = self.compared
        if known is not None and known[0] is before and known[1] is self.results:
            return self
        found = changes(before, self.results)
        return replace(self, changes=found, compared=(before, self.results))
