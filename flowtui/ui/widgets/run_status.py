"""The one-line account of where we are and what the run does."""

from __future__ import annotations

from datetime import UTC, tzinfo

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from flowtui.model.run import QueryRun, RunState, Snapshot, Statistics
from flowtui.model.timerange import Last, Time
from flowtui.ui.text import clean, human_bytes, human_count, human_duration, human_money

SYMBOLS = {
    RunState.QUEUED: "…",
    RunState.RUNNING: "▸",
    RunState.COMPLETE: "✓",
    RunState.FAILED: "✗",
    RunState.CANCELLED: "■",
    RunState.TIMED_OUT: "✗",
}
GB = 1e9


class RunStatus(Widget):
    """Place, log groups and time at the left; state, progress and cost at the right."""

    DEFAULT_CSS = """
    RunStatus { height: 1; background: $panel; color: $foreground; }
    """

    run: reactive[QueryRun | None] = reactive[QueryRun | None](None)
    place: reactive[str] = reactive("")
    groups: reactive[tuple[str, ...]] = reactive[tuple[str, ...]](())
    time: reactive[Time | None] = reactive[Time | None](None)
    zone: reactive[tzinfo] = reactive[tzinfo](UTC)

    def __init__(self, *, price_per_gb: float) -> None:
        super().__init__()
        self._price = price_per_gb

    def render(self) -> Content:
        right = describe_run(self.run, self._price)
        by_query = self.run is not None and not self.run.query.log_groups
        scope = describe_scope(() if by_query else self.groups, self.time, self.zone, by_query)
        longest_first = (
            f"flowtui  {clean(self.place)}  {scope}",
            f"{clean(self.place)}  {scope}",
            scope,
        )
        room = self.size.width - cell_len(right) - 2
        left = next((text for text in longest_first if cell_len(text) <= room), scope)
        return Content(spread(left, right, self.size.width))


def spread(left: str, right: str, width: int) -> str:
    """`left` and `right` at the two ends of a line; what has no room is cut from the left one."""
    room = width - cell_len(right) - 2
    if cell_len(left) > room:
        left = set_cell_size(left, max(0, room - 1)).rstrip() + "…"
    return f"{left}{' ' * max(1, width - cell_len(left) - cell_len(right))}{right}"


class Remark(Widget):
    """The line for sentences: an error, a notice, what was copied. It is gone when empty."""

    DEFAULT_CSS = """
    Remark { height: auto; max-height: 3; background: $surface; color: $warning; padding: 0 1; }
    Remark.-error { color: $error; text-style: bold; }
    """

    text: reactive[str] = reactive("", layout=True)
    is_error: reactive[bool] = reactive(default=False)

    def watch_text(self, text: str) -> None:
        self.display = bool(text)

    def watch_is_error(self, is_error: bool) -> None:
        self.set_class(is_error, "-error")

    def render(self) -> Content:
        return Content(clean(self.text))


def describe_scope(
    groups: tuple[str, ...], time: Time | None, zone: tzinfo, by_query: bool = False
) -> str:
    """`/vpc/edge +1  last 1h UTC`; `by_query` is where SOURCE says which log groups."""
    nothing = "log groups by the query" if by_query else "no log group"
    first = clean(groups[0]) if groups else nothing
    more = f" +{len(groups) - 1}" if len(groups) > 1 else ""
    return f"{first}{more}  {describe_time(time, zone)}"


def describe_time(time: Time | None, zone: tzinfo) -> str:
    if time is None:
        return "all times"
    if isinstance(time, Last):
        return f"last {time} {zone_name(zone)}"
    start, end = time.start.astimezone(zone), time.end.astimezone(zone)
    end_format = "%H:%M:%S" if start.date() == end.date() else "%m-%d %H:%M"
    start_format = "%Y-%m-%d %H:%M:%S" if start.date() == end.date() else "%Y-%m-%d %H:%M"
    return f"{start:{start_format}} to {end:{end_format}} {zone_name(zone)}"


def zone_name(zone: tzinfo) -> str:
    return "UTC" if zone is UTC else "local"


def describe_run(run: QueryRun | None, price_per_gb: float) -> str:
    """`▸ Running 3.2s  12.4M rec  1.9 GB  ~$0.0095`."""
    if run is None:
        return "F5 runs the query"
    latest = run.latest
    parts = [f"{SYMBOLS[latest.state]} {latest.state}"]
    if run.updated is not None:
        parts[0] += f" {human_duration((run.updated - run.started).total_seconds())}"
    return "  ".join([*parts, *_figures(latest.statistics, price_per_gb)])


def _figures(statistics: Statistics, price_per_gb: float) -> list[str]:
    figures = []
    if statistics.progress is not None and statistics.progress < 1:
        figures.append(f"{statistics.progress:.0%}")
    if statistics.records_scanned is not None:
        figures.append(f"{human_count(statistics.records_scanned)} rec")
    if statistics.bytes_scanned is not None:
        figures.append(human_bytes(statistics.bytes_scanned))
        if price_per_gb:
            figures.append(f"~{human_money(statistics.bytes_scanned / GB * price_per_gb)}")
    return figures


def describe_rows(latest: Snapshot) -> str:
    """`20 of 20 rows, complete`."""
    rows = len(latest.results.rows)
    total = latest.statistics.result_count or rows
    return f"{rows:,} of {total:,} rows, {latest.state.lower()}"


def ended_badly(latest: Snapshot) -> str:
    return f"the query ended as {latest.state.lower()}; the rows so far are kept"
