"""Whatever the shape of the file, the same records give the same answers."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.model.run import RunState, Snapshot
from tests.article import CASES
from tests.unit.backends.duckdb.shapes import FORMAT, OCSF, RECORDS, SHAPES, parquet
from tests.unit.backends.duckdb.test_backend import ask, backend

PAIRS = next(case.query for case in CASES if case.name == "pairs").replace("limit 2", "limit 9")
BY_NAMES = PAIRS.partition("\n")[2].removeprefix("| ")


def cells(record: str) -> dict[str, str]:
    return dict(zip(FORMAT.columns, record.split(" "), strict=True))


def sums() -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for record in map(cells, RECORDS):
        pair = (record["srcaddr"], record["dstaddr"], record["flow_direction"])
        found[pair] += int(record["bytes"].replace("-", "0"))
    return found


async def answer(on: DuckDBBackend, query: str) -> Snapshot:
    *_, last = await ask(on, query)
    assert last.state is RunState.COMPLETE, last.error
    return last


async def check_pairs(on: DuckDBBackend) -> None:
    """The article's second query, with its `parse` and by the names of the fields."""
    wanted = sorted(sums().most_common(9))
    for query in (PAIRS, BY_NAMES):
        last = await answer(on, query)
        assert sorted((row[:3], int(row[3] or 0)) for row in last.results.rows) == wanted
        assert last.statistics.records_scanned == len(RECORDS)
        assert all(" was taken for " in notice for notice in last.notices)


async def check_values(on: DuckDBBackend) -> None:
    count = len(FORMAT.fields)
    query = f"fields {', '.join(FORMAT.columns)}, @timestamp | sort start | limit 10000"
    rows = (await answer(on, query)).results.rows
    assert sorted(row[:count] for row in rows) == sorted(tuple(r.split(" ")) for r in RECORDS)
    times = {(row[count], row[FORMAT.columns.index("start")]) for row in rows}
    assert all(
        datetime.fromisoformat(f"{at}Z").timestamp() == int(start or 0) for at, start in times
    )


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_same_records_give_the_same_answers(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "flows"
    path.write_bytes(SHAPES[shape]())
    made = backend(path)
    await check_pairs(made)
    await check_values(made)
    await made.close()


BACKWARD = ", ".join(f'"{name}"' for name in reversed(FORMAT.columns))
DISCOVERED = ", ".join(f'"{info.column}" AS "{info.discovered}"' for info in FORMAT.fields)
PARQUET = {
    "delivered to S3": ("*", "INTEGER"),
    "as Athena's DDL has it": ("*", "BIGINT"),
    "another order": (BACKWARD, "BIGINT"),
    "names that are discovered": (DISCOVERED, "BIGINT"),
    "of a data frame": ("*", "DOUBLE"),
    "all text": ("*", "VARCHAR"),
    "a time": ("* REPLACE (make_timestamp(start * 1000000) AS start)", "BIGINT"),
    "Security Lake": (OCSF, "BIGINT"),
}


@pytest.mark.parametrize("kind", PARQUET)
async def test_parquet_gives_the_same_answers(kind: str, tmp_path: Path) -> None:
    made = backend(parquet(tmp_path / "a.parquet", *PARQUET[kind]))
    await check_pairs(made)
    await check_values(made)
    await made.close()
