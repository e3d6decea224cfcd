"""The one-line account of where we are and what the run does."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from flowtui.engine.cost import GB, Estimate
from flowtui.engine.cost_words import of_requests
from flowtui.model.amounts import about_money, human_bytes, human_count, human_duration
from flowtui.model.frozen import frozen
from flowtui.model.run import QueryRun, RunState, Snapshot, Statistics
from flowtui.model.source import LEAST_PAID
from flowtui.model.timerange import Last, Time
from flowtui.ui.text import clean, group_label

if TYPE_CHECKING:
    from flowtui.backends.base import Objects

SYMBOLS = {
    RunState.QUEUED: "…",
    RunState.RUNNING: "▸",
    RunState.COMPLETE: "✓",
    RunState.FAILED: "✗",
    RunState.CANCELLED: "■",
    RunState.TIMED_OUT: "✗",
}

WAITING = "waiting for a free slot"

GIVES_WAY = (
    "records", "tenths", "program", "long time", "bytes", "group", "profile", "cost", "progress",
)  # fmt: skip
"""The parts that a narrow status line leaves out or shortens, one after the other.

Which account and which time are asked stays to the end: a query in the wrong one misleads.
"""
SHORT_GROUP = 16
SHORT_PROFILE = 8


class RunStatus(Widget):
    """Place, log groups and time at the left; state, progress and cost at the right."""

    DEFAULT_CSS = """
    RunStatus { height: 1; background: $panel; color: $foreground; }
    """

    run: reactive[QueryRun | None] = reactive[QueryRun | None](None)
    estimate: reactive[Estimate | None] = reactive[Estimate | None](None)
    offered: reactive[str] = reactive("")
    """What the question can be answered from without a scan."""
    activity: reactive[str] = reactive("")
    place: reactive[str] = reactive("")
    groups: reactive[tuple[str, ...]] = reactive[tuple[str, ...]](())
    time: reactive[Time | None] = reactive[Time | None](None)
    zone: reactive[tzinfo] = reactive[tzinfo](UTC)

    def __init__(self, *, price_per_gb: float) -> None:
        super().__init__()
        self._price = price_per_gb

    def render(self) -> Content:
        standing = StatusData(
            self.place,
            self.groups,
            self.time,
            self.zone,
            self.run,
            self._price,
            self.estimate,
            self.activity,
            self.offered,
        )
        return Content(status_line(standing, self.size.width))


@frozen
class StatusData:
    """All that the status line could show."""

    place: str
    """`prod/eu-west-1`."""
    groups: tuple[str, ...]
    time: Time | None
    zone: tzinfo
    run: QueryRun | None
    price_per_gb: float
    """Dollars; 0 where a scan costs nothing."""
    estimate: Estimate | None = None
    """The scan of the question that was not run yet."""
    activity: str = ""
    """The work for a run that has not been started."""
    offered: str = ""
    """What the question can be answered from without a scan."""


def status_line(standing: StatusData, width: int) -> str:
    """Where we are at the left, what the run does at the right; what has no room gives way."""
    left = right = ""
    for count in range(len(GIVES_WAY) + 1):
        gone = frozenset(GIVES_WAY[:count])
        left = _where(standing, gone)
        right = _what(standing, gone)
        if cell_len(left) + 2 + cell_len(right) <= width:
            break
    return spread(left, right, width)


def _what(standing: StatusData, gone: frozenset[str]) -> str:
    """The run that goes on, else the one that has ended, else the one to come."""
    if standing.activity:
        return f"{SYMBOLS[RunState.QUEUED]} {clean(standing.activity)}"
    if standing.run is not None:
        return describe_run(standing.run, standing.price_per_gb, gone)
    ahead = describe_ahead(standing.estimate, standing.price_per_gb, gone)
    return f"free from {standing.offered} (alt+a); {ahead}" if standing.offered else ahead


def _where(standing: StatusData, gone: frozenset[str]) -> str:
    by_query = standing.run is not None and not standing.run.query.log_groups
    place = clean(standing.place)
    if "profile" in gone:
        profile, slash, region = place.rpartition("/")
        place = f"{_head(profile, SHORT_PROFILE)}{slash}{region}"
    parts = [
        "" if "program" in gone else "flowtui",
        place,
        _describe_groups(() if by_query else standing.groups, by_query, "group" in gone),
        describe_time(standing.time, standing.zone, is_short="long time" in gone),
    ]
    return "  ".join(part for part in parts if part)


def _head(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1) + "…"


def _tail(text: str, cells: int) -> str:
    """Log groups differ at their ends."""
    while cell_len(text) > cells:
        text = f"…{text.removeprefix('…')[1:]}"
    return text


def spread(left: str, right: str, width: int) -> str:
    """`left` and `right` at the two ends of a line; what has no room is cut from the left one."""
    room = width - cell_len(right) - 2
    if cell_len(left) > room:
        left = set_cell_size(left, max(0, room - 1)).rstrip() + "…"
    return f"{left}{' ' * max(1, width - cell_len(left) - cell_len(right))}{right}"


class MessageLine(Widget):
    """The lines for sentences: an error, a notice, what was copied. They are gone when empty.

    A sentence ends with what to do, so that its end must be seen on a narrow terminal too.
    """

    DEFAULT_CSS = """
    MessageLine {
        height: auto; max-height: 6; background: $surface; color: $warning; padding: 0 1;
    }
    MessageLine.-error { color: $error; text-style: bold; }
    """

    text: reactive[str] = reactive("", layout=True)
    is_error: reactive[bool] = reactive(default=False)

    def watch_text(self, text: str) -> None:
        self.display = bool(text)

    def watch_is_error(self, is_error: bool) -> None:
        self.set_class(is_error, "-error")

    def render(self) -> Content:
        return Content(clean(self.text))


def _describe_groups(groups: tuple[str, ...], by_query: bool, is_short: bool) -> str:
    """`/vpc/edge +1`; `by_query` is where SOURCE says which log groups."""
    if not groups:
        return "log groups by the query" if by_query else "no log group"
    first = clean(group_label(groups[0]))
    more = f" +{len(groups) - 1}" if len(groups) > 1 else ""
    return f"{_tail(first, SHORT_GROUP) if is_short else first}{more}"


def describe_time(time: Time | None, zone: tzinfo, *, is_short: bool = False) -> str:
    """`last 1h UTC`, `2022-04-01 11:00:00 to 12:00:00 UTC`; short `04-01 11:00-12:00 UTC`."""
    if time is None:
        return "all times"
    if isinstance(time, Last):
        return f"last {time} {zone_name(zone)}"
    start, end = time.start.astimezone(zone), time.end.astimezone(zone)
    span = _short_span(start, end) if is_short else _long_span(start, end)
    return f"{span} {zone_name(zone)}"


def _long_span(start: datetime, end: datetime) -> str:
    if start.date() == end.date():
        return f"{start:%Y-%m-%d %H:%M:%S} to {end:%H:%M:%S}"
    return f"{start:%Y-%m-%d %H:%M} to {end:%m-%d %H:%M}"


def _short_span(start: datetime, end: datetime) -> str:
    """Without the year, and without seconds that are zero."""
    if start.date() != end.date():
        return f"{start:%m-%d %H:%M} - {end:%m-%d %H:%M}"
    clock = "%H:%M:%S" if start.second or end.second else "%H:%M"
    return f"{start:%m-%d} {start:{clock}}-{end:{clock}}"


def no_rows(time: Time, zone: tzinfo) -> str:
    """The words in the place of rows where there are none, with the window that was asked for."""
    return f"no rows\n{describe_time(time, zone)}"


def zone_name(zone: tzinfo) -> str:
    return "UTC" if zone is UTC else "local"


def describe_ahead(estimate: Estimate | None, price_per_gb: float, gone: frozenset[str]) -> str:
    """`F5 scans at least ~52.0 GB, ~$0.26`; shorter, but never lost, where much is `gone`."""
    if estimate is not None and estimate.listed is not None:
        return _describe_listed(estimate.listed, price_per_gb, gone, estimate.is_partial)
    if estimate is None or not price_per_gb:
        return "F5 runs the query"
    if estimate.is_unknown:
        return "F5: unknown size" if "cost" in gone else "F5 scans an unknown size"
    least = "at least " if estimate.is_partial else ""
    dollars = about_money(estimate.size / GB * price_per_gb)
    if "cost" in gone:
        return f"F5: {dollars}{'+' if least else ''}"
    if "bytes" in gone:
        return f"F5 costs {least}{dollars}"
    return f"F5 scans {least}~{human_bytes(estimate.size)}, {dollars}"


def _describe_listed(
    listed: Objects, price_per_gb: float, gone: frozenset[str], is_partial: bool
) -> str:
    """`F5 fetches 54 objects, 20.1 MB, ~$0.0002`, or scans them where they are."""
    if listed.is_scanned and (listed.count or is_partial):
        return _describe_scanned(listed, price_per_gb, gone, is_partial)
    if not listed.count:
        return "no objects in this time"
    if not listed.missing:
        return f"F5 reads {human_bytes(listed.size)}, which are here"
    most = "at most " if listed.is_most else ""
    size, objects = f"{most}{human_bytes(listed.missing_size)}", f"{listed.missing:,} objects"
    if "bytes" in gone:
        return f"F5 fetches {size}"
    cost = "" if "cost" in gone else f", {about_money(of_requests(listed))}"
    return f"F5 fetches {objects}, {size}{cost}"


def _describe_scanned(
    listed: Objects, price_per_gb: float, gone: frozenset[str], is_partial: bool
) -> str:
    dollars = about_money(max(LEAST_PAID, listed.size) / GB * price_per_gb)
    if "cost" in gone:
        return f"F5: {dollars}{'+' if is_partial else ''}"
    most = "at least " if is_partial else "at most " if listed.is_most else ""
    if "bytes" in gone:
        return f"F5 costs {most}{dollars}"
    cut = f" (cut off at {human_bytes(listed.cutoff)})" if 0 < listed.cutoff < listed.size else ""
    return f"F5 scans {most}{human_bytes(listed.size)}, {listed.count:,} objects, {dollars}{cut}"


def describe_run(run: QueryRun, price_per_gb: float, gone: frozenset[str] = frozenset()) -> str:
    """`▸ Running 3.2s  12.4M rec  1.9 GB  ~$0.0095`, without what is `gone` of `GIVES_WAY`."""
    latest = run.latest
    is_waiting = not latest.has_slot and not latest.state.is_final
    state = f"{SYMBOLS[latest.state]} {WAITING if is_waiting else latest.state}"
    if run.updated is not None:
        seconds = (run.updated - run.started).total_seconds()
        is_whole = "tenths" in gone and seconds < 60
        state += f" {int(seconds)}s" if is_whole else f" {human_duration(seconds)}"
    figures = _figures(latest.statistics, price_per_gb)
    return "  ".join([state, *(text for name, text in figures.items() if name not in gone)])


def _figures(statistics: Statistics, price_per_gb: float) -> dict[str, str]:
    figures = {}
    if statistics.progress is not None and statistics.progress < 1:
        figures["progress"] = f"{statistics.progress:.0%}"
    if statistics.records_scanned is not None:
        figures["records"] = f"{human_count(statistics.records_scanned)} rec"
    if statistics.bytes_scanned is not None:
        figures["bytes"] = human_bytes(statistics.bytes_scanned)
        if price_per_gb:
            dollars = (statistics.paid or 0.0) / GB * price_per_gb
            figures["cost"] = about_money(dollars)
    return figures


def describe_end(state: RunState, rows: int) -> str:
    """`20 rows, complete`, `stopped, 1,071 rows so far`."""
    count = f"{rows:,} row{'' if rows == 1 else 's'}"
    return (
        f"stopped, {count} so far" if state is RunState.CANCELLED else f"{count}, {state.lower()}"
    )


def describe_rows(latest: Snapshot, *, is_cut: bool = False) -> str:
    """`20 of 20 rows, complete, ~3.1 GB saved by indexes`, or `stopped, 1,071 rows so far`.

    Cut is where there may be more rows.
    """
    rows = len(latest.results.rows)
    if latest.state is RunState.CANCELLED:
        return describe_end(latest.state, rows)
    total = latest.statistics.result_count or rows
    skipped = latest.statistics.bytes_skipped
    saved = f", ~{human_bytes(skipped)} saved by indexes" if skipped else ""
    more = ", there may be more" if is_cut else ""
    return f"{rows:,} of {total:,} rows, {latest.state.lower()}{more}{saved}"


def ended_badly(latest: Snapshot) -> str:
    return f"the query ended as {latest.state.lower()}; the rows so far are kept"
