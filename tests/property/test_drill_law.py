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

@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        install(opened)
        yield opened


def check_law(logs: Logs, query: Query, window: TimeRange) -> None:
    """For the first and the last row; behind the first one, down to the raw events."""
    rows = logs.records(query, window)
    for row in (*rows[:1], *rows[1:][-1:]):
        target = drill(query, window, row, FORMAT)
        note(target.query.body)
        anew = again(target, query.body)
        found = logs.records(anew, target.window)
        made = _columns(query)
        assert [_only(made, each) for each in found] == [_only(made, row)]
        check_text(query, target.query)
        if row is rows[0]:
            behind = logs.records(target.query, target.window)
            check_again(logs, anew, target.window, (_only(made, row), behind))
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
    target = drill(query, window, row, FORMAT)
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


def _only(names: frozenset[str], row: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name in names}


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
