"""Spans of time, and how people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=18_000)
"""Some 50 years, and yet no span that ends now begins before the epoch."""
_LONGEST_TEXT = 100
_SHORTEST = timedelta(seconds=1)
_YEARS = range(1969, 9999)
"""No log is of another: and no zone, and no longer span, pushes these out of the calendar."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"(\d+)\s*([smhdw])", re.IGNORECASE)


@frozen
class TimeRange:
    """A half-open span, `start <= t < end`, between two aware datetimes."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None:
            raise ValueError("a TimeRange needs aware datetimes")
        if self.start >= self.end:
            raise ValueError("a TimeRange cannot be empty or reversed")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def start_ms(self) -> int:
        """Epoch milliseconds of the first instant inside."""
        return to_ms(self.start)

    @property
    def end_ms(self) -> int:
        """Epoch milliseconds of the first instant after."""
        return to_ms(self.end)

    def intersect(self, other: TimeRange) -> TimeRange | None:
        start, end = max(self.start, other.start), min(self.end, other.end)
        return TimeRange(start, end) if start < end else None

    def resolve(self, now: datetime) -> TimeRange:  # noqa: ARG002  (the same verb as Last)
        return self


@frozen
class Last:
    """The span that ends now: "the last 15 minutes"."""

    length: timedelta

    def __post_init__(self) -> None:
        if self.length <= timedelta(0):
            raise ValueError("a Last cannot be empty")

    def resolve(self, now: datetime) -> TimeRange:
        return TimeRange(now - self.length, now)

    def __str__(self) -> str:
        seconds = int(self.length.total_seconds())
        for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
            if seconds % size == 0:
                return f"{seconds // size}{unit}"
        return f"{seconds}s"


Time = Last | TimeRange


def moved(time: Time, widths: int, now: datetime) -> Time:
    """The span that many of its widths later, or earlier, but not past now; `[` and `]`."""
    span = time.resolve(now)
    try:
        end = min(span.end + widths * span.length, max(now, span.end))
    except OverflowError:  # there are no such years
        return time
    return _fitting(time, end, span.length, now)


def scaled(time: Time, factor: float, now: datetime) -> Time:
    """A span so many times as long around the same middle, but not past now; `{` and `}`."""
    span = time.resolve(now)
    try:
        longer = span.length * (factor - 1) / 2
        end = span.end if isinstance(time, Last) else min(span.end + longer, max(now, span.end))
    except OverflowError:  # there are no such years
        return time
    return _fitting(time, end, max(span.length * factor, _SHORTEST), now)


def _fitting(time: Time, end: datetime, length: timedelta, now: datetime) -> Time:
    """A span that slid with the clock goes on to do so where it still ends now."""
    if end <= _EPOCH:
        return time
    start = end - min(length, _LONGEST, end - _EPOCH)
    if start >= end:
        return time
    return Last(end - start) if isinstance(time, Last) and end == now else TimeRange(start, end)


def to_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def parse_duration(text: str) -> timedelta:
    """`15m`, `1h`, `3d`, `1h30m` as a length; raises `UsageError`."""
    # In a long text each digit might begin a number.
    parts = _DURATION.findall(text) if len(text) <= _LONGEST_TEXT else []
    if not parts or _DURATION.sub("", text).strip():
        raise UsageError(
            f"{text[:40]!r} is not a length of time; write it like 15m, 1h, 3d or 1h30m"
        )
    try:
        length = sum(
            (timedelta(**{_UNITS[unit.lower()]: int(n)}) for n, unit in parts), timedelta(0)
        )
    except (OverflowError, ValueError):
        length = timedelta.max
    if length > _LONGEST:
        raise UsageError(
            f"{text[:40]!r} is longer than there are flow logs; write it like 15m, 1h or 3d"
        )
    if not length:
        raise UsageError(f"{text!r} is no time at all; write it like 15m, 1h or 3d")
    return length


def parse_moment(text: str, zone: tzinfo = UTC) -> datetime:
    """An ISO date or time, or epoch seconds or milliseconds, as an aware datetime.

    A time without an offset is taken in `zone`. Raises `UsageError`.
    """
    stripped = text.strip()
    try:
        if stripped.isascii() and stripped.isdigit() and len(stripped) > 8:
            # 11 digits of seconds are past the year 5138: from there on it is milliseconds.
            moment = from_ms(int(stripped) * (1 if len(stripped) > 11 else 1000))
        else:
            moment = datetime.fromisoformat(stripped)
        if moment.utcoffset() is None:
            moment = moment.replace(tzinfo=zone)
        # In UTC, as two times of one zone compare by the clock on the wall, also when it goes back.
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _no_time(text) from None
    if moment.year not in _YEARS:
        raise _no_time(text)
    return moment


def _no_time(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is not a time; write it like 2022-04-01T15:18 or 2022-04-01 15:18:00Z"
    )
