"""Time to the first full frame of `flowtui demo` against a bare Textual app, in the same pty.

Run by hand: `python -m tests.bench.bench_start [RUNS]`. The CPU time is of all threads until the
frame has been read; it tells more than the clock on a machine that others use too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.terminal.pty import Terminal

BARE = """\
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("this is all of it")
Bare().run()
"""
# The keys are the last line of the screen, and Quit is the last of them.
CASES = {
    "bare Textual app": ((sys.executable, "-c", BARE), "this is all of it"),
    "flowtui demo": ((str(Path(sys.executable).with_name("flowtui")), "demo"), "Quit"),
}
# An installed package is compiled; a checkout is too after its first start, unless this is set.
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": ""}


@dataclass(frozen=True, slots=True)
class Start:
    wall_ms: float
    """From the start of the process until its screen shows the marker."""
    cpu_ms: float


def first_frame(argv: Sequence[str], marker: str) -> Start:
    start = time.perf_counter()
    with Terminal(argv, env=ENVIRONMENT) as terminal:
        terminal.wait_for_text(marker)
        wall = time.perf_counter() - start
        return Start(wall * 1000, terminal.cpu_ms())


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    for case in CASES.values():
        first_frame(*case)  # Not counted: it compiles, and fills the page cache.
    starts: dict[str, list[Start]] = {name: [] for name in CASES}
    for _ in range(runs):
        for name, case in CASES.items():
            starts[name].append(first_frame(*case))
    bare = _medians(starts["bare Textual app"])
    for name, each in starts.items():
        middle = _medians(each)
        print(
            f"{name:20} median {middle.wall_ms:4.0f} ms  {middle.wall_ms / bare.wall_ms:.2f} x  "
            f"min {min(start.wall_ms for start in each):4.0f} ms  "
            f"CPU {middle.cpu_ms:4.0f} ms  {middle.cpu_ms / bare.cpu_ms:.2f} x"
        )


def _medians(starts: Sequence[Start]) -> Start:
    return Start(
        median(start.wall_ms for start in starts), median(start.cpu_ms for start in starts)
    )


if __name__ == "__main__":
    main()
