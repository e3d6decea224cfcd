"""The grid of results: rows, and a cursor on one cell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from flowtui.engine.changes import Changes
from flowtui.model.run import Cell, ResultSet, Row
from flowtui.ui.messages import Remarked
from flowtui.ui.widgets.grid.canvas import GridCanvas
from flowtui.ui.widgets.grid.columns import UNKNOWN, Meanings
from flowtui.ui.widgets.grid.marks import Marks
from flowtui.ui.widgets.grid.order import told
from flowtui.ui.widgets.grid.search import matching
from flowtui.ui.widgets.grid.state import GridState, Narrowing


class ResultGrid(GridCanvas, can_focus=True):
    """Rows and a cursor on one cell, and what keys, the mouse and others do to them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "drill", "Drill", id="drill", tooltip="The raw flows behind this row"),
        Binding(
            "s",
            "sort",
            "Sort",
            show=False,
            id="sort",
            tooltip="By this column; again: reversed; again: as it came",
        ),
        Binding(
            "number_sign",
            "raw",
            "Raw values",
            show=False,
            id="raw",
            key_display="#",
            tooltip="The values as they came, or again in words, units and local time",
        ),
        Binding(
            "S",
            "sort_too",
            "Sort by too",
            show=False,
            id="sort_too",
            tooltip="By this column after the others; again: reversed; again: not",
        ),
        Binding(
            "m",
            "mark",
            "Mark",
            show=False,
            id="mark",
            tooltip="This row; the border sums up the marked ones",
        ),
        Binding("M", "unmark", "Clear marks", show=False, id="unmark", tooltip="Of all rows"),
        Binding("down,j", "move(1,0)", "Row down", show=False, id="grid.down"),
        Binding("up,k", "move(-1,0)", "Row up", show=False, id="grid.up"),
        Binding("left,h", "move(0,-1)", "Column left", show=False, id="grid.left"),
        Binding("right,l", "move(0,1)", "Column right", show=False, id="grid.right"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="grid.page_down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="grid.page_up"),
        Binding("g,ctrl+home", "first_row", "First row", show=False, id="grid.top"),
        Binding("G,ctrl+end", "last_row", "Last row", show=False, id="grid.bottom"),
        Binding("home", "first_column", "First column", show=False, id="grid.home"),
        Binding("end", "last_column", "Last column", show=False, id="grid.end"),
    ]

    @dataclass
    class RowSelected(Message):
        """Enter was pressed on a row; `index` is its place in `ResultSet.rows`."""

        grid: ResultGrid
        index: int

        @property
        def control(self) -> ResultGrid:
            return self.grid

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another cell: by a key, a click or by new results."""

        grid: ResultGrid

        @property
        def control(self) -> ResultGrid:
            return self.grid

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, ResultGrid.CursorMoved) and message.grid is self.grid

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, classes=classes)
        self._last_columns: dict[tuple[str, ...], str] = {}
        """Which column the cursor was on, last time, in results with these columns."""

    # What others may know

    @property
    def results(self) -> ResultSet:
        return self.state.results

    @property
    def kept_results(self) -> ResultSet:
        """The result with only the rows that are left."""
        return self.state.kept_results

    @property
    def shown_rows(self) -> int:
        """How many rows are left."""
        return len(self.state.order)

    @property
    def cursor_row(self) -> int | None:
        """The index into `ResultSet.rows`; None while there are no rows."""
        return self.state.cursor_row

    @property
    def cursor_column_name(self) -> str:
        """Empty while there are no columns."""
        return self.state.cursor_column_name

    @property
    def column_position(self) -> tuple[int, int]:
        """Which of how many shown columns the cursor is on, counted from 1."""
        count = len(self.state.layout.columns)
        return (self.state.column + 1 if count else 0), count

    @property
    def cursor_value(self) -> Cell:
        """The cell as it came, not as it is shown."""
        return self.state.cursor_value

    @property
    def hidden_value(self) -> str:
        """The cell under the cursor as it is, where it shows less or something else."""
        return self.state.hidden_value

    @property
    def cursor_key(self) -> Row | None:
        """What `restore` takes to find this row again."""
        return self.state.cursor_key

    @property
    def matches(self) -> int:
        """How many rows hold what was looked for."""
        return len(self.state.matches)

    @property
    def match_position(self) -> int:
        """Which of these rows, from the top and from 1 on, has the cursor; 0 where it is none."""
        return self.state.match_position

    def named_values(self) -> frozenset[str]:
        """The values on the screen that may have a name."""
        return self.state.named_values(self.scroll_offset.y, self._page)

    # What others may do

    def show(self, results: ResultSet, meanings: Meanings = UNKNOWN) -> None:
        """Replace the rows; the cursor stays on its row, the order and the scroll position stay.

        In columns that were shown before the cursor is in the one where it was: a step back, or
        one for the next address, goes on with the cell that it is about.

        Until somebody moves it, the cursor stays on the first row. Only lines that look
        different are drawn again.
        """
        state = self.state
        if results == state.results and meanings == state.meanings:
            return
        key, name = state.cursor_key if state.has_moved else None, state.cursor_column_name
        if results.columns != state.results.columns:
            self._remember_column()
            name = self._last_columns.get(results.columns, name)
        shown = self._arranged(state.showing(results, meanings)).in_order()
        shown = shown.found(shown.needle).at_column(name).following(key)
        self._become(shown, reveals=self._is_visible())
        self._tell()

    def compare(self, before: ResultSet | None) -> Changes:
        """Mark what is new since these rows; with None nothing is."""
        state = self.state.compared_with(before)
        if state is not self.state:
            self._become(state)
        return state.changes

    def clear(self) -> None:
        """Forget the rows, the order, the search and on which row the cursor was."""
        self._remember_column()
        self._take(GridState())
        self.scroll_to(0, 0, animate=False, force=True)
        self.refresh()
        self._write_border()
        self.refresh_bindings()

    def _remember_column(self) -> None:
        if self.state.cursor_column is not None:
            self._last_columns[self.state.results.columns] = self.state.cursor_column_name

    def arrange_anew(self) -> None:
        """Another choice of columns, or other names: the cursor stays on its cell."""
        state = self._arranged(self.state)
        self._become(state.found(state.needle), reveals=True)
        self._tell()

    def restore(self, key: Row) -> bool:
        """Put the cursor on the row with this key, if there is one."""
        place = self.state.place_of(key)
        if place is None:
            return False
        self._move_to(place, self.state.column)
        return True

    def narrow(self, narrowing: Narrowing | None) -> None:
        """Show only the rows that it leaves; None are all of them. The cursor stays on its row."""
        self._become(self.state.narrowed(narrowing), reveals=True)
        self._tell()

    def find(self, text: str) -> int:
        """Mark the cells that hold `text`, whatever its case; the number of rows that do.

        An empty text ends the search.
        """
        self._become(self.state.found(text.casefold()))
        return self.matches

    async def find_aside(self, text: str) -> None:
        """Find it, and let the screen be drawn meanwhile: among millions of cells it takes long."""
        needle = text.casefold()
        columns, rows = self.state.searched, self.results.rows
        found = await asyncio.to_thread(matching, columns, rows, needle)
        if not needle or (columns, rows) != (self.state.searched, self.results.rows):
            self.find(text)
        else:
            self._become(replace(self.state, needle=needle, matches=found))

    def find_next(self, direction: int = 1) -> bool:
        """Go to the next row that was found, or to the one before (-1), around the end."""
        place = self.state.next_match(direction)
        if place is None:
            return False
        self._move_to(place, self.state.column)
        return True

    # Keys and mouse

    def action_drill(self) -> None:
        if self.cursor_row is not None:
            self.post_message(self.RowSelected(self, self.cursor_row))

    def action_sort(self) -> None:
        """By the cursor's column: one way, the other way, then as the results came."""
        self._sort(self.state.sorted_by_column())

    def action_sort_too(self) -> None:
        """By the cursor's column where those before leave rows equal; again reversed, again not."""
        if self.state.cursor_column is not None:
            self._sort(self.state.sorted_by_column_too())
            by = told(self.state.sorts)
            self.post_message(Remarked(f"sorted by {by}" if by else "the rows are as they came"))

    def _sort(self, state: GridState) -> None:
        if state.cursor_column is not None:
            self._become(state, reveals=True)
            self._tell()

    def action_mark(self) -> None:
        """Mark the row, or take its mark off, and go to the next one."""
        if self.cursor_row is not None:
            self.state = self.state.marked()
            self._refresh_row(self.state.row)
            self.action_move(1, 0)
            self._write_border()

    def action_unmark(self) -> None:
        self._become(replace(self.state, marks=Marks()))
        self._write_border()

    def action_raw(self) -> None:
        self.is_raw = not self.is_raw

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  (Textual's)
        """Without a row there is nothing to drill into, and no key for it is offered."""
        return action != "drill" or self.cursor_row is not None

    def action_move(self, rows: int, columns: int) -> None:
        self._move_to(self.state.row + rows, self.state.column + columns)

    def action_page(self, direction: int) -> None:
        page = self._page
        # The cursor keeps its line on the screen.
        self._scroll(self.scroll_offset.x, self.scroll_offset.y + direction * page)
        self.action_move(direction * page, 0)

    def action_first_row(self) -> None:
        self._move_to(0, self.state.column)

    def action_last_row(self) -> None:
        self._move_to(len(self.state.order) - 1, self.state.column)

    def action_first_column(self) -> None:
        self._scroll(0, self.scroll_offset.y)
        self._move_to(self.state.row, 0)

    def action_last_column(self) -> None:
        self._move_to(self.state.row, len(self.state.layout.columns) - 1)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, on a title it sorts; a second one on the same row is Enter."""
        offset = event.get_content_offset(self)
        if offset is None or not self.state.order:
            return
        place, column = self._place_at(offset.y), self._view.column_at(offset.x)
        if place == -1:
            self._move_to(self.state.row, column)
            self.action_sort()
        elif 0 <= place < len(self.state.order):
            self._move_to(place, column)
            if event.chain == 2:
                self.action_drill()

    def watch_zone(self) -> None:
        self.arrange_anew()

    def watch_is_raw(self) -> None:
        self.arrange_anew()

    # The cursor

    def _move_to(self, row: int, column: int) -> None:
        before = self.state
        if not before.order:
            return
        self.state = before.moved(row, column)
        self._reveal()
        self._refresh_row(before.row)
        self._refresh_row(self.state.row)
        if (before.row, before.column) != (self.state.row, self.state.column):
            self._tell()

    def _tell(self) -> None:
        """Tell the others, and on the border, which cell the cursor is on."""
        self._write_border()
        self.post_message(self.CursorMoved(self))
