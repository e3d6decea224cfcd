"""The law of `+` and `-`: the rows with a cell's value and the other rows are all rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import duckdb
import pytest
from hypothesis import example, given, note, reject
from hypothesis import strategies as st

from flowtui.backends.duckdb.macros import install
from flowtui.engine.pivot import ShownQuestion, refine
from flowtui.model.errors import DrillError, UnsupportedQuery
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query.prelude import prelude
from tests.property.drill_cases import (
    FORMAT,
    LINES,
    WHOLE,
    WINDOWS,
    aggregations,
    raw_queries,
    spelled,
    steps,
)
from tests.property.drilling import Logs, Records, load

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        install(opened)
        yield opened


def check_law(logs: Logs, on: ShownQuestion, at: tuple[int, int]) -> None:
    """For the cell at a row and a column, counted over and over."""
    try:
        results = logs.run(on.query, on.window)
    except UnsupportedQuery:
        reject()
    if not results.rows:
        return
    names = [name for name in results.columns if name != "@ptr"]
    rows = [results.record(index) for index in range(len(results.rows))]
    column = names[at[1] % len(names)]
    value = rows[at[0] % len(rows)].get(column)
    try:
        targets = [refine(on, (column, value), exclude=exclude) for exclude in (False, True)]
    except DrillError as error:
        assert "list or a map" in str(error)  # noqa: PT017  (anything else is a fault)
        return
    for target in targets:
        note(target.query.body)
    included, excluded = (logs.records(target.query, target.window) for target in targets)
    is_in = _at_least(column, value) if "≥" in targets[0].title else _equal(column, value)
    assert counted(included) == counted([row for row in rows if is_in(row) is True])
    assert counted(excluded) == counted([row for row in rows if is_in(row) is False])


Test = Callable[[Mapping[str, str]], bool | None]


def _equal(column: str, value: str | None) -> Test:
    return lambda row: row.get(column) == value


def _at_least(column: str, value: str | None) -> Test:
    """A row without a number is neither above nor below."""

    def compare(row: Mapping[str, str]) -> bool | None:
        shown = row.get(column, "")
        return Decimal(shown) >= Decimal(value or "") if NUMBER.fullmatch(shown) else None

    return compare


def counted(rows: Records) -> Counter[frozenset[tuple[str, str]]]:
    return Counter(frozenset(row.items()) for row in rows)


QUERIES = st.one_of(aggregations(is_limited=False), raw_queries(), steps())
PLACES = st.tuples(st.integers(0, 20), st.integers(0, 20))


@given(LINES, QUERIES, WINDOWS, st.booleans(), PLACES)
@example(spelled("443", "0443"), "stats count(*) by dstport", WHOLE, True, (0, 0))
@example(spelled("443", "0443"), "stats count(*) by dstport", WHOLE, True, (1, 0))
@example(spelled("443", "0443"), "fields dstport", WHOLE, True, (0, 0))
def test_include_and_exclude(
    connection: duckdb.DuckDBPyConnection,
    lines: list[str],
    text: str,
    window: TimeRange,
    has_window: bool,
    at: tuple[int, int],
) -> None:
    logs = load(connection, lines)
    query = Query(text, window if has_window else None, (), prelude(text, FORMAT))
    check_law(logs, ShownQuestion(query, window, FORMAT, logs.respelled), at)
