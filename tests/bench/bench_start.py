"""Time to the first full frame of `flowtui demo` against a bare Textual app, in the same pty.

Run by hand: `python -m tests.bench.bench_start [RUNS]`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
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
CASES = {
    "bare Textual app": ((sys.executable, "-c", BARE), "this is all of it"),
    "flowtui demo": ((str(Path(sys.executable).with_name("flowtui")), "demo"), "Quit"),
}


def first_frame(argv: Sequence[str], marker: str) -> float:
    """Milliseconds from the start of the process until its screen shows `marker`."""
    start = time.perf_counter()
    with Terminal(argv) as terminal:
        terminal.wait_for_text(marker)
        return (time.perf_counter() - start) * 1000


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(runs):
        for name, (argv, marker) in CASES.items():
            times[name].append(first_frame(argv, marker))
    bare = median(times["bare Textual app"])
    for name, each in times.items():
        middle = median(each)
        print(f"{name:20} median {middle:4.0f} ms  min {min(each):4.0f} ms  {middle / bare:.2f} x")


if __name__ == "__main__":
    main()
