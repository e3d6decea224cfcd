"""Runs folds on what runs plain queries: several queries are one run, with one handle."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from flowtui.backends.base import Handle
from flowtui.backends.daemon import submit
from flowtui.engine.fold import MOST_ROWS, Answer, Fold, Folded, Part
from flowtui.engine.folds import fold_of
from flowtui.model.errors import BackendError, FlowtuiError
from flowtui.model.run import Query, RunState, Snapshot, Statistics
from flowtui.query.catalogue.limits import DEFAULT_ROWS, MAX_ROWS

if TYPE_CHECKING:
    from flowtui.engine.findings.shelf import Shelf
    from flowtui.model.timerange import TimeRange

JOINT = "+"
"""Between the ids of the queries of one run."""
_SUMMED = (
    "records_matched", "records_scanned", "bytes_scanned", "bytes_skipped", "records_skipped",
    "groups_scanned",
)  # fmt: skip


TICK = 0.25
"""So many seconds a poll waits for a fold."""

_NOTHING = Statistics(bytes_scanned=0.0)


def ids_in(handle: str) -> list[str]:
    """The ids of the queries of a run, one for a plain query."""
    return handle.split(JOINT)


class Service(Protocol):
    """What a fold needs of a service; see `backends/base`."""

    async def start(self, query: Query, window: TimeRange) -> Handle: ...

    async def poll(self, handle: Handle) -> Snapshot: ...

    async def stop(self, handle: Handle) -> None: ...

    def query_id(self, handle: Handle) -> str: ...

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle: ...

    async def close(self) -> None: ...


class Folding:
    """A backend that takes folds as well as plain queries, which it passes on.

    A part that has been answered already is not asked again where the service keeps its rows.
    """

    def __init__(
        self, service: Service, *, keeps_rows: bool, shelf: Callable[[], Shelf] | None = None
    ) -> None:
        """One that keeps rows under the query's id gives `MAX_ROWS` at most."""
        self._shelf = shelf
        self._service, self._keeps_rows = service, keeps_rows
        self._most_rows = MAX_ROWS if keeps_rows else MOST_ROWS
        self._folded: dict[Handle, _Run] = {}
        self._plain: dict[Handle, Part] = {}
        self._answered: dict[Part, Handle] = {}
        """The whole results that the service has, by their query without a limit."""

    async def start(self, query: Query, window: TimeRange) -> Handle:
        fold = fold_of(query.body, self._shelf)
        if fold is None:
            handle = await self._service.start(query, window)
            if self._keeps_rows:
                self._plain[handle] = Part(query, window)
            return handle
        parts, handles = fold.parts(query, window), list[Handle]()
        paid = frozenset(index for index, part in enumerate(parts) if self.has(part))
        try:
            for part in parts:
                handles.append(await self._begun(part))
        finally:
            if len(handles) < len(parts):
                await self._stop_all(handles)
        handle = self._run(fold, parts, handles, query.limit)
        self._folded[handle].paid = paid
        return handle

    async def _begun(self, part: Part) -> Handle:
        known = self._answered.get(_unlimited(part))
        if known is not None:
            return await self._service.attach(known, part.query, part.window)
        return await self._service.start(part.query, part.window)

    def has(self, part: Part) -> bool:
        """Whether its rows are there without a scan."""
        return _unlimited(part) in self._answered

    async def poll(self, handle: Handle) -> Snapshot:
        if (run := self._folded.get(handle)) is None:
            latest = await self._service.poll(handle)
            if latest.state.is_final and (part := self._plain.pop(handle, None)) is not None:
                self._note(part, handle, latest)
            return latest
        return await run.poll(self._service)

    def _note(self, part: Part, handle: Handle, latest: Snapshot) -> None:
        most = DEFAULT_ROWS if part.query.limit is None else part.query.limit
        is_whole = len(latest.results.rows) < min(most, MAX_ROWS)
        if is_whole and latest.state is RunState.COMPLETE and self._service.query_id(handle):
            self._answered[_unlimited(part)] = Handle(self._service.query_id(handle))

    async def stop(self, handle: Handle) -> None:
        if (run := self._folded.get(handle)) is None:
            await self._service.stop(handle)
        else:
            await asyncio.gather(*map(self._service.stop, run.handles))

    def query_id(self, handle: Handle) -> str:
        """The ids of all queries; empty while one of them waits to be started."""
        if (run := self._folded.get(handle)) is None:
            return self._service.query_id(handle)
        ids = [self._service.query_id(each) for each in run.handles]
        return JOINT.join(ids) if all(ids) else ""

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        fold = fold_of(query.body, self._shelf)
        if fold is None:
            return await self._service.attach(handle, query, window)
        parts, ids = fold.parts(query, window), ids_in(handle)
        if len(parts) != len(ids):
            raise BackendError("not all of its queries had been started; run it again")
        asked = zip(ids, parts, strict=True)
        handles = [
            await self._service.attach(Handle(id_), part.query, part.window) for id_, part in asked
        ]
        return self._run(fold, parts, handles, query.limit)

    async def close(self) -> None:
        await self._service.close()

    def _run(
        self, fold: Fold, parts: Sequence[Part], handles: Sequence[Handle], limit: int | None
    ) -> Handle:
        handle = Handle(JOINT.join(handles))
        self._folded[handle] = _Run(fold, tuple(parts), tuple(handles), self._most_rows, limit)
        return handle

    async def _stop_all(self, handles: Sequence[Handle]) -> None:
        for handle in handles:
            with suppress(FlowtuiError):
                await self._service.stop(handle)


