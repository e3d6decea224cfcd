"""Time bins on epoch milliseconds (LANGUAGE.md 1.6)."""

from __future__ import annotations

from math import gcd

from flowtui.model.errors import QueryError
from flowtui.query import ast
from flowtui.query.catalogue import PERIOD_CAPS, TIME_UNITS
from flowtui.sql.dialects.base import Times

_LENGTH = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_PARENT = {"millisecond": 1000, "second": 60_000, "minute": 3_600_000, "hour": 86_400_000}
_DAY = 86_400_000
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MOST = {"day": 4_000_000, "week": 600_000, "month": 120_000, "quarter": 40_000, "year": 10_000}
"""More than all time has. What is longer is as good, and would not go into a BIGINT."""
_SUNDAY = 4 * _DAY
"""How long before the epoch, a Thursday, its week began: weeks begin on Sunday (1.6, seen)."""


def floor(ms: str, period: ast.Expr, times: Times) -> str:
    """SQL for the start of the bin that holds `ms`.

    Bins of up to an hour restart with their parent unit, as the service's do: `bin(25m)` gives
    12:25, 12:50, 13:00. Several days, months, quarters or years are counted from the epoch, and
    several weeks from its Sunday: the service's alignment of those is not known (belief).
    """
    count, unit = _read(period)
    if unit in _MONTHS:
        return times.month_start(_month_bin(ms, count * _MONTHS[unit], times))
    if unit in _LENGTH:
        step, parent = count * _LENGTH[unit], _PARENT[unit]
        remainder = f"{ms} % {step}" if parent % step == 0 else f"({ms} % {parent}) % {step}"
        return f"({ms} - {remainder})"
    shift, step = (_SUNDAY, 7 * count * _DAY) if unit == "week" else (0, count * _DAY)
    return f"({ms} - ({ms} + {shift}) % {step})"


def ceil(ms: str, period: ast.Expr, times: Times) -> str:
    """SQL for the end of the bin that holds `ms`; a bin's very start is its own ceiling."""
    start, end = floor(ms, period, times), times.moment(_after(ms, period, times))
    return f"CASE WHEN {start} = {ms} THEN {ms} ELSE {end} END"


def later(ms: str, period: ast.Expr, times: Times) -> str:
    """SQL for the moment that long after `ms`; the period is not cut to its unit's cap."""
    count, unit = _count_and_unit(period)
    if unit in _MONTHS:
        months = min(count, _MOST[unit]) * _MONTHS[unit]
        return times.moment(times.months_later(ms, months))
    return times.moment(f"{ms} + {_fixed(count, unit)}")


def milliseconds(period: ast.Expr) -> int:
    """How long a period is that always is as long; it is not cut to its unit's cap."""
    count, unit = _count_and_unit(period)
    if unit in _MONTHS:
        raise QueryError("a month is not always as long; write days", period.span)
    return _fixed(count, unit)


def step(period: ast.Expr) -> int:
    """Milliseconds: who goes on by it from the start of a bin comes through every later one.

    No month is shorter than 28 days.
    """
    count, unit = _read(period)
    if unit in _MONTHS:
        return 28 * _DAY
    if unit in _LENGTH:
        return gcd(count * _LENGTH[unit], _PARENT[unit])
    return _fixed(count, unit)


def _fixed(count: int, unit: str) -> int:
    return count * (_LENGTH.get(unit) or (7 * _DAY if unit == "week" else _DAY))


def _after(ms: str, period: ast.Expr, times: Times) -> str:
    """SQL for where the next bin starts."""
    count, unit = _read(period)
    start = floor(ms, period, times)
    if unit in _MONTHS:
        months = count * _MONTHS[unit]
        return times.month_start(f"({_month_bin(ms, months, times)} + {months})")
    if unit in _LENGTH:
        parent = _PARENT[unit]
        return f"least({start} + {count * _LENGTH[unit]}, {ms} - {ms} % {parent} + {parent})"
    return f"({start} + {_fixed(count, unit)})"


def _read(period: ast.Expr) -> tuple[int, str]:
    """The count, cut to the unit's cap, and the unit."""
    count, unit = _count_and_unit(period)
    return min(count, PERIOD_CAPS.get(unit) or _MOST[unit]), unit


def _count_and_unit(period: ast.Expr) -> tuple[int, str]:
    if not isinstance(period, ast.Period) or period.unit.lower() not in TIME_UNITS:
        raise QueryError("expected a period such as 5m or 1h", period.span)
    if period.count < 1:
        raise QueryError("a period of nothing has no bins; write it like 5m or 1h", period.span)
    return period.count, TIME_UNITS[period.unit.lower()]


def _month_bin(ms: str, months: int, times: Times) -> str:
    """Months since 1970, down to a multiple of `months`."""
    since = times.month(ms)
    return f"({since} - {since} % {months})"
