"""Only the macros that a query calls are made for it, and all that these call."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from flowtui.backends.duckdb.macros import install_called
from flowtui.sql.dialects.duckdb_macros import MACROS


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.parametrize("signature", [signature for signature, _ in MACROS])
def test_each_comes_with_those_that_it_calls(
    signature: str, database: duckdb.DuckDBPyConnection
) -> None:
    name, _, arguments = signature.partition("(")
    call = f"SELECT {name}({', '.join('NULL' for _ in arguments.split(','))})"
    with database.cursor() as cursor:
        with pytest.raises(duckdb.CatalogException, match=name):
            cursor.execute(call)
        install_called(cursor, (call,))
        assert len(cursor.execute(call).fetchall()) == 1


def test_what_calls_none_gets_none(database: duckdb.DuckDBPyConnection) -> None:
    with database.cursor() as cursor:
        install_called(cursor, ("SELECT sum(bytes) FROM flow_logs",))
        made = "FROM duckdb_functions() WHERE starts_with(function_name, 'flow_')"
        assert cursor.execute(made).fetchall() == []
