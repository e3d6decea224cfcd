"""The queries that the endpoint runs, and the results that it keeps for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from flowtui.backends.base import Backend, Handle
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import follow
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import Query, QueryRun, RunId, RunState
from flowtui.model.timerange import TimeRange
from flowtui.serve.wire import WireError, not_found

MOST_RUNNING = 100
"""As many queries as an account may run at once."""

_MOST_KEPT = 200
_MOST_ROWS_KEPT = 1_000_000


@dataclass
class Served:
    """One query: what is known of it, and the task that follows it."""

    id: str
    run: QueryRun
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Runs:
    """Starts, follows and stops queries on `backend`; belongs to one event loop."""

    def __init__(self, backend: Backend, now: Callable[[], datetime]) -> None:
        self._backend = backend
        self._now = now
        self._served: dict[str, Served] = {}
        self._starting = 0
        self._count = 0

    def __iter__(self) -> Iterator[Served]:
        """The newest first."""
        return iter(reversed(self._served.values()))

    async def start(self, query: Query, window: TimeRange) -> Served:
        """Raises `WireError` for the hundred-and-first, and what the backend raises."""
        if self._running() + self._starting >= MOST_RUNNING:
            message = f"Account maximum query concurrency limit of [{MOST_RUNNING}] reached."
            raise WireError("LimitExceededException", message)
        self._starting += 1
        try:
            handle = await self._backend.start(query, window)
        finally:
            self._starting -= 1
        self._count += 1
        run = QueryRun(RunId(self._count), query, window, started=self._now())
        served = Served(str(uuid4()), run)
        self._served[served.id] = served
        served.task = asyncio.create_task(self._follow(served, handle))
        return served

    def find(self, query_id: str) -> Served:
        """Raises `WireError` for one that is unknown, or was forgotten."""
        try:
            return self._served[query_id]
        except KeyError:
            raise not_found(f"Query {query_id} does not exist or is no longer kept") from None

    async def stop(self, served: Served) -> None:
        """End the query on the backend; its rows stay."""
        if served.task is not None:
            served.task.cancel()
            await asyncio.wait([served.task])

    async def stop_all(self) -> None:
        for served in [s for s in self if not s.run.is_final]:
            await self.stop(served)

    async def _follow(self, served: Served, handle: Handle) -> None:
        state, fault = RunState.FAILED, "the engine broke down"
        try:
            async with aclosing(follow(self._backend, handle, delays=LOCAL)) as snapshots:
                async for snapshot in snapshots:
                    served.run = served.run.advance(snapshot, self._now())
        except asyncio.CancelledError:
            state, fault = RunState.CANCELLED, ""
            raise
        except FlowtuiError as error:
            fault = str(error)
        finally:
            served.run = served.run.end(state, self._now(), fault)
            self._forget()

    def _running(self) -> int:
        return sum(not served.run.is_final for served in self._served.values())

    def _forget(self) -> None:
        """Drop the oldest results that are too many to keep."""
        rows = 0
        for count, served in enumerate([s for s in self if s.run.is_final], start=1):
            rows += len(served.run.latest.results.rows)
            if count > _MOST_KEPT or (rows > _MOST_ROWS_KEPT and count > 1):
                del self._served[served.id]
