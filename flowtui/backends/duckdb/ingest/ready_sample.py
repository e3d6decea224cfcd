"""The ready-made sample as a log group: the same relation as of its text, but nothing is loaded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.ingest.compression import Compression
from flowtui.backends.duckdb.ingest.listing import Seen
from flowtui.backends.duckdb.ingest.parquet.table import TableInPlace
from flowtui.backends.duckdb.ingest.reader import (
    Contents,
    Home,
    LogFile,
    RecordTable,
    Section,
    SourceFiles,
)
from flowtui.backends.duckdb.ingest.view_columns import (
    Record,
    common,
    each,
    number_column,
    path_list,
    start_time,
)
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import ARTICLE_FORMAT, FlowFormat
from flowtui.model.frozen import frozen
from flowtui.sample.ready import ReadyGroup
from flowtui.sql.parameters import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TIMES = ("start", "end")


def laid_out(ready: ReadyGroup, first: int, folder: Path) -> SourceFiles:
    """The group as a file in `folder`; its times are counted from `first`."""
    path = folder / ready.file_name
    path.write_bytes(ready.content())
    now = time.time_ns()
    seen = Seen(path, ready.text_size, now)
    file = LogFile(seen, ReadyLayout(first), Compression.NONE, now // 1_000_000)
    return SourceFiles(ready.name, (file,))


@frozen
class ReadyLayout:
    """The records of one file; its size is that of the text which they are."""

    first: int
    """What the times are counted from, in Unix seconds."""
    is_columnar = False
    is_plain = True
    is_stored = True

    @property
    def format(self) -> FlowFormat:
        return ARTICLE_FORMAT

    @property
    def description(self) -> str:
        return f"text, {len(ARTICLE_FORMAT.fields)} fields"

    def table(
        self, connection: DuckDBPyConnection, home: Home, files: Sequence[LogFile]
    ) -> RecordTable:
        return ReadyTable(connection, self, files)

    def in_place(self, files: Sequence[LogFile], section: Section) -> str:
        return _select(self, files, section)


class ReadyTable(TableInPlace):
    format = ARTICLE_FORMAT

    def __init__(
        self, connection: DuckDBPyConnection, layout: ReadyLayout, files: Sequence[LogFile]
    ) -> None:
        super().__init__(files)
        self._connection, self._layout = connection, layout

    @cached_property
    def contents(self) -> Contents:
        moment = start_time(self.format)
        counted = self._connection.execute(
            f"SELECT count(*), count(*) - count({moment}), min({moment}), max({moment})"
            f" FROM ({_rows(self._layout, self._files)})"
        )
        (found,) = counted.fetchall()
        return Contents(*found)

    def select(self, section: Section) -> str:
        return _select(self._layout, self._files, section)


def _select(layout: ReadyLayout, files: Sequence[LogFile], section: Section) -> str:
    """The columns of a log group."""
    form = layout.format
    message = f"concat_ws(' ', {each(form, lambda info, _: identifier(info.column))})"
    record = Record(time="", message=message, file_name=f"'{files[0].name}'", row='"@row"')
    fields = each(form, lambda info, _: _columns(info))
    return (
        f'SELECT {common(form, section, record)}, "@row", {section.index} AS "@part", {fields}'
        f" FROM ({_rows(layout, files)})"
    )


def _columns(info: FieldInfo) -> str:
    text = identifier(info.column)
    return f"{text}, {number_column(info)}" if info.type.is_number else text


def _rows(layout: ReadyLayout, files: Sequence[LogFile]) -> str:
    """The rows, with the text of each field, and the number where it is one."""

    def number(info: FieldInfo) -> str:
        value = f"CAST({identifier(info.column)} AS BIGINT)"
        return f"{value} + {layout.first}" if info.column in _TIMES else value

    def columns(info: FieldInfo, _: int) -> str:
        text = identifier(info.column)
        if not info.type.is_number:
            return text
        value = number(info)
        written = f"coalesce(CAST({value} AS VARCHAR), '-')"
        return f"{written} AS {text}, {value} AS {number_column(info)}"

    (file,) = files
    return (
        f'SELECT file_row_number AS "@row", CAST({file.modified_ms} AS BIGINT) AS "@ingestionTime",'
        f" {each(layout.format, columns)} FROM read_parquet({path_list(files)})"
    )
