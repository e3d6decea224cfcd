"""Lookup tables out of CSV files, loaded when a query first names them."""

from __future__ import annotations

import csv
import errno
import io
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.macros import install_called
from flowtui.model.errors import BackendError, QueryError, SourceError
from flowtui.model.frozen import frozen
from flowtui.model.user_files import read_bytes
from flowtui.query import ast
from flowtui.sql.commands.lookups import blocks_column
from flowtui.sql.environment import Blocks, LookupTable
from flowtui.sql.parameters import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MOST_BYTES = 10 * 2**20
"""The most that the service takes (CWL_QuerySyntax-Lookup)."""

Stamp = tuple[int, int]
"""The size of a file and when it was changed."""


class LookupFiles:
    """The files by the name of their table; one that has changed is loaded anew."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._loaded: dict[str, tuple[Stamp, LookupTable]] = {}
        self._made = 0
        self._lock = threading.Lock()

    def wanted(self, pipeline: ast.Pipeline) -> bool:
        """Whether the query names a lookup table."""
        return next(_commands(pipeline), None) is not None

    def load(self, pipeline: ast.Pipeline, database: DuckDBPyConnection) -> dict[str, LookupTable]:
        """The tables that the query names, by name; raises `QueryError` and `SourceError`."""
        import duckdb

        found: dict[str, LookupTable] = {}
        try:
            with self._lock:
                for command in _commands(pipeline):
                    found[command.table] = self._table(command, database)
        except duckdb.Error as error:
            reason = sentence(error)
            raise BackendError(f"the lookup tables could not be loaded: {reason}") from error
        return found

    def _table(
        self, command: ast.Lookup | ast.CidrLookup, database: DuckDBPyConnection
    ) -> LookupTable:
        name = command.table
        path = self._paths.get(name)
        if path is None:
            raise self._unknown(command)
        stamp, table = self._loaded.get(name, (None, None))
        current = _stamp(name, path)
        if table is None or stamp != current:
            self._made += 1
            table = _create(database, _read(name, path), identifier(f"lookup/{self._made}"))
            self._loaded[name] = current, table
        if isinstance(command, ast.CidrLookup):
            column = blocks_column(command, name, table.columns)
            if column not in table.blocks:
                blocks = _index_blocks(database, table, column, path)
                table = replace(table, blocks={**table.blocks, column: blocks})
                self._loaded[name] = current, table
        return table

    def _unknown(self, command: ast.Lookup | ast.CidrLookup) -> QueryError:
        known = ", ".join(self._paths)
        there = f"there are: {known}" if known else "give one by --lookup NAME=FILE"
        return QueryError(f"there is no lookup table {command.table}; {there}", command.span)


def _commands(node: ast.Node) -> Iterator[ast.Lookup | ast.CidrLookup]:
    if isinstance(node, ast.Lookup | ast.CidrLookup):
        yield node
    for child in ast.children(node):
        yield from _commands(child)


@frozen
class _Content:
    """A CSV file: its columns, each with the cells of all lines."""

    name: str
    columns: tuple[str, ...]
    lines: list[int]
    """Where in the file each row ends, from 1 on."""
    cells: list[tuple[str, ...]]


def _stamp(name: str, path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(name, path, error) from None
    return status.st_size, status.st_mtime_ns


def _read(name: str, path: Path) -> _Content:
    """The file as it is; raises `SourceError`."""
    try:
        content = read_bytes(path, _MOST_BYTES)
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise _unreadable(name, path, error) from None
        raise SourceError(
            f"the lookup table {name} is too large: {path} has more than 10 MB; make it smaller"
        ) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(f"{path} is not UTF-8; save the lookup table so") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_header(path, header)
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise SourceError(f"line {reader.line_num} of {path} is no CSV: {error}") from None
    for line, row in rows:
        if len(row) != len(header):
            raise SourceError(
                f"line {line} of {path} has {len(row)} values, and the header has"
                f" {len(header)} names; mend it"
            )
    columns = [*zip(*(row for _, row in rows), strict=True)] or [() for _ in header]
    return _Content(name, tuple(header), [line for line, _ in rows], columns)


def _unreadable(name: str, path: Path, error: OSError) -> SourceError:
    return SourceError(
        f"the lookup table {name} can't be read: {path}: {error.strerror or error}; name a file"
    )


def _check_header(path: Path, header: list[str]) -> None:
    """A first line that names nothing is a line of data: its values would be lost as names."""
    if not header:
        raise SourceError(f"{path} has no header line; its first line must name the columns")
    for name in header:
        if not name.strip() or header.count(name) > 1 or _is_data(name):
            raise SourceError(
                f"{path} has no header line: its first line must name the columns, and"
                f" {name!r} is no name, or there twice"
            )


def _is_data(name: str) -> bool:
    """Whether a column is hardly called so: a number, an address or a block."""
    if re.fullmatch(r"[\d.]+", name, re.ASCII):
        return True
    try:
        ip_network(name, strict=False)
    except ValueError:
        return False
    return True


def _create(database: DuckDBPyConnection, content: _Content, relation: str) -> LookupTable:
    cells = {f"c{index}": list(column) for index, column in enumerate(content.cells)}
    listed = "".join(
        f", nullif(unnest(CAST(${name} AS VARCHAR[])), '') AS {name}" for name in cells
    )
    database.execute(
        f"CREATE OR REPLACE TABLE {relation} AS SELECT unnest(CAST($lines AS BIGINT[])) AS line"
        f"{listed}",
        {"lines": content.lines, **cells},
    )
    return LookupTable(content.name, relation, content.columns, {})


_BLOCK = """
SELECT line, block, flow_ipv4(address) AS v4, flow_ipv6(address) AS v6,
    CASE WHEN address = block THEN CASE WHEN v4 IS NULL THEN 128 ELSE 32 END
        WHEN regexp_full_match(suffix, '[0-9]{{1,3}}') THEN CAST(suffix AS INTEGER) END AS length
