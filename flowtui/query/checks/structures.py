"""Maps and lists: what makes them, and where none may stand (2.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flowtui.query import ast
from flowtui.query.catalogue import Result, canonical, find_function
from flowtui.query.scope import defined_by

Makers = Mapping[str, str]
"""What has made the names that are maps and lists, as `canonical` calls it: m -> jsonparse."""


def makers_behind(command: ast.Command, makers: Makers) -> Makers:
    """The names that are maps and lists after the command, of which `makers` were before it."""
    match command:
        case ast.Fields(items) | ast.Display(items):
            named: tuple[ast.Item, ...] = items
        case ast.Stats(aggregates):
            named = aggregates
        case ast.ParseFormat(format="logfmt", names=(name,)):
            return {**makers, name: "logfmt"}
        case _:
            gone = set(defined_by(command))
            return {name: made for name, made in makers.items() if name not in gone}
    found = dict(makers)
    for item in named:
        made = maker_of(item.expr, found)
        found.pop(item.name, None)
        if made:
            found[item.name] = made
    return found


def maker_of(expr: ast.Expr, makers: Makers) -> str:
    """What makes the map or the list that the expression is; empty where it is none."""
    match expr:
        case ast.Field(name):
            return makers.get(name, "")
        case ast.Call(name):
            info = find_function(name)
            if info is not None and info.result is Result.STRUCTURE:
                return canonical(name)
            made = [maker_of(choice, makers) for choice in _choices(expr)]
            return made[0] if made and all(made) else ""
        case _:
            return ""


def _choices(call: ast.Call) -> Sequence[ast.Expr]:
    """The arguments of which one is the value."""
    match canonical(call.name):
        case "coalesce":
            return call.arguments
        case "if" | "case":
            pairs = len(call.arguments) // 2 * 2
            return (*call.arguments[1:pairs:2], *call.arguments[pairs:])
        case _:
            return ()


def structures_in(command: ast.Command, makers: Makers) -> Iterator[ast.Expr]:
    """The maps and lists where the command takes none."""
    return (part for part in _taken(command) if maker_of(part, makers))


def _taken(command: ast.Command) -> Iterator[ast.Expr]:
    match command:
        case ast.Dedup(fields):
            yield from fields
        case ast.Sort(keys):
            yield from (key.expr for key in keys)
        case ast.Pattern(source):
            yield source
        case ast.Stats(aggregates, keys):
            yield from (key.expr for key in keys)
            for item in aggregates:
                for node, _ in ast.walk(item):
                    info = find_function(node.name) if isinstance(node, ast.Call) else None
                    if isinstance(node, ast.Call) and info is not None and info.aggregate:
                        yield from node.arguments
        case _:
            return
