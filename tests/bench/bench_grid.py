"""What the rows cost: 100,000 flows of 27 fields, CPU and bytes an event, through a pty.

Run as `python -m tests.bench.bench_grid [ROWS]`. Textual's DataTable, and textual-fastdatatable
where it is installed, do the same work in the same run, in turns with ours; ratios are what counts.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable

from flowtui.flowlogs.fields import SPELLINGS
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import ResultSet, Row
from flowtui.ui.terminal.diff_output import DiffOutput
from flowtui.ui.widgets.grid.columns import Meanings
from flowtui.ui.widgets.grid.result_grid import ResultGrid
from tests.terminal.pty import Terminal

ROWS = 100_000
NAMES = ARTICLE_FORMAT.columns
AMOUNTS = frozenset({"bytes", "packets"})
MEANINGS = Meanings(
    {name: SPELLINGS[name] for name in NAMES}, frozenset({"bytes"}), AMOUNTS, AMOUNTS
)
REPEATS = 15


@dataclass(frozen=True, slots=True)
class Event:
    """What is done, and what it may cost; None where there is no target."""

    name: str
    key: str
    cpu_ms: float | None
    sent: int | None
    is_ours: bool = False
    """Whether the peers have nothing like it."""


EVENTS = (
    Event("cursor down", "\x1b[B", 3, 300),
    Event("page down", "\x1b[6~", 9, 5500),
    Event("page up", "\x1b[5~", 9, 5500),
    Event("cursor right", "\x1b[C", 3, 300),
    Event("poll, nothing new", "\x1b[15~", 5, 0, is_ours=True),
    Event("poll, 3 rows new", "\x1b[17~", None, None, is_ours=True),
    Event("poll, all rows new", "\x1b[18~", None, None, is_ours=True),
)


def flows(count: int, version: int = 0, changed: int = 0) -> ResultSet:
    """A drill's rows: most fields vary, some are the same in all; some rows have other bytes."""
    draw = random.Random(7)  # noqa: S311  # a fixed pattern, not a secret
    ports = ("443", "5432", "22", "53", "80")
    rows = [_flow(i, draw, ports) for i in range(count)]
    at = NAMES.index("bytes")
    for i in range(min(changed, count)):
        rows[i] = (*rows[i][:at], str((i + 1) * version % 10**6), *rows[i][at + 1 :])
    return ResultSet(NAMES, tuple(rows))


def _flow(number: int, draw: random.Random, ports: tuple[str, ...]) -> Row:
    start = 1_648_826_280 + number // 20
    source, target = f"10.0.{number % 7}.{draw.randrange(250)}", f"198.51.100.{draw.randrange(250)}"
    varied: Mapping[str, str] = {
        "srcaddr": source, "dstaddr": target, "pkt_srcaddr": source, "pkt_dstaddr": target,
        "srcport": str(draw.randrange(1024, 65536)), "dstport": draw.choice(ports),
        "protocol": "6", "packets": str(draw.randrange(1, 900)), "start": str(start),
        "bytes": str(draw.randrange(40, 900_000)), "end": str(start + draw.randrange(60)),
        "action": "REJECT" if draw.random() < 0.1 else "ACCEPT", "log_status": "OK",
        "tcp_flags": draw.choice(("0", "2", "18", "19")), "flow_direction": "egress",
        "interface_id": f"eni-0435cbb62960f{number % 7:04}", "region": "eu-west-1",
        "instance_id": f"i-0435cbb62960f{number % 7:04}", "traffic_path": "8",
        "account_id": "123456789012", "vpc_id": "vpc-0b69ce8d04278ddd1", "az_id": "euw1-az1",
        "subnet_id": "subnet-03946bace57239f44",
    }  # fmt: skip
    return tuple(varied.get(name, "-") for name in NAMES)


class OursApp(DiffOutput[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "poll(0)"), Binding("f6", "poll(3)"), Binding("f7", "poll(100000)"),
    ]  # fmt: skip
    CSS = "ResultGrid { border: round $primary; }"

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.turn = 0
        self.versions: dict[int, list[ResultSet]] = {}

    def compose(self) -> ComposeResult:
        yield ResultGrid()

    def on_mount(self) -> None:
        grid = self.query_one(ResultGrid)
        grid.show(flows(self.count), MEANINGS)
        grid.count = f"{self.count:,} rows"
        grid.focus()
        self.call_after_refresh(self._make)

    def _make(self) -> None:
        self.versions = {n: [flows(self.count, v, n) for v in (1, 2)] for n in (0, 3, 100_000)}
        self.query_one(ResultGrid).border_title = "ready"

    def action_poll(self, changed: int) -> None:
        self.turn += 1
        self.query_one(ResultGrid).show(self.versions[changed][self.turn % 2], MEANINGS)


