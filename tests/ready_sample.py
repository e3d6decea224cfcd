"""The sample's Parquet files, written anew: `python -m tests.ready_sample`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

import flowtui.sample
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.sample import article_lines, incident_lines
from flowtui.sample.ready import ARTICLE, INCIDENT, ReadyGroup

END = datetime(2026, 4, 2, 9, 41, 27, tzinfo=UTC)


def lines_of(group: ReadyGroup, end: datetime) -> list[str]:
    """The records as they are made, with the sample ending at `end`."""
    return incident_lines(end) if group.is_recent else article_lines()


def write(group: ReadyGroup) -> int:
    """Bytes of its text."""
    path = Path(flowtui.sample.__file__).parent / group.file_name
    text = "".join(f"{line}\n" for line in lines_of(group, END))
    types = {i.column: "BIGINT" if i.type.is_number else "VARCHAR" for i in ARTICLE_FORMAT.fields}
    columns = ", ".join(_column(info, group.first(END)) for info in ARTICLE_FORMAT.fields)
    with TemporaryDirectory() as folder:
        log = Path(folder, "sample.log")
        log.write_text(text, "ascii")
        duckdb.execute(
            f"COPY (SELECT {columns} FROM read_csv('{log}', delim=' ', header=false, nullstr='-',"
            f" quote='', escape='', columns={types})) TO '{path}'"
            " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)"
        )
    return len(text)


def _column(info: FieldInfo, first: int) -> str:
    if not info.type.is_number:
        return f'coalesce("{info.column}", \'-\') AS "{info.column}"'
    first = first if info.column in ("start", "end") else 0
    return f'CAST("{info.column}" - {first} AS INTEGER) AS "{info.column}"'


if __name__ == "__main__":
    for each in (ARTICLE, INCIDENT):
        sys.stdout.write(f"{each.file_name}: text_size is {write(each)}\n")
