"""The drill law: the rows behind an aggregated row, aggregated again, give that row."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st

from flowtui.backends.duckdb.macros import install
from flowtui.model.errors import UnsupportedQuery
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query.prelude import prelude
from tests.property.drill_cases import FORMAT, LINES, QUERIES, WHOLE, WINDOWS, spelled
from tests.property.drilling import check_law, load
from tests.property.laws import law


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        install(opened)
        yield opened


@law
@given(LINES, QUERIES, WINDOWS, st.booleans())
@example(spelled("443", "0443", "443.0"), "stats count(*) by dstport", WHOLE, True)
@example(spelled("443", "0443"), "fields dstport as p | stats count(*) by p, action", WHOLE, False)
def test_drill_law(
    connection: duckdb.DuckDBPyConnection,
    lines: list[str],
    text: str,
    window: TimeRange,
    has_window: bool,
) -> None:
    logs = load(connection, lines)
    query = Query(text, window if has_window else None, (), prelude(text, FORMAT))
    try:
        rows = logs.records(query, window)
    except UnsupportedQuery:
        reject()
    check_law(logs, query, window, rows)
