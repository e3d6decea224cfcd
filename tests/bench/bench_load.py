"""How fast 5,000,000 records of the article's format are loaded, read in place and summed.

    python -m tests.bench.bench_load [--folder FOLDER] [--records N] [--rounds N]

FOLDER keeps the files that the bench makes (1.5 GB); a second run finds them there. Ratios are to
`gzip -dc`, `mawk` and plain DuckDB SQL in the same run.
"""

from __future__ import annotations

import argparse
import gzip
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from statistics import median

import duckdb

from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.in_place import read_in_place
from flowtui.backends.duckdb.ingest.load import load
from flowtui.backends.duckdb.ingest.reader import SourceFiles
from flowtui.backends.duckdb.progress import Loading
from flowtui.flowlogs.format import ARTICLE_FORMAT

HEADER = " ".join(info.name for info in ARTICLE_FORMAT.fields)
SUM = """
    SELECT count(*), sum(total), bit_xor(hash(srcaddr, dstaddr, flow_direction, total))
    FROM (SELECT srcaddr, dstaddr, flow_direction, sum("{bytes}") AS total FROM {relation}
          GROUP BY ALL)
"""
AWK = 'NR > 1 && $12 != "-" { sum[$6 " " $8 " " $17] += $12 } END { for (k in sum) n++; print n }'
START = 1648826280
PORTS = (443, 443, 443, 80, 22, 53, 3306, 5432, 8080)
SERVICES = ("-", "-", "-", "-", "-", "-", "S3", "AMAZON", "EC2", "DYNAMODB")


class Traffic:
    """Records of 400 interfaces in three VPCs, each with about a thousand peers."""

    def __init__(self) -> None:
        self._random = random.Random(20220401)  # noqa: S311  (the same records every time)
        self._interfaces = [self._interface(n) for n in range(400)]
        self._peers = [self._address() for _ in range(60_000)]

    def records(self, count: int) -> Iterator[str]:
        """Eight in a thousand are NODATA or SKIPDATA."""
        for n in range(count):
            chance = self._random.random()
            if chance < 0.008:
                yield self._silence(n, "NODATA" if chance < 0.006 else "SKIPDATA")
            else:
                yield self._flow(n, is_inside=chance > 0.9)

    def _interface(self, n: int) -> tuple[str, str, str]:
        """The first five fields of its records, its address, and the last four fields."""
        eni, instance = (self._random.getrandbits(64) for _ in range(2))
        owner = f"123456789012 vpc-0{n % 3:016x} subnet-0{n % 9 * 977:016x} eni-0{eni:016x}"
        owner += " -" if n % 11 == 0 else f" i-0{instance:016x}"
        return owner, f"10.{n % 3}.{n % 9}.{n % 250 + 4}", f"eu-west-1 euw1-az{n % 3 + 1} - -"

    def _address(self) -> str:
        return ".".join(str(self._random.randint(1, 223)) for _ in range(4))

    def _times(self, n: int) -> tuple[int, int]:
        start = START + n // 300 + int(self._random.random() * 60)
        return start, start + int(self._random.random() * 60)

    def _silence(self, n: int, status: str) -> str:
        owner, _, place = self._interfaces[n % 400]
        start, end = self._times(n)
        return f"{owner} - - - - - - - - {status} {start} {end} - - - - - - - {place}\n"

    def _flow(self, n: int, *, is_inside: bool) -> str:
        pick = self._random.random
        index = int(pick() * 400)
        owner, own, place = self._interfaces[index]
        peer = self._peers[(index * 137 + int(1000 * pick() ** 2)) % len(self._peers)]
        if is_inside:
            peer = self._interfaces[(index + int(pick() * 30)) % 400][1]
        port, client, service = (
            PORTS[int(pick() * 9)],
            1024 + int(pick() * 64000),
            SERVICES[int(pick() * 10)],
        )
        packets = 1 + int((1 - pick()) ** -0.7)
        figures = f"{17 if port == 53 else 6} {packets} {packets * (40 + int(pick() * 1400))}"
        start, end = self._times(n)
        middle = f"{figures} {'REJECT' if pick() < 0.04 else 'ACCEPT'} OK {start} {end}"
        flags = (0, 2, 3, 18, 19)[int(pick() * 5)]
        if n % 2:
            ends = f"{own} {client} {peer} {port} {middle} egress 8 {flags}"
            return f"{owner} {ends} {own} - {peer} {service} {place}\n"
        ends = f"{peer} {port} {own} {client} {middle} ingress - {flags}"
        return f"{owner} {ends} {peer} {service} {own} - {place}\n"


