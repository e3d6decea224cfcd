"""The poll loop: a query is always ended or stopped, and leaving never hangs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.scripted import Reply, ScriptedBackend
from flowtui.engine import watch as watch_module
from flowtui.engine.pace import LOCAL, REMOTE
from flowtui.engine.watch import RENEWAL_DELAY, RETRY_DELAYS, THROTTLED_POLLS, watch
from flowtui.model.errors import (
    BackendError,
    CredentialsError,
    Declined,
    QueryError,
    Throttled,
    Unanswered,
    Unreachable,
)
from flowtui.model.run import Query, ResultSet, RunState, Snapshot, Statistics
from flowtui.model.timerange import TimeRange

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON, NOON + timedelta(hours=1))
QUERY = Query("stats count(*) by srcaddr", WINDOW, ("/vpc/edge",))
RUNNING = Snapshot(RunState.RUNNING, ResultSet(("srcaddr",), (("10.0.0.1",),)))
DONE = replace(RUNNING, state=RunState.COMPLETE)


@dataclass
class Clock:
    """A sleep that returns at once and remembers."""

    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


def running(backend: ScriptedBackend, clock: Clock | None = None) -> AsyncGenerator[Snapshot, None]:
    return watch(backend, QUERY, WINDOW, sleep=(clock or Clock()).sleep)


async def drain(snapshots: AsyncGenerator[Snapshot, None], seen: list[Snapshot]) -> None:
    async with aclosing(snapshots):
        async for snapshot in snapshots:
            seen.append(snapshot)  # noqa: PERF401  (what was seen before an error counts)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "STOP_SECONDS", 0.02)


async def test_every_snapshot_is_told_and_a_final_query_is_not_stopped() -> None:
    backend = ScriptedBackend([Snapshot(RunState.QUEUED), RUNNING, DONE])
    seen: list[Snapshot] = []
    await drain(running(backend), seen)
    assert [snapshot.state for snapshot in seen] == ["Queued", "Running", "Complete"]
    assert backend.calls == [f"start {QUERY.text}", "poll", "poll", "poll"]


async def test_leaving_early_stops() -> None:
    backend = ScriptedBackend([RUNNING])
    async with aclosing(running(backend)) as snapshots:
        assert await anext(snapshots) == RUNNING
    assert backend.calls[-1] == "stop"
    assert not backend.running


async def test_cancel_during_a_poll_stops() -> None:
    backend = ScriptedBackend([RUNNING, asyncio.Event(), DONE])
    seen: list[Snapshot] = []
    task = asyncio.create_task(drain(running(backend), seen))
    await backend.reached("poll")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not backend.running
    assert backend.calls[-1] == "stop"


async def test_cancel_during_the_start_waits_for_its_answer_and_stops_it() -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([RUNNING], start_gate=gate)
    task = asyncio.create_task(drain(running(backend), []))
    await backend.reached("start")
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert backend.calls == [f"start {QUERY.text}", "stop"]
    assert not backend.running


async def test_a_failed_start_has_nothing_to_stop() -> None:
    backend = ScriptedBackend(QueryError("unexpected symbol", (0, 5)))
    with pytest.raises(QueryError):
        await drain(running(backend), [])
    assert backend.calls == [f"start {QUERY.text}"]


async def test_a_second_cancel_does_not_cut_the_stop_short() -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([RUNNING, asyncio.Event()], stop_gate=gate)
    task = asyncio.create_task(drain(running(backend), []))
    await backend.reached("poll")
    task.cancel()
    await backend.reached("stop")
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not backend.running


async def test_a_cancel_during_the_stop_of_an_early_leave_is_not_lost() -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([RUNNING], stop_gate=gate)

    async def leave() -> None:
        async with aclosing(running(backend)) as snapshots:
            await anext(snapshots)

    task = asyncio.create_task(leave())
    await backend.reached("stop")
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not backend.running


def test_the_end_of_the_loop_does_not_leave_a_query_running() -> None:
    """`asyncio.run` cancels the watch and its stop alike when the main task is done."""

    async def quit_at_once() -> ScriptedBackend:
        backend = ScriptedBackend([RUNNING, asyncio.Event()], stop_gate=asyncio.Event())
        task = asyncio.create_task(drain(running(backend), []))
        await backend.reached("poll")
        task.cancel()
        await backend.reached("stop")
        assert backend._stop_gate is not None
        asyncio.get_running_loop().call_soon(backend._stop_gate.set)
        keep.append(task)
        return backend

    keep: list[asyncio.Task[None]] = []
    backend = asyncio.run(quit_at_once())
    assert keep[0].done()
    assert not backend.running


@pytest.mark.usefixtures("impatient")
async def test_a_stop_without_an_answer_is_given_up_and_told() -> None:
    backend = ScriptedBackend([RUNNING], stop_gate=asyncio.Event())
    left: list[Handle | None] = []
    snapshots = watch(backend, QUERY, WINDOW, sleep=Clock().sleep, left=left.append)
    await anext(snapshots)
    async with asyncio.timeout(120):
        await snapshots.aclose()
    assert left == ["query-1"]


@pytest.mark.usefixtures("impatient")
async def test_a_start_without_an_answer_is_given_up_and_told() -> None:
    backend = ScriptedBackend([RUNNING], start_gate=asyncio.Event())
    left: list[Handle | None] = []
    snapshots = watch(backend, QUERY, WINDOW, left=left.append)
    task = asyncio.create_task(drain(snapshots, []))
    await backend.reached("start")
    task.cancel()
    async with asyncio.timeout(120):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert left == [None]


async def test_a_start_that_failed_without_an_answer_is_told_to_who_has_left() -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend(Unanswered("No answer"), start_gate=gate)
    left: list[Handle | None] = []
    task = asyncio.create_task(drain(watch(backend, QUERY, WINDOW, left=left.append), []))
    await backend.reached("start")
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left == [None]


def test_a_start_that_the_end_of_the_loop_cuts_short_is_told() -> None:
    left: list[Handle | None] = []
    keep: list[asyncio.Task[None]] = []

    async def quit_at_once() -> None:
        backend = ScriptedBackend([RUNNING], start_gate=asyncio.Event())
        task = asyncio.create_task(drain(watch(backend, QUERY, WINDOW, left=left.append), []))
        keep.append(task)
        await backend.reached("start")

    asyncio.run(quit_at_once())
    assert left == [None]


async def test_a_refused_stop_is_told() -> None:
    class Refusing(ScriptedBackend):
        async def stop(self, handle: Handle) -> None:
            raise BackendError(f"not allowed to stop {handle}")

    left: list[Handle | None] = []
    snapshots = watch(Refusing([RUNNING]), QUERY, WINDOW, left=left.append)
    await anext(snapshots)
    await snapshots.aclose()
    assert left == ["query-1"]


@pytest.mark.parametrize("error", [Throttled("Rate exceeded"), Unreachable("No answer")])
async def test_a_passing_failure_keeps_the_rows(error: BackendError) -> None:
    backend = ScriptedBackend([RUNNING, error, DONE])
    seen: list[Snapshot] = []
    clock = Clock()
    await drain(running(backend, clock), seen)
    assert [snapshot.state for snapshot in seen] == ["Running", "Running", "Complete"]
    assert seen[1].results == RUNNING.results
    assert seen[1].notices == (f"{error}; trying again in 1 s",)
    assert clock.slept[1] == RETRY_DELAYS[0]


async def test_a_lasting_failure_is_raised_and_the_query_stopped() -> None:
    backend = ScriptedBackend([RUNNING, *[Unreachable("No answer")] * 20])
    seen: list[Snapshot] = []
    with pytest.raises(Unreachable, match="No answer"):
        await drain(running(backend), seen)
    assert len(seen) == 1 + len(RETRY_DELAYS)
    assert backend.calls[-1] == "stop"


async def test_throttling_is_waited_out_for_minutes() -> None:
    throttled = [Throttled("Rate exceeded")]
    backend = ScriptedBackend([RUNNING, *throttled * THROTTLED_POLLS, DONE])
    seen: list[Snapshot] = []
    clock = Clock()
    await drain(running(backend, clock), seen)
    assert seen[-1] == DONE
    assert sum(clock.slept) > 300
    with pytest.raises(Throttled):
        await drain(running(ScriptedBackend([*throttled * (THROTTLED_POLLS + 1)])), [])


async def test_failures_in_between_are_counted_anew() -> None:
    steps: list[Reply] = [Throttled("Rate exceeded"), RUNNING] * 20
    backend = ScriptedBackend([*steps, DONE])
    seen: list[Snapshot] = []
    await drain(running(backend), seen)
    assert seen[-1] == DONE


@pytest.mark.parametrize("error", [BackendError("denied"), Unanswered("denied")])
async def test_another_failure_is_raised_at_once(error: BackendError) -> None:
    backend = ScriptedBackend([RUNNING, error, DONE])
    with pytest.raises(BackendError, match="denied"):
        await drain(running(backend), [])
    assert backend.calls[-2:] == ["poll", "stop"]


def with_rows(count: int, **statistics: float) -> Snapshot:
    results = ResultSet(("n",), tuple((str(n),) for n in range(count)))
    return Snapshot(RunState.RUNNING, results, Statistics(**statistics))  # type: ignore[arg-type]


def test_the_pace_is_quick_at_first_and_then_once_a_second() -> None:
    delays = [REMOTE(polls, with_rows(10)) for polls in range(6)]
    assert delays == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert REMOTE(100_000, with_rows(0)) == 1.0


def test_the_pace_slows_down_with_the_rows() -> None:
    assert REMOTE(9, with_rows(1_000)) == 1.0
    assert 3.0 <= REMOTE(9, with_rows(10_000)) <= 5.0
    assert REMOTE(0, with_rows(10_000)) >= 3.0
    assert REMOTE(9, with_rows(100_000)) <= 5.0


def test_pages_of_a_finished_result_are_fetched_without_waiting() -> None:
    assert REMOTE(9, with_rows(10_000, progress=0.5)) < 0.5


def test_a_local_engine_is_asked_more_often() -> None:
    assert max(LOCAL(polls, with_rows(1_000)) for polls in range(20)) == 0.2


EXPIRED = CredentialsError("the session has expired", ("aws", "sso", "login"))


async def test_a_query_outlives_its_credentials_and_keeps_its_rows() -> None:
    backend, clock = ScriptedBackend([RUNNING, EXPIRED, EXPIRED, RUNNING, DONE]), Clock()
    seen: list[Snapshot] = []
    await drain(watch(backend, QUERY, WINDOW, sleep=clock.sleep, renewal=60), seen)
    assert [snapshot.login for snapshot in seen] == [(), EXPIRED.login, EXPIRED.login, (), ()]
    assert all(snapshot.results == RUNNING.results for snapshot in seen)
    assert "the session has expired; the query runs on" in seen[1].notices[0]
    assert clock.slept[1:3] == [RENEWAL_DELAY] * 2
    assert backend.calls.count("poll") == 5
    assert "stop" not in backend.calls


async def test_new_credentials_are_not_waited_for_for_ever() -> None:
    backend, clock = ScriptedBackend([RUNNING, *[EXPIRED] * 9]), Clock()
    seen: list[Snapshot] = []
    with pytest.raises(CredentialsError):
        await drain(watch(backend, QUERY, WINDOW, sleep=clock.sleep, renewal=20), seen)
    assert len(seen) == 5
    assert backend.calls[-1] == "stop"


@pytest.mark.parametrize(("error", "renewal"), [(EXPIRED, 0.0), (Declined("no code"), 60.0)])
async def test_what_nobody_renews_ends_the_run(error: CredentialsError, renewal: float) -> None:
    backend = ScriptedBackend([RUNNING, error, DONE])
    with pytest.raises(CredentialsError):
        await drain(watch(backend, QUERY, WINDOW, sleep=Clock().sleep, renewal=renewal), [])
