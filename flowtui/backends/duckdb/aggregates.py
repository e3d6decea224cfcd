"""The aggregates of `stats` in SQL (insights-ql.md 2.8, 2.9 and 3.2).

They skip what is missing, and numeric ones what is no number; of nothing at all the result is
missing, but for `count` and, as on the service, `pct`: those are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flowtui.backends.duckdb import comparison, ordering, values
from flowtui.backends.duckdb.expressions import Expressions, local_function
from flowtui.backends.duckdb.values import Kind, Value
from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.query import ast
from flowtui.query.catalogue import canonical, find_function

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
    known = {expr for expr, _ in results.names.made}
    if not made and expr not in known:
        _refuse_plain_fields(expr, results)
    names = replace(results.names, made=(*results.names.made, *made))
    return replace(results, names=names).value(expr)


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
        case _:
            return ()


def _refuse_plain_fields(expr: ast.Expr, results: Expressions) -> None:
    """A field that is neither a key nor an earlier item has many values in a group."""
    if isinstance(expr, ast.Field) and expr.name not in results.names.values:
        raise QueryError(
            f"{expr.name} is not an aggregate; stats needs one, such as count(*)", expr.span
        )
    for child in _children(expr):
        _refuse_plain_fields(child, results)


def _argument(rows: Expressions, call: ast.Call) -> Value:
    return rows.value(call.arguments[0])


def _count(rows: Expressions, call: ast.Call) -> Value:
    if not call.arguments or isinstance(call.arguments[0], ast.Star):
        return values.integer("count(*)")
    return values.integer(f"count({_argument(rows, call).text})")


def _count_distinct(rows: Expressions, call: ast.Call) -> Value:
    return values.integer(f"count(DISTINCT {_argument(rows, call).native})")


def _sum(rows: Expressions, call: ast.Call) -> Value:
    argument = _argument(rows, call)
    # The sum of BIGINTs is a HUGEINT: exact, and it can't overflow.
    return values.computed(f"sum({argument.number})", is_exact=argument.is_exact)


def _numeric(name: str) -> Aggregate:
    return lambda rows, call: values.number(f"{name}({_argument(rows, call).number})")


def _deviation(name: str) -> Aggregate:
    return lambda rows, call: values.number(f"{name}({_argument(rows, call).double})")


def _extreme(name: str) -> Aggregate:
    """`min` and `max`: by number; where a group has none, by the natural order of its texts."""

    def compile_extreme(rows: Expressions, call: ast.Call) -> Value:
        argument = _argument(rows, call)
        best = f"{name}({argument.number})"
        number = values.computed(best, is_exact=argument.is_exact)
        if argument.kind is not Kind.TEXT:
            return number  # of a timestamp: epoch milliseconds (2.9)
        is_text = f"CASE WHEN {argument.number} IS NULL THEN"
        key = f"{is_text} flow_natural({argument.text}) END"
        by_text = f"arg_{name}({is_text} {argument.text} END, {key})"
        return values.text(f"coalesce({number.text}, {by_text})", best, is_exact=argument.is_exact)

    return compile_extreme


def _percentile(rows: Expressions, call: ast.Call) -> Value:
    """Exact, where the service's is a sketch with an error of about 1 %."""
    argument, percent = _argument(rows, call), call.arguments[1]
    number = comparison.read_number(percent.text) if isinstance(percent, ast.Number) else None
    if number is None or not 0 <= number <= 100:
        raise QueryError("pct() needs a percentage from 0 to 100: pct(bytes, 95)", percent.span)
    share = rows.parameters.add(number / 100)
    quantile = f"coalesce(quantile_disc({argument.number}, {share}), 0)"
    return values.computed(quantile, is_exact=argument.is_exact)


def _by_time(name: str) -> Aggregate:
    """`earliest` and `latest`, of the events that have the field and a time."""

    def compile_by_time(rows: Expressions, call: ast.Call) -> Value:
        if not rows.names.events:
            raise UnsupportedQuery(f"{call.name}() needs the raw events", call.span)
        time = rows.names.find("@timestamp").number
        argument = _argument(rows, call)
        present = f"{argument.text} IS NOT NULL AND {time} IS NOT NULL"
        # Events of the same millisecond count in the order in which they were loaded.
        best = f'{name}({argument.native}, row({time}, "@ptr")) FILTER (WHERE {present})'
        if argument.kind is Kind.TEXT:
            return values.text(best)
        # A timestamp comes out as epoch milliseconds, as on the service (2.9).
        return values.computed(best, is_exact=argument.is_exact)

    return compile_by_time


def _by_order(name: str) -> Aggregate:
    """`sortsFirst` and `sortsLast`, in the order of `sort` (3.5)."""

    def compile_by_order(rows: Expressions, call: ast.Call) -> Value:
        argument = _argument(rows, call)
        key = ordering.sort_key(argument)
        present = f"FILTER (WHERE {argument.text} IS NOT NULL)"
        best = f"{name}({argument.native}, {key}) {present}"
        if argument.kind is Kind.TEXT:
            return values.text(best)
        return values.computed(best, is_exact=argument.is_exact)

    return compile_by_order


def _values(rows: Expressions, call: ast.Call) -> Value:
    """The distinct values as a JSON list of texts (8.6), in alphabetical order."""
    argument = _argument(rows, call)
    present = f"FILTER (WHERE {argument.text} IS NOT NULL)"
    listed = f"list_sort(list(DISTINCT {argument.text}) {present})"
    return values.text(f"CAST(to_json({listed}) AS VARCHAR)")


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
    "earliest": _by_time("arg_min"),
    "latest": _by_time("arg_max"),
    "sortsfirst": _by_order("arg_min"),
    "sortslast": _by_order("arg_max"),
    "values": _values,
}
