"""The macros that compiled queries call, in a database."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from flowtui.sql.dialects.duckdb_macros import MACROS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from duckdb import DuckDBPyConnection

_NAME = re.compile(r"\bflow_\w+")


def install(connection: DuckDBPyConnection) -> None:
    """Make the functions in the database of `connection`, for all its cursors."""
    for signature, body in MACROS:
        connection.execute(f"CREATE OR REPLACE MACRO {signature} AS {body}")


def install_called(connection: DuckDBPyConnection, statements: Iterable[str]) -> None:
    """Make those that the statements call, for this connection alone: all of them take long."""
    called = _with_callees(_NAME.findall(" ".join(statements)))
    for signature, body in MACROS:
        if _name(signature) in called:
            connection.execute(f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}")


def _with_callees(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        found |= waiting
        waiting = set().union(*(_callees().get(name, ()) for name in waiting)) - found
    return found


@cache
def _callees() -> Mapping[str, frozenset[str]]:
    return {_name(signature): frozenset(_NAME.findall(body)) for signature, body in MACROS}


def _name(signature: str) -> str:
    return signature.partition("(")[0]
