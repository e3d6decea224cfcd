"""Parquet, as flow logs are delivered to S3 and as tables keep them: read where it lies.

Columns go by their names, in any of the three spellings. Nothing is loaded: a query reads only the
columns and the row groups that it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.ingest.files import Head
from flowtui.backends.duckdb.ingest.reader import Home, LogFile, RecordTable, Section
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from flowtui.backends.duckdb.ingest.parquet.columns import Column

_MAGIC = b"PAR1"


# Before the first frame files are only recognised: SQL is imported by who reads them.


class ParquetReader:
    name = "Parquet"

    def recognise(self, head: Head, given: FlowFormat | None) -> ParquetLayout | None:
        if not head.magic.startswith(_MAGIC):
            return None
        from flowtui.backends.duckdb.ingest.parquet.schema import layout

        return layout(head.path, given)


@frozen
class ParquetLayout:
    columns: tuple[Column, ...]
    kind: str
    """What the user calls it: `Parquet`."""
    timestamp: str = ""
    """SQL of epoch milliseconds, where the file has a time beside the fields."""
    condition: str = "true"
    """SQL that is true of the rows that are flow logs."""
    message: str = ""
    """SQL of the text of a record, where that holds the fields and no columns do."""
    is_plain = False
    is_stored = False

    @property
    def is_columnar(self) -> bool:
        return not self.message

    @property
    def format(self) -> FlowFormat:
        return FlowFormat(tuple(column.info for column in self.columns))

    @property
    def description(self) -> str:
        return f"{self.kind}, {len(self.columns)} columns"

    def table(
        self, connection: DuckDBPyConnection, home: Home, files: Sequence[LogFile]
    ) -> RecordTable:
        from flowtui.backends.duckdb.ingest.parquet.table import ParquetTable

        return ParquetTable(connection, self, files)

    def in_place(self, files: Sequence[LogFile], section: Section) -> str:
        from flowtui.backends.duckdb.ingest.parquet.table import select

        return select(self, files, section)
