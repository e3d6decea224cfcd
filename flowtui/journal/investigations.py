"""The investigations of all sessions, in the state file: each belongs to one flowtui at a time.

SQLite and the serialization are imported with the first write, which is after the first frame.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.journal.values import as_text, is_usual
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from sqlite3 import Connection

    from flowtui.engine.investigation import Investigation
    from flowtui.journal.database import Database
    from flowtui.journal.locks import Locks
    from flowtui.model.source import DataSource

KEPT = timedelta(days=30)
"""The service keeps results for seven days; a question may be asked again later than that."""

_MOST_OPEN = 1_000
"""Investigations at once."""

_LIST = "select rowid, saved, owner from investigation order by saved desc, rowid desc"
_READ = "select record from investigation where rowid = ?"
_UPDATE = "update investigation set saved = ?, owner = ?, record = ? where rowid = ?"
_INSERT = "insert into investigation (saved, owner, record, id) values (?, ?, ?, ?)"
_RENUMBER = "update investigation set id = ? where id = ?"
# A time of another kind, which a later version may write, says nothing of its age here.
_PRUNE = "delete from investigation where saved < ? and saved glob '[0-9][0-9][0-9][0-9]-*'"


@frozen
class Resumed:
    """An investigation that is taken up again."""

    investigation: Investigation
    saved: datetime
    """When it was saved last."""
    stored: StoredInvestigation
    passed_over: str = ""
    """Why a later one is not taken up; empty where there is none."""


class InvestigationStore:
    """The investigations in the file at `path`.

    That a flowtui has one open is known by a lock, which the system lets go of whatever ends the
    program. The methods block: call them in a thread. They raise `UsageError`.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._locks: Locks | None = None

    def take_up(self, asked: DataSource) -> Resumed:
        """The latest investigation of such a source that no living flowtui has open."""
        search = _Search(asked)
        found = self._database.read(search.first)
        passed_over = "; ".join(filter(None, (self._database.take_notice(), search.passed_over)))
        if found is None:
            raise UsageError(_nothing(passed_over, search.open_in))
        number, investigation, saved = found
        self._locks = search.locks
        return Resumed(investigation, saved, StoredInvestigation(self, number), passed_over)

    def save(self, investigation: Investigation, number: int | None) -> int:
        """Write it as the record of that number, or as a new one; its number."""
        from flowtui.journal.serialization import written

        saved = self._now().astimezone(UTC)
        values = (saved.isoformat(), _ourselves(), written(investigation))
        oldest = (saved - KEPT).isoformat()

        def put(connection: Connection, locks: Locks) -> int:
            self._locks = locks
            if number is None:
                connection.execute(_PRUNE, (oldest,))
                return _insert_free(connection, locks, values)
            # It is gone if it was pruned, or was not to be read in a file that was damaged.
            if not connection.execute(_UPDATE, (*values, number)).rowcount:
                connection.execute(_INSERT, (*values, number))
            return number

        return self._database.write(put)

    def let_go(self, number: int) -> None:
        """Another flowtui may take it up."""
        if self._locks is not None:
            self._locks.let_go(number)

    def check(self) -> None:
        """Look for damage; raises `UsageError` to say what was done."""
        self._database.check()
        self.tell()

    def tell(self) -> None:
        """Raise `UsageError` if damage was found: what was asked for is done all the same."""
        if notice := self._database.take_notice():
            raise UsageError(notice)

    @property
    def _database(self) -> Database:
        from flowtui.journal.database import Database

        return Database(self._path, "the investigation")


class _Search:
    """For the latest that can be taken up; it may begin again."""

    def __init__(self, asked: DataSource) -> None:
        self._asked = asked
        self.passed_over = self.open_in = ""
        self.locks: Locks | None = None

    def first(
        self, connection: Connection, locks: Locks
    ) -> tuple[int, Investigation, datetime] | None:
        self.passed_over = self.open_in = ""
        self.locks = locks
        for number, saved, owner in connection.execute(_LIST).fetchall():
            ((record,),) = connection.execute(_READ, (number,)).fetchall()
            try:
                investigation, moment = _read(record), _moment(saved)
            except UsageError as error:
                when = (as_text(saved) or "an unknown time")[:16]
                self._pass_over(f"that of {when} can't be resumed: {error}")
                continue
            if not investigation.source.is_meant_by(self._asked):
                continue
            if locks.take(number):
                return number, investigation, moment
            self.open_in = self.open_in or as_text(owner) or "an unknown process"
            self._pass_over(f"a later one is open in {self.open_in}")
        return None

    def _pass_over(self, why: str) -> None:
        self.passed_over = self.passed_over or why


def _read(record: object) -> Investigation:
    from flowtui.journal.serialization import read

    return read(as_text(record) or "")


def _moment(saved: object) -> datetime:
    try:
        moment = datetime.fromisoformat(as_text(saved) or "")
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None or not is_usual(moment):
        raise UsageError("it is damaged, or of another version: its time can't be read")
    return moment


def _insert_free(connection: Connection, locks: Locks, values: tuple[str, str, str]) -> int:
    """Insert it under a number that no living flowtui has; that number, which is ours then.

    One that was not to be read in a damaged file may be open still.
    """
    first = int(connection.execute(_INSERT, (*values, None)).lastrowid or 0)
    numbers = range(first, first + _MOST_OPEN)
    number = next((each for each in numbers if locks.take(each)), first)
    if number != first:
        connection.execute(_RENUMBER, (number, first))
    return number


def _ourselves() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


def _nothing(passed_over: str, open_in: str) -> str:
    if open_in:
        return f"another flowtui has it open, {open_in}; end that one first"
    if passed_over:
        return f"there is nothing to resume; {passed_over}"
    return "there is nothing to resume; flowtui keeps what you do from now on"


class StoredInvestigation:
    """The place of one session's investigation in the store; new until it is saved first."""

    def __init__(self, store: InvestigationStore, number: int | None = None) -> None:
        self._store = store
        self._number = number

    @property
    def is_new(self) -> bool:
        return self._number is None

    def save(self, investigation: Investigation) -> None:
        """Blocks; raises `UsageError`, also to say that damage was found: then it is saved."""
        self._number = self._store.save(investigation, self._number)
        self._store.tell()

    def check(self) -> None:
        """Look for damage of the file; blocks, and raises `UsageError` to say what was done."""
        self._store.check()

    def let_go(self) -> None:
        """Leave it to the next flowtui that resumes."""
        if self._number is not None:
            self._store.let_go(self._number)
