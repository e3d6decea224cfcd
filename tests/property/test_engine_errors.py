"""No words of DuckDB reach anybody: a checked query runs, or is refused in ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pytest
from hypothesis import given

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import count, fetch
from flowtui.backends.duckdb.macros import install
from flowtui.model.errors import FlowtuiError
from flowtui.query.check import Severity, check
from flowtui.sql.refusals import refusal
from tests.property.any_queries import any_query
from tests.property.laws import law
from tests.property.oracle_logs import json_logs, logs, made
from tests.property.strategies import FORMAT
from tests.property.test_engine import NOW, WINDOW
from tests.tables import make_table


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        install(opened)
        yield opened


@law
@given(logs() | json_logs(), made(any_query))
def test_what_is_checked_runs_or_is_refused_in_our_words(
    connection: duckdb.DuckDBPyConnection, lines: Sequence[str], query: str
) -> None:
    if any(each.severity is Severity.ERROR for each in check(query, FORMAT)):
        return
    on = make_table(connection, "g", lines, FORMAT)
    try:
        compiled = compile_query(query, [on], WINDOW, None, NOW)
        fetch(connection, compiled)
        for sql in (compiled.scanned, compiled.matched):
            if sql:
                count(connection, compiled, sql)
    except FlowtuiError:
        return
    except duckdb.Error as error:
        if not refusal(str(error)):
            raise
