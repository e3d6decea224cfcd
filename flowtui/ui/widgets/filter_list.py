"""A line to filter by, and below it a list of which no more than the visible rows is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from flowtui.ui.text import clean, fitted

T = TypeVar("T")

_MOST_OF_SCREEN = 0.55
"""The share of its height that a list takes of itself."""


class FilterLine(Input):
    """May leave the space bar to a list whose rows are marked by it."""

    leaves_space = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        is_left = self.leaves_space and key == "space"
        return not is_left and super().check_consume_key(key, character)


class RowList(ScrollView, Generic[T], can_focus=False):
    """Rows of one line each; the cursor is on one that may be chosen, if there is any."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--cursor", "row-list--heading"}
    DEFAULT_CSS = """
    RowList {
        height: auto; overflow-x: hidden; background: $surface; color: $foreground;
        & > .row-list--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
            text-style: $block-cursor-blurred-text-style;
        }
        & > .row-list--heading { color: $text-muted; }
    }
    """

    @dataclass
    class Moved(Message):
        """The cursor is on another row, or the rows are others."""

        row_list: Widget

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RowList.Moved) and message.row_list is self.row_list

    @dataclass
    class Clicked(Message):
        """A row was clicked; the cursor is there."""

        row_list: Widget

    def __init__(
        self, line: Callable[[T], str], is_heading: Callable[[T], bool] = lambda _: False
    ) -> None:
        """`line` is how a row reads, in foreign text; headings are not chosen."""
        super().__init__()
        self.line, self._is_heading = line, is_heading
        self._rows: Sequence[T] = ()
        self._cursor: int | None = None

    @property
    def rows(self) -> Sequence[T]:
        return self._rows

    @property
    def cursor(self) -> int | None:
        return self._cursor

    @property
    def chosen(self) -> T | None:
        return None if self._cursor is None else self._rows[self._cursor]

    def show(self, rows: Sequence[T], cursor: int | None) -> None:
        self._resize(len(self._rows), len(rows))
        self._rows = rows
        self._cursor = self._nearest(cursor or 0, 1)
        self._scroll()
        self.refresh()
        self.post_message(self.Moved(self))

    def move(self, rows: int) -> None:
        """So many rows down, or up; not beyond the last one."""
        if self._cursor is not None:
            step = 1 if rows > 0 else -1
            self.move_to(self._nearest(self._cursor + rows, step))

    def page(self, pages: int) -> None:
        self.move(pages * max(1, self.scrollable_content_region.height - 1))

    def move_to(self, row: int | None) -> None:
        if row is None or row == self._cursor:
            return
        before, self._cursor = self._cursor, row
        self._scroll()
        for each in (before, row):
            if each is not None:
                self.refresh_line(each)
        self.post_message(self.Moved(self))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  (Textual's)
        # Not by a style: in a container of automatic height Textual heeds none but of cells.
        return min(len(self._rows), int(viewport.height * _MOST_OF_SCREEN))

    def render_line(self, y: int) -> Strip:
        row, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if row >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        name = "cursor" if row == self._cursor else "heading"
        is_plain = row != self._cursor and not self._is_heading(self._rows[row])
        style = self.rich_style
        if not is_plain:
            style = self.get_component_rich_style(f"row-list--{name}")
        segment = Segment(fitted(clean(self.line(self._rows[row])), width), style)
        return Strip([segment]).adjust_cell_length(width, style)

    async def _on_click(self, event: events.Click) -> None:
        row = event.y + self.scroll_offset.y
        if row < len(self._rows) and not self._is_heading(self._rows[row]):
            self.move_to(row)
            self.post_message(self.Clicked(self))

    def _nearest(self, row: int, step: int) -> int | None:
        """The row that can be chosen and comes next in this direction, else in the other one."""
        count = len(self._rows)
        row = min(max(row, 0), max(0, count - 1))
        ways = (range(row, count), range(row, -1, -1) if count else range(0))
        for way in ways if step > 0 else reversed(ways):
            found = next((each for each in way if not self._is_heading(self._rows[each])), None)
            if found is not None:
                return found
        return None

    def _resize(self, before: int, count: int) -> None:
        """Have the screen laid out anew only where the rows do not fill the list, or did not."""
        size = Size(0, count)
        if 0 < self.size.height < min(before, count):
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)
        else:
            self.virtual_size = size

    def _scroll(self) -> None:
        if self._cursor is not None:
            top = self._cursor
            while top > 0 and self._is_heading(self._rows[top - 1]):
                top -= 1
            region = Region(0, top, 1, self._cursor - top + 1)
            self.scroll_to_region(region, animate=False, force=True, x_axis=False)


class FilterList(Widget, Generic[T]):
    """The words that are typed, and rows; whoever owns it finds the rows for the words."""

    DEFAULT_CSS = """
    FilterList {
        height: auto; layout: vertical;
        & > FilterLine, & > FilterLine:focus {
            border: none; height: 1; background: $panel; padding: 0 1; margin: 0 0 1 0;
        }
        & > .head { color: $text-muted; height: 1; display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
    ]

    @dataclass
    class Typed(Message):
        """The words are others: rows are to be shown for them."""

        filter_list: Widget

    @dataclass
    class Moved(Message):
        """The cursor is on another row, or the rows are others."""

        filter_list: Widget

    @dataclass
    class Taken(Message):
        """Enter was pressed, whether there is a row or not, or a row was clicked."""

        filter_list: Widget

    def __init__(
        self,
        line: Callable[[T], str],
        *,
        is_heading: Callable[[T], bool] = lambda _: False,
        leaves_space: bool = False,
    ) -> None:
        super().__init__()
        self._input = FilterLine(placeholder="type to filter")
        self._input.leaves_space = leaves_space
        self._head, self._titles = Static(classes="head"), ""
        self._list = RowList(line, is_heading)

    def compose(self) -> ComposeResult:
        yield self._input
        yield self._head
        yield self._list

    @property
    def typed(self) -> str:
        return self._input.value

    @property
    def words(self) -> tuple[str, ...]:
        """The filter, in small letters."""
        return tuple(self.typed.lower().split())

    @property
    def rows(self) -> Sequence[T]:
        return self._list.rows

    @property
    def lines(self) -> list[str]:
        """How the rows read, also those that are not visible."""
        return [self._list.line(row) for row in self._list.rows]

    @property
    def cursor(self) -> int | None:
        """Which of the rows the cursor is on; None if there are none that can be chosen."""
        return self._list.cursor

    @property
    def chosen(self) -> T | None:
        return self._list.chosen

    @property
    def head(self) -> str:
        """The line above the rows, if there is one."""
        return self._titles

    @head.setter
    def head(self, text: str) -> None:
        if text != self._titles:
            self._titles = text
            self._head.display = bool(text)
            self._head.update(Content(text))

    def show(self, rows: Sequence[T], cursor: int | None = 0) -> None:
        self._list.show(rows, cursor)

    def action_move(self, rows: int) -> None:
        self._list.move(rows)

    def action_page(self, pages: int) -> None:
        self._list.page(pages)

    @on(Input.Changed)
    def _type(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self))

    @on(RowList.Moved)
    def _move(self, event: RowList.Moved) -> None:
        event.stop()
        self.post_message(self.Moved(self))

    @on(Input.Submitted)
    @on(RowList.Clicked)
    def _take(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Taken(self))


def have_all(text: str, words: Sequence[str]) -> bool:
    """Whether all words are in the text, in any case; they are in small letters."""
    sought = text.lower()
    return all(word in sought for word in words)