class PeerApp(App[None]):
    """A table of another make with the same rows."""

    def __init__(self, count: int, name: str) -> None:
        super().__init__()
        self.count, self.peer = count, name

    def compose(self) -> ComposeResult:
        yield peer(self.peer, flows(self.count))

    def on_mount(self) -> None:
        table = self.screen.focus_chain[0]
        fill(table, self.count)
        table.border_title = "ready"


def peer(name: str, results: ResultSet) -> Widget:
    if name == "datatable":
        return DataTable()
    from textual_fastdatatable import ArrowBackend
    from textual_fastdatatable import DataTable as FastTable

    data = {
        column: list(cells)
        for column, cells in zip(results.columns, zip(*results.rows, strict=True), strict=True)
    }
    table: Widget = FastTable(backend=ArrowBackend.from_pydict(data), render_markup=False)
    return table


def fill(table: Any, count: int) -> None:
    if isinstance(table, DataTable):
        table.add_columns(*NAMES)
        table.add_rows(flows(count).rows)


def measure(terminal: Terminal, event: Event) -> tuple[float, float]:
    """The medians of CPU milliseconds and bytes."""
    costs: list[tuple[float, int]] = []
    for _ in range(REPEATS):
        mark, before = terminal.mark(), terminal.cpu_ms()
        terminal.send(event.key)
        terminal.settle(0.15)
        costs.append((terminal.cpu_ms() - before, len(terminal.since(mark))))
    # The first time another kind of poll also brings other rows.
    return median(cpu for cpu, _ in costs[1:]), median(sent for _, sent in costs[1:])


def report(name: str, count: int) -> None:
    argv = [sys.executable, "-m", "tests.bench.bench_grid", str(count), name]
    with Terminal(argv) as terminal:
        before = time.monotonic()
        terminal.wait_for_text("ready" if name == "ours" else "123456789012", timeout=600)
        terminal.settle(1.0)
        print(f"{name}: ready after {time.monotonic() - before:.1f} s of wall, rows made among it")
        mark, cpu = terminal.mark(), terminal.cpu_ms()
        terminal.settle(2.0)
        idle = (terminal.cpu_ms() - cpu) / 2, len(terminal.since(mark))
        print(f"  {'idle, a second':20} {idle[0]:8.1f} ms {idle[1]:8} B")
        for event in EVENTS:
            if name == "ours" or not event.is_ours:
                cpu_ms, sent = measure(terminal, event)
                told = _ratios(event, cpu_ms, sent) if name == "ours" else ""
                print(f"  {event.name:20} {cpu_ms:8.1f} ms {sent:8.0f} B  {told}")


def _ratios(event: Event, cpu: float, sent: float) -> str:
    parts = []
    if event.cpu_ms:
        parts.append(f"{cpu / event.cpu_ms:.2f} of {event.cpu_ms:g} ms")
    if event.sent is not None:
        ratio = f"{sent / event.sent:.2f}" if event.sent else str(int(sent))
        parts.append(f"{ratio} of {event.sent} B")
    return ", ".join(parts)


async def show_time(count: int) -> float:
    """CPU seconds of the first `show`, the painting of the screen included."""
    app = OursApp(2)
    async with app.run_test(size=(120, 40)) as pilot:
        grid, costs = app.query_one(ResultGrid), []
        rows = flows(count)
        for _ in range(5):
            grid.clear()
            await pilot.pause()
            start = time.thread_time()
            grid.show(rows, MEANINGS)
            await pilot.pause()
            costs.append(time.thread_time() - start)
    return median(costs)


def main(count: int) -> None:
    seconds = asyncio.run(show_time(count))
    target = 0.15 * count / ROWS
    print(
        f"show of {count:,} x {len(NAMES)}: {seconds:.3f} s, {seconds / target:.2f} of {target:g} s"
    )
    peers = ["datatable", *(["fastdatatable"] if find_spec("textual_fastdatatable") else [])]
    for name in ("ours", *peers, "ours"):
        report(name, count)


if __name__ == "__main__":
    rows = int(sys.argv[1]) if sys.argv[1:] else ROWS
    match sys.argv[2:]:
        case ["ours"]:
            OursApp(rows).run()
        case [other]:
            PeerApp(rows, other).run()
        case _:
            main(rows)
