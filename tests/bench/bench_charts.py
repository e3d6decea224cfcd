"""What the charts cost at 120x40 over the sample: CPU and bytes a redraw, through a pty.

Run as `python -m tests.bench.bench_charts`.
"""

from __future__ import annotations

import sys
import tempfile

from tests.terminal.pty import Terminal

KEYS = (
    ("open", "T"),
    ("cursor", "\x1b[D"),
    ("cursor again", "\x1b[D"),
    ("wider", "\x1b[1;2D"),
    ("window before", "p"),
    ("heat map", "2"),
    ("cursor", "\x1b[C"),
    ("groups", "3"),
    ("areas", "1"),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = {"COLORTERM": "truecolor", "XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}
        with Terminal([sys.executable, "-m", "flowtui", "demo"], env=env) as terminal:
            terminal.wait_for_text("F5 runs")
            terminal.settle(1.0)
            terminal.send("\x1b[15~")
            terminal.wait_for_text("95 %")
            terminal.settle(1.0)
            for name, key in KEYS:
                mark, before = terminal.mark(), terminal.cpu_ms()
                terminal.send(key)
                terminal.settle(1.0)
                cost = terminal.cpu_ms() - before
                print(f"{name:15} {cost:7.1f} ms {len(terminal.since(mark)):7,} B")


if __name__ == "__main__":
    main()
