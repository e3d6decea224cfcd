"""A query has the same columns, keys and rows from files and from CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowtui.backends.base import Backend
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import watch
from flowtui.model.run import PTR, Query, ResultSet, RunState
from flowtui.model.timerange import TimeRange
from flowtui.query.parser import parse
from flowtui.query.result_shape import shape_of
from flowtui.serve.server import Endpoint

START = 1648826280
NOW = datetime(2022, 4, 1, 18, tzinfo=UTC)
WINDOW = TimeRange(datetime(2022, 4, 1, tzinfo=UTC), datetime(2022, 4, 2, tzinfo=UTC))
HEADER = "srcaddr dstaddr dstport bytes action start"
FLOWS = [
    f"10.0.0.{n % 3} 10.1.0.{n % 2} {22 if n % 2 else 443} {n * 10 or '-'}"
    f" {'REJECT' if n % 2 else 'ACCEPT'} {START + n * 60}"
    for n in range(9)
]
BY_PAIR = "stats count(*) as n, sum(bytes) as b by srcaddr, dstaddr"

SHAPES = [
    ("countFrequent srcaddr", "srcaddr _approxcount", "srcaddr"),
    (BY_PAIR, "srcaddr dstaddr n b", "srcaddr dstaddr"),
    (f"{BY_PAIR} | display srcaddr, n", "srcaddr n", "srcaddr"),
    (f"{BY_PAIR} | fields n * 2 as twice", "twice", ""),
    (f"{BY_PAIR} | accum n as so_far | limit 3", "srcaddr dstaddr n b so_far", "srcaddr dstaddr"),
    (f"{BY_PAIR} | fields strlen(srcaddr) as srcaddr, n", "srcaddr n", ""),
    (f"{BY_PAIR} | stats max(n) as m by srcaddr", "srcaddr m", "srcaddr"),
    (f"{BY_PAIR} | filter n > 1000", "srcaddr dstaddr n b", "srcaddr dstaddr"),
    ("stats count(*) as n by srcaddr | join left=l right=r where l.srcaddr=r.srcaddr"
     " (stats sum(bytes) as b by srcaddr, dstport)", "srcaddr n r.srcaddr r.dstport r.b", ""),
    ("stats values(dstport) as ports by srcaddr | fields srcaddr, jsonParse(ports) as l"
     " | unnest l into port", "srcaddr l port", "srcaddr port"),
    ("stats count(nothing) as none, latest(nothing) as no by action", "action none no", "action"),
    ("stats count(*) as n | appendcols (stats sum(bytes) as b)", "n b", ""),
    ("filter action = 'REJECT' | estimate", "estimatedBytes", ""),
    ("fields srcaddr, bytes * 8 as bits | display nothing, bits", "nothing bits @ptr", ""),
    ("parse @message '* * *' as a, b, c", "a b c @ptr", ""),
    ("limit 2", "@timestamp @message @ptr", ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Backend]]:
    file = tmp_path_factory.mktemp("flows") / "g.log"
    Path(file).write_text("\n".join([HEADER, *FLOWS, ""]))
    local = DuckDBBackend([file], now=lambda: NOW)
    with Endpoint(local, local, now=lambda: NOW) as endpoint:
        remote = CloudWatchBackend(region="us-east-1", endpoint_url=endpoint.url)
        yield {"files": local, "CloudWatch": remote, str(file): local}


async def results_of(backend: Backend, text: str, group: str) -> ResultSet:
    query = Query(text, WINDOW, (group,))
    async with aclosing(watch(backend, query, WINDOW, delays=LOCAL)) as snapshots:
        async for snapshot in snapshots:
            if snapshot.state.is_final:
                assert snapshot.state is RunState.COMPLETE, snapshot.error
                return snapshot.results
    raise AssertionError("no final snapshot")


@pytest.mark.parametrize(("text", "columns", "keys"), SHAPES)
async def test_both_have_the_same_shape(
    backends: dict[str, Backend], text: str, columns: str, keys: str
) -> None:
    group = [*backends][-1]
    found = [await results_of(backends[name], text, group) for name in ("files", "CloudWatch")]
    are_all_shown = len(shape_of(parse(text)).identity) == len(keys.split())
    for results in found:
        assert (" ".join(results.columns), " ".join(results.keys)) == (columns, keys)
        count = len(results.rows)
        if keys and are_all_shown:
            assert len({results.key(index) for index in range(count)}) == count
    one, other = (
        sorted(str(results.record(index)) for index in range(len(results.rows)))
        for results in found
    )
    assert one == other or PTR in columns
