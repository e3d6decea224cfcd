"""Every action by its name: type to filter, Enter does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from flowtui.ui.actions import Action, key_name
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog

KEY_CELLS = 16
NOTHING = "nothing is called that"


class PaletteScreen(Dialog[Action | None]):
    """Returns what was chosen."""

    DEFAULT_CSS = DIALOG_CSS.format(name="PaletteScreen") + (
        "PaletteScreen > Vertical { height: 80%; }"
        "PaletteScreen OptionList, PaletteScreen OptionList:focus { height: 1fr; max-height: 100%;"
        "text-wrap: nowrap; text-overflow: ellipsis; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("down", "move('cursor_down')", "Down", show=False, priority=True),
        Binding("up", "move('cursor_up')", "Up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "Page down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "Page up", show=False, priority=True),
    ]

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._actions = self._matching = sorted(actions, key=lambda each: each.name.casefold())

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Actions"
            box.border_subtitle = "Enter does it"
            yield Input(placeholder="type to filter")
            yield OptionList()

    def on_mount(self) -> None:
        self._show()

    @on(Input.Changed)
    def _show(self) -> None:
        self._matching = matching(self._actions, self.query_one(Input).value)
        listing = self.query_one(OptionList)
        listing.clear_options()
        lines = list_lines(self._actions, self._matching) or [NOTHING]
        listing.add_options([Option(Content(line), disabled=not self._matching) for line in lines])
        listing.highlighted = 0 if self._matching else None

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def take(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.dismiss(self._matching[at])


def matching(actions: Sequence[Action], typed: str) -> list[Action]:
    """Those with all the words, in the name or else in what is said of it; names come first."""
    words = typed.casefold().split()
    by_name = [each for each in actions if _has(each.name, words)]
    by_about = [each for each in actions if _has(f"{each.name} {each.about}", words)]
    begun = [each for each in by_name if each.name.casefold().startswith(typed.strip().casefold())]
    return list({each.id: each for each in (*begun, *by_name, *by_about)}.values())


def _has(text: str, words: Sequence[str]) -> bool:
    return all(word in text.casefold() for word in words)


def list_lines(all_actions: Sequence[Action], shown: Sequence[Action]) -> list[str]:
    """Name, keys, and what it does, in columns that stay where they are while one types."""
    names = max((cell_len(each.name) for each in all_actions), default=0)
    keys = max((cell_len(_keys(each)) for each in all_actions), default=0)
    return [
        f"{set_cell_size(each.name, names)}  {set_cell_size(_keys(each), keys)}  {each.about}"
        for each in shown
    ]


def _keys(action: Action) -> str:
    """All of them, or where that is long the first."""
    names = [key_name(key) for key in action.keys]
    joined = ", ".join(names)
    return joined if cell_len(joined) <= KEY_CELLS else names[0]
