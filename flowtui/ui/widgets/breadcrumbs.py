"""The way here, on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from flowtui.model.run import RunState
from flowtui.ui.text import clean
from flowtui.ui.widgets.run_status import SYMBOLS

if TYPE_CHECKING:
    from flowtui.engine.trail import Step, Trail

ARROW = " > "
TITLE_CELLS = 48


class Breadcrumbs(Widget):
    DEFAULT_CSS = """
    Breadcrumbs { height: 1; color: $text-muted; padding: 0 1; }
    """

    trail: reactive[Trail | None] = reactive["Trail | None"](None)

    def render(self) -> Content:
        titles = [crumb(step) for step in self.trail.path] if self.trail else []
        return Content(fit(titles, self.size.width))


def crumb(step: Step) -> str:
    """Its title, and the sign of its state where that is not all there is: `■ top pairs`."""
    state = step.run.latest.state
    sign = "" if state is RunState.COMPLETE else f"{SYMBOLS[state]} "
    return f"{sign}{short_title(step)}"


def short_title(step: Step) -> str:
    """Its title, where there are others beside it."""
    title = clean(step.title)
    return title if cell_len(title) <= TITLE_CELLS else set_cell_size(title, TITLE_CELLS - 1) + "…"


def fit(titles: list[str], width: int) -> str:
    """The end of the trail, as much as has room; where steps are left out it begins with …."""
    text = ARROW.join(titles)
    kept = titles
    while cell_len(text) > width and len(kept) > 1:
        kept = kept[1:]
        text = ARROW.join(["…", *kept])
    return text
