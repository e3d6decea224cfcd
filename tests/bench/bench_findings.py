"""How long findings take over 5,000,000 records of quiet days: the queries, then the rules.

    python -m tests.bench.bench_findings [--folder FOLDER] [--records N]

FOLDER keeps the file that the bench makes (1.1 GB); a second run finds it there.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.load import load
from flowtui.backends.duckdb.macros import install
from flowtui.backends.duckdb.progress import Loading
from flowtui.engine.findings.question import Findings, findings_text
from flowtui.engine.fold import Answer
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.query.prelude import prelude
from flowtui.sql.scope import Table
from tests.incidents import network
from tests.incidents.plant import a_day

_FIRST = 1_648_800_000
_START, _END = (ARTICLE_FORMAT.columns.index(name) for name in ("start", "end"))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path)
    options.add_argument("--records", type=int, default=5_000_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = (given.folder or Path(folder)) / f"quiet-{given.records}.log"
        if not path.exists():
            _write(path, given.records)
        _measure(path, Path(folder))


def _write(path: Path, records: int) -> None:
    """Quiet days of many networks, all in the same 24 hours."""
    with path.open("w") as file, patch.object(network, "_any_format", lambda _: ARTICLE_FORMAT):
        written = seed = 0
        while written < records:
            seed += 1
            day, _ = a_day(seed)
            for line in day.lines:
                words = line.split(" ")
                for place in (_START, _END):
                    words[place] = str(int(words[place]) - day.first + _FIRST)
                file.write(" ".join(words) + "\n")
            written += len(day.lines)


def _measure(path: Path, folder: Path) -> None:
    with open_database(folder) as connection:
        install(connection)
        source = find_source(path, ARTICLE_FORMAT)
        begun = time.perf_counter()
        loaded = load(connection, source, "g", progress=Loading(), cancelled=threading.Event())
        print(f"load {time.perf_counter() - begun:.1f} s, {loaded.lines:,} records")
        assert loaded.first_ms is not None
        assert loaded.last_ms is not None
        window = TimeRange(from_ms(loaded.first_ms), from_ms(loaded.last_ms + 1))
        table = Table('"g"', loaded.format, "g", has_misfits=False, has_untimed=False)
        body = findings_text(ARTICLE_FORMAT)
        fold, answers, whole = Findings(body), list[Answer](), 0.0
        for part in fold.parts(Query(body, None, ("g",), prelude(body, ARTICLE_FORMAT)), window):
            begun, used = time.perf_counter(), time.process_time()
            now = datetime.now(UTC)
            compiled = compile_query(part.query.text, [table], window, part.query.limit, now)
            rows = fetch(connection, compiled)
            whole += _told(f"query of {len(rows.rows):,} rows", begun, used)
            answers.append(Answer(part, rows))
        begun, used = time.perf_counter(), time.process_time()
        found = fold.fold(answers)
        whole += _told(f"rules, {len(found.results.rows)} findings", begun, used)
        print(f"all {whole:.1f} s")


def _told(what: str, begun: float, used: float) -> float:
    seconds, processor = time.perf_counter() - begun, time.process_time() - used
    print(f"{what}: {seconds:.1f} s, {processor:.1f} s of processors")
    return seconds


if __name__ == "__main__":
    main()
