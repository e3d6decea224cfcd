"""The CPU time of commands that answer once, beside DuckDB on the same file.

Run by hand: `python -m tests.bench.bench_one_shot [RUNS]`. User and system time of the whole
process, the median of the runs, which are made in turn.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.sample import incident_lines

FLOWTUI = (sys.executable, "-m", "flowtui")
QUERY = "stats sum(bytes) as b by srcaddr, dstaddr | sort b desc | limit 20"
SQL = "SELECT sum(bytes) AS b, srcaddr, dstaddr FROM {} GROUP BY ALL ORDER BY b DESC LIMIT 20"
LINES = (50_000, 500_000)


def cases(folder: Path) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {
        "python": (sys.executable, "-c", "pass"),
        "--version": (*FLOWTUI, "--version"),
        "check": (*FLOWTUI, "check", "fields srcaddr"),
        "query --demo": (*FLOWTUI, "query", "--demo", QUERY),
    }
    types = {i.column: "BIGINT" if i.type.is_number else "VARCHAR" for i in ARTICLE_FORMAT.fields}
    made = incident_lines(datetime(2026, 4, 2, tzinfo=UTC))
    for lines in LINES:
        text = folder / f"{lines}.log"
        text.write_text("".join(f"{made[n % len(made)]}\n" for n in range(lines)), "ascii")
        read = f"read_csv('{text}', delim=' ', header=false, nullstr='-', columns={types})"
        columns = folder / f"{lines}.parquet"
        run(duckdb(f"COPY (SELECT * FROM {read}) TO '{columns}' (FORMAT parquet)"))
        for file, relation in ((text, read), (columns, f"'{columns}'")):
            found[file.name] = (*FLOWTUI, "query", "--file", str(file), QUERY)
            found[f"{file.name}, DuckDB"] = duckdb(SQL.format(relation))
    return found


def duckdb(sql: str) -> Sequence[str]:
    return (sys.executable, "-c", f"import duckdb; print(duckdb.execute({sql!r}).fetchall())")


def run(argv: Sequence[str]) -> float:
    """Milliseconds of CPU."""
    # An installed package is compiled; a checkout is too after its first start, unless this is set.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with TemporaryDirectory() as folder:
        argvs = cases(Path(folder))
        for argv in argvs.values():
            run(argv)  # Not counted: it compiles, and fills the page cache.
        taken: dict[str, list[float]] = {name: [] for name in argvs}
        for _ in range(runs):
            for name, argv in argvs.items():
                taken[name].append(run(argv))
    for name, each in taken.items():
        print(f"{name:24} CPU {median(each):5.0f} ms")


if __name__ == "__main__":
    main()
