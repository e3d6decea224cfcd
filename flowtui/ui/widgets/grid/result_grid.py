"""The grid of results: a `ScrollView` that draws a line as few segments, over plain tuples."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import ClassVar, Protocol, Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive, var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from flowtui.engine.changes import Changes, changes
from flowtui.model.columns import AUTOMATIC, ColumnChoice
from flowtui.model.run import Cell, ResultSet, Row
from flowtui.ui.messages import Remarked
from flowtui.ui.text import clean, clean_lines
from flowtui.ui.widgets.grid import order as ordering
from flowtui.ui.widgets.grid.columns import UNKNOWN, Column, Meanings, Naming, nameless
from flowtui.ui.widgets.grid.layout import NO_LAYOUT, arrange, fit
from flowtui.ui.widgets.grid.marks import Marks
from flowtui.ui.widgets.grid.order import Sort
from flowtui.ui.widgets.grid.viewport import Span, Viewport, paint

CURSOR_MARK = "▌"
"""Stands at the cursor's row, so that the row does not depend on colour."""

MARKS = "●◉"
"""Stand at a marked row, and at one that has the cursor too."""

NONE_LEFT = "no row is left; & changes what they are narrowed to"

NEW_SIGN, CHANGED_SIGN = "+", "~"
"""Stand at a row that is new, and at one with other figures, since the time before."""

FEWEST_CELLS = 12
"""With less room than that on the border, a value is not shown there."""


class Narrowing(Protocol):
    """Leaves some of the rows."""

    def kept(self, results: ResultSet, columns: tuple[Column, ...]) -> Sequence[int]: ...


