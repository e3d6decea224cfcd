"""How long one query over files takes, beside others who read the same files; and how much memory.

    python -m tests.bench.bench_size [--folder FOLDER] [--records N ...] [--objects N ...]

Every figure is of a process of its own: the time of the processors, which other work on the
machine changes least. Ratios are medians of pairs, ours and theirs by turns. FOLDER keeps what the
bench makes.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import duckdb

from flowtui.flowlogs.format import ARTICLE_FORMAT
from tests.bench.bench_load import AWK, HEADER, Traffic, make_files

SUM = "stats sum(bytes) as b by srcaddr, dstaddr, flow_direction | sort b desc | limit 20"
NEWEST = "fields @timestamp, srcaddr, dstaddr, bytes | sort @timestamp desc | limit 10000"
GOALS: Mapping[str, str] = {
    "text": "<= 1.0 x DuckDB, fixed cost 0.3 s",
    "gzip": "<= 1.2 x DuckDB",
    "parquet": "<= 1.3 x DuckDB",
    "objects": "<= 1.2 x DuckDB",
    "newest, first start": "no goal: all is loaded, and kept",
    "newest, second start": "<= 0.5 s and the fixed cost",
}
PEAK_GOAL = "peak <= 500 MB"
TYPES = ", ".join(f"'{info.column}': 'VARCHAR'" for info in ARTICLE_FORMAT.fields)
DUCKDB = f"""
import duckdb, sys
paths = sys.argv[1:]
if paths[0].endswith(".parquet"):
    read = "read_parquet($paths)"
else:
    read = \"\"\"(SELECT * REPLACE (TRY_CAST(nullif(bytes, '-') AS BIGINT) AS bytes)
        FROM read_csv($paths, delim=' ', quote='', header=true, auto_detect=false,
        columns={{{TYPES}}}))\"\"\"
print(duckdb.execute("SELECT srcaddr, dstaddr, flow_direction, sum(bytes) AS b FROM " + read +
    " GROUP BY ALL ORDER BY b DESC LIMIT 20", {{"paths": paths}}).fetchall())
