"""Flow logs in files, queried in this process by DuckDB: a backend and its catalog."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flowtui.backends.base import Explanation, Handle
from flowtui.backends.daemon import submit
from flowtui.backends.duckdb.database import STOP_SECONDS, Store
from flowtui.backends.duckdb.groups import Group, Reading, demo_groups, file_groups
from flowtui.backends.duckdb.limits import EngineLimits
from flowtui.backends.duckdb.lookup_files import LookupFiles
from flowtui.backends.duckdb.query_thread import RunningQuery
from flowtui.backends.duckdb.statement import Statement, StatementInput
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, UsageError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, Snapshot
from flowtui.model.saved_query import Parameter, SavedQuery
from flowtui.model.source import STDIN
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.sql import sources
from flowtui.sql.pipelines import Library
from flowtui.sql.saved_calls import expanded, parameter_names

if TYPE_CHECKING:
    from flowtui.backends.duckdb.ingest.reader import SourceFiles
    from flowtui.backends.duckdb.loaded_cache import LoadedCache
    from flowtui.backends.duckdb.typed_tables import TypedTables

T = TypeVar("T")

_LARGE = 16 * 2**20
"""Bytes of text from which on one query over the files takes less time than loading them."""

_ALL_TIME = TimeRange(from_ms(0), datetime(9999, 12, 31, tzinfo=UTC))

_NOT_SAVED = "queries over files are saved by hand, under [queries] in the settings"

_UNREAD = (
    "large files are not read for this: where lines do not fit their format, another statement runs"
)

_MOST_KEPT = 20
"""Queries whose end can still be polled, rows and all."""


@frozen
class Shelf:
    """The user's lookup tables and saved queries."""

    lookups: Mapping[str, Path] = field(default_factory=dict)
    """Lookup table to CSV file."""
    queries: Mapping[str, str] = field(default_factory=dict)
    """Saved query to text."""


