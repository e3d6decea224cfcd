"""What the footer of a Parquet file says of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from flowtui.backends.duckdb.ingest.parquet import ocsf
from flowtui.backends.duckdb.ingest.parquet.columns import are_flow_logs, by_names, flattened
from flowtui.backends.duckdb.ingest.parquet.reader import ParquetLayout
from flowtui.backends.duckdb.ingest.view_columns import literal, path_pattern
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown
from flowtui.sql.parameters import identifier

_TIMES = ("@timestamp", "timestamp", "event_time")


def layout(path: Path) -> ParquetLayout:
    """Raises `SourceError` where the columns are none of flow logs."""
    types = _types(path)
    values = ocsf.Values({name: (sql, kind) for name, sql, kind in flattened(types)})
    if ocsf.is_ocsf(values):
        condition = f"class_uid = {ocsf.CLASS}"
        return ParquetLayout(ocsf.columns(values), "OCSF in Parquet", condition=condition)
    names = {name: str(kind) for name, kind in types.items()}
    if not are_flow_logs(names):
        few = ", ".join(shown(name) for name in list(names)[:4])
        raise SourceError(
            f"{path} is Parquet without the fields of flow logs: its columns are {few}, ...;"
            " give a file with srcaddr, dstaddr, bytes or the like"
        )
    return ParquetLayout(by_names(names), "Parquet", _timestamp(names))


def _types(path: Path) -> Mapping[str, object]:
    """The columns with their types, as DuckDB tells them."""
    if shown(path) != str(path):
        raise SourceError(f"{shown(path)} is Parquet under a name that is not UTF-8; rename it")
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    read = f"read_parquet({literal(path_pattern(path))}, hive_partitioning=false)"
    with duckdb.connect(":memory:", config=settings) as connection:
        try:
            relation = connection.sql(f"SELECT * FROM {read}")
            return dict(zip(relation.columns, relation.types, strict=True))
        except duckdb.Error as error:
            raise SourceError(f"{path} is a broken Parquet file; fetch it again") from error


def _timestamp(types: Mapping[str, str]) -> str:
    """The time of an event, where a row has one beside its fields."""
    for name in _TIMES:
        kind, sql = types.get(name, ""), identifier(name)
        if kind.startswith("TIMESTAMP"):
            return f"epoch_ms({sql})"
        if kind in ("BIGINT", "UBIGINT"):
            return sql
    return ""
