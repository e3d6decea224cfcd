"""How long 5,000 objects of 1,000 records take from moto on this machine: listed, fetched, asked.

    python -m tests.bench.bench_s3 [--objects N] [--lines N] [--faults N]

moto runs in a process of its own and a proxy, which does what networks do, in this one: the rate of
fetching is theirs as much as ours, so that a bare boto3 loop over the same objects stands beside
it. Whoever asks has a process of its own, too, whose memory is shown.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import boto3

from flowtui.backends.s3.backend import S3Backend
from flowtui.backends.s3.cache import Cache
from flowtui.backends.s3.workers import THREADS
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
    os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}  # moto takes any
    with moto() as url, running(Proxy(url)) as proxy, tempfile.TemporaryDirectory() as folder:
        alone(fill, url, given.objects, given.lines)
        alone(bare, proxy.url)
        drawn = random.Random(1)  # noqa: S311  (it is to be repeatable)
        for faults in (0, given.faults):
            share = faults / given.objects
            proxy.faults["get"] = [
                drawn.choice(list(Fault)) if drawn.random() < share else None
                for _ in range(given.objects)
            ]
            alone(asked_all, proxy.url, Path(folder) / str(faults), faults)
        alone(asked_all, proxy.url, Path(folder) / "0", 0)


def alone(work: Callable[..., None], *arguments: object) -> None:
    """Do it in a process of its own."""
    process = get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 0


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


def fill(url: str, objects: int, lines: int) -> None:
    """So many objects, several for each five minutes of 24 hours."""
    client = client_of(url)
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
    print(f"{objects:,} objects, {sum(map(len, bodies)) / 1e6:.1f} MB of gzip", flush=True)


def bare(url: str) -> None:
    """As many requests at a time as flowtui sends, and nothing done with what comes."""
    client, start = client_of(url), time.perf_counter()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="logs")
    keys = [each["Key"] for page in pages for each in page["Contents"]]
    listed = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(
            lambda key: client.get_object(Bucket="logs", Key=key)["Body"].read(), keys
        ):
            pass
    fetched = time.perf_counter()
    print(f"bare boto3: listed in {listed - start:.2f} s, fetched in {fetched - listed:.2f} s")
    told()


def told() -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    print(f"  {seconds:.1f} s of the processors, peak memory {peak:.0f} MB", flush=True)


def asked_all(url: str, folder: Path, faults: int) -> None:
    asyncio.run(measure(url, folder, faults))
    told()


async def measure(url: str, folder: Path, faults: int) -> None:
    window = TimeRange(BEGIN - timedelta(days=1), BEGIN + timedelta(days=2))
    source = S3Source(("s3://logs",), region="us-east-1", endpoint_url=url)
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
        f" ({listed.requests} requests), fetched in {fetched - listing:.2f} s,"
        f" asked in {end - fetched:.2f} s"
    )
    print(f"  the last that was said: {said or 'nothing was fetched'}")


if __name__ == "__main__":
    main()
