"""What a scan may cost, and the limit that stops a query."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flowtui.backends.base import Handle, Objects
from flowtui.backends.scripted import ScriptedBackend
from flowtui.engine.cost import GB, Estimate, Meter, estimate, within
from flowtui.engine.cost_words import describe, in_run, in_session, too_much
from flowtui.engine.watch import watch
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.run import Query, ResultSet, RunState, Snapshot, Statistics
from flowtui.model.timerange import TimeRange

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON - timedelta(hours=6), NOON)
QUERY = Query("stats count(*) by srcaddr", WINDOW, ("/vpc/edge",))
RESULTS = ResultSet(("srcaddr",), (("10.0.0.1",),))
KEPT = "more than stop_above_gb = 10 allows; the rows so far are kept"


def scanned(gigabytes: float, state: RunState = RunState.RUNNING) -> Snapshot:
    return Snapshot(state, RESULTS, Statistics(bytes_scanned=gigabytes * GB))


async def limited(backend: ScriptedBackend, stop_above_gb: float) -> list[Snapshot]:
    unanswered: list[Handle | None] = []
    snapshots = watch(backend, QUERY, WINDOW, delays=lambda *_: 0.0, left=unanswered.append)
    async with aclosing(within(snapshots, stop_above_gb, unanswered)) as seen:
        return [snapshot async for snapshot in seen]


async def test_a_query_that_passes_the_limit_is_stopped_and_keeps_its_rows() -> None:
    backend = ScriptedBackend([scanned(4), scanned(10), scanned(12.3), scanned(20)])
    seen = await limited(backend, 10)
    assert [snapshot.state for snapshot in seen] == ["Running", "Running", "Cancelled"]
    assert seen[-1].results == RESULTS
    assert seen[-1].error == f"stopped: it has scanned 12.30 GB, {KEPT}"
    assert backend.calls[1:] == ["poll", "poll", "poll", "stop"]
    assert not backend.running


async def test_a_small_limit_is_told_in_small_figures() -> None:
    (seen,) = await limited(ScriptedBackend([scanned(0.01234)]), 0.01)
    assert "it has scanned 0.0123 GB, more than stop_above_gb = 0.01 allows" in seen.error


async def test_no_limit_stops_nothing() -> None:
    backend = ScriptedBackend([scanned(1e6), scanned(2e6, RunState.COMPLETE)])
    assert (await limited(backend, 0))[-1].state is RunState.COMPLETE
    assert "stop" not in backend.calls


async def test_what_is_scanned_already_is_read_to_the_end() -> None:
    paging = scanned(20)
    paging = replace(paging, statistics=replace(paging.statistics, progress=0.5))
    backend = ScriptedBackend([scanned(4), paging, scanned(20, RunState.COMPLETE)])
    assert [each.state for each in await limited(backend, 10)] == ["Running", "Running", "Complete"]
    assert "stop" not in backend.calls


async def test_a_stop_without_an_answer_is_not_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowtui.engine.watch.STOP_SECONDS", 0.02)
    (seen,) = await limited(ScriptedBackend([scanned(12.3)], stop_gate=asyncio.Event()), 10)
    assert seen.error == (
        "it has scanned 12.30 GB, more than stop_above_gb = 10 allows;"
        " the stop went unanswered, it may still run; the rows so far are kept"
    )


# Before a run


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("group", "size"),
    [
        (LogGroup("/a", stored_bytes=2800, retention_days=7, created=NOON - 90 * DAY), 100),
        (LogGroup("/a", stored_bytes=2800, retention_days=90, created=NOON - 7 * DAY), 100),
        (LogGroup("/a", stored_bytes=2800, created=NOON - 7 * DAY), 100),
        (LogGroup("/a", stored_bytes=2800, retention_days=7), 100),
        (LogGroup("/a", stored_bytes=2800, created=NOON - timedelta(hours=3)), 2800),
        (LogGroup("/a", stored_bytes=0, created=NOON - DAY), 0),
    ],
)
def test_the_window_has_its_share_of_what_is_stored(group: LogGroup, size: float) -> None:
    found = estimate([(group, WINDOW)], NOON)
    assert found.size == pytest.approx(size)
    assert not found.is_partial


@pytest.mark.parametrize(
    "group",
    [
        LogGroup("/a", created=NOON - DAY),
        LogGroup("/a", stored_bytes=2800),
        LogGroup("/a", stored_bytes=2800, created=NOON),
    ],
)
def test_a_group_without_figures_makes_it_partial(group: LogGroup) -> None:
    known = LogGroup("/b", stored_bytes=400, created=NOON - DAY)
    assert estimate([(group, WINDOW)], NOON) == Estimate(0, is_partial=True)
    assert estimate([(group, WINDOW), (known, WINDOW)], NOON) == Estimate(100, is_partial=True)


def test_nothing_is_stored_before_the_creation_and_of_no_group() -> None:
    before = TimeRange(NOON - 9 * DAY, NOON - 8 * DAY)
    group = LogGroup("/a", stored_bytes=2800, created=NOON - 7 * DAY)
    assert estimate([(group, before)], NOON) == Estimate(0)
    assert estimate([], NOON) == Estimate(0)


def test_an_estimate_in_words() -> None:
    two = replace(QUERY, log_groups=("/vpc/edge", "/vpc/core"))
    assert describe(Estimate(52e9), QUERY, WINDOW, 0.005) == (
        "This may scan about 52.0 GB (~$0.26) in /vpc/edge over 6h 00m."
    )
    assert describe(Estimate(52e9, is_partial=True), two, WINDOW, 0) == (
        "This may scan at least 52.0 GB in /vpc/edge and 1 more over 6h 00m."
    )
    assert describe(Estimate(52e9), replace(QUERY, log_groups=()), WINDOW, 0) == (
        "This may scan about 52.0 GB in the log groups that the query names."
    )
    assert describe(Estimate(is_partial=True), QUERY, WINDOW, 0.005) == (
        "How much this may scan in /vpc/edge over 6h 00m is unknown."
    )


# Over a session


async def test_the_meter_counts_each_run_once_and_to_its_last_snapshot() -> None:
    meter = Meter()
    for last in (scanned(3, RunState.COMPLETE), scanned(2)):
        backend = ScriptedBackend([Snapshot(RunState.RUNNING), scanned(1), scanned(2), last])
        snapshots = watch(backend, QUERY, WINDOW, delays=lambda *_: 0.0)
        async with aclosing(meter.metered(snapshots)) as seen:
            async for snapshot in seen:
                if snapshot is last:
                    break
        assert not backend.running
    assert meter.scanned == 5 * GB


async def test_the_meter_counts_what_indexes_have_saved() -> None:
    meter = Meter()
    saved = replace(
        scanned(1, RunState.COMPLETE), statistics=Statistics(bytes_scanned=1e9, bytes_skipped=3.1e9)
    )
    backend = ScriptedBackend([scanned(0.5), saved])
    snapshots = meter.metered(watch(backend, QUERY, WINDOW, delays=lambda *_: 0.0))
    async with aclosing(snapshots):
        assert len([each async for each in snapshots]) == 2
    assert in_run(meter, 0.005) == ("scanned 1.00 GB (~$0.0050); field indexes have saved ~3.10 GB")
    assert in_run(Meter(), 0.005) == in_run(meter, 0) == ""


def test_a_session_in_words() -> None:
    meter = Meter(scanned=1.2e9, paid=1.2e9)
    assert in_session(meter, 0.005) == "1.20 GB scanned in this session (~$0.0060)"
    assert in_session(Meter(), 0.005) == in_session(meter, 0) == ""


def listed(count: int, size: int, missing: int = 0, missing_size: int = 0) -> Estimate:
    return Estimate(float(size), listed=Objects(count, size, missing, missing_size, 3))


def test_what_is_listed_is_told_with_what_its_requests_and_its_transfer_cost() -> None:
    said = describe(listed(54, 20_100_000, 40, 15_000_000), QUERY, WINDOW, 0)
    assert said == (
        "/vpc/edge over 6h 00m has 54 objects, 20.1 MB; 40 of them, 15.0 MB, are to be fetched:"
        " 43 requests, <$0.0001, and ~$0.0013 for the transfer where this machine is not in the"
        " bucket's region."
    )
    assert describe(listed(54, 20_100_000), QUERY, WINDOW, 0).endswith("here already.")
    assert describe(listed(0, 0), QUERY, WINDOW, 0) == "/vpc/edge over 6h 00m has no objects."


def test_what_is_much_for_one_machine_has_a_window_that_is_not() -> None:
    much = listed(812, 4_200_000_000)
    assert too_much(much, WINDOW, 0.2) == (
        "That is much for one machine, which takes about 11m 40s to load it;"
        " a window of 15m would have about 0.2 GB."
    )
    assert too_much(much, WINDOW, 5) == too_much(Estimate(9e9), WINDOW, 0.2) == ""
    assert too_much(much, TimeRange(NOON - timedelta(minutes=1), NOON), 0.2).endswith("load it.")
