"""What the grid costs with 100,000 rows of 13 columns: CPU and bytes an event, through a pty.

Run as `python -m tests.bench.bench_grid`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from flowtui.model.run import ResultSet
from flowtui.ui.terminal.diff_output import DiffOutput
from flowtui.ui.widgets.grid_columns import Meanings
from flowtui.ui.widgets.result_grid import ResultGrid
from tests.terminal.pty import Terminal

ROWS, COLUMNS = 100_000, 13
SIZES = Meanings(bytes=frozenset({f"field_{COLUMNS - 1}"}))
"""The last column is of bytes: with the cursor there the border tells the exact value."""
REPEATS = 15


@dataclass(frozen=True, slots=True)
class Event:
    """What is done, and what it may cost; None where there is no target."""

    name: str
    key: str
    cpu_ms: float | None
    sent: int | None


EVENTS = (
    Event("cursor down", "\x1b[B", 4, 500),
    Event("page down", "\x1b[6~", 12, 8000),
    Event("page up", "\x1b[5~", 12, 8000),
    Event("cursor right", "\x1b[C", 4, 500),
    Event("down in bytes", "\x1b[B", 4, 500),
    Event("poll, nothing new", "\x1b[15~", None, 0),
    Event("poll, 3 rows new", "\x1b[17~", None, None),
    Event("poll, all rows new", "\x1b[18~", None, None),
)


def results(version: int = 0, changed: int = 0) -> ResultSet:
    """The rows of one poll; in a new version the last cell of the first rows is another."""
    head = ("10.0.0.1", "172.31.1.247", "egress", "ACCEPT", "OK", "eni-0435cbb62960f230e")
    rows = [
        (str(i), *head, *(str(i * n % 65536) for n in range(COLUMNS - 8)), str(i * 7919 % 10**6))
        for i in range(ROWS)
    ]
    for i in range(changed):
        rows[i] = (*rows[i][:-1], str((i + 1) * version % 10**6))
    return ResultSet(tuple(f"field_{i}" for i in range(COLUMNS)), tuple(rows))


class BenchApp(DiffOutput[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "poll(0)"),
        Binding("f6", "poll(3)"),
        Binding("f7", "poll(100000)"),
    ]

    CSS = "ResultGrid { border: round $primary; }"

    def compose(self) -> ComposeResult:
        yield ResultGrid()

    def on_mount(self) -> None:
        self.versions = {n: [results(v, n) for v in (1, 2)] for n in (0, 3, ROWS)}
        self.turn = 0
        self.query_one(ResultGrid).show(results(1), SIZES)
        self.query_one(ResultGrid).count = f"{ROWS:,} rows"
        self.query_one(ResultGrid).focus()

    def action_poll(self, changed: int) -> None:
        self.turn += 1
        self.query_one(ResultGrid).show(self.versions[changed][self.turn % 2], SIZES)


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


def report(switch: str) -> None:
    argv = [sys.executable, "-m", "tests.bench.bench_grid", "app"]
    with Terminal(argv, env={"FLOWTUI_THIN_LINK": switch}) as terminal:
        terminal.wait_for_text("172.31.1.247")
        terminal.settle(1.0)
        mark, before = terminal.mark(), terminal.cpu_ms()
        terminal.settle(2.0)
        idle = (terminal.cpu_ms() - before) / 2, len(terminal.since(mark))
        print(f"diff output {'on' if switch == '1' else 'off'}")
        print(f"  {'idle, a second':20} {idle[0]:8.1f} ms {idle[1]:8} B")
        for event in EVENTS:
            cpu, sent = measure(terminal, event)
            print(f"  {event.name:20} {cpu:8.1f} ms {sent:8.0f} B  {_ratios(event, cpu, sent)}")


def _ratios(event: Event, cpu: float, sent: float) -> str:
    parts = []
    if event.cpu_ms:
        parts.append(f"{cpu / event.cpu_ms:.2f} of {event.cpu_ms:g} ms")
    if event.sent is not None:
        ratio = f"{sent / event.sent:.2f}" if event.sent else str(int(sent))
        parts.append(f"{ratio} of {event.sent} B")
    return ", ".join(parts)


async def show_time() -> float:
    """CPU seconds of the first `show`, the painting of the screen included."""
    app = BenchApp()
    async with app.run_test(size=(120, 40)) as pilot:
        grid, costs = app.query_one(ResultGrid), []
        for _ in range(7):
            grid.clear()
            await pilot.pause()
            rows = results(1)
            start = time.thread_time()
            grid.show(rows)
            await pilot.pause()
            costs.append(time.thread_time() - start)
    return median(costs)


def main() -> None:
    seconds = asyncio.run(show_time())
    print(f"show of {ROWS:,} x {COLUMNS}: {seconds:.3f} s, {seconds / 0.1:.2f} of 0.1 s")
    for switch in ("1", "0"):
        report(switch)


if __name__ == "__main__":
    if sys.argv[1:] == ["app"]:
        BenchApp().run()
    else:
        main()
