"""One of many names: type to filter, Enter takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.text import clean


class PickScreen(Dialog[str | None]):
    """Returns the id of what was taken; None if nothing was."""

    DEFAULT_CSS = DIALOG_CSS.format(name="PickScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("down", "move('cursor_down')", "Down", show=False, priority=True),
        Binding("up", "move('cursor_up')", "Up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "Page down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "Page up", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], current: str) -> None:
        """`choices` are ids and lines; `current` is the id of the one in use."""
        super().__init__()
        self._title, self._choices, self._current = title, choices, current
        self._shown: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            yield Input(placeholder="type to filter")
            yield OptionList()
            yield Static(Content("Enter takes, Escape closes; the query stays"), classes="hint")

    def on_mount(self) -> None:
        self._show()

    @on(Input.Changed)
    def _show(self) -> None:
        words = self.query_one(Input).value.lower().split()
        matching = [(id_, line) for id_, line in self._choices if _has(line, words)]
        self._shown = [id_ for id_, _ in matching]
        listing = self.query_one(OptionList)
        listing.clear_options()
        listing.add_options([Option(self._line(id_, line)) for id_, line in matching])
        if matching:
            is_there = self._current in self._shown
            listing.highlighted = self._shown.index(self._current) if is_there else 0

    def _line(self, id_: str, line: str) -> Content:
        return Content(f"{'●' if id_ == self._current else '○'} {clean(line)}")

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    # Not by a binding with priority: it would overtake what was typed just before.
    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def take(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.dismiss(self._shown[at])


def _has(line: str, words: Sequence[str]) -> bool:
    return all(word in line.lower() for word in words)
