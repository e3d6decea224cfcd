"""The base of the dialogues of kept queries: type to filter, read the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog, cells_inside
from flowtui.ui.text import clean, clean_lines
from flowtui.ui.widgets.filter_list import FilterList
from flowtui.ui.widgets.run_status import zone_name

T = TypeVar("T")
Row = TypeVar("Row")


class KeptQueriesScreen(Dialog[T], Generic[T, Row]):
    """A list, and below it the text of its line under the cursor; Tab goes there, to scroll it."""

    DEFAULT_CSS = DIALOG_CSS.format(name="KeptQueriesScreen") + (
        "KeptQueriesScreen > Vertical { height: 90%; }"
        "KeptQueriesScreen FilterList, KeptQueriesScreen RowList { height: 1fr; }"
        "KeptQueriesScreen .about { color: $text-muted; height: auto; max-height: 3; "
        "margin: 1 0 0 0; }"
        "KeptQueriesScreen VerticalScroll { height: 1fr; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True)
    ]
    heading: ClassVar[str]

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self.heading
            yield FilterList(self.line, is_heading=self.is_heading)
            yield Static(classes="about")
            with VerticalScroll():
                yield Static(classes="text")
            yield Static(classes="hint")

    def line(self, row: Row) -> str:
        """How a row reads, in foreign text."""
        raise NotImplementedError

    def is_heading(self, row: Row) -> bool:  # noqa: ARG002  (of some shelves it is a heading)
        return False

    @property
    def listing(self) -> FilterList[Row]:
        return self.query_one(FilterList)

    @property
    def line_cells(self) -> int:
        """The cells that a line of the list has."""
        return cells_inside(self.app.size.width)

    def describe(self, about: str, text: str) -> None:
        """The query under the cursor, in one line and whole; foreign text."""
        self.query_one(".about", Static).update(Content(clean(about)))
        self.query_one(".text", Static).update(Content(clean_lines(text)))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def hint(self, *sentences: str) -> None:
        said = " ".join(clean(sentence) for sentence in sentences if sentence)
        self.query_one(".hint", Static).update(Content(said))


def moment_text(moment: datetime, zone: tzinfo) -> str:
    """`2022-04-01 12:00:00 UTC`."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone_name(zone)}"


def groups_text(groups: Sequence[str]) -> str:
    """`/vpc/edge and 1 more`; empty for none."""
    if not groups:
        return ""
    return f"{groups[0]} and {len(groups) - 1} more" if len(groups) > 1 else groups[0]
