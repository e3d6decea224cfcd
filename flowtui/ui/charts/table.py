"""The figures under a chart: a line for each value, and one for all together."""

from __future__ import annotations

from flowtui.engine.series import Cover, Figures, Series
from flowtui.ui.charts.canvas import STRONG, TEXT, Line, rights, words
from flowtui.ui.charts.panel import MOST_NAMES, Look, Selected, clock, size, span_of
from flowtui.ui.charts.stack import ASCII_TEXTURES, EIGHTHS, TEXTURES, Cell, Glyphs

NAMES = 22
COLUMN = 11
TITLES = ("total", "min", "mean", "95 %", "max")


def table(series: Series, width: int, look: Look) -> tuple[Line, ...]:
    """Of the steps that have records: the largest values, and all."""
    title = f"per {series.label.rpartition('/')[2]}"
    head = (*words(title, NAMES), *(cell for each in TITLES for cell in rights(each, COLUMN)))
    shown = series.top(MOST_NAMES)
    lines = [head]
    for part, band in enumerate(shown.by_name()) if series.bands else ():
        key = (Cell(_sign(part, look), part), Cell())
        name = words(band.name, NAMES - 2, TEXT)
        lines.append((*key, *name, *_amounts(series, series.figures(band.values), TEXT)))
    lines.append((*words("all", NAMES, STRONG), *_amounts(series, series.figures(), STRONG)))
    return tuple(line[:width] for line in lines)


def _sign(part: int, look: Look) -> str:
    if look.glyphs is Glyphs.ASCII:
        return ASCII_TEXTURES[part % len(ASCII_TEXTURES)]
    return EIGHTHS[-1] if look.has_colours else TEXTURES[part % len(TEXTURES)]


def _amounts(series: Series, figures: Figures, part: int) -> Line:
    amounts = (figures.total, figures.least, figures.mean, figures.percentile, figures.most)
    return tuple(cell for amount in amounts for cell in rights(size(series, amount), COLUMN, part))


def readout(
    series: Series, selected: Selected | None, look: Look, earlier: Series | None = None
) -> str:
    """What is at the cursor, exactly; or how the whole was counted."""
    if selected is None:
        lost = series.cover.count(Cover.SKIPPED)
        told = [
            series.note,
            f"records lost in {lost} of {len(series.values)} steps" if lost else "",
        ]
        return "  ".join(filter(None, told))
    steps = slice(selected.first, selected.last + 1)
    span = span_of(series, selected)
    start, end = (clock(moment, series, look.zone) for moment in (span.start_ms, span.end_ms))
    total = sum(series.values[steps])
    told = [f"{start}-{end}", f"{total:,.0f}{' B' if series.is_bytes else ''}"]
    for band in series.top(MOST_NAMES).by_name() if series.bands else ():
        if amount := sum(band.values[steps]):
            told.append(f"{band.name} {size(series, amount)}")
    if earlier is not None:
        told.append(f"before {size(series, sum(earlier.values[steps]))}")
    if not total and series.cover:
        kinds = {Cover.NOTHING: "no records", Cover.NODATA: "NODATA: no traffic"}
        told.append(kinds.get(max(series.cover[steps]), ""))
    return "  ".join(filter(None, told))
