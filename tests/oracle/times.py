"""Time bins (1.6) and dates as texts (2.2)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from flowtui.query import ast
from tests.oracle.values import EPOCH

_UNITS = {
    "millisecond": "ms msec msecs milliseconds", "second": "s sec secs seconds",
    "minute": "m min mins minutes", "hour": "h hr hrs hours", "day": "d days", "week": "w weeks",
    "month": "mo mos mon mons months", "quarter": "q qtr qtrs quarters", "year": "y yr yrs years",
}  # fmt: skip
_CAPS = {"millisecond": 1000, "second": 60, "minute": 60, "hour": 24}
_LENGTHS = {
    "millisecond": timedelta(milliseconds=1), "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}  # fmt: skip
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def unit_of(period: ast.Period) -> str:
    """Every spelling that 1.6 lists."""
    written = period.unit.lower()
    return next(unit for unit, more in _UNITS.items() if written in (unit, *more.split()))


def length_of(period: ast.Period) -> timedelta:
    """How long a period lasts, uncut: `maxspan 90m` is 90 minutes."""
    return period.count * _LENGTHS[unit_of(period)]


def capped(period: ast.Period) -> ast.Period:
    """1.6: `bin(300s)` is executed as `bin(60s)`."""
    unit = unit_of(period)
    return ast.Period(min(period.count, _CAPS.get(unit, period.count)), unit)


def floor_ms(ms: int, period: ast.Period) -> int:
    """The start of the bin that holds the moment."""
    return _ms(_floor(EPOCH + timedelta(milliseconds=ms), capped(period)))


def ceil_ms(ms: int, period: ast.Period) -> int:
    """The start of the next bin; a bin's very start is its own ceiling."""
    moment, period = EPOCH + timedelta(milliseconds=ms), capped(period)
    start = _floor(moment, period)
    return _ms(moment if moment == start else _next(start, period))


def _ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _floor(moment: datetime, period: ast.Period) -> datetime:
    """1.6: bins restart at the parent unit; longer ones count from the epoch (ours, `times.py`)."""
    count, unit = period.count, period.unit
    if unit in _MONTHS:
        step = count * _MONTHS[unit]
        months = (moment.year - 1970) * 12 + moment.month - 1
        return _month(months // step * step)
    if unit == "week":
        sunday = EPOCH - timedelta(days=4)  # 1.6: weeks begin on Sunday
        return sunday + (moment - sunday) // timedelta(weeks=count) * timedelta(weeks=count)
    if unit == "day":
        return EPOCH + (moment - EPOCH) // timedelta(days=count) * timedelta(days=count)
    parent = _parent(moment, unit)
    step_length = count * _LENGTHS[unit]
    return parent + (moment - parent) // step_length * step_length


def _next(start: datetime, period: ast.Period) -> datetime:
    """A bin ends where the next one starts or its parent unit ends."""
    count, unit = period.count, period.unit
    if unit in _MONTHS:
        return _month((start.year - 1970) * 12 + start.month - 1 + count * _MONTHS[unit])
    after = start + count * _LENGTHS[unit]
    if unit in ("day", "week"):
        return after
    lengths = {"millisecond": "second", "second": "minute", "minute": "hour", "hour": "day"}
    return min(after, _parent(start, unit) + _LENGTHS[lengths[unit]])


def _parent(moment: datetime, unit: str) -> datetime:
    """The start of the second, minute, hour or day that the moment is in."""
    match unit:
        case "millisecond":
            return moment.replace(microsecond=0)
        case "second":
            return moment.replace(second=0, microsecond=0)
        case "minute":
            return moment.replace(minute=0, second=0, microsecond=0)
        case _:
            return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _month(months: int) -> datetime:
    return EPOCH.replace(year=1970 + months // 12, month=months % 12 + 1)


def format_ms(ms: int, pattern: str, zone: str) -> str:
    """`formatDate`: the pattern is strftime's."""
    moment = EPOCH + timedelta(milliseconds=ms)
    return moment.astimezone(_zone(zone)).strftime(pattern)


def parse_ms(text: str, pattern: str, zone: str) -> int | None:
    """`parseDate`: the pattern is that of Java's DateTimeFormatter; None where it does not fit."""
    runs = [found[0] for found in re.finditer(r"'[^']*'|([A-Za-z])\1*|[^A-Za-z']", pattern)]
    regex = "".join(
        f"([0-9]{{{len(run)}}})" if run[0] in _LETTERS else re.escape(run.strip("'"))
        for run in runs
    )
    found = re.fullmatch(regex, text)
    if not found:
        return None
    letters = [run[0] for run in runs if run[0] in _LETTERS]
    parts = dict(zip(letters, map(int, found.groups()), strict=True))
    try:
        moment = datetime(
            parts["y"], parts.get("M", 1), parts.get("d", 1), parts.get("H", 0),
            parts.get("m", 0), parts.get("s", 0), tzinfo=_zone(zone),
        )  # fmt: skip
    except ValueError:
        return None
    return _ms(moment) + parts.get("S", 0)


_LETTERS = "yMdHmsS"


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name)
