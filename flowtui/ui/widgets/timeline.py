"""A series over time as bars of block characters that stand on zero."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from flowtui.model.timerange import from_ms
from flowtui.ui.text import clean, human_bytes, human_count

if TYPE_CHECKING:
    from flowtui.engine.timeline import Series

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII_BLOCKS = " .:-=+*#@"
"""Ink that grows with the value, for terminals without block characters."""

WIDEST_BAR = 4
FEWEST_CELLS = 10
"""Bars on less room say nothing; the labels give way first."""

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
    count = len(counts)
    if count <= width:
        wide = min(WIDEST_BAR, width // max(1, count))
        return [value for value in counts for _ in range(wide)]
    edges = [cell * count // width for cell in range(width + 1)]
    return [max(counts[a:b]) for a, b in pairwise(edges)]


def _level(value: float, peak: float, most: int) -> int:
    """The height of a bar in eighths of a cell."""
    return max(1, round(value / peak * most)) if value > 0 else 0


def lines(
    series: Series, width: int, height: int, zone: tzinfo = UTC, *, ascii_only: bool = False
) -> list[str]:
    """The whole panel as text: one line with labels at its ends, or bars over a labelled axis."""
    rule = "-" if ascii_only else "─"
    start, end = (_clock(moment, series, zone) for moment in (series.start_ms, series.end_ms))
    caption = f"{clean(series.label)}  {_peak(series, zone)}"
    if height == 1:
        tails = [f"  {_peak(series, zone)}  {start} {rule * 8} {end}", f"  {_peak(series, zone)}"]
        return [_one_line(series, width, tails, ascii_only=ascii_only)]
    drawn = bars(series.values, width, height - 1, ascii_only=ascii_only)
    spare = len(drawn[0]) - cell_len(f"{start}  {caption}  {end}")
    left = max(1, spare // 2)
    axis = f"{start} {rule * left} {caption} {rule * max(1, spare - left)} {end}"
    return [*drawn, set_cell_size(axis, width) if cell_len(axis) > width else axis]


def _one_line(series: Series, width: int, tails: list[str], *, ascii_only: bool) -> str:
    """Label, bars and the longest of the tails that leaves room for bars."""
    label = f"{clean(series.label)} "
    for head, tail in [*((label, tail) for tail in tails), (label, ""), ("", "")]:
        room = width - cell_len(head) - cell_len(tail)
        if room >= FEWEST_CELLS or not head:
            return head + bars(series.values, room, ascii_only=ascii_only)[0].ljust(room) + tail
    raise AssertionError("the last candidate always fits")


def _peak(series: Series, zone: tzinfo) -> str:
    size = human_bytes(series.peak) if series.is_bytes else human_count(series.peak)
    return f"peak {size} at {_clock(series.peak_ms, series, zone)}"


def _clock(moment_ms: int, series: Series, zone: tzinfo) -> str:
    """The time of day, with the date where the series is longer than a day."""
    moment = from_ms(max(_FIRST_MS, min(_LAST_MS, moment_ms))).astimezone(zone)
    if series.step_ms >= _DAY_MS:
        return f"{moment:%Y-%m-%d}"
    if series.end_ms - series.start_ms > _DAY_MS:
        return f"{moment:%m-%d %H:%M}"
    return f"{moment:%H:%M}" if series.step_ms % 60_000 == 0 else f"{moment:%H:%M:%S}"


class Timeline(Widget):
    """One to four lines: as many as it is given."""

    DEFAULT_CSS = """
    Timeline { height: 1; color: $primary; background: $surface; padding: 0 1; }
    """

    series: reactive[Series | None] = reactive(None)
    zone: reactive[tzinfo] = reactive[tzinfo](UTC)
    """The zone of the labels; the series itself has none."""

    @property
    def bar_cells(self) -> int:
        """About how many bars there is room for: what a series should be made for."""
        width = self.content_size.width
        return max(FEWEST_CELLS, width if self.content_size.height > 1 else width - 60)

    def render(self) -> Content:
        width, height = self.content_size
        if self.series is None or not width or not height:
            return Content()
        ascii_only = self.app.console.options.ascii_only
        shown = lines(self.series, width, height, self.zone, ascii_only=ascii_only)
        return Content("\n".join(shown))
