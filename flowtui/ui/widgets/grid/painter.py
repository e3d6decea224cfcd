"""How the lines of a grid are drawn: each as few segments, from what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from flowtui.model.run import Row
from flowtui.ui.text import clean, clean_lines, is_narrow
from flowtui.ui.widgets.grid.fitting import fit
from flowtui.ui.widgets.grid.state import GridState
from flowtui.ui.widgets.grid.viewport import Viewport

CURSOR_MARK = "▌"
"""Stands at the cursor's row, so that the row does not depend on colour."""

MARKS = "●◉"
"""Stand at a marked row, and at one that has the cursor too."""

NEW_SIGN, CHANGED_SIGN = "+", "~"
"""Stand at a row that is new, and at one with other figures, since the time before."""

NONE_LEFT = "no row is left; & changes what they are narrowed to"

Span = tuple[int, int, Style]
"""Screen cells from, to (not included), and how they look."""


class GridPainter:
    """Draws lines in the styles of the components of a grid."""

    def __init__(self, grid: Widget) -> None:
        self._grid = grid
        self._looks: dict[tuple[str, str], Style] = {}
        """The styles of components on the styles of rows, as long as these hold."""

    def forget(self) -> None:
        """The styles have changed."""
        self._looks.clear()

    def line(self, state: GridState, view: Viewport, place: int, hint: str) -> Strip:
        """The line at a place below the titles; these are at -1, and what is folded above them.

        `hint` is what stands in the place of rows while there are none.
        """
        if place < 0:
            return self._titles(state, view) if place == -1 else self._folded(state, view.width)
        if not state.order:
            hint = NONE_LEFT if state.results.rows else hint
            return self._hinted(hint, place, view.width)
        if place >= len(state.order):
            return Strip.blank(view.width, self._grid.rich_style)
        index = state.order[place]
        cells = state.results.rows[index]
        text, sign = view.row(cells), _sign(state, place, index)
        spans = self._spans(state, view, place, cells)
        look = self._look(_base(state, place))
        return paint(sign + text[len(sign) :], view.width, look, spans)

    def _titles(self, state: GridState, view: Viewport) -> Strip:
        style = self._grid.get_component_rich_style("result-grid--header")
        return Strip([Segment(view.header(state.sorts), style)], view.width)

    def _folded(self, state: GridState, width: int) -> Strip:
        style = self._grid.get_component_rich_style("result-grid--folded")
        told = clean(state.layout.fold_line(width - 2))
        return Strip([Segment(fit(f" {told}", width), style)])

    def _hinted(self, hint: str, y: int, width: int) -> Strip:
        lines = clean_lines(hint).splitlines()
        text = f" {lines[y]}" if y < len(lines) else ""
        style = self._grid.get_component_rich_style("result-grid--hint")
        return Strip([Segment(fit(text, width), style)])

    def _spans(self, state: GridState, view: Viewport, place: int, cells: Row) -> list[Span]:
        """The parts of a row that do not look like the rest of it, from left to right."""
        base, loud = _base(state, place), _loud(state, place, cells)
        quiet: list[Span] = []
        if place != state.row:
            # The row under the cursor is all there to be read, and is sent the most often.
            quiet += [(*span, self._look(base, "result-grid--aside")) for span in view.asides]
            quiet += [(*span, self._look(base, "result-grid--bar")) for span in view.bars]
        if not loud:
            return sorted(quiet, key=_start)
        spans = [(*view.span(column), self._look(base, name)) for column, name in loud.items()]
        beside = [each for each in quiet if not any(s <= each[0] < e for s, e, _ in spans)]
        return sorted([each for each in spans if each[0] < each[1]] + beside, key=_start)

    def _look(self, base: str, name: str = "") -> Style:
        """The style of a row, or of a component on it."""
        look = self._looks.get((base, name))
        if look is None:
            grid = self._grid
            look = grid.get_component_rich_style(base) if base else grid.rich_style
            if name:
                look += grid.get_component_rich_style(name, partial=True)
            self._looks[base, name] = look
        return look


def _sign(state: GridState, place: int, index: int) -> str:
    """What stands at a row: that it is marked, has the cursor, is new, has changed."""
    if index in state.marks.rows:
        return MARKS[place == state.row]
    if place == state.row:
        return CURSOR_MARK
    if index in state.changes.new:
        return NEW_SIGN
    return CHANGED_SIGN if index in state.changes.changed else ""


def _base(state: GridState, place: int) -> str:
    """The component that a row looks like; empty where it looks like the grid."""
    return "result-grid--row" if place == state.row else "result-grid--odd" if place % 2 else ""


def _loud(state: GridState, place: int, cells: Row) -> dict[int, str]:
    """The columns whose cells are to be looked at, and the component that each looks like."""
    layout, index = state.layout, state.order[place]
    alarms = layout.alarms(cells) if layout.alarming else frozenset()
    loud = dict.fromkeys(alarms, "result-grid--refused")
    changed = state.changes.changed.get(index, frozenset())
    if changed:
        columns = (i for i, column in enumerate(layout.columns) if column.index in changed)
        loud |= dict.fromkeys(columns, "result-grid--changed")
    if index in state.matches:
        for at, column in enumerate(layout.columns):
            if column.holds(cells, state.needle):
                loud[at] = "result-grid--match"
    if place == state.row:
        loud[state.column] = "result-grid--cursor"
    return loud


def _start(span: Span) -> int:
    return span[0]


def paint(text: str, width: int, base: Style, spans: Sequence[Span]) -> Strip:
    """A line in as few segments as its `spans` allow; they go from left to right."""
    if not spans:
        return Strip([Segment(text, base)], width)
    cut = _by_index(text) if is_narrow(text) else _by_cells(text)
    segments, position = [], 0
    for start, end, style in [*spans, (width, width, base)]:
        if position < start:
            segments.append(Segment(cut(position, start), base))
        if start < end:
            segments.append(Segment(cut(start, end), style))
        position = end
    return Strip(segments, width)


def _by_index(text: str) -> Callable[[int, int], str]:
    return lambda start, end: text[start:end]


def _by_cells(text: str) -> Callable[[int, int], str]:
    whole = Strip([Segment(text)])
    return lambda start, end: whole.crop(start, end).text
