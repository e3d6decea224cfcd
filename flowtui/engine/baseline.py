"""The earlier time that a window is compared with, as a question says it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange, parse_moment

BEFORE, YESTERDAY, LAST_WEEK = "the window before", "yesterday", "a week ago"
WORDS = {
    BEFORE: "as long, just before it",
    YESTERDAY: "the same hours of the day before",
    LAST_WEEK: "the same hours seven days before",
}
"""Those that move with the window, and what each is."""
_SHIFTS = {YESTERDAY: timedelta(days=1), LAST_WEEK: timedelta(days=7)}
_SPAN = re.compile(r"(\S+(?: \d\S*)?) to (\S+(?: \d\S*)?)")


@frozen
class Baseline:
    """One of `WORDS`, or a fixed span."""

    text: str
    span: TimeRange | None = None

    @classmethod
    def read(cls, text: str) -> Baseline:
        """Of the words of a question; raises `UsageError`."""
        words = " ".join(text.split())
        if words in WORDS:
            return cls(words)
        found = _SPAN.fullmatch(words)
        if found is None:
            known = ", ".join(WORDS)
            raise UsageError(
                f"{words[:60]!r} is no time to compare with; write {known}, or START to END"
            )
        start, end = map(parse_moment, found.groups())
        if start >= end:
            raise UsageError(
                "the start of what is compared with must lie before its end; swap them"
            )
        return cls.of_span(TimeRange(start, end))

    @classmethod
    def of_span(cls, span: TimeRange) -> Baseline:
        return cls(f"{_written(span.start)} to {_written(span.end)}", span)

    def of(self, window: TimeRange) -> TimeRange:
        """The span that belongs to a window; raises `UsageError` where there is none."""
        if self.span is not None:
            return self.span
        shift = _SHIFTS.get(self.text, window.length)
        try:
            return TimeRange(window.start - shift, window.end - shift)
        except OverflowError:
            raise UsageError("there is no time before this window; choose a later one") from None


def _written(moment: datetime) -> str:
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")
