"""The times that a query writes: `start=-1d`, `end=now`, `timeshift 7d`."""

from __future__ import annotations

from datetime import datetime, timedelta

from flowtui.model.errors import QueryError, UsageError
from flowtui.model.timerange import parse_moment
from flowtui.query import ast
from flowtui.query.catalogue import TIME_UNITS

_UNITS = {"millisecond", "second", "minute", "hour", "day", "week"}


def moment(value: ast.Moment, now: datetime) -> datetime:
    """`-1d`, `0s`, `now`, epoch seconds or milliseconds, or an ISO time.

    Raises `QueryError`.
    """
    match value:
        case ast.Field(name) | ast.Call(name, ()) if name.lower() == "now":
            return now
        case ast.Unary("-", ast.Period() as period):
            return _before(period, now)
        case ast.Period(0):
            return now
        case ast.Number(text) | ast.String(text) | ast.IsoTime(text):
            try:
                return parse_moment(text)
            except UsageError as error:
                raise QueryError(str(error), value.span) from None
        case _:
            raise QueryError(
                "expected a time such as -1d, now, 1648826311 or '2022-04-01T15:18'", value.span
            )


def is_relative(value: ast.Moment) -> bool:
    """Whether the time goes with the clock."""
    return not isinstance(value, ast.Number | ast.String | ast.IsoTime)


def length(period: ast.Period) -> timedelta:
    """Raises `QueryError` for months and years, which have none, and for what is too long."""
    unit = TIME_UNITS.get(period.unit.lower(), "")
    if unit not in _UNITS:
        raise QueryError("expected a length of time such as -15m, -1h or -7d", period.span)
    try:
        return timedelta(**{f"{unit}s": period.count})
    except OverflowError:
        raise _no_such_time(period) from None


def _before(period: ast.Period, now: datetime) -> datetime:
    try:
        return now - length(period)
    except OverflowError:
        raise _no_such_time(period) from None


def _no_such_time(period: ast.Period) -> QueryError:
    return QueryError("there is no such time; write it like -7d", period.span)
