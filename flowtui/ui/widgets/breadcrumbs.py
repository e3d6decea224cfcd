"""The way here, on one line; a click on a step goes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from flowtui.model.run import RunState
from flowtui.ui.text import clean, fitted
from flowtui.ui.widgets.run_status import SYMBOLS

if TYPE_CHECKING:
    from flowtui.engine.trail import Step, Trail

ARROW = " > "
LEAST_CELLS = 16
"""Rather than to cut a title to less, the oldest step is left out."""


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
        thread = self.trail.thread
        has_more = len(thread) < len(self.trail.line)
        steps = [crumb(self.trail.steps[index]) for index in thread]
        titles = fitting(steps, self.content_size.width, has_more=has_more)
        left_out = len(thread) - len(titles)
        parts = [
            Content.styled(title, Style.from_meta({"step": index}))
            for index, title in zip(thread[left_out:], titles, strict=True)
        ]
        return Content(ARROW).join([*([Content("…")] if left_out or has_more else []), *parts])

    def on_click(self, event: events.Click) -> None:
        index = event.style.meta.get("step")
        if self.trail is not None and index is not None and index != self.trail.at:
            self.post_message(self.Chosen(self, index))


def crumb(step: Step) -> str:
    """Its title, and the sign of its state where that is not all there is: `■ top pairs`."""
    state = step.run.latest.state
    sign = "" if state is RunState.COMPLETE else f"{SYMBOLS[state]} "
    return f"{sign}{clean(step.title)}"


def fitting(titles: Sequence[str], width: int, *, has_more: bool = False) -> list[str]:
    """The last of the titles, at least the last one, in so many cells with arrows between them.

    `has_more` is that there are steps before them, which are not shown.
    Where room is short the longest titles are cut first, and only then a step is left out.
    """
    shown = list(titles)
    room = _room(shown, width, has_more=has_more)
    while len(shown) > 1 and room < sum(min(LEAST_CELLS, cell_len(title)) for title in shown):
        shown.pop(0)
        room = _room(shown, width, has_more=True)
    # Short titles leave of their share to the longer ones, which come after them.
    places = sorted(range(len(shown)), key=lambda place: cell_len(shown[place]))
    for done, place in enumerate(places):
        shown[place] = fitted(shown[place], max(1, room // (len(places) - done)))
        room -= cell_len(shown[place])
    return shown


def _room(shown: Sequence[str], width: int, *, has_more: bool) -> int:
    """The cells for titles; the others are for arrows, and for the steps that are left out."""
    return width - len(ARROW) * (len(shown) - 1) - has_more * (len(ARROW) + 1)
