"""A heat map: a line for each value, a column for each step of time, the darker the more."""

from __future__ import annotations

from flowtui.engine.series import HOUR, OTHER, Series
from flowtui.ui.charts.areas import GUTTER, axis_line
from flowtui.ui.charts.canvas import TEXT, Line, words
from flowtui.ui.charts.panel import Look, Selected, size, steps_at
from flowtui.ui.charts.stack import Cell, Glyphs

SHADES = " ░▒▓█"
ASCII_SHADES = " .:*#"
NAMES = 20
"""Cells at the left for the values."""
FEWEST_HOURS = 6
"""A shorter window is not shown by the hour: there would be nothing to compare."""


def by_the_hour(series: Series, offset_ms: int = 0) -> Series:
    """In steps of an hour, where there are enough of them."""
    hours = series.step_ms * len(series.values) / HOUR
    is_finer = series.step_ms < HOUR and HOUR % series.step_ms == 0
    return series.folded(HOUR, offset_ms) if is_finer and hours >= FEWEST_HOURS else series


def heat(
    series: Series, width: int, height: int, look: Look, selected: Selected | None = None
) -> tuple[Line, ...]:
    """So many lines: one for each value, the largest first, the axis, and what the shades are."""
    room = max(1, width - NAMES)
    shades = ASCII_SHADES if look.glyphs is Glyphs.ASCII else SHADES
    bands = [band for band in series.by_name() if band.name != OTHER]
    most = max((max(band.values, default=0.0) for band in bands), default=0.0)
    lines: list[Line] = []
    for part, band in enumerate(bands[: max(0, height - 2)]):
        spans = (steps_at(len(band.values), room, cell) for cell in range(room))
        cells = [Cell(shades[level(max(band.values[slice(*s)]), most)], part) for s in spans]
        lines.append((*words(band.name, NAMES - 1, TEXT), Cell(), *cells))
    lines += [words("", width)] * (height - 2 - len(lines))
    indent = NAMES - GUTTER
    rule = axis_line(series, width - indent, look, selected)
    bounds = "  ".join(
        f"{shades[step]} {size(series, least(step, most))}" for step in range(1, len(shades))
    )
    return (*lines, (*words("", indent), *rule), words(f"{'':{NAMES}}from {bounds}", width))


def level(value: float, most: float) -> int:
    """The shade of an amount; what is not zero has one.

    Each stands for four times as much as the one before: traffic is uneven.
    """
    if value <= 0 or most <= 0:
        return 0
    return 1 + sum(value >= least(step, most) for step in (2, 3, 4))


def least(step: int, most: float) -> float:
    """The amount from which on a shade is given."""
    return 0.0 if step <= 1 else most / 4.0 ** (5 - step)
