"""How SQLite is opened here, and what its errors mean for the file."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path

BUSY_SECONDS = 0.1
"""How long SQLite waits for others by itself; after that the transaction is tried again."""

# A value of another kind than its column's is a row of another version, and no damage.
_IS_OF_A_VALUE = re.compile(r"^\S+ value in |constraint failed in ")


class Trouble(Enum):
    """The remedy for an error."""

    BUSY = auto()
    """To be tried again a little later."""
    LOST = auto()
    """To be tried with a new connection."""
    READ_ONLY = auto()
    """The file can't be written, or what is in it says so."""
    DAMAGED = auto()
    """To be tried with a new file."""
    FOREIGN = auto()
    """The tables are others than those of any version that we know."""
    REFUSED = auto()
    """To be said."""


def trouble(error: sqlite3.Error) -> Trouble:
    """Of a statement that is right wherever the tables are as they are declared."""
    extended = getattr(error, "sqlite_errorcode", None) or 0
    match extended & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return Trouble.BUSY
        case sqlite3.SQLITE_READONLY:
            is_moved = extended == sqlite3.SQLITE_READONLY_DBMOVED
            return Trouble.LOST if is_moved else Trouble.READ_ONLY
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN:
            return Trouble.LOST
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_FORMAT:
            return Trouble.DAMAGED
        case sqlite3.SQLITE_ERROR | sqlite3.SQLITE_CONSTRAINT | sqlite3.SQLITE_MISMATCH:
            return Trouble.FOREIGN
        case _:
            return Trouble.REFUSED


def connect(path: Path) -> sqlite3.Connection:
    """The file, which is made if need be, for its user alone; transactions are begun by hand."""
    with _private(path):
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    # Text that is not UTF-8 is no reason to read nothing.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.execute("pragma cell_size_check = on")
    return connection


def is_sound(connection: sqlite3.Connection) -> bool:
    """Read the whole file: some 30 ms for 10,000 runs."""
    found = [str(line) for (line,) in connection.execute("pragma integrity_check").fetchall()]
    return all(line == "ok" or _IS_OF_A_VALUE.search(line) for line in found)


@contextmanager
def _private(path: Path) -> Iterator[None]:
    """Files that SQLite makes meanwhile are for its user alone.

    The mask is that of the whole process, so it is narrowed only when the file is made. To make
    the file ourselves we would have to close it, which lets go of locks on it.
    """
    if path.exists():
        yield
        return
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
