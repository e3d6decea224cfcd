"""The panel above a result: bars between their times on one line, or bars over an axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from flowtui.engine.series import Cover, Series
from flowtui.model.amounts import human_bytes, human_count
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.ui.charts.stack import Cell, Glyphs, paint
from flowtui.ui.text import clean

FEWEST_CELLS = 10
"""Bars on less room say nothing; the labels give way first."""
LABEL_CELLS = 12
TEXT_CELLS = 48
"""About what the texts beside the bars take where there is room for all of them."""
MOST_NAMES = 5
"""So many values are told apart in a stack; the rest are together."""

_EXACT = 1000
"""A smaller amount is told exactly already."""

_DAY_MS = 86_400_000
_FIRST_MS, _LAST_MS = -62_135_510_400_000, 253_402_214_400_000
"""A day inside the years 1 to 9999, so that any zone can tell the time."""


@frozen
class Selected:
    """A range of steps, by index; the end that moves is `to`."""

    anchor: int
    to: int

    @classmethod
    def between(cls, count: int, width: int, grip: int, cell: int) -> Selected:
        """All of so many steps from the cell `grip` to `cell`, in bars that take `width` cells."""
        (grip_first, grip_end), (first, end) = (steps_at(count, width, c) for c in (grip, cell))
        return cls(grip_first, end - 1) if grip <= cell else cls(grip_end - 1, first)

    @property
    def first(self) -> int:
        return min(self.anchor, self.to)

    @property
    def last(self) -> int:
        return max(self.anchor, self.to)


def steps_at(count: int, width: int, cell: int) -> tuple[int, int]:
    """The range of steps that a cell shows: one that is wider than a cell, or several."""
    if count <= width:
        step = cell * count // width
        return step, step + 1
    return cell * count // width, max((cell + 1) * count // width, cell * count // width + 1)


def cells_of(count: int, width: int, selected: Selected) -> tuple[int, int]:
    """The range of cells in which some of the selected steps are."""
    inside = [
        cell
        for cell in range(width)
        if (span := steps_at(count, width, cell))[0] <= selected.last and span[1] > selected.first
    ]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


@frozen
class Drawing:
    """The lines of the panel, and where in the first of them the bars stand."""

    lines: tuple[str, ...]
    left: int
    """The cell of the first bar."""
    cells: tuple[tuple[Cell, ...], ...]
    """The lines of bars."""

    @property
    def width(self) -> int:
        """The cells that the bars take."""
        return len(self.cells[0]) if self.cells else 0

    @property
    def height(self) -> int:
        """How many of the lines are bars."""
        return len(self.cells)

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


@frozen
class Look:
    """How bars are to look."""

    glyphs: Glyphs = Glyphs.BLOCKS
    has_colours: bool = True
    zone: tzinfo = UTC


def draw(
    series: Series,
    width: int,
    height: int,
    look: Look = Look(),
    *,
    selected: Selected | None = None,
    earlier: Series | None = None,
) -> Drawing:
    """The whole panel; `series` has no more steps than there is room for (`bars_that_fit`).

    Where steps are selected, the label shows their span and their sum in place of the peak.
    `earlier` is a series of as many steps, that is drawn as dots.
    """
    start, end = (clock(moment, series, look.zone) for moment in (series.start_ms, series.end_ms))
    said = selection(series, selected, look.zone) if selected else _peak(series, look.zone)
    if height == 1:
        # A selection is what the keys are about: for it the bars may become few.
        fewest = FEWEST_CELLS if selected else max(FEWEST_CELLS, width // 2)
        for head, tail, least in _texts(series, (start, end), said, fewest):
            room = width - cell_len(head) - cell_len(tail)
            if room >= least:
                cells = bars(series, room, 1, look, earlier=earlier)
                line = "".join(cell.text for cell in cells[0])
                return Drawing((head + line + tail,), cell_len(head), cells)
    cells = bars(series, width, height - 1, look, earlier=earlier)
    lines = tuple("".join(cell.text for cell in line) for line in cells)
    caption = _caption(series, said, selected, width - cell_len(start) - cell_len(end) - 6)
    return Drawing((*lines, _axis(series, width, (start, caption, end), look)), 0, cells)


@lru_cache(maxsize=16)
def bars(  # noqa: PLR0913  (those after the star have defaults)
    series: Series,
    width: int,
    height: int,
    look: Look,
    *,
    earlier: Series | None = None,
    peak: float | None = None,
    marks_gaps: bool = True,
) -> tuple[tuple[Cell, ...], ...]:
    """Lines of bars that fill the width, with marks where there is a gap.

    `peak` is the amount that is as high as the lines are; else it is the highest one. They are
    kept: a cursor that moves changes none of them.
    """
    named = series if len(series.names) <= MOST_NAMES + 1 else series.top(MOST_NAMES)
    stacked = list(zip(*(band.values for band in named.by_name()), strict=True))
    top = max(series.peak, earlier.peak if earlier is not None else 0) if peak is None else peak
    dots = width * look.glyphs.across
    count = len(series.values)
    shown = [_highest(stacked, series.values, *steps_at(count, dots, dot)) for dot in range(dots)]
    painted = paint(shown, height, look.glyphs, peak=top, has_colours=look.has_colours)
    if painted and series.cover and marks_gaps:
        painted[-1] = [
            _marked(cell, series, steps_at(count, width, index), look.glyphs)
            for index, cell in enumerate(painted[-1])
        ]
    if earlier is not None:
        _dot(painted, earlier, top, look.glyphs)
    return tuple(map(tuple, painted))


def _highest(
    stacked: Sequence[tuple[float, ...]], values: Sequence[float], first: int, end: int
) -> tuple[float, ...]:
    """Of the steps that share a place the highest, so that no peak is lost."""
    return stacked[max(range(first, end), key=values.__getitem__)]


def _marked(cell: Cell, series: Series, steps: tuple[int, int], glyphs: Glyphs) -> Cell:
    """The cell of the lowest line, with a mark where nothing was recorded: that is no zero."""
    kind = max(series.cover[slice(*steps)])
    if kind is Cover.SKIPPED:
        return replace(cell, is_least=True)
    if kind is Cover.RECORDED or any(series.values[slice(*steps)]):
        return cell
    nothing = "~" if glyphs is Glyphs.ASCII else "·"
    return replace(cell, text=nothing if kind is Cover.NOTHING else "_", part=None)


def _dot(painted: list[list[Cell]], earlier: Series, peak: float, glyphs: Glyphs) -> None:
    """A dotted line over the bars, where those of before ended; in one line it would hide them."""
    height, width = len(painted), len(painted[0])
    if height < 2:
        return
    mark = "'" if glyphs is Glyphs.ASCII else "•"
    for cell in range(width):
        first, end = steps_at(len(earlier.values), width, cell)
        value = max(earlier.values[first:end])
        if value > 0 and peak > 0:
            line = height - 1 - min(height - 1, int(value / peak * height))
            bar = painted[line][cell]
            if bar.text not in PARTIAL:
                # A bar that is no higher than about this is seen instead: both end here.
                behind = bar.part if bar.text == FULL else bar.behind
                painted[line][cell] = replace(bar, text=mark, part=EARLIER, behind=behind)


FULL, PARTIAL = "█", "▁▂▃▄▅▆▇"

EARLIER = -1
"""The part of a cell that shows another window."""


def bars_that_fit(width: int, height: int, glyphs: Glyphs) -> int:
    """About how many bars there is room for: how many steps a series should have."""
    beside = 0 if height > 1 else min(TEXT_CELLS, width // 2)
    return max(FEWEST_CELLS, width - beside) * glyphs.across


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


def _caption(series: Series, said: tuple[str, str], selected: Selected | None, room: int) -> str:
    """As much of what there is to say as has room, the most important first."""
    figures = series.figures()
    more = [f"mean {size(series, figures.mean)}", f"95 % {size(series, figures.percentile)}"]
    parts = [] if selected is None else _parts_in(series, selected)
    if not any(series.values):
        more = []
    told = [*(more if selected is None else parts), *filter(None, [series.note])]
    if lost := series.cover.count(Cover.SKIPPED):
        told.append(f"records lost in {lost} of {len(series.values)} bars (underlined)")
    caption = f"{clean(series.label)}  {said[0]}"
    for text in told:
        if cell_len(caption) + 2 + cell_len(text) <= room:
            caption = f"{caption}  {text}"
    return caption


def _parts_in(series: Series, selected: Selected) -> list[str]:
    """How much of what is selected each value has, where they are told apart."""
    sums = [
        (band.name, sum(band.values[selected.first : selected.last + 1]))
        for band in series.top(MOST_NAMES).by_name()
    ]
    return [f"{clean(name)} {size(series, total)}" for name, total in sums if total and name]


def _axis(series: Series, width: int, texts: tuple[str, str, str], look: Look) -> str:
    """The line below the bars; it is heavy where there are records."""
    start, caption, end = texts
    thin, heavy = ("-", "=") if look.glyphs is Glyphs.ASCII else ("─", "━")
    recorded = series.recorded or (0, 0)
    first, last = (width * step // max(1, len(series.values)) for step in recorded)
    rule = "".join(heavy if first <= cell < last else thin for cell in range(width))
    spare = width - cell_len(f"{start}  {caption}  {end}")
    left = max(1, spare // 2)
    before, after = cell_len(start) + 1, width - cell_len(end) - 1
    middle = before + left + 1 + cell_len(caption) + 1
    line = f"{start} {rule[before : before + left]} {caption} {rule[middle:after] or thin} {end}"
    return set_cell_size(line, width) if cell_len(line) > width else line


def selection(series: Series, selected: Selected, zone: tzinfo) -> tuple[str, str]:
    """The sum and the span, in full and short."""
    total = sum(series.values[selected.first : selected.last + 1])
    span = span_of(series, selected)
    start, end = (clock(moment, series, zone) for moment in (span.start_ms, span.end_ms))
    about = size(series, total)
    exact = about if total < _EXACT or total != int(total) else f"{about} ({int(total):,})"
    return f"{exact} from {start} to {end}: Enter zooms in", f"{about} {start}-{end}"


def span_of(series: Series, selected: Selected) -> TimeRange:
    """The time that the selected steps cover."""
    start = _possible(series.start_ms + selected.first * series.step_ms)
    end = _possible(series.start_ms + (selected.last + 1) * series.step_ms)
    return TimeRange(from_ms(start), from_ms(max(end, start + 1)))


def _peak(series: Series, zone: tzinfo) -> tuple[str, str]:
    """How much, and when, in full and short."""
    if series.cover and not any(series.values):
        is_silent = max(series.cover) is Cover.NOTHING
        return ("no records at all",) * 2 if is_silent else ("nothing",) * 2
    text = f"peak {size(series, series.peak)}"
    return f"{text} at {clock(series.peak_ms, series, zone)}", text


def size(series: Series, value: float) -> str:
    return human_bytes(value) if series.is_bytes else human_count(value)


def _possible(moment_ms: int) -> int:
    return max(_FIRST_MS, min(_LAST_MS, moment_ms))


def clock(moment_ms: int, series: Series, zone: tzinfo) -> str:
    """The time of day, with the date where the series is longer than a day."""
    moment = from_ms(_possible(moment_ms)).astimezone(zone)
    if series.step_ms >= _DAY_MS and not (moment.hour or moment.minute):
        return f"{moment:%Y-%m-%d}"
    if series.end_ms - series.start_ms > _DAY_MS:
        return f"{moment:%m-%d %H:%M}"
    return f"{moment:%H:%M}" if series.step_ms % 60_000 == 0 else f"{moment:%H:%M:%S}"
