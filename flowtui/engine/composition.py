"""A query over rows at hand as one query over the records behind them.

What is asked of its rows, a drill for one, is asked of the real source by that. The drill law holds
through both queries, or the drill is refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TypeVar, cast

from flowtui.engine.fold import is_fold
from flowtui.engine.lineage import keys_of, last_grouping
from flowtui.model.errors import DrillError
from flowtui.model.run import PTR, Query, RowsOf
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, FunctionRole, does, has_role
from flowtui.query.parser import parse
from flowtui.query.printer import to_source
from flowtui.query.result_shape import shape_of
from flowtui.query.scope import fields_in, undefined

T = TypeVar("T", bound=ast.Node)
Commands = tuple[ast.Command, ...]


def composed(query: Query) -> Query:
    """The query that finds the same in the records; itself where it reads no rows at hand.

    Raises `DrillError`.
    """
    rows = query.rows
    if rows is None:
        return query
    if is_fold(rows.query.body):
        raise DrillError(
            "these rows were put together of several queries, so that no one query finds their"
            " records; drill from the rows themselves"
        )
    source = composed(rows.query)
    text = f"{source.body}  {query.body}"
    first = _with_blank(parse(source.body).commands)
    second = _shifted(query.body, len(source.body) + 1)
    _check_columns(rows, second)
    commands = _composed(rows, first, second)
    time = source.time if query.time == rows.window else query.time
    return replace(source, body=to_source(ast.Pipeline(commands, text)), time=time)


def records_of(query: Query, body: str) -> Query | None:
    """The query `body` over all the records that `query` shows the first of; else None.

    That is one of events, in which no command picks some for others.
    """
    if query.rows is not None:
        return None
    commands = parse(query.body).commands
    if last_grouping(ast.Pipeline(commands)) is not None:
        return None
    kept = [command for command in commands if not _only_shows(command, commands)]
    if not all(does(command, CommandRole.EVENT_BY_EVENT) for command in kept):
        return None
    text = to_source(ast.Pipeline(tuple(kept), query.body))
    return replace(query, body=f"{text.rstrip()}\n| {body}" if kept else body, limit=None)


def _with_blank(commands: Commands) -> Commands:
    """The last one with the blank that stands behind the text."""
    *others, last = commands
    start, end = last.chunk
    return (*others, replace(last, chunk=(start, end + 1)))


def _shifted(body: str, by: int) -> Commands:
    """The commands of a text that stands, after a blank, behind so many characters."""

    def moved(command: ast.Command) -> ast.Command:
        start, end = command.chunk
        return replace(command, chunk=(start + by + bool(start), end + by + 1))

    return tuple(map(moved, parse(body).commands))


def _composed(rows: RowsOf, first: Commands, second: Commands) -> Commands:
    if last_grouping(ast.Pipeline(second)) is None:
        # Each row is one of the source's, which is asked in its own way.
        return (*first, *second)
    if rows.lack:
        raise DrillError(
            f"can't drill into rows at hand that are not all: {rows.lack}; alt+r goes back to the"
            " log groups"
        )
    grouping = last_grouping(ast.Pipeline(first))
    if grouping is None:
        return (*(c for c in first if not _only_shows(c, first)), *second)
    after = first[grouping + 1 :]
    if any(isinstance(command, ast.Limit) for command in after):
        raise DrillError(
            "can't drill through a limit into the groups of another query: no query says which"
            " groups it left out; run the first one without it"
        )
    flat = _flat(first, grouping, second)
    return flat or (*(c for c in first if not _is_of_result(c)), *second)


def _check_columns(rows: RowsOf, second: Commands) -> None:
    """What a result does not show is missing in its rows, but not in the records."""
    shape = shape_of(parse(rows.query.text))
    if not shape.is_known:
        raise DrillError(
            "can't drill through these two queries: the first does not say its columns"
        )
    for field in undefined(ast.Pipeline(second)):
        if field.name not in shape.columns:
            raise DrillError(
                f"{field.name} is no column of the rows at hand; add it to their query"
            )
    if PTR in {field.name for command in second for field in fields_in(command)}:
        raise DrillError(f"{PTR} numbers the rows at hand; no query finds records by it")


def _only_shows(command: ast.Command, commands: Commands) -> bool:
    """Whether it chooses or orders what is shown, and no limit depends on the order."""
    has_limit = any(isinstance(each, ast.Limit | ast.Dedup) for each in commands)
    return isinstance(command, ast.Display) or (isinstance(command, ast.Sort) and not has_limit)


def _is_of_result(command: ast.Command) -> bool:
    return isinstance(command, ast.Display) or does(command, CommandRole.AFTER_STATS)


def _flat(first: Commands, index: int, second: Commands) -> Commands:
    """Both as one `stats` of the records, so that raw flows are behind its rows; else nothing.

    That needs groups which the second query only filters by their keys and puts together.
    """
    grouping, after = first[index], first[index + 1 :]
    again = last_grouping(ast.Pipeline(second))
    if not isinstance(grouping, ast.Stats) or grouping.offset or again is None:
        return ()
    if not all(isinstance(c, ast.Sort) or _only_names(c) for c in after):
        return ()
    keys = {key.name: key.expr for key in keys_of(grouping) if _is_plain(key.expr)}
    filters, together = second[:again], second[again]
    if not isinstance(together, ast.Stats) or together.offset:
        return ()
    if not all(isinstance(c, ast.Filter) and _reads_only(c, keys) for c in filters):
        return ()
    if not all(
        isinstance(item.expr, ast.Field) and item.expr.name in keys for item in together.keys
    ):
        return ()
    count = ast.Item(ast.Call("count", (ast.Star(),)), text="count(*)")
    grouped = tuple(_key(item, keys) for item in together.keys)
    conditions = tuple(substituted(c, keys) for c in filters if isinstance(c, ast.Filter))
    return (*first[:index], *conditions, ast.Stats((count,), grouped))


def _is_plain(expr: ast.Expr) -> bool:
    """Whether a condition on its value in a result is one on the expression itself."""
    match expr:
        case ast.Field():
            return True
        case ast.Call(name):
            return has_role(name, FunctionRole.BINS_TIME)
        case _:
            return False


def _only_names(command: ast.Command) -> bool:
    """Whether it chooses columns and makes none."""
    if not isinstance(command, ast.Fields | ast.Display):
        return False
    return all(isinstance(item.expr, ast.Field) and not item.alias for item in command.items)


def _reads_only(command: ast.Command, names: Mapping[str, ast.Expr]) -> bool:
    return all(field.name in names for field in fields_in(command))


def _key(item: ast.Item, keys: Mapping[str, ast.Expr]) -> ast.Item:
    """The key under its name in the result."""
    expr = substituted(item.expr, keys)
    alias = None if expr == item.expr and item.alias is None else item.name
    return ast.Item(expr, alias)


def substituted(node: T, keys: Mapping[str, ast.Expr]) -> T:
    """With what the keys stand for in the place of their names."""
    if isinstance(node, ast.Field):
        return cast("T", keys.get(node.name, node))
    changes: dict[str, object] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, ast.Node):
            changes[each.name] = substituted(value, keys)
        elif isinstance(value, tuple) and any(isinstance(part, ast.Node) for part in value):
            changes[each.name] = tuple(
                substituted(part, keys) if isinstance(part, ast.Node) else part for part in value
            )
    if not changes:
        return node
    if isinstance(node, ast.CommandNode):
        changes["chunk"] = ast.NOWHERE
    return replace(node, **changes)  # type: ignore[arg-type]  # fields by their own names
