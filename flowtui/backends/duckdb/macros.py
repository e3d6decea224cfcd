"""The macros that compiled queries call, in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.sql.dialects.duckdb_macros import MACROS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def install(connection: DuckDBPyConnection) -> None:
    """Make the functions in the database of `connection`, for all its cursors."""
    for signature, body in MACROS:
        connection.execute(f"CREATE OR REPLACE MACRO {signature} AS {body}")
