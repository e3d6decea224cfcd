"""Athena's SQL, run on DuckDB, answers as the local engine does.

Both are written by one compiler: this proves the dialect, not Trino. The statements themselves are
held against Trino's own grammar and its functions in `tests/unit/sql/test_trino.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

import duckdb
import pytest
from hypothesis import assume, given

from flowtui.backends.athena.relation import as_table, columns_of, relation
from flowtui.backends.athena.statement import AthenaCompiler
from flowtui.backends.athena.table import Column, FlowTable
from flowtui.backends.duckdb.dialect import ENGINE, compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.macros import install
from flowtui.model.errors import EngineLacks
from flowtui.model.run import ResultSet, Row
from flowtui.serve.athena.translation import to_duckdb
from flowtui.sql.compile import Compiled, Compiler
from flowtui.sql.dialects.trino import trino
from flowtui.sql.parameters import identifier
from flowtui.sql.render import renderer
from tests.property.laws import searched
from tests.property.oracle_groups import date_query, encoding_query, order_query
from tests.property.oracle_logs import made
from tests.property.oracle_queries import core_query
from tests.property.strategies import FORMAT, logs
from tests.property.test_engine import NOW, WINDOW
from tests.tables import make_table

Lines = Sequence[str]
TABLE = FlowTable(
    "flows",
    "logs",
    tuple(
        Column(info.column, "bigint" if info.type.is_number else "string") for info in FORMAT.fields
    ),
)
COMPILER = AthenaCompiler(ENGINE)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        install(made)
        made.execute("SET TimeZone = 'UTC'; CREATE SCHEMA flows")
        yield made


@searched(60, ci=25)
@given(logs(with_misfits=False), made(core_query))
def test_core(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    assert_agree(connection, lines, query)


@searched(60, ci=20)
@given(logs(with_misfits=False), made(date_query))
def test_dates(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    assert_agree(connection, lines, query)


@searched(60, ci=20)
@given(logs(with_misfits=False), made(encoding_query))
def test_encodings(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    assert_agree(connection, lines, query)


@searched(60, ci=20)
@given(logs(with_misfits=False), made(order_query))
def test_commands_in_order(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    assert_agree(connection, lines, query)


def assert_agree(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    """Row by row over all columns, by whose text records are ordered here and there.

    Over the columns in use alone records may be alike that are not, so that what hangs on their
    order may be another.
    """
    try:
        whole = over_all_columns(query)
    except EngineLacks:
        assume(False)
        return
    local = make_table(connection, "g", sorted(lines), FORMAT, has_misfits=False)
    connection.execute(
        """UPDATE g SET "@ingestionTime" = NULL, "@log" = 'flows.logs',
        "@logStream" = interface_id || '-all'"""
    )
    typed(connection)
    expected = fetch(connection, compile_query(query, [local], WINDOW, None, NOW))
    found = answered(connection, whole)
    assert found.columns == expected.columns
    assert len(found.rows) == len(expected.rows), (found.rows, expected.rows)
    pairs = zip(plain(found), plain(expected), strict=True)
    assert not [pair for pair in pairs if not alike(*pair)]
    if not _BY_ORDER.search(query):
        sent = answered(connection, COMPILER.compile(query, [TABLE], WINDOW, None, NOW))
        pairs = zip(sorted(map(shown, plain(sent))), sorted(map(shown, plain(found))), strict=True)
        assert not [pair for pair in pairs if not alike(*pair)]


_BY_ORDER = re.compile(
    r"limit|head|tail|dedup|earliest|latest|rate|accum|autoregress|filldown|sessionize",
    re.IGNORECASE,
)
"""What gives another answer where equal rows come in another order."""


def over_all_columns(query: str) -> Compiled:
    every = relation(TABLE, WINDOW, "", columns_of([TABLE]))
    return Compiler(trino(ENGINE)).compile(query, [as_table(TABLE, every)], WINDOW, None, NOW)


def shown(row: Row) -> Row:
    """With what sorts in the place of what is missing."""
    return tuple("" if cell is None else cell for cell in row)


def typed(connection: duckdb.DuckDBPyConnection) -> None:
    """The table as Athena has it: numbers are typed; of texts `-` is itself, or NULL."""
    listed = [
        f"{identifier(f'{info.column}#')} AS {identifier(info.column)}"
        if info.type.is_number
        else identifier(info.column)
        if at % 2
        else f"nullif({identifier(info.column)}, '-') AS {identifier(info.column)}"
        for at, info in enumerate(FORMAT.fields)
    ]
    connection.execute(f'CREATE OR REPLACE TABLE flows.logs AS SELECT {", ".join(listed)} FROM "g"')


def answered(connection: duckdb.DuckDBPyConnection, compiled: Compiled) -> ResultSet:
    renderers = [renderer(column.kind) for column in compiled.columns]
    rows = connection.execute(to_duckdb(compiled.sql)).fetchall()
    cells = (tuple(map(lambda r, c: r(c), renderers, row)) for row in rows)
    return ResultSet(tuple(column.name for column in compiled.columns), tuple(cells))


def plain(results: ResultSet) -> list[Row]:
    return [tuple(row[index] for index in results.shown) for row in results.rows]


def alike(one: Row, other: Row) -> bool:
    """But for the last digits of fractions, which are added in another order."""

    def near(found: str | None, wanted: str | None) -> bool:
        if found == wanted or found is None or wanted is None:
            return found == wanted
        try:
            return math.isclose(float(found), float(wanted), rel_tol=1e-9, abs_tol=1e-4)
        except ValueError:
            return False

    return all(map(near, one, other))
