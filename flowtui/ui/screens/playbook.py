"""The playbook: type to filter, Enter puts the query into the editor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from flowtui.flowlogs.playbook import Play, in_groups
from flowtui.model.frozen import frozen
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.widgets.filter_list import FilterList, have_all

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat

UNFIT = "Not with these records, which lack a field"


@frozen
class Taken:
    """A question, and whether it is to be run at once."""

    play: Play
    runs: bool


class PlaybookScreen(Dialog[Taken | None]):
    """Returns the question that was chosen."""

    DEFAULT_CSS = DIALOG_CSS.format(name="PlaybookScreen") + (
        "PlaybookScreen .query { color: $text-muted; height: auto; max-height: 9;"
        " margin: 1 0 0 0; }"
        "PlaybookScreen RowList { max-height: 14; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("enter", "take(False)", "Take", priority=True),
        Binding("f5", "take(True)", "Run", priority=True, key_display="F5"),
    ]

    def __init__(self, plays: Iterable[Play], flow_format: FlowFormat | None) -> None:
        super().__init__()
        self._format = flow_format
        self._groups = in_groups(plays, flow_format)
        unfit = [play for _, those in self._groups for play in those if self._missing(play)]
        self._groups = [
            (group, [play for play in those if not self._missing(play)])
            for group, those in self._groups
        ]
        self._groups.append((UNFIT, unfit))

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Playbook"
            box.border_subtitle = "Enter writes the query, F5 runs it"
            yield FilterList(self._line, is_heading=lambda row: isinstance(row, str))
            yield Static(classes="query")

    def on_mount(self) -> None:
        self.show_matching()

    @property
    def _list(self) -> FilterList[Play | str]:
        return self.query_one(FilterList)

    def _line(self, row: Play | str) -> str:
        if isinstance(row, str):
            return row
        missing = self._missing(row)
        return f"  {row.title}" + (f" (lacks {', '.join(missing)})" if missing else "")

    def _missing(self, play: Play) -> tuple[str, ...]:
        return play.missing(self._format)

    @on(FilterList.Typed)
    def show_matching(self) -> None:
        words, rows = self._list.words, list[Play | str]()
        for group, plays in self._groups:
            found = [each for each in plays if have_all(_sought(each), words)]
            rows += [group, *found] if found else []
        self._list.show(rows)

    @on(FilterList.Moved)
    def show_query(self) -> None:
        play = self._list.chosen
        text = "no question matches; Escape closes"
        if isinstance(play, Play):
            text = play.about or play.query
            if missing := self._missing(play):
                text = f"These records have no {', '.join(missing)}, which it needs."
        self.query_one(".query", Static).update(Content(text))

    def action_take(self, runs: bool) -> None:
        play = self._list.chosen
        if isinstance(play, Play) and not self._missing(play):
            self.dismiss(Taken(play, runs))


def _sought(play: Play) -> str:
    return f"{play.group} {play.title} {play.query} {play.about}"
