"""Log groups as DuckDB tables, made from lines of text without files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from flowtui.backends.duckdb.compile import Compiled, Library, Table, compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.lookup_files import LookupFiles
from flowtui.backends.duckdb.saved import expanded
from flowtui.backends.duckdb.sql import identifier
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import Cell, ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.query.parser import parse

INGESTED_MS = 1_700_000_000_000


def make_table(
    connection: DuckDBPyConnection,
    name: str,
    lines: Sequence[str],
    format_: FlowFormat,
    *,
    has_misfits: bool = True,
) -> Table:
    """The columns that `Table` promises; a line of another length is a misfit."""
    count = len(format_.fields)
    columns = []
    for index, info in enumerate(format_.fields, 1):
        word = f"CASE WHEN len(words) = {count} THEN words[{index}] END"
        columns.append(f"{word} AS {identifier(info.column)}")
        if info.type.is_number:
            number = f"CASE WHEN regexp_full_match(words[{index}], '-?[0-9]+')"
            number = f"{number} AND len(words) = {count} THEN TRY_CAST(words[{index}] AS BIGINT)"
            columns.append(f"{number} END AS {identifier(info.column + '#')}")
    start = format_.columns.index("start") + 1 if "start" in format_.columns else 0
    time = f"TRY_CAST(words[{start}] AS BIGINT) * 1000" if start else "NULL"
    time = f"CASE WHEN len(words) = {count} THEN {time} END"
    connection.execute(
        f"""CREATE OR REPLACE TABLE {identifier(name)} AS
        SELECT CAST({time} AS BIGINT) AS "@timestamp", line AS "@message",
            'eni-1' AS "@logStream", '123456789012:' || $name AS "@log",
            {INGESTED_MS}::BIGINT AS "@ingestionTime",
            printf('%s/%012d', $name, number) AS "@ptr", {", ".join(columns)}
        FROM (SELECT line, number, string_split(line, ' ') AS words FROM (
            SELECT unnest($lines) AS line, generate_subscripts($lines, 1) AS number))""",
        {"lines": list(lines), "name": name},
    )
    return Table(identifier(name), format_, name, has_misfits=has_misfits)


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
