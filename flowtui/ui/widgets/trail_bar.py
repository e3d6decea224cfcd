"""The way here, on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from flowtui.ui.text import clean

if TYPE_CHECKING:
    from flowtui.engine.trail import Trail

ARROW = " > "


class TrailBar(Widget):
    DEFAULT_CSS = """
    TrailBar { height: 1; color: $text-muted; padding: 0 1; }
    """

    trail: reactive[Trail | None] = reactive["Trail | None"](None)

    def render(self) -> Content:
        titles = [clean(step.title) for step in self.trail.path] if self.trail else []
        return Content(fit(titles, self.size.width))


def fit(titles: list[str], width: int) -> str:
    """The end of the trail, as much as has room; where steps are left out it begins with …."""
    text = ARROW.join(titles)
    kept = titles
    while cell_len(text) > width and len(kept) > 1:
        kept = kept[1:]
        text = ARROW.join(["…", *kept])
    return text
