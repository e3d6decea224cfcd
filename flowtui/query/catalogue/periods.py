"""Units of time, and how many of each a bin takes (LANGUAGE.md 1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

TIME_UNITS: Mapping[str, str] = {
    spelling: unit
    for unit, spellings in {
        "millisecond": "ms msec msecs millisecond milliseconds",
        "second": "s sec secs second seconds",
        "minute": "m min mins minute minutes",
        "hour": "h hr hrs hour hours",
        "day": "d day days",
        "week": "w week weeks",
        "month": "mo mon mons mos month months",
        "quarter": "q qtr qtrs quarter quarters",
        "year": "y yr yrs year years",
    }.items()
    for spelling in spellings.split()
}
"""Every spelling of a time unit, in lower case."""

SHORT_UNITS: Mapping[str, str] = {
    unit: next(short for short, each in TIME_UNITS.items() if each == unit)
    for unit in dict.fromkeys(TIME_UNITS.values())
}
"""The shortest spelling of each unit."""

PERIOD_CAPS: Mapping[str, int] = {"millisecond": 1000, "second": 60, "minute": 60, "hour": 24}
"""A longer period is cut to this many of its unit, silently: `bin(300s)` is `bin(60s)`.

That many are one of the next larger unit.
"""

_UNITS = tuple(SHORT_UNITS)
NEXT_UNITS: Mapping[str, str] = {
    unit: SHORT_UNITS[larger] for unit, larger in pairwise(_UNITS) if unit in PERIOD_CAPS
}
"""The shortest spelling of the next larger unit."""
