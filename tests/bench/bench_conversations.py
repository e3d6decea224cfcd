"""How long conversations take: the aggregate of a log, and the fold of its rows.

    python -m tests.bench.bench_conversations [--records N] [--most-windows N]

Of N records of conversations that both ends have recorded, with up to so many windows each. The
seconds are those of the processor, as other programs may be at work beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TypeVar

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.conversations import conversations_of
from flowtui.engine.fold import Answer, Fold
from flowtui.engine.folding import folded_by
from flowtui.engine.folds import fold_of
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import Query

T = TypeVar("T")
START = 1_700_000_000


def lines(records: int, most_windows: int) -> Iterator[str]:
    random, count = Random(1), 0  # noqa: S311
    yield " ".join(info.name for info in ARTICLE_FORMAT.fields)
    while count < records:
        client, server = (f"10.0.{random.randrange(16)}.{random.randrange(4, 250)}" for _ in "ab")
        ends = f"{client} {random.randrange(32768, 61000)}", f"{server} 443"
        windows, start = random.randint(1, most_windows), START + random.randrange(86400)
        for index in range(windows):
            flags = (2 if index == 0 else 0, 18 if index == 0 else 0)
            for eni, way in ((client, 0), (server, 0), (server, 1), (client, 1)):
                source, target = ends if way == 0 else ends[::-1]
                direction = "egress" if (eni == client) == (way == 0) else "ingress"
                at = start + 60 * index
                yield (
                    f"123456789012 vpc-1 subnet-1 eni-{eni} i-{eni} {source} {target} 6 9 4000"
                    f" ACCEPT OK {at} {at + 50} {direction} 1 {flags[way]} {source.split()[0]} -"
                    f" {target.split()[0]} - eu-west-1 euw1-az1 - -"
                )
                count += 1


def timed(name: str, work: Callable[[], T]) -> T:
    begun, wall = time.process_time(), time.perf_counter()
    result = work()
    spent, passed = time.process_time() - begun, time.perf_counter() - wall
    print(f"{name:<12} {spent:8.2f} s of the processor, {passed:8.2f} s in all")
    return result


async def answered(file: Path) -> tuple[Fold, Answer]:
    backend = DuckDBBackend([file], now=lambda: datetime.now(UTC))
    (group,) = [group.name async for page in backend.log_groups() for group in page]
    query = Query("", None, (group,))
    query = Query(conversations_of(query, ARTICLE_FORMAT), None, (group,))
    window = await backend.extent((group,))
    assert window is not None
    fold = fold_of(query.body)
    assert fold is not None
    (part,) = fold.parts(query, window)
    begun = time.process_time()
    *_, latest = [each async for each in watch(backend, part.query, window, delays=lambda *_: 0.05)]
    print(f"{'aggregate':<12} {time.process_time() - begun:8.2f} s of the processor")
    await backend.close()
    return fold, Answer(part, latest.results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--most-windows", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flows.log"
        with file.open("w") as written:
            written.writelines(f"{line}\n" for line in lines(options.records, options.most_windows))
        fold, answer = timed("load and ask", lambda: asyncio.run(answered(file)))
        folded = timed("fold", lambda: folded_by(fold, (answer,)))
        print(f"{len(answer.results.rows):,} rows, {len(folded.results.rows):,} conversations")


if __name__ == "__main__":
    main()
