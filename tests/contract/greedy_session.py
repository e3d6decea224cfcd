"""A process that asks for too much, again and again: `greedy_session FILE GB SEED COUNT`.

After each greedy query it asks a plain one. It prints, as JSON, how each has ended and how much
memory the process has taken at most.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import Query, RunState
from flowtui.model.timerange import TimeRange, from_ms
from tests.property.greedy_queries import greedy_query

_PATIENCE = 20.0
_WINDOW = TimeRange(from_ms(0), datetime(2100, 1, 1, tzinfo=UTC))


async def session(path: Path, gigabytes: float, seed: int, count: int) -> list[tuple[str, str]]:
    backend = DuckDBBackend([path], now=lambda: datetime.now(UTC), memory=int(gigabytes * 10**9))
    random, ends = Random(seed), []  # noqa: S311  (no secret)
    try:
        for _ in range(count):
            query = greedy_query(random)
            ends.append((query, await ended(backend, query)))
            ends.append(("plain", await ended(backend, "stats count(*) as n")))
    finally:
        await backend.close()
    return ends


async def ended(backend: DuckDBBackend, text: str) -> str:
    """The error, or the state it has ended in: nobody waits for a slow one for ever."""
    try:
        handle = await backend.start(Query(text, None), _WINDOW)
    except FlowtuiError as error:
        return str(error)
    for _ in range(int(_PATIENCE / 0.02)):
        latest = await backend.poll(handle)
        if latest.state.is_final:
            return latest.error or str(latest.state)
        await asyncio.sleep(0.02)
    await backend.stop(handle)
    latest = await backend.poll(handle)
    return "stopped" if latest.state is RunState.CANCELLED else "not stopped"


def main() -> None:
    path, gigabytes, seed, count = sys.argv[1:]
    ends = asyncio.run(session(Path(path), float(gigabytes), int(seed), int(count)))
    sys.stdout.write(json.dumps({"ends": ends, "peak": peak_bytes()}))


def peak_bytes() -> int:
    """The most that the process has taken; what it was forked from is in the other figure."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s*([0-9]+) kB", status.read_text())
        return int(found[1]) * 1024 if found else 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
