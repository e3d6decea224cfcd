"""Which bytes of a Parquet file a statement reads: those of the columns that it names.

DuckDB reads no other column. What it would read of one that is not there is no page, which is an
error: nothing that is not there is taken for a value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from flowtui.backends.duckdb.ingest.parquet.reader import ParquetLayout
from flowtui.backends.duckdb.ingest.parquet.schema import columnar, opened
from flowtui.backends.duckdb.ingest.view_columns import literal, number_column, path_pattern
from flowtui.sql.parameters import identifier

_NAME = re.compile(r'"(?:[^"]|"")*"')
_COLUMNS = (
    "path_in_schema, dictionary_page_offset, index_page_offset, data_page_offset,"
    " total_compressed_size, bloom_filter_offset, bloom_filter_length"
)
_BEHIND = {
    '"@logStream"': "interface_id",
    '"@aws.account"': "account_id",
    '"@aws.region"': "region",
}
"""The field that a column shows which every log group has."""


def names_in(sql: str) -> frozenset[str]:
    """The names that the statement has, quoted as they are there."""
    return frozenset(_NAME.findall(sql))


def is_columnar(path: Path) -> bool:
    """Whether its footer alone tells how its fields are read; raises `SourceError`."""
    return columnar(path) is not None


def chunks(path: Path, names: Collection[str]) -> list[tuple[int, int]] | None:
    """The bytes of all columns that statements with these names read; None where that is all.

    Those of the columns that are looked at before any statement are among them. Raises
    `SourceError`.
    """
    layout = columnar(path)
    if layout is None or '"@message"' in names:
        return None
    read = names_in(" ".join(_read(layout, names)))
    query = f"SELECT {_COLUMNS} FROM parquet_metadata({literal(path_pattern(path))})"
    with opened(path) as connection:
        found = connection.execute(query).fetchall()
    ranges: list[tuple[int, int]] = []
    for name, *offsets, size, bloom, bloom_size in found:
        if identifier(str(name).split(", ")[0]) not in read:
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
