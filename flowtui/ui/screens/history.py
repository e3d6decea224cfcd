"""The history of runs: type to search, Enter opens a query, ctrl+o reads its rows again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import ClassVar, Literal

from textual import on, work
from textual.binding import Binding, BindingType

from flowtui.engine.runner import title_of
from flowtui.engine.trail import Step
from flowtui.journal.history import MOST_FOUND, Entry, History
from flowtui.model.amounts import human_bytes, human_duration
from flowtui.model.errors import FlowtuiError, UsageError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, QueryRun, RunId, RunState, Snapshot, Statistics
from flowtui.model.time_entry import write_time
from flowtui.ui.screens.kept_queries import KeptQueriesScreen, groups_text, moment_text
from flowtui.ui.terminal.input_order import holds_input, holds_keys
from flowtui.ui.text import clean, fitted
from flowtui.ui.widgets.filter_list import FilterList
from flowtui.ui.widgets.run_status import SYMBOLS, describe_end

Wish = Literal["open", "run", "rows"]

_KEYS = "Enter opens the query, F5 runs it, ctrl+o shows its rows without a scan."
_SEARCHING = "Searching."
_UNKNOWN = "unknown"


@frozen
class Recalled:
    """The user's wish for a run: its query in the editor, to run it too, or its rows."""

    entry: Entry
    wish: Wish


