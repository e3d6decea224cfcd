"""The row groups of a Parquet file by the time of their records, as its footer tells it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.ingest.parquet.columns import WHOLE
from flowtui.backends.duckdb.ingest.parquet.reader import ParquetLayout
from flowtui.backends.duckdb.ingest.parquet.schema import opened, types
from flowtui.backends.duckdb.ingest.view_columns import (
    literal,
    number_column,
    path_pattern,
    start_time,
)
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.sql.parameters import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@frozen
class RowGroup:
    number: int
    first: int
    """The number of its first row in the file."""
    end: int
    """That of the row after its last one."""


@frozen
class _Clock:
    """The column that tells the time of a record, alone and rising with it."""

    name: str
    kind: str
    time: str
    """SQL of epoch milliseconds."""


def in_time(
    path: Path, layout: ParquetLayout, times: Collection[TimeRange]
) -> tuple[RowGroup, ...] | None:
    """Those that may have records of these times; None where that is all of them.

    Raises `SourceError`.
    """
    clock = _clock(layout, types(path))
    if clock is None:
        return None
    with opened(path) as connection:
        every = _row_groups(connection, path)
        bounds = _bounds(connection, path, clock)
    kept = tuple(each for each in every if _may_have(bounds.get(each.number), times))
    return None if len(kept) == len(every) else kept


def _clock(layout: ParquetLayout, kinds: Mapping[str, object]) -> _Clock | None:
    start = next((each for each in layout.columns if each.info.column == "start"), None)
    read, time = layout.timestamp, layout.timestamp
    if start is not None and not time:
        named = f"{start.number} AS {number_column(start.info)}"
        read, time = start.number, f"(SELECT {start_time(layout.format)} FROM (SELECT {named}))"
    for name, kind in kinds.items():
        is_rising = str(kind) in WHOLE or str(kind).startswith("TIMESTAMP")
        if identifier(name) in read and is_rising:
            return _Clock(name, str(kind), time)
    return None


def _row_groups(connection: DuckDBPyConnection, path: Path) -> list[RowGroup]:
    found = connection.execute(
        "SELECT DISTINCT row_group_id, row_group_num_rows"
        f" FROM parquet_metadata({literal(path_pattern(path))}) ORDER BY row_group_id"
    ).fetchall()
    ends = accumulate(rows for _, rows in found)
    return [RowGroup(at, end - rows, end) for (at, rows), end in zip(found, ends, strict=True)]


def _bounds(
    connection: DuckDBPyConnection, path: Path, clock: _Clock
) -> Mapping[int, tuple[int, int]]:
    """The first and the last time in each row group of which the footer tells both for all rows."""
    found = connection.execute(
        "SELECT row_group_id, stats_min_value, stats_max_value"
        f" FROM parquet_metadata({literal(path_pattern(path))}) WHERE path_in_schema = $name"
        " AND stats_null_count = 0 AND stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL",
        {"name": clock.name},
    ).fetchall()
    is_number = clock.kind in WHOLE
    told = [each for each in found if not is_number or _are_of_one_unit(int(each[1]), int(each[2]))]
    times = _times(connection, clock, [text for _, *both in told for text in both])
    pairs = zip(told, times[::2], times[1::2], strict=True)
    return {
        group: (first, last)
        for (group, *_), first, last in pairs
        if first is not None and last is not None
    }


def _are_of_one_unit(first: int, last: int) -> bool:
    """Whether all numbers between are surely seconds, or milliseconds, or microseconds."""
    return 0 < first <= last < 2 * first


def _times(
    connection: DuckDBPyConnection, clock: _Clock, texts: Sequence[str]
) -> Sequence[int | None]:
    column = identifier(clock.name)
    found = connection.execute(
        f"SELECT {clock.time} FROM (SELECT TRY_CAST(text AS {clock.kind}) AS {column}"
        " FROM (SELECT unnest($1) AS text, generate_subscripts($1, 1) AS place) ORDER BY place)",
        [list(texts)],
    ).fetchall()
    return [time for (time,) in found]


def _may_have(bounds: tuple[int, int] | None, times: Collection[TimeRange]) -> bool:
    if bounds is None:
        return True
    first, last = bounds
    return any(first < each.end_ms and each.start_ms <= last for each in times)
