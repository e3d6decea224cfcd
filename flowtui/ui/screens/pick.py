"""One of many names: type to filter, Enter takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.widgets.filter_list import FilterList, have_all

Choice = tuple[str, str]
"""An id, and how it reads."""


class PickScreen(Dialog[str | None]):
    """Returns the id of what was taken; None if nothing was."""

    DEFAULT_CSS = DIALOG_CSS.format(name="PickScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True)
    ]

    def __init__(self, title: str, choices: Sequence[Choice], current: str) -> None:
        """`current` is the id of the one in use: the cursor begins there."""
        super().__init__()
        self._title, self._choices, self._current = title, choices, current

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            yield FilterList(self._line)
            yield Static(Content("Enter takes, Escape closes; the query stays"), classes="hint")

    def on_mount(self) -> None:
        self.show_matching()

    @property
    def _list(self) -> FilterList[Choice]:
        return self.query_one(FilterList)

    @on(FilterList.Typed)
    def show_matching(self) -> None:
        matching = [each for each in self._choices if have_all(each[1], self._list.words)]
        ids = [id_ for id_, _ in matching]
        self._list.show(matching, ids.index(self._current) if self._current in ids else 0)

    def _line(self, choice: Choice) -> str:
        id_, line = choice
        return f"{'●' if id_ == self._current else '○'} {line}"

    @on(FilterList.Taken)
    def take(self) -> None:
        if (choice := self._list.chosen) is not None:
            self.dismiss(choice[0])
