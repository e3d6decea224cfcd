"""Several plain queries as one run: started, followed, stopped, resumed and paid together."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.scripted import Script
from flowtui.engine.cost import Limits
from flowtui.engine.cost_words import describe
from flowtui.engine.formats import Formats
from flowtui.engine.runner import Prepared, QueryRunner
from flowtui.flowlogs.format import DEFAULT_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, Throttled
from flowtui.model.run import Query, QueryRun, ResultSet, RunState, Snapshot, Statistics
from flowtui.model.timerange import TimeRange
from flowtui.query.catalogue.limits import MAX_ROWS
from tests.pilot.service import ScriptedService

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON - timedelta(hours=1), NOON)
PLAIN = "stats count(*) as n by srcAddr"
COMPARED = f"#! compare with yesterday\n{PLAIN}"
CREATED = NOON - timedelta(days=30)
EDGE = LogGroup("/vpc/edge", stored_bytes=10**12, created=CREATED, format=DEFAULT_FORMAT)


def done(*rows: tuple[str, str], scanned: float = 1e9) -> Snapshot:
    return Snapshot(
        RunState.COMPLETE, ResultSet(("srcAddr", "n"), rows, ("srcAddr",)),
        Statistics(records_scanned=5, bytes_scanned=scanned),
    )  # fmt: skip


class Kept(ScriptedService):
    """Gives the rows of an ended query again, as CloudWatch does."""

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        self._record(f"attach {handle}")
        return handle


def runner(
    *scripts: Script, group: LogGroup = EDGE, stop_gate: asyncio.Event | None = None
) -> tuple[Kept, QueryRunner]:
    service = Kept(*scripts, groups=((group,),), stop_gate=stop_gate)
    made = QueryRunner(
        service, Formats(), now=lambda: NOON, delays=lambda *_: 0.0,
        limits=Limits(confirm_above_gb=1.0), renewal=0.0,
    )  # fmt: skip
    return service, made


def question(body: str = COMPARED) -> Query:
    return Query(body, WINDOW, ("/vpc/edge",))


async def ended(runner: QueryRunner, prepared: Prepared) -> QueryRun:
    async with aclosing(runner.runs(prepared)) as runs:
        *_, run = [run async for run in runs]
    return run


async def test_it_is_one_run_with_the_ids_and_the_costs_of_both() -> None:
    running = Snapshot(RunState.RUNNING, statistics=Statistics(bytes_scanned=5e8))
    service, made = runner([running, done(("a", "3"))], [done(("b", "1"))])
    run = await ended(made, await made.prepare(question()))
    assert run.handle == "query-1+query-2"
    assert run.latest.state is RunState.COMPLETE
    assert [row[0] for row in run.latest.results.rows] == ["a", "b"]
    assert run.latest.statistics.bytes_scanned == 2e9
    assert made.meter.scanned == 2e9
    (now, span), (then, earlier) = service.started
    assert now.body == then.body == PLAIN
    assert (span, earlier.end) == (WINDOW, WINDOW.end - timedelta(days=1))


async def test_it_asks_for_all_the_rows_that_there_are() -> None:
    service, made = runner([done(("a", "3"))])
    await ended(made, await made.prepare(question()))
    assert all((query.limit or 0) >= MAX_ROWS for query, _ in service.started)


async def test_the_costs_of_both_are_said_before() -> None:
    _, made = runner([done()])
    prepared = await made.prepare(question())
    one, other = prepared.estimate.each
    assert prepared.estimate.size == one + other == pytest.approx(2 * 10**12 / 720)
    said = describe(prepared.estimate, prepared.query, prepared.window, 0.0)
    assert said.endswith("in /vpc/edge over 1h 00m: 1.39 GB and 1.39 GB.")


async def test_a_log_that_does_not_reach_back_is_said() -> None:
    young = replace(EDGE, created=NOON - timedelta(hours=2))
    _, made = runner([done()], group=young)
    prepared = await made.prepare(question())
    assert prepared.notices == (
        "/vpc/edge begins at 2022-04-01 10:00 UTC: what is new may be older than it",
    )


async def test_leaving_it_stops_all_of_it() -> None:
    service, made = runner([Snapshot(RunState.RUNNING)])
    async with aclosing(made.runs(await made.prepare(question()))) as runs:
        async for run in runs:
            if run.latest.state is RunState.RUNNING:
                break
    assert service.running == ()
    assert service.calls.count("stop") == 2


async def test_where_the_second_can_not_be_started_the_first_is_stopped() -> None:
    service, made = runner([Snapshot(RunState.RUNNING)], Throttled("too many queries; try later"))
    with pytest.raises(Throttled):
        await ended(made, await made.prepare(question()))
    assert service.running == ()


async def test_where_one_fails_the_other_is_stopped_and_nothing_is_shown() -> None:
    failed = Snapshot(RunState.FAILED, error="the query failed; run it again")
    service, made = runner([failed], [Snapshot(RunState.RUNNING)])
    run = await ended(made, await made.prepare(question()))
    assert (run.latest.state, run.latest.error) == (RunState.FAILED, failed.error)
    assert run.latest.results.rows == ()
    assert service.running == ()


async def test_its_rows_come_back_by_its_ids_without_a_scan() -> None:
    service, made = runner([done(("a", "3"))], [done(("b", "1"))])
    run = await ended(made, await made.prepare(question()))
    before = len(service.started)
    again = await made.again(run.without_rows())
    assert again.latest.results == run.latest.results
    assert len(service.started) == before
    assert service.calls.count("attach query-1") == service.calls.count("attach query-2") == 1


async def test_a_run_of_which_not_all_was_started_can_not_be_followed() -> None:
    _, made = runner([done(("a", "3"))])
    run = await ended(made, await made.prepare(question()))
    with pytest.raises(BackendError, match="not all of its queries had been started"):
        await made.again(replace(run, handle="query-1"))


async def test_what_is_on_the_screen_is_not_asked_again() -> None:
    service, made = runner([done(("a", "3"))], [done(("b", "1"))])
    await ended(made, await made.prepare(question(PLAIN)))
    prepared = await made.prepare(question())
    assert prepared.estimate.size == pytest.approx(10**12 / 720)
    run = await ended(made, prepared)
    assert len(service.started) == 2
    assert (run.latest.statistics.bytes_scanned, made.meter.scanned) == (1e9, 2e9)
    assert [row[:3] for row in run.latest.results.rows] == [("a", "3", None), ("b", None, "1")]


async def test_the_ids_of_what_may_still_run_are_told_apart() -> None:
    _, made = runner([Snapshot(RunState.RUNNING)], stop_gate=asyncio.Event())
    async with aclosing(made.runs(await made.prepare(question()))) as runs:
        async for run in runs:
            if run.latest.state is RunState.RUNNING:
                break
    assert made.left_running == ["query-1", "query-2"]
