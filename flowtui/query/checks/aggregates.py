"""Aggregates stand in `stats`, and `stats` has nothing else (1.4, 2.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flowtui.query import ast
from flowtui.query.catalogue import FunctionRole, find_function, has_role
from flowtui.query.checks.calls import name_span
from flowtui.query.checks.diagnostic import Diagnostic, error, shorten, warning
from flowtui.query.checks.position import PipelinePosition
from flowtui.query.printer import expr_text
from flowtui.query.scope import is_among


def check_aggregates(command: ast.Command, place: PipelinePosition) -> Iterator[Diagnostic]:
    if not isinstance(command, ast.Stats):
        message = "{} is computed over rows, which only stats does"
        for call in _aggregates(command, place):
            yield error("misplaced-aggregate", message.format(call.name), name_span(call))
        return
    known = _Common(frozenset(key.name for key in command.keys), command.keys)
    for item in command.aggregates:
        yield from _aggregate(item.expr, known, place)
        known.items.add(item.name)
    if not known.is_aggregated:
        root = command.aggregates[0].expr
        yield error("not-aggregate", _no_aggregate(root), root.span)
    for key in command.keys:
        message = "rows are not grouped by {}, which is computed over the rows of a group"
        for call in _aggregates(key, place):
            yield error("misplaced-aggregate", message.format(call.name), name_span(call))
    yield from _top(command)


def is_aggregate(node: ast.Node) -> bool:
    info = find_function(node.name) if isinstance(node, ast.Call) else None
    return info is not None and info.aggregate


def _aggregates(root: ast.Node, place: PipelinePosition) -> Iterator[ast.Call]:
    """The outermost aggregates below `root` that are not the columns of a `stats` before."""
    waiting = ast.children(root)[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Pipeline) or place.is_column(node):
            continue
        if isinstance(node, ast.Call) and is_aggregate(node):
            yield node
        else:
            waiting += ast.children(node)[::-1]


@dataclass(slots=True)
class _Common:
    """The values that all rows of a group have in common: its keys, and the items so far."""

    names: frozenset[str]
    keys: tuple[ast.Item, ...]
    items: set[str] = field(default_factory=set)
    is_aggregated: bool = False
    """Whether an item so far aggregates, or has an error already."""

    def is_key(self, node: ast.Node) -> bool:
        is_named = isinstance(node, ast.Field) and is_among(node.name, self.names)
        return is_named or any(node == key.expr for key in self.keys)


def _aggregate(root: ast.Expr, known: _Common, place: PipelinePosition) -> Iterator[Diagnostic]:
    """An item of `stats`: aggregates, constants, group keys and the aliases of earlier items."""
    bare: list[ast.Field] = []
    is_computed = False
    waiting: list[ast.Node] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and _may_aggregate(node):
            is_computed = True
            yield from _inside(node, place)
        elif isinstance(node, ast.Template) or (
            isinstance(node, ast.Field) and node.name in known.items
        ):
            is_computed = True
        elif known.is_key(node):
            continue
        elif isinstance(node, ast.Field):
            bare.append(node)
        else:
            waiting += ast.children(node)[::-1]
    known.is_aggregated = known.is_aggregated or is_computed or bool(bare)
    if bare and not is_computed:
        yield from _buckets(root)
    else:
        for each in bare:
            message = f"{shorten(each.name)} has many values in a group; write max({each.name})"
            yield warning("not-aggregate", message, each.span)


def _may_aggregate(call: ast.Call) -> bool:
    """An unknown function is reported as such, and as nothing else."""
    return is_aggregate(call) or find_function(call.name) is None


def _buckets(root: ast.Expr) -> Iterator[Diagnostic]:
    """`stats histogram(bytes, 10)` is documented, but was seen to work in `by` only (2.10)."""
    if isinstance(root, ast.Call) and has_role(root.name, FunctionRole.OF_GROUPS):
        message = f"{root.name} stands in by: write count(*) by {shorten(expr_text(root))}"
        yield warning("not-aggregate", message, root.span)
    else:
        yield error("not-aggregate", _no_aggregate(root), root.span)


def _no_aggregate(root: ast.Expr) -> str:
    if isinstance(root, ast.Field):
        info = find_function(root.name)
        if info is not None and info.aggregate:
            return f"{root.name} is a function; write {info.signature}"
        return f"{shorten(root.name)} is not an aggregate; write max({shorten(root.name)}) or so"
    return "stats needs an aggregate here, such as count(*) or sum(bytes)"


def _inside(call: ast.Call, place: PipelinePosition) -> Iterator[Diagnostic]:
    for inner in _aggregates(call, place):
        message = f"{inner.name} stands inside {call.name}; compute it in a stats before"
        yield error("misplaced-aggregate", message, name_span(inner))


def _top(command: ast.Stats) -> Iterator[Diagnostic]:
    """What stands alone (1.8)."""
    items = command.aggregates
    alone = next((item.expr for item in items if _is_alone(item.expr)), None)
    if not isinstance(alone, ast.Call):
        return
    never = f"{alone.name} can't be combined with"
    if command.keys:
        message = f"{never} by; filter before, or count(*) by the field and sort"
        yield error("topk", message, command.by_span)
    if len(items) > 1:
        other = next((item for item in items if not _is_alone(item.expr)), items[1])
        yield error("topk", f"{never} other aggregates", other.expr.span)


def _is_alone(expr: ast.Expr) -> bool:
    return isinstance(expr, ast.Call) and has_role(expr.name, FunctionRole.ALONE)
