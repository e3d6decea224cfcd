"""The time bins of `bin()`, `datefloor()` and `dateceil()` as spans (LANGUAGE.md 1.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import PERIOD_CAPS, TIME_UNITS

_SIZES = {
    "millisecond": timedelta(milliseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_PARENTS = {
    "millisecond": timedelta(seconds=1),
    "second": timedelta(minutes=1),
    "minute": timedelta(hours=1),
    "hour": timedelta(days=1),
}


def bin_span(start: datetime, period: ast.Period) -> TimeRange | None:
    """The bin that begins at `start`; None where its end is not known for sure.

    A bin ends where the next one starts or its parent unit ends, whichever comes first: the bins
    of `bin(25m)` start at 0, 25 and 50 minutes of each hour.
    """
    unit = TIME_UNITS.get(period.unit.lower(), "")
    size = _SIZES.get(unit)
    if size is None or period.count < 1:
        return None
    try:
        if unit == "day":
            return TimeRange(start, start + size) if period.count == 1 else None
        parent = _PARENTS[unit]
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        parent_end = start - (start - epoch) % parent + parent
        most = min(period.count, PERIOD_CAPS[unit])
        return TimeRange(start, min(start + size * most, parent_end))
    except OverflowError:
        return None  # it ends after the year 9999


def bin_length(period: ast.Period) -> timedelta | None:
    """How long the bins are that their parent unit does not cut; None for months and longer."""
    span = bin_span(datetime(1970, 1, 1, tzinfo=UTC), period)
    return fixed_length(period) if span is None else span.length


_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def fixed_length(period: ast.Period) -> timedelta | None:
    """How long a period is, not cut to its unit's cap; None where it is not always as long."""
    unit = TIME_UNITS.get(period.unit.lower(), "")
    size = timedelta(weeks=1) if unit == "week" else _SIZES.get(unit)
    if size is None:
        return None
    try:
        return size * period.count
    except OverflowError:
        return timedelta.max


def months_before(moment: datetime, period: ast.Period) -> datetime | None:
    """The same day that many months, quarters or years before, if that is a day of every month."""
    months = _MONTHS.get(TIME_UNITS.get(period.unit.lower(), ""))
    if months is None or moment.day > 28:
        return None
    year, month = divmod(moment.year * 12 + moment.month - 1 - months * period.count, 12)
    return moment.replace(year=year, month=month + 1)


def timestamp_text(moment: datetime) -> str:
    """How the service shows a moment."""
    return moment.replace(tzinfo=None).isoformat(" ", "milliseconds")


def parse_timestamp(text: str) -> datetime | None:
    """The moment that a timestamp cell shows: `2022-04-01 15:23:00.000`, in UTC."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)
    except ValueError:
        return None
