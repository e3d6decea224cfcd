"""The history of runs: what was asked in every session, when, where, and what it gave."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flowtui.journal.database import opened
from flowtui.model.errors import UsageError
from flowtui.model.run import Query, QueryRun, RunState
from flowtui.model.timerange import TimeRange, from_ms, to_ms

MOST_RUNS = 10_000
"""The oldest ones are forgotten beyond that; some 20 MB."""
MOST_FOUND = 200
"""Nobody reads further down; who looks for another run types a part of it."""
KEPT_FOR = timedelta(days=7)
"""How long CloudWatch keeps the results of a query (insights-ql.md 4)."""
LONGEST_RUN = timedelta(minutes=60)
"""No query runs longer on CloudWatch (insights-ql.md 4)."""

# What people wrote is kept as bytes: SQLite's text ends at a NUL, and has no lone surrogates.
_SCHEMA = """
create table if not exists runs (
    number integer primary key autoincrement,
    session text not null,
    run integer not null,
    place blob not null,
    started_ms integer not null,
    ended_ms integer,
    start_ms integer not null,
    end_ms integer not null,
    is_all_time integer not null,
    log_groups text not null,
    prelude blob not null,
    body blob not null,
    state text not null,
    row_count integer,
    bytes_scanned real,
    handle blob not null,
    sought blob not null,
    unique (session, run)
);
"""

_WRITE = """
insert into runs (
    session, run, place, started_ms, ended_ms, start_ms, end_ms, is_all_time, log_groups,
    prelude, body, state, row_count, bytes_scanned, handle, sought
) values (
    :session, :run, :place, :started_ms, :ended_ms, :start_ms, :end_ms, :is_all_time, :log_groups,
    :prelude, :body, :state, :row_count, :bytes_scanned, :handle, :sought
)
on conflict (session, run) do update set
    ended_ms = excluded.ended_ms, state = excluded.state, row_count = excluded.row_count,
    bytes_scanned = excluded.bytes_scanned, handle = excluded.handle
where runs.ended_ms is null
"""
"""What has ended stays so."""

_TAKE_OVER = """
update runs set session = :session, run = :run where handle = :handle and ended_ms is null
"""

_PRUNE = "delete from runs where number <= (select max(number) from runs) - ?"

_FIND = """
select number, place, started_ms, ended_ms, start_ms, end_ms, is_all_time, log_groups, prelude,
    body, state, row_count, bytes_scanned, handle
from runs where {condition} order by number desc limit ?
"""


_TEXTS = "select body from runs group by body order by max(number) desc limit ?"


@dataclass(frozen=True, slots=True)
class Entry:
    """A run as the history has it."""

    number: int
    """Rises with each run; names it in the history."""
    place: str
    query: Query
    window: TimeRange
    started: datetime
    ended: datetime | None
    """None while it runs, and for ever where its session did not live to see the end."""
    state: RunState
    rows: int
    bytes_scanned: float | None
    handle: str

    @property
    def has_id(self) -> bool:
        """Whether its handle names it in every session: that of files does not.

        And `waiting-1` is a query that has not been started.
        """
        return bool(self.handle) and not self.handle.startswith(("waiting-", "local-"))

    def is_kept(self, now: datetime) -> bool:
        """Whether the service still has its results, to be read by its query's id."""
        return self.has_id and now - self.started < KEPT_FOR

    def is_lost(self, now: datetime) -> bool:
        """Whether nobody will write any more how it ended."""
        return self.ended is None and now - self.started > LONGEST_RUN


@dataclass(frozen=True, slots=True)
class History:
    """The runs of all sessions, in one file; each method blocks and raises `UsageError`."""

    path: Path

    def write(self, session: str, place: str, run: QueryRun) -> None:
        """Note what is known of the run; once it has ended, nothing more is."""
        with _file(self.path) as connection:
            connection.execute(_WRITE, _values(session, place, run))
            connection.execute(_PRUNE, (MOST_RUNS,))

    def take_over(self, session: str, run: QueryRun) -> None:
        """Have `session` write on of a run of another one, which did not live to see its end."""
        with _file(self.path) as connection:
            values = {"session": session, "run": run.id, "handle": _packed(run.handle)}
            connection.execute(_TAKE_OVER, values)

    def find(self, typed: str, most: int = MOST_FOUND) -> tuple[Entry, ...]:
        """The latest runs that have each of the words in text, groups or place, whatever the case.

        The latest comes first.
        """
        words = [_packed(word) for word in typed.casefold().split()]
        # Not `like`: to it % and _ are wildcards, and a NUL is the end.
        condition = " and ".join(["instr(sought, ?) > 0"] * len(words)) or "true"
        with _file(self.path) as connection:
            rows = connection.execute(_FIND.format(condition=condition), (*words, most))
            return tuple(map(_entry, rows))

    def texts(self, most: int = MOST_FOUND) -> tuple[str, ...]:
        """What was asked, without the `parse` command that flowtui puts before it.

        Each text once, the one that was asked last first.
        """
        with _file(self.path) as connection:
            return tuple(_unpacked(body) for (body,) in connection.execute(_TEXTS, (most,)))


@contextmanager
def _file(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with opened(path, _SCHEMA) as connection:
            yield connection
    except UsageError as error:
        cause = error.__cause__
        reason = cause.strerror if isinstance(cause, OSError) else cause
        raise UsageError(f"can't keep the history of runs in {path}: {reason}") from error


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
    (number, place, started, ended, start, end, is_all_time, groups, prelude, body, state,
     row_count, bytes_scanned, handle) = row  # fmt: skip
    window = TimeRange(from_ms(start), from_ms(end))
    time = None if is_all_time else window
    query = Query(_unpacked(body), time, tuple(json.loads(groups)), _unpacked(prelude))
    return Entry(
        number, _unpacked(place), query, window, from_ms(started),
        None if ended is None else from_ms(ended), RunState(state), row_count, bytes_scanned,
        _unpacked(handle),
    )  # fmt: skip


def _packed(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _unpacked(packed: bytes) -> str:
    return packed.decode("utf-8", "surrogatepass")
