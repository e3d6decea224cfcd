"""A picture of cells over all the room that there is, and where a click on it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from flowtui.ui.charts.canvas import Line
from flowtui.ui.widgets.chart_colours import CHART_CLASSES, CHART_CSS, painted, slots

Picture = Callable[[int, int], tuple[Sequence[Line], Sequence[str]]]
"""Lines for a width and a height, and the values of their parts, which the colours go by."""


class ChartCanvas(Widget):
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {*CHART_CLASSES}
    DEFAULT_CSS = (
        """
    ChartCanvas { height: 1fr; background: $background; }
    """
        + CHART_CSS
    )

    @dataclass
    class Pointed(Message):
        """The mouse is held at a cell; `is_first` where it was pressed just now."""

        canvas: ChartCanvas
        x: int
        is_first: bool

    def __init__(self, picture: Picture) -> None:
        """`picture` makes the lines for so many cells and lines, when they are to be painted."""
        super().__init__()
        self._picture, self._is_held = picture, False

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self.capture_mouse()
        self._is_held = True
        self._point(event, is_first=True)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._is_held:
            self._point(event, is_first=False)

    def on_mouse_up(self) -> None:
        self.release_mouse()
        self._is_held = False

    def _point(self, event: events.MouseEvent, *, is_first: bool) -> None:
        x = event.get_content_offset_capture(self).x
        self.post_message(self.Pointed(self, x, is_first))

    def render(self) -> Content:
        if not all(self.content_size):
            return Content("")
        lines, names = self._picture(*self.content_size)
        text = "\n".join("".join(cell.text for cell in line) for line in lines)
        content, at, classes = Content(text), 0, slots(names)
        for line in lines:
            content = painted(content, at, line, classes, self)
            at += sum(len(cell.text) for cell in line) + 1
        return content
