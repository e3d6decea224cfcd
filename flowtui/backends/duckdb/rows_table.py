"""The rows of a result as a table that a query can read: only the columns that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from flowtui.flowlogs.fields import FieldType
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.result_fields import ResultField, result_field, typed
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


def make_table(
    connection: DuckDBPyConnection, relation: str, results: ResultSet, names: Iterable[str]
) -> Table:
    """Put the columns of these names into a table; its `@ptr` numbers the rows, if it is named."""
    wanted = {*names}
    chosen = [name for name in dict.fromkeys(results.columns) if name in wanted and name != PTR]
    # A table has a column.
    columns = [_column(results, name) for name in chosen or results.columns[:1]]
    if not columns:
        columns = [_Column(result_field("row"), (None,) * len(results.rows))]
    _read_in(connection, columns, has_rows=bool(results.rows))
    kinds = _kinds(connection, columns)
    shown = [*_of_events(columns), *_fields(columns, kinds), _numbered(is_needed=PTR in wanted)]
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {relation} AS SELECT {', '.join(shown)} FROM {_CELLS}"
    )
    own = [each.field for each in columns if each.field.name not in _OF_EVENTS]
    fields = [typed(each, kinds.get(each.name, FieldType.STRING)) for each in own]
    return Table(
        relation,
        FlowFormat(tuple(fields or [result_field("row")])),
        relation,
        is_uniform=False,
        times=frozenset(each for each in fields if each.type is FieldType.SECONDS),
    )


_CELLS = "cells_at_hand"


@dataclass(frozen=True, slots=True)
class _Column:
    field: ResultField
    cells: Sequence[Cell]
    joined: str = ""
    """The cells as one text, which a database takes faster; empty where it can't be taken apart."""

    @property
    def parameter(self) -> object:
        return self.joined or list(self.cells)

    def unnested(self, place: int) -> str:
        if not self.joined:
            return f"unnest(CAST(${place} AS VARCHAR[]))"
        return f"unnest(string_split(${place}, chr(31)))"

    def text(self, place: int) -> str:
        has_none = not self.joined or _NONE in self.joined
        return f"nullif(c{place}, chr(30))" if has_none else f"c{place}"


def _column(results: ResultSet, name: str) -> _Column:
    field, index = result_field(name), results.columns.index(name)
    cells: list[Cell] = list(map(itemgetter(index), results.rows))
    lacking = cells.count(None)
    texts = [_NONE if cell is None else cell for cell in cells] if lacking else cells
    joined = _END.join(texts)  # type: ignore[arg-type]  # there is no None among them
    if joined.count(_END) == len(texts) - 1 and joined.count(_NONE) == lacking:
        return _Column(field, cells, _writable(joined) or "")
    return _Column(field, [_writable(cell) for cell in cells])


def _writable(text: Cell) -> Cell:
    """Half of a pair of surrogates is no character that a database takes."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def _read_in(connection: DuckDBPyConnection, columns: Sequence[_Column], *, has_rows: bool) -> None:
    numbered = list(enumerate(columns, 1))
    cells = ", ".join(f"{column.unnested(place)} AS c{place}" for place, column in numbered)
    texts = ", ".join(f"{column.text(place)} AS c{place}" for place, column in numbered)
    limit = "" if has_rows else " LIMIT 0"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_CELLS} AS SELECT {texts} FROM (SELECT {cells}){limit}",
        [column.parameter for column in columns],
    )


def _kinds(connection: DuckDBPyConnection, columns: Sequence[_Column]) -> dict[str, FieldType]:
    """The columns all whose cells are whole numbers, as INTEGER, or times, as SECONDS.

    A field that is known to be a text, an account id for one, stays text.
    """
    open_ = [
        (place, column.field.name)
        for place, column in enumerate(columns, 1)
        if column.field.type.is_number or not column.field.version
        if column.field.name not in _OF_EVENTS
    ]
    if not open_:
        return {}
    tests = ", ".join(f"{_are(_INTEGER, place)}, {_are(_TIME, place)}" for place, _ in open_)
    found = connection.execute(f"SELECT {tests} FROM {_CELLS}").fetchone() or ()
    kinds: dict[str, FieldType] = {}
    for (_, name), is_integer, is_time in zip(open_, found[::2], found[1::2], strict=True):
        if is_integer:
            kinds[name] = FieldType.INTEGER
        elif is_time:
            kinds[name] = FieldType.SECONDS
    return kinds


_INTEGER = "CAST(TRY_CAST({0} AS BIGINT) AS VARCHAR) IS NOT DISTINCT FROM {0} OR {0} = '-'"
_TIME = (
    "length({0}) = 23 AND strftime(TRY_CAST({0} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')"
    " IS NOT DISTINCT FROM {0}"
)


def _are(test: str, place: int) -> str:
    return f"bool_and({test.format(f'c{place}')}) FILTER (c{place} IS NOT NULL)"


def _of_events(columns: Sequence[_Column]) -> Iterator[str]:
    places = {column.field.name: place for place, column in enumerate(columns, 1)}
    for name in _OF_EVENTS:
        is_time = name in TIME_FIELDS
        cell = f"c{places[name]}" if name in places else "NULL"
        shown = _milliseconds(cell) if is_time else f"CAST({cell} AS VARCHAR)"
        yield f"{shown} AS {identifier(name)}"


def _fields(columns: Sequence[_Column], kinds: dict[str, FieldType]) -> Iterator[str]:
    for place, column in enumerate(columns, 1):
        name, kind = column.field.name, kinds.get(column.field.name)
        if name in _OF_EVENTS:
            continue
        cell = _milliseconds(f"c{place}") if kind is FieldType.SECONDS else f"c{place}"
        yield f"{cell} AS {identifier(name)}"
        if kind is FieldType.INTEGER:
            yield f"TRY_CAST(c{place} AS BIGINT) AS {identifier(f'{name}#')}"


def _numbered(*, is_needed: bool) -> str:
    number = "lpad(CAST(rowid AS VARCHAR), 12, '0')" if is_needed else "CAST(NULL AS VARCHAR)"
    return f"{number} AS {identifier(PTR)}"


def _milliseconds(cell: str) -> str:
    return f"epoch_ms(TRY_CAST({cell} AS TIMESTAMP))"