class DuckDBBackend:
    """Each of `paths`, a file or a folder, is a log group; `demo` adds the bundled sample.

    The sample ends at `sample_end`, or when it is made; `others` are groups of elsewhere. `memory`
    is how many bytes may be taken; 0 is a share of the machine's. `cache` keeps large groups.

    Loading begins with the first call, or with `prepare`, and goes on beside the others. Nothing
    heavy is imported and no file is touched before. With `one_shot` only what a query needs is
    loaded, and of large files not even that: an aggregating query reads them in place, and where
    `shows_first` says that somebody looks, the beginning of them first.
    """

    def __init__(  # noqa: PLR0913  (what follows the star has defaults)
        self,
        paths: Sequence[Path],
        given: FlowFormat | None = None,
        *,
        demo: bool = False,
        now: Callable[[], datetime],
        one_shot: bool = False,
        shows_first: bool = False,
        shelf: Shelf | None = None,
        sample_end: datetime | None = None,
        others: Sequence[Group] = (),
        memory: int = 0,
        cache: LoadedCache | None = None,
    ) -> None:
        shelf = shelf or Shelf()
        sample = demo_groups(lambda: sample_end or now()) if demo else ()
        groups = (*sample, *file_groups(paths, given), *others)
        self.region = ""
        self._is_demo = demo
        self._place = "demo" if demo else "files"
        self._now = now
        self._is_one_shot, self._shows_first = one_shot, shows_first
        limits = EngineLimits.of_machine(memory)
        self._store = Store(groups, limits, is_eager=not one_shot, cache=cache)
        self._lookups = LookupFiles(shelf.lookups)
        self._saved = shelf.queries
        self._queries: dict[Handle, RunningQuery] = {}
        self._numbers = count(1)

    @property
    def place(self) -> str:
        return self._place

    @property
    def respelled(self) -> frozenset[FieldInfo]:
        """The log groups, as far as they are loaded."""
        return self._store.respelled

    def typed_tables(self) -> TypedTables:
        """The groups as tables for SQL of another's making."""
        from flowtui.backends.duckdb.typed_tables import TypedTables

        return TypedTables(self._store)

    def prepare(self) -> None:
        """Begin to load."""
        self._store.prepare()

    async def start(self, query: Query, window: TimeRange) -> Handle:
        statement = await self._made(query, window)
        handle = Handle(f"local-{next(self._numbers)}")
        running = RunningQuery(self._store, statement, shows_first=self._shows_first)
        self._forget_old()
        self._queries[handle] = running
        running.start(in_place=self._is_in_place(statement))
        return handle

    async def explain(self, query: Query, window: TimeRange) -> Explanation:
        """Small files are loaded for it: only then is known which statement it will be."""
        from flowtui.sql.explanation import explanation

        statement = await self._made(query, window)
        reading = statement.asked.reading
        is_large = _are_large(group.source.result() for group in reading.groups)
        if not is_large:
            self._store.want(reading.groups)
            for group in reading.groups:
                await _done(group.loaded)
        way = "read where they lie" if self._is_in_place(statement) else "loaded"
        notes = [f"{group.name}: {_described(group)}, {way}" for group in reading.groups]
        text = explanation(statement.whole().compiled, notes)
        return Explanation(text, _UNREAD if is_large else "")

    async def names_read(self, query: Query, window: TimeRange) -> frozenset[str]:
        """The names in the statements that the query would be: those of all that it reads.

        A backend with `one_shot` loads nothing for it. Raises `QueryError` and `SourceError`.
        """
        from flowtui.backends.duckdb.ingest.parquet.chunks import names_in

        compiled = (await self._made(query, window)).compiled
        checks = (check.sql for check in compiled.checks)
        return names_in(" ".join((compiled.sql, compiled.scanned, compiled.matched, *checks)))

    async def poll(self, handle: Handle) -> Snapshot:
        return self._known(handle).snapshot()

    async def stop(self, handle: Handle) -> None:
        running = self._known(handle)
        await asyncio.wrap_future(submit(lambda: running.stop(STOP_SECONDS)))

    def query_id(self, handle: Handle) -> str:
        return str(handle)

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        return await self.start(query, window)

    async def close(self) -> None:
        await asyncio.wrap_future(submit(self._close))

    async def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        self.prepare()
        groups = self._store.groups.items()
        sought = pattern.casefold()
        yield tuple(_known_group(group) for name, group in groups if sought in name.casefold())

    @property
    def saving_refused(self) -> str:
        return _NOT_SAVED

    async def saved_queries(self, prefix: str = "") -> AsyncIterator[tuple[SavedQuery, ...]]:
        """Those of the settings."""
        named = [(name, text) for name, text in self._saved.items() if name.startswith(prefix)]
        yield tuple(_saved(name, text) for name, text in named)

    async def save_query(self, query: SavedQuery) -> str:
        """The settings are the user's file: nothing is written into it."""
        raise UsageError(_NOT_SAVED)

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        (group,) = self._chosen((name,))
        await _done(group.source)
        return _known_group(group)

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        groups = self._chosen(names)
        await self._refresh(groups)
        found = [await _done(group.source) for group in groups]
        if self._is_one_shot and _are_large(found) and not _are_stored(groups):
            return _ALL_TIME
        self._store.want(groups)
        loaded = [await _done(group.loaded) for group in groups]
        firsts = [one.first_ms for one in loaded if one.first_ms is not None]
        lasts = [one.last_ms for one in loaded if one.last_ms is not None]
        if not firsts or not lasts:
            return _ALL_TIME  # lines without a time are inside of every window
        return TimeRange(from_ms(min(firsts)), from_ms(max(lasts) + 1))

    async def objects(self, name: str, window: TimeRange) -> None:
        """Files are at hand."""

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        """Those of the sample; files tell no names."""
        if not self._is_demo:
            return {}
        from flowtui.sample.names import NAMES

        return {name: NAMES[name] for name in ids if name in NAMES}

    async def _made(self, query: Query, window: TimeRange) -> Statement:
        """The statement for the query; raises what is wrong with it before anything runs."""
        chosen = self._store.chosen(query.log_groups)
        pipeline = expanded(parse(query.text), self._saved)
        reading = self._reading(pipeline, chosen)
        self._begin(reading.groups)
        await self._refresh(reading.groups)
        for group in reading.groups:
            await _done(group.source)
        return await asyncio.wrap_future(
            submit(lambda: self._statement(query, window, reading, pipeline))
        )

    async def _refresh(self, groups: Sequence[Group]) -> None:
        """What has come since it was loaded is loaded next; one query reads what it finds."""
        if not self._is_one_shot:
            await asyncio.wrap_future(submit(lambda: self._store.refresh(groups)))

    def _is_in_place(self, statement: Statement) -> bool:
        reading = statement.asked.reading
        return (
            self._is_one_shot
            and not _are_stored(reading.groups)
            and statement.compiled.is_aggregated
            and not reading.nested
            and _are_large(group.source.result() for group in reading.groups)
        )

    def _chosen(self, names: Sequence[str]) -> tuple[Group, ...]:
        """The groups of these names; at the latest now their sources are looked for."""
        groups = self._store.chosen(names)
        self._begin(groups)
        return groups

    def _begin(self, groups: Sequence[Group]) -> None:
        if self._is_one_shot:
            self._store.prepare()
        else:
            self._store.want(groups)

    def _reading(self, pipeline: ast.Pipeline, chosen: Sequence[Group]) -> Reading:
        """The groups of the query; where it begins with SOURCE, that decides and not the choice."""
        known = self._store.groups
        found = sources.reads(pipeline, tuple(known), [group.name for group in chosen])
        return Reading(
            tuple(known[name] for name in found.main),
            tuple(known[name] for name in found.nested),
            found.has_own_time,
        )

    def _statement(
        self, query: Query, window: TimeRange, reading: Reading, pipeline: ast.Pipeline
    ) -> Statement:
        """Raise what is wrong with the query before anything runs."""
        library = Library(queries=self._saved, longest=self._store.limits.longest_text)
        if self._lookups.wanted(pipeline):
            library = replace(library, lookups=self._lookups.load(pipeline, self._store.cursor()))
        return Statement.of(StatementInput(query, window, self._now(), reading, library))

    def _known(self, handle: Handle) -> RunningQuery:
        try:
            return self._queries[handle]
        except KeyError:
            raise BackendError(f"there is no query {handle}; start it first") from None

    def _forget_old(self) -> None:
        """Those that have ended first, until the rest is few and takes little memory."""
        ended = [handle for handle, running in self._queries.items() if running.is_final]
        sizes = [self._queries[handle].row_memory for handle in ended]
        while ended and (len(ended) >= _MOST_KEPT or sum(sizes) > self._store.limits.kept_rows):
            del self._queries[ended.pop(0)], sizes[0]

    def _close(self) -> None:
        for running in self._queries.values():
            running.cancel()
        for running in self._queries.values():
            running.stop(STOP_SECONDS)
        self._store.close()


