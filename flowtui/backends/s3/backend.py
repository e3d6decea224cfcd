"""Flow logs in S3: the objects of a query's time are fetched, and the local engine reads them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TypeVar

from flowtui.backends.aws.client import Clients
from flowtui.backends.base import Explanation, Handle, Objects
from flowtui.backends.daemon import submit
from flowtui.backends.duckdb.backend import DuckDBBackend, Shelf
from flowtui.backends.duckdb.groups import Group
from flowtui.backends.duckdb.loaded_cache import LoadedCache
from flowtui.backends.s3 import parquet
from flowtui.backends.s3.cache import Cache
from flowtui.backends.s3.destinations import destinations
from flowtui.backends.s3.fetch import Fetch, Fetched
from flowtui.backends.s3.listing import Found, Listing
from flowtui.backends.s3.local import Brought, Here, Local
from flowtui.backends.s3.location import SCHEME, Location
from flowtui.backends.s3.parquet import Needed, Pieces, is_in_pieces
from flowtui.backends.s3.question import Question
from flowtui.backends.s3.requests import Object, Requests
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.amounts import human_bytes
from flowtui.model.errors import BackendError, CredentialsError, FlowtuiError, QueryError
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.saved_query import SavedQuery
from flowtui.model.source import S3Source
from flowtui.model.timerange import TimeRange

T = TypeVar("T")
Listed = Mapping[str, Sequence[Object]]
"""The objects of each log group."""

_TIMEOUTS = (3.0, 20.0)
"""Seconds to connect, and between two pieces of an answer."""
_LISTING = "listing the objects of the time that is asked for"
_MOST_KEPT = 20
"""Queries whose end can still be polled."""
_MOST_NAMED = 3
"""Objects that are left out, in sentences of their own."""


@dataclass(eq=False)
class _Run:
    """A query on its way: listed, fetched, and then asked of the local engine."""

    question: Question
    may_fetch: bool
    task: asyncio.Task[None] | None = None
    fetch: Fetch | None = None
    local: tuple[Local, Handle] | None = None
    needed: Needed = field(default_factory=Needed)
    read: int | None = None
    """Bytes of the objects that it reads; None where that is not known from their footers."""
    notices: tuple[str, ...] = ()
    """What is left out."""
    latest: Snapshot = field(default_factory=lambda: Snapshot(RunState.QUEUED))

    @property
    def is_final(self) -> bool:
        return self.latest.state.is_final


class S3Backend:
    """Each URL of the source, a bucket or a folder in one, is a log group.

    Only `start` fetches objects; whatever else is asked lists at most, and `attach` reads what is
    here already.
    """

    region = ""
    """No page of the console shows what is read here."""

    def __init__(  # noqa: PLR0913  (what follows the star is for the composition root)
        self,
        source: S3Source,
        cache: Cache,
        *,
        now: Callable[[], datetime],
        one_shot: bool = False,
        shows_first: bool = False,
        given: FlowFormat | None = None,
        shelf: Shelf | None = None,
        memory: int = 0,
        loaded: LoadedCache | None = None,
        ask: Callable[[str], str] | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._urls, self._cache, self._now, self._given = source.urls, cache, now, given
        self._one_shot, self._shows_first = one_shot, shows_first
        self._shelf, self._memory = shelf, memory
        self._loaded = loaded
        self._clients = Clients(source.profile, source.region, source.endpoint_url, _TIMEOUTS, ask)
        self._requests = Requests(self._clients, is_payer=source.is_payer, pause=pause)
        self._closed = threading.Event()
        self._listing = Listing(self._requests, self._closed)
        self._listed: dict[tuple[str, TimeRange], Found] = {}
        """What was listed to say what a query takes, until it is run."""
        self._local: Local | None = None
        self._earlier: list[Local] = []
        self._handing = asyncio.Lock()
        """Held while a query is handed to the local engine: its objects go with it."""
        self._in_turn = asyncio.Lock()
        """Whoever has it decides which columns of the local engine's objects are here."""
        self._library = self._engine(())
        self._runs: dict[Handle, _Run] = {}
        self._numbers = count(1)

    @property
    def place(self) -> str:
        return f"S3 {self._clients.place.label}"

    @property
    def respelled(self) -> frozenset[FieldInfo]:
        return self._local.backend.respelled if self._local else frozenset()

    # Queries

    async def start(self, query: Query, window: TimeRange) -> Handle:
        return self._begin(query, window, may_fetch=True)

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        """Anew, from the objects that are here: nothing is fetched that nobody has asked for."""
        return self._begin(query, window, may_fetch=False)

    async def poll(self, handle: Handle) -> Snapshot:
        run = self._known(handle)
        if run.local is not None and not run.is_final:
            local, inner = run.local
            found = await local.backend.poll(inner)
            run.latest = _of_run(run, local, found)
        elif run.task is not None and run.task.done() and not run.is_final:
            self._end(run, run.task)
        elif not run.is_final:
            run.latest = replace(run.latest, notices=(run.fetch.said if run.fetch else _LISTING,))
        return run.latest

    async def stop(self, handle: Handle) -> None:
        run = self._known(handle)
        await self._halt(run)
        if run.local is not None:
            local, inner = run.local
            await local.backend.stop(inner)
        if not run.is_final:
            run.latest = replace(run.latest, state=RunState.CANCELLED, notices=run.notices)

    def query_id(self, handle: Handle) -> str:
        return str(handle)

    async def explain(self, query: Query, window: TimeRange) -> Explanation:
        """What would be fetched; the SQL too, once all of it is here."""
        question = self._question(query, window)
        objects = await self._objects(question)
        async with self._in_turn:
            every = (*_all_of(objects), *self._known_pieces(objects))
            fetch = await self._fetch(every)
            if not every or fetch.missing:
                return _to_fetch(fetch, is_most=bool(fetch.pieces))
            paths = await self._in_thread(lambda: self._kept(objects))
            needed = Needed()
            if fetch.pieces:
                needed = self._together(await self._needed(question, objects, paths))
                fetch = await self._fetch(every, needed)
            if fetch.missing:
                return _to_fetch(fetch)
            brought = _by_group(objects, paths, fetch.pieces)
            local, query = await self._ready(question, brought, needed)
        return await local.backend.explain(query, window)

    async def close(self) -> None:
        self._closed.set()
        for run in self._runs.values():
            await self._halt(run)
        for local in (*self._earlier, *([self._local] if self._local else [])):
            await local.backend.close()
        await self._library.close()
        self._clients.close()
        await asyncio.wrap_future(submit(self._cache.trim))

    # Log groups

    async def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        """Those that were named, the trees of accounts and regions in them, and EC2's destinations.

        Where EC2 may not be asked, there are no more than the first two.
        """
        sought = pattern.casefold()
        yield tuple(LogGroup(url) for url in self._urls if sought in url.casefold())
        for url in self._urls:
            location = Location.parse(url)
            roots = await self._in_thread(lambda at=location: self._listing.roots(at))  # type: ignore[misc]  # a default value has no type here
            names = [str(Location(location.bucket, tree.root)) for tree in roots.trees]
            yield tuple(LogGroup(name) for name in names if sought in name.casefold())
        with suppress(BackendError):  # nobody needs it to read what was named
            delivering = await self._in_thread(lambda: destinations(self._clients))
            groups = (each.group for each in delivering)
            yield tuple(group for group in groups if sought in group.name.casefold())

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        """Nothing is fetched to find out a format: it is known after the first query."""
        self._location(name)
        if self._local is None or not self._local.has(name):
            return LogGroup(name, is_provisional=True)
        return replace(await self._local.backend.describe(name), is_provisional=True)

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        return None

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        """Whoever may read the bucket need not be who has the network."""
        return {}

    async def objects(self, name: str, window: TimeRange) -> Objects | None:
        found = self._listed[name, window] = await self._list(name, window)
        left = {each: each.size - self._cache.pieces(each).size for each in found.objects}
        missing = {each: size for each, size in left.items() if size}
        return Objects(
            len(found.objects),
            sum(each.size for each in found.objects),
            len(missing),
            sum(missing.values()),
            found.requests,
            is_most=any(map(is_in_pieces, missing)),
        )

    # Saved queries, which are those of the settings

    @property
    def saving_refused(self) -> str:
        return self._library.saving_refused

    def saved_queries(self, prefix: str = "") -> AsyncIterator[tuple[SavedQuery, ...]]:
        return self._library.saved_queries(prefix)

    async def save_query(self, query: SavedQuery) -> str:
        return await self._library.save_query(query)

    # How a query gets to its rows

    def _begin(self, query: Query, window: TimeRange, *, may_fetch: bool) -> Handle:
        run = _Run(self._question(query, window), may_fetch)
        handle = Handle(f"s3-{next(self._numbers)}")
        ended = [each for each, old in self._runs.items() if old.is_final]
        for each in ended[: max(0, len(ended) - _MOST_KEPT + 1)]:
            del self._runs[each]
        self._runs[handle] = run
        run.task = asyncio.ensure_future(self._answer(run))
        return handle

    def _question(self, query: Query, window: TimeRange) -> Question:
        question = Question.of(query, window, self._urls, self._now())
        for name in question.groups:
            self._location(name)
        return question

    async def _answer(self, run: _Run) -> None:
        """Raises what goes wrong; then nothing of it is with the local engine."""
        objects = await self._objects(run.question)
        if not any(objects.values()):
            raise await self._none_of(run.question)
        # What another query has the local engine read must have the columns of this one, too.
        are_in_pieces = any(map(is_in_pieces, _all_of(objects)))
        async with self._in_turn if are_in_pieces else nullcontext():
            brought, needed, is_whole = await self._bring(run, objects)
            if not is_whole:
                self._local, left = None, self._local
                if left is not None:
                    await left.backend.close()
            async with self._handing:
                local, query = await self._ready(run.question, brought, needed)
                run.local = local, await local.backend.start(query, run.question.window)
                local.has_begun = True

    async def _bring(self, run: _Run, objects: Listed) -> tuple[Brought, Needed, bool]:
        """The objects, what of those in pieces, and whether the local engine's are here, too."""
        known = self._known_pieces(objects)
        fetch = await self._fetch((*_all_of(objects), *known))
        needed = Needed()
        left_out: list[str] = []
        while True:
            fetched = await self._fetched(run, fetch)
            left_out += fetched.left_out
            fetch = await self._fetch(tuple(fetched.paths))
            if not fetch.missing:
                break
        if fetch.pieces:
            run.needed = await self._needed(run.question, objects, fetched.paths)
            needed = self._together(run.needed)
            fetch = await self._fetch(tuple(fetched.paths), needed)
            fetched = await self._fetched(run, fetch)
            left_out += fetched.left_out
            run.read = await self._in_thread(lambda: self._read_by(run, objects))
        run.notices = tuple(_left_out(left_out))
        if not fetched.paths:
            raise BackendError(f"no object can be read: {left_out[0]}")
        brought = _by_group(objects, fetched.paths, fetch.pieces)
        return brought, needed, all(each in fetched.paths for each in known)

    async def _fetched(self, run: _Run, fetch: Fetch) -> Fetched:
        if fetch.missing and not run.may_fetch:
            raise BackendError(
                f"{len(fetch.missing):,} of its objects would have to be fetched again"
            )
        run.fetch = fetch
        return await self._in_thread(fetch.run)

    async def _fetch(self, objects: Sequence[Object], needed: Needed | None = None) -> Fetch:
        """Of objects that come in pieces, what is `needed`; without that, their footers."""

        def made() -> Fetch:
            pieces = self._pieces(objects, needed)
            return Fetch(objects, self._cache, self._requests, pieces)

        return await self._in_thread(made)

    def _pieces(self, objects: Sequence[Object], needed: Needed | None) -> Mapping[Object, Pieces]:
        if needed is not None:
            return parquet.all_needed(self._cache, objects, needed)
        found = filter(is_in_pieces, objects)
        return {each: Pieces(parquet.footer(self._cache, each)) for each in found}

    def _together(self, needed: Needed) -> Needed:
        """With that of the queries that are on their way: what one brings, another may read.

        The local engine goes on with the rows that it has.
        """
        for run in self._runs.values():
            needed |= Needed() if run.is_final else run.needed
        return needed | (Needed(times=self._local.times) if self._local else Needed())

    def _read_by(self, run: _Run, objects: Listed) -> int:
        """Bytes of the objects that its query reads, whatever else was fetched with them."""
        every = _all_of(objects)
        pieces = self._pieces(every, run.needed)
        return sum(pieces[e].ranges.size if e in pieces else e.size for e in every)

    def _known_pieces(self, objects: Listed) -> tuple[Object, ...]:
        """The others that the local engine reads with these, of which pieces are here."""
        found = {name: some for name, some in objects.items() if some}
        if self._local is None or not self._local.fits(found):
            return ()
        new = frozenset(_all_of(objects))
        return tuple(e for e in self._local.objects if is_in_pieces(e) and e not in new)

    async def _needed(
        self, question: Question, objects: Listed, paths: Mapping[Object, Path]
    ) -> Needed:
        """What the query's statements read, by an engine that loads nothing."""
        brought = _by_group(objects, paths, {})
        found = {name: some for name, some in brought.items() if some}
        local = Local(
            found,
            self._cache.folder,
            self._given,
            lambda groups: self._engine(groups, one_shot=True),
        )
        groups = tuple(name for name in question.groups if name in found)
        query = (
            question.query if question.names_groups else replace(question.query, log_groups=groups)
        )
        try:
            names = await local.backend.names_read(query, question.window)
        finally:
            await local.backend.close()
        # Who asks for all there is sees records without a time, too.
        return Needed(names, None if query.time is None else frozenset(question.windows))

    async def _ready(
        self, question: Question, brought: Brought, needed: Needed
    ) -> tuple[Local, Query]:
        """The local engine over these objects, and the query without groups that have none."""
        query = question.query
        found = {name: some for name, some in brought.items() if some}
        if not question.names_groups:
            query = replace(query, log_groups=tuple(n for n in question.groups if n in found))
        elif len(found) < len(brought):
            raise await self._none_of(question)
        if self._one_shot:
            # It looks at its files once; a comparison has two windows at the same time.
            if self._local is None or not self._local.holds(found):
                self._earlier += [self._local] if self._local else []
                self._local = Local(found, self._cache.folder, self._given, self._engine)
            self._local.times = needed.times
            return self._local, query
        if self._local is not None:
            await self._local.settled()
        if self._local is None or not self._local.takes(found):
            left, self._local = (
                self._local,
                Local(found, self._cache.folder, self._given, self._engine),
            )
            if left is not None:
                await left.backend.close()
        self._local.times = needed.times
        return self._local, query

    def _engine(self, groups: tuple[Group, ...], *, one_shot: bool = False) -> DuckDBBackend:
        return DuckDBBackend(
            (),
            now=self._now,
            one_shot=one_shot or self._one_shot,
            shows_first=self._shows_first,
            shelf=self._shelf,
            others=groups,
            memory=self._memory,
            cache=self._loaded,
        )

    async def _objects(self, question: Question) -> Listed:
        """Those of each group; what two groups have is read once, as the first one's."""
        seen: set[tuple[str, str]] = set()
        objects: dict[str, list[Object]] = {}
        known, self._listed = self._listed, {}
        for name in question.groups:
            listed = [
                known.get((name, window)) or await self._list(name, window)
                for window in question.windows
            ]
            own = {(each.bucket, each.key): each for found in listed for each in found.objects}
            objects[name] = [each for key, each in own.items() if key not in seen]
            seen |= own.keys()
        return objects

    async def _list(self, name: str, window: TimeRange) -> Found:
        location = self._location(name)
        return await self._in_thread(lambda: self._listing.objects(location, window))

    def _kept(self, objects: Listed) -> dict[Object, Path]:
        cache = self._cache
        return {
            each: path
            for each in _all_of(objects)
            if (path := (cache.in_pieces if is_in_pieces(each) else cache.kept)(each))
        }

    async def _none_of(self, question: Question) -> BackendError:
        """Where there is nothing in the time that was asked for, perhaps when there is."""
        name, window = question.groups[0], question.window
        latest = await self._in_thread(lambda: self._listing.latest(self._location(name)))
        start, end = (f"{moment:%Y-%m-%d %H:%M}" for moment in (window.start, window.end))
        hint = f"the latest day there is {latest}" if latest else "nothing there tells its time"
        return BackendError(
            f"{name} has no objects from {start} to {end} UTC; {hint}, so ask for another time"
        )

    def _location(self, name: str) -> Location:
        if not name.startswith(SCHEME):
            known = ", ".join(self._urls)
            raise BackendError(f"there is no log group {name}; there are: {known}")
        return Location.parse(name)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.wrap_future(submit(work))
        except CancelledError:
            raise asyncio.CancelledError from None

    # How it ends

    def _known(self, handle: Handle) -> _Run:
        try:
            return self._runs[handle]
        except KeyError:
            raise BackendError(f"there is no query {handle}; start it first") from None

    def _end(self, run: _Run, task: asyncio.Task[None]) -> None:
        """Take over why it has failed. After a login it is begun anew, with what is here by now."""
        error = None if task.cancelled() else task.exception()
        match error:
            case None:
                run.latest = Snapshot(RunState.CANCELLED)
            case CredentialsError():
                run.task, run.fetch = asyncio.ensure_future(self._answer(run)), None
                raise error
            case QueryError():
                raise error
            case FlowtuiError():
                run.latest = Snapshot(RunState.FAILED, error=str(error), notices=run.notices)
            case _:
                raise error

    async def _halt(self, run: _Run) -> None:
        """End its fetch: its threads let go with the next piece that comes."""
        if run.fetch is not None:
            run.fetch.cancelled.set()
        if run.task is not None and not run.task.done():
            run.task.cancel()
            await asyncio.wait({run.task})


