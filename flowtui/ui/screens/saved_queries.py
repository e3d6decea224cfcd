"""The saved queries, as folders: Enter opens one, F5 runs it too, ctrl+s saves the editor's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import ClassVar, Literal

from textual import on, work
from textual.binding import Binding, BindingType

from flowtui.backends.base import SavedQueries
from flowtui.engine.folders import Line, matching, tree
from flowtui.model.errors import FlowtuiError
from flowtui.model.frozen import frozen
from flowtui.model.saved_query import INSIGHTS_QL, SavedQuery
from flowtui.ui.screens.kept_queries import KeptQueriesScreen, groups_text, moment_text
from flowtui.ui.screens.log_groups import fitted
from flowtui.ui.text import clean
from flowtui.ui.widgets.filter_list import FilterList

_KEYS = "Enter opens, F5 opens and runs, ctrl+s saves the editor's query, Escape closes."
_DATE_CELLS = 12


@frozen
class Taken:
    """The user's wish; `query` is the one under the cursor, if there is one."""

    wish: Literal["open", "run", "save"]
    query: SavedQuery | None


class SavedQueriesScreen(KeptQueriesScreen[Taken | None, Line]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take('open')", "Open"),
        Binding("f5", "take('run')", "Run", priority=True, key_display="F5"),
        Binding("ctrl+s", "take('save')", "Save", priority=True),
    ]
    heading = "Saved queries"

    def __init__(self, shelf: SavedQueries, zone: tzinfo, opened: SavedQuery | None) -> None:
        """`opened` is the one that was opened last: the cursor begins there."""
        super().__init__()
        self._shelf, self._zone = shelf, zone
        self._cursor = opened
        self._queries: list[SavedQuery] = []
        self._found: list[SavedQuery] = []
        self._refused: dict[str, str] = {}
        """By id, what can't be done with the query and why."""
        self._state = "Loading."

    def on_mount(self) -> None:
        self._load()

    def on_resize(self) -> None:
        self._show()

    @work
    async def _load(self) -> None:
        """Show each page as it arrives."""
        try:
            async for page in self._shelf.saved_queries():
                self._queries += page
                self._show()
            self._state = ""
        except FlowtuiError as error:
            self._state = f"{error}."
        self._show()

    @on(FilterList.Typed)
    def _show(self) -> None:
        self._found = matching(self._queries, self.listing.typed)
        lines = tuple(tree(self._found))
        self.listing.show(lines, self._place_of_cursor(lines))

    def _place_of_cursor(self, lines: Sequence[Line]) -> int:
        """Where the query is now that was under the cursor; else the first one."""
        places = (n for n, line in enumerate(lines) if _is_same(line.query, self._cursor))
        return next(places, 0)

    def line(self, row: Line) -> str:
        indent = "  " * row.depth
        if row.query is None:
            return f"{indent}{row.label}/"
        name = fitted(f"{indent}{clean(row.label)}", self.line_cells - _DATE_CELLS)
        return f"{name}  {self._beside(row.query)}"

    def is_heading(self, row: Line) -> bool:
        return row.query is None

    def _beside(self, query: SavedQuery) -> str:
        """The day of its last change; of what can't be opened the language."""
        if query.language != INSIGHTS_QL:
            return clean(query.language)[:10]
        return f"{query.modified.astimezone(self._zone):%Y-%m-%d}" if query.modified else ""

    @on(FilterList.Moved)
    def describe_highlighted(self) -> None:
        if self._chosen is not None:
            self._cursor = self._chosen
        self.describe_line()

    def describe_line(self) -> None:
        query = self._chosen
        if query is None:
            self.describe("", "" if self._state else self._none())
        else:
            self.describe(about(query, self._zone), query.text)
        count = f"{len(self._found)} of {len(self._queries)} queries."
        refused = self._refused.get(query.id, "") if query is not None else ""
        self.hint(refused or count, self._state, _KEYS)

    def _none(self) -> str:
        return "no query matches" if self._queries else "no query is saved here yet"

    @property
    def _chosen(self) -> SavedQuery | None:
        line = self.listing.chosen
        return None if line is None else line.query

    def action_take(self, wish: Literal["open", "run", "save"]) -> None:
        self._take(wish)

    @on(FilterList.Taken)
    def take_to_open(self) -> None:
        self._take("open")

    def _take(self, wish: Literal["open", "run", "save"]) -> None:
        self._show()
        query = self._chosen
        refused = refusal(query, wish) if query is not None else ""
        if query is not None and refused:
            self._refused = {query.id: refused}
            self.describe_line()
        elif query is not None or wish == "save":
            self.dismiss(Taken(wish, query))


def refusal(query: SavedQuery, wish: str) -> str:
    """Why that can't be done with it; empty where it can."""
    if wish == "save":
        return ""
    if query.language != INSIGHTS_QL:
        return f"It is written in {query.language}: flowtui runs Logs Insights QL only."
    if wish == "run" and query.parameters:
        return f"It needs {placeholders(query)}: open it, write values there, then run it."
    return ""


def opened_text(query: SavedQuery) -> str:
    """The message when it is in the editor."""
    if query.parameters:
        return f"opened {query.name}; write values in the place of {placeholders(query)}"
    return f"opened {query.name}; F5 runs it, alt+z gives back what was here"


def placeholders(query: SavedQuery) -> str:
    """`{{action}}, {{port}}`."""
    return ", ".join(f"{{{{{each.name}}}}}" for each in query.parameters)


def about(query: SavedQuery, zone: tzinfo) -> str:
    """`triage/top, changed 2022-04-01 12:00:00 UTC, on /vpc/edge; {{action}} (REJECT)`."""
    parts = [query.name]
    if query.language != INSIGHTS_QL:
        parts.append(f"in {query.language}, which flowtui can't open")
    if query.modified is not None:
        parts.append(f"changed {moment_text(query.modified, zone)}")
    if query.log_groups:
        parts.append(f"on {groups_text(query.log_groups)}")
    wanted = [_parameter(each.name, each.default, each.description) for each in query.parameters]
    return "; ".join([", ".join(parts), *wanted])


def _parameter(name: str, default: str, description: str) -> str:
    more = ": ".join(each for each in (default, description) if each)
    return f"{{{{{name}}}}} ({more})" if more else f"{{{{{name}}}}}"


def _is_same(one: SavedQuery | None, other: SavedQuery | None) -> bool:
    if one is None or other is None:
        return False
    return (one.id, one.name) == (other.id, other.name)
