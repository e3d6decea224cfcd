"""What the language costs: check, completion, colours, and the compiler, as CPU milliseconds.

Run as `python -m tests.bench.bench_language`. Each turn has a text of its own, as when one types.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.timerange import TimeRange
from flowtui.query.check import check
from flowtui.query.complete import complete
from flowtui.query.highlight import highlight
from flowtui.query.parser import parse_tolerant
from flowtui.sql.scope import Table
from tests.article import CASES
from tests.bench.bench_keystroke import FRONT, LENGTHS, query

TURNS = 60
START = datetime(2022, 4, 1, 15, tzinfo=UTC)
WINDOW = TimeRange(START, datetime(2022, 4, 1, 16, tzinfo=UTC))
TABLE = Table("g", ARTICLE_FORMAT, "g")

Work = Callable[[str, int], object]
WORKS: tuple[tuple[str, Work], ...] = (
    ("parse", lambda text, _: parse_tolerant(text)),
    ("check", lambda text, _: check(text, ARTICLE_FORMAT)),
    ("complete", lambda text, at: complete(text, at, ARTICLE_FORMAT)),
    ("highlight", lambda text, _: list(highlight(text))),
)


def cost(work: Work, whole: str, place: int) -> float:
    """The median of a key in the middle of a text, by what it makes anew."""
    costs: list[float] = []
    for turn in range(TURNS):
        word = "b" * (turn % 30) + "ytes" * (turn // 30)
        text, at = whole[:place] + word + whole[place:], place + len(word)
        start = time.thread_time()
        work(text, at)
        costs.append((time.thread_time() - start) * 1000)
    return median(costs)


def compile_cost() -> float:
    """All queries of the article, the median of a round."""
    costs: list[float] = []
    for turn in range(TURNS):
        start = time.thread_time()
        for case in CASES:
            compile_query(f"{case.query} # {turn}", [TABLE], WINDOW, None, START)
        costs.append((time.thread_time() - start) * 1000)
    return median(costs)


def main() -> None:
    for length in LENGTHS:
        whole = query(length)
        for where, place in (("front", FRONT), ("end", len(whole))):
            told = "  ".join(f"{name} {cost(work, whole, place):6.2f}" for name, work in WORKS)
            print(f"{length:6} characters, {where:5}  {told} ms")
    print(f"compile {len(CASES)} queries {compile_cost():6.2f} ms")


if __name__ == "__main__":
    main()
