"""The tables of the state file, which an older and a newer flowtui may use at once.

A later version adds tables, and columns that may be null. It changes and removes none, and
declares them in words that SQLite knew in 2018: so each version finds what it knows in any file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

VERSION = 1
"""In the file's `user_version`: the latest flowtui that has added something; 0 before any has."""
# Text that people wrote is kept as bytes: SQLite's text ends at a NUL, and has no lone surrogates.
_TABLES = {
    "runs": (
        "number integer primary key autoincrement",
        "session text not null",
        "run integer not null",
        "place blob not null",
        "started_ms integer not null",
        "ended_ms integer",
        "start_ms integer not null",
        "end_ms integer not null",
        "is_all_time integer not null",
        "log_groups text not null",
        "prelude blob not null",
        "body blob not null",
        "state text not null",
        "row_count integer",
        "bytes_scanned real",
        "handle blob not null",
        "sought blob not null",
        "unique (session, run)",
    ),
    "investigation": (
        "id integer primary key autoincrement",
        "saved text not null",
        "owner text not null",
        "record text not null",
    ),
}


def prepare(connection: sqlite3.Connection) -> None:
    """Make what is missing of the tables; what is there stays as it is."""
    if not list(_missing(connection)):
        return
    connection.execute("begin immediate")
    try:
        # Another flowtui may have made it meanwhile.
        for statement in list(_missing(connection)):
            connection.execute(statement)
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def is_newer(connection: sqlite3.Connection) -> bool:
    """Whether a later version has added something."""
    version = _version(connection)
    return is_version(version) and version > VERSION


def is_version(number: object) -> bool:
    """Other numbers are damage."""
    return isinstance(number, int) and 0 < number < 1_000


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """Their names; none where there is no such table."""
    found = connection.execute("select name from pragma_table_info(?)", (table,)).fetchall()
    return [str(name) for (name,) in found]


def _missing(connection: sqlite3.Connection) -> Iterator[str]:
    for table, declared in _TABLES.items():
        there = columns_of(connection, table)
        if not there:
            yield f"create table {table} ({', '.join(declared)})"
            continue
        for column in declared:
            name, kind, *_ = column.split()
            if name not in there and name != "unique":
                yield f"alter table {table} add column {name} {kind}"
    if not is_version(_version(connection)):
        yield f"pragma user_version = {VERSION}"


def _version(connection: sqlite3.Connection) -> int:
    ((version,),) = connection.execute("pragma user_version").fetchall()
    return int(version)