"""
POLARS = """
import polars, sys
read = polars.scan_csv(sys.argv[1:], separator=" ", null_values="-", quote_char=None)
keys = ["srcaddr", "dstaddr", "flow-direction"]
print(read.group_by(keys).agg(polars.col("bytes").sum()).sort("bytes").tail(20).collect())
"""


@dataclass(frozen=True, slots=True)
class Taken:
    seconds: float
    """Of processors."""
    peak: float
    """MB of memory."""


Run = Callable[[], Taken]


def taken(words: Sequence[str], cache: Path | None = None) -> Taken:
    """What a process of these words takes; `cache` is where flowtui keeps things."""
    environment = os.environ | ({"XDG_CACHE_HOME": str(cache)} if cache else {})
    null = os.open(os.devnull, os.O_RDWR)
    process = os.posix_spawnp(
        words[0], tuple(words), environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, null, number) for number in range(3)],
    )  # fmt: skip
    _, status, usage = os.wait4(process, 0)
    os.close(null)
    if status:
        sys.exit(f"{' '.join(words)[:200]} ended with {status}")
    return Taken(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def ours(path: Path, query: str, cache: Path, *, is_first: bool) -> Taken:
    if is_first:
        shutil.rmtree(cache, ignore_errors=True)
    words = [sys.executable, "-m", "flowtui", "query", "--file", str(path), query]
    return taken(words, cache)


def python(program: str, paths: Sequence[Path]) -> Run:
    return lambda: taken([sys.executable, "-c", program, *map(str, paths)])


def peers(kind: str, paths: Sequence[Path]) -> Iterator[tuple[str, Run]]:
    """DuckDB first."""
    yield "DuckDB", python(DUCKDB, paths)
    if importlib.util.find_spec("polars") and kind in ("text", "gzip"):
        yield "polars", python(POLARS, paths)
    if shutil.which("mawk") and kind == "text":
        yield "mawk", lambda: taken(["mawk", AWK, str(paths[0])])
    if shutil.which("gzip") and kind in ("gzip", "objects"):
        yield "gzip -dc", lambda: taken(["gzip", "-dc", *map(str, paths)])


def report(what: str, run: Run, others: Sequence[tuple[str, Run]], goal: str, rounds: int) -> None:
    """By turns, so that whatever else the machine does is shared."""
    found: dict[str, list[Taken]] = {}
    for _ in range(rounds):
        for name, each in (("flowtui", run), *others):
            found.setdefault(name, []).append(each())
    own = found.pop("flowtui")
    said = [f"{median(t.seconds for t in own):6.2f} s {max(t.peak for t in own):5.0f} MB"]
    for name, theirs in found.items():
        pairs = zip(own, theirs, strict=True)
        ratio = median(mine.seconds / other.seconds for mine, other in pairs)
        said.append(f"{ratio:5.2f} x {name} ({median(t.seconds for t in theirs):.2f} s)")
    print(f"{what:32} {'  '.join(said)}   goal: {goal}; {PEAK_GOAL}", flush=True)


def parquet_of(text: Path) -> Path:
    """The same records, typed; made once."""
    path = text.with_suffix(".parquet")
    if not path.exists():
        numbers = ", ".join(
            f'TRY_CAST(nullif("{info.column}", \'-\') AS BIGINT) AS "{info.column}"'
            for info in ARTICLE_FORMAT.fields
            if info.type.is_number
        )
        duckdb.execute(
            f"COPY (SELECT * REPLACE ({numbers}) FROM read_csv('{text}', delim=' ', quote='',"
            f" header=true, auto_detect=false, columns={{{TYPES}}})) TO '{path}'"
        )
    return path


def objects_of(folder: Path, count: int) -> list[Path]:
    """So many gzip files of 1,000 records; made once."""
    made = folder / f"objects-{count}"
    if not made.exists():
        draft = folder / f"objects-{count}.new"
        draft.mkdir()
        records = Traffic().records(count * 1000)
        for number in range(count):
            text = "".join([f"{HEADER}\n", *islice(records, 1000)])
            (draft / f"{number:05}.log.gz").write_bytes(gzip.compress(text.encode(), 1))
        draft.rename(made)
    return sorted(made.iterdir())


def make(folder: Path, records: Sequence[int], objects: Sequence[int]) -> None:
    """Have all files."""
    folder.mkdir(parents=True, exist_ok=True)
    for count in records:
        parquet_of(make_files(folder, count)[0])
    for count in objects:
        objects_of(folder, count)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "flowtui-bench")
    asked.add_argument("--records", type=int, nargs="*", default=[50_000, 500_000, 5_000_000])
    asked.add_argument("--objects", type=int, nargs="*", default=[1_000, 5_000])
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    # A process begins with the peak of the one that it comes from, so that this one stays small.
    making = multiprocessing.Process(
        target=make, args=(given.folder, given.records, given.objects), daemon=True
    )
    making.start()
    making.join()
    cache = given.folder / "cache"

    def first(path: Path, query: str) -> Run:
        return lambda: ours(path, query, cache, is_first=True)

    for count in given.records:
        text, packed = make_files(given.folder, count)
        for kind, path in (("text", text), ("gzip", packed), ("parquet", parquet_of(text))):
            others = list(peers(kind, [path]))
            report(f"{count:,}, {kind}, sum", first(path, SUM), others, GOALS[kind], given.rounds)
        for start in ("first", "second"):
            what, run = f"newest, {start} start", first(packed, NEWEST)
            if start == "second":
                run = lambda path=packed: ours(path, NEWEST, cache, is_first=False)  # type: ignore[misc]  # noqa: E731  (a default value has no type here)
            report(f"{count:,}, gzip, {what}", run, [], GOALS[what], given.rounds)
    for count in given.objects:
        paths = objects_of(given.folder, count)
        others = list(peers("objects", paths))
        what = f"{count:,} objects of 1,000, sum"
        report(what, first(paths[0].parent, SUM), others, GOALS["objects"], given.rounds)


if __name__ == "__main__":
    main()
