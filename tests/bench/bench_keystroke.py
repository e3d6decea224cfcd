"""What a key costs in a query of 2,000 characters: each part of the work, and all of it on a pty.

Run as `python -m tests.bench.bench_keystroke`. The first four parts together have 10 ms.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.query.check import check
from flowtui.query.complete import complete
from flowtui.query.highlight import highlight
from flowtui.query.lexer import tokenize
from flowtui.query.parser import parse_tolerant
from tests.pilot.service import ScriptedService, make_app
from tests.terminal.pty import Terminal

LENGTH = 2000
REPEATS = 25
HEAD = """\
# top talkers by pair
fields @timestamp, srcaddr, dstaddr, bytes / 1024 as kb, concat(srcaddr, "->", dstaddr) as pair
| filter action = "REJECT" and dstport in [22, 3389] and not isIpv4InSubnet(srcaddr, "10.0.0.0/8")
| stats sum(bytes) as total, count(*) as flows, pct(bytes, 95) as p95 by srcaddr, dstaddr, bin(5m)
"""
LINE = "| filter total > 1000000 and flows >= 5 and coalesce(p95, total, flows) != 0 # again\n"
TAIL = "| sort total desc, flows asc, "

Work = Callable[[str], object]
PARTS: tuple[tuple[str, Work], ...] = (
    ("lex", tokenize),
    ("parse, lexed", parse_tolerant),
    ("check, parsed", lambda text: check(text, ARTICLE_FORMAT)),
    ("highlight, lexed", lambda text: list(highlight(text))),
    ("complete, lexed", lambda text: complete(text, len(text), ARTICLE_FORMAT)),
)
LIMITS = {"lex, parse, check, highlight": 10.0, "complete, lexed": 3.0}


def query() -> str:
    lines = (LENGTH - len(HEAD) - len(TAIL)) // len(LINE)
    return HEAD + LINE * lines + TAIL


def part_costs() -> dict[str, float]:
    """The medians of CPU milliseconds; each time another text, as after a key."""
    costs: dict[str, list[float]] = {name: [] for name, _ in PARTS}
    for turn in range(REPEATS):
        text = f"{query()}s{'x' * (turn % 5)}{turn}"
        for name, work in PARTS:
            start = time.thread_time()
            work(text)
            costs[name].append((time.thread_time() - start) * 1000)
    return {name: median(each) for name, each in costs.items()}


def report_parts() -> None:
    costs = part_costs()
    print(f"a query of {len(query())} characters")
    for name, cost in costs.items():
        print(f"  {name:28} {cost:6.2f} ms")
    together = sum(cost for name, cost in costs.items() if not name.startswith("complete"))
    print(f"  {'lex, parse, check, highlight':28} {together:6.2f} ms")
    for name, limit in LIMITS.items():
        cost = costs.get(name, together)
        print(f"  {name}: {cost / limit:.2f} of {limit:g} ms")


def report_keys(switch: str) -> None:
    """CPU and bytes of a key in the whole program, half a second of rest included."""
    argv = [sys.executable, "-m", "tests.bench.bench_keystroke", "app"]
    with Terminal(argv, env={"FLOWTUI_THIN_LINK": switch}) as terminal:
        terminal.wait_for_text("parse: 27 fields")
        terminal.send("\x1b[6~" * 5 + "\x1b[F")
        terminal.settle(1.0)
        print(f"the whole program, thin link {'on' if switch == '1' else 'off'}")
        for name, keys in (("a letter, choices open", "dsd"), ("a digit, no choices", "1234")):
            print(f"  {name:28} {_measure(terminal, keys)}")
        mark, before = terminal.mark(), terminal.cpu_ms()
        terminal.settle(2.0)
        idle, sent = (terminal.cpu_ms() - before) / 2, len(terminal.since(mark))
        print(f"  {'idle, a second':28} {idle:6.1f} ms {sent:6} B")


def _measure(terminal: Terminal, keys: str) -> str:
    costs: list[tuple[float, int]] = []
    for _ in range(REPEATS // len(keys)):
        for key in keys:
            mark, before = terminal.mark(), terminal.cpu_ms()
            terminal.send(key)
            terminal.settle(0.3)
            costs.append((terminal.cpu_ms() - before, len(terminal.since(mark))))
        terminal.send("\x7f" * len(keys))
        terminal.settle(0.8)
    cpu, sent = median(cost for cost, _ in costs), median(sent for _, sent in costs)
    most = max(sent for _, sent in costs)
    return f"{cpu:6.1f} ms {sent:6.0f} B, at most {most} B"


def main() -> None:
    report_parts()
    for switch in ("1", "0"):
        report_keys(switch)


if __name__ == "__main__":
    if sys.argv[1:] == ["app"]:
        make_app(ScriptedService(), query()).run()
    else:
        main()