class ResultGrid(ScrollView, can_focus=True):
    """Rows and a cursor on one cell; the header and the first column stay in place."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    ResultGrid {
        background: $surface;
        color: $foreground;
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-horizontal: 0;
        scrollbar-size-vertical: 1;
        & > .result-grid--header { background: $panel; text-style: bold; }
        & > .result-grid--odd { background: $foreground 4%; }
        & > .result-grid--row { background: $foreground 12%; text-style: bold; }
        & > .result-grid--cursor { text-style: bold underline; }
        & > .result-grid--bar { color: $primary 60%; }
        & > .result-grid--aside { text-style: dim; }
        & > .result-grid--folded { color: $text-muted; }
        & > .result-grid--refused { color: $error; }
        & > .result-grid--match { text-style: bold underline; color: $accent; }
        & > .result-grid--changed { text-style: bold underline; color: $warning; }
        & > .result-grid--hint { color: $text-muted; }
        &:focus > .result-grid--cursor {
            background: $surface; color: $foreground; text-style: bold reverse;
        }
    }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "result-grid--header",
        "result-grid--odd",
        "result-grid--row",
        "result-grid--cursor",
        "result-grid--bar",
        "result-grid--aside",
        "result-grid--folded",
        "result-grid--refused",
        "result-grid--match",
        "result-grid--changed",
        "result-grid--hint",
    }

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

    zone: var[tzinfo] = var[tzinfo](UTC)
    """The zone that timestamps are shown in; the values stay as they came, in UTC."""
    is_raw: var[bool] = var(False)
    """Whether values are shown as they came."""
    count: var[str] = var("")
    """How many rows there are, in words, for the border."""
    hint: reactive[str] = reactive("")
    """The words in the place of rows while there are none; may have several lines."""

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
        self._is_writing_border = False
        self._last_view = Viewport(NO_LAYOUT, 0, 0)
        self._looks: dict[tuple[str, str], Style] = {}
        """The styles of components on the styles of rows, as long as these hold."""
        self.naming: Naming = nameless
        """What addresses and resources are called."""
        self.country: Naming = nameless
        """Where an address is registered."""
        self.choice_of: Callable[[tuple[str, ...]], ColumnChoice] = lambda _: AUTOMATIC
        """The user's choice of the columns, by their names; after a change, `arrange_anew`."""
        self._last_columns: dict[tuple[str, ...], str] = {}
        """Which column the cursor was on, last time, in results with these columns."""
        self._forget()

    def _forget(self) -> None:
        self._results = ResultSet()
        self._meanings = UNKNOWN
        self._all_columns: tuple[Column, ...] = ()
        """Those of the result, shown or not."""
        self._arrangement = NO_LAYOUT
        self._order: Sequence[int] = ()
        """The indexes of the rows, as they are shown from top to bottom."""
        self._sorts: tuple[Sort, ...] = ()
        self._narrowing: Narrowing | None = None
        self._marks = Marks()
        self._changes = Changes()
        self._compared: tuple[ResultSet, ResultSet] | None = None
        """What `_changes` is about: the rows before, and those that are shown."""
        self._row = 0
        """The cursor's place in `_order`."""
        self._column = 0
        """The cursor's place among the shown columns."""
        self._has_moved = False
        self._needle = ""
        self._matches: frozenset[int] = frozenset()

    # What others may know

    @property
    def results(self) -> ResultSet:
        return self._results

    @property
    def cursor_row(self) -> int | None:
        """The index into `ResultSet.rows`; None while there are no rows."""
        return self._order[self._row] if self._order else None

    @property
    def cursor_column_name(self) -> str:
        """Empty while there are no columns."""
        column = self._cursor_column
        return "" if column is None else column.name

    @property
    def _cursor_column(self) -> Column | None:
        columns = self._arrangement.columns
        return columns[self._column] if columns else None

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns of the result, those that are hidden or folded among them."""
        return self._all_columns

    @property
    def column_position(self) -> tuple[int, int]:
        """Which of how many shown columns the cursor is on, counted from 1."""
        count = len(self._arrangement.columns)
        return (self._column + 1 if count else 0), count

    @property
    def cursor_value(self) -> Cell:
        """The cell as it came, not as it is shown."""
        row, column = self.cursor_row, self._cursor_column
        return None if row is None or column is None else self._results.rows[row][column.index]

    @property
    def hidden_value(self) -> str:
        """The cell under the cursor as it is, where it shows less or something else."""
        row = self.cursor_row
        if row is None or self._cursor_column is None:
            return ""
        return self._arrangement.hidden(self._column, self._results.rows[row])

    @property
    def cursor_key(self) -> Row | None:
        """What `restore` takes to find this row again."""
        return None if self.cursor_row is None else self._results.key(self.cursor_row)

    @property
    def matches(self) -> int:
        """How many rows hold what was looked for."""
        return len(self._matches)

    @property
    def match_position(self) -> int:
        """Which of these rows, from the top and from 1 on, has the cursor; 0 where it is none."""
        if self.cursor_row not in self._matches:
            return 0
        return sum(index in self._matches for index in self._order[: self._row + 1])

    # What others may do

    def show(self, results: ResultSet, meanings: Meanings = UNKNOWN) -> None:
        """Replace the rows; the cursor stays on its row, the order and the scroll position stay.

        In columns that were shown before the cursor is in the one where it was: a step back, or
        one for the next address, goes on with the cell that it is about.

        Until somebody moves it, the cursor stays on the first row. Only lines that look
        different are drawn again.
        """
        if results == self._results and meanings == self._meanings:
            return
        had_rows = bool(self._order)
        with self._redrawing():
            key, name = self.cursor_key if self._has_moved else None, self.cursor_column_name
            if results.columns != self._results.columns:
                self._remember_column()
                name = self._last_columns.get(results.columns, name)
            was_visible = self._is_visible()
            self._marks = self._marks.moved(self._results, results)
            self._results, self._meanings = results, meanings
            self._arrange()
            self._put_in_order()
            self._match()
            self._column = self._place_of(name)
            self._follow(key, was_visible=was_visible)
        if bool(self._order) != had_rows:
            self.refresh_bindings()

    def compare(self, before: ResultSet | None) -> Changes:
        """Mark what is new since these rows; with None nothing is."""
        if before is None:
            if self._compared is not None:
                with self._redrawing():
                    self._changes, self._compared = Changes(), None
        elif self._compared is None or not (
            self._compared[0] is before and self._compared[1] is self._results
        ):
            with self._redrawing():
                self._compared = before, self._results
                self._changes = changes(before, self._results)
        return self._changes

    def clear(self) -> None:
        """Forget the rows, the order, the search and on which row the cursor was."""
        self._remember_column()
        self._forget()
        self._arrange()
        self.scroll_to(0, 0, animate=False, force=True)
        self.refresh()
        self._write_border()
        self.refresh_bindings()

    def _remember_column(self) -> None:
        if self._cursor_column is not None:
            self._last_columns[self._results.columns] = self.cursor_column_name

    def named_values(self) -> frozenset[str]:
        """The values on the screen that may have a name."""
        top = self.scroll_offset.y
        rows = [self._results.rows[at] for at in self._order[top : top + self._page]]
        folded = (each.column for each in self._arrangement.folded)
        places = [c.index for c in (*self._arrangement.columns, *folded) if c.cells.is_named]
        return frozenset(value for row in rows for at in places if (value := row[at]))

    def arrange_anew(self) -> None:
        """Another choice of columns, or other names: the cursor stays on its cell."""
        name = self.cursor_column_name
        with self._redrawing():
            self._arrange()
            self._match()
            self._column = self._place_of(name)
            self._reveal()
        self._told()

    def restore(self, key: Row) -> bool:
        """Put the cursor on the row with this key, if there is one."""
        index = ordering.find_key(self._results, key, 0)
        if index is None or index not in self._order:
            return False
        self._move_to(self._order.index(index), self._column)
        return True

    def find(self, text: str) -> int:
        """Mark the cells that hold `text`, whatever its case; the number of rows that do.

        An empty text ends the search.
        """
        with self._redrawing():
            self._needle = text.casefold()
            self._match()
        return len(self._matches)

    async def find_aside(self, text: str) -> None:
        """Find it, and let the screen be drawn meanwhile: among millions of cells it takes long."""
        needle = text.casefold()
        columns, rows = self._searched, self._results.rows
        found = await asyncio.to_thread(ordering.matching, columns, rows, needle)
        if not needle or (columns, rows) != (self._searched, self._results.rows):
            self.find(text)
            return
        with self._redrawing():
            self._needle, self._matches = needle, found

    def find_next(self, direction: int = 1) -> bool:
        """Go to the next row that was found, or to the one before (-1), around the end."""
        count = len(self._order)
        for step in range(1, count + 1):
            row = (self._row + direction * step) % count
            if self._order[row] in self._matches:
                self._move_to(row, self._column)
                return True
        return False

    # Keys and mouse

    def action_drill(self) -> None:
        if self.cursor_row is not None:
            self.post_message(self.RowSelected(self, self.cursor_row))

    def action_sort(self) -> None:
        """By the cursor's column: one way, the other way, then as the results came.

        Sorting is for seeing the first rows: the cursor goes to the first row and stays there
        while results come in, until somebody moves it.
        """
        column = self._cursor_column
        if column is None:
            return
        with self._redrawing():
            is_one = len(self._sorts) == 1
            then = ordering.next_sort(column, self._sorts[0] if is_one else None)
            self._sort_by((then,) if then else ())

    def action_sort_too(self) -> None:
        """By the cursor's column where those before leave rows equal; again reversed, again not."""
        column = self._cursor_column
        if column is None:
            return
        with self._redrawing():
            self._sort_by(ordering.with_sort(column, self._sorts))
        by = ordering.told(self._sorts)
        self.post_message(Remarked(f"sorted by {by}" if by else "the rows are as they came"))

    def _sort_by(self, sorts: tuple[Sort, ...]) -> None:
        self._sorts = sorts
        self._put_in_order()
        self._has_moved = False
        self._follow(None, was_visible=True)

    def narrow(self, narrowing: Narrowing | None) -> None:
        """Show only the rows that it leaves; None are all of them. The cursor stays on its row."""
        had_rows, key = bool(self._order), self.cursor_key
        with self._redrawing():
            self._narrowing = narrowing
            self._put_in_order()
            self._follow(key, was_visible=True)
        if bool(self._order) != had_rows:
            self.refresh_bindings()

    @property
    def is_narrowed(self) -> bool:
        return self._narrowing is not None

    @property
    def kept_results(self) -> ResultSet:
        """The result with only the rows that are left."""
        if self._narrowing is None:
            return self._results
        rows = self._results.rows
        return replace(self._results, rows=tuple(rows[index] for index in self._order))

    @property
    def shown_rows(self) -> int:
        """How many rows are left."""
        return len(self._order)

    def action_mark(self) -> None:
        """Mark the row, or take its mark off, and go to the next one."""
        if self.cursor_row is not None:
            self._marks = self._marks.toggled(self.cursor_row)
            self._refresh_row(self._row)
            self._move_to(self._row + 1, self._column)
            self._write_border()

    def action_unmark(self) -> None:
        with self._redrawing():
            self._marks = Marks()
        self._write_border()

    @property
    def _told_of_rows(self) -> str:
        """How many there are; of marked ones what they come to in the cursor's column."""
        count = len(self._order)
        kept = f"{count:,} row{' matches' if count == 1 else 's match'}" if self.is_narrowed else ""
        told = ["raw values" if self.is_raw else "", kept, self.count]
        column = self._cursor_column
        if self._marks.rows and column is not None:
            room = self._width - len("   ".join(filter(None, told))) - len("   ╰─╯")
            told.insert(2, clean(self._marks.told(self._results, column, room)))
        return "   ".join(filter(None, told))

    def action_raw(self) -> None:
        self.is_raw = not self.is_raw

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  (Textual's)
        """Without a row there is nothing to drill into, and no key for it is offered."""
        return action != "drill" or self.cursor_row is not None

    def action_move(self, rows: int, columns: int) -> None:
        self._move_to(self._row + rows, self._column + columns)

    def action_page(self, direction: int) -> None:
        page = self._page
        # The cursor keeps its line on the screen.
        self._scroll(self.scroll_offset.x, self.scroll_offset.y + direction * page)
        self._move_to(self._row + direction * page, self._column)

    def action_first_row(self) -> None:
        self._move_to(0, self._column)

    def action_last_row(self) -> None:
        self._move_to(len(self._order) - 1, self._column)

    def action_first_column(self) -> None:
        self._scroll(0, self.scroll_offset.y)
        self._move_to(self._row, 0)

    def action_last_column(self) -> None:
        self._move_to(self._row, len(self._arrangement.columns) - 1)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, on a title it sorts; a second one on the same row is Enter."""
        offset = event.get_content_offset(self)
        if offset is None or not self._order:
            return
        row = self.scroll_offset.y + offset.y - self._head
        column = self._view.column_at(offset.x)
        if offset.y == self._head - 1:
            self._move_to(self._row, column)
            self.action_sort()
        elif offset.y >= self._head and row < len(self._order):
            self._move_to(row, column)
            if event.chain == 2:
                self.action_drill()

    def on_resize(self) -> None:
        """Room to spare, the bar among it, depends on the width."""
        name = self.cursor_column_name
        self._arrange()
        self._column = self._place_of(name)
        self._reveal()
        self.refresh()
        self._write_border()

    def watch_zone(self) -> None:
        self.arrange_anew()

    def watch_is_raw(self) -> None:
        self.arrange_anew()

    def watch_count(self) -> None:
        self._write_border()

    # The cursor

    def _move_to(self, row: int, column: int) -> None:
        if not self._order:
            return
        old_row, old_column = self._row, self._column
        self._has_moved = True
        self._row = max(0, min(len(self._order) - 1, row))
        self._column = max(0, min(len(self._arrangement.columns) - 1, column))
        self._reveal()
        self._refresh_row(old_row)
        self._refresh_row(self._row)
        if (old_row, old_column) != (self._row, self._column):
            self._told()

    def _follow(self, key: Row | None, *, was_visible: bool) -> None:
        """Put the cursor on the row with `key`, else leave it on its line; None is the top."""
        last = max(0, len(self._order) - 1)
        near = self._order[min(self._row, last)] if self._order else 0
        index = None if key is None else ordering.find_key(self._results, key, near)
        if index is not None and index in self._order:
            self._row = self._order.index(index)
        else:
            self._row = min(self._row, last) if self._has_moved else 0
        if was_visible:
            self._reveal()
        self._told()

    def _told(self) -> None:
        """Tell the others, and on the border, which cell the cursor is on."""
        self._write_border()
        self.post_message(self.CursorMoved(self))

    def _is_visible(self) -> bool:
        return 0 <= self._row - self.scroll_offset.y < self._page

    def _reveal(self) -> None:
        """Scroll as little as shows the cursor's cell."""
        page = self._page
        top = min(self._row, max(self.scroll_offset.y, self._row - page + 1))
        self._scroll(self._view.left_to_show(self._column), top)

    def _scroll(self, left: float, top: float) -> None:
        if (left, top) != self.scroll_offset:
            self.scroll_to(left, top, animate=False, force=True)

    @property
    def _head(self) -> int:
        """The lines above the rows: that of folded columns, if there are any, and the titles."""
        return 2 if self._arrangement.has_line else 1

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._head)

    @property
    def _width(self) -> int:
        """The cells of a line; the `size` has the scrollbar too, and it hides what is below it."""
        return self.scrollable_content_region.width

    @property
    def _view(self) -> Viewport:
        view, left = self._last_view, self.scroll_offset.x
        layout, width = self._arrangement, self._width
        if view.layout is not layout or (view.width, view.left) != (width, left):
            view = self._last_view = Viewport(layout, width, left)
        return view

    def _place_of(self, name: str) -> int:
        names = [column.name for column in self._arrangement.columns]
        return names.index(name) if name in names else 0

    # The data

    def _arrange(self) -> None:
        if not self._results.columns:
            self._all_columns, self._arrangement = (), NO_LAYOUT
            self.virtual_size = Size(2 * self._width, 1)
            return
        from flowtui.ui.widgets.grid.measure import Look, measure

        results, rows = self._results, self._results.rows
        before = {column.name: column for column in self._all_columns}
        look = Look(self.zone, self.is_raw, self.naming, self.country)
        self._all_columns = measure(results, self._meanings, before, look)
        choice = self.choice_of(results.columns)
        self._arrangement = arrange(self._all_columns, rows, self._width, choice)
        # So wide that the last column can stand beside the head.
        width = self._arrangement.width + self._width
        self.virtual_size = Size(width, len(self._order) + self._head)

    def _put_in_order(self) -> None:
        results = self._results
        kept: Sequence[int] = range(len(results.rows))
        if self._narrowing is not None:
            kept = self._narrowing.kept(results, self._all_columns)
        self._order = ordering.order(results, self._sorts, kept)
        self.virtual_size = Size(self.virtual_size.width, len(self._order) + self._head)

    def _match(self) -> None:
        columns, rows = self._searched, self._results.rows
        found = ordering.matching(columns, rows, self._needle) if self._needle else frozenset()
        self._matches = found

    @property
    def _searched(self) -> tuple[Column, ...]:
        layout = self._arrangement
        return (*layout.columns, *(each.column for each in layout.folded))

    # Drawing

    @contextmanager
    def _redrawing(self) -> Iterator[None]:
        """Draw again the lines that look different afterwards, and no others."""
        before = [self.render_line(y) for y in range(self.size.height)]
        yield
        for y, line in enumerate(before):
            if self.render_line(y) != line:
                self.refresh(Region(0, y, self._width, 1))

    def _write_border(self) -> None:
        """On the lower border: the cursor's value, where its cell shows less, and the count."""
        count = self._told_of_rows
        hidden, room = self.hidden_value, self._width - len(count) - 6
        if hidden and room >= FEWEST_CELLS:
            hidden = fit(hidden, min(room, cell_len(hidden)))
            text = Content("   ".join(filter(None, (hidden, count))))
        else:
            text = Content(count)
        if text.markup == (self.border_subtitle or ""):
            return
        self._is_writing_border = True
        self.border_subtitle = text
        self._is_writing_border = False

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Draw again, of a new text on the border only its line: all rows would cost too much."""
        if self._is_writing_border:
            regions = (Region(0, self.size.height, self._width, 1),)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _refresh_row(self, row: int) -> None:
        y = row - self.scroll_offset.y + self._head
        if self._head <= y < self.size.height:
            self.refresh(Region(0, y, self._width, 1))

    def render_line(self, y: int) -> Strip:
        """The line at `y` of the screen: what is folded, the header, a row, or nothing."""
        view, row = self._view, self.scroll_offset.y + y - self._head
        width = view.width
        if y < self._head - 1:
            return self._fold_line()
        if y == self._head - 1:
            style = self.get_component_rich_style("result-grid--header")
            return Strip([Segment(view.header(self._sorts), style)], width)
        if row >= len(self._order):
            return self._hint_line(row) if not self._order else Strip.blank(width, self.rich_style)
        cells = self._results.rows[self._order[row]]
        text = view.row(cells)
        sign = CURSOR_MARK if row == self._row else self._change_sign(self._order[row])
        if self._order[row] in self._marks.rows:
            sign = MARKS[row == self._row]
        text = sign + text[len(sign) :]
        return paint(text, width, self._look(self._base(row)), self._spans(row, cells, view))

    def _change_sign(self, index: int) -> str:
        """Whether the row is new, or has changed, since the time before."""
        if index in self._changes.new:
            return NEW_SIGN
        return CHANGED_SIGN if index in self._changes.changed else ""

    def _fold_line(self) -> Strip:
        style = self.get_component_rich_style("result-grid--folded")
        told = clean(self._arrangement.fold_line(self._width - 2))
        return Strip([Segment(fit(f" {told}", self._width), style)])

    def _hint_line(self, y: int) -> Strip:
        hint = NONE_LEFT if self._results.rows else self.hint
        lines = clean_lines(hint).splitlines()
        text = f" {lines[y]}" if y < len(lines) else ""
        style = self.get_component_rich_style("result-grid--hint")
        return Strip([Segment(fit(text, self._width), style)])

    def _base(self, row: int) -> str:
        """The component that a row looks like; empty where it looks like the grid."""
        return "result-grid--row" if row == self._row else "result-grid--odd" if row % 2 else ""

    def _spans(self, row: int, cells: Row, view: Viewport) -> list[Span]:
        """The parts of a row that do not look like the rest of it, from left to right."""
        base, loud = self._base(row), self._loud(row, cells)
        quiet: list[Span] = []
        if row != self._row:
            # The row under the cursor is all there to be read, and is sent the most often.
            quiet += [(*span, self._look(base, "result-grid--aside")) for span in view.asides]
            quiet += [(*span, self._look(base, "result-grid--bar")) for span in view.bars]
        if not loud:
            return sorted(quiet, key=_start)
        spans = [(*view.span(place), self._look(base, name)) for place, name in loud.items()]
        beside = [each for each in quiet if not any(s <= each[0] < e for s, e, _ in spans)]
        return sorted([each for each in spans if each[0] < each[1]] + beside, key=_start)

    def _loud(self, row: int, cells: Row) -> dict[int, str]:
        """The places of cells to look at, and the component that each looks like."""
        layout = self._arrangement
        alarms = layout.alarms(cells) if layout.alarming else frozenset()
        loud = dict.fromkeys(alarms, "result-grid--refused")
        changed = self._changes.changed.get(self._order[row], frozenset())
        places = (i for i, column in enumerate(layout.columns) if column.index in changed)
        loud |= dict.fromkeys(places if changed else (), "result-grid--changed")
        if self._order[row] in self._matches:
            for place, column in enumerate(layout.columns):
                if column.holds(cells, self._needle):
                    loud[place] = "result-grid--match"
        if row == self._row:
            loud[self._column] = "result-grid--cursor"
        return loud

    def _look(self, base: str, name: str = "") -> Style:
        """The style of a row, or of a component on it."""
        look = self._looks.get((base, name))
        if look is None:
            look = self.get_component_rich_style(base) if base else self.rich_style
            if name:
                look += self.get_component_rich_style(name, partial=True)
            self._looks[base, name] = look
        return look

    def notify_style_update(self) -> None:
        self._looks.clear()
        super().notify_style_update()


def _start(span: Span) -> int:
    return span[0]
