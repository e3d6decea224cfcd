"""A slow backend: the same rows, little by little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flowtui.backends.scripted import ScriptedBackend
from flowtui.model.run import Query, ResultSet, RunState, Snapshot, Statistics
from flowtui.model.timerange import TimeRange
from flowtui.serve.latency import SlowBackend

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON, NOON + timedelta(hours=1))
QUERY = Query("fields n", WINDOW, ("g",))
ROWS = ResultSet(("n",), tuple((str(n),) for n in range(100)))
DONE = Snapshot(RunState.COMPLETE, ROWS, Statistics(100, 1000, 9000, result_count=100))
RUNNING = Snapshot(RunState.RUNNING, ROWS)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def seen(script: ScriptedBackend, *moments: float) -> list[Snapshot]:
    """What is known so many seconds after the start of a query that takes 10."""
    clock = Clock()
    slow = SlowBackend(script, 10.0, clock)
    handle = await slow.start(QUERY, WINDOW)
    snapshots = []
    for moment in moments:
        clock.now = 100.0 + moment
        snapshots.append(await slow.poll(handle))
    return snapshots


async def test_a_query_waits_then_grows_then_ends() -> None:
    snapshots = await seen(ScriptedBackend([DONE]), 0, 0.9, 1, 5.5, 9.9, 10)
    assert [(s.state.value, len(s.results.rows)) for s in snapshots] == [
        ("Queued", 0),
        ("Queued", 0),
        ("Running", 0),
        ("Running", 50),
        ("Running", 98),
        ("Complete", 100),
    ]
    assert snapshots[3].results.rows == ROWS.rows[:50]
    assert snapshots[3].statistics == Statistics(50, 500, 4500, progress=0.55)
    assert snapshots[-1] == DONE


async def test_an_engine_that_takes_longer_is_waited_for() -> None:
    snapshots = await seen(ScriptedBackend([RUNNING, RUNNING, DONE]), 5.5, 11, 12)
    assert [s.state for s in snapshots] == ["Running", "Running", "Complete"]
    assert len(snapshots[1].results.rows) == 100


async def test_an_end_is_kept_that_the_engine_forgets() -> None:
    script = ScriptedBackend([DONE])
    await seen(script, 2, 3, 12)
    assert script.calls.count("poll") == 1


async def test_a_failure_is_told_at_once() -> None:
    failed = Snapshot(RunState.FAILED, error="disk full")
    assert await seen(ScriptedBackend([failed]), 5) == [failed]


@pytest.mark.parametrize("moment", [5.0, 12.0])
async def test_a_stop_goes_through(moment: float) -> None:
    script = ScriptedBackend([RUNNING])
    clock = Clock()
    slow = SlowBackend(script, 10.0, clock)
    handle = await slow.start(QUERY, WINDOW)
    clock.now += moment
    await slow.poll(handle)
    await slow.stop(handle)
    assert not script.running
    assert (await slow.poll(handle)).state is RunState.CANCELLED
    await slow.close()
    assert script.calls[-1] == "close"
