"""The article's tables through boto3, a socket, `flowtui serve` and the local engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.drill import drill
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import Query, ResultSet, RunState
from flowtui.model.timerange import TimeRange
from flowtui.query.prelude import prelude
from flowtui.serve.server import Endpoint
from tests.article import CASES, Case, shown

WINDOW = TimeRange(
    datetime(2022, 4, 1, 15, 18, tzinfo=UTC), datetime(2022, 4, 1, 15, 24, tzinfo=UTC)
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    local = DuckDBBackend((), demo=True, now=lambda: datetime.now(UTC))
    with Endpoint(local, local) as endpoint:
        yield endpoint.url


@pytest.fixture
def backend(url: str) -> CloudWatchBackend:
    return CloudWatchBackend(region="us-east-1", endpoint_url=url)


async def results_of(backend: CloudWatchBackend, query: Query, window: TimeRange) -> ResultSet:
    async with aclosing(watch(backend, query, window, delays=LOCAL)) as snapshots:
        async for snapshot in snapshots:
            if snapshot.state.is_final:
                assert snapshot.state is RunState.COMPLETE
                return snapshot.results
    raise AssertionError("no final snapshot")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_article_over_the_wire(backend: CloudWatchBackend, case: Case) -> None:
    results = await results_of(backend, Query(case.query, WINDOW, ("/vpc/article",)), WINDOW)
    records = [results.record(index) for index in range(len(results.rows))]
    assert shown(case, records) == case.table


async def test_the_drill_law_over_the_wire(backend: CloudWatchBackend) -> None:
    body = "stats sum(bytes) as b, count(*) as n by srcaddr, flow_direction, bin(1m) | limit 5"
    query = Query(body, WINDOW, ("/vpc/article",), prelude(body, ARTICLE_FORMAT))
    results = await results_of(backend, query, WINDOW)
    assert results.keys == ("srcaddr", "flow_direction", "bin(1m)")
    for index in range(len(results.rows)):
        row = results.record(index)
        target = drill(query, WINDOW, row, ARTICLE_FORMAT)
        raw = await results_of(backend, target.query, target.window)
        volumes = [int(raw.record(i)["bytes"]) for i in range(len(raw.rows))]
        assert (sum(volumes), len(volumes)) == (int(row["b"]), int(row["n"]))
