"""Locks on bytes of a file that lies beside the database, and holds nothing.

The system lets go of them whatever ends the program, and they count in containers and on other
machines that share the folder. Closing any descriptor of a file lets go of all locks that the
process has on it, so there is one descriptor.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE = 0.001

_USE = 0
"""The byte of the database: shared by readers, exclusive to the one that writes or replaces it."""
_QUEUE = 1 << 62
"""The byte that one passes on the way in: else who writes waits for ever where many read."""


class Locks:
    """The byte of each other number is that of a record, and exclusive."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self.held: set[int] = set()
        """The numbers of the records that are ours."""

    @contextmanager
    def use(self, deadline: float, *, alone: bool) -> Iterator[None]:
        """The database stays where it is meanwhile; `alone` is nobody else in it.

        Raises `BlockingIOError` at the deadline, which is one of `time.monotonic`.
        SQLite has such locks, too, but lets those who wait sleep for up to a tenth of a second, and
        they are on a file, not on its place.
        """
        if not alone and not self._can_be_opened():
            # Nobody can put another file into a folder that can't be written.
            yield
            return
        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        self._wait_for(kind, _QUEUE, deadline)
        try:
            self._wait_for(kind, _USE, deadline)
        finally:
            self._unlock(_QUEUE)
        try:
            yield
        finally:
            self._unlock(_USE)

    def take(self, number: int) -> bool:
        """Whether the record is ours now; a number that no record has is nobody's."""
        self._open()
        if not _USE < number < _QUEUE or not self._lock(fcntl.LOCK_EX, number):
            return False
        self.held.add(number)
        return True

    def let_go(self, number: int) -> None:
        if number in self.held:
            self._unlock(number)
            self.held.discard(number)

    def close(self) -> None:
        """Let go of all."""
        descriptor, self._descriptor = self._descriptor, None
        self.held.clear()
        if descriptor is not None:
            os.close(descriptor)

    def _can_be_opened(self) -> bool:
        try:
            self._open()
        except OSError as error:
            if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
                return False
            raise
        return True

    def _open(self) -> int:
        if self._descriptor is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._descriptor

    def _wait_for(self, kind: int, byte: int, deadline: float) -> None:
        while not self._lock(kind, byte):
            if time.monotonic() > deadline:
                raise BlockingIOError(errno.EAGAIN, "another flowtui does not let go of it")
            # Those who wait try at different times, so that each has its turn.
            time.sleep(random.uniform(_PAUSE / 2, _PAUSE * 2))  # noqa: S311  (nobody guesses it)

    def _lock(self, kind: int, byte: int) -> bool:
        try:
            fcntl.lockf(self._open(), kind | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):
            # The two that POSIX has for a lock that somebody else holds.
            return False
        return True

    def _unlock(self, byte: int) -> None:
        fcntl.lockf(self._open(), fcntl.LOCK_UN, 1, byte)