FROM (SELECT line, trim({cell}) AS block, split_part(block, '/', 1) AS address,
    block[length(address) + 2:] AS suffix FROM {relation})
"""
"""An address alone is a block of one."""

_SEGMENTS = """
CREATE OR REPLACE TABLE {made} AS
WITH sizes AS (
    SELECT DISTINCT length, CAST(1 AS {type}) << CAST({bits} - length AS {type}) AS size
    FROM {blocks} WHERE {number} IS NOT NULL AND length > 0
), blocks AS (
    SELECT length, {number} - {number} % size AS first, first + (size - 1) AS last,
        min(line) AS line
    FROM {blocks} JOIN sizes USING (length) WHERE {number} IS NOT NULL GROUP BY ALL
), everything AS (
    SELECT min(line) AS line FROM {blocks} WHERE {number} IS NOT NULL AND length = 0
), edges AS (
    SELECT CAST(0 AS {type}) AS start UNION SELECT first FROM blocks
    UNION SELECT last + 1 FROM blocks WHERE last < CAST('{last}' AS {type})
)
SELECT start, coalesce(arg_max(blocks.line, blocks.length), (FROM everything)) AS line
FROM edges LEFT JOIN sizes ON TRUE LEFT JOIN blocks
    ON blocks.length = sizes.length AND blocks.first = start - start % size
GROUP BY start
"""
"""At each edge of a block, the longest one there is looked up by each length that occurs."""


def _index_blocks(
    database: DuckDBPyConnection, table: LookupTable, column: str, path: Path
) -> Blocks:
    """Make the relations of the blocks in `column`; raises `SourceError` on what is no block."""
    cell = f"c{table.columns.index(column)}"
    stem = table.relation.strip('"')
    blocks = identifier(f"{stem}/{cell}")
    install_called(database, (_BLOCK,))
    database.execute(
        f"CREATE OR REPLACE TABLE {blocks} AS {_BLOCK.format(cell=cell, relation=table.relation)}"
    )
    _check_blocks(database, blocks, column, path)
    return Blocks(
        _segments(database, blocks, identifier(f"{stem}/{cell}/4"), "v4"),
        _segments(database, blocks, identifier(f"{stem}/{cell}/6"), "v6"),
    )


def _check_blocks(database: DuckDBPyConnection, blocks: str, column: str, path: Path) -> None:
    bad = database.execute(
        f"SELECT line, block FROM {blocks} WHERE (v4 IS NULL AND v6 IS NULL) OR length IS NULL"
        " OR length > CASE WHEN v4 IS NULL THEN 128 ELSE 32 END ORDER BY line LIMIT 1"
    ).fetchone()
    if bad is not None:
        line, block = bad
        raise SourceError(
            f"line {line} of {path} has no CIDR block in {column}: {block or ''!r}; write it like"
            " 10.0.0.0/8"
        )


def _segments(database: DuckDBPyConnection, blocks: str, made: str, number: str) -> str:
    """The relation of one family, or nothing where there is no block of it."""
    found = database.execute(f"SELECT count({number}) FROM {blocks}").fetchone()
    if not found or not found[0]:
        return ""
    bits, type_ = (32, "BIGINT") if number == "v4" else (128, "UHUGEINT")
    database.execute(
        _SEGMENTS.format(
            made=made, blocks=blocks, number=number, bits=bits, type=type_, last=2**bits - 1
        )
    )
    return made
