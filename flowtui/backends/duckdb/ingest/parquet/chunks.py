"""Which bytes of a Parquet file a statement reads: those of its columns, in row groups of its time.

DuckDB reads no other column, and no other row group where the relation is of the rows that are
there. What it would read of one that is not there is no page, which is an error: nothing that is
not there is taken for a value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from flowtui.backends.duckdb.ingest.parquet.reader import ParquetLayout
from flowtui.backends.duckdb.ingest.parquet.row_groups import RowGroup, in_time
from flowtui.backends.duckdb.ingest.parquet.schema import columnar, opened
from flowtui.backends.duckdb.ingest.reader import Rows
from flowtui.backends.duckdb.ingest.view_columns import literal, number_column, path_pattern
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.sql.parameters import identifier

_NAME = re.compile(r'"(?:[^"]|"")*"')
_KEPT = re.compile(rf"WITH {_NAME.pattern} AS \(SELECT \*")
_EVERY = '"@message"'
"""It is made of all columns."""
_COLUMNS = (
    "row_group_id, path_in_schema, dictionary_page_offset, index_page_offset, data_page_offset,"
    " total_compressed_size, bloom_filter_offset, bloom_filter_length"
)
_BEHIND = {
    '"@logStream"': "interface_id",
    '"@aws.account"': "account_id",
    '"@aws.region"': "region",
}
"""The field that a column shows which every log group has."""


def names_in(sql: str) -> frozenset[str]:
    """The names that the statement has, quoted as they are there.

    DuckDB keeps all columns of rows that two parts of it read, where one of them needs none.
    """
    names = frozenset(_NAME.findall(sql))
    return names | {_EVERY} if _KEPT.search(sql) else names


def is_columnar(path: Path) -> bool:
    """Whether its footer alone tells how its fields are read; raises `SourceError`."""
    return columnar(path) is not None


@frozen
class Part:
    """What statements read of a file."""

    ranges: tuple[tuple[int, int], ...]
    """Its bytes, but for the footer."""
    rows: Rows = None
    """Those of the row groups among them; None is all."""


def part(
    path: Path, names: Collection[str], times: Collection[TimeRange] | None = None
) -> Part | None:
    """What statements with these names read of records of these times; None where that is all.

    Without times, it is of records of any. What is looked at before any statement is part of it.
    Raises `SourceError`.
    """
    layout = columnar(path)
    if layout is None:
        return None
    groups = None if times is None else in_time(path, layout, times)
    has_all_columns = _EVERY in names
    if groups is None and has_all_columns:
        return None
    read = None if has_all_columns else names_in(" ".join(_read(layout, names)))
    ranges = _ranges(path, read, None if groups is None else {each.number for each in groups})
    return None if ranges is None else Part(tuple(ranges), _rows(groups))


def _rows(groups: Collection[RowGroup] | None) -> Rows:
    return None if groups is None else tuple((each.first, each.end) for each in groups)


def _ranges(
    path: Path, columns: Collection[str] | None, groups: Collection[int] | None
) -> list[tuple[int, int]] | None:
    """The bytes of these columns, or all, in these row groups; None where nobody knows them."""
    query = f"SELECT {_COLUMNS} FROM parquet_metadata({literal(path_pattern(path))})"
    with opened(path) as connection:
        found = connection.execute(query).fetchall()
    ranges: list[tuple[int, int]] = []
    for group, name, *offsets, size, bloom, bloom_size in found:
        is_read = columns is None or identifier(str(name).split(", ")[0]) in columns
        if not is_read or (groups is not None and group not in groups):
            continue
        start = min(each for each in offsets if each)
        ranges.append((start, start + size))
        if bloom is not None:
            if not bloom_size:
                return None
            ranges.append((bloom, bloom + bloom_size))
    return ranges


def _read(layout: ParquetLayout, names: Collection[str]) -> Iterator[str]:
    """SQL over the columns of the file."""
    yield layout.timestamp
    yield layout.condition
    behind = {field for name, field in _BEHIND.items() if name in names}
    for at, column in enumerate(layout.columns):
        info = column.info
        is_named = identifier(info.column) in names or number_column(info) in names
        is_named = is_named or info.column in behind
        # The first one tells whether a record fits, `start` its time.
        if is_named or not at or column.is_written or info.column == "start":
            yield column.text
            yield column.number
