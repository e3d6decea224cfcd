"""Log groups as DuckDB tables, made from lines of text without files."""

from __future__ import annotations

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from flowtui.backends.duckdb.compile import Table
from flowtui.backends.duckdb.sql import identifier
from flowtui.flowlogs.format import FlowFormat

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
