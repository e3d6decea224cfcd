"""A backend and a catalog that replay what they were given, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from flowtui.backends.base import Explanation, Handle
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, FlowtuiError
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.saved_query import SavedQuery
from flowtui.model.timerange import TimeRange

Reply = Snapshot | FlowtuiError | asyncio.Event
"""Answer to a poll: a snapshot, an error to raise, or a gate to wait at before the next step."""

Page = tuple[LogGroup, ...] | FlowtuiError | asyncio.Event

Script = Sequence[Reply] | FlowtuiError
"""The steps of one query; an error is what its start raises."""


class ScriptedBackend:
    """Plays one script for each query that is started, the last one for all the rest.

    When a script is used up, its last snapshot stays true. A stopped query is CANCELLED and keeps
    its rows. `start_gate` and `stop_gate` hold back the answers to these verbs.
    """

    def __init__(
        self,
        *scripts: Script,
        start_gate: asyncio.Event | None = None,
        stop_gate: asyncio.Event | None = None,
    ) -> None:
        self.calls: list[str] = []
        """The verbs in order: `start TEXT`, `poll`, `stop`, `close`."""
        self.started: list[tuple[Query, TimeRange]] = []
        self._scripts = list(scripts) or [[Snapshot(RunState.COMPLETE)]]
        self._start_gate = start_gate
        self._stop_gate = stop_gate
        self._steps: dict[Handle, list[Reply]] = {}
        self._latest: dict[Handle, Snapshot] = {}
        self._asked = asyncio.Event()

    async def reached(self, verb: str) -> None:
        """Wait until `verb` is what was asked last."""
        while not (self.calls and self.calls[-1].startswith(verb)):
            self._asked.clear()
            await self._asked.wait()

    @property
    def running(self) -> tuple[Handle, ...]:
        """The queries that were started and have neither ended nor been stopped."""
        return tuple(h for h, snapshot in self._latest.items() if not snapshot.state.is_final)

    async def start(self, query: Query, window: TimeRange) -> Handle:
        self._record(f"start {query.text}")
        script = self._scripts[min(len(self.started), len(self._scripts) - 1)]
        self.started.append((query, window))
        if self._start_gate is not None:
            await self._start_gate.wait()
        if isinstance(script, FlowtuiError):
            raise script
        handle = Handle(f"query-{len(self.started)}")
        self._steps[handle] = list(script)
        self._latest[handle] = Snapshot(RunState.QUEUED)
        return handle

    async def explain(self, query: Query, window: TimeRange) -> Explanation:
        self._record(f"explain {query.text}")
        return Explanation(query.text)

    async def poll(self, handle: Handle) -> Snapshot:
        self._record("poll")
        steps = self._known(handle)
        while steps and not self._latest[handle].state.is_final:
            step = steps.pop(0)
            if isinstance(step, Snapshot):
                self._latest[handle] = step
                break
            if isinstance(step, FlowtuiError):
                raise step
            await step.wait()
        return self._latest[handle]

    async def stop(self, handle: Handle) -> None:
        self._record("stop")
        self._known(handle)
        if self._stop_gate is not None:
            await self._stop_gate.wait()
        latest = self._latest[handle]
        if not latest.state.is_final:
            self._latest[handle] = Snapshot(RunState.CANCELLED, latest.results, latest.statistics)

    def query_id(self, handle: Handle) -> str:
        return str(handle)

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        """The last snapshot of the query is still true."""
        self._record("attach")
        self._known(handle)
        return handle

    async def close(self) -> None:
        self._record("close")

    def _record(self, call: str) -> None:
        self.calls.append(call)
        self._asked.set()

    def _known(self, handle: Handle) -> list[Reply]:
        try:
            return self._steps[handle]
        except KeyError:
            raise BackendError(f"there is no query {handle}; start it first") from None


class ScriptedCatalog:
    """Tells the groups that it was given, a page at a time; a page may be an error or a gate.

    `found` has the pages for each pattern.
    """

    place = "scripted"
    region = ""

    def __init__(
        self,
        *pages: Page,
        extents: Mapping[str, TimeRange] | None = None,
        found: Mapping[str, Sequence[Page]] | None = None,
    ) -> None:
        self.sought: list[str] = []
        """The patterns that were asked for."""
        self.known_names: Mapping[str, str] | FlowtuiError = {}
        self.named: list[frozenset[str]] = []
        """The ids whose names were asked for."""
        self._pages = pages
        self._extents = extents or {}
        self._found = found or {}

    async def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        self.sought += [pattern] if pattern else []
        for page in self._found.get(pattern, ()) if pattern else self._pages:
            if isinstance(page, FlowtuiError):
                raise page
            if isinstance(page, asyncio.Event):
                await page.wait()
            else:
                yield page

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        for page in self._pages:
            for group in page if isinstance(page, tuple) else ():
                if group.name == name:
                    return group
        raise BackendError(f"there is no log group {name}; check the name")

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        known = [self._extents[name] for name in names if name in self._extents]
        if not known:
            return None
        return TimeRange(min(e.start for e in known), max(e.end for e in known))

    async def objects(self, name: str, window: TimeRange) -> None:
        """Nothing is listed."""

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        self.named.append(ids)
        if isinstance(self.known_names, FlowtuiError):
            raise self.known_names
        return {name: text for name, text in self.known_names.items() if name in ids}


class ScriptedQueries:
    """Tells the saved queries that it was given, a page at a time, and notes what is saved.

    A page may be an error or a gate.
    """

    def __init__(
        self,
        *pages: tuple[SavedQuery, ...] | FlowtuiError | asyncio.Event,
        refusal: FlowtuiError | None = None,
    ) -> None:
        self.pages = list(pages)
        self.saved: list[SavedQuery] = []
        """What was put, in order."""
        self._refusal = refusal

    async def saved_queries(self, prefix: str = "") -> AsyncIterator[tuple[SavedQuery, ...]]:
        for page in tuple(self.pages):
            if isinstance(page, FlowtuiError):
                raise page
            if isinstance(page, asyncio.Event):
                await page.wait()
            else:
                yield tuple(query for query in page if query.name.startswith(prefix))

    async def save_query(self, query: SavedQuery) -> str:
        if self._refusal is not None:
            raise self._refusal
        self.saved.append(query)
        return query.id or f"saved-{len(self.saved)}"
