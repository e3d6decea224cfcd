"""`stats` (1.4, 1.7): rows into groups, and the order of groups that nobody sorted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flowtui.query import ast
from flowtui.query.catalogue import canonical, find_function
from tests.oracle import times
from tests.oracle.aggregates import (
    AGGREGATES,
    earliest,
    frequent,
    latest,
    percentile,
    scalar,
)
from tests.oracle.expressions import Context, Row, value
from tests.oracle.values import Number, Timestamp, Value, number, text


def group(command: ast.Stats, rows: Sequence[Row], context: Context) -> list[Row]:
    """A row for each group; without `by` one row, even of nothing (3.2).

    Computed numbers that look alike may differ: then their groups do.
    """
    groups: dict[tuple[object, ...], tuple[list[Value], list[Row]]] = {}
    if not command.keys:
        groups[()] = ([], [])
    for row in rows:
        keys = [key_value(item.expr, row, command, context) for item in command.keys]
        identity = tuple((text(key), number(key)) for key in keys)
        known = groups.setdefault(identity, (keys, []))
        known[1].append(row)
    return [summary(command, keys, members, context) for keys, members in groups.values()]


def key_value(expr: ast.Expr, row: Row, command: ast.Stats, context: Context) -> Value:
    """`offset` makes a bin later (ours, `plan`)."""
    found = scalar(value(expr, row, context))
    is_bin = isinstance(expr, ast.Call) and canonical(expr.name) == "bin"
    if isinstance(found, Timestamp) and is_bin and command.offset is not None:
        return Timestamp(found.ms + times.length_of(command.offset) // timedelta(milliseconds=1))
    return found


def summary(command: ast.Stats, keys: list[Value], members: list[Row], context: Context) -> Row:
    """The keys first, in the order of `by`, then the aggregates (1.7)."""
    result = Row({})
    for item, key in zip(command.keys, keys, strict=True):
        result.fields[item.name] = key
        result.made.append((item.expr, key))
    made: list[tuple[ast.Expr, Value]] = []
    for item in command.aggregates:
        calls = [(call, aggregate(call, members, context)) for call in calls_in(item.expr)]
        scope = Row(result.fields, made=[*result.made, *calls])
        found = value(item.expr, scope, context)
        result.fields[item.name] = found
        made.append((item.expr, found))
    result.made += made
    return result


def calls_in(expr: ast.Expr) -> list[ast.Call]:
    """The aggregates in an item, which may be joined by arithmetic."""
    if isinstance(expr, ast.Call) and (info := find_function(expr.name)) and info.aggregate:
        return [expr]
    return [call for child in ast.children(expr) for call in calls_in(child)]  # type: ignore[arg-type]  # children of expressions are expressions


def aggregate(call: ast.Call, members: Sequence[Row], context: Context) -> Value:
    name = canonical(call.name)
    if not call.arguments or isinstance(call.arguments[0], ast.Star):
        return len(members)  # 1.7: count(*) and count() count all events
    if name == "topk" and isinstance(call.arguments[0], ast.Number):
        counted = [scalar(value(call.arguments[1], row, context)) for row in members]
        return frequent(counted, int(call.arguments[0].text))
    found = [scalar(value(call.arguments[0], row, context)) for row in members]
    match name, call.arguments:
        case "pct", (_, ast.Number(percent)):
            return percentile(found, float(percent))
        case "earliest" | "latest" | "rate", (_, *others):
            moments = [row.fields.get("@timestamp") for row in loaded(members)]
            found = [scalar(value(call.arguments[0], row, context)) for row in loaded(members)]
            timed = list(zip(moments, found, strict=True))
            match others:
                case [ast.Period() as period]:
                    return rate(timed, period)
                case _:
                    return (earliest if name == "earliest" else latest)(timed)
        case _:
            return AGGREGATES[name](found)


def rate(timed: Sequence[tuple[Value, Value]], period: ast.Period) -> Value:
    """2.10: the average change for each `period`, from the first to the last (belief)."""
    known = [
        (moment, amount)
        for time, found in timed
        if (moment := number(time)) is not None and (amount := number(found)) is not None
    ]
    first, last = number(earliest(known)), number(latest(known))
    if first is None or last is None:
        return None
    span = max(moment for moment, _ in known) - min(moment for moment, _ in known)
    change = float(last) - float(first)
    if change == 0:
        return 0.0
    return change * (times.length_of(period) / timedelta(milliseconds=1)) / span if span else None


def loaded(rows: Sequence[Row]) -> list[Row]:
    """Events as they came in: @ptr counts them; `place` tells rows apart that were one."""
    return sorted(rows, key=lambda row: (str(row.fields.get("@ptr")), row.place))


def settled(rows: Sequence[Row], keys: Sequence[str]) -> list[Row]:
    """Groups by their keys, first as numbers, then as texts (ours, `ordering.settled`)."""

    def plain(found: Value) -> tuple[bool, Number, str]:
        if isinstance(found, Timestamp):
            return True, found.ms, ""
        return (True, found, "") if isinstance(found, int | float) else (
            found is not None, 0, found if isinstance(found, str) else "",
        )  # fmt: skip

    def order(row: Row) -> object:
        return tuple(plain(row.fields[key]) for key in keys), row.place

    found = sorted(rows, key=order)  # type: ignore[arg-type]  # tuples can be compared
    return sorted(found, key=lambda row: tuple(ascending(row.fields[key]) for key in keys))


def unsorted(rows: Sequence[Row], keys: Sequence[str]) -> list[Row]:
    """Newest bin first (1.7); then, ours (`ordering.unsorted_groups`), by the other keys."""

    def is_time(key: str) -> bool:
        return any(isinstance(row.fields[key], Timestamp) for row in rows)

    bins = [key for key in keys if is_time(key)]
    others = [key for key in keys if key not in bins]
    found = settled(rows, others)
    found.sort(key=lambda row: tuple(descending(row.fields[key]) for key in bins))
    return found


def ascending(found: Value) -> tuple[bool, Number]:
    amount = number(found)
    return amount is not None, amount or 0


def descending(found: Value) -> tuple[bool, Number]:
    amount = number(found)
    return amount is None, -(amount or 0)
