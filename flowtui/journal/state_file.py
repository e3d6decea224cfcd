"""The connection to the state file: transactions, and what is done where one fails.

It keeps SQLite's rollback journal. A write-ahead log needs memory that all who use the file share,
and where a home folder is on a network there is none; what it gains, reads beside a write, counts
for little where a write takes a millisecond.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from flowtui.journal.locks import Locks
from flowtui.journal.salvage import beside, is_file, set_aside
from flowtui.journal.schema import is_newer, prepare
from flowtui.journal.sqlite import Trouble, connect, is_sound, trouble

T = TypeVar("T")
Work = Callable[[sqlite3.Connection, Locks], T]
"""The work of a transaction; it may be done again, so it changes nothing but the database."""

PATIENCE = 5.0
"""Seconds that a transaction waits for those of others, or for a salvage."""
IMPATIENCE = 0.3
"""The same once somebody did not let go of the file: the end of a program has several to wait."""
_MOST_TRIES = 3
"""Of one transaction, each with a new connection or a new file, before its error is raised."""
_PAUSE = 0.01

_Identity = tuple[int, int]


class _Damaged(Exception):
    """The file is none that can be worked with."""


class StateFile:
    """Its methods are called by one thread, and nobody opens the file at `path` but SQLite."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.locks = Locks(path.with_suffix(".lock"))
        self.said = ""
        """The sentence about damage that was found."""
        self._connection: sqlite3.Connection | None = None
        self._identity: _Identity | None = None
        """Of the file that is open: another flowtui may have put a new one in its place."""
        self._is_newer = self._is_checked = False
        self._patience = PATIENCE

    def transaction(self, work: Work[T], *, writes: bool) -> T:
        """The result of `work`; raises `OSError` or `sqlite3.Error` where nothing helps."""
        try:
            result = self._tried(work, time.monotonic() + self._patience, writes=writes)
        except (BlockingIOError, sqlite3.Error) as error:
            if isinstance(error, BlockingIOError) or trouble(error) is Trouble.BUSY:
                self._patience = IMPATIENCE
            raise
        self._patience = PATIENCE
        return result

    def check(self) -> None:
        """Look for damage in all of the file, as it is on the disk."""
        self.close()
        self.transaction(lambda *_: None, writes=True)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _tried(self, work: Work[T], deadline: float, *, writes: bool) -> T:
        tries = 0
        while True:
            try:
                with self.locks.use(deadline, alone=writes):
                    return self._done(work, writes=writes)
            except (_Damaged, sqlite3.Error, UnicodeDecodeError) as error:
                # Of damaged tables there are errors that are no text.
                kind = trouble(error) if isinstance(error, sqlite3.Error) else Trouble.DAMAGED
                if kind is Trouble.BUSY and time.monotonic() < deadline:
                    time.sleep(_PAUSE)
                    continue
                tries += 1
                if tries == _MOST_TRIES or not self._is_mended(kind, tries):
                    self.close()
                    raise

    def _done(self, work: Work[T], *, writes: bool) -> T:
        connection = self._connected()
        if writes and not self._is_checked:
            # Writing into a damaged file may damage more of it.
            if not is_sound(connection):
                raise _Damaged
            self._is_checked = True
        connection.execute("begin immediate" if writes else "begin")
        try:
            result = work(connection, self.locks)
            connection.execute("commit")
        finally:
            if connection.in_transaction:
                connection.execute("rollback")
        return result

    def _connected(self) -> sqlite3.Connection:
        identity = _identity(self._path)
        if self._connection is None or identity != self._identity:
            self.close()
            self._identity, self._is_checked = identity, False
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = self._open()
            self._identity = _identity(self._path)
        return self._connection

    def _open(self) -> sqlite3.Connection:
        if not all(map(is_file, (self._path, *beside(self._path)))):
            raise _Damaged
        connection = connect(self._path)
        try:
            _check_encoding(connection)
            self._is_newer = is_newer(connection)
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_mended(self, kind: Trouble, tries: int) -> bool:
        """Whether another try is worth while."""
        match kind:
            case Trouble.LOST:
                self.close()
                return True
            case Trouble.READ_ONLY:
                # Perhaps it was so only when it was opened.
                self.close()
                return tries == 1 or (self._can_be_written() and self._is_replaced())
            case Trouble.FOREIGN:
                return not self._is_newer and self._is_replaced()
            case Trouble.DAMAGED:
                return self._is_replaced()
            case Trouble.BUSY | Trouble.REFUSED:
                return False

    def _can_be_written(self) -> bool:
        return os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK)

    def _is_replaced(self) -> bool:
        """Whether there is a new file, made by us if nobody has since the damage was found."""
        self.close()
        try:
            with self.locks.use(time.monotonic() + PATIENCE, alone=True):
                if _identity(self._path) == self._identity:
                    self.said = set_aside(self._path, datetime.now())  # noqa: DTZ005  (the user's)
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise OSError(f"it is damaged, and no new one can be made: {reason}") from error
        return True


def _check_encoding(connection: sqlite3.Connection) -> None:
    """Where it is another one, no table has the name that we know."""
    if connection.execute("pragma encoding").fetchall() != [("UTF-8",)]:
        raise _Damaged


def _prepare(connection: sqlite3.Connection) -> None:
    try:
        prepare(connection)
    except sqlite3.OperationalError as error:
        # It can still be read.
        if trouble(error) is not Trouble.READ_ONLY:
            raise


def _identity(path: Path) -> _Identity | None:
    """None where there is no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
