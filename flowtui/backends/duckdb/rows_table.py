"""The rows of a result as a table that a query can read: only the columns that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowtui.flowlogs.fields import FieldInfo, FieldType
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
_INTEGERS = re.compile(r"(?:(?:\x1e|-|-?(?:0|[1-9][0-9]{0,17}))\x1f)+")
_TIMES = re.compile(r"(?:(?:\x1e|[12]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})\x1f)+", re.ASCII)
_OF_EVENTS = ("@timestamp", "@ingestionTime", "@message", "@logStream", "@log")
"""What every table has, and `@ptr`, which numbers the rows here."""


def make_table(
    connection: DuckDBPyConnection, relation: str, results: ResultSet, names: Iterable[str]
) -> Table:
    """Put the columns of these names into a table, in the order of the rows."""
    wanted = {*names} - {PTR}
    chosen = [name for name in dict.fromkeys(results.columns) if name in wanted]
    # A table has a column.
    columns = [_column(results, name) for name in chosen or results.columns[:1]]
    if not columns:
        columns = [_Column(result_field("row"), (None,) * len(results.rows))]
    _fill(connection, relation, columns, len(results.rows))
    fields = [each.info for each in columns if each.info.name not in _OF_EVENTS]
    times = frozenset(each.info for each in columns if each.is_time)
    return Table(
        relation,
        FlowFormat(tuple(fields or [result_field("row")])),
        relation,
        is_uniform=False,
        times=times,
    )


@dataclass(frozen=True, slots=True)
class _Column:
    info: FieldInfo
    cells: Sequence[Cell]
    joined: str = ""
    """The cells as one text, which a database takes faster; empty where it can't be taken apart."""
    is_time: bool = False

    @property
    def parameter(self) -> object:
        return self.joined or list(self.cells)

    def unnested(self, place: int) -> str:
        if self.joined:
            return f"unnest(string_split(${place}, chr(31)))"
        return f"unnest(CAST(${place} AS VARCHAR[]))"


def _column(results: ResultSet, name: str) -> _Column:
    field, index = result_field(name), results.columns.index(name)
    cells = [row[index] for row in results.rows]
    texts = [_NONE if cell is None else cell for cell in cells]
    joined = _END.join(texts)
    is_plain = joined.count(_END) == len(texts) - 1 and joined.count(_NONE) == cells.count(None)
    if not is_plain:
        return _Column(typed(field, FieldType.STRING), [_writable(cell) for cell in cells])
    kind = _kind(field, joined)
    is_time = kind is FieldType.STRING and _TIMES.fullmatch(joined + _END) is not None
    return _Column(typed(field, kind), cells, _writable(joined) or "", is_time=is_time)


def _kind(field: ResultField, joined: str) -> FieldType:
    """A number where all cells are: an account id, of which that is known, stays text."""
    if field.version and not field.type.is_number:
        return field.type
    is_integer = _INTEGERS.fullmatch(joined + _END) is not None
    return FieldType.INTEGER if is_integer else FieldType.STRING


def _writable(text: Cell) -> Cell:
    """Half of a pair of surrogates is no character that a database takes."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def _fill(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[_Column], count: int
) -> None:
    unnested = ", ".join(
        f"{column.unnested(place)} AS c{place}" for place, column in enumerate(columns, 1)
    )
    shown = ", ".join(_shown(columns))
    limit = "" if count else " LIMIT 0"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT {shown},"
        f" printf('%012d', row_number() OVER ()) AS {identifier(PTR)}"
        f" FROM (SELECT {unnested}){limit}",
        [column.parameter for column in columns],
    )


def _shown(columns: Sequence[_Column]) -> Iterator[str]:
    places = {column.info.name: place for place, column in enumerate(columns, 1)}
    for name in _OF_EVENTS:
        is_time = name in TIME_FIELDS
        if name not in places:
            yield f"CAST(NULL AS {'BIGINT' if is_time else 'VARCHAR'}) AS {identifier(name)}"
        else:
            yield f"{_cell(places[name], is_time=is_time)} AS {identifier(name)}"
    for column in columns:
        name = column.info.name
        if name in _OF_EVENTS:
            continue
        text = _cell(places[name], is_time=column.is_time)
        yield f"{text} AS {identifier(name)}"
        if column.info.type.is_number:
            yield f"TRY_CAST({text} AS BIGINT) AS {identifier(f'{name}#')}"


def _cell(place: int, *, is_time: bool) -> str:
    text = f"nullif(c{place}, chr(30))"
    return f"epoch_ms(TRY_CAST({text} AS TIMESTAMP))" if is_time else text
