"""The law of free answers: what is rolled up from a step is what the records would answer."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import event, given, note
from hypothesis import strategies as st

from flowtui.backends.duckdb.macros import install
from flowtui.engine.rollup import rolled_up
from flowtui.model.run import PTR, Query, QueryRun, ResultSet, RunId, RunState, Snapshot
from flowtui.model.timerange import TimeRange
from flowtui.query.prelude import prelude
from tests.property.drill_cases import FORMAT, LINES, NOW, WHOLE, WINDOWS
from tests.property.drilling import Logs, load
from tests.property.laws import searched
from tests.property.rows_cases import found

_KEYS = ("srcaddr", "dstport", "action", "account_id", "tcp_flags", "bin(5m)", "bin(1h)",
         "dstport as port", "datefloor(@timestamp, 1h)")  # fmt: skip
_SUMS = ("sum(bytes)", "count(*)", "min(bytes)", "max(bytes)", "count(bytes)", "max(srcaddr)",
         "avg(bytes)", "sum(dstport)", "count_distinct(srcaddr)", "pct(bytes, 50)",
         "count()")  # fmt: skip
_CONDITIONS = (
    'action = "REJECT"', 'action in ["REJECT", "ACCEPT"]', 'action = "reject"', "dstport = 443",
    'srcaddr != "-"', "bytes > 40", "srcaddr like /1/", 'account_id = "-"', "dstport > 100",
    "not ispresent(tcp_flags)", 'action in ["ACCEPT", "-"]', "isNumeric(dstport)",
)  # fmt: skip


def _list(parts: tuple[str, ...], least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(parts), min_size=least, max_size=most, unique=True)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """A first query and one that it may answer: mostly of fewer keys, and more filters."""
    conditions, keys = draw(_list(_CONDITIONS, 0, 2)), draw(_list(_KEYS, 1, 4))
    is_likely = draw(st.booleans())
    sums = draw(_list(_SUMS[:6] if is_likely else _SUMS, 1, 4))
    sign = draw(st.sampled_from(["=", "!="]))
    plain = [f'{key} {sign} "22"' for key in keys if key in _KEYS[:5]]
    more = draw(_list(tuple(plain) if is_likely and plain else _CONDITIONS, 0, 1))
    if draw(st.booleans()):
        after = draw(st.sampled_from(["", " | limit 3", " | sort bytes desc", " | limit 500"]))
        columns = ", ".join(["@timestamp", "bytes", *(key for key in keys if key in _KEYS[:5])])
        first = f"{_filter(conditions)}display {columns}{after}"
    else:
        has_names = draw(st.booleans())
        named = [f"{each} as a{n}" if has_names else each for n, each in enumerate(sums)]
        aggregates = ", ".join(named)
        after = draw(st.sampled_from(["", " | limit 500", " | limit 2", " | filter a0 > 1"]))
        after = "" if is_likely else after
        first = f"{_filter(conditions)}stats {aggregates} by {', '.join(keys)}{after}"
    fewer = draw(st.lists(st.sampled_from(keys), max_size=len(keys), unique=True))
    others = fewer if is_likely else draw(_list(_KEYS, 0, 2))
    of_sums = st.lists(st.sampled_from(sums), min_size=1, unique=True)
    some = draw(of_sums if is_likely else _list(_SUMS, 1, 2))
    aggregates = ", ".join(f"{each} as b{n}" if n % 2 else each for n, each in enumerate(some))
    by = f" by {', '.join(others)}" if others else ""
    tail = draw(st.sampled_from(["", f" | sort {some[0]} desc", " | sort b1 | limit 2"]))
    kept = draw(st.sampled_from([conditions, conditions, conditions, conditions[1:]]))
    asked = draw(st.permutations([*kept, *more]))
    return first, f"{_filter(asked)}stats {aggregates}{by}{tail}"


def _filter(conditions: list[str]) -> str:
    return f"filter {' and '.join(conditions)} | " if conditions else ""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        install(opened)
        yield opened


@searched(150, ci=120)
@given(LINES, pairs(), WINDOWS, st.booleans())
def test_a_free_answer_is_that_of_the_records(
    connection: duckdb.DuckDBPyConnection,
    lines: list[str],
    pair: tuple[str, str],
    part: TimeRange,
    is_whole: bool,
) -> None:
    first, second = pair
    part = WHOLE if is_whole else part
    logs = load(connection, lines)
    hand = found(logs, first, WHOLE)
    run = QueryRun(RunId(1), hand.query, WHOLE, NOW, Snapshot(RunState.COMPLETE, hand.results))
    asked = Query(second, part, (), prelude(second, FORMAT))
    free = rolled_up(run, asked)
    event(f"offered: {free is not None}")
    if free is None:
        return
    assert isinstance(free.time, TimeRange)
    note(free.body)
    assert _shown(hand.answer(free, free.time)) == _shown(_direct(logs, asked, free.time))


def _direct(logs: Logs, asked: Query, window: TimeRange) -> ResultSet:
    return logs.run(asked, window)


def _shown(results: ResultSet) -> list[dict[str, str]]:
    records = map(results.record, range(len(results.rows)))
    return [{name: value for name, value in each.items() if name != PTR} for each in records]
