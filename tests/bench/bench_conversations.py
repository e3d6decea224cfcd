"""How long conversations take: the aggregate of a log, and the fold of its rows.

    python -m tests.bench.bench_conversations [--records N ...] [--most-windows N] [--folder FOLDER]

Of 204,000 and of 5,000,000 records of conversations that both ends have recorded, with up to so
many windows each. Loading them is not counted. The seconds of the processors are told too, as
other programs may be at work beside it. FOLDER keeps the files; a second run finds them there.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.conversations import conversations_of
from flowtui.engine.fold import Answer
from flowtui.engine.folding import folded_by
from flowtui.engine.folds import fold_of
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import Query, RunState

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


class Stopwatch:
    def __init__(self) -> None:
        self._begun, self._used = time.perf_counter(), time.process_time()

    def tell(self, what: str) -> None:
        passed, used = time.perf_counter() - self._begun, time.process_time() - self._used
        print(f"{what:<10} {passed:8.2f} s, {used:8.2f} s of the processors")


async def measure(file: Path) -> None:
    backend = DuckDBBackend([file], now=lambda: datetime.now(UTC))
    (group,) = [group.name async for page in backend.log_groups() for group in page]
    query = Query("", None, (group,))
    query = Query(conversations_of(query, ARTICLE_FORMAT), None, (group,))
    watched = Stopwatch()
    window = await backend.extent((group,))
    watched.tell("load")
    fold = fold_of(query.body)
    assert window is not None
    assert fold is not None
    (part,) = fold.parts(query, window)
    whole = watched = Stopwatch()
    *_, latest = [each async for each in watch(backend, part.query, window, delays=lambda *_: 0.05)]
    assert latest.state is RunState.COMPLETE, latest.error
    watched.tell("query")
    watched = Stopwatch()
    folded = folded_by(fold, (Answer(part, latest.results),))
    watched.tell("fold")
    whole.tell("both")
    await backend.close()
    rows = len(latest.results.rows)
    print(f"{rows:,} rows, {len(folded.results.rows):,} of {folded.count:,} conversations")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="*", default=[204_000, 5_000_000])
    parser.add_argument("--most-windows", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for count in options.records:
            name = f"talks-{count}-{options.most_windows}.log"
            file = (options.folder or Path(temporary)) / name
            if not file.exists():
                with file.open("w") as written:
                    found = lines(count, options.most_windows)
                    written.writelines(f"{line}\n" for line in found)
            print(f"{count:,} records")
            asyncio.run(measure(file))


if __name__ == "__main__":
    main()
