"""The menu of what can be done: one letter does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from flowtui.model.frozen import frozen
from flowtui.ui.actions import Action, in_sections
from flowtui.ui.screens.dialogs import Dialog

GAP = 3
"""Cells between two columns."""


@frozen
class Entry:
    letter: str
    name: str
    key: str = ""
    """The key that does it without the menu; empty where that is the letter itself."""

    @property
    def cells(self) -> int:
        return cell_len(f"{self.letter} {self.name} {self.key}".rstrip())


@frozen
class Title:
    text: str

    @property
    def cells(self) -> int:
        return cell_len(self.text)


Line = Title | Entry | None
"""None is a blank line."""


class MenuLines(Widget):
    """The sections side by side, in as few lines as have room; a click chooses."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "menu-lines--title", "menu-lines--letter", "menu-lines--name", "menu-lines--key",
    }  # fmt: skip
    DEFAULT_CSS = """
    MenuLines {
        height: auto; color: $foreground;
        & > .menu-lines--title { color: $text-muted; text-style: underline; }
        & > .menu-lines--letter { color: $accent; text-style: bold; }
        & > .menu-lines--key { color: $text-muted; }
    }
    """

    @dataclass
    class Clicked(Message):
        """An entry was clicked."""

        letter: str

    def __init__(self, sections: Sequence[Sequence[Line]]) -> None:
        super().__init__()
        self._sections = sections

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  (Textual's)
        return max(map(len, columns(self._sections, width)), default=0)

    def render(self) -> Content:
        shown = columns(self._sections, self.size.width)
        widths = [_width(column) for column in shown]
        rows = zip_longest(*shown)
        return Content("\n").join(
            Content(" " * GAP).join(map(self._cell, row, widths)).rstrip() for row in rows
        )

    def _cell(self, line: Line, width: int) -> Content:
        match line:
            case Entry(letter, name, key):
                blank = " " * (width - cell_len(f"{letter} {name}{key}"))
                return Content.assemble(
                    (f"{letter} ", self._style("letter", letter)),
                    (f"{name}{blank}", self._style("name", letter)),
                    (key, self._style("key", letter)),
                )
            case Title(text):
                blank = " " * (width - line.cells)
                return Content.assemble((text, self._style("title", None)), blank)
            case None:
                return Content(" " * width)

    def _style(self, part: str, letter: str | None) -> Style:
        style = self.get_visual_style(f"menu-lines--{part}")
        return style + Style.from_meta({"letter": letter}) if letter else style

    def on_click(self, event: events.Click) -> None:
        if letter := event.style.meta.get("letter"):
            self.post_message(self.Clicked(letter))


class LeaderScreen(Dialog[Action | None]):
    """At the lower edge, over the rows; returns what was chosen."""

    DEFAULT_CSS = """
    LeaderScreen { align: left bottom; background: transparent; }
    LeaderScreen > VerticalScroll {
        height: auto; max-height: 95%; margin: 0 0 1 0; padding: 0 1;
        border: round $primary; background: $surface;
        border-title-color: $primary; border-subtitle-color: $text-muted;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,space", "dismiss(None)", "Close")]

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._sections = in_sections(actions)
        self._by_letter = {each.letter: each for _, present in self._sections for each in present}

    def compose(self) -> ComposeResult:
        sections = [self._lines(title, present) for title, present in self._sections]
        with VerticalScroll() as box:
            box.border_title = "Menu"
            box.border_subtitle = "a letter does it, Escape closes"
            yield MenuLines(sections)

    def _lines(self, title: str, actions: Sequence[Action]) -> list[Line]:
        return [Title(title), *map(self._entry, actions)]

    def _entry(self, action: Action) -> Entry:
        key = action.short_key(self.app)
        return Entry(action.letter, action.name, "" if key == action.letter else key)

    def on_key(self, event: events.Key) -> None:
        # On another layout than the Latin one the key is that of the menu, the character is not.
        for letter in (event.character, event.key):
            if letter in self._by_letter:
                event.stop()
                self.dismiss(self._by_letter[letter])
                return

    @on(MenuLines.Clicked)
    def take(self, message: MenuLines.Clicked) -> None:
        self.dismiss(self._by_letter[message.letter])


def columns(sections: Sequence[Sequence[Line]], width: int) -> list[list[Line]]:
    """The sections in columns of the least height that has room; none is divided.

    Where even one below the other is too wide, they stand so.
    """
    tallest, all_lines = max(map(len, sections), default=0), sum(map(len, sections))
    for height in range(tallest, all_lines):
        packed = [_joined(column, height) for column in _pack(sections, height)]
        if sum(map(_width, packed)) + GAP * (len(packed) - 1) <= width:
            return packed
    return [_joined(column, all_lines) for column in _pack(sections, all_lines)]


def _pack(sections: Sequence[Sequence[Line]], height: int) -> list[list[Sequence[Line]]]:
    packed: list[list[Sequence[Line]]] = []
    for section in sections:
        if packed and sum(map(len, packed[-1])) + len(section) <= height:
            packed[-1].append(section)
        else:
            packed.append([section])
    return packed


def _joined(sections: Sequence[Sequence[Line]], height: int) -> list[Line]:
    """One below the other, with a blank line between them where there is room for all of these."""
    has_room = sum(map(len, sections)) + len(sections) - 1 <= height
    blank = [None] if has_room else []
    first, *others = sections
    return [*first, *chain.from_iterable([*blank, *section] for section in others)]


def _width(column: Sequence[Line]) -> int:
    return max(line.cells for line in column if line is not None)
