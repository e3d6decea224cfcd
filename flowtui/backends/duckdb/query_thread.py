"""One query on its way through the local engine, in a daemon thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import replace
from sys import getsizeof
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.database import Store, end
from flowtui.backends.duckdb.execution import count, fetch
from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.groups import Group
from flowtui.backends.duckdb.macros import install_called
from flowtui.backends.duckdb.memory_watch import Watched
from flowtui.backends.duckdb.progress import Progress, observed
from flowtui.backends.duckdb.statement import Statement, loaded_part
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import ResultSet, RunState, Snapshot, Statistics

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from flowtui.backends.duckdb.ingest.load import Loaded
    from flowtui.sql.compile import Compiled

_SLICE = 200_000
"""So many rows of a large group are queried first."""
_ROWS = 0.85
"""The share of a query's time for finding its rows; then what was read for them is counted."""
_LOADED = 0.9
"""The share for loading, where its first rows are shown meanwhile."""
_MOST_NAMED = 3
"""Files of a group that are named of those that are left out."""
_SAMPLE = 500
"""Rows that are measured to tell how much memory all of them take."""
_PATIENCE = 0.1
"""Seconds between two looks at whether the query was stopped while its groups load."""


class RunningQuery:
    """Its thread makes snapshots, `snapshot` reads the latest; `stop` may come from any thread."""

    def __init__(self, store: Store, statement: Statement, *, shows_first: bool = False) -> None:
        """With `shows_first`, the beginning of files that are read in place is queried first."""
        self._store, self._statement, self._shows_first = store, statement, shows_first
        self._query, self._reading = statement.asked.query, statement.asked.reading
        self._groups = self._reading.groups
        self._latest = Snapshot(RunState.QUEUED)
        self._cursor: DuckDBPyConnection | None = None
        self._progress = Progress()
        self._working = self._progress.whole
        """The part of it for finding the rows in what is loaded."""
        self._stopped = threading.Event()
        self._ended = threading.Event()

    def start(self, *, in_place: bool) -> None:
        """Begin; `in_place` is to read the files where they lie, if that is possible."""
        thread = threading.Thread(
            target=self._run, args=(in_place,), name="flowtui-query", daemon=True
        )
        thread.start()

    def snapshot(self) -> Snapshot:
        latest = self._latest
        match latest.state:
            case RunState.QUEUED:
                return replace(latest, notices=self._loading())
            case RunState.RUNNING:
                statistics = replace(latest.statistics, progress=self._progress.share)
                notices = (*latest.notices, *self._loading())
                return replace(latest, statistics=statistics, notices=notices)
            case _:
                return latest

    def _loading(self) -> tuple[str, ...]:
        """The state of the load for it, or of one before that."""
        waiting = [group for group in self._groups if not group.loaded.done()]
        loading = [group.loading for group in waiting if group.is_loading]
        if loading or not waiting:
            return tuple(loading)
        return tuple(f"{other.loading}, then {waiting[0].name}" for other in self._store.loading)

    def cancel(self) -> None:
        """Ask its thread to end."""
        self._stopped.set()
        self._interrupt()

    def stop(self, seconds: float) -> None:
        """End it and wait for its thread, but no longer than `seconds`."""
        self._stopped.set()
        end(self._ended, lambda: self._cursor, seconds)
        if not self._latest.state.is_final:
            self._latest = replace(self._latest, state=RunState.CANCELLED)

    @property
    def is_final(self) -> bool:
        return self._latest.state.is_final

    @property
    def row_memory(self) -> int:
        """About how many bytes its rows take."""
        rows = self._latest.results.rows
        some = rows[:: max(1, len(rows) // _SAMPLE)]
        size = sum(getsizeof(row) + sum(map(getsizeof, row)) for row in some)
        return size * len(rows) // max(1, len(some))

    def _run(self, in_place: bool) -> None:
        """The work of the thread: every way out leaves a final snapshot."""
        import duckdb

        try:
            if not (in_place and self._answer_in_place()):
                self._store.want(self._groups)
                self._await_groups()
                self._answer()
        except duckdb.InterruptException:
            self._end(RunState.CANCELLED)
        except FlowtuiError as error:
            self._end(RunState.FAILED, str(error))
        except Exception as error:  # noqa: BLE001  (whoever polls would poll for ever)
            self._end(RunState.FAILED, sentence(error, self._columns))
        finally:
            self._cursor = None
            self._progress.rest()
            self._ended.set()

    @property
    def _columns(self) -> str:
        """The first group with files that DuckDB reads as they are."""
        found = (group for group in self._groups if group.source.done())
        read = (group for group in found if group.source.exception() is None)
        return next((one.name for one in read if not one.source.result().is_stored), "")

    @contextmanager
    def _watched(self) -> Iterator[Watched]:
        """The memory is watched meanwhile: raises `BackendError` where it has become too much."""
        import duckdb

        with self._store.memory.over(self._interrupt) as watched:
            try:
                yield watched
            except duckdb.InterruptException:
                watched.check()
                raise

    def _interrupt(self) -> None:
        if (cursor := self._cursor) is not None:
            cursor.interrupt()

    def _end(self, state: RunState, error: str = "") -> None:
        if self._stopped.is_set():
            state, error = RunState.CANCELLED, ""
        self._latest = replace(self._latest, state=state, error=error)

    def _await_groups(self) -> None:
        """Return when all groups are loaded or the query is stopped; meanwhile show some rows."""
        waiting = {group.loaded for group in self._groups}
        shown: tuple[Loaded, ...] = ()
        while waiting and not self._stopped.is_set():
            waiting = wait(waiting, timeout=_PATIENCE).not_done
            is_shown = bool(waiting) and not self._query.is_part
            some = self._some() if is_shown else ()
            if some != shown:
                shown = some
                self._show(some)

    def _some(self) -> tuple[Loaded, ...]:
        """What there is of each group; nothing, as long as one of them has nothing."""
        found = [
            group.some if not group.loaded.done() else loaded_part(group) for group in self._groups
        ]
        return tuple(one for one in found if one is not None) if all(found) else ()

    def _show(self, some: Sequence[Loaded]) -> None:
        """The rows of what is loaded so far."""
        import duckdb

        if not some:
            return
        if self._latest.state is RunState.QUEUED:
            self._progress.whole.between(0, _LOADED).follow(self._loaded_share)
            self._working = self._progress.whole.between(_LOADED, 1)
        try:
            statement = self._statement.over(dict(zip(self._groups, some, strict=True)))
            with self._watched() as watched:
                results = _fetch(self._opened(), statement.compiled, watched)
        except duckdb.InterruptException:
            raise
        except (duckdb.Error, FlowtuiError):
            return  # they are gone, as a file was broken, or what is wrong is said of all rows
        self._latest = Snapshot(RunState.RUNNING, results)

    def _loaded_share(self) -> float:
        return min(1.0 if group.loaded.done() else group.progress for group in self._groups)

    def _answer_in_place(self) -> bool:
        """Answer from the files as they are, if all their lines are plain."""
        import duckdb

        from flowtui.backends.duckdb.ingest.in_place import NotPlain, read_in_place

        statement, cursor = self._statement, self._opened()
        self._latest = Snapshot(RunState.RUNNING)
        try:
            found = [
                read_in_place(cursor, group.source.result(), group.name) for group in self._groups
            ]
            with self._watched() as watched:
                if self._shows_first and statement.is_large:
                    statement.read(cursor, _SLICE)
                    first = _fetch(cursor, statement.compiled, watched)
                    self._latest = replace(self._latest, results=first)
                statement.read(cursor)
                self._progress.whole.watch(cursor)
                results = _fetch(cursor, statement.compiled, watched)
        except (
            NotPlain,
            duckdb.NotImplementedException,  # a line is longer than what is read at once
            duckdb.IOException,
            duckdb.TransactionException,
        ):
            # The load of a file that can't be read says why, or leaves it out. Another query that
            # reads the same files in place at this moment has them already: both are loaded once.
            self._latest = Snapshot(RunState.QUEUED)
            return False
        size = sum(each.bytes for each in found)
        statistics = Statistics(bytes_scanned=size, result_count=len(results.rows), progress=1.0)
        notices = (*self._found(), *statement.compiled.notices)
        self._latest = Snapshot(RunState.COMPLETE, results, statistics, "", notices)
        return True

    def _answer(self) -> None:
        """Run the query over the loaded groups; first over a part of them, where they are large."""
        if self._stopped.is_set():
            return self._end(RunState.CANCELLED)
        loaded = {group: group.loaded.result() for group in self._groups}
        notices = tuple(self._notices(loaded))
        self._latest = replace(self._latest, state=RunState.RUNNING, notices=notices)
        with self._watched() as watched:
            self._statement = self._statement.settled()
            return self._find_rows(loaded, watched)

    def _find_rows(self, loaded: Mapping[Group, Loaded], watched: Watched) -> None:
        statement, notices = self._statement, self._latest.notices
        cursor = self._opened()
        begun = 0.0
        if statement.is_large:
            begun = _ROWS * self._first_share(loaded)
            statement.read(cursor, _SLICE)
            self._working.between(0, begun).watch(cursor)
            first = _fetch(cursor, statement.compiled, watched)
            self._latest = replace(self._latest, results=first)
        statement.read(cursor)
        self._latest = replace(self._latest, notices=(*notices, *statement.compiled.notices))
        self._working.between(begun, _ROWS).watch(cursor)
        results = _fetch(cursor, statement.compiled, watched)
        self._working.between(_ROWS, 1).watch(cursor)
        statistics = self._statistics(cursor, loaded, results)
        self._latest = replace(
            self._latest, state=RunState.COMPLETE, results=results, statistics=statistics
        )

    def _opened(self) -> DuckDBPyConnection:
        """A cursor that who stops the query can interrupt; who has stopped it gets none."""
        import duckdb

        cursor = self._cursor = observed(self._store.cursor())
        if self._stopped.is_set():
            raise duckdb.InterruptException
        return cursor

    def _first_share(self, loaded: Mapping[Group, Loaded]) -> float:
        """The share of the rows that are queried first."""
        main = self._reading.main
        return min(1.0, _SLICE * len(main) / max(1, sum(loaded[one].lines or 0 for one in main)))

    def _statistics(
        self,
        cursor: DuckDBPyConnection,
        loaded: Mapping[Group, Loaded],
        results: ResultSet,
    ) -> Statistics:
        """The bytes scanned are those of the groups, in proportion to the lines in the window.

        A group that is read twice counts twice.
        """
        read = [loaded[group] for group in self._reading.every]
        lines, compiled = sum(one.lines or 0 for one in read), self._statement.compiled
        is_whole = not self._reading.has_own_time and (
            self._query.time is None or all(one.is_within(self._statement.window) for one in read)
        )
        scanned = lines if is_whole else count(cursor, compiled, compiled.scanned)
        matched = count(cursor, compiled, compiled.matched) if compiled.matched else scanned
        size = sum(one.bytes for one in read)
        return Statistics(
            records_matched=matched,
            records_scanned=scanned,
            bytes_scanned=size * scanned / lines if lines else 0,
            result_count=len(results.rows),
            progress=1.0,
        )

    def _notices(self, loaded: Mapping[Group, Loaded]) -> Iterator[str]:
        for group, one in loaded.items():
            if group.stale:
                yield f"{group.stale}; the rows are of what was read before"
            if one.misfits:
                lines = f"{one.misfits:,} of {one.lines:,} lines"
                yield f"{lines} of {group.name} did not fit its format"
            if one.words:
                yield (
                    f"{one.words:,} of {one.lines:,} lines of {group.name} have a word where its"
                    " format has a number"
                )
            yield from (f"left out: {reason}" for reason in one.skipped)
        yield from self._found()

    def _found(self) -> Iterator[str]:
        """What files were taken for that are no plain text, once, and why others are left out."""
        for group in self._groups:
            source = group.source.result()
            if not group.is_told and not source.is_plain:
                group.is_told = True
                yield f"{group.name} was taken for {source.taken_for}"
            yield from (f"left out: {reason}" for reason in source.skipped[:_MOST_NAMED])
            if more := len(source.skipped[_MOST_NAMED:]):
                yield f"left out: {more:,} more; flowtui formats {group.name} names them"


def _fetch(cursor: DuckDBPyConnection, compiled: Compiled, watched: Watched) -> ResultSet:
    install_called(cursor, compiled.statements)
    return fetch(cursor, compiled, watched.check)
