"""The colours of the parts of a chart: classes that a theme fills, and cells painted in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from textual.content import Content
from textual.style import Style

from flowtui.engine.series import OTHER
from flowtui.ui.charts.areas import GROUND
from flowtui.ui.charts.canvas import STRONG, TEXT
from flowtui.ui.charts.panel import EARLIER

if TYPE_CHECKING:
    from textual.widget import Widget

    from flowtui.ui.charts.stack import Cell

_COLOURS: Mapping[str, str] = {
    "chart--0": "$primary",
    "chart--1": "$success",
    "chart--2": "$accent",
    "chart--3": "$secondary",
    "chart--4": "$foreground",
    "chart--reject": "$error",
    "chart--other": "$text-muted",
    "chart--earlier": "$foreground",
    "chart--gap": "$text-muted",
    "chart--text": "$foreground",
    "chart--strong": "$accent",
}
CHART_CLASSES = frozenset(_COLOURS)
CHART_CSS = "\n".join(f".{name} {{ color: {colour}; }}" for name, colour in _COLOURS.items())

REST = "chart--other"
Slots = Mapping[int | None, str]
"""The class of each part of a stack; others are part of the rest."""


def slots(names: Sequence[str]) -> Slots:
    """What is refused is red wherever it is, and what is left over is grey."""
    own = iter(range(5))
    found: dict[int | None, str] = {
        None: "chart--gap", EARLIER: "chart--earlier", TEXT: "chart--text",
        STRONG: "chart--strong",
    }  # fmt: skip
    for part, name in enumerate(names):
        if name in ("REJECT", OTHER):
            found[part] = f"chart--{name.lower()}"
        else:
            found[part] = f"chart--{next(own, 4)}"
    return found


def painted(
    content: Content, at: int, cells: Sequence[Cell], classes: Slots, widget: Widget
) -> Content:
    """The content with a line of cells, which begins at `at`, in the colours of their parts."""
    for (part, behind, is_least), run in groupby(_looks(cells)):
        end = at + len(list(run))
        style = style_of(part, behind, classes, widget)
        content = content.stylize(style + Style(underline=True) if is_least else style, at, end)
        at = end
    return content


CellLook = tuple[int | None, int | None, bool]


def _looks(cells: Sequence[Cell]) -> Iterator[CellLook]:
    """Of each cell; a blank looks like what is before it, for each change is sent to a terminal."""
    before: CellLook = (None, None, False)
    for cell in cells:
        look = (cell.part, cell.behind, cell.is_least)
        if cell.text == " " and look[1:] == (None, False):
            look = (before[0], None, False)
        yield look
        before = look


def style_of(part: int | None, behind: int | None, classes: Slots, widget: Widget) -> Style:
    style = widget.get_visual_style(classes.get(part, REST))
    if behind is None:
        return Style(foreground=style.foreground)
    background = widget.get_visual_style(classes.get(behind, REST)).foreground
    if part == GROUND:
        # On a terminal's own background nobody knows its colour.
        return Style(foreground=background, reverse=True)
    return Style(foreground=style.foreground, background=background)
