"""The history of runs: what was asked in every session, when, where, and what it gave."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from flowtui.journal.database import Database
from flowtui.journal.locks import Locks
from flowtui.journal.state_file import Work
from flowtui.journal.values import as_count, as_figure, as_moment, as_range, as_text
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, QueryRun, RunState
from flowtui.model.timerange import Last, Time, TimeRange, to_ms

MOST_RUNS = 10_000
"""The oldest ones are forgotten beyond that; some 20 MB."""
MOST_FOUND = 200
"""Nobody reads further down; who looks for another run types a part of it."""
KEPT_FOR = timedelta(days=7)
"""How long CloudWatch keeps the results of a query (LANGUAGE.md 4)."""
LONGEST_RUN = timedelta(minutes=60)
"""No query runs longer on CloudWatch (LANGUAGE.md 4)."""

_SEARCHED = 1_000
"""The latest runs, of which there may be many of one text: a watched query, a changed window."""
_PROMPT = timedelta(seconds=5)
"""A span that ends so little before its run began has slid with the clock."""

_UPDATE = """
update runs set
    ended_ms = :ended_ms, state = :state, row_count = :row_count, bytes_scanned = :bytes_scanned,
    handle = :handle
where session = :session and run = :run and ended_ms is null
"""
"""A run that has ended stays so."""

_INSERT = """
insert into runs (
    session, run, place, started_ms, ended_ms, start_ms, end_ms, is_all_time, log_groups,
    prelude, body, state, row_count, bytes_scanned, handle, sought
) select
    :session, :run, :place, :started_ms, :ended_ms, :start_ms, :end_ms, :is_all_time, :log_groups,
    :prelude, :body, :state, :row_count, :bytes_scanned, :handle, :sought
where not exists (select 1 from runs where session = :session and run = :run)
"""

# A key that is taken already names the same run.
_TAKE_OVER = """
update or ignore runs set session = :session, run = :run where rowid = (
    select max(rowid) from runs where handle = :handle and ended_ms is null
)
"""

_PRUNE = "delete from runs where rowid <= (select max(rowid) from runs) - ?"

_FIND = "select rowid, {columns} from runs where {condition} order by rowid desc limit ?"

_TEXTS = "select prelude, body from runs order by rowid desc limit ?"

_TIMES = """
select started_ms, start_ms, end_ms from runs where is_all_time = 0 order by rowid desc limit ?
"""


@frozen
class Entry:
    """A run as the history has it; what another version of flowtui has written may be unknown."""

    number: int
    """Rises with each run; names it in the history."""
    place: str
    query: Query
    """Its time is None too where that is unknown."""
    window: TimeRange | None
    started: datetime | None
    has_ended: bool
    """False while it runs, and for ever where its session did not live to see the end."""
    ended: datetime | None
    state: RunState | None
    rows: int | None
    bytes_scanned: float | None
    handle: str
    unknown: tuple[str, ...] = ()
    """The parts of it that can't be read, in words."""

    @property
    def has_id(self) -> bool:
        """Whether its handle names it in every session: that of files does not.

        And `waiting-1` is a query that has not been started.
        """
        return bool(self.handle) and not self.handle.startswith(("waiting-", "local-"))

    def is_kept(self, now: datetime) -> bool:
        """Whether the service still has its results, to be read by its query's id."""
        is_young = self.started is not None and now - self.started < KEPT_FOR
        return self.has_id and self.window is not None and is_young

    def is_lost(self, now: datetime) -> bool:
        """Whether nobody will write any more how it ended."""
        is_old = self.started is None or now - self.started > LONGEST_RUN
        return not self.has_ended and is_old


@frozen
class History:
    """The runs of all sessions, in one file; each method blocks and raises `UsageError`.

    One that writes raises it also to say that the file was damaged: then it has written all the
    same, into a new one.
    """

    path: Path

    def write(self, session: str, place: str, run: QueryRun) -> None:
        """Note what is known of the run; once it has ended, nothing more is."""
        values = _values(session, place, run)

        def note(connection: Connection, _: Locks) -> None:
            connection.execute(_UPDATE, values)
            connection.execute(_INSERT, values)
            connection.execute(_PRUNE, (MOST_RUNS,))

        self._write(note)

    def take_over(self, session: str, run: QueryRun) -> None:
        """Have `session` write on of a run of another one, which did not live to see its end."""
        values = {"session": session, "run": run.id, "handle": _packed(run.handle)}
        self._write(lambda connection, _: connection.execute(_TAKE_OVER, values).close())

    def find(self, typed: str, most: int = MOST_FOUND) -> tuple[Entry, ...]:
        """The latest runs that have each of the words in text, groups or place, whatever the case.

        The latest comes first.
        """
        words = [_packed(word) for word in typed.casefold().split()]
        # Not `like`: to it % and _ are wildcards, and a NUL is the end.
        condition = " and ".join(["instr(sought, ?) > 0"] * len(words)) or "true"
        query = _FIND.format(columns=", ".join(_COLUMNS), condition=condition)
        return tuple(map(_entry, self._read(query, *words, most)))

    def texts(self, limit: int) -> tuple[str, ...]:
        """The latest queries, the newest first, without what flowtui puts before them."""
        rows = self._read(_TEXTS, _SEARCHED)
        runs = [(as_text(prelude) or "", as_text(body) or "") for prelude, body in rows]
        # A text that was opened whole begins as flowtui has begun others.
        openings = tuple(
            f"{prelude}\n| " for prelude in {prelude for prelude, _ in runs} if prelude
        )
        bodies = (_without(openings, body) for _, body in runs)
        return tuple(dict.fromkeys(filter(None, bodies)))[:limit]

    def times(self, limit: int) -> tuple[Time, ...]:
        """The spans asked about last, the newest first; one that ended at its run slides on."""
        times = (_asked_time(*row) for row in self._read(_TIMES, _SEARCHED))
        return tuple(dict.fromkeys(time for time in times if time is not None))[:limit]

    def _write(self, work: Work[None]) -> None:
        self._database.write(work)
        if notice := self._database.take_notice():
            raise UsageError(notice)

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._database.read(lambda found, _: found.execute(query, values).fetchall())

    @property
    def _database(self) -> Database:
        return Database(self.path, "the history of runs")


