"""The way here, on one line; a click on a step goes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from flowtui.model.run import RunState
from flowtui.ui.text import clean
from flowtui.ui.widgets.run_status import SYMBOLS

if TYPE_CHECKING:
    from flowtui.engine.trail import Step, Trail

ARROW = " > "
TITLE_CELLS = 48


class Breadcrumbs(Widget):
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Breadcrumbs { height: 1; color: $text-muted; padding: 0 1; }
    """

    trail: reactive[Trail | None] = reactive["Trail | None"](None)

    @dataclass
    class Chosen(Message):
        """A step was clicked; `index` is its place in `Trail.steps`."""

        breadcrumbs: Breadcrumbs
        index: int

        @property
        def control(self) -> Breadcrumbs:
            return self.breadcrumbs

    def render(self) -> Content:
        if self.trail is None:
            return Content()
        titles = [crumb(step) for step in self.trail.path]
        left_out = steps_left_out(titles, self.size.width)
        steps = zip(self.trail.line, titles, strict=True)
        parts = [Content.styled(title, Style.from_meta({"step": index})) for index, title in steps]
        return Content(ARROW).join([*([Content("…")] if left_out else []), *parts[left_out:]])

    def on_click(self, event: events.Click) -> None:
        index = event.style.meta.get("step")
        if self.trail is not None and index is not None and index != self.trail.at:
            self.post_message(self.Chosen(self, index))


def crumb(step: Step) -> str:
    """Its title, and the sign of its state where that is not all there is: `■ top pairs`."""
    state = step.run.latest.state
    sign = "" if state is RunState.COMPLETE else f"{SYMBOLS[state]} "
    return f"{sign}{short_title(step)}"


def short_title(step: Step) -> str:
    """Its title, where there are others beside it."""
    title = clean(step.title)
    return title if cell_len(title) <= TITLE_CELLS else set_cell_size(title, TITLE_CELLS - 1) + "…"


def steps_left_out(titles: Sequence[str], width: int) -> int:
    """How many steps from the first on have no room; the current one is always shown."""
    for count in range(len(titles) - 1):
        shown = ARROW.join([*(["…"] if count else []), *titles[count:]])
        if cell_len(shown) <= width:
            return count
    return max(0, len(titles) - 1)
