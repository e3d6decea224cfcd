"""Timestamps in the zone that was chosen, without the parts that are the same in every row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

from flowtui.model.frozen import frozen
from flowtui.model.run import Cell
from flowtui.ui.text import NOTHING, clean
from flowtui.ui.widgets.run_status import zone_name

T = TypeVar("T", str, int)

# As `@timestamp`, bin() and datefloor() come, in UTC (LANGUAGE.md 1.7).
_FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", re.ASCII)
_DATE = len("2022-04-01 ")
_WHOLE_SECONDS = len("2022-04-01 15:18:00")


def is_timestamp(value: Cell) -> bool:
    return value is not None and _FORM.fullmatch(value) is not None


@frozen
class Times:
    """How a column of timestamps is shown; sorting, copying and drilling take them as they came."""

    zone: tzinfo
    day: str = ""
    """The month and day of all rows, for the title; empty where each row has its date."""
    has_milliseconds: bool = True

    def title(self, name: str) -> str:
        return " ".join(part for part in (name, self.day, zone_name(self.zone)) if part)

    def show(self, value: str) -> str:
        if not is_timestamp(value):
            return clean(value)
        start = _DATE if self.day else 0
        return _in_zone(value, self.zone)[start : None if self.has_milliseconds else _WHOLE_SECONDS]


def times_of(column: Iterable[Cell], zone: tzinfo) -> Times:
    """How to show the timestamps of this column, all of them looked at."""
    values = [value for value in column if value is not None and value != NOTHING]
    has_milliseconds = {value[-4:] for value in values} - {".000"} != set()
    return Times(zone, _common_day(_ends(values), zone), has_milliseconds)


def times_of_seconds(column: Iterable[Cell], zone: tzinfo) -> Times:
    """The same for a column of Unix seconds."""
    values = [value for value in column if value is not None and _is_seconds(value)]
    ends = tuple(moment_text(str(end)) for end in _ends([int(value) for value in values]))
    return Times(zone, _common_day(ends, zone), has_milliseconds=False)


def _common_day(ends: tuple[str, ...], zone: tzinfo) -> str:
    """The month and day of all times from the first to the last; empty where there are several."""
    # The form sorts as the times do, so that between two times of a day there is no other day.
    days = {_in_zone(end, zone)[:_DATE] for end in ends if is_timestamp(end)}
    is_one = len(days) == 1 and all(map(is_timestamp, ends))
    return days.pop()[len("2022-") :].strip() if is_one else ""


def _ends(values: list[T]) -> tuple[T, ...]:
    return (min(values), max(values)) if values else ()


def moment_text(value: str) -> str:
    """Unix seconds as a timestamp in UTC; what is none stays as it is."""
    if not _is_seconds(value):
        return value
    return f"{datetime.fromtimestamp(int(value), UTC):%Y-%m-%d %H:%M:%S}.000"


def _is_seconds(value: str) -> bool:
    """Eleven digits are past the year 5138: those are no seconds."""
    return len(value) <= 10 and value.isascii() and value.isdigit()


def _in_zone(value: str, zone: tzinfo) -> str:
    if zone is UTC:
        return value
    try:
        moment = datetime.fromisoformat(value).replace(tzinfo=UTC).astimezone(zone)
    except (ValueError, OverflowError):
        # No day of any calendar (2022-02-31), or the first or last there is.
        return value
    return f"{moment:%Y-%m-%d %H:%M:%S}{value[_WHOLE_SECONDS:]}"
