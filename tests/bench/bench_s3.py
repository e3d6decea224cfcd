"""How long 5,000 objects of 1,000 records take from moto on this machine: listed, fetched, asked.

    python -m tests.bench.bench_s3 [--objects N] [--lines N] [--faults N]

moto runs in a process of its own and a proxy, which does what networks do, in this one: the rate of
fetching is theirs as much as ours.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from flowtui.backends.s3.backend import S3Backend
from flowtui.backends.s3.cache import Cache
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import watch
from flowtui.model.run import Query, RunState
from flowtui.model.source import S3Source
from flowtui.model.timerange import TimeRange
from tests.bench.bench_load import HEADER, START, Traffic
from tests.contract.s3_endpoint import Fault, Proxy, running

PORT = 5899
QUERY = "stats sum(bytes) as b by srcaddr, dstaddr, flow_direction | sort b desc | limit 20"
BEGIN = datetime.fromtimestamp(START, UTC)
TREE = "AWSLogs/123456789012/vpcflowlogs/us-east-1"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--objects", type=int, default=5000)
    asked.add_argument("--lines", type=int, default=1000)
    asked.add_argument("--faults", type=int, default=100)
    given = asked.parse_args()
    with moto() as url, running(Proxy(url)) as proxy, tempfile.TemporaryDirectory() as folder:
        size = fill(client_of(url), given.objects, given.lines)
        print(f"{given.objects:,} objects, {size / 1e6:.1f} MB of gzip")
        drawn = random.Random(1)  # noqa: S311  (it is to be repeatable)
        for faults in (0, given.faults):
            share = faults / given.objects
            proxy.faults["get"] = [
                drawn.choice(list(Fault)) if drawn.random() < share else None
                for _ in range(given.objects)
            ]
            asyncio.run(measure(proxy, Path(folder) / str(faults), faults))
        asyncio.run(measure(proxy, Path(folder) / "0", 0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process, the proxy included: {peak:.0f} MB")


@contextmanager
def moto() -> Iterator[str]:
    words = ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(PORT)]
    server = subprocess.Popen([sys.executable, *words], stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{PORT}"
    finally:
        server.terminate()
        server.wait()


def client_of(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="a", aws_secret_access_key="b",  # noqa: S106  (moto takes any)
    )  # fmt: skip


def fill(client: Any, objects: int, lines: int) -> int:
    """Bytes of so many objects, several for each five minutes of 24 hours."""
    while True:
        try:
            client.create_bucket(Bucket="logs")
            break
        except Exception:  # noqa: BLE001  (it is not up yet)
            time.sleep(0.2)
    records = Traffic().records(objects * lines)
    bodies = [
        gzip.compress("\n".join([HEADER, *(next(records) for _ in range(lines)), ""]).encode(), 1)
        for _ in range(objects)
    ]

    def put(number: int) -> None:
        slot = BEGIN + timedelta(minutes=5 * (number * 288 // objects))
        name = f"123456789012_vpcflowlogs_us-east-1_fl-0ab_{slot:%Y%m%dT%H%MZ}_{number:05}.log.gz"
        client.put_object(Bucket="logs", Key=f"{TREE}/{slot:%Y/%m/%d}/{name}", Body=bodies[number])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(objects)))
    return sum(map(len, bodies))


async def measure(proxy: Proxy, folder: Path, faults: int) -> None:
    proxy.asked.clear()
    window = TimeRange(BEGIN - timedelta(days=1), BEGIN + timedelta(days=2))
    source = S3Source(("s3://logs",), region="us-east-1", endpoint_url=proxy.url)
    service = S3Backend(source, Cache(folder, 1e10), now=lambda: BEGIN)
    start = time.perf_counter()
    listed = await service.objects("s3://logs", window)
    listing, fetched, said = time.perf_counter(), 0.0, ""
    async with aclosing(watch(service, Query(QUERY, window), window, delays=LOCAL)) as snapshots:
        async for snapshot in snapshots:
            is_fetching = any("fetching" in each for each in snapshot.notices)
            said = snapshot.notices[0] if is_fetching else said
            fetched = time.perf_counter() if is_fetching else fetched or listing
    end = time.perf_counter()
    await service.close()
    assert snapshot.state is RunState.COMPLETE, snapshot.error
    assert listed is not None
    print(
        f"{faults} faults: listed {listed.count:,} in {listing - start:.2f} s"
        f" ({listed.requests} requests), fetched in {fetched - listing:.2f} s"
        f" ({len(proxy.asked):,} requests), asked in {end - fetched:.2f} s"
    )
    print(f"  the last that was said: {said or 'nothing was fetched'}")


if __name__ == "__main__":
    main()
