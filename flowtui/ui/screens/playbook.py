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
from textual.widgets import Static

from flowtui.flowlogs.playbook import Play
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.widgets.filter_list import FilterList, have_all


@dataclass(frozen=True, slots=True)
class Taken:
    """A question, and whether it is to be run at once."""

    play: Play
    runs: bool


class PlaybookScreen(Dialog[Taken | None]):
    """Returns the question that was chosen."""

    DEFAULT_CSS = DIALOG_CSS.format(name="PlaybookScreen") + (
        "PlaybookScreen .query { color: $text-muted; height: auto; margin: 1 0 0 0; }"
        "PlaybookScreen RowList { max-height: 14; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("enter", "take(False)", "Take", priority=True),
        Binding("f5", "take(True)", "Run", priority=True, key_display="F5"),
    ]

    def __init__(self, plays: Iterable[Play]) -> None:
        super().__init__()
        self._plays = tuple(plays)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Playbook"
            box.border_subtitle = "Enter writes the query, F5 runs it"
            yield FilterList(lambda play: play.title)
            yield Static(classes="query")

    def on_mount(self) -> None:
        self.show_matching()

    @property
    def _list(self) -> FilterList[Play]:
        return self.query_one(FilterList)

    @on(FilterList.Typed)
    def show_matching(self) -> None:
        words = self._list.words
        self._list.show([each for each in self._plays if have_all(_sought(each), words)])

    @on(FilterList.Moved)
    def show_query(self) -> None:
        play = self._list.chosen
        text = play.query if play else "no question matches; Escape closes"
        self.query_one(".query", Static).update(Content(text))

    def action_take(self, runs: bool) -> None:
        if (play := self._list.chosen) is not None:
            self.dismiss(Taken(play, runs))


def _sought(play: Play) -> str:
    return f"{play.title} {play.query}"
