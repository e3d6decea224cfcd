"""Whatever the network does: the rows are right or an error is shown, and nothing is left running.

`FLOWTUI_FAULTS=5000` makes as many faults, `FLOWTUI_FAULT_SEED=x` other ones.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.scripted import ScriptedCatalog
from flowtui.engine.watch import watch
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import Query, ResultSet, RunState, Snapshot
from flowtui.model.timerange import TimeRange
from flowtui.serve import queries, runs
from flowtui.serve.server import Endpoint
from tests.contract.asking import ask
from tests.contract.conftest import EDGE, PATIENCE, WINDOW
from tests.contract.faults import Draws, Fault, Given, Kind, Proxy, Schedule, running

FAULTS = int(os.environ.get("FLOWTUI_FAULTS", "300"))
SEED = os.environ.get("FLOWTUI_FAULT_SEED", "1")
LANES = 8
SHARE = 0.35
"""Of the requests that go wrong."""

QUERY = Query("fields srcaddr, bytes", WINDOW, (EDGE.name,))
COLUMNS = ("srcaddr", "bytes", "@ptr")
ROWS = tuple((f"10.0.0.{n}", str(n), f"p{n}") for n in range(25))
FIRST = (("10.9.9.9", "1", "p9"),)
"""Partial results, which the final ones replace."""
SECOND = (*FIRST, ("10.8.8.8", "2", "p8"))
SCRIPT = (
    Snapshot(RunState.RUNNING),
    Snapshot(RunState.RUNNING, ResultSet(COLUMNS, FIRST)),
    Snapshot(RunState.RUNNING, ResultSet(COLUMNS, SECOND)),
    Snapshot(RunState.COMPLETE, ResultSet(COLUMNS, ROWS)),
)


class Stepwise:
    """A backend whose queries go on when they are told to, so that no clock has a say."""

    def __init__(self) -> None:
        self._count = 0
        self._coming: dict[Handle, Iterator[Snapshot]] = {}
        self._steps: dict[Handle, asyncio.Queue[Snapshot]] = {}

    async def start(self, _query: Query, _window: TimeRange) -> Handle:
        self._count += 1
        handle = Handle(str(self._count))
        self._coming[handle], self._steps[handle] = iter(SCRIPT), asyncio.Queue()
        return handle

    async def poll(self, handle: Handle) -> Snapshot:
        return await self._steps[handle].get()

    async def stop(self, handle: Handle) -> None:
        del self._coming[handle]

    def query_id(self, handle: Handle) -> str:
        return str(handle)

    async def close(self) -> None:
        pass

    async def step(self) -> None:
        """Let all queries go on, and the endpoint take notice."""
        for handle, coming in self._coming.items():
            if (snapshot := next(coming, None)) is not None:
                self._steps[handle].put_nowait(snapshot)
        for _ in range(20):
            await asyncio.sleep(0)


@dataclass
class Clock:
    """Time that passes only where somebody sleeps."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class Told:
    """What the user is told of one run."""

    snapshots: list[Snapshot] = field(default_factory=list)
    left: list[Handle | None] = field(default_factory=list)
    error: str = ""
    was_cancelled: bool = False
    has_left: bool = False


class Client(CloudWatchBackend):
    """Remembers the queries that it knows to have started."""

    started: set[str]

    async def start(self, query: Query, window: TimeRange) -> Handle:
        handle = await super().start(query, window)
        self.started = self.started | {handle}
        return handle