def _all_of(objects: Listed) -> tuple[Object, ...]:
    """Each once."""
    return tuple(dict.fromkeys(each for some in objects.values() for each in some))


def _by_group(
    objects: Listed, paths: Mapping[Object, Path], pieces: Mapping[Object, Pieces]
) -> Brought:
    def here(each: Object) -> Here:
        return Here(paths[each], pieces[each].rows if each in pieces else None)

    return {
        name: {each: here(each) for each in some if each in paths} for name, some in objects.items()
    }


def _of_run(run: _Run, local: Local, found: Snapshot) -> Snapshot:
    """The local engine's snapshot, in the words of S3; of columns it has counted the files."""
    statistics = found.statistics
    if run.read is not None and statistics.bytes_scanned:
        statistics = replace(statistics, bytes_scanned=run.read)
    notices = (*run.notices, *map(local.named, found.notices))
    return replace(found, notices=notices, error=local.named(found.error), statistics=statistics)


def _to_fetch(fetch: Fetch, *, is_most: bool = False) -> Explanation:
    lines: list[str] = []
    for each, size in fetch.missing.items():
        lines.append(f"GET {each}")
        if each in fetch.pieces:
            what = "its footer, then the columns of the query" if is_most else human_bytes(size)
            lines[-1] += f" ({what})"
    sizes = (each.size if is_most else size for each, size in fetch.missing.items())
    most = "at most " if is_most else ""
    notice = (
        f"{len(fetch.missing):,} objects, {most}{human_bytes(sum(sizes))}, would be fetched; the"
        " SQL is known after that"
    )
    return Explanation("\n".join(lines), notice)


def _left_out(reasons: Sequence[str]) -> Iterator[str]:
    """A sentence for each of the first, and how many there are more."""
    yield from (f"left out: {why}" for why in reasons[:_MOST_NAMED])
    if len(reasons) > _MOST_NAMED:
        yield f"left out: {len(reasons) - _MOST_NAMED:,} more objects"
