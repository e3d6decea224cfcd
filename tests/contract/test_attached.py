"""A run of a session before, taken up again over the wire by the id of its query."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import pytest

from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.scripted import ScriptedBackend
from flowtui.engine.cost import Limits
from flowtui.engine.formats import Formats
from flowtui.engine.runner import QueryRunner
from flowtui.model.errors import BackendError
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot, Statistics
from flowtui.serve.server import Endpoint
from tests.contract.asking import ask
from tests.contract.conftest import NOON, WINDOW, Connect, Serve

QUERY = Query("fields srcaddr", WINDOW, ("/vpc/edge",))
ROWS = ResultSet(("srcaddr",), (("10.0.0.1",), ("10.0.0.2",)))
FEW = Snapshot(RunState.RUNNING, ROWS, Statistics(bytes_scanned=3e9))
DONE = replace(FEW, state=RunState.COMPLETE, statistics=Statistics(bytes_scanned=5e9))


def runner(service: CloudWatchBackend, *, stop_above_gb: float = 0.0) -> QueryRunner:
    limits = Limits(stop_above_gb=stop_above_gb)
    return QueryRunner(service, Formats(), now=lambda: NOON, delays=lambda *_: 0.0, limits=limits)


async def left_behind(url: str, connect: Connect, *, scanned: float = 0.0) -> QueryRun:
    """A run whose program was killed after that many bytes."""
    handle = await connect(url).start(QUERY, WINDOW)
    latest = Snapshot(RunState.RUNNING, statistics=Statistics(bytes_scanned=scanned))
    return QueryRun(RunId(7), QUERY, WINDOW, NOON, latest, NOON, str(handle))


def statuses(endpoint: Endpoint) -> list[str]:
    return [query["status"] for query in ask(endpoint, "DescribeQueries")[1]["queries"]]


async def last(runs: AsyncGenerator[QueryRun, None]) -> QueryRun:
    async with aclosing(runs):
        *_, run = [run async for run in runs]
    return run


async def test_it_is_followed_to_its_end_and_only_what_is_new_is_counted(
    serve: Serve, connect: Connect
) -> None:
    script = ScriptedBackend([FEW, DONE])
    endpoint = serve(script)
    run = await left_behind(endpoint.url, connect, scanned=3e9)
    here = runner(connect(endpoint.url))
    ended = await last(here.attached(run))
    assert (ended.id, ended.latest.state) == (7, RunState.COMPLETE)
    assert ended.latest.results.rows == ROWS.rows
    assert here.meter.scanned == 2e9
    assert len(script.started) == 1


async def test_leaving_it_stops_it(serve: Serve, connect: Connect) -> None:
    endpoint = serve(ScriptedBackend([FEW] * 100_000))
    run = await left_behind(endpoint.url, connect)
    async with aclosing(runner(connect(endpoint.url)).attached(run)) as runs:
        async for seen in runs:
            if seen.latest.results.rows:
                break
    assert statuses(endpoint) == ["Cancelled"]


async def test_the_limit_of_the_settings_holds_for_it(serve: Serve, connect: Connect) -> None:
    endpoint = serve(ScriptedBackend([FEW] * 100_000))
    run = await left_behind(endpoint.url, connect)
    ended = await last(runner(connect(endpoint.url), stop_above_gb=1).attached(run))
    assert ended.latest.state is RunState.CANCELLED
    assert statuses(endpoint) == ["Cancelled"]


async def test_one_that_nobody_waits_for_is_stopped(serve: Serve, connect: Connect) -> None:
    endpoint = serve(ScriptedBackend([FEW] * 100_000))
    run = await left_behind(endpoint.url, connect)
    here = runner(connect(endpoint.url))
    await here.stop(run)
    await here.stop(run)
    assert statuses(endpoint) == ["Cancelled"]
    assert here.left_running == []


async def test_one_that_is_gone_is_a_sentence(serve: Serve, connect: Connect) -> None:
    endpoint = serve(ScriptedBackend())
    run = replace(await left_behind(endpoint.url, connect), handle="gone")
    with pytest.raises(BackendError, match="results are kept for seven days"):
        await last(runner(connect(endpoint.url)).attached(run))
