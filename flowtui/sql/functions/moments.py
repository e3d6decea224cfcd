"""Functions of moments and time bins (LANGUAGE.md 2.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowtui.model.errors import UnsupportedQuery
from flowtui.model.timerange import to_ms
from flowtui.query import ast
from flowtui.sql import comparison, times
from flowtui.sql.dialects.base import Times
from flowtui.sql.environment import CompileEnvironment
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.value import Value, ValueKind


def _bin(a: Arguments) -> Value:
    period, scope = a.node(0), a.expressions.scope
    if not scope.events and "@timestamp" not in scope.values:
        raise UnsupportedQuery(
            "bin() needs @timestamp, which stats has removed; use datefloor() on a column",
            period.span,
        )
    timestamp = a.values.moment(scope.find("@timestamp"))
    start = times.floor(timestamp, period, a.dialect.times)
    if a.expressions.shift is not None:
        start = times.later(start, a.expressions.shift, a.dialect.times)
    return a.values.timestamp(start)


def _edge(edge: Callable[[str, ast.Expr, Times], str]) -> Function:
    return lambda a: a.values.timestamp(edge(a.moment(0), a.node(1), a.dialect.times))


def _from_millis(a: Arguments) -> Value:
    return a.values.timestamp(a.moment(0))


def _to_millis(a: Arguments) -> Value:
    value = a.value(0)
    is_time = value.kind is ValueKind.TIMESTAMP
    return a.values.integer(value.number if is_time else f"TRY_CAST({value.number} AS BIGINT)")


def _known(number: Callable[[CompileEnvironment], int]) -> Function:
    """A number that is known when the query is compiled."""
    return lambda a: comparison.literal(number(a.environment), a.environment)


FUNCTIONS: Mapping[str, Function] = {
    "bin": _bin,
    "datefloor": _edge(times.floor),
    "dateceil": _edge(times.ceil),
    "frommillis": _from_millis,
    "tomillis": _to_millis,
    "now": _known(lambda e: to_ms(e.now) // 1000),
    "querystarttime": _known(lambda e: e.window.start_ms),
    "queryendtime": _known(lambda e: e.window.end_ms),
    "querytimerange": _known(lambda e: e.window.end_ms - e.window.start_ms),
}
