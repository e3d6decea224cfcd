"""SQL that reads the lines of files where they lie."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import duckdb

from flowtui.backends.duckdb.ingest.compression import Compression
from flowtui.backends.duckdb.ingest.reader import LogFile, Section
from flowtui.backends.duckdb.ingest.text.line_readers import no_headers, plain_lines
from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.backends.duckdb.ingest.view_columns import (
    Record,
    common,
    decoded,
    each,
    modified,
    number_column,
    path_list,
)
from flowtui.flowlogs.fields import FieldInfo
from flowtui.sql.parameters import identifier

_READ = {Compression.NONE: "none", Compression.GZIP: "gzip", Compression.ZSTD: "zstd"}
"""What DuckDB reads itself, by its own name."""


def select(
    lines: Lines,
    files: Sequence[LogFile],
    section: Section,
    *,
    headers: Collection[bool],
    is_wrapped: bool,
) -> str:
    """The columns of a log group; a query fails with `NotPlain` on a line that is not plain.

    `headers` says whether the files begin with one: all or none of them can be read so. A header
    elsewhere is not plain, for only all of its columns show that the same fields follow.
    """
    if len(headers) > 1 or is_wrapped or files[0].compression not in _READ:
        raise duckdb.InvalidInputException("not the lines of the files as they are")
    format_ = lines.format
    compression = _READ[files[0].compression]
    read = plain_lines(
        lines,
        path_list(files),
        no_headers(lines),
        f"compression='{compression}', skip={int(True in headers)}",
    )
    path = '"@path"'
    record = Record(
        time='"@stamp"' if lines.stamped else "",
        message=f"concat_ws(' ', {each(format_, lambda info, _: identifier(info.column))})",
        file_name=f"parse_filename({path})",
        row="row_number() OVER ()",
    )
    numbers = each(format_, lambda info, _: _number(info), "")
    fields = each(format_, lambda info, _: _columns(info))
    ingested = f'{modified(files, path)} AS "@ingestionTime"'
    return (
        f"SELECT {common(format_, section, record)}, {fields}"
        f" FROM (SELECT * {numbers}, {ingested} FROM ({read}))"
    )


def _number(info: FieldInfo) -> str:
    """A number that is not written as we would needs a closer look, too."""
    if not info.type.is_number:
        return ""
    text = identifier(info.column)
    value = f"TRY_CAST({text} AS BIGINT)"
    return (
        f", CASE WHEN {text} = '-' THEN NULL WHEN CAST({value} AS VARCHAR) = {text} THEN {value}"
        f" ELSE error('a number that is not plain') END AS {number_column(info)}"
    )


def _columns(info: FieldInfo) -> str:
    text = identifier(info.column)
    if info.type.is_number:
        return f"{text}, {number_column(info)}"
    return f"{decoded(info, text)} AS {text}"
