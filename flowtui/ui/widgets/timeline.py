"""The panel above the rows: amounts over time, of which keys and the mouse select a span."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive, var
from textual.widget import Widget

from flowtui.model.timerange import TimeRange, from_ms
from flowtui.ui.charts.panel import (
    MOST_NAMES,
    Drawing,
    Look,
    Selected,
    bars_that_fit,
    cells_of,
    draw,
    selection,
    span_of,
)
from flowtui.ui.charts.stack import Glyphs
from flowtui.ui.widgets.chart_colours import CHART_CLASSES, CHART_CSS, painted, slots

if TYPE_CHECKING:
    from flowtui.engine.series import Series

LATEST_MS = 253_370_000_000_000
"""A moment before the year 9999: later ones have no time in some zones."""

TALL_SCREEN = 31
"""Lines from which on the bars are two high and have an axis."""


class Timeline(Widget):
    """One to four lines, as many as it is given; keys and mouse select a span of time."""

    ALLOW_SELECT = False
    DEFAULT_CSS = (
        """
    Timeline { height: 1; color: $primary; background: $surface; padding: 0 1; }
    Timeline:focus { background: $panel; }
    Timeline .timeline--selected { color: $accent; background: $accent 25%; text-style: bold; }
    Timeline:nocolor .timeline--selected { text-style: bold underline; }
    """
        + CHART_CSS
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--selected", *CHART_CLASSES,
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "select(-1)", "Earlier", id="timeline.left", tooltip="The bar before"),
        Binding("right,l", "select(1)", "Later", id="timeline.right", tooltip="The next bar"),
        Binding(
            "shift+left,H", "select(-1, True)", "Wider", id="timeline.wider_left",
            tooltip="One more bar at the left", show=False,
        ),
        Binding(
            "shift+right,L", "select(1, True)", "Wider", id="timeline.wider_right",
            tooltip="One more bar at the right", show=False,
        ),
        Binding(
            "v", "mark", "Mark", id="timeline.mark", tooltip="Select from here; again: no more"
        ),
        Binding("enter", "zoom", "Zoom", id="timeline.zoom", tooltip="Run over this time only"),
        Binding(
            "T", "screen.flow('charts')", "Charts", id="charts",
            tooltip="The whole screen over time",
        ),
        Binding(
            "b", "screen.flow('split_time')", "Bands", id="split_time",
            tooltip="Choose the column whose values are told apart",
        ),
        Binding(
            "V", "compare", "Compare", id="timeline.compare",
            tooltip="Compare the whole window with this time",
        ),
    ]  # fmt: skip

    series: reactive[Series | None] = reactive["Series | None"](None)
    """In the shortest steps that are known; longer ones are drawn where there is no room."""
    earlier: reactive[Series | None] = reactive["Series | None"](None)
    """Another window of the same length, to be seen behind it as a dotted line."""
    zone: reactive[tzinfo] = reactive[tzinfo](UTC)
    """The zone of the labels; the series itself has none."""
    hint: var[str] = var("")
    """The words where there is nothing to draw, for whoever asks for it."""
    is_coming: reactive[bool] = reactive(False, layout=True)
    """Whether it has something to draw soon: its room is kept."""
    selected: reactive[Selected | None] = reactive["Selected | None"](None)

    @dataclass
    class Zoomed(Message):
        """Enter was pressed on a span of time."""

        timeline: Timeline
        span: TimeRange

        @property
        def control(self) -> Timeline:
            return self.timeline

    @dataclass
    class Compared(Message):
        """The rows are to be compared with those of a span of time."""

        timeline: Timeline
        span: TimeRange

        @property
        def control(self) -> Timeline:
            return self.timeline

    def __init__(
        self,
        *,
        glyphs: Glyphs = Glyphs.BLOCKS,
        id: str | None = None,  # noqa: A002  (Textual's name)
    ) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._is_marking = False
        self._held: tuple[Drawing, int] | None = None
        """The bars while the mouse drags over them, and the cell of them where it began."""
        self._has_shown_selection = False
        """Whether the bars are drawn as they stand beside what is said of a selection."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  (Textual's)
        """Where its height is `auto`: on a tall screen there is room to read it.

        Not by a breakpoint: the first frame would not have it yet. What is empty takes no room.
        """
        if self.series is None and not self.is_coming:
            return 0
        return 3 if viewport.height >= TALL_SCREEN else 1

    @property
    def look(self) -> Look:
        """How the bars look on this terminal."""
        options = self.app.console.options
        glyphs = Glyphs.ASCII if options.ascii_only else self._glyphs
        return Look(glyphs, not self.app.no_color, self.zone)

    @property
    def drawn(self) -> Series | None:
        """The series in steps that there is room for."""
        return None if self.series is None else self._fit(self.series)

    def _fit(self, series: Series) -> Series:
        width, height = self.content_size
        most = bars_that_fit(width, height, self.look.glyphs)
        return series.fitted(most, offset_at(series, self.zone))

    def watch_series(self, before: Series | None, now: Series | None) -> None:
        if (before is None) != (now is None):
            self.refresh(layout=True)
        self._unselect()
        self.can_focus = self.series is not None

    def on_focus(self) -> None:
        """The cursor begins at the peak: that is what people look for."""
        if (drawn := self.drawn) is not None and drawn.values:
            peak = drawn.values.index(drawn.peak)
            self.selected = Selected(peak, peak)
            self.call_after_refresh(self._note_selection_shown)

    def _note_selection_shown(self) -> None:
        self._has_shown_selection = self.selected is not None

    def on_blur(self) -> None:
        self._unselect()

    def _unselect(self) -> None:
        self.selected, self._is_marking, self._held = None, False, None
        self._has_shown_selection = False

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Select the bar that was clicked, as the bars stood when it was."""
        drawing = self._drawing(self.selected if self._has_shown_selection else None)
        if self.series is None or drawing is None or not drawing.width:
            return
        self.capture_mouse()
        self._is_marking = False
        self._held = drawing, drawing.cell_at(event.get_content_offset_capture(self).x)
        self._drag(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._drag(event)

    def on_mouse_up(self) -> None:
        self.release_mouse()
        self._held = None
        self.refresh()

    def _drag(self, event: events.MouseEvent) -> None:
        if self._held is not None and (drawn := self.drawn) is not None:
            drawing, grip = self._held
            cell = drawing.cell_at(event.get_content_offset_capture(self).x)
            self.selected = Selected.between(len(drawn.values), drawing.width, grip, cell)

    def watch_selected(self, before: Selected | None, now: Selected | None) -> None:
        if (before is None) != (now is None):
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  (Textual's)
        """Without the focus nothing is selected, and there is nothing to do with it."""
        is_own = action in ("select", "mark", "zoom", "compare")
        return not is_own or self.selected is not None

    def action_select(self, step: int, wider: bool = False) -> None:
        drawn = self.drawn
        if drawn is None or self.selected is None:
            return
        to = max(0, min(len(drawn.values) - 1, self.selected.to + step * self._stride(drawn)))
        anchor = self.selected.anchor if wider or self._is_marking else to
        self.selected = Selected(anchor, to)

    def action_mark(self) -> None:
        self._is_marking = not self._is_marking
        if self.selected is not None and not self._is_marking:
            self.selected = Selected(self.selected.to, self.selected.to)

    def action_zoom(self) -> None:
        if (drawn := self.drawn) is not None and self.selected is not None:
            self.post_message(self.Zoomed(self, span_of(drawn, self.selected)))

    def action_compare(self) -> None:
        if (drawn := self.drawn) is not None and self.selected is not None:
            self.post_message(self.Compared(self, span_of(drawn, self.selected)))

    def _stride(self, drawn: Series) -> int:
        """The steps that share a cell: the cursor moves by what can be seen."""
        drawing = self._drawing(self.selected)
        return 1 if drawing is None else max(1, -(-len(drawn.values) // max(1, drawing.width)))

    def _drawing(self, selected: Selected | None) -> Drawing | None:
        width, height = self.content_size
        drawn = self.drawn if width and height else None
        if drawn is None:
            return None
        if self._held is not None and selected is not None:
            # Bars that moved under the mouse would select others than one points at.
            return self._held[0].saying(selection(drawn, selected, self.zone))
        earlier = None if self.earlier is None else self._fit(self.earlier)
        return draw(drawn, width, height, self.look, selected=selected, earlier=earlier)

    def render(self) -> Content:
        drawing, drawn = self._drawing(self.selected), self.drawn
        if drawing is None or drawn is None:
            return Content()
        inside = (0, 0)
        if self.selected is not None:
            inside = cells_of(len(drawn.values), drawing.width, self.selected)
        names = [band.name for band in drawn.top(MOST_NAMES).by_name()]
        content, offset = Content("\n".join(drawing.lines)), 0
        for line, cells in zip(drawing.lines, drawing.cells, strict=False):
            at = offset + drawing.left
            content = painted(content, at, cells, slots(names), self)
            if inside[0] < inside[1]:
                style = self.get_visual_style("timeline--selected")
                content = content.stylize(style, at + inside[0], at + inside[1])
            offset += len(line) + 1
        return content


def offset_at(series: Series, zone: tzinfo) -> int:
    """How many milliseconds earlier than in UTC a day begins there."""
    offset = from_ms(max(0, min(series.end_ms, LATEST_MS))).astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(milliseconds=1)
