"""Which partitions of a table a window may have its records in.

A record is of the time of its start, and an object lies under the time at which its records have
ended: so a window is looked for up to ten minutes of aggregation and an hour of late delivery after
its end. A partition more costs little, one less is a wrong answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from flowtui.backends.athena.table import Column, FlowTable
from flowtui.model.errors import BackendError
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.sql.dialects.trino import quoted
from flowtui.sql.parameters import identifier

LATE = timedelta(minutes=70)
_UNITS = ("year", "month", "day", "hour")
_MOST_GROUPS = 60
"""Conditions on days or months, one beside the other; beyond that, years do."""
_HOURLY_DAYS = 3
"""Up to so many days the hours are told, too."""
_LETTERS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H"}
_PATTERN = re.compile(r"yyyy|MM|dd|HH|'(?P<quoted>[^']*)'|(?P<other>[^A-Za-z]+)|(?P<unknown>.)")
_RELATIVE = re.compile(r"NOW(?:\s*([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?")


@frozen
class Pruned:
    """SQL that leaves the partitions of a window, and what the user should know about them."""

    condition: str
    """Empty where nothing can be left out."""
    notices: tuple[str, ...] = ()
    span: TimeRange | None = None
    """The times that the partitions left are for; None where all of the table is read."""


def pruned(table: FlowTable, window: TimeRange, now: datetime) -> Pruned:
    """Raises `BackendError` where a partition has to be named that nobody has named."""
    keys = {key.name: key for key in table.partition_keys}
    _refuse_injected(table)
    padded = TimeRange(window.start, max(window.end, window.start) + LATE)
    units = {unit: keys[unit] for unit in _UNITS if unit in keys}
    if "year" in units and "month" in units:
        return _by_units(units, padded)
    for key in table.partition_keys:
        spelled = _spelling(key, table)
        if spelled is not None:
            hours = _hours(table, keys)
            condition = _by_key(key, spelled, hours, padded)
            unit = "hour" if hours or "%H" in spelled else "day"
            notices = tuple(_outside(table, key, spelled, window, now))
            return Pruned(condition, notices, _whole(padded, unit))
    dated = [key.name for key in table.partition_keys if key.name in ("day", "date", "dt", "ds")]
    if not dated:
        return Pruned("")
    notice = (
        f"the catalog does not say how {dated[0]} of {table.label} spells a date, so that all"
        " partitions are read"
    )
    return Pruned("", (notice,))


def _refuse_injected(table: FlowTable) -> None:
    for key in table.partition_keys:
        if table.parameters.get(f"projection.{key.name}.type") == "injected":
            raise BackendError(
                f"{table.label} is partitioned by {key.name}, which each query has to name"
                " (injected projection): make a view that names it, and choose that"
            )


def _spelling(key: Column, table: FlowTable) -> str | None:
    """How a partition key writes a day, as strftime does; None where it is no date that sorts."""
    if key.type == "date":
        return "%Y-%m-%d"
    pattern = table.parameters.get(f"projection.{key.name}.format", "")
    if table.parameters.get(f"projection.{key.name}.type") != "date" or not pattern:
        return None
    made, order = [], []
    for found in _PATTERN.finditer(pattern):
        if found["unknown"]:
            return None
        letters = _LETTERS.get(found[0])
        order += [found[0]] if letters else []
        made.append(letters or (found["quoted"] or found["other"] or "").replace("%", "%%"))
    return "".join(made) if order == list(_LETTERS)[: len(order)] and len(order) > 2 else None


def _by_key(key: Column, spelled: str, hours: Column | None, window: TimeRange) -> str:
    name, first, last = identifier(key.name), window.start, window.end
    low, high = (
        f"DATE '{day:%Y-%m-%d}'" if key.type == "date" else quoted(day.strftime(spelled))
        for day in (first, last)
    )
    if low == high and hours is None:
        return f"{name} = {low}"
    condition = f"{name} BETWEEN {low} AND {high}"
    if hours is None:
        return condition
    hour = identifier(hours.name)
    start, end = _hour(first.hour, hours), _hour(last.hour, hours)
    return (
        f"{condition} AND ({name} > {low} OR {hour} >= {start})"
        f" AND ({name} < {high} OR {hour} <= {end})"
    )


def _hours(table: FlowTable, keys: dict[str, Column]) -> Column | None:
    """The key of hours, where it writes them so that they sort."""
    key = keys.get("hour")
    is_padded = table.parameters.get("projection.hour.digits") == "2"
    return key if key is not None and (key.is_whole or is_padded) else None


def _hour(hour: int, key: Column) -> str:
    return str(hour) if key.is_whole else f"'{hour:02d}'"


def _by_units(units: dict[str, Column], window: TimeRange) -> Pruned:
    """Each of `year`, `month`, `day` and `hour` by itself; whether 4 is written 04 is not known."""
    days = list(_days(window))
    unit = "day" if "day" in units else "month"
    if "day" in units and len(days) <= _HOURLY_DAYS and "hour" in units:
        unit = "hour"
        groups = [_named(units, _of_day(day), _hours_of(day, window)) for day in days]
    else:
        months = sorted({(day.year, day.month) for day in days})
        if len(months) > _MOST_GROUPS:
            years = sorted({year for year, _ in months})
            return Pruned(_is_in(units["year"], years), span=_whole(window, "year"))
        groups = [
            _named(
                units,
                {"year": [year], "month": [month]},
                days=[day.day for day in days if (day.year, day.month) == (year, month)],
            )
            for year, month in months
        ]
    condition = groups[0] if len(groups) == 1 else f"({' OR '.join(groups)})"
    return Pruned(condition, span=_whole(window, unit))


def _whole(window: TimeRange, unit: str) -> TimeRange:
    """The hours, days, months or years that the window lies in, from the first to the last."""
    first, last = (
        moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        for moment in (window.start, window.end)
    )
    if unit != "hour":
        first, last = first.replace(hour=0), last.replace(hour=0)
    if unit in ("month", "year"):
        first, last = first.replace(day=1), last.replace(day=1)
    if unit == "year":
        first, last = first.replace(month=1), last.replace(month=1)
    longest = {"hour": timedelta(hours=1), "day": timedelta(days=1), "month": timedelta(days=31)}
    try:
        after = last + longest.get(unit, timedelta(days=366))
    except OverflowError:
        return TimeRange(first, datetime.max.replace(tzinfo=UTC))
    return TimeRange(first, after if unit in ("hour", "day") else after.replace(day=1))


def _of_day(day: date) -> dict[str, Sequence[int]]:
    return {"year": [day.year], "month": [day.month], "day": [day.day]}


def _named(
    units: dict[str, Column],
    values: dict[str, Sequence[int]],
    hours: Sequence[int] = (),
    days: Sequence[int] = (),
) -> str:
    wanted = {**values, **({"day": days} if days else {}), **({"hour": hours} if hours else {})}
    parts = (
        _is_in(units[unit], wanted[unit]) for unit in _UNITS if unit in units and unit in wanted
    )
    return f"({' AND '.join(parts)})"


def _is_in(key: Column, values: Sequence[int]) -> str:
    if key.is_whole:
        written = [str(value) for value in values]
    else:
        written = [
            f"'{each}'" for value in values for each in dict.fromkeys((f"{value:02d}", f"{value}"))
        ]
    name = identifier(key.name)
    return f"{name} = {written[0]}" if len(written) == 1 else f"{name} IN ({', '.join(written)})"


def _days(window: TimeRange) -> Iterator[date]:
    day = window.start.astimezone(UTC).date()
    while day <= window.end.astimezone(UTC).date():
        yield day
        day += timedelta(days=1)


def _hours_of(day: date, window: TimeRange) -> Sequence[int]:
    """The hours of the day in the window; none where that is all of them."""
    first = window.start.hour if window.start.date() == day else 0
    last = window.end.hour if window.end.date() == day else 23
    return () if (first, last) == (0, 23) else range(first, last + 1)


def _outside(
    table: FlowTable, key: Column, spelled: str, window: TimeRange, now: datetime
) -> Iterator[str]:
    """Days that the table's projection does not name: there a query finds nothing, silently."""
    first, _, last = table.parameters.get(f"projection.{key.name}.range", "").partition(",")
    low, high = _bound(first, spelled, now), _bound(last, spelled, now)
    if low is not None and window.start < low:
        yield (
            f"{table.label} names no partitions before {low:%Y-%m-%d}: records from before that"
            " are not found"
        )
    if high is not None and window.end > high + timedelta(days=1):
        yield (
            f"{table.label} names no partitions after {high:%Y-%m-%d}: later records are not found"
        )


def _bound(text: str, spelled: str, now: datetime) -> datetime | None:
    """A bound of a projection's range; None where it can't be read."""
    text = text.strip()
    if found := _RELATIVE.fullmatch(text):
        sign, count, unit = found.groups()
        days = {"YEAR": 366, "MONTH": 31, "WEEK": 7, "DAY": 1}.get(unit or "", 0) * int(count or 0)
        return now + timedelta(days=-days if sign == "-" else days)
    try:
        return datetime.strptime(text, spelled).replace(tzinfo=UTC)
    except ValueError:
        return None
