"""Which row groups of a Parquet file may have records of a time, as far as its footer tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from flowtui.backends.duckdb.ingest.parquet.chunks import part
from flowtui.model.timerange import TimeRange

BEGIN = datetime(2026, 11, 3, 10, tzinfo=UTC)
SECOND = int(BEGIN.timestamp())
NAMES = {'"srcaddr"'}


def write(path: Path, start: str) -> Path:
    """Three row groups of 2,048 records, one a second."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            f"COPY (SELECT '10.0.0.1' AS srcaddr, 1 AS bytes, {start} AS start"
            f" FROM (SELECT CAST({SECOND} + i AS BIGINT) AS s, i FROM range(6144) AS r(i)))"
            f" TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
        )
    return path


def seconds(first: int, last: int) -> TimeRange:
    return TimeRange(BEGIN + timedelta(seconds=first), BEGIN + timedelta(seconds=last))


@pytest.mark.parametrize(
    "start", ["s", "CAST(s AS INTEGER)", "s * 1000", "s * 1000000", "make_timestamp(s * 1000000)"]
)
def test_row_groups_of_other_times_are_not_read(start: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", start)

    def rows(*times: TimeRange) -> object:
        found = part(path, NAMES, times)
        assert found is not None
        return found.rows

    assert rows(seconds(0, 2048)) == ((0, 2048),)
    assert rows(seconds(2047, 2049)) == ((0, 2048), (2048, 4096))
    assert rows(seconds(0, 1), seconds(6143, 6144)) == ((0, 2048), (4096, 6144))
    assert rows(seconds(-9, 0)) == ()
    assert rows(seconds(6144, 9000)) == ()
    assert rows(seconds(0, 9000)) is None


@pytest.mark.parametrize(
    "start",
    [
        "CAST(s AS VARCHAR)",  # their order is that of text
        "CAST(s AS DOUBLE)",  # a fraction is no time
        "CASE WHEN i % 2048 <> 7 THEN s END",
        "CASE WHEN i % 2048 <> 7 THEN s ELSE s * 1000 END",
        "CASE WHEN i % 2048 <> 7 THEN s ELSE -1 END",
    ],
)
def test_what_the_footer_does_not_tell_is_read(start: str, tmp_path: Path) -> None:
    found = part(write(tmp_path / "a.parquet", start), NAMES, {seconds(0, 1)})
    assert found is not None
    assert found.rows is None


def test_the_bytes_are_those_of_the_row_groups(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", "s")

    def size(names: set[str], times: set[TimeRange] | None) -> int:
        found = part(path, names, times)
        assert found is not None
        return sum(end - start for start, end in found.ranges)

    assert 0 < size(NAMES, {seconds(0, 9)}) < size(NAMES, {seconds(0, 3000)}) < size(NAMES, None)
    assert size({'"@message"'}, {seconds(0, 9)}) > size(NAMES, {seconds(0, 9)})
    assert part(path, {'"@message"'}, {seconds(0, 9000)}) is None
    assert size(NAMES, set()) == 0
