"""The aggregates of `stats` in SQL (LANGUAGE.md 2.8, 2.9 and 3.2).

They skip what is missing, and numeric ones what is no number; of nothing at all the result is
missing, but for `count` and, as on the service, `pct`: those are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.query import ast
from flowtui.query.catalogue import FunctionRole, canonical, find_function, has_role
from flowtui.query.catalogue.limits import TOP_VALUES
from flowtui.query.printer import expr_text
from flowtui.query.scope import calls_in, is_among
from flowtui.sql import comparison, ordering, structures, times
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.expressions import Expressions, local_function
from flowtui.sql.scope import Scope
from flowtui.sql.value import Value, ValueKind

Aggregate = Callable[[Expressions, ast.Call], Value]


def compile_item(expr: ast.Expr, rows: Expressions, results: Expressions) -> Value:
    """One item of `stats`: aggregates over `rows`, joined by arithmetic and functions.

    `results` knows the earlier items and the group keys; nothing else is in reach outside an
    aggregate.
    """
    made: list[tuple[ast.Expr, Value]] = []
    for call in _aggregate_calls(expr):
        local_function(call)
        made.append((call, AGGREGATES[canonical(call.name)](rows, call)))
    scope = replace(results.scope, made=(*results.scope.made, *made))
    _refuse_plain_fields(expr, scope)
    return replace(results, scope=scope).value(expr)


def _aggregate_calls(expr: ast.Expr) -> list[ast.Call]:
    if isinstance(expr, ast.Call) and (info := find_function(expr.name)) and info.aggregate:
        return [expr]
    return [call for child in _children(expr) for call in _aggregate_calls(child)]


def _children(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    match expr:
        case ast.Call(_, arguments):
            return arguments
        case ast.Binary(_, left, right):
            return left, right
        case ast.Unary(_, operand):
            return (operand,)
        case ast.List(items):
            return items
        case ast.Member(base):
            return (base,)
        case _:
            return ()


def _refuse_plain_fields(expr: ast.Expr, scope: Scope) -> None:
    """A field that is neither a key nor an earlier item has many values in a group."""
    if scope.computed(expr) is not None:
        return
    if isinstance(expr, ast.Field) and not is_among(expr.name, scope.values):
        raise QueryError(
            f"{expr.name} is not an aggregate; stats needs one, such as count(*)", expr.span
        )
    for child in _children(expr):
        _refuse_plain_fields(child, scope)


def _argument(rows: Expressions, call: ast.Call, index: int = 0) -> Value:
    """Raises `QueryError` for a map or a list; what is in one has been taken out (2.4)."""
    node = call.arguments[index]
    value = rows.value(node)
    structures.refuse(value, expr_text(node), "stats", node.span)
    return rows.values.scalar(value)


def _count(rows: Expressions, call: ast.Call) -> Value:
    if not call.arguments or isinstance(call.arguments[0], ast.Star):
        return rows.values.integer("count(*)")
    return rows.values.integer(f"count({_argument(rows, call).text})")


def _count_distinct(rows: Expressions, call: ast.Call) -> Value:
    argument = _argument(rows, call)
    return rows.values.integer(_some_distinct(rows, call) or f"count(DISTINCT {argument.native})")


_CHOICES = frozenset({"if", "case"})


def _some_distinct(rows: Expressions, call: ast.Call) -> str:
    """A field of some rows, and one constant for all others: `count_distinct(if(a, b, 0))`.

    Empty where it is anything else: what is computed for each row is counted no faster so.
    """
    match call.arguments[0]:
        case ast.Call(name, (condition, ast.Field() as field, other)):
            one, rest = rows.value(field), rows.value(other)
        case _:
            return ""
    is_constant = isinstance(other, ast.Number | ast.String)
    if canonical(name) not in _CHOICES or not is_constant or one.kind is not ValueKind.TEXT:
        return ""
    where = rows.condition(condition)
    return rows.dialect.aggregates.some_distinct(one.text, rest.text, where)


def _sum(rows: Expressions, call: ast.Call) -> Value:
    argument = _argument(rows, call)
    total = rows.dialect.aggregates.sum(argument.number, is_exact=argument.is_exact)
    return rows.values.computed(total, is_exact=argument.is_exact)


def _numeric(name: str) -> Aggregate:
    return lambda rows, call: rows.values.number(f"{name}({_argument(rows, call).number})")


def _deviation(name: str) -> Aggregate:
    return lambda rows, call: rows.values.number(f"{name}({_argument(rows, call).double})")


def _extreme(extreme: str) -> Aggregate:
    """`min` and `max`: by number; where a group has none, by the natural order of its texts."""

    def compile_extreme(rows: Expressions, call: ast.Call) -> Value:
        argument = _argument(rows, call)
        best = f"{extreme}({argument.number})"
        number = rows.values.computed(best, is_exact=argument.is_exact)
        if not argument.is_loose:
            return number  # of a timestamp: epoch milliseconds (2.9)
        is_text = f"CASE WHEN {argument.number} IS NULL THEN"
        key = f"{is_text} {rows.dialect.texts.natural(argument.text)} END"
        by_text = rows.dialect.aggregates.value_at(extreme, f"{is_text} {argument.text} END", key)
        text = f"coalesce({number.text}, {by_text})"
        return rows.values.text(text, best, is_exact=argument.is_exact)

    return compile_extreme


def _percentile(rows: Expressions, call: ast.Call) -> Value:
    """As exact as the engine's; the service's is a sketch with an error of about 1 %."""
    argument, percent = _argument(rows, call), call.arguments[1]
    number = comparison.read_number(percent.text) if isinstance(percent, ast.Number) else None
    if number is None or not 0 <= number <= 100:
        raise QueryError("pct() needs a percentage from 0 to 100: pct(bytes, 95)", percent.span)
    share = rows.parameters.add(number / 100)
    quantile = rows.dialect.aggregates.quantile(argument.number, share)
    return rows.values.computed(f"coalesce({quantile}, 0)", is_exact=argument.is_exact)


def _by_time(extreme: str) -> Aggregate:
    """`earliest` and `latest`, of the events that have the field and a time."""

    def compile_by_time(rows: Expressions, call: ast.Call) -> Value:
        if not rows.scope.events:
            raise UnsupportedQuery(f"{call.name}() needs the raw events", call.span)
        time = rows.scope.find("@timestamp").number
        argument = _argument(rows, call)
        present = f"{argument.text} IS NOT NULL AND {time} IS NOT NULL"
        best = _at_time(extreme, argument.native, time, f"FILTER (WHERE {present})", rows.dialect)
        if argument.kind is ValueKind.TEXT:
            return rows.values.text(best)
        # A timestamp comes out as epoch milliseconds, as on the service (2.9).
        return rows.values.computed(best, is_exact=argument.is_exact)

    return compile_by_time


def _at_time(extreme: str, value: str, time: str, where: str, dialect: Dialect) -> str:
    """Events of the same millisecond count in the order in which they were loaded."""
    key = dialect.records.key([time, '"@ptr"'])
    return f"{dialect.aggregates.value_at(extreme, value, key)} {where}"


def _by_order(extreme: str) -> Aggregate:
    """`sortsFirst` and `sortsLast`, in the order of `sort` (3.5)."""

    def compile_by_order(rows: Expressions, call: ast.Call) -> Value:
        argument = _argument(rows, call)
        key = ordering.sort_key(argument, rows.dialect)
        best = rows.dialect.aggregates.value_at(extreme, argument.native, key)
        best += f" FILTER (WHERE {argument.text} IS NOT NULL)"
        if argument.kind is ValueKind.TEXT:
            return rows.values.text(best)
        return rows.values.computed(best, is_exact=argument.is_exact)

    return compile_by_order


def _values(rows: Expressions, call: ast.Call) -> Value:
    """The distinct values as a JSON list of texts (8.6), in alphabetical order."""
    argument = _argument(rows, call)
    rows.environment.sizes.made_long()
    listed = rows.dialect.aggregates.distinct(argument.text, f"{argument.text} IS NOT NULL")
    return rows.values.structure(rows.dialect.json.of_list(listed), "values")


def _topk(rows: Expressions, _: ast.Call) -> Value:
    """The values as a list, the most frequent first, equals by their text (ours)."""
    rows.environment.sizes.made_long()
    listed = rows.dialect.aggregates.listed(FREQUENT, f"{FREQUENCY} DESC, {FREQUENT}")
    return rows.values.structure(rows.dialect.json.of_list(listed), "topk")


def _rate(rows: Expressions, call: ast.Call) -> Value:
    """The average change of the number for each period, from its first event to its last one.

    0 for a number that does not change, also where there is but one; missing where two numbers
    have no time between them (belief: only that a constant gives 0 was seen, 2.10).
    """
    if not rows.scope.events:
        raise UnsupportedQuery(f"{call.name}() needs the raw events", call.span)
    time, number = rows.scope.find("@timestamp").number, _argument(rows, call).double
    timed = f"FILTER (WHERE {number} IS NOT NULL AND {time} IS NOT NULL)"
    first, last = (
        _at_time(extreme, number, time, timed, rows.dialect) for extreme in ("min", "max")
    )
    span = f"nullif(max({time}) {timed} - min({time}) {timed}, 0)"
    change = f"({last}) - ({first})"
    period = float(times.milliseconds(call.arguments[1]))
    length = rows.parameters.add(period)
    rate = f"({change}) * {length} / {span}"
    return rows.values.number(f"CASE WHEN {change} = 0 THEN 0.0 ELSE {rate} END")


def bin_calls(expr: ast.Expr) -> list[ast.Call]:
    """The calls of `bin()` in a group key."""
    reads_time = FunctionRole.READS_TIMESTAMP
    return [call for call in calls_in(expr) if has_role(call.name, reads_time)]


FREQUENT, FREQUENCY = '"$value"', '"$count"'
"""The values for `topk`: the most frequent values, and how often each is there."""


def topk_of(command: ast.Stats) -> ast.Call | None:
    """The call of `topk`; raises `QueryError` where something stands beside it (1.8)."""
    calls = [call for item in command.aggregates for call in _aggregate_calls(item.expr)]
    topk = next((call for call in calls if has_role(call.name, FunctionRole.ALONE)), None)
    if topk is None:
        return None
    local_function(topk)
    if command.keys:
        raise QueryError("topk can't be combined with by", command.keys[0].span)
    if len(calls) > 1 or len(command.aggregates) > 1:
        raise QueryError("topk can't be combined with other aggregates", topk.span)
    return topk


def frequent(rows: Expressions, call: ast.Call) -> tuple[str, str]:
    """The value that `topk` counts, and the clauses that leave the most frequent ones."""
    first = call.arguments[0]
    count = comparison.read_number(first.text) if isinstance(first, ast.Number) else None
    if not isinstance(count, int) or not 1 <= count <= TOP_VALUES:
        raise QueryError(f"topk() needs a count from 1 to {TOP_VALUES:,}", first.span)
    return _argument(rows, call, 1).text, f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {count}"


AGGREGATES: Mapping[str, Aggregate] = {
    "count": _count,
    "countdistinct": _count_distinct,
    "sum": _sum,
    "avg": _numeric("avg"),
    "min": _extreme("min"),
    "max": _extreme("max"),
    "pct": _percentile,
    "stddev": _deviation("stddev_pop"),  # population for both (2.8)
    "variance": _deviation("var_pop"),
    "earliest": _by_time("min"),
    "latest": _by_time("max"),
    "sortsfirst": _by_order("min"),
    "sortslast": _by_order("max"),
    "values": _values,
    "topk": _topk,
    "rate": _rate,
    "countovertime": _count,
    "sumovertime": _sum,
}
