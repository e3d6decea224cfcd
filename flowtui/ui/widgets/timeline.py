"""A series over time as bars of block characters that stand on zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from flowtui.model.amounts import human_bytes, human_count
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.ui.text import clean

if TYPE_CHECKING:
    from flowtui.engine.timeline import Series

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII_BLOCKS = " .:-=+*#@"
"""Ink that grows with the value, for terminals without block characters."""

TALL_SCREEN = 31
"""Lines from which on the bars are two high and have an axis."""
WIDEST_BAR = 8
FEWEST_CELLS = 10
"""Bars on less room say nothing; the labels give way first."""
LABEL_CELLS = 12
TEXT_CELLS = 48
"""About what the texts beside the bars take where there is room for all of them."""

_DAY_MS = 86_400_000
_FIRST_MS, _LAST_MS = -62_135_510_400_000, 253_402_214_400_000
"""A day inside the years 1 to 9999, so that any zone can tell the time."""


def bars(
    counts: Sequence[float], width: int, height: int = 1, *, ascii_only: bool = False
) -> list[str]:
    """`height` lines of bars, at most `width` cells wide, the highest line first.

    The baseline is zero, and what is not zero shows. Of values that share a cell the highest
    is drawn, so that no peak is lost; few values make wide bars.
    """
    columns = _columns(counts, width)
    peak = max(columns, default=0)
    levels = [_level(value, peak, 8 * height) for value in columns]
    blocks = ASCII_BLOCKS if ascii_only else BLOCKS
    return [
        "".join(blocks[max(0, min(8, level - 8 * line))] for level in levels)
        for line in reversed(range(height))
    ]


def _columns(counts: Sequence[float], width: int) -> list[float]:
    """One value for each cell."""
    return [max(counts[a:b]) for a, b in _cells(len(counts), width)]


def _cells(count: int, width: int) -> list[tuple[int, int]]:
    """For each cell the range of values that it shows."""
    if count <= width:
        wide = min(WIDEST_BAR, width // max(1, count))
        return [(index, index + 1) for index in range(count) for _ in range(wide)]
    edges = [cell * count // width for cell in range(width + 1)]
    return list(pairwise(edges))


def _level(value: float, peak: float, most: int) -> int:
    """The height of a bar in eighths of a cell."""
    return max(1, round(value / peak * most)) if value > 0 else 0


def draw(
    series: Series,
    width: int,
    height: int,
    zone: tzinfo = UTC,
    *,
    ascii_only: bool = False,
    selected: Selected | None = None,
) -> Drawing:
    """The whole panel: bars between their times on one line, or bars over a labelled axis.

    Where values are selected, the label shows their span and their sum in place of the peak.
    """
    rule = "-" if ascii_only else "─"
    start, end = (_clock(moment, series, zone) for moment in (series.start_ms, series.end_ms))
    said = _selection(series, selected, zone) if selected else _peak(series, zone)
    if height == 1:
        # A selection is what the keys are about: for it the bars may become few.
        fewest = FEWEST_CELLS if selected else max(FEWEST_CELLS, width // 2)
        for head, tail, least in _texts(series, (start, end), said, fewest):
            room = width - cell_len(head) - cell_len(tail)
            if room >= least:
                (line,) = bars(series.values, room, ascii_only=ascii_only)
                return Drawing((head + line + tail,), cell_len(head), len(line), 1)
    drawn = bars(series.values, width, height - 1, ascii_only=ascii_only)
    caption = f"{clean(series.label)}  {said[0]}"
    spare = len(drawn[0]) - cell_len(f"{start}  {caption}  {end}")
    left = max(1, spare // 2)
    axis = f"{start} {rule * left} {caption} {rule * max(1, spare - left)} {end}"
    axis = set_cell_size(axis, width) if cell_len(axis) > width else axis
    return Drawing((*drawn, axis), 0, len(drawn[0]), height - 1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The lines of the panel, and where in the first of them the bars stand."""

    lines: tuple[str, ...]
    left: int
    """The cell of the first bar."""
    width: int
    """The cells that the bars take."""
    height: int
    """How many of the lines are bars."""

    def cell_at(self, x: int) -> int:
        """Which cell of the bars is at `x`, or nearest to it."""
        return max(0, min(self.width - 1, x - self.left))

    def saying(self, texts: tuple[str, str]) -> Drawing:
        """The same bars, and after those of a single line the first text that has room."""
        if len(self.lines) > 1:
            return self
        (line,) = self.lines
        end = self.left + self.width
        room = max(0, cell_len(line) - end - 2)
        text = next((text for text in texts if cell_len(text) <= room), "")
        return replace(self, lines=(f"{line[:end]}  {text}",))


