"""The choices of the completion, in a few lines at the cursor; the editor has the keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.geometry import Offset, Region, Size
from textual.widget import Widget

from flowtui.ui.text import clean

if TYPE_CHECKING:
    from flowtui.query.completion_items import CompletionItem

ROWS = 8
WIDEST = 64
WIDEST_LABEL = 36
CHOSEN = "▸"
"""Marks the chosen line where there are no colours."""


class ChoiceList(Widget, can_focus=False):
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choice-list--chosen", "choice-list--detail"}
    DEFAULT_CSS = """
    ChoiceList {
        overlay: screen; position: absolute; display: none;
        background: $panel; color: $foreground;
        .choice-list--chosen { background: $primary 40%; text-style: bold; }
        .choice-list--detail { color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._choices: Sequence[CompletionItem] = ()
        self._chosen = 0
        self._region = Region()

    @property
    def chosen(self) -> CompletionItem | None:
        return self._choices[self._chosen] if self._choices else None

    def open(self, choices: Sequence[CompletionItem], cursor: Offset) -> None:
        """Show the choices below `cursor`, a place on the screen; the first one is chosen."""
        self._choices, self._chosen = choices, 0
        region = region_of(choices, cursor, self.screen.size)
        if self.display and region.offset == self._region.offset:
            # With each letter there are fewer, and to lay out the screen anew takes long.
            width = max(region.width, self._region.width)
            region = Region(region.x, region.y, width, region.height)
        self._region = region
        self.styles.width, self.styles.height = region.size
        self.styles.offset = region.offset
        self.display = True
        self.refresh()

    def close(self) -> None:
        self._choices = ()
        self.display = False

    def move(self, step: int) -> None:
        """Choose the next one or the one before; after the last comes the first."""
        self._chosen = (self._chosen + step) % max(1, len(self._choices))
        self.refresh()

    def render(self) -> Content:
        rows = self._region.height
        first = window_start(self._chosen, len(self._choices), rows)
        shown = self._choices[first : first + rows]
        width = label_width(shown)
        lines = [
            self._line(choice, width, is_chosen=first + row == self._chosen)
            for row, choice in enumerate(shown)
        ]
        return Content("\n").join(lines)

    def _line(self, choice: CompletionItem, width: int, *, is_chosen: bool) -> Content:
        label = set_cell_size(_short(clean(choice.label), width), width)
        room = max(0, self.size.width - width - 4)
        detail = set_cell_size(_short(clean(choice.detail), room), room)
        chosen = self.get_visual_style("choice-list--chosen", partial=True)
        line = Content.assemble(
            f"{CHOSEN if is_chosen else ' '}{label}  ",
            (f"{detail} ", self.get_visual_style("choice-list--detail", partial=True)),
        )
        return line.stylize(chosen) if is_chosen else line


def region_of(choices: Sequence[CompletionItem], cursor: Offset, screen: Size) -> Region:
    """Below the cursor, or above it where there is more room; further left where it is too wide.

    As wide as the widest choice, so that it does not jump while one scrolls.
    """
    detail = max((cell_len(clean(choice.detail)) for choice in choices), default=0)
    width = min(label_width(choices) + detail + 4, WIDEST, screen.width)
    below = screen.height - cursor.y - 1
    rows = min(ROWS, len(choices))
    is_below = rows <= below or cursor.y <= below
    rows = max(1, min(rows, below if is_below else cursor.y))
    y = cursor.y + 1 if is_below else cursor.y - rows
    return Region(max(0, min(cursor.x, screen.width - width)), y, width, rows)


def label_width(choices: Sequence[CompletionItem]) -> int:
    widest = max((cell_len(clean(choice.label)) for choice in choices), default=0)
    return min(widest, WIDEST_LABEL)


def window_start(chosen: int, count: int, rows: int) -> int:
    """The first line that shows, so that the chosen one does."""
    return max(0, min(chosen - rows // 2, count - rows))


def _short(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"