def make_files(folder: Path, count: int) -> tuple[Path, Path]:
    """The same records as text and packed; made once."""
    text, packed = folder / f"flows-{count}.log", folder / f"flows-{count}.log.gz"
    if not packed.exists():
        with text.open("w") as lines:
            lines.write(f"{HEADER}\n")
            lines.writelines(Traffic().records(count))
        partial = packed.with_suffix(".partial")
        with text.open("rb") as lines, gzip.open(partial, "wb", compresslevel=6) as target:
            while block := lines.read(1 << 20):
                target.write(block)
        partial.rename(packed)
    return text, packed


def timed(work: Callable[[], object], rounds: int) -> float:
    """The median of the seconds that it takes."""
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return median(seconds)


def report(what: str, seconds: float, base: float, base_name: str, limit: str) -> None:
    print(f"{what:44} {seconds:7.2f} s {seconds / base:6.2f} x {base_name} ({limit})", flush=True)


def load_once(path: Path, cancelled: threading.Event | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder)) as connection:
        fill(connection, find_source(path), cancelled or threading.Event())


def fill(
    connection: duckdb.DuckDBPyConnection, source: SourceFiles, cancelled: threading.Event
) -> None:
    load(connection, source, "g", progress=Loading(), cancelled=cancelled)


def bench_loading(packed: Path, rounds: int) -> None:
    unpack = timed(
        lambda: subprocess.run(["gzip", "-dc", packed], stdout=subprocess.DEVNULL, check=True),
        rounds,
    )
    report("gzip -dc", unpack, unpack, "gzip -dc", "the base")
    loading = timed(lambda: load_once(packed), rounds)
    report("load the gzip file", loading, unpack, "gzip -dc", "at most 3")


def bench_in_place(text: Path, rounds: int) -> None:
    awk = timed(
        lambda: subprocess.run(["mawk", AWK, text], capture_output=True, check=True), rounds
    )
    report("mawk, sum of bytes by pair", awk, awk, "mawk", "the base")
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        read_in_place(connection, find_source(text), "g")
        query = SUM.format(bytes="bytes#", relation="g")
        reading = timed(lambda: connection.execute(query).fetchall(), rounds)
    report("the same, from the text", reading, awk, "mawk", "at most 0.33")


def plain_table() -> str:
    fields = ARTICLE_FORMAT.fields
    types = ", ".join(f"'{info.column}': 'VARCHAR'" for info in fields)
    numbers = ", ".join(
        f'TRY_CAST(nullif("{info.column}", \'-\') AS BIGINT) AS "{info.column}"'
        for info in fields
        if info.type.is_number
    )
    return (
        f"CREATE TABLE plain AS SELECT * REPLACE ({numbers}) FROM read_csv($path, delim=' ',"
        f" quote='', header=true, auto_detect=false, columns={{{types}}})"
    )


def bench_loaded(text: Path, rounds: int) -> None:
    """On plain tables of the same columns, made by plain SQL."""
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder)) as connection:
        fill(connection, find_source(text), threading.Event())
        connection.execute(plain_table(), {"path": str(text)})
        plain = SUM.format(bytes="bytes", relation="plain")
        ours = SUM.format(bytes="bytes#", relation="g")
        if connection.sql(plain).fetchall() != connection.sql(ours).fetchall():
            sys.exit("the sums differ")
        base = timed(lambda: connection.execute(plain).fetchall(), rounds * 3)
        report("plain SQL on a typed table", base, base, "plain SQL", "the base")
        seconds = timed(lambda: connection.execute(ours).fetchall(), rounds * 3)
        report("the same on the loaded group", seconds, base, "plain SQL", "at most 1.3")


def bench_cancel(packed: Path) -> None:
    cancelled = threading.Event()
    ended: list[float] = []

    def loading() -> None:
        try:
            load_once(packed, cancelled)
        except CancelledError:
            ended.append(time.perf_counter())

    thread = threading.Thread(target=loading)
    thread.start()
    # Some way into the load, which takes several times as long.
    time.sleep(2)
    begun = time.perf_counter()
    cancelled.set()
    thread.join()
    print(f"a load ends {ended[0] - begun:.2f} s after it is cancelled (about 1)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "flowtui-bench"
    )
    parser.add_argument("--records", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    text, packed = make_files(options.folder, options.records)
    print(f"{options.records} records, {text.stat().st_size / 1e9:.2f} GB", flush=True)
    bench_loading(packed, options.rounds)
    bench_in_place(text, options.rounds)
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB (under 2)")
    bench_loaded(text, options.rounds)
    bench_cancel(packed)


if __name__ == "__main__":
    main()
