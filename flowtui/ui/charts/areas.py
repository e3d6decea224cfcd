"""Stacked areas over the whole screen: what came in above the axis, what went out below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len

from flowtui.engine.series import Series, Side
from flowtui.ui.charts.canvas import STRONG, TEXT, Line, rights, words
from flowtui.ui.charts.panel import EARLIER, MOST_NAMES, Look, Selected, bars, cells_of, clock, size
from flowtui.ui.charts.stack import EIGHTHS, Cell, Glyphs

GUTTER = 10
"""Cells at the left for the amounts."""
LEAST_LINES = 2
"""So high is each side of the axis at least."""
TICK = 14
"""Cells from one time on the axis to the next, at least."""


def is_mirrored(series: Series) -> bool:
    """Whether both ways are known, so that they can be told apart by an axis between them."""
    return {Side.IN, Side.OUT} <= series.sides


def areas(
    series: Series,
    width: int,
    height: int,
    look: Look,
    *,
    selected: Selected | None = None,
    earlier: Series | None = None,
) -> tuple[Line, ...]:
    """So many lines: the areas, and an axis with times."""
    room = max(1, width - GUTTER)
    series = series.top(MOST_NAMES) if series.bands else series
    rule = axis_line(series, width, look, selected)
    if not is_mirrored(series) or height < 2 * LEAST_LINES + 1:
        lines = bars(series, room, height - 1, look, earlier=earlier)
        scale = _scale(series, _peak(series, earlier), height - 1)
        return (*(mark + line for mark, line in zip(scale, lines, strict=True)), rule)
    inward, outward = (_with_rest(series, side) for side in (Side.IN, Side.OUT))
    before = [None if earlier is None else earlier.on(side) for side in (Side.IN, Side.OUT)]
    peaks = [_peak(inward, before[0]), _peak(outward, before[1])]
    up, down = _shares(peaks, height - 1)
    peak = max(peaks[0] / up, peaks[1] / down)
    above = bars(inward, room, up, look, earlier=before[0], peak=peak * up)
    below = hanging(outward, room, down, look, peak * down, before[1])
    marks_up = _scale(series, peak * up, up, "in")
    marks_down = _scale(series, peak * down, down, "out")[::-1]
    return (
        *(mark + line for mark, line in zip(marks_up, above, strict=True)),
        rule,
        *(mark + line for mark, line in zip(marks_down, below, strict=True)),
    )


def _with_rest(series: Series, side: Side) -> Series:
    """One side, with every name in the same order as on the other one."""
    kept = series.on(side)
    if side is Side.IN:
        # What has no side is shown once, above.
        known = tuple(band for band in series.bands if band.side is not Side.OUT)
        values = tuple(map(sum, zip(*(band.values for band in known), strict=True)))
        kept = replace(kept, bands=known, values=values or kept.values)
    missing = [name for name in series.names if name not in kept.names]
    blank = (0.0,) * len(series.values)
    extra = tuple(replace(series.bands[0], name=name, values=blank, side=side) for name in missing)
    bands = sorted((*kept.bands, *extra), key=lambda band: series.names.index(band.name))
    return replace(kept, bands=tuple(bands))


def _peak(series: Series, earlier: Series | None) -> float:
    return max(series.peak, 0.0 if earlier is None else earlier.peak)


def _shares(peaks: Sequence[float], lines: int) -> tuple[int, int]:
    """How many lines are above the axis and below it."""
    total = sum(peaks)
    up = round(lines * peaks[0] / total) if total else lines // 2
    up = max(LEAST_LINES, min(lines - LEAST_LINES, up))
    return up, lines - up


def hanging(
    series: Series, width: int, height: int, look: Look, peak: float, earlier: Series | None
) -> tuple[Line, ...]:
    """Bars that hang from an axis above them."""
    standing = bars(series, width, height, look, earlier=earlier, peak=peak, marks_gaps=False)
    return tuple(tuple(_hung(cell, look) for cell in line) for line in reversed(standing))


GROUND = -4
"""The part of a cell that is what is behind the picture."""

_UPPER = {4: "▀", 5: "▀", 6: "▀", 7: "▀", 1: "▔", 2: "▔", 3: "▔"}


def _hung(cell: Cell, look: Look) -> Cell:
    """The cell upside down. There are no blocks for that: the ground is painted over the bar."""
    if cell.part in (None, EARLIER):
        return cell
    if look.glyphs is Glyphs.BRAILLE:
        return replace(cell, text=_flipped(cell.text))
    level = EIGHTHS.find(cell.text)
    if look.glyphs is Glyphs.ASCII or not 0 < level < len(EIGHTHS) - 1:
        return cell
    if not look.has_colours:
        return replace(cell, text=_UPPER[level])
    over = EIGHTHS[len(EIGHTHS) - 1 - level]
    behind = GROUND if cell.behind is None else cell.behind
    return Cell(over, behind, cell.part)


def _flipped(text: str) -> str:
    dots = ord(text) - 0x2800
    rows = ((0x01, 0x40), (0x02, 0x04), (0x08, 0x80), (0x10, 0x20))
    turned = sum(
        other for one, two in rows for dot, other in ((one, two), (two, one)) if dots & dot
    )
    return chr(0x2800 + turned)


def axis_line(series: Series, width: int, look: Look, selected: Selected | None) -> Line:
    """The times below the bars, heavy where there are records; what is selected is marked."""
    room = max(1, width - GUTTER)
    thin, heavy = ("-", "=") if look.glyphs is Glyphs.ASCII else ("─", "━")
    count = len(series.values)
    first, last = (room * step // max(1, count) for step in series.recorded or (0, 0))
    rule = [Cell(heavy if first <= cell < last else thin) for cell in range(room)]
    for cell, label in _ticks(series, room, look):
        rule[cell : cell + len(label)] = words(label, None, TEXT)
    if selected is not None:
        start, end = cells_of(count, room, selected)
        mark = "^" if look.glyphs is Glyphs.ASCII else "▲"
        rule[start:end] = [Cell(mark, STRONG)] * (end - start)
    return (*words("", GUTTER), *rule)


def _ticks(series: Series, width: int, look: Look) -> list[tuple[int, str]]:
    """Where on the axis which times stand, each at the cell where its step begins."""
    count, ticks, free = len(series.values), list[tuple[int, str]](), 0
    for step in range(count):
        cell = step * width // count
        label = clock(series.start_ms + step * series.step_ms, series, look.zone)
        if cell >= free and cell + cell_len(label) + 1 <= width:
            ticks.append((cell, f"{label} "))
            free = cell + max(TICK, cell_len(label) + 2)
    return ticks


def _scale(series: Series, peak: float, lines: int, side: str = "") -> list[Line]:
    """What stands at the left: how much the top and the middle are."""
    marks = [words("", GUTTER)] * lines
    if lines:
        marks[0] = (*rights(size(series, peak), GUTTER - 1), Cell())
    if lines >= 2 * LEAST_LINES + 1:
        middle = lines // 2
        marks[middle] = (
            *rights(size(series, peak * (lines - middle) / lines), GUTTER - 1), Cell(),
        )  # fmt: skip
    if side and lines >= LEAST_LINES:
        marks[-1] = (*rights(side, GUTTER - 1, TEXT), Cell())
    return marks
