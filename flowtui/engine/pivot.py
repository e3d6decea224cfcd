"""From a cell or a row to the next question: include, exclude, conversation, what is around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flowtui.engine.around_flow import conversation, pivot
from flowtui.engine.drill import Target, asked, drill
from flowtui.engine.folds import fold_of
from flowtui.engine.lineage import (
    Key,
    bin_window,
    can_narrow,
    keys_of,
    last_grouping,
    meanings_of,
    narrowed,
    resolved,
)
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import DrillError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, FunctionRole, Result, does, find_function
from flowtui.query.catalogue.limits import QUERY_LENGTH
from flowtui.query.parser import parse
from flowtui.query.predicates import NONE, at_least, equals, in_group, is_whole
from flowtui.query.printer import to_source
from flowtui.query.scope import defined_by, is_among


@frozen
class ShownQuestion:
    """The question whose rows are on the screen."""

    query: Query
    window: TimeRange
    format: FlowFormat | None
    respelled: frozenset[FieldInfo] = NONE
    """See `Service`."""


@frozen
class Spot:
    """Where the cursor is in the rows: the row by column name, the column, and its value."""

    row: Mapping[str, str]
    column: str
    value: str | None


def derive(kind: str, on: ShownQuestion, spot: Spot) -> Target:
    """The question `kind`: drill, include, exclude, conversation, or one of `PIVOTS`.

    Raises `DrillError` where it can't be derived.
    """
    row = {name: _bounded(value) for name, value in spot.row.items()}
    value = None if spot.value is None else _bounded(spot.value)
    target = _derived(kind, on, Spot(row, spot.column, value))
    if len(target.query.body) > QUERY_LENGTH:
        raise DrillError(
            f"a query has at most {QUERY_LENGTH:,} characters, too few for this value; copy it (y)"
        )
    return target


def _bounded(value: str) -> str:
    """Of a value that no query has room for as much as shows that."""
    return value[: QUERY_LENGTH + 1]


def _derived(kind: str, on: ShownQuestion, spot: Spot) -> Target:
    if kind == "about":
        # It is about all flows, whatever made the rows.
        from flowtui.engine.overviews import about, subject_of

        return about(on, subject_of(spot))
    if (fold := fold_of(on.query.body)) is not None:
        return fold.derive(kind, on, spot)
    match kind:
        case "conversations":
            from flowtui.engine.overviews import conversations

            return conversations(on)
        case "drill":
            return drill(on.query, on.window, spot.row, on.format, on.respelled)
        case "include" | "exclude":
            return refine(on, (spot.column, spot.value), exclude=kind == "exclude")
        case "conversation":
            return conversation(on, spot.row)
        case _:
            return pivot(on, spot.row, kind)


def refine(on: ShownQuestion, cell: tuple[str, str | None], *, exclude: bool = False) -> Target:
    """The same query for only the rows with (or without) this `cell`: column name and value.

    A key or a raw field filters events. A number that an aggregate has computed becomes a
    threshold for groups: at least that much, or less. Raises `DrillError`.
    """
    name, value = cell
    pipeline = parse(on.query.body)
    column = find_column(pipeline, name)
    before, after = pipeline.commands[: column.place], pipeline.commands[column.place :]
    expr, shown = column.key.without_offset(value)
    meaning = resolved(expr, meanings_of(before))
    span = bin_window(meaning, shown) if can_narrow(before, after) else None
    if span is not None and not exclude and not column.is_group:
        part = narrowed(on.window, name, value, span)
        query = replace(asked(on.query, on.query.body, on.format), time=part)
        return Target(query, part, f"{name} {value}")
    condition, sign = _condition(on, column, (expr, shown, meaning), exclude=exclude)
    body = to_source(replace(pipeline, commands=(*before, ast.Filter(condition), *after)))
    title = f"{name} {sign} {value if value is not None else '(missing)'}"
    return Target(asked(on.query, body, on.format), on.window, title)


@frozen
class _Column:
    """A column, and where a filter on it belongs; `is_group` if it is computed from groups."""

    key: Key
    place: int
    is_group: bool


def find_column(pipeline: ast.Pipeline, name: str) -> _Column:
    commands, index = pipeline.commands, last_grouping(pipeline)
    keys = {} if index is None else {key.name: key for key in keys_of(commands[index])}
    after = 0 if index is None else index + 1
    place = _before_order(commands) if index is None else after
    definer, expr = _definition(commands, after, name, keys)
    if definer is not None:
        return _Column(Key(name, expr), max(place, definer), index is not None)
    if index is not None and name in keys:
        return _Column(keys[name], index, is_group=False)
    return _Column(Key(name, ast.Field(name)), place, index is not None)


def _before_order(commands: tuple[ast.Command, ...]) -> int:
    """Where events have all their fields and none has been left out for others."""
    found = (i for i, command in enumerate(commands) if does(command, CommandRole.ORDERS))
    return next(found, len(commands))


def _definition(
    commands: tuple[ast.Command, ...], after: int, name: str, keys: Mapping[str, Key]
) -> tuple[int | None, ast.Expr]:
    """From where on the column can be read, and as what, if a command from `after` on makes it."""
    field = ast.Field(name)
    as_it_was = [field, *(key.expr for key in keys.values() if key.name == name)]
    found: tuple[int | None, ast.Expr] = (None, field)
    for index, command in enumerate(commands[after:], after):
        shown = [item for item in _items(command) if item.name == name]
        made = [item for item in shown if item.expr not in as_it_was]
        # Only the alias of a `fields` is a name for what follows.
        if made and not (made[-1].alias and isinstance(command, ast.Fields)):
            found = (index, made[-1].expr)
        elif made or (not shown and is_among(name, defined_by(command))):
            found = (index + 1, field)
    return found


def _items(command: ast.Command) -> tuple[ast.Item, ...]:
    return command.items if isinstance(command, ast.Fields | ast.Display) else ()


def _condition(
    on: ShownQuestion,
    column: _Column,
    cell: tuple[ast.Expr, str | None, ast.Expr],
    *,
    exclude: bool,
) -> tuple[ast.Expr, str]:
    """That the value is the cell's, or is not, or at least, or less; and the sign that names it.

    `cell` is the expression, what it is shown as, and what it means.
    """
    expr, value, meaning = cell
    function = find_function(meaning.name) if isinstance(meaning, ast.Call) else None
    if value is not None and function is not None and function.result is Result.STRUCTURE:
        raise DrillError(f"{column.key.name} is a list or a map, and no filter compares those")
    is_picked = function is not None and FunctionRole.PICKS in function.roles
    if column.is_group and value is not None and not is_picked:
        least = at_least(expr, value, is_whole=is_whole(meaning))
        if least is not None:
            return (_less(least), "<") if exclude else (least, "≥")
    find = equals if column.is_group else in_group
    condition = find(expr, value, meaning, on.respelled)
    return (_opposite(condition), "≠") if exclude else (condition, "=")


_LESS = {">=": "<", ">": "<="}


def _less(least: ast.Binary) -> ast.Expr:
    """That a number is there, and less than that."""
    return replace(least, operator=_LESS[least.operator])


def _opposite(condition: ast.Expr) -> ast.Expr:
    """Conditions are two-valued (LANGUAGE.md 3.1), so `!=` is the negation of `=`.

    But `<=` is not that of `>`: neither holds of what is missing. And no comparison holds of a map
    or a list (2.4), which what is in a map may be.
    """
    match condition:
        case ast.Binary("=", ast.Field(name)) if "." in name:
            return ast.Unary("not", condition)
        case ast.Binary("=", ast.Member()):
            return ast.Unary("not", condition)
        case ast.Binary("="):
            return replace(condition, operator="!=")
        case ast.Unary("not", operand):
            return operand
        case _:
            return ast.Unary("not", condition)


def zoom(on: ShownQuestion, span: TimeRange) -> Target:
    """The same question over a part of its window, in whole seconds, as StartQuery takes them."""
    start = from_ms(span.start_ms // 1000 * 1000)
    end = from_ms(-(-span.end_ms // 1000) * 1000)
    window = TimeRange(start, end).intersect(on.window) or TimeRange(start, end)
    query = replace(asked(on.query, on.query.body, on.format), time=window)
    return Target(query, window, f"{window.start:%H:%M:%S} to {window.end:%H:%M:%S}")
