"""A picture of cells over all the room that there is, and where a click on it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from flowtui.ui.charts.canvas import Line
from flowtui.ui.widgets.chart_colours import CHART_CLASSES, CHART_CSS, painted, slots


class ChartCanvas(Widget):
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {*CHART_CLASSES}
    DEFAULT_CSS = (
        """
    ChartCanvas { height: 1fr; background: $background; }
    """
        + CHART_CSS
    )

    lines: reactive[tuple[Line, ...]] = reactive[tuple[Line, ...]](())
    names: reactive[Sequence[str]] = reactive[Sequence[str]](())
    """The values of the parts, which their colours go by."""

    @dataclass
    class Resized(Message):
        """There is another room for the picture."""

        canvas: ChartCanvas

    @dataclass
    class Pointed(Message):
        """The mouse is held at a cell; `is_first` where it was pressed just now."""

        canvas: ChartCanvas
        x: int
        is_first: bool

    def __init__(self) -> None:
        super().__init__()
        self._is_held = False

    def on_resize(self) -> None:
        self.post_message(self.Resized(self))

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
        text = "\n".join("".join(cell.text for cell in line) for line in self.lines)
        content, at, classes = Content(text), 0, slots(self.names)
        for line in self.lines:
            content = painted(content, at, line, classes, self)
            at += sum(len(cell.text) for cell in line) + 1
        return content
