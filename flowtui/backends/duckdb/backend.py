"""Flow logs in files, queried in this process by DuckDB: a backend and its catalog."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flowtui.backends.base import Handle, LogGroup
from flowtui.backends.daemon import submit
from flowtui.backends.duckdb.compile import Compiled, Table, compile_query
from flowtui.backends.duckdb.groups import Group, demo_groups, file_groups
from flowtui.backends.duckdb.running import RunningQuery
from flowtui.backends.duckdb.store import STOP_SECONDS, Store
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import BackendError
from flowtui.model.run import Query, Snapshot
from flowtui.model.timerange import TimeRange, from_ms

if TYPE_CHECKING:
    from flowtui.backends.duckdb.sniff import Source

T = TypeVar("T")

_LARGE = 64 * 2**20
"""Bytes on disk from which on one query over the files takes less time than loading them."""

_ALL_TIME = TimeRange(from_ms(0), datetime(9999, 12, 31, tzinfo=UTC))

_MOST_KEPT = 20
"""Queries whose end can still be polled, rows and all."""


class DuckDBBackend:
    """Each of `paths`, a file or a folder, is a log group; `demo` adds the bundled sample.

    Loading begins with the first call, or with `prepare`, and goes on behind the others. Nothing
    heavy is imported and no file is touched before. With `one_shot` only what a query needs is
    loaded, and of large files not even that: an aggregating query reads them in place.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        given: FlowFormat | None = None,
        *,
        demo: bool = False,
        now: Callable[[], datetime],
        one_shot: bool = False,
    ) -> None:
        groups = (*(demo_groups(now) if demo else ()), *file_groups(paths, given))
        self.region = ""
        self._place = "demo" if demo else "files"
        self._now = now
        self._is_one_shot = one_shot
        self._store = Store(groups, is_eager=not one_shot)
        self._queries: dict[Handle, RunningQuery] = {}
        self._numbers = count(1)

    @property
    def place(self) -> str:
        return self._place

    def prepare(self) -> None:
        """Begin to load."""
        self._store.prepare()

    async def start(self, query: Query, window: TimeRange) -> Handle:
        groups = self._chosen(query.log_groups)
        sources = [await _done(group.source) for group in groups]
        compiled = await asyncio.wrap_future(
            submit(lambda: self._check(query, window, groups, sources))
        )
        is_direct = self._is_one_shot and compiled.is_aggregated and _are_large(sources)
        handle = Handle(f"local-{next(self._numbers)}")
        running = RunningQuery(self._store, groups, query, window, is_direct=is_direct)
        self._forget_old()
        self._queries[handle] = running
        running.start(self._now())
        return handle

    async def poll(self, handle: Handle) -> Snapshot:
        return self._known(handle).snapshot()

    async def stop(self, handle: Handle) -> None:
        running = self._known(handle)
        await asyncio.wrap_future(submit(lambda: running.stop(STOP_SECONDS)))

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        return await self.start(query, window)

    async def close(self) -> None:
        await asyncio.wrap_future(submit(self._close))

    async def log_groups(self) -> AsyncIterator[tuple[LogGroup, ...]]:
        self.prepare()
        yield tuple(map(_known_group, self._store.groups.values()))

    async def describe(self, name: str) -> LogGroup:
        (group,) = self._chosen((name,))
        await _done(group.source)
        return _known_group(group)

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        groups = self._chosen(names)
        sources = [await _done(group.source) for group in groups]
        if self._is_one_shot and _are_large(sources):
            return _ALL_TIME
        self._store.want(groups)
        loaded = [await _done(group.loaded) for group in groups]
        firsts = [one.first_ms for one in loaded if one.first_ms is not None]
        lasts = [one.last_ms for one in loaded if one.last_ms is not None]
        if not firsts or not lasts:
            return _ALL_TIME  # lines without a time are inside of every window
        return TimeRange(from_ms(min(firsts)), from_ms(max(lasts) + 1))

    def _chosen(self, names: Sequence[str]) -> tuple[Group, ...]:
        """The groups of these names; at the latest now their sources are looked for."""
        groups = self._store.chosen(names)
        if self._is_one_shot:
            self._store.prepare()
        else:
            self._store.want(groups)
        return groups

    def _check(
        self,
        query: Query,
        window: TimeRange,
        groups: Sequence[Group],
        sources: Sequence[Source],
    ) -> Compiled:
        """Raise what is wrong with the query before anything runs."""
        pairs = zip(groups, sources, strict=True)
        tables = [Table(group.name, source.format, group.name) for group, source in pairs]
        return compile_query(query.text, tables, window, query.limit, self._now())

    def _known(self, handle: Handle) -> RunningQuery:
        try:
            return self._queries[handle]
        except KeyError:
            raise BackendError(f"there is no query {handle}; start it first") from None

    def _forget_old(self) -> None:
        ended = [handle for handle, running in self._queries.items() if running.is_final]
        for handle in ended[: max(0, len(ended) - _MOST_KEPT + 1)]:
            del self._queries[handle]

    def _close(self) -> None:
        for running in self._queries.values():
            running.cancel()
        for running in self._queries.values():
            running.stop(STOP_SECONDS)
        self._store.close()


async def _done(future: Future[T]) -> T:
    return await asyncio.wrap_future(future)


def _are_large(sources: Sequence[Source]) -> bool:
    return sum(source.size for source in sources) > _LARGE


def _known_group(group: Group) -> LogGroup:
    """What is known of the group by now."""
    if not group.source.done():
        return LogGroup(group.name)
    if error := group.source.exception():
        return LogGroup(group.name, notice=str(error))
    source = group.source.result()
    return LogGroup(
        group.name,
        stored_bytes=source.size,
        format=source.format if len(source.layouts) == 1 else None,
        notice=_layout_notice(source),
        progress=group.progress,
    )


def _layout_notice(source: Source) -> str:
    """Where the files differ, no one `parse` would fit them; the names of their fields do."""
    if len(source.layouts) == 1:
        return ""
    return (
        f"the files of {source.name} have {len(source.layouts)} formats; name fields without parse"
    )
