"""The rows of Parquet files as the records of a log group: a relation, and no table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Self

from flowtui.backends.duckdb.ingest.parquet.reader import ParquetLayout
from flowtui.backends.duckdb.ingest.reader import Contents, LogFile, Rows, Section
from flowtui.backends.duckdb.ingest.view_columns import (
    Record,
    common,
    literal,
    number_column,
    path_list,
    start_time,
)
from flowtui.backends.duckdb.progress import Part
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.frozen import frozen
from flowtui.sql.parameters import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from flowtui.backends.duckdb.ingest.parquet.columns import Column


class TableInPlace:
    """Files that are read where they lie, by each query anew: nothing is loaded.

    It is its own only part.
    """

    def __init__(self, files: Sequence[LogFile]) -> None:
        self._files = files

    def create(self) -> None:
        pass

    def drop(self) -> None:
        pass

    def chunks(
        self, folder: Path, broken: dict[LogFile, SourceError], read: Callable[[float], None]
    ) -> Iterator[Whole]:
        yield Whole(sum(file.size for file in self._files))

    @property
    def parts(self) -> tuple[Self]:
        return (self,)


class ParquetTable(TableInPlace):
    """What there is to know of the rows, the footers say."""

    def __init__(
        self, connection: DuckDBPyConnection, layout: ParquetLayout, files: Sequence[LogFile]
    ) -> None:
        super().__init__(files)
        self._connection, self._layout = connection, layout

    @property
    def format(self) -> FlowFormat:
        return self._layout.format

    @cached_property
    def contents(self) -> Contents:
        time = '"@stamp"' if self._layout.timestamp else start_time(self.format)
        rows = _rows(self._layout, self._files)
        first = identifier(self._layout.columns[0].info.column)
        counts = (
            f"count(*), count(*) - count({time}), min({time}), max({time}),"
            f" count(*) - count({first})"
        )
        written = [column.info for column in self._layout.columns if column.is_written]
        tests = "".join(map(_is_respelled, written))
        (found,) = self._connection.execute(f"SELECT {counts}{tests} FROM ({rows})").fetchall()
        lines, untimed, first_ms, last_ms, misfits, *answers = found
        respelled = frozenset(info for info, is_so in zip(written, answers, strict=True) if is_so)
        return Contents(lines, untimed, first_ms, last_ms, misfits, respelled=respelled)

    def select(self, section: Section) -> str:
        return select(self._layout, self._files, section)


@frozen
class Whole:
    """All rows: they stay where they are."""

    size: int

    @property
    def consumed(self) -> int:
        return self.size

    def insert(self, part: Part) -> None:
        part.at(1)

    def discard(self) -> None:
        pass


def select(layout: ParquetLayout, files: Sequence[LogFile], section: Section) -> str:
    """The columns of a log group."""
    files = _in_order(files)
    names = ", ".join(literal(file.name) for file in files)
    record = Record(
        time='"@stamp"' if layout.timestamp else "",
        message='"@text"' if layout.message else _composed(layout),
        file_name=f'[{names}]["@file" + 1]',
        # All files at once, row by row: how many each has, only its footer tells.
        row=f'("@row" * {len(files)} + "@file")',
    )
    shared = common(layout.format, section, record)
    fields = ", ".join(_columns(column) for column in layout.columns)
    return f"SELECT {shared}, {fields} FROM ({_rows(layout, files)})"


def _in_order(files: Sequence[LogFile]) -> list[LogFile]:
    """Those first of which all is there."""
    return sorted(files, key=lambda file: file.rows is not None)


def _rows(layout: ParquetLayout, files: Sequence[LogFile]) -> str:
    """The rows that are there, with the text and the number of each field."""
    found: list[str] = []
    for is_whole, run in groupby(enumerate(_in_order(files)), lambda each: each[1].rows is None):
        numbered = list(run)
        if is_whole:
            found.append(_read(layout, 0, [file for _, file in numbered]))
        else:
            found += [_read(layout, at, [file], _of(file.rows)) for at, file in numbered]
    return " UNION ALL ".join(found)


def _of(rows: Rows) -> str:
    """A condition by which DuckDB passes over the row groups of other rows."""
    ranges = (f"file_row_number BETWEEN {first} AND {end - 1}" for first, end in rows or ())
    return f"({' OR '.join(ranges) or 'false'})"


def _read(
    layout: ParquetLayout, first: int, files: Sequence[LogFile], condition: str = "true"
) -> str:
    """The rows of these files, the first of which has this number."""
    made = [
        f"{column.text} AS {identifier(column.info.column)}"
        + (f", {column.number} AS {number_column(column.info)}" if column.number else "")
        for column in layout.columns
    ]
    if layout.timestamp:
        made.append(f'{layout.timestamp} AS "@stamp"')
    if layout.message:
        made.append(f'{layout.message} AS "@text"')
    modified = ", ".join(str(file.modified_ms) for file in files)
    return (
        f'SELECT {first} + CAST(file_index AS BIGINT) AS "@file", file_row_number AS "@row",'
        f' [{modified}][CAST(file_index AS BIGINT) + 1] AS "@ingestionTime", {", ".join(made)}'
        f" FROM read_parquet({path_list(files)}, hive_partitioning=false)"
        f" WHERE {layout.condition} AND {condition}"
    )


def _is_respelled(info: FieldInfo) -> str:
    """Whether a number of the field is written otherwise than a BIGINT is."""
    number = f"CAST({number_column(info)} AS VARCHAR)"
    return f", coalesce(bool_or({number} <> {identifier(info.column)}), false)"


def _composed(layout: ParquetLayout) -> str:
    """The text of a record that has none: the fields in the order of the columns."""
    return f"concat_ws(' ', {', '.join(map(_word, layout.columns))})"


def _word(column: Column) -> str:
    """The field in a line: one word of it."""
    text = identifier(column.info.column)
    return text if column.number else f"replace({text}, ' ', '%20')"


def _columns(column: Column) -> str:
    text = identifier(column.info.column)
    return f"{text}, {number_column(column.info)}" if column.number else text
