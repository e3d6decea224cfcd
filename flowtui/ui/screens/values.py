"""The values of all columns: a line for each, counted when it comes on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from flowtui.engine.values import ColumnValues
from flowtui.model.errors import FlowtuiError
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.text import clean, fitted

Count = Callable[[str], Awaitable[ColumnValues]]
"""Counts the values of a column; raises `FlowtuiError`."""

_AT_ONCE = 4
"""Columns that are counted at a time."""
_LEAST = 8
"""Cells without which no value is told."""
_NAME = 16
"""Cells of a column's name, where it has as many."""


class ValuesScreen(Dialog[str | None]):
    """Returns the column that is to be broken down."""

    DEFAULT_CSS = DIALOG_CSS.format(name="ValuesScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v", "dismiss(None)", "Close"),
        Binding("enter,F", "take", "Break down"),
    ]

    def __init__(self, columns: Sequence[str], rows: str, count: Count) -> None:
        """`rows` says whose values they are: `10,000 rows`."""
        super().__init__()
        self._columns, self._rows, self._count = columns, rows, count

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"Values of {self._rows}"
            box.border_subtitle = "Enter breaks down, Escape closes"
            yield ValuesList(self._columns, self._count)

    def action_take(self) -> None:
        self.dismiss(self.query_one(ValuesList).chosen)


class ValuesList(ScrollView, can_focus=True):
    """A line for each column; those out of sight cost nothing."""

    DEFAULT_CSS = """
    ValuesList {
        height: auto; max-height: 70vh; scrollbar-size-vertical: 1; background: $surface;
        & > .values--cursor { text-style: bold reverse; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"values--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home,g", "move(-9999)", "First", show=False),
        Binding("end,G", "move(9999)", "Last", show=False),
    ]

    def __init__(self, columns: Sequence[str], count: Count) -> None:
        super().__init__()
        self._columns, self._count = columns, count
        self._known: dict[str, ColumnValues | str] = {}
        """What was counted, or why not."""
        self._at = 0
        self.virtual_size = Size(1, len(columns))

    @property
    def chosen(self) -> str:
        return self._columns[self._at]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return len(self._columns)

    def on_mount(self) -> None:
        self.focus()
        self._count_shown()

    def on_resize(self) -> None:
        self._count_shown()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._count_shown()

    def action_move(self, by: int) -> None:
        self._at = max(0, min(len(self._columns) - 1, self._at + by))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        self.scroll_to(y=min(self._at, max(top, self._at - height + 1)), animate=False, force=True)
        self.refresh()

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - 1))

    @work(exclusive=True)
    async def _count_shown(self) -> None:
        """Count what is on the screen, from the top, a few columns at a time."""
        top, height = self.scroll_offset.y, self.size.height
        missing = [each for each in self._columns[top : top + height] if each not in self._known]
        for first in range(0, len(missing), _AT_ONCE):
            await asyncio.gather(*map(self._count_one, missing[first : first + _AT_ONCE]))
            self.refresh()

    async def _count_one(self, name: str) -> None:
        try:
            self._known[name] = await self._count(name)
        except FlowtuiError as error:
            self._known[name] = str(error)

    def render_line(self, y: int) -> Strip:
        place, width = y + self.scroll_offset.y, self.size.width
        if place >= len(self._columns):
            return Strip.blank(width, self.rich_style)
        name = self._columns[place]
        longest = max(map(cell_len, self._columns), default=0)
        text = line(name, self._known.get(name), width, min(longest, _NAME))
        style = self.rich_style
        if place == self._at:
            style += self.get_component_rich_style("values--cursor", partial=True)
        return Strip([Segment(fitted(text, width).ljust(width), style)], width)


def line(name: str, known: ColumnValues | str | None, width: int, name_cells: int) -> str:
    """`srcaddr  4,267  10.0.13.158 12 %, 10.0.7.89 8 %   - 4 %`, as far as there is room."""
    head = fitted(clean(name), name_cells).ljust(name_cells)
    if known is None:
        return f"{head}  …"
    if isinstance(known, str):
        return f"{head}  {clean(known)}"
    count = f"{known.distinct:,}"
    ends = [(known.nothing, "-"), (known.lacking, "lacking")]
    end = "".join(f"  {what} {_percent(known.share(many))}" for many, what in ends if many)
    text = f"{head}  {count:>9}  "
    room = width - cell_len(text) - len(end)
    return f"{text}{_first(known, room).ljust(room)}{end}"


def _first(known: ColumnValues, room: int) -> str:
    """The most frequent values, as many as there is room for; the first may be cut."""
    told = [f"{clean(value)} {_percent(known.share(many))}" for value, many in known.first]
    for many in range(len(told), 1, -1):
        if cell_len(text := ", ".join(told[:many])) <= room:
            return text
    if not told or room < _LEAST:
        return ""
    if cell_len(told[0]) <= room:
        return told[0]
    value, many = known.first[0]
    share = _percent(known.share(many))
    return f"{fitted(clean(value), room - len(share) - 1)} {share}"


def _percent(share: float) -> str:
    return "<1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"
