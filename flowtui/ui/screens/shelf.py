"""What the dialogues of kept queries share: type to filter, and read what is under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.text import clean, clean_lines
from flowtui.ui.widgets.run_status import zone_name

T = TypeVar("T")

_FRAME = 6
"""Cells of the box that are not for its lines: border, padding, and the list's scrollbar."""


class ShelfScreen(Dialog[T]):
    """A list, and below it the text of its line under the cursor; Tab goes there, to scroll it."""

    DEFAULT_CSS = DIALOG_CSS.format(name="ShelfScreen") + (
        "ShelfScreen > Vertical { height: 90%; }"
        "ShelfScreen OptionList, ShelfScreen OptionList:focus { height: 1fr; max-height: 100%; }"
        "ShelfScreen .about { color: $text-muted; height: auto; max-height: 3; margin: 1 0 0 0; }"
        "ShelfScreen VerticalScroll { height: 1fr; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("down", "move('down')", "Down", show=False, priority=True),
        Binding("up", "move('up')", "Up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "Page down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "Page up", show=False, priority=True),
    ]
    heading: ClassVar[str]

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self.heading
            yield Input(placeholder="type to filter")
            yield OptionList()
            yield Static(classes="about")
            with VerticalScroll():
                yield Static(classes="text")
            yield Static(classes="hint")

    @property
    def typed(self) -> str:
        return self.query_one(Input).value

    @property
    def line_cells(self) -> int:
        """The cells that a line of the list has."""
        return min(self.app.size.width * 9 // 10, 110) - _FRAME

    def list_options(self, options: Sequence[Option], cursor: int | None) -> None:
        listing = self.query_one(OptionList)
        listing.clear_options()
        listing.add_options(options)
        listing.highlighted = cursor

    def describe(self, about: str, text: str) -> None:
        """What is under the cursor, in one line and whole; foreign text."""
        self.query_one(".about", Static).update(Content(clean(about)))
        self.query_one(".text", Static).update(Content(clean_lines(text)))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def hint(self, *sentences: str) -> None:
        said = " ".join(clean(sentence) for sentence in sentences if sentence)
        self.query_one(".hint", Static).update(Content(said))

    def action_move(self, how: str) -> None:
        scroll = self.query_one(VerticalScroll)
        if scroll.has_focus:
            getattr(scroll, f"action_{how if 'page' in how else f'scroll_{how}'}")()
        else:
            listing = self.query_one(OptionList)
            getattr(listing, f"action_{how if 'page' in how else f'cursor_{how}'}")()


def moment_text(moment: datetime, zone: tzinfo) -> str:
    """`2022-04-01 12:00:00 UTC`."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone_name(zone)}"


def groups_text(groups: Sequence[str]) -> str:
    """`/vpc/edge and 1 more`; empty for none."""
    if not groups:
        return ""
    return f"{groups[0]} and {len(groups) - 1} more" if len(groups) > 1 else groups[0]
