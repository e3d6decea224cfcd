"""Queries that are checked in several places, and where in a text a finding is."""

from __future__ import annotations

ELEVEN_STATS = " | ".join(["stats count(*)"] * 11)
TOO_LONG = f'filter srcaddr = "{"R" * 9982}"'
ELEVEN_CASES = f"fields case({', '.join(f'a = {n}, {n}' for n in range(11))}) as b"
MANY_PARAMETERS = f"fields {', '.join(f'{{{{p{n}}}}}' for n in range(21))}"
ACCOUNTS = ", ".join(f"'{n}'" for n in range(21))
DATA_SOURCES = ", ".join(["'a.b'"] * 11)
TAG = '{"key":"a","values":["b"]}'
SUBQUERY = "(SOURCE 'g' | filter a in (SOURCE 'h' | fields b) | fields c)"
JOIN = "join left=l right=r where l.k = r.k (SOURCE 'g')"

Place = str | tuple[int, int]
"""The text that is underlined: its first occurrence, or after `...` its last; or the span."""


def span_of(text: str, place: Place) -> tuple[int, int]:
    if isinstance(place, tuple):
        return place
    start = text.rindex(place[3:]) if place.startswith("...") else text.index(place)
    return start, start + len(place.removeprefix("...").rstrip())
