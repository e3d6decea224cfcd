"""The log groups as the typed tables that a catalog has of flow logs in S3: what Athena would read.

A number is a BIGINT, and NULL where the record has `-`; a text is itself, or in the Parquet kind
NULL, too. `day` is the partition: the day at which a record ended.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from flowtui.backends.daemon import submit
from flowtui.backends.duckdb.database import Store
from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.groups import Group, table
from flowtui.backends.duckdb.macros import install_called
from flowtui.flowlogs.fields import FieldInfo
from flowtui.model.errors import BackendError
from flowtui.model.frozen import frozen
from flowtui.sql.parameters import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DAY = "day"
Value = str | int | float | bool | None


@frozen
class TypedRows:
    types: tuple[str, ...]
    """As DuckDB names them: BIGINT, DECIMAL(38,0), VARCHAR."""
    names: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


class TypedTables:
    """Makes the tables when they are first read, and runs statements over them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made: set[str] = set()
        self._running: dict[str, DuckDBPyConnection] = {}

    async def make(self, group: str, schema: str, name: str, *, is_columnar: bool) -> int:
        """Its bytes on disk; raises `BackendError`."""
        (found,) = self._store.chosen((group,))
        self._store.want((found,))
        loaded = await asyncio.wrap_future(found.loaded)
        if name not in self._made:
            statement = _view(found, schema, name, is_columnar=is_columnar)
            await asyncio.wrap_future(submit(lambda: self._execute(schema, statement)))
            self._made.add(name)
        return loaded.bytes

    async def run(self, number: str, sql: str) -> TypedRows:
        """Raises `BackendError`; `number` names it to `interrupt`."""
        return await asyncio.wrap_future(submit(lambda: self._run(number, sql)))

    def interrupt(self, number: str) -> None:
        if (running := self._running.get(number)) is not None:
            running.interrupt()

    def _execute(self, schema: str, statement: str) -> None:
        cursor = self._store.cursor()
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}")
        cursor.execute(statement)

    def _run(self, number: str, sql: str) -> TypedRows:
        import duckdb

        cursor = self._running[number] = self._store.cursor()
        try:
            # Whoever translates a statement writes names as it likes.
            install_called(cursor, [sql.lower()])
            found = cursor.execute(sql)
            columns = found.description or []
            rows = tuple(found.fetchall())
            return TypedRows(
                tuple(str(column[1]) for column in columns),
                tuple(str(column[0]) for column in columns),
                rows,
            )
        except duckdb.Error as error:
            raise BackendError(sentence(error)) from error
        finally:
            del self._running[number]


def _view(group: Group, schema: str, name: str, *, is_columnar: bool) -> str:
    known = table(group, group.loaded.result())
    listed = [_typed(info, is_columnar=is_columnar) for info in known.format.fields]
    end = '"end#"' if known.format.find("end") else '"start#"'
    listed.append(f"strftime(epoch_ms({end} * 1000), '%Y/%m/%d') AS {DAY}")
    fits = f"{identifier(known.format.fields[0].column)} IS NOT NULL"
    return (
        f"CREATE OR REPLACE VIEW {identifier(schema)}.{identifier(name)} AS"
        f" SELECT {', '.join(listed)} FROM {known.relation} WHERE {fits}"
    )


def _typed(info: FieldInfo, *, is_columnar: bool) -> str:
    column = identifier(info.column)
    if info.type.is_number:
        return f"TRY_CAST({identifier(f'{info.column}#')} AS BIGINT) AS {column}"
    return f"nullif({column}, '-') AS {column}" if is_columnar else column
