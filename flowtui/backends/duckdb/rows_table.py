"""The rows of a result as a table that a query can read: only the columns that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from flowtui.flowlogs.fields import FieldType
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.result_fields import ResultField, result_field, typed
from flowtui.model.frozen import frozen
from flowtui.model.run import PTR
from flowtui.query.catalogue.system_fields import TIME_FIELDS
from flowtui.sql.parameters import identifier
from flowtui.sql.scope import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from flowtui.model.run import Cell, ResultSet

_END, _NONE = "\x1f", "\x1e"
"""Stand after a cell, and for one that the row lacks."""
_OF_EVENTS = ("@timestamp", "@ingestionTime", "@message", "@logStream", "@log")
"""What every table has, and `@ptr`, which numbers the rows here."""


@frozen
class StoredColumn:
    """A column of a result as a table of one column `c`."""

    relation: str
    field: ResultField
    kind: FieldType
    """INTEGER where all cells are whole numbers, SECONDS where all are times; else STRING."""


Stored = dict[str, StoredColumn]
"""The columns of one result that are in the database, by name: those it was asked for."""


def make_table(
    connection: DuckDBPyConnection,
    relation: str,
    results: ResultSet,
    names: Iterable[str],
    stored: Stored | None = None,
) -> Table:
    """The columns of these names as a table; its `@ptr` numbers the rows, if it is named.

    What is `stored` already is not put into the database again.
    """
    wanted, stored = {*names}, {} if stored is None else stored
    chosen = [name for name in dict.fromkeys(results.columns) if name in wanted and name != PTR]
    # A table has a column.
    columns = []
    for name in chosen or results.columns[:1] or ("row",):
        if name not in stored:
            stored[name] = _store(connection, f"{relation}_{len(stored)}", results, name)
        columns.append(stored[name])
    shown = [*_of_events(columns), *_fields(columns), _numbered(is_needed=PTR in wanted)]
    joined = " POSITIONAL JOIN ".join(
        f"{column.relation} AS t{place}" for place, column in enumerate(columns)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {relation} AS SELECT {', '.join(shown)} FROM {joined}"
    )
    own = [each for each in columns if each.field.name not in _OF_EVENTS]
    fields = [typed(each.field, each.kind) for each in own]
    return Table(
        relation,
        FlowFormat(tuple(fields or [result_field("row")])),
        relation,
        is_uniform=False,
        times=frozenset(each for each in fields if each.type is FieldType.SECONDS),
    )


def drop(connection: DuckDBPyConnection, stored: Stored) -> None:
    """Let go of the columns of a result."""
    for column in stored.values():
        connection.execute(f"DROP TABLE IF EXISTS {column.relation}")
    stored.clear()


def _store(
    connection: DuckDBPyConnection, relation: str, results: ResultSet, name: str
) -> StoredColumn:
    count = len(results.rows)
    index = results.columns.index(name) if name in results.columns else None
    cells: list[Cell] = (
        [None] * count if index is None else list(map(itemgetter(index), results.rows))
    )
    lacking = cells.count(None)
    texts = [_NONE if cell is None else cell for cell in cells] if lacking else cells
    joined = _END.join(texts)  # type: ignore[arg-type]  # there is no None among them
    parameter: object = _writable(joined)
    cell = f"nullif(c, {_CHARACTER.format(ord(_NONE))})" if lacking else "c"
    unnested = f"string_split($1, {_CHARACTER.format(ord(_END))})"
    if joined.count(_END) != count - 1 or joined.count(_NONE) != lacking or not joined:
        # The cells can't be told apart when they are one text, which a database takes faster.
        parameter, cell = [_writable(each) for each in cells], "c"
        unnested = "CAST($1 AS VARCHAR[])"
    connection.execute(
        f"CREATE OR REPLACE TABLE {relation} AS"
        f" SELECT {cell} AS c FROM (SELECT unnest({unnested}) AS c)",
        [parameter],
    )
    field = result_field(name)
    return StoredColumn(relation, field, _kind(connection, relation, field))


_CHARACTER = "chr({})"


def _writable(text: Cell) -> Cell:
    """Half of a pair of surrogates is no character that a database takes."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def _kind(connection: DuckDBPyConnection, relation: str, field: ResultField) -> FieldType:
    """A field that is known to be a text, an account id for one, stays text."""
    is_open = field.type.is_number or not field.version
    if not is_open or field.name in _OF_EVENTS:
        return FieldType.STRING
    tests = ", ".join(f"bool_and({test}) FILTER (c IS NOT NULL)" for test in (_INTEGER, _TIME))
    found = connection.execute(f"SELECT {tests} FROM {relation}").fetchone()
    is_integer, is_time = found or (False, False)
    if is_integer:
        return FieldType.INTEGER
    return FieldType.SECONDS if is_time else FieldType.STRING


_INTEGER = "CAST(TRY_CAST(c AS BIGINT) AS VARCHAR) IS NOT DISTINCT FROM c OR c = '-'"
_TIME = (
    "length(c) = 23 AND strftime(TRY_CAST(c AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')"
    " IS NOT DISTINCT FROM c"
)


def _of_events(columns: Sequence[StoredColumn]) -> Iterator[str]:
    places = {column.field.name: place for place, column in enumerate(columns)}
    for name in _OF_EVENTS:
        is_time = name in TIME_FIELDS
        cell = f"t{places[name]}.c" if name in places else "NULL"
        shown = _milliseconds(cell) if is_time else f"CAST({cell} AS VARCHAR)"
        yield f"{shown} AS {identifier(name)}"


def _fields(columns: Sequence[StoredColumn]) -> Iterator[str]:
    for place, column in enumerate(columns):
        name, cell = column.field.name, f"t{place}.c"
        if name in _OF_EVENTS:
            continue
        shown = _milliseconds(cell) if column.kind is FieldType.SECONDS else cell
        yield f"{shown} AS {identifier(name)}"
        if column.kind is FieldType.INTEGER:
            yield f"TRY_CAST({cell} AS BIGINT) AS {identifier(f'{name}#')}"


def _numbered(*, is_needed: bool) -> str:
    number = "lpad(CAST(t0.rowid AS VARCHAR), 12, '0')" if is_needed else "CAST(NULL AS VARCHAR)"
    return f"{number} AS {identifier(PTR)}"


def _milliseconds(cell: str) -> str:
    return f"epoch_ms(TRY_CAST({cell} AS TIMESTAMP))"
