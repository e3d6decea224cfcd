"""How long a question to 100,000 rows at hand takes, from the key to the answer.

python -m tests.bench.bench_rows [ROWS]
"""

from __future__ import annotations

import asyncio
import sys
import time
from random import Random

from flowtui.backends.duckdb.rows_backend import RowsBackend
from flowtui.engine.breakdown import breakdown
from flowtui.engine.values import values_in
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot
from tests.pilot.service import NOON, WINDOW

ROUNDS = 7


def flows(count: int) -> QueryRun:
    """A run that has found so many raw flows of 27 fields."""
    random = Random(1)  # noqa: S311  (no secret)
    columns = ("@timestamp", *ARTICLE_FORMAT.columns, "@ptr")
    addresses = [f"10.0.{n // 256}.{n % 256}" for n in range(5_000)]

    def cell(name: str, number: int) -> str:
        if name.endswith("addr"):
            return random.choice(addresses)
        if name in ("bytes", "packets", "srcport", "dstport", "start", "end"):
            return str(random.randrange(1, 60_000))
        return "2022-04-01 11:30:00.000" if name == "@timestamp" else f"{name}-{number % 7}"

    rows = tuple(tuple(cell(name, number) for name in columns) for number in range(count))
    snapshot = Snapshot(RunState.COMPLETE, ResultSet(columns, rows))
    return QueryRun(
        RunId(1),
        Query("display @timestamp, srcaddr | limit 100000", WINDOW),
        WINDOW,
        NOON,
        snapshot,
    )


async def main(count: int) -> None:
    run = flows(count)
    backend = RowsBackend(now=lambda: NOON)
    backend.hold(run.id, run.latest.results)
    for column in ("srcaddr", "action", "dstport"):
        query, _ = breakdown(run, column, is_at_hand=False)
        taken = [await once(backend, query) for _ in range(ROUNDS)]
        walls, cpus = [wall for wall, _ in taken], [cpu for _, cpu in taken]
        figures = (min(walls), min(cpus), walls[0])
        best, cpu, first = (f"{1000 * figure:.0f} ms" for figure in figures)
        print(f"breakdown of {column:8} {best}, {cpu} of CPU, {first} the first time")
    await backend.close()
    begun, places = time.process_time(), run.latest.results.shown
    for index in places:
        values_in(run.latest.results, index)
    print(f"values of {len(places)} columns {time.process_time() - begun:.2f} s of CPU")


async def once(backend: RowsBackend, query: Query) -> tuple[float, float]:
    """Seconds, and those of the processor."""
    begun, cpu = time.perf_counter(), time.process_time()
    handle = await backend.start(query, WINDOW)
    while not (latest := await backend.poll(handle)).state.is_final:  # noqa: ASYNC110  (it is polled)
        await asyncio.sleep(0.002)
    assert latest.state is RunState.COMPLETE, latest.error
    return time.perf_counter() - begun, time.process_time() - cpu


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
