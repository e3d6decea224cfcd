"""A service that is made when it is first asked for something, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING

from flowtui.backends.daemon import submit

if TYPE_CHECKING:
    from flowtui.backends.base import Explanation, Handle, Objects, Service
    from flowtui.flowlogs.fields import FieldInfo
    from flowtui.flowlogs.log_group import LogGroup
    from flowtui.model.run import Query, Snapshot
    from flowtui.model.saved_query import SavedQuery
    from flowtui.model.timerange import TimeRange


class LazyService:
    """Stands for what `make` gives, so that nobody waits for its imports before the first frame."""

    def __init__(self, make: Callable[[], Service], place: str) -> None:
        self._make = make
        self._place = place
        self._service: asyncio.Future[Service] | None = None

    async def made(self) -> Service:
        """What it stands for."""
        return await self._ready()

    @property
    def place(self) -> str:
        made = self._made
        return self._place if made is None else made.place

    @property
    def region(self) -> str:
        made = self._made
        return "" if made is None else made.region

    @property
    def respelled(self) -> frozenset[FieldInfo]:
        made = self._made
        return frozenset() if made is None else made.respelled

    async def start(self, query: Query, window: TimeRange) -> Handle:
        return await (await self._ready()).start(query, window)

    async def explain(self, query: Query, window: TimeRange) -> Explanation:
        return await (await self._ready()).explain(query, window)

    async def poll(self, handle: Handle) -> Snapshot:
        return await (await self._ready()).poll(handle)

    async def stop(self, handle: Handle) -> None:
        await (await self._ready()).stop(handle)

    def query_id(self, handle: Handle) -> str:
        made = self._made
        return "" if made is None else made.query_id(handle)

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        return await (await self._ready()).attach(handle, query, window)

    async def close(self) -> None:
        """A service that was never asked for is not made to be closed."""
        if self._service is not None:
            await (await self._ready()).close()

    async def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        async for page in (await self._ready()).log_groups(pattern):
            yield page

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        return await (await self._ready()).describe(name, from_records=from_records)

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        return await (await self._ready()).extent(names)

    async def objects(self, name: str, window: TimeRange) -> Objects | None:
        return await (await self._ready()).objects(name, window)

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        return await (await self._ready()).names(ids)

    @property
    def saving_refused(self) -> str:
        """Empty until it is known; a caller that saves too early hears it from `save_query`."""
        made = self._made
        return "" if made is None else made.saving_refused

    async def saved_queries(self, prefix: str = "") -> AsyncIterator[tuple[SavedQuery, ...]]:
        async for page in (await self._ready()).saved_queries(prefix):
            yield page

    async def save_query(self, query: SavedQuery) -> str:
        return await (await self._ready()).save_query(query)

    @property
    def _made(self) -> Service | None:
        future = self._service
        if future is None or not future.done() or future.cancelled() or future.exception():
            return None
        return future.result()

    async def _ready(self) -> Service:
        """The service; whoever is cancelled while it is made leaves it to the others."""
        if self._service is None:
            self._service = asyncio.wrap_future(submit(self._make))
        return await asyncio.shield(self._service)
