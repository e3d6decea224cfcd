"""The investigations of all sessions, in the state file: each belongs to one flowtui at a time.

SQLite and JSON's notation are imported with the first write, which is behind the first frame.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.model.errors import UsageError

if TYPE_CHECKING:
    from flowtui.engine.investigation import Investigation
    from flowtui.model.source import Source

KEPT = timedelta(days=30)
"""The service keeps results for seven days; a question may be asked again later than that."""

_SCHEMA = """
create table if not exists investigation (
    id integer primary key autoincrement,
    saved text not null,
    owner text not null,
    record text not null
)"""


@dataclass(frozen=True, slots=True)
class Resumed:
    """An investigation that is taken up again."""

    investigation: Investigation
    saved: datetime
    """When it was saved last."""
    record: Record
    passed_over: str = ""
    """Why a later one is not taken up; empty where there is none."""


class Records:
    """The investigations in the file at `path`.

    That a flowtui has one open is told by a lock on a byte of another file: the system lets go of
    it whatever ends the program, and it counts in containers and on other machines that share the
    folder. Its methods block: call them in a thread. They raise `UsageError`.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._locks: int | None = None
        """Stays open to the end: closing any descriptor of a file lets go of all locks on it."""

    def take_up(self, asked: Source) -> Resumed:
        """The latest investigation of such a source that no living flowtui has open."""
        from flowtui.journal.database import opened

        with opened(self._path, _SCHEMA) as connection:
            # Nobody else may look for one until this one is locked.
            connection.execute("begin immediate")
            rows = connection.execute(
                "select id, saved, owner, record from investigation order by saved desc, id desc"
            ).fetchall()
            return self._first(rows, asked)

    def save(self, investigation: Investigation, number: int | None) -> int:
        """Write it as the record of that number, or as a new one; its number."""
        from flowtui.journal.database import opened
        from flowtui.journal.notation import written

        with opened(self._path, _SCHEMA) as connection:
            saved = self._now().astimezone(UTC)
            # An insert with a number that is there replaces it; one without gives a number.
            cursor = connection.execute(
                "insert into investigation values (?, ?, ?, ?) on conflict (id) do update set"
                " saved = excluded.saved, owner = excluded.owner, record = excluded.record",
                (number, saved.isoformat(), _ourselves(), written(investigation)),
            )
            if number is None:
                number = int(cursor.lastrowid or 0)
                self._lock(number)
                oldest = (saved - KEPT).isoformat()
                connection.execute("delete from investigation where saved < ?", (oldest,))
            return number

    def let_go(self, number: int) -> None:
        """Another flowtui may take it up."""
        if self._locks is not None:
            fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, number)

    def _first(self, rows: Iterable[tuple[int, str, str, str]], asked: Source) -> Resumed:
        from flowtui.journal.notation import read

        passed_over = open_in = ""
        for number, saved, owner, record in rows:
            try:
                investigation = read(record)
            except UsageError as error:
                passed_over = passed_over or f"that of {saved[:16]} can't be resumed: {error}"
                continue
            if not investigation.source.is_meant_by(asked):
                continue
            if self._lock(number):
                moment = datetime.fromisoformat(saved)
                return Resumed(investigation, moment, Record(self, number), passed_over)
            open_in = open_in or owner
            passed_over = passed_over or f"a later one is open in {owner}"
        raise UsageError(_nothing(passed_over, open_in))

    def _lock(self, number: int) -> bool:
        """Whether it is ours now."""
        if self._locks is None:
            path = self._path.with_suffix(".lock")
            self._locks = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except (BlockingIOError, PermissionError):
            # The two that POSIX has for a lock that somebody else holds.
            return False
        return True


def _ourselves() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


def _nothing(passed_over: str, open_in: str) -> str:
    if open_in:
        return f"another flowtui has it open, {open_in}; end that one first"
    if passed_over:
        return f"there is nothing to resume; {passed_over}"
    return "there is nothing to resume; flowtui keeps what you do from now on"


class Record:
    """The place of one session's investigation among the records; new until it is saved first."""

    def __init__(self, records: Records, number: int | None = None) -> None:
        self._records = records
        self._number = number

    @property
    def is_new(self) -> bool:
        return self._number is None

    def save(self, investigation: Investigation) -> None:
        """Blocks; raises `UsageError`."""
        self._number = self._records.save(investigation, self._number)

    def let_go(self) -> None:
        """Leave it to the next flowtui that resumes."""
        if self._number is not None:
            self._records.let_go(self._number)
