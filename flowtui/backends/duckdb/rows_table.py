"""The rows of a result as a table that a query can read: only the columns that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from flowtui.model.run import Cell, ResultSet, Row

_END, _NONE = "\x1f", "\x1e"
"""Stand after a cell, and for one that the row lacks."""
_OTHERS = "\r\0"
"""What a reader of lines takes for more than a character, besides the end of a line."""
_LONGEST = 100_000
"""Characters of a line that surely fit into what is read at once."""
_OF_EVENTS = ("@timestamp", "@ingestionTime", "@message", "@logStream", "@log")
"""What every table has, and `@ptr`, which numbers the rows here."""


@frozen
class StoredColumn:
    """A column of a result, and the table in which it is."""

    relation: str
    column: str
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
    tables = {each.relation: f"t{place}" for place, each in enumerate(columns)}
    cells = {each.field.name: f"{tables[each.relation]}.{each.column}" for each in columns}
    numbered = _numbered(tables[columns[0].relation], is_needed=PTR in wanted)
    shown = [*_of_events(cells), *_fields(columns, cells), numbered]
    joined = " POSITIONAL JOIN ".join(f"{name} AS {alias}" for name, alias in tables.items())
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


def store(
    connection: DuckDBPyConnection,
    relation: str,
    results: ResultSet,
    names: Sequence[str],
    folder: Path,
) -> Stored:
    """Several columns at once, by a file in `folder`, which is less work than one by one.

    They are for this connection only, and gone with it. Empty where a line could not tell one
    cell from the next.
    """
    if len(names) < 2 or not results.rows:
        return {}
    rows = list(map(itemgetter(*map(results.columns.index, names)), results.rows))
    lines = [_END.join(_whole(row) if None in row else row) for row in rows]
    text = "\n".join(lines)
    if not _is_told_apart(text, rows) or max(map(len, lines)) > _LONGEST:
        return {}
    path = folder / f"{relation}.txt"
    path.write_text(_writable(text) or "", "utf-8", newline="\n")
    columns = {name: f"c{place}" for place, name in enumerate(names)}
    types = ", ".join(f"{column}: 'VARCHAR'" for column in columns.values())
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {relation}_all AS SELECT * FROM read_csv($1, delim = $2,"
        f" nullstr = $3, columns = {{{types}}}, auto_detect = false, header = false, quote = '',"
        " escape = '')",
        [str(path), _END, _NONE],
    )
    path.unlink()
    return _typed(connection, f"{relation}_all", columns)


def _whole(row: Row) -> Sequence[str]:
    return [_NONE if cell is None else cell for cell in row]


def _is_told_apart(text: str, rows: Sequence[Row]) -> bool:
    return (
        text.count(_END) == len(rows) * (len(rows[0]) - 1)
        and text.count("\n") == len(rows) - 1
        and text.count(_NONE) == sum(row.count(None) for row in rows)
        and not any(character in text for character in _OTHERS)
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
    (stored,) = _typed(connection, relation, {name: "c"}).values()
    return stored


_CHARACTER = "chr({})"


def _writable(text: Cell) -> Cell:
    """Half of a pair of surrogates is no character that a database takes."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def _typed(connection: DuckDBPyConnection, relation: str, columns: Mapping[str, str]) -> Stored:
    """The columns of the table, by what they are called in the result."""
    fields = {name: result_field(name) for name in columns}
    open_ = [name for name, field in fields.items() if _is_open(field)]
    tests = [
        f"bool_and({test.format(columns[name])}) FILTER ({columns[name]} IS NOT NULL)"
        for name in open_ for test in (_INTEGER, _TIME)
    ]  # fmt: skip
    asked = f"SELECT {', '.join(tests)} FROM {relation}"
    answers = iter((connection.execute(asked).fetchone() if tests else None) or ())
    kinds = {name: _kind(next(answers), next(answers)) for name in open_}
    return {
        name: StoredColumn(relation, columns[name], field, kinds.get(name, FieldType.STRING))
        for name, field in fields.items()
    }


def _is_open(field: ResultField) -> bool:
    """Whether its cells tell its kind; what is known to be a text, an account id, stays one."""
    return (field.type.is_number or not field.version) and field.name not in _OF_EVENTS


def _kind(is_integer: object, is_time: object) -> FieldType:
    if is_integer:
        return FieldType.INTEGER
    return FieldType.SECONDS if is_time else FieldType.STRING


_INTEGER = "CAST(TRY_CAST({0} AS BIGINT) AS VARCHAR) IS NOT DISTINCT FROM {0} OR {0} = '-'"
_TIME = (
    "length({0}) = 23 AND strftime(TRY_CAST({0} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')"
    " IS NOT DISTINCT FROM {0}"
)


def _of_events(cells: Mapping[str, str]) -> Iterator[str]:
    for name in _OF_EVENTS:
        is_time = name in TIME_FIELDS
        cell = cells.get(name, "NULL")
        shown = _milliseconds(cell) if is_time else f"CAST({cell} AS VARCHAR)"
        yield f"{shown} AS {identifier(name)}"


def _fields(columns: Sequence[StoredColumn], cells: Mapping[str, str]) -> Iterator[str]:
    for column in columns:
        name = column.field.name
        if name in _OF_EVENTS:
            continue
        cell = cells[name]
        shown = _milliseconds(cell) if column.kind is FieldType.SECONDS else cell
        yield f"{shown} AS {identifier(name)}"
        if column.kind is FieldType.INTEGER:
            yield f"TRY_CAST({cell} AS BIGINT) AS {identifier(f'{name}#')}"


def _numbered(table: str, *, is_needed: bool) -> str:
    position = f"lpad(CAST({table}.rowid AS VARCHAR), 12, '0')"
    number = position if is_needed else "CAST(NULL AS VARCHAR)"
    return f"{number} AS {identifier(PTR)}"


def _milliseconds(cell: str) -> str:
    return f"epoch_ms(TRY_CAST({cell} AS TIMESTAMP))"
