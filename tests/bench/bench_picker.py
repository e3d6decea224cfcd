"""What a key costs in the log-group picker with 12,000 groups, the whole program on a pty.

Run as `python -m tests.bench.bench_picker`. A key has 50 ms.
"""

from __future__ import annotations

import sys
from statistics import median

from flowtui.flowlogs.log_group import LogGroup
from tests.pilot.service import NOON, ScriptedService, make_app
from tests.terminal.pty import Terminal

GROUPS = 12_000
LIMIT = 50.0
REPEATS = 5
RESTING = 5.0
"""Less in 0.3 s, and nothing happens any more."""
UP, DOWN, PAGE_DOWN, CTRL_G, CTRL_U = "\x1b[A", "\x1b[B", "\x1b[6~", "\x07", "\x15"

STEPS = (
    ("a letter, all match", ("/",)),
    ("letters, fewer match", tuple("env3")),
    ("letters, few match", tuple("/vpc-119")),
    ("Backspace", ("\x7f",) * 6),
    ("all of it away", (CTRL_U,)),
    ("down", (DOWN,) * 4),
    ("a page down", (PAGE_DOWN,) * 4),
    ("a mark", (" ",) * 2),
)
"""What is typed one after the other."""


def groups() -> tuple[LogGroup, ...]:
    return tuple(
        LogGroup(
            f"/aws/vpc/flow/env{number % 7}/vpc-{number:05}",
            arn=f"arn:aws:logs:us-east-1:1:log-group:{number}",
            stored_bytes=number * 1000,
            retention_days=14,
            created=NOON,
        )
        for number in range(GROUPS)
    )


def measure() -> dict[str, list[float]]:
    costs: dict[str, list[float]] = {name: [] for name, _ in STEPS}
    argv = [sys.executable, "-m", "tests.bench.bench_picker", "app"]
    with Terminal(argv) as terminal:
        terminal.wait_for_text("F5 Run")
        terminal.send(CTRL_G)
        terminal.wait_for_text(f"{GROUPS} of {GROUPS} groups")
        terminal.settle(1.0)
        for _ in range(REPEATS):
            for name, keys in STEPS:
                costs[name] += [cost(terminal, key) for key in keys]
    return costs


def cost(terminal: Terminal, key: str) -> float:
    """The CPU from a key until the program rests, however busy the machine is."""
    before = now = terminal.cpu_ms()
    terminal.send(key)
    while True:
        terminal.settle(0.3)
        now, last = terminal.cpu_ms(), now
        if before < last and now - last < RESTING:
            return last - before


def main() -> None:
    print(f"CPU of a key with {GROUPS} groups, of {LIMIT:g} ms")
    for name, costs in measure().items():
        print(f"  {name:28} {median(costs):6.1f} ms, at most {max(costs):6.1f} ms")


if __name__ == "__main__":
    if sys.argv[1:] == ["app"]:
        make_app(ScriptedService(groups=(groups(),))).run()
    else:
        main()
