"""Pairs of queries, of which the first may answer the second; by hand very many of them.

python -m tests.property.rollup_pairs 100000
"""

from __future__ import annotations

import sys
from random import Random

import duckdb

from flowtui.backends.duckdb.macros import install
from flowtui.engine.rollup import rolled_up
from flowtui.model.run import PTR, Query, QueryRun, ResultSet, RunId, RunState, Snapshot
from flowtui.model.timerange import TimeRange
from flowtui.query.prelude import prelude
from tests.property.drill_cases import FORMAT, NOW, WHOLE, every_text
from tests.property.drilling import Logs, load
from tests.property.rows_cases import Hand, found

_FIELDS = ("srcaddr", "dstport", "action", "account_id", "tcp_flags")
_KEYS = (*_FIELDS, "bin(5m)", "bin(1h)", "dstport as port", "datefloor(@timestamp, 1h)")
_SUMS = ("sum(bytes)", "count(*)", "min(bytes)", "max(bytes)", "count(bytes)")
_OTHERS = (*_SUMS, "max(srcaddr)", "avg(bytes)", "sum(dstport)", "count_distinct(srcaddr)",
           "pct(bytes, 50)", "count()")  # fmt: skip
_CONDITIONS = (
    'action = "REJECT"', 'action in ["REJECT", "ACCEPT"]', 'action = "reject"', "dstport = 443",
    'srcaddr != "-"', "bytes > 40", "srcaddr like /1/", 'account_id = "-"', "dstport > 100",
    "not ispresent(tcp_flags)", 'action in ["ACCEPT", "-"]', "isNumeric(dstport)",
)  # fmt: skip


def _some(random: Random, parts: tuple[str, ...] | list[str], least: int, most: int) -> list[str]:
    return random.sample(parts, min(len(parts), random.randint(least, most)))


def pair(random: Random) -> tuple[str, str]:
    """A first query and one that it may answer: mostly of fewer keys, and more filters."""
    is_likely = random.random() < 0.7
    conditions, keys = _some(random, _CONDITIONS, 0, 2), _some(random, _KEYS, 1, 4)
    sums = _some(random, _SUMS if is_likely else _OTHERS, 1, 4)
    fields = [key for key in keys if key in _FIELDS]
    if random.random() < 0.4:
        columns = ", ".join(["@timestamp", "bytes", *fields])
        after = random.choice(["", "", " | sort bytes desc", " | limit 500", " | limit 3"])
        first = f"{_filter(conditions)}display {columns}{after}"
    else:
        has_names = random.random() < 0.5
        named = [f"{each} as a{n}" if has_names else each for n, each in enumerate(sums)]
        after = "" if is_likely else random.choice(["", " | limit 500", " | limit 2",
                                                    " | filter a0 > 1"])  # fmt: skip
        first = f"{_filter(conditions)}stats {', '.join(named)} by {', '.join(keys)}{after}"
    more = [f'{key} {random.choice(["=", "!="])} "22"' for key in fields] if is_likely else []
    some_more = _some(random, more or _CONDITIONS, 0, 1)
    kept = conditions if random.random() < 0.8 else conditions[1:]
    asked = [*kept, *some_more]
    random.shuffle(asked)
    others = _some(random, keys if is_likely else _KEYS, 0, len(keys))
    some = _some(random, sums if is_likely else _OTHERS, 1, 3)
    named = [f"{each} as b{n}" if n % 2 else each for n, each in enumerate(some)]
    by = f" by {', '.join(others)}" if others else ""
    tail = random.choice(["", f" | sort {some[0]} desc", " | sort b1 | limit 2"])
    return first, f"{_filter(asked)}stats {', '.join(named)}{by}{tail}"


def _filter(conditions: list[str]) -> str:
    return f"filter {' and '.join(conditions)} | " if conditions else ""


def offered(hand: Hand, second: str, part: TimeRange) -> tuple[Query, Query] | None:
    """The query that answers for nothing, and the question; None where nothing is offered."""
    latest = Snapshot(RunState.COMPLETE, hand.results)
    run = QueryRun(RunId(1), hand.query, WHOLE, NOW, latest)
    asked = Query(second, part, (), prelude(second, FORMAT))
    free = rolled_up(run, asked)
    return None if free is None else (free, asked)


def both(hand: Hand, logs: Logs, free: Query, asked: Query) -> tuple[object, object]:
    """The free answer and that of the records, without what tells events apart."""
    window = free.time
    assert isinstance(window, TimeRange)
    return _shown(hand.answer(free, window)), _shown(logs.run(asked, window))


def _shown(results: ResultSet) -> list[dict[str, str]]:
    records = map(results.record, range(len(results.rows)))
    return [{name: value for name, value in each.items() if name != PTR} for each in records]


def main(pairs: int) -> None:
    random = Random(20_261_130)  # noqa: S311  (no secret)
    texts, checked, tried = every_text(), 0, 0
    with duckdb.connect(config={"threads": 1}) as connection:
        install(connection)
        logs = load(connection, texts)
        while checked < pairs:
            if tried % 50 == 0:
                logs = load(connection, random.choices(texts, k=random.randint(1, 12)))
            first, second = pair(random)
            tried += 1
            hand = found(logs, first, WHOLE)
            answered = offered(hand, second, WHOLE)
            if answered is None:
                continue
            free, direct = both(hand, logs, *answered)
            assert free == direct, (first, second, answered[0].body, free, direct)
            checked += 1
            if checked % 1_000 == 0:
                print(f"{checked:,} answers of {tried:,} pairs are the same", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
