"""The rows of a result as a Parquet file, whose columns have types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.rows_table import make_table
from flowtui.model.errors import BackendError
from flowtui.model.run import ResultSet
from flowtui.query.catalogue.system_fields import TIME_FIELDS
from flowtui.sql.parameters import identifier
from flowtui.sql.scope import Table

_RELATION = "rows_to_save"
_DECIMALS = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def write_parquet(results: ResultSet, path: Path) -> None:
    """Whole numbers, decimals and times have types, and there `-` is NULL; all else is text.

    Raises `BackendError` with the reason.
    """
    with duckdb.connect() as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET preserve_insertion_order = true")
            table = make_table(connection, _RELATION, results, results.columns)
            columns = ", ".join(_columns(results, table)) or "NULL AS nothing"
            connection.execute(
                f'COPY (SELECT {columns} FROM {_RELATION} ORDER BY "@ptr")'
                f" TO {_quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)"
            )
        except duckdb.IOException as error:
            raise BackendError("the folder has no room, or may not be written to") from error
        except duckdb.Error as error:
            raise BackendError(sentence(error)) from error


def _columns(results: ResultSet, table: Table) -> Iterator[str]:
    fields = {field.name: field for field in table.format.fields}
    for index in results.shown:
        name = results.columns[index]
        field, quoted = fields.get(name), identifier(name)
        if name in TIME_FIELDS or field in table.times:
            yield f"make_timestamp({quoted} * 1000) AS {quoted}"
        elif field is not None and field.type.is_number:
            yield f"{identifier(f'{name}#')} AS {quoted}"
        elif field is not None and not field.version and _are_decimals(results, index):
            yield f"TRY_CAST({quoted} AS DOUBLE) AS {quoted}"
        else:
            yield quoted


def _are_decimals(results: ResultSet, index: int) -> bool:
    values = [row[index] for row in results.rows if row[index] not in (None, "-")]
    return bool(values) and all(value and _DECIMALS.fullmatch(value) for value in values)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
