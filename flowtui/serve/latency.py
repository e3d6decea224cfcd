"""A backend that is slow as the real service is, so that partial results can be seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from flowtui.backends.base import Backend, Handle
from flowtui.model.run import Query, RunState, Snapshot, Statistics
from flowtui.model.timerange import TimeRange

_SCHEDULED = 0.1
"""The share of the time in which a query only waits."""


@dataclass(slots=True)
class _Pending:
    """A query whose end is not reported yet."""

    started: float
    end: Snapshot | None = None


class SlowBackend:
    """Each query of `backend` takes at least `seconds`, and its rows come little by little."""

    def __init__(
        self, backend: Backend, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._backend = backend
        self._seconds = seconds
        self._clock = clock
        self._pending: dict[Handle, _Pending] = {}

    async def start(self, query: Query, window: TimeRange) -> Handle:
        handle = await self._backend.start(query, window)
        self._pending[handle] = _Pending(self._clock())
        return handle

    async def poll(self, handle: Handle) -> Snapshot:
        pending = self._pending.get(handle)
        if pending is None:
            return await self._backend.poll(handle)
        # A backend need not keep an end for long.
        latest = pending.end or await self._backend.poll(handle)
        share = (self._clock() - pending.started) / self._seconds
        is_complete = latest.state is RunState.COMPLETE
        if is_complete and share < 1:
            pending.end = latest
        elif latest.state.is_final:
            self._pending.pop(handle, None)
            return latest
        return latest if share >= 1 else _partial(latest, share)

    async def stop(self, handle: Handle) -> None:
        self._pending.pop(handle, None)
        await self._backend.stop(handle)

    def query_id(self, handle: Handle) -> str:
        return self._backend.query_id(handle)

    async def close(self) -> None:
        await self._backend.close()


def _partial(latest: Snapshot, share: float) -> Snapshot:
    """The snapshot of a query after this share of its time."""
    if share < _SCHEDULED:
        return Snapshot(RunState.QUEUED, notices=latest.notices)
    done = (share - _SCHEDULED) / (1 - _SCHEDULED)
    rows = latest.results.rows
    found = latest.statistics
    counts = (found.records_matched, found.records_scanned, found.bytes_scanned)
    matched, scanned, size = (None if count is None else int(count * done) for count in counts)
    return replace(
        latest,
        state=RunState.RUNNING,
        results=replace(latest.results, rows=rows[: int(len(rows) * done)]),
        statistics=Statistics(matched, scanned, size, progress=share),
    )
