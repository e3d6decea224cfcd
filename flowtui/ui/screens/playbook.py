"""The playbook: type to filter, Enter puts the query into the editor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flowtui.flowlogs.playbook import Play
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog


@dataclass(frozen=True, slots=True)
class Taken:
    """A question, and whether it is to be run at once."""

    play: Play
    runs: bool


class PlaybookScreen(Dialog[Taken | None]):
    """Returns the question that was chosen."""

    DEFAULT_CSS = DIALOG_CSS.format(name="PlaybookScreen") + (
        "PlaybookScreen .query { color: $text-muted; height: auto; margin: 1 0 0 0; }"
        "PlaybookScreen OptionList { max-height: 14; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("enter", "take(False)", "Take", priority=True),
        Binding("f5", "take(True)", "Run", priority=True, key_display="F5"),
        Binding("down", "move('cursor_down')", "Down", show=False, priority=True),
        Binding("up", "move('cursor_up')", "Up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "Page down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "Page up", show=False, priority=True),
    ]

    def __init__(self, plays: Iterable[Play]) -> None:
        super().__init__()
        self._plays = tuple(plays)
        self._matching: tuple[Play, ...] = self._plays

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Playbook"
            box.border_subtitle = "Enter writes the query, F5 runs it"
            yield Input(placeholder="type to filter")
            yield OptionList()
            yield Static(classes="query")

    def on_mount(self) -> None:
        self.show_matching()

    @on(Input.Changed)
    def show_matching(self) -> None:
        words = self.query_one(Input).value.lower().split()
        self._matching = tuple(
            play
            for play in self._plays
            if all(word in f"{play.title} {play.query}".lower() for word in words)
        )
        listing = self.query_one(OptionList)
        listing.clear_options()
        listing.add_options([Option(Content(play.title)) for play in self._matching])
        listing.highlighted = 0 if self._matching else None
        self.show_query()

    @on(OptionList.OptionHighlighted)
    def show_query(self) -> None:
        play = self._chosen
        text = play.query if play else "no question matches; Escape closes"
        self.query_one(".query", Static).update(Content(text))

    @property
    def _chosen(self) -> Play | None:
        index = self.query_one(OptionList).highlighted
        return None if index is None or index >= len(self._matching) else self._matching[index]

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_take(self, runs: bool) -> None:
        if self._chosen is not None:
            self.dismiss(Taken(self._chosen, runs))