class Lane:
    """An endpoint, the proxy before it, and a user who asks one thing after the other."""

    def __init__(self, endpoint: Endpoint, script: Stepwise, schedule: Draws, seed: str) -> None:
        self.proxy = Proxy(endpoint.url, schedule, self._before)
        self._endpoint, self._script = endpoint, script
        self._random = random.Random(seed)  # noqa: S311  (it is to be repeatable)
        self._clock = Clock()
        self._loop = asyncio.get_running_loop()
        self._cancel_at = -1
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        read = self.proxy.schedule.patience
        patience = replace(
            PATIENCE, connect=2, read=read, sleep=self._clock.sleep, clock=self._clock
        )
        self._client = Client(endpoint_url=self.proxy.url, patience=patience)
        self._client.started = set()

    async def run(self) -> Told:
        """Ask once; some time the user has enough, and leaves or cancels."""
        how = self._random.choice(("to the end", "to the end", "leave", "cancel"))
        return await self.run_until(how, self._random.randrange(1, 8))

    async def run_until(self, how: str, enough: int) -> Told:
        """Ask, and end it after so many snapshots, or at the request of this number."""
        self._cancel_at = len(self.proxy.log) + enough if how == "cancel" else -1
        told = Told()
        self._task = asyncio.create_task(self._watch(told, enough if how == "leave" else 1000))
        try:
            await self._task
        except asyncio.CancelledError:
            told.was_cancelled = True
        except FlowtuiError as error:
            told.error = str(error)
        if told.was_cancelled:
            await asyncio.to_thread(_join_calls)
        await asyncio.to_thread(self.proxy.wait)
        return told

    async def _watch(self, told: Told, enough: int) -> None:
        snapshots = watch(
            self._client, QUERY, WINDOW, sleep=self._clock.sleep, left=told.left.append
        )
        async with aclosing(snapshots):
            async for snapshot in snapshots:
                told.snapshots.append(snapshot)
                if len(told.snapshots) >= enough:
                    told.has_left = True
                    return

    def running(self) -> list[str]:
        """The queries that run on the endpoint, asked without the proxy."""
        _, answer = ask(self._endpoint, "DescribeQueries", status="Running")
        _, queued = ask(self._endpoint, "DescribeQueries", status="Scheduled")
        return [entry["queryId"] for entry in (*answer["queries"], *queued["queries"])]

    def stop(self, query_id: str) -> None:
        ask(self._endpoint, "StopQuery", queryId=query_id)

    def knows(self, query_id: str) -> bool:
        return query_id in self._client.started

    def _before(self, operation: str) -> None:
        if len(self.proxy.log) == self._cancel_at + 1:
            asyncio.run_coroutine_threadsafe(self._cancel(), self._loop).result()
        if operation == "GetQueryResults":
            asyncio.run_coroutine_threadsafe(self._script.step(), self._endpoint._loop).result()

    async def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        await asyncio.sleep(0)


def _join_calls() -> None:
    """Wait for the calls that nobody waits for any more, and for the stops that they begin."""
    for _ in range(2):
        for thread in threading.enumerate():
            if thread.name == "flowtui-call" and thread.is_alive():
                thread.join(10)


def now() -> datetime:
    """The clock of the dates in the answers' headers."""
    return datetime.now(UTC)


@contextmanager
def lane(seed: str, schedule: Draws | None = None) -> Iterator[Lane]:
    script = Stepwise()
    with ExitStack() as stack:
        endpoint = stack.enter_context(Endpoint(script, ScriptedCatalog((EDGE,)), now=now))
        made = Lane(endpoint, script, schedule or Schedule(seed, SHARE), seed)
        stack.enter_context(running(made.proxy))
        made.open()
        yield made


@pytest.fixture
def _small_pages_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE_ROWS", 7)
    monkeypatch.setattr(runs, "LOCAL", lambda _polls, _latest: 0.0)


