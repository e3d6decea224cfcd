"""No words of DuckDB reach anybody: a checked query runs, or is refused in ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


_ODD_NAMES = (
    "select", "from", "order", "group", "by", "as", "null", "true", "row", "a b", "a``b", 'a"b',
    "'", "bytes", "BYTES", "bytes#", "@message", "@MESSAGE", "@ptr", "@line", "@file", "@", "#x",
    "$1", "$v1", "$value", "g1", "rowid", "a.b", "a", "A", "é", "日本", "l", "r", "1a", "-",
    "x" * 300,
)  # fmt: skip
_NAMING = (
    'parse @message "* * *" as {a}, {b}, z | filter {a} like /0/ | stats count(*) by {a}, {b}',
    "parse @message /([0-9]+) ([0-9.]+)/ as {a}, {b} | sort {a} desc, {b} | dedup {b}",
    "parse @message csv as {a}, {b} | stats max({a}) as {b} | display {b}",
    "parse @message logfmt as {a} | fields {a}.x as {b}",
    "parse @message /([0-9])/ as {a} multi | unnest jsonParse({a}) into {b} | display {a}, {b}",
    "fields srcaddr as {a}, dstaddr as {b} | stats sum(bytes) as {b}, max({a}) as {a} | limit 3",
    "stats sum(bytes) as {a} by srcaddr as {b} | sort {a} | filter {b} = 1",
    "fields bytes as {a} | autoregress {a} as {b} p=2 | outlier {a} | addtotals fieldname={b} {a}",
)


@law
@given(st.sampled_from(_NAMING), st.sampled_from(_ODD_NAMES), st.sampled_from(_ODD_NAMES))
def test_odd_names_run_or_are_refused_in_our_words(
    connection: duckdb.DuckDBPyConnection, naming: str, one: str, other: str
) -> None:
    quoted = ["`" + name.replace("`", "\\`") + "`" for name in (one, other)]
    on = make_table(connection, "g", ["10.0.0.1 10.0.0.2 7 1648825200"], FORMAT)
    try:
        query = naming.format(a=quoted[0], b=quoted[1])
        fetch(connection, compile_query(query, [on], WINDOW, None, NOW))
    except FlowtuiError:
        return
    except duckdb.Error as error:
        if not refusal(str(error)):
            raise


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
