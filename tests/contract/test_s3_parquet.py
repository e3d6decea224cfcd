"""Parquet in S3, as moto serves it: of an object, only what a query needs is fetched."""

from __future__ import annotations

import asyncio
import logging
import stat
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.s3.backend import S3Backend
from flowtui.backends.s3.cache import Cache
from flowtui.model.run import Query, ResultSet, RunState
from flowtui.model.source import S3Source
from flowtui.model.timerange import TimeRange
from tests.contract.s3_endpoint import Fault, Proxy, running
from tests.parquet_objects import write
from tests.runs import answered

BEGIN = datetime(2026, 11, 3, 10, tzinfo=UTC)
ALL = TimeRange(BEGIN, BEGIN + timedelta(hours=3))
FIRST_MINUTE = TimeRange(BEGIN, BEGIN + timedelta(minutes=1))
FIRST_FIVE = TimeRange(BEGIN, BEGIN + timedelta(minutes=5))
FOLDER = "AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/03/"
ACTIONS = "stats count(*) as n by action"
PORTS = "filter dstport < 1024 | stats sum(bytes) as size by protocol | sort size desc"
RECORDS = "fields @message | sort @timestamp, @message | limit 50"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two objects, five minutes each and hours apart."""
    folder = tmp_path_factory.mktemp("delivered")
    for number in range(2):
        at = BEGIN + timedelta(hours=2 * number)
        name = f"123456789012_vpcflowlogs_us-east-1_fl-0ab_{at:%Y%m%dT%H%MZ}_1a2b.log.parquet"
        write(folder / name, int(at.timestamp()))
    return folder


@pytest.fixture(scope="module")
def moto(delivered: Path) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    client = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="AKIDTEST", aws_secret_access_key="secret",  # noqa: S106  (moto takes any)
    )  # fmt: skip
    client.create_bucket(Bucket="columns")
    for path in delivered.iterdir():
        client.put_object(Bucket="columns", Key=FOLDER + path.name, Body=path.read_bytes())
    yield url
    client.close()
    server.stop()


@pytest.fixture
def proxy(moto: str) -> Iterator[Proxy]:
    with running(Proxy(moto)) as made:
        yield made


def backend(proxy: Proxy, folder: Path, **given: Any) -> S3Backend:
    source = S3Source(("s3://columns",), endpoint_url=proxy.url)
    cache = Cache(folder / "cache", 1e9)
    return S3Backend(source, cache, now=lambda: ALL.end, pause=lambda _: None, **given)


async def on_disk(delivered: Path, text: str, window: TimeRange = ALL) -> ResultSet:
    service = DuckDBBackend((delivered,), now=lambda: ALL.end)
    try:
        return (await answered(service, Query(text, window))).results
    finally:
        await service.close()


def got(proxy: Proxy) -> int:
    """The bytes of objects that have come."""
    return sum(size for key, size in proxy.served if key.endswith(".parquet"))


def size_of(delivered: Path) -> int:
    return sum(path.stat().st_size for path in delivered.iterdir())


async def test_a_narrow_query_fetches_a_small_part_and_another_one_what_it_lacks(
    proxy: Proxy, tmp_path: Path, delivered: Path
) -> None:
    service = backend(proxy, tmp_path)
    found = await answered(service, Query(ACTIONS, ALL))
    assert Counter(found.results.rows) == Counter((await on_disk(delivered, ACTIONS)).rows)
    narrow = got(proxy)
    assert 0 < narrow < size_of(delivered) / 5

    assert (await answered(service, Query(ACTIONS, ALL))).results == found.results
    assert got(proxy) == narrow

    wider = await answered(service, Query(PORTS, ALL))
    assert wider.results == await on_disk(delivered, PORTS)
    assert narrow < got(proxy) < size_of(delivered)

    whole = await answered(service, Query(RECORDS, ALL))
    texts = [row[0] for row in (await on_disk(delivered, RECORDS)).rows]
    assert [row[0] for row in whole.results.rows] == texts
    # What lies between two pieces is fetched with them, at most once more.
    assert got(proxy) < 1.5 * size_of(delivered)
    before = got(proxy)
    await answered(service, Query(PORTS, ALL))
    assert got(proxy) == before
    await service.close()


async def test_only_row_groups_of_the_time_are_fetched_and_more_for_more_time(
    proxy: Proxy, tmp_path: Path, delivered: Path
) -> None:
    service = backend(proxy, tmp_path)
    fetched = []
    for minutes in ((0, 1), (4, 5), (0, 5)):
        start, end = (BEGIN + timedelta(minutes=each) for each in minutes)
        for text in (PORTS, RECORDS):
            query = Query(text, TimeRange(start, end))
            found = await answered(service, query)
            wanted = await on_disk(delivered, text, TimeRange(start, end))
            assert [row[:2] for row in found.results.rows if text == PORTS] == [
                row[:2] for row in wanted.rows if text == PORTS
            ]
            assert [row[0] for row in found.results.rows] == [row[0] for row in wanted.rows]
        fetched.append(got(proxy))
    first, second, whole = fetched
    assert first < size_of(delivered) / 3
    assert first < second < whole
    await service.close()


@pytest.mark.parametrize("is_one_shot", [True, False])
async def test_what_is_read_counts_and_not_what_there_is(
    proxy: Proxy, tmp_path: Path, delivered: Path, is_one_shot: bool
) -> None:
    service = backend(proxy, tmp_path, one_shot=is_one_shot)
    found = [await answered(service, Query(ACTIONS, window)) for window in (FIRST_MINUTE, ALL)]
    minute, all_of_it = (each.statistics.bytes_scanned or 0 for each in found)
    assert 0 < minute < all_of_it < size_of(delivered) / 5
    again = await answered(service, Query(ACTIONS, FIRST_MINUTE))
    assert again.statistics.bytes_scanned == minute
    await service.close()


async def test_the_next_session_has_the_same_pieces_for_the_user_alone(
    proxy: Proxy, tmp_path: Path
) -> None:
    asked = []
    for _ in range(2):
        service = backend(proxy, tmp_path, one_shot=True)
        found = await answered(service, Query(ACTIONS, ALL))
        assert found.state is RunState.COMPLETE
        await service.close()
        asked.append(len(proxy.asked))
    assert 0 < asked[0] == asked[1]
    cache = Cache(tmp_path / "cache", 1e9)
    assert cache.held()[0] < 2 * got(proxy)
    for path in (tmp_path / "cache").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


async def test_more_of_the_time_gets_the_columns_of_its_own_query(
    proxy: Proxy, tmp_path: Path, delivered: Path
) -> None:
    service = backend(proxy, tmp_path)
    first = await answered(service, Query(PORTS, FIRST_FIVE))
    assert first.results == await on_disk(delivered, PORTS, FIRST_FIVE)
    then = await answered(service, Query(ACTIONS, ALL))
    assert Counter(then.results.rows) == Counter((await on_disk(delivered, ACTIONS)).rows)
    again = await answered(service, Query(PORTS, ALL))
    assert again.results == await on_disk(delivered, PORTS)
    await service.close()


async def test_less_of_the_time_gets_the_columns_of_all_that_is_read(
    proxy: Proxy, tmp_path: Path, delivered: Path
) -> None:
    service = backend(proxy, tmp_path)
    await answered(service, Query(ACTIONS, ALL))
    found = await answered(service, Query(PORTS, FIRST_FIVE))
    assert found.results == await on_disk(delivered, PORTS, FIRST_FIVE)
    await service.close()


async def test_queries_at_the_same_time_have_each_other_s_objects_with_their_own_columns(
    proxy: Proxy, tmp_path: Path, delivered: Path
) -> None:
    service = backend(proxy, tmp_path)
    asked = [Query(PORTS, FIRST_FIVE), Query(ACTIONS, ALL), Query(PORTS, ALL)]
    first, then, last = await asyncio.gather(*(answered(service, query) for query in asked))
    assert first.results == await on_disk(delivered, PORTS, FIRST_FIVE)
    assert Counter(then.results.rows) == Counter((await on_disk(delivered, ACTIONS)).rows)
    assert last.results == await on_disk(delivered, PORTS)
    await service.close()


@pytest.mark.parametrize("fault", [Fault.MIDWAY, Fault.CUT])
async def test_whatever_goes_wrong_for_a_while_the_rows_are_the_same(
    proxy: Proxy, tmp_path: Path, delivered: Path, fault: Fault
) -> None:
    proxy.faults["get"] = [fault, None, fault, fault, None, fault]
    service = backend(proxy, tmp_path)
    found = await answered(service, Query(PORTS, ALL))
    assert found.results == await on_disk(delivered, PORTS)
    await service.close()


async def test_what_would_be_fetched_is_said_before(
    proxy: Proxy, tmp_path: Path, delivered: Path
) -> None:
    service, query = backend(proxy, tmp_path), Query(PORTS, ALL)
    before = await service.objects("s3://columns", ALL)
    assert before is not None
    assert (before.missing_size, before.is_most) == (size_of(delivered), True)
    told = await service.explain(query, ALL)
    assert told.text.count("(its footer, then the columns of the query)") == 2
    assert "2 objects, at most" in told.notice
    assert not proxy.asked

    await answered(service, Query(ACTIONS, ALL))
    here = got(proxy)
    told = await service.explain(query, ALL)
    assert "2 objects, at most" not in told.notice
    assert got(proxy) == here
    await answered(service, query)
    assert "SELECT" in (await service.explain(query, ALL)).text
    after = await service.objects("s3://columns", ALL)
    assert after is not None
    assert after.missing_size < size_of(delivered) - here / 2
    await service.close()


async def test_what_is_lost_of_the_cache_is_fetched_again(proxy: Proxy, tmp_path: Path) -> None:
    service = backend(proxy, tmp_path)
    found = await answered(service, Query(ACTIONS, ALL))
    before = got(proxy)
    for path in (tmp_path / "cache").rglob("*.parquet"):
        path.unlink()
    again = await answered(service, Query(ACTIONS, ALL))
    assert again.results == found.results
    assert got(proxy) == 2 * before
    await service.close()