class HistoryScreen(KeptQueriesScreen[Recalled | None, Entry]):
    """Returns the run that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take('open')", "Open"),
        Binding("f5", "take('run')", "Run", priority=True, key_display="F5"),
        Binding("ctrl+o", "take('rows')", "Rows", priority=True),
    ]
    heading = "History"

    def __init__(self, history: History, now: Callable[[], datetime], zone: tzinfo) -> None:
        super().__init__()
        self._history, self._now, self._zone = history, now, zone
        self._entries: tuple[Entry, ...] = ()
        self._searched: str | None = None
        """The filter by which the entries that are shown were found."""
        self._state = _SEARCHING

    def on_mount(self) -> None:
        self.search()

    def on_resize(self) -> None:
        self._show()

    @on(FilterList.Typed)
    def search(self) -> None:
        self._find(self.listing.typed)

    @work(exclusive=True, group="find")
    @holds_keys
    async def _find(self, typed: str) -> None:
        """Only what was typed last is searched for."""
        await self._read(typed)

    async def _read(self, typed: str) -> None:
        try:
            self._entries = await asyncio.to_thread(self._history.find, typed)
            self._state = ""
        except FlowtuiError as error:
            self._entries, self._state = (), f"{error}."
        self._searched = typed
        self._show()

    def _show(self) -> None:
        self.listing.show(self._entries)

    def line(self, row: Entry) -> str:
        started = row.started
        when = f"{started.astimezone(self._zone):%m-%d %H:%M}" if started else _UNKNOWN
        scanned = "" if row.bytes_scanned is None else human_bytes(row.bytes_scanned)
        rows = _rows(row) if row.has_ended else "not ended"
        symbol = SYMBOLS[row.state] if row.state else "?"
        figures = f"{when:11} {symbol} {rows:>12} {scanned:>9}  "
        line = f"{figures}{clean(' '.join(row.query.body.split()))}"
        return fitted(line, self.line_cells)

    @on(FilterList.Moved)
    def describe_line(self) -> None:
        entry = self.listing.chosen
        if entry is None:
            self.describe("", self._none())
        else:
            self.describe(about(entry, self._zone, self._now()), text_of(entry.query))
        self.hint(self._count(), self._state, _KEYS)

    def _count(self) -> str:
        count = len(self._entries)
        if count < MOST_FOUND:
            return f"{count} run{'' if count == 1 else 's'}."
        return f"The latest {count} runs; type for others."

    def _none(self) -> str:
        if self._state:
            return ""
        return "no run matches" if self.listing.typed else "no run is in the history yet"

    def action_take(self, wish: Wish) -> None:
        self._take(wish)

    @on(FilterList.Taken)
    def take_to_open(self) -> None:
        self._take("open")

    @work(exclusive=True, group="take")
    @holds_input
    async def _take(self, wish: Wish) -> None:
        """Take what is under the cursor once what was typed is found."""
        if self._searched != self.listing.typed:
            await self._read(self.listing.typed)
        entry = self.listing.chosen
        if entry is None:
            return
        if wish == "rows" and not entry.is_kept(self._now()):
            self.hint(unreadable(entry), _KEYS)
            return
        self.dismiss(Recalled(entry, wish))


def about(entry: Entry, zone: tzinfo, now: datetime) -> str:
    """`Complete, 20 rows, 1.9 GB in 3.2s; prod/eu-west-1 on /vpc/edge; its time; the id`."""
    groups = groups_text(entry.query.log_groups) or "the log groups of its text"
    started = moment_text(entry.started, zone) if entry.started else "unknown start"
    unknown = ", ".join(entry.unknown)
    return "; ".join(
        [
            f"{started}: {_outcome(entry, now)}",
            f"{entry.place or 'unknown place'} on {groups}",
            _time(entry, zone),
            *([entry.handle] if entry.handle else []),
            *([f"of another version of flowtui, unknown: {unknown}"] if unknown else []),
        ]
    )


def _time(entry: Entry, zone: tzinfo) -> str:
    if entry.window is None:
        return "unknown time"
    return "all times" if entry.query.time is None else write_time(entry.window, zone)


def _outcome(entry: Entry, now: datetime) -> str:
    if not entry.has_ended:
        return (
            "its session did not see it end"
            if entry.is_lost(now)
            else "it had not ended when it was last heard of"
        )
    scanned = "" if entry.bytes_scanned is None else f", {human_bytes(entry.bytes_scanned)}"
    length = ""
    if entry.started and entry.ended:
        length = f" in {human_duration((entry.ended - entry.started).total_seconds())}"
    return f"{_state(entry)}{scanned}{length}"


def _state(entry: Entry) -> str:
    if entry.state is RunState.CANCELLED and entry.rows is not None:
        return describe_end(entry.state, entry.rows)
    return f"{entry.state or 'unknown state'}, {_rows(entry)}"


def _rows(entry: Entry) -> str:
    return f"{_UNKNOWN} rows" if entry.rows is None else f"{entry.rows:,} rows"


def text_of(query: Query) -> str:
    """The line that the user wrote first: before it there may be many lines of names."""
    return f"{query.body}\n\nafter this:\n{query.prelude}" if query.prelude else query.body


def unreadable(entry: Entry) -> str:
    """Why the rows can't be read again without a scan."""
    if entry.window is None or entry.started is None:
        return "Its rows can't be told from others; Enter opens the query, F5 runs it."
    if not entry.has_id:
        return "Its rows are not kept; Enter opens the query, F5 runs it."
    return "Its rows were kept for 7 days; Enter opens the query, F5 runs it."


def opened_from(entry: Entry, *, is_here: bool) -> str:
    """The message when its query is in the editor."""
    if is_here:
        return "opened from the history, with its time; F5 runs it, alt+z gives back the text"
    groups = groups_text(entry.query.log_groups) or "log groups that are not known"
    place = entry.place or "a place that is not known"
    return f"it ran in {place} on {groups}; here the log groups stay as they are"


def step_of(entry: Entry) -> Step:
    """The run, which has no id in this session yet, as a step whose rows are forgotten.

    Where nobody saw its end, it is asked for as one that is complete. Raises `UsageError` where too
    little is known of it.
    """
    if entry.window is None or entry.started is None:
        raise UsageError(unreadable(entry))
    state = entry.state if entry.has_ended and entry.state else RunState.COMPLETE
    known = Snapshot(state, statistics=Statistics(bytes_scanned=entry.bytes_scanned))
    query = replace(entry.query, time=entry.window)
    run = QueryRun(
        RunId(0), query, entry.window, entry.started, known, entry.ended, entry.handle
    )  # fmt: skip
    return Step(run, title_of(query.body), forgotten=max(1, entry.rows or 0))
