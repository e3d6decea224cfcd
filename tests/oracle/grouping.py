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
    total,
)
from tests.oracle.expressions import Context, Row, value
from tests.oracle.values import Number, Timestamp, Value, number, number_text, text


def group(command: ast.Stats, rows: Sequence[Row], context: Context) -> list[Row]:
    """A row for each group; without `by` one row, even of nothing (3.2)."""
    groups: dict[tuple[object, ...], tuple[list[Value], list[Row]]] = {}
    if not command.keys:
        groups[()] = ([], [])
    for row in rows:
        keys = [key_value(item.expr, row, command, context) for item in command.keys]
        known = groups.setdefault(tuple(map(text, keys)), (keys, []))
        known[1].append(row)
    return [summary(command, keys, members, context) for keys, members in groups.values()]


def key_value(expr: ast.Expr, row: Row, command: ast.Stats, context: Context) -> Value:
    """A computed fraction groups by how it is shown; `offset` makes a bin later (ours, `plan`)."""
    found = scalar(value(expr, row, context))
    is_bin = isinstance(expr, ast.Call) and canonical(expr.name) == "bin"
    if isinstance(found, Timestamp) and is_bin and command.offset is not None:
        return Timestamp(found.ms + times.length_of(command.offset) // timedelta(milliseconds=1))
    return number_text(found) if isinstance(found, float) else found


def summary(command: ast.Stats, keys: list[Value], members: list[Row], context: Context) -> Row:
    """The keys first, in the order of `by`, then the aggregates (1.7)."""
    result = Row({})
    for item, key in zip(command.keys, keys, strict=True):
        result.fields[item.name] = key
        result.made.append((item.expr, key))
    made: list[tuple[ast.Expr, Value]] = []
    for item in command.aggregates:
        calls = [(call, aggregate(call, members, command, context)) for call in calls_in(item.expr)]
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


def aggregate(
    call: ast.Call, members: Sequence[Row], command: ast.Stats, context: Context
) -> Value:
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
        case "rate", (_, ast.Period() as period):
            return rate(total(found), period, (command, members), context)
        case "earliest" | "latest", _:
            moments = [row.fields.get("@timestamp") for row in loaded(members)]
            found = [scalar(value(call.arguments[0], row, context)) for row in loaded(members)]
            by_time = earliest if name == "earliest" else latest
            return by_time(list(zip(moments, found, strict=True)))
        case _:
            return AGGREGATES[name](found)


def rate(
    found: Value, period: ast.Period, group: tuple[ast.Stats, Sequence[Row]], context: Context
) -> Value:
    """2.10: the sum for each `period` of the time that the row spans (ours, `aggregates.py`).

    That is its bin, of which the last one of an hour may be shorter; else the whole window.
    """
    if (amount := number(found)) is None:
        return None
    command, members = group
    bins = [
        argument
        for item in command.keys
        if isinstance(item.expr, ast.Call) and canonical(item.expr.name) == "bin"
        for argument in item.expr.arguments
        if isinstance(argument, ast.Period)
    ]
    part = times.length_of(period) / timedelta(milliseconds=1)
    if not bins:
        return amount * part / (context.window.length / timedelta(milliseconds=1))
    ms = number(members[0].fields.get("@timestamp"))
    if ms is None:
        return None
    start = times.floor_ms(int(ms), bins[0])
    return amount * part / (times.ceil_ms(start + 1, bins[0]) - start)


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
