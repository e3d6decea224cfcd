"""The drill law: the rows behind an aggregated row, aggregated again, give that row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import duckdb
import pytest
from hypothesis import given, note, reject
from hypothesis import strategies as st

from flowtui.backends.duckdb.macros import install
from flowtui.engine.columns import last_grouping
from flowtui.engine.drill import drill
from flowtui.model.errors import UnsupportedQuery
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.prelude import prelude
from tests.property.drilling import (
    FORMAT,
    LINES,
    WINDOWS,
    Logs,
    aggregations,
    again,
    load,
    steps,
)

ROWS = 3
"""How many rows of a result are drilled into: the first ones, which is any."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        install(opened)
        yield opened


def check_law(logs: Logs, query: Query, window: TimeRange) -> None:
    """For the rows of the query, and for those behind them, down to the raw events."""
    for row in logs.records(query, window)[:ROWS]:
        target = drill(query, window, row, FORMAT)
        note(target.query.body)
        behind = logs.records(target.query, target.window)
        anew = again(target, query.body)
        found = logs.records(anew, target.window)
        known = {name: row[name] for name in row if name in _columns(query)}
        assert [{n: r[n] for n in r if n in _columns(query)} for r in found] == [known]
        check_again(logs, anew, target.window, (row, behind))
        check_text(query, target.query)
        if last_grouping(parse(target.query.body)) is not None:
            check_law(logs, target.query, target.window)


def check_again(
    logs: Logs,
    query: Query,
    window: TimeRange,
    drilled: tuple[Mapping[str, str], Sequence[Mapping[str, str]]],
) -> None:
    """The row of the rows behind a row has the same rows behind it."""
    row, behind = drilled
    target = drill(query, window, {n: row[n] for n in row if n in _columns(query)}, FORMAT)
    assert drill(query, window, row, FORMAT) == target
    assert logs.records(target.query, target.window) == behind
    assert target.window == window


def check_text(query: Query, derived: Query) -> None:
    """What was typed before the `stats` stays to the letter, and runs as it is shown."""
    pipeline = parse(query.body)
    index = last_grouping(pipeline)
    assert index is not None
    typed = query.body[: pipeline.commands[index].chunk[0]].rstrip().removesuffix("|").rstrip()
    assert derived.body.startswith(typed)


def _columns(query: Query) -> frozenset[str]:
    stats = [each for each in parse(query.body).commands if isinstance(each, ast.Stats)][-1]
    return frozenset(item.name for item in (*stats.keys, *stats.aggregates))


def check_supported(logs: Logs, query: Query, window: TimeRange) -> None:
    try:
        logs.run(query, window)
    except UnsupportedQuery:
        reject()
    check_law(logs, query, window)


QUERIES = st.one_of(aggregations(), aggregations(), steps())


@given(LINES, QUERIES, WINDOWS, st.booleans())
def test_drill_law(
    connection: duckdb.DuckDBPyConnection,
    lines: list[str],
    text: str,
    window: TimeRange,
    has_window: bool,
) -> None:
    logs = Logs(connection, load(connection, lines))
    check_supported(logs, Query(text, window if has_window else None, (), prelude(text, FORMAT)), window)