def _asked_time(started_ms: object, start_ms: object, end_ms: object) -> Time | None:
    """None where another version has written what this one can't read."""
    started = as_moment(started_ms)
    window = as_range(as_moment(start_ms), as_moment(end_ms))
    if window is None or started is None:
        return None
    has_slid = timedelta(0) <= started - window.end <= _PROMPT
    return Last(window.length) if has_slid else window


def _values(session: str, place: str, run: QueryRun) -> dict[str, object]:
    query, latest = run.query, run.latest
    groups = json.dumps(query.log_groups)
    ended = run.updated if run.is_final else None
    return {
        "session": session,
        "run": run.id,
        "place": _packed(place),
        "started_ms": to_ms(run.started),
        "ended_ms": None if ended is None else to_ms(ended),
        "start_ms": run.window.start_ms,
        # A window of less than a millisecond stays one.
        "end_ms": max(run.window.end_ms, run.window.start_ms + 1),
        "is_all_time": query.time is None,
        "log_groups": groups,
        "prelude": _packed(query.prelude),
        "body": _packed(query.body),
        "state": str(latest.state),
        "row_count": len(latest.results.rows),
        "bytes_scanned": latest.statistics.bytes_scanned,
        "handle": _packed(run.handle),
        "sought": _packed("\n".join((query.body, *query.log_groups, place)).casefold()),
    }


def _entry(row: tuple[Any, ...]) -> Entry:
    number, *rest = row
    told = dict(zip(_COLUMNS, rest, strict=True))
    known = {name: column.read(told[name]) for name, column in _COLUMNS.items()}
    window = as_range(known["start_ms"], known["end_ms"])
    time = None if told["is_all_time"] == 1 else window
    unknown = [
        column.word
        for name, column in _COLUMNS.items()
        if known[name] is None and not (column.may_be_null and told[name] is None)
    ]
    if window is None:
        unknown.append("time")
    return Entry(
        number,
        known["place"] or "",
        Query(known["body"] or "", time, known["log_groups"] or (), known["prelude"] or ""),
        window,
        known["started_ms"],
        told["ended_ms"] is not None,
        known["ended_ms"],
        known["state"],
        known["row_count"],
        known["bytes_scanned"],
        known["handle"] or "",
        tuple(unknown),
    )


def _groups(value: object) -> tuple[str, ...] | None:
    try:
        told = json.loads(as_text(value) or "")
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(told, list) and all(isinstance(each, str) for each in told)
    return tuple(told) if is_list else None


def _state(value: object) -> RunState | None:
    try:
        return RunState(as_text(value) or "")
    except ValueError:
        return None


@frozen
class _Column:
    word: str
    read: Callable[[object], Any]
    may_be_null: bool = False


_COLUMNS = {
    "place": _Column("place", as_text),
    "started_ms": _Column("start", as_moment),
    "ended_ms": _Column("end", as_moment, may_be_null=True),
    "start_ms": _Column("start of the time", as_moment),
    "end_ms": _Column("end of the time", as_moment),
    "is_all_time": _Column("whether it had a time", as_count),
    "log_groups": _Column("log groups", _groups),
    "prelude": _Column("parse command", as_text),
    "body": _Column("query", as_text),
    "state": _Column("state", _state),
    "row_count": _Column("rows", as_count, may_be_null=True),
    "bytes_scanned": _Column("bytes scanned", as_figure, may_be_null=True),
    "handle": _Column("query id", as_text),
}


def _without(openings: tuple[str, ...], body: str) -> str:
    """The body without the first of them that it begins with."""
    return next((body.removeprefix(each) for each in openings if body.startswith(each)), body)


def _packed(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
