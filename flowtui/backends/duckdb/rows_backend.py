"""Queries over the rows of results, by the local engine: nothing is scanned."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from flowtui.backends.base import Handle
from flowtui.backends.daemon import submit
from flowtui.backends.duckdb.database import STOP_SECONDS, Store, end
from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import count as counted
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.limits import EngineLimits
from flowtui.backends.duckdb.macros import install_called
from flowtui.backends.duckdb.rows_table import Stored, drop, make_table
from flowtui.model.errors import BackendError, FlowtuiError
from flowtui.model.run import PTR, Query, ResultSet, RunId, RunState, Snapshot, Statistics
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.scope import calls_in, fields_in
from flowtui.sql.pipelines import Library

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from flowtui.model.timerange import TimeRange
    from flowtui.sql.compile import Compiled

_MOST_KEPT = 8
"""Results that are held, and queries whose end can still be polled."""
_READS_ALL = (ast.Filldown, ast.FillMissing, ast.AddTotals, ast.Outlier, ast.Other)
"""Commands that may read columns which the text does not name."""


class RowsBackend:
    """Answers queries that read the rows of runs; `hold` gives it those of one.

    The database is opened with the first query, and keeps the columns that queries have read.
    `memory` is how many bytes may be taken; 0 is a share of the machine's.
    """

    def __init__(self, *, now: Callable[[], datetime], memory: int = 0) -> None:
        self._now = now
        self._store = Store((), EngineLimits.of_machine(memory), is_eager=False)
        self._held: dict[RunId, _Held] = {}
        self._left: list[_Held] = []
        """Those whose columns can be let go of."""
        self._making = threading.Lock()
        """Two queries may ask for the same column."""
        self._queries: dict[Handle, _RowsQuery] = {}
        self._numbers = count(1)

    def hold(self, run: RunId, results: ResultSet) -> None:
        """The rows that queries over those of `run` read."""
        held = self._held.pop(run, None)
        if held is None or held.results is not results:
            self._left += [held] if held is not None else []
            held = _Held(results, f"rows_{next(self._numbers)}")
        self._held[run] = held
        while len(self._held) > _MOST_KEPT:
            self._left.append(self._held.pop(next(iter(self._held))))

    async def start(self, query: Query, window: TimeRange) -> Handle:
        """Raises what is wrong with the query before anything runs."""
        held = self._read_by(query)
        running = await asyncio.wrap_future(submit(lambda: self._made(query, window, held)))
        handle = Handle(f"rows-{next(self._numbers)}")
        self._forget_old()
        self._queries[handle] = running
        running.start()
        return handle

    def _made(self, query: Query, window: TimeRange, held: _Held) -> _RowsQuery:
        with self._making:
            while self._left:
                drop(self._store.cursor(), self._left.pop().stored)
            return _RowsQuery.made(self._store, query, window, held, self._now())

    async def poll(self, handle: Handle) -> Snapshot:
        return self._known(handle).latest

    async def stop(self, handle: Handle) -> None:
        running = self._known(handle)
        await asyncio.wrap_future(submit(lambda: running.stop(STOP_SECONDS)))

    def query_id(self, handle: Handle) -> str:
        return str(handle)

    async def close(self) -> None:
        await asyncio.wrap_future(submit(self._close))

    def _close(self) -> None:
        for running in self._queries.values():
            running.stop(STOP_SECONDS)
        self._store.close()

    def _read_by(self, query: Query) -> _Held:
        held = None if query.rows is None else self._held.get(query.rows.run)
        if held is None:
            raise BackendError("the rows that this query reads are not at hand; run theirs again")
        return held

    def _known(self, handle: Handle) -> _RowsQuery:
        try:
            return self._queries[handle]
        except KeyError:
            raise BackendError(f"there is no query {handle}; start it first") from None

    def _forget_old(self) -> None:
        ended = [handle for handle, each in self._queries.items() if each.latest.state.is_final]
        while ended and len(self._queries) >= _MOST_KEPT:
            del self._queries[ended.pop(0)]


@dataclass(eq=False)
class _Held:
    """The rows of a run, and what of them is in the database already."""

    results: ResultSet
    relation: str
    stored: Stored = field(default_factory=dict)


@dataclass(eq=False)
class _RowsQuery:
    """A query on a cursor of its own, whose temporary table has what it reads."""

    store: Store
    compiled: Compiled
    cursor: DuckDBPyConnection | None
    latest: Snapshot

    def __post_init__(self) -> None:
        self._stopped, self._ended = threading.Event(), threading.Event()

    @classmethod
    def made(
        cls, store: Store, query: Query, window: TimeRange, held: _Held, now: datetime
    ) -> _RowsQuery:
        cursor, pipeline, results = store.cursor(), parse(query.text), held.results
        names = _read(pipeline, query.text, results)
        if query.rows is not None and query.rows.window == window and _needs_no_time(pipeline):
            names -= {"@timestamp", PTR}
        table = make_table(cursor, held.relation, results, names, held.stored)
        library = Library(longest=store.limits.longest_text)
        compiled = compile_query(query.text, [table], window, query.limit, now, library)
        latest = Snapshot(RunState.RUNNING, notices=compiled.notices)
        return cls(store, compiled, cursor, latest)

    def start(self) -> None:
        threading.Thread(target=self._run, name="flowtui-rows", daemon=True).start()

    def stop(self, seconds: float) -> None:
        self._stopped.set()
        end(self._ended, lambda: self.cursor, seconds)
        if not self.latest.state.is_final:
            self.latest = replace(self.latest, state=RunState.CANCELLED)

    def _run(self) -> None:
        """The work of the thread: every way out leaves a final snapshot."""
        import duckdb

        try:
            self._answer()
        except duckdb.InterruptException:
            self._end(RunState.CANCELLED)
        except FlowtuiError as error:
            self._end(RunState.FAILED, str(error))
        except Exception as error:  # noqa: BLE001  (whoever polls would poll for ever)
            self._end(RunState.FAILED, sentence(error))
        finally:
            self.cursor = None
            self._ended.set()

    def _answer(self) -> None:
        import duckdb

        cursor, compiled = self.cursor, self.compiled
        if cursor is None or self._stopped.is_set():
            return self._end(RunState.CANCELLED)
        with self.store.memory.over(cursor.interrupt) as watched:
            try:
                install_called(cursor, compiled.statements)
                results = fetch(cursor, compiled, watched.check)
                scanned = counted(cursor, compiled, compiled.scanned)
                matched = counted(cursor, compiled, compiled.matched or compiled.scanned)
            except duckdb.InterruptException:
                watched.check()
                raise
        statistics = Statistics(matched, scanned, 0.0, len(results.rows), 1.0)
        self.latest = Snapshot(RunState.COMPLETE, results, statistics, notices=self.latest.notices)
        return None

    def _end(self, state: RunState, error: str = "") -> None:
        if self._stopped.is_set():
            state, error = RunState.CANCELLED, ""
        self.latest = replace(self.latest, state=state, error=error)


_WITHOUT_TIME = (ast.Filter, ast.Stats, ast.Sort, ast.Limit)
_OF_A_COLUMN = {"count", "sum", "min", "max", "avg", "ispresent"}


def _needs_no_time(pipeline: ast.Pipeline) -> bool:
    """Whether it surely reads no times that it does not name, as rows in order or bins do."""
    commands = pipeline.commands
    return (
        any(isinstance(command, ast.Stats) for command in commands)
        and all(isinstance(command, _WITHOUT_TIME) for command in commands)
        and all(c.name.lower() in _OF_A_COLUMN for each in commands for c in calls_in(each))
        and not any(f.name == "@timestamp" for each in commands for f in fields_in(each))
    )


def _read(pipeline: ast.Pipeline, text: str, results: ResultSet) -> set[str]:
    """The columns that the query may read: those that stand in its text, in whatever place."""
    if any(isinstance(command, _READS_ALL) for command in pipeline.commands):
        return {*results.columns, PTR}
    named = {name for name in results.columns if name in text or "`" in name or "\\" in name}
    return named | {"@timestamp", PTR}