def _unlimited(part: Part) -> Part:
    plain = replace(part.query, limit=None, time=None, pairs=None, is_part=False)
    return replace(part, query=plain)


@dataclass(slots=True)
class _Run:
    """The queries of one fold on their way."""

    fold: Fold
    parts: tuple[Part, ...]
    handles: tuple[Handle, ...]
    most_rows: int
    limit: int | None
    """Of rows of the result."""
    paid: frozenset[int] = frozenset()
    """The parts that had been answered before: they scan nothing."""
    latest: dict[int, Snapshot] = field(default_factory=dict)
    """What was known last of each part."""
    folding: asyncio.Future[Snapshot] | None = None
    ended: Snapshot | None = None

    async def poll(self, service: Service) -> Snapshot:
        if self.ended is not None:
            return self.ended
        for index, handle in enumerate(self.handles):
            known = self.latest.get(index)
            if known is None or not known.state.is_final:
                latest = await service.poll(handle)
                is_paid = index in self.paid
                self.latest[index] = replace(latest, statistics=_NOTHING) if is_paid else latest
        together = _together([self.latest[index] for index in range(len(self.handles))])
        if not together.state.is_final:
            return together
        if together.state is not RunState.COMPLETE:
            unended = [i for i, each in self.latest.items() if not each.state.is_final]
            await asyncio.gather(*(service.stop(self.handles[index]) for index in unended))
            self.ended = together
        else:
            self.folding = self.folding or _folded(self, together)
            # A fold of a million rows takes its time, and the clock on the screen goes on.
            done, _ = await asyncio.wait([self.folding], timeout=TICK)
            if not done:
                return replace(together, state=RunState.RUNNING)
            self.ended, self.folding = self.folding.result(), None
        self.latest.clear()
        return self.ended

    def answers(self) -> tuple[Answer, ...]:
        latest = [self.latest[index] for index in range(len(self.parts))]
        return tuple(
            Answer(part, of.results, len(of.results.rows) >= self.most_rows, of.notices)
            for part, of in zip(self.parts, latest, strict=True)
        )


def _folded(run: _Run, together: Snapshot) -> asyncio.Future[Snapshot]:
    answers = run.answers()
    fold: Callable[[], Snapshot] = lambda: _result(run, answers, together)  # noqa: E731
    return asyncio.wrap_future(submit(fold))


def _result(run: _Run, answers: Sequence[Answer], together: Snapshot) -> Snapshot:
    try:
        folded = folded_by(run.fold, answers)
    except FlowtuiError as error:
        return replace(together, state=RunState.FAILED, error=str(error))
    results = folded.results
    notices = (*folded.notices, *together.notices)
    most = min(run.limit or MAX_ROWS, MAX_ROWS)
    count = max(len(results.rows), folded.count or 0)
    if count > most:
        if run.limit is None:
            said = f"of {count:,} rows the first {most:,} are shown; narrow the question"
            notices = (said, *notices)
        results = replace(results, rows=results.rows[:most])
    return replace(together, results=results, notices=notices)


def folded_by(fold: Fold, answers: Sequence[Answer]) -> Folded:
    """What the fold makes of the answers; raises `FlowtuiError`."""
    # Half of the time would go to a search for rings among a million rows, which have none.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return fold.fold(answers)
    finally:
        if was_enabled:
            gc.enable()


def _together(snapshots: Sequence[Snapshot]) -> Snapshot:
    """What is known of all, without rows: these are folded once they are all there."""
    notices = dict.fromkeys(notice for each in snapshots for notice in each.notices)
    logins = [each.login for each in snapshots if each.login]
    errors = [each.error for each in snapshots if each.error]
    return Snapshot(
        _state([each.state for each in snapshots]),
        statistics=_summed([each.statistics for each in snapshots]),
        error=errors[0] if errors else "",
        notices=tuple(notices),
        has_slot=all(each.has_slot for each in snapshots),
        login=logins[0] if logins else (),
    )


def _state(states: Sequence[RunState]) -> RunState:
    """That of the first that has failed; else of the one that is the least far."""
    bad = [each for each in states if each.is_final and each is not RunState.COMPLETE]
    if bad:
        return bad[0]
    order = (RunState.QUEUED, RunState.RUNNING, RunState.COMPLETE)
    least = min(states, key=order.index)
    has_begun = any(each is not RunState.QUEUED for each in states)
    return RunState.RUNNING if least is RunState.QUEUED and has_begun else least


def _summed(several: Sequence[Statistics]) -> Statistics:
    sums: dict[str, float | None] = {}
    for name in _SUMMED:
        values = [value for each in several if (value := getattr(each, name)) is not None]
        sums[name] = sum(values) if values else None
    is_priced_apart = any(each.bytes_paid is not None for each in several)
    shares = [each.progress for each in several]
    known = [share for share in shares if share is not None]
    progress = sum(known) / len(known) if known and len(known) == len(shares) else None
    return Statistics(
        records_matched=sums["records_matched"],
        records_scanned=sums["records_scanned"],
        bytes_scanned=sums["bytes_scanned"],
        progress=progress,
        bytes_skipped=sums["bytes_skipped"],
        records_skipped=sums["records_skipped"],
        groups_scanned=sums["groups_scanned"],
        bytes_paid=sum(each.paid or 0.0 for each in several) if is_priced_apart else None,
    )