@pytest.mark.usefixtures("_small_pages_at_once")
async def test_the_rows_are_right_or_an_error_is_shown_and_nothing_is_left_running() -> None:
    lanes = [go(f"{SEED}/{number}", FAULTS // LANES) for number in range(LANES)]
    wrong = [end for end in await asyncio.gather(*lanes, return_exceptions=True) if end]
    if wrong:
        raise wrong[0]


async def go(seed: str, faults: int) -> None:
    with lane(seed) as made:
        while made.proxy.faults < faults:
            begin = len(made.proxy.log)
            told = await made.run()
            try:
                check(made, told)
            except AssertionError as error:
                requests = [f"{name}: {fault or 'ok'}" for name, fault in made.proxy.log[begin:]]
                raise AssertionError(
                    f"seed {seed}, fault {made.proxy.faults}: {error}\n{told}\n"
                    + "\n".join(requests)
                ) from error


def check(made: Lane, told: Told) -> None:
    """The oracle."""
    for snapshot in told.snapshots:
        rows = snapshot.results.rows
        assert rows in (FIRST, SECOND, ROWS[: len(rows)]), "rows of two answers are mixed"
    last = told.snapshots[-1] if told.snapshots else Snapshot(RunState.QUEUED)
    if last.state is RunState.COMPLETE:
        assert last.results.rows == ROWS, "the rows are wrong"
        assert not told.error
    elif last.state.is_final:
        assert last.error, "the end has no reason"
    else:
        assert told.error or told.was_cancelled or told.has_left, "it ends without an end"
    for query_id in made.running():
        if made.knows(query_id):
            assert query_id in told.left, "a query is left running, and nobody is told"
        else:
            # One whose start had no answer yet has no id.
            is_told = query_id in told.left or None in told.left
            assert is_told, "it may be running, and nobody is told on leaving"
        made.stop(query_id)


@pytest.mark.usefixtures("_small_pages_at_once")
async def test_a_start_that_was_on_the_wire_when_the_user_left_is_stopped_for_sure() -> None:
    """It had waited for a free slot; the first try to stop it fails."""
    slots, busy = Fault(Kind.SLOTS, False), Fault(Kind.UNAVAILABLE, False)
    with lane("", Given([slots, None, busy, None])) as made:
        told = await made.run_until("cancel", 1)
        assert [name for name, _ in made.proxy.log] == ["StartQuery"] * 2 + ["StopQuery"] * 2
        assert told.was_cancelled
        assert not told.left
        assert not made.running()


_LOST = (
    Kind.RESET, Kind.CLOSED, Kind.TRUNCATED, Kind.CUT, Kind.LATIN, Kind.GZIP, Kind.SHORT, Kind.DEEP,
    Kind.SHAPELESS, Kind.GATEWAY, Kind.BROKEN, Kind.STALL,
)  # fmt: skip
"""What the answer to a start is lost by."""


@pytest.mark.parametrize("kind", _LOST)
@pytest.mark.usefixtures("_small_pages_at_once")
async def test_a_query_whose_start_had_no_answer_is_found_and_stopped(kind: Kind) -> None:
    with lane("", Given([Fault(kind, True)])) as made:
        told = await made.run_until("to the end", 1)
        asked = [name for name, _ in made.proxy.log]
        assert asked == ["StartQuery", "DescribeQueries", *asked[2:-1], "StopQuery"]
        assert told.error.endswith("The query was running all the same and was stopped")
        assert not told.left
        assert not made.running()


@pytest.mark.parametrize("kind", _LOST)
@pytest.mark.usefixtures("_small_pages_at_once")
async def test_a_query_that_can_not_be_looked_for_is_named_on_leaving(kind: Kind) -> None:
    silent = [Fault(Kind.BROKEN, False)] * 20
    with lane("", Given([Fault(kind, True), *silent])) as made:
        told = await made.run_until("to the end", 1)
        assert told.error.endswith("The query may be running all the same")
        assert told.left == [None]
        assert len(made.running()) == 1


@pytest.mark.usefixtures("_small_pages_at_once")
async def test_a_query_that_is_found_and_can_not_be_stopped_is_named_by_its_id() -> None:
    faults = [Fault(Kind.RESET, True), None, *[None] * 2, *[Fault(Kind.BROKEN, False)] * 20]
    with lane("", Given(faults)) as made:
        told = await made.run_until("to the end", 1)
        (running,) = made.running()
        assert told.left == [running]
        assert f"can't be stopped: {running}" in told.error


def test_a_seed_gives_the_same_faults_again() -> None:
    first, again, other = (
        [schedule.draw() for _ in range(2000)]
        for schedule in (Schedule("1", SHARE), Schedule("1", SHARE), Schedule("2", SHARE))
    )
    assert first == again != other
    assert {fault.kind for fault in first if fault is not None} == set(Kind)
