"""The state file: one SQLite database that several flowtui may write to, and one user may read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flowtui.model.errors import UsageError

BUSY_SECONDS = 2.0
"""How long a write waits for another flowtui that is writing."""


@contextmanager
def opened(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """A connection for one transaction: committed at the end, undone on an error.

    `schema` is run first, so it says `if not exists`. It blocks: call it in a thread. Raises
    `UsageError` where the file can't be read or written.
    """
    try:
        _create(path)
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
            connection.executescript(schema)
            with connection:
                yield connection
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"can't keep the investigation in {path}: {reason}") from error


def _create(path: Path) -> None:
    """Make the file before SQLite does, which would let others read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
