"""How people write a span of time: one grammar for the dialogue, the command line, the settings.

    span   = "all" | ["last"] length | moment "to" moment | moment "+" length | moment "±" length
           | day clock "-" clock | clock "-" clock | day | moment
    moment = "now" ["-" length] | "-" length | length "ago" | day [clock] | clock | ISO | epoch
    day    = "today" | "yesterday" | YYYY-MM-DD
    clock  = H | H:MM | H:MM:SS

A span that ends now slides when it is asked again; a lone moment begins one that ends now and stays
where it is. A clock without a day is the last time that it was so late.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen
from flowtui.model.timerange import Last, Time, TimeRange, parse_duration, parse_moment

EXAMPLES = "15m, 14:00-15:00, yesterday 17-18, -6h to -3h, or 2022-04-01 15:18 to 15:24"

_LONGEST_TEXT = 100
_EARLIEST, _LATEST = datetime(1969, 12, 30, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
_LENGTH = r"(?:\d+\s*[smhdw]\s*)+"
_CLOCK = r"(?:[01]?\d|2[0-4])(?::[0-5]\d(?::[0-5]\d)?)?"
_DAY = r"(?:today|yesterday|\d{4}-\d\d-\d\d)"
_EXACT = r"\d{4}-?\d\d-?\d\dT[^\s,;]+|\d{9,16}"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


_FROM_TO = (
    _whole(r"(?:from )?(.+?) (?:to|until|till) (.+)"),
    _whole(r"(.+?) ?(?:\.\.|\u2013|\u2014|→|->) ?(.+)"),
    _whole(r"([^/]*\d\w?) ?/ ?([^/]+)"),
    _whole(r"(?!now )(.+?) - (.+)"),
    _whole(rf"((?:{_DAY} )?{_CLOCK})-({_CLOCK})"),
    _whole(rf"({_EXACT})[ ,;]+({_EXACT})"),
    _whole(r"(\d{9,16})-(\d{9,16})"),
)
_FOR = _whole(rf"(.+?) ?\+ ?({_LENGTH})")
_AROUND = _whole(rf"(.+?) ?(?:±|\+-|\+/-) ?({_LENGTH})")
_AGO = _whole(rf"(?:now ?)?- ?(?P<before>{_LENGTH})|(?P<ago>{_LENGTH}) ?ago|(?P<now>now)")
_LAST = _whole(rf"(?:last )?({_LENGTH})")
_ON_DAY = _whole(rf"(?P<day>{_DAY})(?:[ T](?P<clock>{_CLOCK}))?")
_AT = _whole(_CLOCK)


def read_time(text: str, now: datetime, zone: tzinfo = UTC) -> Time | None:
    """The span that the text means; None for all there is. Raises `UsageError`.

    Days and clocks are those of `zone`; an ISO time may bring an offset of its own.
    """
    try:
        time_ = _Reader(text, now, zone).span()
    except OverflowError:
        raise _beyond(text) from None
    if isinstance(time_, TimeRange):
        _check(text, time_.start, time_.end)
    return time_


def read_moment(text: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """The moment that the text means, where a day is its beginning. Raises `UsageError`."""
    try:
        moment = _Reader(text, now, zone).moment(_words(text))
    except OverflowError:
        raise _beyond(text) from None
    _check(text, moment)
    return moment


def _check(text: str, *moments: datetime) -> None:
    """Refuse what other zones and longer spans would push out of the calendar."""
    if not all(_EARLIEST <= moment <= _LATEST for moment in moments):
        raise _beyond(text)


def _beyond(text: str) -> UsageError:
    return UsageError(f"no log is of that time: {text[:_LONGEST_TEXT]}; write one since 1970")


def write_time(time_: Time | None, zone: tzinfo) -> str:
    """The text that `read_time` reads as this time, in whole seconds."""
    if time_ is None:
        return "all"
    if isinstance(time_, Last):
        return str(time_)
    return " to ".join(
        each.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") for each in (time_.start, time_.end)
    )


def _words(text: str) -> str:
    return " ".join(text.split())


@frozen
class _Reader:
    text: str
    """As it was typed, for the error."""
    now: datetime
    zone: tzinfo

    def span(self) -> Time | None:
        words = _words(self.text)
        if words.lower() in ("", "all"):
            return None
        if len(words) > _LONGEST_TEXT:
            raise self._error()
        if match := _LAST.fullmatch(words):
            return Last(parse_duration(match[1]))
        if match := _AROUND.fullmatch(words):
            middle, length = self.moment(match[1]), parse_duration(match[2])
            return self._range(middle, -length, length)
        if match := _FOR.fullmatch(words):
            return self._range(self.moment(match[1]), timedelta(0), parse_duration(match[2]))
        for pattern in _FROM_TO:
            if match := pattern.fullmatch(words):
                return self._from_to(match[1], match[2])
        return self._lone(words)

    def _from_to(self, first: str, second: str) -> Time:
        start = self._latest(first) if _AT.fullmatch(first) else self.moment(first)
        if _AGO.fullmatch(first) and second.lower() == "now" and start < self.now:
            return Last(self.now - start)
        if not _AT.fullmatch(second):
            return self._between(start, self.moment(second))
        day = start.astimezone(self.zone).date()
        end = self._on(day, second)
        return self._between(start, end if start < end else self._on(day, second, days=1))

    def _lone(self, words: str) -> Time:
        try:
            start = self.moment(words)
        except UsageError:
            raise self._error(words, "a length of time, nor a span") from None
        if _AGO.fullmatch(words) and start < self.now:
            return Last(self.now - start)
        day = _ON_DAY.fullmatch(words)
        if day and not day["clock"]:
            following = self._on(self._day(words), days=1)
            return self._between(start, self.now if start < self.now < following else following)
        if start >= self.now:
            raise UsageError(f"{self.text!r} is not in the past; write it like {EXAMPLES}")
        return TimeRange(start, self.now)

    def moment(self, words: str) -> datetime:
        if match := _AGO.fullmatch(words):
            before = match["before"] or match["ago"]
            return self._moved(self.now, -parse_duration(before)) if before else self.now
        if match := _ON_DAY.fullmatch(words):
            return self._on(self._day(match["day"]), match["clock"] or "0")
        if ":" in words and _AT.fullmatch(words):
            return self._latest(words)
        try:
            return parse_moment(words, self.zone)
        except UsageError:
            raise self._error(words) from None

    def _latest(self, clock: str) -> datetime:
        """The last time that the clock has shown that."""
        today = self.now.astimezone(self.zone).date()
        moment = self._on(today, clock)
        return moment if moment <= self.now else self._on(today, clock, days=-1)

    def _day(self, word: str) -> date:
        today = self.now.astimezone(self.zone).date()
        match word.lower():
            case "today":
                return today
            case "yesterday":
                return today - timedelta(days=1)
        try:
            return date.fromisoformat(word)
        except ValueError:
            raise self._error(word) from None

    def _on(self, day: date, clock: str = "0", *, days: int = 0) -> datetime:
        """The moment of the clock on the day, or so many days after it."""
        hour, minute, second = (*map(int, clock.split(":")), 0, 0)[:3]
        try:
            day += timedelta(days=days + hour // 24)
            hour %= 24
            there = datetime.combine(day, time(hour, minute, second), self.zone)
            # In UTC, as two times of one zone compare by the clock on the wall.
            return there.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self._error() from None

    def _range(self, moment: datetime, before: timedelta, after: timedelta) -> TimeRange:
        return self._between(self._moved(moment, before), self._moved(moment, after))

    def _moved(self, moment: datetime, by: timedelta) -> datetime:
        try:
            return moment + by
        except OverflowError:
            raise self._error() from None

    def _between(self, start: datetime, end: datetime) -> TimeRange:
        if start >= end:
            raise UsageError("the start must lie before the end; swap them")
        return TimeRange(start.astimezone(UTC), end.astimezone(UTC))

    def _error(self, words: str = "", kind: str = "a time") -> UsageError:
        text = words or self.text
        named = text if len(text) <= _LONGEST_TEXT else f"{text[:40]}…"
        return UsageError(f"{named!r} is not {kind}; write it like {EXAMPLES}")
