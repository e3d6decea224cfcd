"""A text of any length to read, of which only the lines in sight are laid out."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from flowtui.ui.text import is_narrow


class LongText(ScrollView, can_focus=True):
    """Breaks lines where they are full: to look for words takes too long in a text of megabytes."""

    DEFAULT_CSS = """
    LongText {
        height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        background: $surface; color: $foreground;
    }
    """

    def __init__(self, text: str) -> None:
        """`text` is clean."""
        super().__init__()
        self._lines = text.split("\n")
        self._are_narrow = [is_narrow(line) for line in self._lines]
        self._ends: list[int] = []
        """How many lines of the screen there are up to the end of each line of the text."""

    def on_resize(self) -> None:
        width = self._width
        heights = (
            max(1, -(-len(line) // self._characters(at, width)))
            for at, line in enumerate(self._lines)
        )
        self._ends = list(accumulate(heights))
        self.virtual_size = Size(width, self._ends[-1])
        self.refresh()

    @property
    def _width(self) -> int:
        return max(2, self.scrollable_content_region.width)

    def _characters(self, at: int, width: int) -> int:
        """How many characters of a line of the text surely fit."""
        return width if self._are_narrow[at] else width // 2

    def render_line(self, y: int) -> Strip:
        width = self._width
        text = self._text_at(self.scroll_offset.y + y, width)
        return Strip([Segment(set_cell_size(text, width), self.rich_style)], width)

    def _text_at(self, y: int, width: int) -> str:
        at = bisect_right(self._ends, y)
        if at >= len(self._lines):
            return ""
        step = self._characters(at, width)
        start = (y - (self._ends[at - 1] if at else 0)) * step
        return self._lines[at][start : start + step]