@dataclass(frozen=True, slots=True)
class Selected:
    """A range of values, by index; the end that moves is `to`."""

    anchor: int
    to: int

    @classmethod
    def between(cls, series: Series, width: int, grip: int, cell: int) -> Selected:
        """All values of the cells from `grip` to `cell`, in bars that take `width` cells."""
        cells = _cells(len(series.values), width)
        (grip_first, grip_end), (first, end) = cells[grip], cells[cell]
        return cls(grip_first, end - 1) if grip <= cell else cls(grip_end - 1, first)

    @property
    def first(self) -> int:
        return min(self.anchor, self.to)

    @property
    def last(self) -> int:
        return max(self.anchor, self.to)


def _texts(
    series: Series, ends: tuple[str, str], said: tuple[str, str], fewest: int
) -> Iterator[tuple[str, str, int]]:
    """The texts before and after the bars, and how many cells these must have for them."""
    start, end = ends
    label = clean(series.label)
    label = label if cell_len(label) <= LABEL_CELLS else set_cell_size(label, LABEL_CELLS - 1) + "…"
    for text in said:
        yield f"{label} {start} ", f" {end}  {text}", fewest
    yield f"{label} {start} ", f" {end}", fewest
    yield f"{start} ", f" {end}", FEWEST_CELLS
    yield "", "", 0


def _selection(series: Series, selected: Selected, zone: tzinfo) -> tuple[str, str]:
    """The sum and the span, in full and short."""
    total = sum(series.values[selected.first : selected.last + 1])
    size = _size(series, total)
    span = span_of(series, selected)
    start, end = (_clock(moment, series, zone) for moment in (span.start_ms, span.end_ms))
    return f"{size} from {start} to {end}: Enter zooms in", f"{size} {start}-{end}"


def span_of(series: Series, selected: Selected) -> TimeRange:
    """The time that the selected values cover."""
    start = _possible(series.start_ms + selected.first * series.step_ms)
    end = _possible(series.start_ms + (selected.last + 1) * series.step_ms)
    return TimeRange(from_ms(start), from_ms(max(end, start + 1)))


def _peak(series: Series, zone: tzinfo) -> tuple[str, str]:
    """How much, and when, in full and short."""
    size = f"peak {_size(series, series.peak)}"
    return f"{size} at {_clock(series.peak_ms, series, zone)}", size


def _size(series: Series, value: float) -> str:
    return human_bytes(value) if series.is_bytes else human_count(value)


def _possible(moment_ms: int) -> int:
    return max(_FIRST_MS, min(_LAST_MS, moment_ms))


def _clock(moment_ms: int, series: Series, zone: tzinfo) -> str:
    """The time of day, with the date where the series is longer than a day."""
    moment = from_ms(_possible(moment_ms)).astimezone(zone)
    if series.step_ms >= _DAY_MS:
        return f"{moment:%Y-%m-%d}"
    if series.end_ms - series.start_ms > _DAY_MS:
        return f"{moment:%m-%d %H:%M}"
    return f"{moment:%H:%M}" if series.step_ms % 60_000 == 0 else f"{moment:%H:%M:%S}"


def _lines_on(screen: Size) -> int:
    return 3 if screen.height >= TALL_SCREEN else 1