async def _done(future: Future[T]) -> T:
    return await asyncio.wrap_future(future)


def _are_large(found: Iterable[SourceFiles]) -> bool:
    return sum(source.text_size for source in found) > _LARGE


def _are_stored(groups: Iterable[Group]) -> bool:
    """Whether nothing has to be read for them."""
    return all(group.is_stored for group in groups)


def _known_group(group: Group) -> LogGroup:
    """The group as far as it is known by now."""
    if not group.source.done():
        return LogGroup(group.name)
    if error := group.source.exception():
        return LogGroup(group.name, notice=str(error))
    source = group.source.result()
    formats = _formats(group)
    return LogGroup(
        group.name,
        stored_bytes=source.size,
        created=_created(group),
        format=source.format if len(formats) == 1 else None,
        taken_for=_taken_for(group),
        notice=_layout_notice(source, len(formats)),
        progress=group.progress,
        so_far=_so_far(group),
    )


def _so_far(group: Group) -> TimeRange | None:
    """The time of the records that are there while others are loaded."""
    some = None if group.loaded.done() else group.some
    if some is None or some.first_ms is None or some.last_ms is None:
        return None
    return TimeRange(from_ms(some.first_ms), from_ms(some.last_ms + 1))


def _formats(group: Group) -> set[FlowFormat]:
    """Those of its records: also such as only a header in mid-file has told of."""
    found = {layout.format for layout in group.source.result().layouts}
    return found.union(group.loaded.result().formats) if _is_loaded(group) else found


def _is_loaded(group: Group) -> bool:
    return group.loaded.done() and group.loaded.exception() is None


def _taken_for(group: Group) -> str:
    source = group.source.result()
    parts = [source.taken_for]
    if _is_loaded(group):
        loaded = group.loaded.result()
        parts += [f"{loaded.misfits:,} of {loaded.lines:,} lines did not fit"]
    if source.skipped:
        parts += [f"{len(source.skipped):,} left out (flowtui formats names them)"]
    return "; ".join(parts)


def _described(group: Group) -> str:
    layouts = group.source.result().layouts
    return " and ".join(dict.fromkeys(layout.description for layout in layouts))


def _saved(name: str, text: str) -> SavedQuery:
    return SavedQuery(name, text, parameters=tuple(map(Parameter, parameter_names(text))))


def _created(group: Group) -> datetime | None:
    """The time of its first record, once it is read: no sooner was there anything to keep."""
    if not _is_loaded(group):
        return None
    first = group.loaded.result().first_ms
    return None if first is None else from_ms(first)


def _layout_notice(source: SourceFiles, formats: int) -> str:
    """Where the records differ, no one `parse` would fit them; the names of their fields do."""
    if formats == 1:
        return ""
    if len(source.files) == 1:
        name = "stdin" if source.name == str(STDIN) else source.name
        return (
            f"{name} has records of {formats} formats, each of which is read by its own: field"
            " names, such as srcaddr, are right for all of them, and a parse command for some"
        )
    return (
        f"the files of {source.name} have {formats} formats, which no one parse command"
        " fits; write field names, such as srcaddr, without a parse: each file is read by its own"
        " format"
    )
