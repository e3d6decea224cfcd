"""Log groups as DuckDB tables, made from lines of text without files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from duckdb import DuckDBPyConnection

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.lookup_files import LookupFiles
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import Cell, ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.query.parser import parse
from flowtui.sql.compile import Compiled
from flowtui.sql.parameters import identifier
from flowtui.sql.pipelines import Library
from flowtui.sql.saved_calls import expanded
from flowtui.sql.scope import Table

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LAST_SECOND, _LAST_MS, _LAST_US = 10**11, 10**14, 253402300799999000
INGESTED_MS = 1_700_000_000_000

Numbers = list[int | float | None]


def make_table(
    connection: DuckDBPyConnection,
    name: str,
    lines: Sequence[str],
    format_: FlowFormat,
    *,
    has_misfits: bool = True,
) -> Table:
    """The columns that the loader promises; a line of another length is a misfit."""
    split = [line.split(" ") for line in lines]
    records = [words if len(words) == len(format_.fields) else None for words in split]
    columns: list[tuple[str, str, Sequence[str | int | float | None]]] = [
        ("@message", "VARCHAR", list(lines)),
        ("@timestamp", "BIGINT", [None for _ in lines]),
    ]
    wide = set()
    for index, info in enumerate(format_.fields):
        words = [record[index] if record else None for record in records]
        columns.append((info.column, "VARCHAR", words))
        if info.type.is_number:
            numbers, type_ = _numbers(words)
            columns.append((f"{info.column}#", type_, numbers))
            wide |= {info} if type_ == "DOUBLE" else set()
            if info.column == "start":
                columns[1] = ("@timestamp", "BIGINT", [_time(number) for number in numbers])
    listed = ", ".join(
        f"CAST(unnest($c{number}) AS {type_}) AS {identifier(column)}"
        for number, (column, type_, _) in enumerate(columns)
    )
    connection.execute(
        f"""CREATE OR REPLACE TABLE {identifier(name)} AS
        SELECT *, 'eni-1' AS "@logStream", '123456789012:' || $name AS "@log",
            {INGESTED_MS}::BIGINT AS "@ingestionTime",
            printf('%s/%012d', $name, row_number() OVER ()) AS "@ptr",
            row_number() OVER () AS "@row" FROM (SELECT {listed})""",
        {"name": name, **{f"c{number}": values for number, (_, _, values) in enumerate(columns)}},
    )
    return Table(
        identifier(name),
        format_,
        name,
        has_misfits=has_misfits,
        numbered_by=('"@row"',),
        wide=frozenset(wide),
    )


@dataclass
class Place:
    """Log groups, lookup tables and saved queries, and what queries over them answer."""

    connection: DuckDBPyConnection
    window: TimeRange
    groups: dict[str, Table] = field(default_factory=dict)
    lookups: dict[str, Path] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, format_: str, *lines: str) -> None:
        """A log group; the format is written without `${}`."""
        fields = FlowFormat.parse(" ".join(f"${{{word}}}" for word in format_.split()))
        self.groups[name] = make_table(self.connection, name, lines, fields)

    def compile(self, text: str, *chosen: str) -> Compiled:
        pipeline = expanded(parse(text), self.queries)
        lookups = LookupFiles(self.lookups).load(pipeline, self.connection)
        tables = [self.groups[name] for name in chosen or self.groups]
        library = Library(self.groups, lookups, self.queries)
        return compile_query(text, tables, self.window, None, self.window.end, library)

    def ask(self, text: str, *chosen: str) -> ResultSet:
        """The answer over the groups that are chosen, or all of them."""
        return fetch(self.connection, self.compile(text, *chosen))

    def rows(self, text: str, *chosen: str) -> list[tuple[Cell, ...]]:
        """The rows, without the pointer."""
        results = self.ask(text, *chosen)
        return [tuple(row[index] for index in results.shown) for row in results.rows]


def _numbers(words: Sequence[str | None]) -> tuple[Numbers, str]:
    """BIGINTs, or DOUBLEs where one of them is a fraction or too large for that."""
    found = [_number(word or "") for word in words]
    if all(number is None or isinstance(number, int) for number in found):
        return found, "BIGINT"
    return [None if number is None else float(number) for number in found], "DOUBLE"


def _number(word: str) -> int | float | None:
    if not _NUMBER.fullmatch(word) or not isfinite(float(word)):
        return None
    exact = int(word) if re.fullmatch("[+-]?[0-9]+", word) else float(word)
    return int(exact) if exact == int(exact) and -(2**63) <= exact < 2**63 else float(exact)


def _time(start: int | float | None) -> int | None:
    """Epoch milliseconds of a start in seconds, or in milli- or microseconds if too large."""
    if start is None or start != int(start) or not 0 <= start <= _LAST_US:
        return None
    if start <= _LAST_SECOND:
        return int(start) * 1000
    return int(start) if start <= _LAST_MS else int(start) // 1000
