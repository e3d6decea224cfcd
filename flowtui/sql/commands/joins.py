"""Columns from another query beside each row: `join` and `appendcols` (LANGUAGE.md 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowtui.model.errors import QueryError
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue.limits import APPENDED_ROWS, JOIN_KEYS, MAX_ROWS
from flowtui.sql import comparison
from flowtui.sql.choice import choose
from flowtui.sql.environment import Check, CompileEnvironment, Nested
from flowtui.sql.expressions import Expressions
from flowtui.sql.value import Value


@frozen
class Beside:
    """The columns beside each row, as parts of a SELECT over the rows so far, called `l`."""

    joined: str
    """The JOIN clauses."""
    listed: Sequence[str]
    """The columns that are selected with `l.*`."""
    names: Mapping[str, Value]
    """The names that it brings into reach."""
    shown: Mapping[str, Value]
    """The columns that it adds to the result."""
    computed: Sequence[str] = ()
    """What the JOIN clauses need computed of each row before."""
    pointer: str = ""
    """The new `@ptr`, where a row may come out more than once."""
    order: Sequence[Value] = ()
    """A number for each of the rows that one row became."""


def join(command: ast.Join, left: Expressions) -> Beside:
    """The rows of the other query that have the same key, by the loose comparison of 3.1.

    Later on `a.x` and `b.x` name the two sides. A bare name is of the left side, which is the
    query's own; of the right one where the left knows no such name (ours: not documented).
    """
    environment = left.environment
    if environment.inside:
        message = f"{environment.inside} can't join; a query has one join at most"
        raise QueryError(message, command.span)
    right = environment.compile(command.query, "the right side of a join")
    left_key = _key(command, command.left, left.scope.values)
    right_key = _key(command, command.right, right.names)
    one, other = comparison.keys(left_key, right_key)
    environment.checks.append(_too_many_keys(command, right, other))
    kind = "LEFT" if command.kind == "left" else "INNER"
    pointer = f"""concat_ws('-', l."@ptr", {right.pointer})"""
    return Beside(
        f"{kind} JOIN ({right.sql}) AS r ON {one} = {other}",
        ("r.*",),
        _sides(command, left.scope.values, right.names),
        {f"{command.right}.{name}": value for name, value in right.shown.items()},
        pointer=pointer if left.scope.events else "",
        order=(left.values.text(right.pointer),),
    )


def append_columns(
    command: ast.AppendCols,
    number: str,
    existing: Mapping[str, Value],
    environment: CompileEnvironment,
) -> Beside:
    """The first row of the other query beside the first row, and so on.

    `number` is the column that numbers the rows. They decide how many there are: rows of the
    other query beyond them, or beyond `max`, are left out (ours: not documented). With `override`
    its column replaces one of the same name where it has a row; without, the old one stays.
    """
    most = APPENDED_ROWS if command.max is None else command.max
    if most > MAX_ROWS:
        raise QueryError(f"max of appendcols is {MAX_ROWS:,} at most", command.span)
    right = environment.compile(command.query, environment.inside)
    added: dict[str, Value] = {}
    for name, value in right.shown.items():
        if name not in existing:
            added[name] = value
        elif command.override:
            is_there = f"{right.position} IS NOT NULL"
            added[name] = choose([is_there], [value, existing[name]], environment.values)
    rows = f"(SELECT * FROM ({right.sql}) WHERE {right.position} <= {most})"
    return Beside(f"LEFT JOIN {rows} AS r ON {number} = {right.position}", ("r.*",), added, added)


def _key(command: ast.Join, side: str, names: Mapping[str, Value]) -> Value:
    """The value of the key that is written `side.name`; which of the two comes first is free."""
    if command.left == command.right:
        raise QueryError("the two sides of a join need two names", command.span)
    for key in (command.left_key, command.right_key):
        prefix, _, name = key.name.partition(".")
        if prefix != side:
            continue
        if name not in names:
            raise QueryError(f"{side} has no field {name} to join by", key.span)
        return names[name]
    raise QueryError(
        f"a join compares a field of each side: where {command.left}.name={command.right}.name",
        (command.left_key.span[0], command.right_key.span[1]),
    )


def _too_many_keys(command: ast.Join, right: Nested, key: str) -> Check:
    keys = f"SELECT DISTINCT {key} FROM ({right.sql}) LIMIT {JOIN_KEYS + 1}"
    return Check(
        f"SELECT CAST(count(*) > {JOIN_KEYS} AS INTEGER) FROM ({keys})",
        f"the right side of a join may have {JOIN_KEYS:,} different keys, and this one has more;"
        " filter it",
        command.query.span,
    )


def _sides(
    command: ast.Join, left: Mapping[str, Value], right: Mapping[str, Value]
) -> dict[str, Value]:
    return {
        **right,
        **left,
        **{f"{command.left}.{name}": value for name, value in left.items()},
        **{f"{command.right}.{name}": value for name, value in right.items()},
    }
