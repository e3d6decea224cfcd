"""What a key costs in queries of 2,000 and 10,000 characters: its parts, and all of it on a pty.

Run as `python -m tests.bench.bench_keystroke`. A key may take 8 ms of CPU until it is painted; the
check comes later, when no key is waiting.
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

LENGTHS = (2_000, 10_000)
REPEATS = 24
LIMIT = 8.0
SHOWN = 1_000
"""Characters of the query that are on the screen."""
PAINTED = 0.08
"""Seconds of silence after the paint of a key; the check begins later than that."""
HEAD = """\
# top talkers by pair
fields @timestamp, srcaddr, dstaddr, bytes / 1024 as kb, concat(srcaddr, "->", dstaddr) as pair
| filter action = "REJECT" and dstport in [22, 3389] and not isIpv4InSubnet(srcaddr, "10.0.0.0/8")
| stats sum(bytes) as total, count(*) as flows, pct(bytes, 95) as p95 by srcaddr, dstaddr, bin(5m)
"""
LINE = "| filter total > 1000000 and flows >= 5 and coalesce(p95, total, flows) != 0 # again\n"
TAIL = "| sort total desc, flows asc, "
FRONT = HEAD.index("bytes / 1024")

Work = Callable[[str, int], object]
AT_A_KEY: tuple[tuple[str, Work], ...] = (
    ("lex", lambda text, _: tokenize(text)),
    ("complete", lambda text, at: complete(text, at, ARTICLE_FORMAT)),
    ("highlight what shows", lambda text, at: list(highlight(text, max(0, at - SHOWN), at))),
)
AT_REST: tuple[tuple[str, Work], ...] = (
    ("parse", lambda text, _: parse_tolerant(text)),
    ("check", lambda text, _: check(text, ARTICLE_FORMAT)),
)


def query(length: int) -> str:
    lines = (length - len(HEAD) - len(TAIL)) // len(LINE)
    return HEAD + LINE * lines + TAIL


def part_costs(length: int, at: int | None) -> dict[str, float]:
    """The medians of CPU milliseconds, where a letter more is typed each time."""
    costs: dict[str, list[float]] = {}
    whole = query(length)
    place = len(whole) if at is None else at
    for turn in range(1, REPEATS):
        word = "dstaddrsrcaddrdstportbytes"[:turn]
        text, cursor = whole[:place] + word + whole[place:], place + turn
        for name, work in (*AT_A_KEY, *AT_REST):
            start = time.thread_time()
            work(text, cursor)
            costs.setdefault(name, []).append((time.thread_time() - start) * 1000)
    return {name: median(each) for name, each in costs.items()}


def report_parts(length: int) -> None:
    print(f"a query of {len(query(length))} characters")
    for where, at in (("at its end", None), ("in its second line", FRONT)):
        costs = part_costs(length, at)
        told = "  ".join(f"{name} {cost:.2f}" for name, cost in costs.items())
        at_a_key = sum(costs[name] for name, _ in AT_A_KEY)
        print(f"  {where:20} {told}; at the key {at_a_key:.2f} ms")


def report_keys(length: int, switch: str) -> None:
    """CPU of a key in the whole program: until it is painted, and with what follows it."""
    argv = [sys.executable, "-m", "tests.bench.bench_keystroke", "app", str(length)]
    with Terminal(argv, env={"FLOWTUI_THIN_LINK": switch}) as terminal:
        terminal.wait_for_text("parse: 27 fields")
        print(f"the whole program, {length} characters, diffs {'on' if switch == '1' else 'off'}")
        for where, to in (("at its end", "\x1b[1;5F"), ("at its front", "\x1b[1;5H")):
            terminal.send(to)
            terminal.settle(1.0)
            for name, keys in (("letters, choices open", "dsd"), ("digits, no choices", "1234")):
                print(f"  {where:14} {name:24} {_measure(terminal, keys)}")
        before = terminal.cpu_ms()
        terminal.settle(2.0)
        print(f"  idle, a second {(terminal.cpu_ms() - before) / 2:6.1f} ms")


def _measure(terminal: Terminal, keys: str) -> str:
    painted: list[float] = []
    whole: list[float] = []
    sent: list[int] = []
    for _ in range(REPEATS // len(keys)):
        for key in keys:
            mark, before = terminal.mark(), terminal.cpu_ms()
            terminal.send(key)
            terminal.settle(PAINTED)
            painted.append(terminal.cpu_ms() - before)
            terminal.settle(0.4)
            whole.append(terminal.cpu_ms() - before)
            sent.append(len(terminal.since(mark)))
        terminal.send("\x7f" * len(keys))
        terminal.settle(0.8)
    cost, all_of_it = median(painted), median(whole)
    share = f"{cost / LIMIT:.2f} of {LIMIT:g} ms"
    return f"{cost:5.1f} ms ({share}), with the check {all_of_it:5.1f} ms, {median(sent):5.0f} B"


def main() -> None:
    for length in LENGTHS:
        report_parts(length)
    for length in LENGTHS:
        report_keys(length, "1")
    report_keys(LENGTHS[0], "0")


if __name__ == "__main__":
    if sys.argv[1:2] == ["app"]:
        make_app(ScriptedService(), query(int(sys.argv[2]))).run()
    else:
        main()