class Timeline(Widget):
    """No line while it is empty, else one or more; keys and mouse select a span of time."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Timeline { height: 1; color: $primary; background: $surface; padding: 0 1; }
    Timeline:focus { background: $panel; }
    Timeline .timeline--selected { color: $accent; background: $accent 25%; text-style: bold; }
    Timeline:nocolor .timeline--selected { text-style: bold underline; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"timeline--selected"}
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
    ]  # fmt: skip

    series: reactive[Series | None] = reactive["Series | None"](None)
    zone: reactive[tzinfo] = reactive[tzinfo](UTC)
    """The zone of the labels; the series itself has none."""
    selected: reactive[Selected | None] = reactive["Selected | None"](None)

    @dataclass
    class Zoomed(Message):
        """Enter was pressed on a span of time."""

        timeline: Timeline
        span: TimeRange

        @property
        def control(self) -> Timeline:
            return self.timeline

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._is_marking = False
        self._held: tuple[Drawing, int] | None = None
        """The bars while the mouse drags over them, and the cell of them where it began."""
        self._has_shown_selection = False
        """Whether the bars are drawn as they stand beside what is said of a selection."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  (Textual's)
        """Where its height is `auto`: on a tall screen there is room to read it.

        Not by a breakpoint: the first frame would not have it yet. What is empty takes no room.
        """
        return _lines_on(viewport) if self.series is not None else 0

    @property
    def bar_cells(self) -> int:
        """About how many bars there is room for: what a series should be made for."""
        width = self.content_size.width
        beside = 0 if _lines_on(self.screen.size) > 1 else min(TEXT_CELLS, width // 2)
        return max(FEWEST_CELLS, width - beside)

    def watch_series(self, before: Series | None, now: Series | None) -> None:
        if (before is None) != (now is None):
            self.refresh(layout=True)
        self._unselect()
        self.can_focus = self.series is not None

    def on_focus(self) -> None:
        """The cursor begins at the peak: that is what people look for."""
        if self.series is not None and self.series.values:
            peak = self.series.values.index(self.series.peak)
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
        if self._held is not None and self.series is not None:
            drawing, grip = self._held
            cell = drawing.cell_at(event.get_content_offset_capture(self).x)
            self.selected = Selected.between(self.series, drawing.width, grip, cell)

    def watch_selected(self, before: Selected | None, now: Selected | None) -> None:
        if (before is None) != (now is None):
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  (Textual's)
        """Without the focus nothing is selected, and there is nothing to do with it."""
        is_own = action in ("select", "mark", "zoom")
        return not is_own or self.selected is not None

    def action_select(self, step: int, wider: bool = False) -> None:
        if self.series is None or self.selected is None:
            return
        to = max(0, min(len(self.series.values) - 1, self.selected.to + step * self._stride()))
        anchor = self.selected.anchor if wider or self._is_marking else to
        self.selected = Selected(anchor, to)

    def action_mark(self) -> None:
        self._is_marking = not self._is_marking
        if self.selected is not None and not self._is_marking:
            self.selected = Selected(self.selected.to, self.selected.to)

    def action_zoom(self) -> None:
        if self.series is not None and self.selected is not None:
            self.post_message(self.Zoomed(self, span_of(self.series, self.selected)))

    def _stride(self) -> int:
        """The values that share a cell: the cursor moves by what can be seen."""
        drawing = self._drawing(self.selected)
        count = len(self.series.values) if self.series else 0
        return 1 if drawing is None else max(1, -(-count // max(1, drawing.width)))

    def _drawing(self, selected: Selected | None) -> Drawing | None:
        width, height = self.content_size
        if self.series is None or not width or not height:
            return None
        if self._held is not None and selected is not None:
            # Bars that moved under the mouse would select others than one points at.
            return self._held[0].saying(_selection(self.series, selected, self.zone))
        ascii_only = self.app.console.options.ascii_only
        return draw(self.series, width, height, self.zone, ascii_only=ascii_only, selected=selected)

    def render(self) -> Content:
        drawing = self._drawing(self.selected)
        if drawing is None:
            return Content()
        content = Content("\n".join(drawing.lines))
        if self.series is None or self.selected is None:
            return content
        style = self.get_visual_style("timeline--selected")
        cells = _cells(len(self.series.values), drawing.width)
        first, last = self.selected.first, self.selected.last
        inside = [cell for cell, (a, b) in enumerate(cells) if a <= last and b > first]
        offset = 0
        for line in drawing.lines[: drawing.height]:
            start, end = offset + drawing.left + inside[0], offset + drawing.left + inside[-1] + 1
            content = content.stylize(style, start, end)
            offset += len(line) + 1
        return content
