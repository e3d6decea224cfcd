"""A table of the catalog as the relation that the compiler reads from (`sql.scope.Table`).

A `-` in a record is NULL in a typed column: so the text of a field is what its column holds, or
`-`. Only the columns that a statement names are there, so that it can be read and of Parquet no
others are scanned.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from flowtui.backends.athena.table import Column, FlowTable
from flowtui.model.timerange import TimeRange
from flowtui.sql.dialects.trino import quoted
from flowtui.sql.parameters import identifier
from flowtui.sql.scope import Table

_TEXT = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r'"((?:[^"]|"")*)"')


def names_in(sql: str) -> frozenset[str]:
    """The quoted names of a statement."""
    return frozenset(name.replace('""', '"') for name in _NAME.findall(_TEXT.sub("''", sql)))


def as_table(table: FlowTable, relation: str) -> Table:
    return Table(
        relation,
        table.format,
        table.label,
        has_misfits=False,
        has_untimed=False,
        is_columnar=True,
    )


def relation(table: FlowTable, window: TimeRange, partitions: str, columns: Sequence[str]) -> str:
    """The records of the window with these columns of the compiler's, in this order."""
    read = _Columns(table, frozenset(columns))
    listed = ", ".join(f"{read.sql(name)} AS {identifier(name)}" for name in columns)
    # Row groups of Parquet are passed over by this; the compiler tells milliseconds apart.
    seconds = f"{window.start_ms // 1000} AND {-(-window.end_ms // 1000)}"
    conditions = " AND ".join(filter(None, (partitions, f"{read.start} BETWEEN {seconds}")))
    return f"(SELECT {listed} FROM {table.relation} WHERE {conditions})"  # noqa: S608


def columns_of(tables: Sequence[FlowTable], used: Set[str] | None = None) -> tuple[str, ...]:
    """The columns of the compiler's that these have together, those in `used` where it is given.

    The time is always among them, as the window is told by it.
    """
    infos = dict.fromkeys(info for table in tables for info in table.fields)
    named = [*_SYSTEM]
    for info in infos:
        named += [info.column, f"{info.column}#"] if info.type.is_number else [info.column]
    return tuple(name for name in named if used is None or name in used or name == _TIME)


class _Columns:
    """What the compiler's columns are in one table; one that it lacks is missing."""

    def __init__(self, table: FlowTable, used: Set[str]) -> None:
        self._table = table
        self._known = {info.column: (info, column) for info, column in table.fields.items()}
        self._used = used
        self.start = _number(self._known["start"][1])

    def sql(self, name: str) -> str:
        match name:
            case "@timestamp":
                return f"{self.start} * 1000"
            case "@ingestionTime":
                return "CAST(NULL AS bigint)"
            case "@message":
                return _record([column for _, column in self._known.values()])
            case "@logStream":
                interface = self._known.get("interface_id")
                return f"{_text(interface[1])} || '-all'" if interface else "'-'"
            case "@log":
                return quoted(self._table.label)
            case "@ptr":
                return self._pointer()
        info, column = self._known.get(name.removesuffix("#"), (None, None))
        if info is None or column is None:
            return f"CAST(NULL AS {'bigint' if name.endswith('#') else 'varchar'})"
        return _number(column) if name.endswith("#") else _text(column)

    def _pointer(self) -> str:
        """Records that are alike in all that is read of them need not be told apart."""
        if "@message" in self._used:
            return self.sql("@message")
        read = {name.removesuffix("#") for name in self._used}
        columns = [column for name, (_, column) in self._known.items() if name in read]
        return _record(columns or [self._known["start"][1]])


_TIME = "@timestamp"
_SYSTEM = (_TIME, "@ingestionTime", "@message", "@logStream", "@log", "@ptr")


def _record(columns: list[Column]) -> str:
    """A record as its text would be; `concat_ws` of one text is that text."""
    return f"concat_ws(' ', {', '.join(map(_text, columns))})"


def _text(column: Column) -> str:
    name = identifier(column.name)
    plain = name if column.type in ("string", "varchar") else f"CAST({name} AS varchar)"
    if _is_moment(column):
        plain = f"CAST({_number(column)} AS varchar)"
    return f"coalesce({plain}, '-')"


def _number(column: Column) -> str:
    name = identifier(column.name)
    if column.type == "bigint":
        return name
    if _is_moment(column):
        return f"CAST(to_unixtime({name}) AS bigint)"
    return f"CAST({name} AS bigint)" if column.is_whole else f"TRY_CAST({name} AS bigint)"


def _is_moment(column: Column) -> bool:
    return column.type.startswith("timestamp") and column.info.type.is_number
