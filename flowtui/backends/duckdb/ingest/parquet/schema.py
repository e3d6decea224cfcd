"""What the footer of a Parquet file says of its columns."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from flowtui.backends.duckdb.ingest.parquet import ocsf
from flowtui.backends.duckdb.ingest.parquet.columns import (
    are_flow_logs,
    by_names,
    flattened,
    of_words,
)
from flowtui.backends.duckdb.ingest.parquet.reader import ParquetLayout
from flowtui.backends.duckdb.ingest.text.line_readers import fitting_pieces
from flowtui.backends.duckdb.ingest.text.reader import find_lines
from flowtui.backends.duckdb.ingest.view_columns import literal, path_pattern
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown
from flowtui.sql.parameters import identifier

_MESSAGES = ("@message", "message")
_SAMPLE = 100
_TIMES = ("@timestamp", "timestamp", "event_time")


def layout(path: Path, given: FlowFormat | None) -> ParquetLayout:
    """Raises `SourceError` where the columns are none of flow logs."""
    return columnar(path) or _of_texts(path, given)


def columnar(path: Path) -> ParquetLayout | None:
    """That of a file whose columns are the fields: its footer is all that is read for it."""
    kinds = types(path)
    values = ocsf.Values({name: (sql, kind) for name, sql, kind in flattened(kinds)})
    if ocsf.is_ocsf(values):
        condition = f"class_uid = {ocsf.CLASS}"
        return ParquetLayout(ocsf.columns(values), "OCSF in Parquet", condition=condition)
    names = {name: str(kind) for name, kind in kinds.items()}
    if not are_flow_logs(names):
        return None
    return ParquetLayout(by_names(names), "Parquet", _timestamp(names))


def _of_texts(path: Path, given: FlowFormat | None) -> ParquetLayout:
    names = {name: str(kind) for name, kind in types(path).items()}
    if message := next((each for each in _MESSAGES if each in names), ""):
        return _of_messages(path, message, _timestamp(names), given)
    few = ", ".join(shown(name) for name in list(names)[:4])
    raise SourceError(
        f"{path} is Parquet without the fields of flow logs: its columns are {few}, ...;"
        " give a file with srcaddr, dstaddr, bytes or the like"
    )


def _of_messages(
    path: Path, column: str, timestamp: str, given: FlowFormat | None
) -> ParquetLayout:
    """A table of events: their texts are the records."""
    value = f"CAST({identifier(column)} AS VARCHAR)"
    query = f"SELECT coalesce({value}, '') FROM {_read(path)} LIMIT {_SAMPLE}"
    with opened(path) as connection:
        sample = [str(text).encode() for (text,) in connection.execute(query).fetchall()]
    found = find_lines(path, sample, given)
    columns = of_words(found.format, fitting_pieces(value, found))
    return ParquetLayout(columns, "events in Parquet", timestamp, message=value)


def types(path: Path) -> Mapping[str, object]:
    """The columns with their types, as DuckDB tells them."""
    if shown(path) != str(path):
        raise SourceError(f"{shown(path)} is Parquet under a name that is not UTF-8; rename it")
    with opened(path) as connection:
        relation = connection.sql(f"SELECT * FROM {_read(path)}")
        return dict(zip(relation.columns, relation.types, strict=True))


def _read(path: Path) -> str:
    return f"read_parquet({literal(path_pattern(path))}, hive_partitioning=false)"


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor that reads the file; raises `SourceError` where it is broken."""
    with _engine().cursor() as connection:
        try:
            yield connection
        except duckdb.Error as error:
            raise SourceError(f"{path} is a broken Parquet file; fetch it again") from error


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One for the footers of all files: to open it takes longer than to read a hundred."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "enable_external_file_cache": False,
    }
    connection = duckdb.connect(":memory:", config=settings)
    # DuckDB's binding complains on stderr of connections that outlive the interpreter.
    atexit.register(connection.close)
    return connection


def _timestamp(types: Mapping[str, str]) -> str:
    """The time of an event, where a row has one beside its fields."""
    for name in _TIMES:
        kind, sql = types.get(name, ""), identifier(name)
        if kind.startswith("TIMESTAMP"):
            return f"epoch_ms({sql})"
        if kind in ("BIGINT", "UBIGINT"):
            return sql
    return ""
