"""`stats`: a SELECT with GROUP BY over the rows so far (LANGUAGE.md 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flowtui.model.errors import QueryError
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue.column_names import APPROXIMATE_COUNT, ESTIMATE
from flowtui.sql import structures
from flowtui.sql.commands import aggregates
from flowtui.sql.commands.rows import selected
from flowtui.sql.environment import CompileEnvironment
from flowtui.sql.expressions import Expressions
from flowtui.sql.scope import Scope
from flowtui.sql.value import Value, ValueKind, Values

_Keys = Mapping[str, tuple[ast.Expr, Value]]
_Made = Sequence[tuple[ast.Item, Value]]


@frozen
class Grouping:
    """One SELECT: what it lists and groups by, and what is in reach after it."""

    listed: tuple[str, ...]
    clause: str
    scope: Scope
    keys: tuple[str, ...]
    """The names of the group keys."""

    @classmethod
    def of(cls, keys: _Keys, made: _Made, environment: CompileEnvironment) -> Grouping:
        values = environment.values
        listed: list[str] = []
        results: list[tuple[str, ast.Expr, Value]] = []
        for name, (expr, value) in keys.items():
            column = environment.new_column()
            listed += _grouped_by(value, column)
            results.append((name, expr, _regrouped(value, column, values)))
        # Without a key there is one group, also of no rows and of constants.
        grouping = ", ".join(str(number + 1) for number in range(len(listed))) or "()"
        for item, value in made:
            column = environment.new_column()
            listed += selected(value, column)
            results.append((item.name, item.expr, values.column(value, column)))
        named = {name: value for name, _, value in results}
        scope = Scope(named, tuple((expr, value) for _, expr, value in results), events=False)
        return cls(tuple(listed), f"GROUP BY {grouping}", scope, tuple(keys))


def group(command: ast.Stats, rows: Expressions) -> Grouping:
    keys = {
        item.name: (item.expr, _key(value, item, rows)) for item, value in _keyed(command, rows)
    }
    grouped = [(name, expr, value.in_group()) for name, (expr, value) in keys.items()]
    known = Scope(
        {name: value for name, _, value in grouped},
        tuple((expr, value) for _, expr, value in grouped),
        events=False,
    )
    made: list[tuple[ast.Item, Value]] = []
    for item in command.aggregates:
        results = Expressions(known, rows.environment)
        value = aggregates.compile_item(item.expr, rows, results)
        known = known.with_values([(item.name, value)])
        made.append((item, value))
    return Grouping.of(keys, made, rows.environment)


def counted(command: ast.CountFrequent) -> ast.Stats:
    """`countFrequent` as the `stats count(*) by` that it is; the counts are exact."""
    count = ast.Item(ast.Call("count", (ast.Star(),)), APPROXIMATE_COUNT)
    keys = tuple(ast.Item(field, text=field.name, span=field.span) for field in command.fields)
    return ast.Stats((count,), keys)


def estimated(environment: CompileEnvironment) -> Grouping:
    """`estimate`: the bytes of the lines with their ends."""
    size = environment.dialect.texts.size('"@message"')
    total = environment.values.integer(f"coalesce(sum({size} + 1), 0)")
    return Grouping.of({}, [(ast.Item(ast.Field(ESTIMATE)), total)], environment)


def _keyed(command: ast.Stats, rows: Expressions) -> list[tuple[ast.Item, Value]]:
    """The group keys; an offset makes each bin that much later than its events.

    So the events of an hour ago stand where now is (ours: the service's direction is not
    documented, 2.10). The window stays as it is.
    """
    has_bin = any(aggregates.bin_calls(item.expr) for item in command.keys)
    if command.offset is not None and not has_bin:
        message = "offset shifts the bins of bin(), which is not in by"
        raise QueryError(message, command.offset.span)
    shifted = replace(rows, shift=command.offset)
    return [(item, shifted.value(item.expr)) for item in command.keys]


def _key(value: Value, item: ast.Item, rows: Expressions) -> Value:
    """A computed number keeps its full precision, so that two groups may look the same."""
    structures.refuse(value, item.name, "stats", item.expr.span)
    values = rows.values
    value = values.scalar(value)
    if value.kind is ValueKind.NUMBER and not value.is_exact:
        return values.number(_comparable(value.double, values))
    if value.is_rounded:
        return replace(value, number=_comparable(value.double, values), constant=None)
    return replace(value, constant=None)


def _comparable(number: str, values: Values) -> str:
    """A DOUBLE that is equal to all that mean the same: adding 0 makes a zero of a minus zero."""
    return f"({values.dialect.numbers.finite(number)} + 0)"


def _grouped_by(key: Value, column: str) -> list[str]:
    """The select list that `_regrouped` reads back; the groups differ in some part of it."""
    return selected(key, column) if key.is_rounded else [f"{key.native} AS {column}"]


def _regrouped(key: Value, column: str, values: Values) -> Value:
    is_plain = key.kind is ValueKind.TEXT and not key.is_rounded
    return values.text(column) if is_plain else values.column(key, column)
