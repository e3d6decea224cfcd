"""Values that another version of flowtui may have written, or damage: each as what it should be.

What is none is None, which is to be shown as unknown.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flowtui.model.timerange import TimeRange, from_ms, to_ms

# A day of any zone before the first day and after the last one that Python has.
_EARLIEST, _LATEST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
_EARLIEST_MS, _LATEST_MS = to_ms(_EARLIEST), to_ms(_LATEST)
_MOST = 2**53
"""Up to it a whole number is the same in JSON, SQLite and Python."""
_LARGEST = 1e30
"""More bytes than that nobody has, and none that can be added up."""


def as_text(value: object) -> str | None:
    """Text, or the bytes of one."""
    if not isinstance(value, bytes):
        return value if isinstance(value, str) else None
    try:
        return value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace")


def as_count(value: object) -> int | None:
    figure = as_figure(value)
    return None if figure is None or figure > _MOST else int(figure)


def as_figure(value: object) -> float | None:
    """A number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _LARGEST else None


def as_moment(milliseconds: object) -> datetime | None:
    """From epoch milliseconds."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    return from_ms(int(milliseconds)) if _EARLIEST_MS <= milliseconds <= _LATEST_MS else None


def as_range(start: datetime | None, end: datetime | None) -> TimeRange | None:
    return TimeRange(start, end) if start and end and start < end else None


def is_usual(moment: datetime) -> bool:
    """Whether each zone has it."""
    return _EARLIEST <= moment <= _LATEST
