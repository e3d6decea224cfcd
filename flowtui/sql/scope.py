"""What the names in a query mean: the tables' columns, then what the pipeline has made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue import canonical
from flowtui.query.catalogue.system_fields import TIME_FIELDS
from flowtui.sql.parameters import identifier
from flowtui.sql.value import MISSING, Value, Values


@frozen
class Table:
    """A log group as a relation.

    Its columns: `@timestamp` and `@ingestionTime` (BIGINT epoch milliseconds), `@message`,
    `@logStream`, `@log`, `@ptr`, and for each field of the format its text (`bytes`: NULL where
    the line does not fit) and, if it is a number, its number (`bytes#`).
    """

    relation: str
    """The relation after FROM: a quoted name or a subselect."""
    format: FlowFormat
    name: str
    has_misfits: bool = True
    """Whether there may be lines that do not fit the format."""
    has_untimed: bool = True
    """Whether there may be lines without a time."""
    is_inside: bool = False
    """Whether all lines that are asked for are known to be in the window of the whole query."""
    is_uniform: bool = True
    """Whether every line that fits has all fields of the format, in its order, one blank apart."""
    is_columnar: bool = False
    """Whether the records are columns with names: `@message` is put together of them."""
    formats: tuple[FlowFormat, ...] = ()
    """Those of its lines, where they differ."""
    told: frozenset[str] = frozenset()
    """Its system fields beside those of every log group: `@aws.region`."""
    numbered_by: tuple[str, ...] = ()
    """Columns that tell its records apart, in whose order they are as by `@ptr`, but which cost
    nothing to read; none where it has no such."""
    wide: frozenset[FieldInfo] = frozenset()
    """Fields whose number is a DOUBLE, as some are fractions or too large for a BIGINT."""
    times: frozenset[FieldInfo] = frozenset()
    """Fields that are timestamps: their column is a BIGINT of epoch milliseconds."""


@frozen
class Scope:
    """The values in reach at one point of the pipeline; what is not here is missing."""

    values: Mapping[str, Value]
    made: tuple[tuple[ast.Expr, Value], ...] = ()
    """The values of a `stats`, by their expressions: `sort count(*) desc` may name it so."""
    events: bool = True
    """Whether rows are still raw events."""
    shadowed: frozenset[str] = field(default_factory=frozenset)
    """The names that an alias has taken over."""
    sealed: frozenset[str] = field(default_factory=frozenset)
    """The aliases of the command that is read: only the next one looks into them (7)."""

    @classmethod
    def of(cls, tables: Sequence[Table], values: Values) -> Scope:
        told = (name for table in tables for name in table.told)
        found = {name: _builtin(name, values) for name in (*_BUILTINS, *told)}
        for info in _fields(tables):
            found[info.column] = found[info.discovered] = field_value(info, tables, values)
        return cls(found)

    def find(self, name: str) -> Value:
        return self.values.get(name, MISSING)

    def computed(self, expr: ast.Expr) -> Value | None:
        """The value that a `stats` has computed for this expression, if it has."""
        return next((value for made, value in self.made if _is_same(made, expr)), None)

    def container(self, name: str) -> tuple[Value, tuple[str, ...]] | None:
        """The longest known name before a dot, and the keys after it: `a` and `b c` of `a.b.c`."""
        keys = name.split(".")
        for length in range(len(keys) - 1, 0, -1):
            known = ".".join(keys[:length])
            if known in self.values:
                value = MISSING if known in self.sealed else self.values[known]
                return value, tuple(keys[length:])
        return None

    def with_values(self, pairs: Iterable[tuple[str, Value]]) -> Scope:
        added = dict(pairs)
        return replace(self, values={**self.values, **added}, shadowed=self.shadowed | added.keys())

    def replacing(self, changed: Mapping[str, Value]) -> Scope:
        """New values under the same names, also of what a `stats` computed under them."""
        new = {self.values[name]: value for name, value in changed.items() if name in self.values}
        made = tuple((expr, new.get(value, value)) for expr, value in self.made)
        return replace(self, values={**self.values, **changed}, made=made)


def _is_same(one: ast.Expr, other: ast.Expr) -> bool:
    """Whether they mean the same: functions have no case, `SUM(bytes)` is `sum(bytes)` (1.1)."""
    if not (isinstance(one, ast.Call) and isinstance(other, ast.Call)):
        return one == other
    return canonical(one.name) == canonical(other.name) and one.arguments == other.arguments


def field_value(info: FieldInfo, tables: Sequence[Table], values: Values) -> Value:
    column = identifier(info.column)
    if any(info in table.times for table in tables):
        return values.timestamp(column)
    if not info.type.is_number:
        return values.text(column)
    is_wide = any(info in table.wide for table in tables)
    return values.text(column, identifier(f"{info.column}#"), is_exact=not is_wide)


_BUILTINS = ("@timestamp", "@ingestionTime", "@message", "@logStream", "@log", "@ptr")


def _builtin(name: str, values: Values) -> Value:
    return (values.timestamp if name in TIME_FIELDS else values.text)(identifier(name))


def _fields(tables: Sequence[Table]) -> Iterable[FieldInfo]:
    return (info for table in tables for info in table.format.fields)
