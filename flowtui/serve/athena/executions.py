"""The queries of Athena that the endpoint runs: each in its time, with its result as an object."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import uuid4

from flowtui.model.errors import BackendError
from flowtui.serve.athena.tables import DATABASE, ServedTable, ServedTables
from flowtui.serve.wire import WireError

_MOST_KEPT = 100
_QUEUED = 0.1
"""The share of the time in which an execution only waits."""
_DAYS = re.compile(r"(?P<day>\d{4}/\d\d/\d\d)'")
_TABLE = re.compile(r'"?(?P<database>\w+)"?\."?(?P<table>\w+)"?', re.ASCII)
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_TYPES = {
    "BIGINT": "bigint", "HUGEINT": "bigint", "UBIGINT": "bigint", "INTEGER": "integer",
    "SMALLINT": "smallint", "TINYINT": "tinyint", "DOUBLE": "double", "FLOAT": "real",
    "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp",
}  # fmt: skip
Value = str | int | float | bool | None


class Runner(Protocol):
    """Runs SQL over the log groups as typed tables; raises `BackendError`."""

    async def make(self, group: str, schema: str, name: str, *, is_columnar: bool) -> int: ...

    async def run(self, number: str, sql: str) -> Rows: ...

    def interrupt(self, number: str) -> None: ...


class Rows(Protocol):
    @property
    def types(self) -> tuple[str, ...]: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def rows(self) -> tuple[tuple[Value, ...], ...]: ...


@dataclass(eq=False)
class Execution:
    sql: str
    workgroup: str
    output: str
    submitted: datetime
    begun: float
    id: str = field(default_factory=lambda: str(uuid4()))
    state: str = "QUEUED"
    reason: str = ""
    scanned: int = 0
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    completed: datetime | None = None
    task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Of the object with its result."""
        return f"{self.output}{self.id}.csv"

    @property
    def is_final(self) -> bool:
        return self.state not in ("QUEUED", "RUNNING")


class Executions:
    """Starts, follows and stops them; belongs to one event loop."""

    def __init__(
        self,
        runner: Runner,
        tables: ServedTables,
        now: Callable[[], datetime],
        latency: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        size_of_days: Callable[[str, str], int] | None = None,
    ) -> None:
        """`size_of_days` are the bytes of the objects at a table's location from day to day."""
        self._size_of_days = size_of_days
        self._runner, self._tables = runner, tables
        self._now, self._latency, self._clock = now, latency, clock
        self._known: dict[str, Execution] = {}
        self._tokens: dict[str, str] = {}
        self._objects: dict[str, Execution] = {}

    def __iter__(self) -> Iterator[Execution]:
        """The newest first."""
        return iter(reversed(self._known.values()))

    def start(self, sql: str, token: str, workgroup: str, output: str) -> Execution:
        """The one that was started with the token before, if there is one."""
        if token and token in self._tokens:
            return self._known[self._tokens[token]]
        execution = Execution(sql, workgroup, output, self._now(), self._clock())
        self._known[execution.id] = execution
        if token:
            self._tokens[token] = execution.id
        execution.task = asyncio.create_task(self._run(execution))
        self._forget()
        return execution

    def find(self, query_id: str) -> Execution:
        """As it looks by now; raises `WireError`."""
        execution = self._known.get(query_id)
        if execution is None:
            message = f"QueryExecution {query_id[:64]} was not found"
            raise WireError("InvalidRequestException", message, extra={"AthenaErrorCode": _NONE})
        return execution

    def stop(self, execution: Execution) -> None:
        if not execution.is_final and execution.task is not None:
            self._runner.interrupt(execution.id)
            execution.task.cancel()
            self._end(execution, "CANCELLED", "Query cancelled by user")

    def stop_all(self) -> None:
        for execution in self:
            self.stop(execution)

    def result(self, url: str) -> bytes | None:
        """The object there, for any thread: CSV with values in quotes, and NULL as nothing."""
        found = self._objects.get(url)
        return None if found is None else _csv(found)

    async def _run(self, execution: Execution) -> None:
        # An extra: nothing else of the endpoint needs it.
        from flowtui.serve.athena.translation import NotTranslated, to_duckdb

        try:
            sql = to_duckdb(execution.sql)
            for table in await self._read_by(execution.sql):
                loaded = await self._runner.make(
                    table.group, DATABASE, table.name, is_columnar=table.is_columnar
                )
                execution.scanned += await self._read_of(table, execution.sql, loaded)
            await self._wait(_QUEUED)
            execution.state = "RUNNING"
            found = await self._runner.run(execution.id, sql)
            await self._wait(1.0 - _QUEUED)
        except (NotTranslated, BackendError) as error:
            self._end(execution, "FAILED", str(error))
            return
        execution.types = tuple(map(_type, found.types))
        execution.names = found.names
        execution.rows = tuple(tuple(map(_text, row)) for row in found.rows)
        self._objects[execution.url] = execution
        self._end(execution, "SUCCEEDED")

    async def _read_of(self, table: ServedTable, sql: str, loaded: int) -> int:
        """Bytes: of text all objects of the days that the statement names, as they are stored."""
        size = self._size_of_days
        if not table.location or size is None:
            return loaded
        days = _DAYS.findall(sql) or ["0000/00/00", "9999/99/99"]
        return await asyncio.to_thread(size, min(days), max(days))

    async def _wait(self, share: float) -> None:
        if self._latency:
            await asyncio.sleep(self._latency * share)

    async def _read_by(self, sql: str) -> list[ServedTable]:
        named = {found["table"] for found in _TABLE.finditer(sql) if found["database"] == DATABASE}
        return [table for table in await self._tables.all() if table.name in named]

    def _end(self, execution: Execution, state: str, reason: str = "") -> None:
        if not execution.is_final:
            execution.state, execution.reason = state, reason
            execution.completed = self._now()

    def _forget(self) -> None:
        ended = [each for each in self._known.values() if each.is_final]
        for execution in ended[: max(0, len(ended) - _MOST_KEPT)]:
            del self._known[execution.id]
            self._objects.pop(execution.url, None)
        self._tokens = {t: each for t, each in self._tokens.items() if each in self._known}


_NONE = "INVALID_INPUT"


def _type(name: str) -> str:
    if found := _DECIMAL.fullmatch(name):
        return f"decimal({found[1]},{found[2]})"
    return _TYPES.get(name, "varchar")


def _text(value: Value | Decimal) -> str | None:
    """As Athena writes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return _java_double(value) if isinstance(value, float) else str(value)


def _java_double(value: float) -> str:
    """A DOUBLE as Java writes it: 3.46952038E8, 1.0E7, 0.5, NaN."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        plain = format(Decimal(repr(value)), "f")
        return plain if "." in plain else f"{plain}.0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    written = "".join(map(str, digits))
    power = len(written) - 1 + int(exponent)
    return f"{'-' if sign else ''}{written[0]}.{written[1:] or '0'}E{power}"


def _csv(execution: Execution) -> bytes:
    def quoted(value: str | None) -> str:
        return "" if value is None else '"' + value.replace('"', '""') + '"'

    lines = (",".join(map(quoted, row)) for row in (execution.names, *execution.rows))
    return "".join(f"{line}\n" for line in lines).encode()
