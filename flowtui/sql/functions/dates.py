"""Dates as text: `formatDate` by strftime and `parseDate` by Java's patterns (2.2).

Both patterns must be written out, so that a wrong letter is an error at its place and a row costs
no more than SQL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from flowtui.model.errors import QueryError, Span, UnsupportedQuery
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.functions import zones
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.functions.zones import Zone
from flowtui.sql.value import Value

_DIRECTIVE = re.compile(r"%-?.|[^%]+|%", re.DOTALL)
_SPELLED: Mapping[str, str] = {
    "%D": "%m/%d/%y", "%F": "%Y-%m-%d", "%h": "%b", "%n": "\n", "%r": "%I:%M:%S %p", "%R": "%H:%M",
    "%t": "\t", "%T": "%H:%M:%S", "%x": "%m/%d/%y", "%X": "%H:%M:%S",
}  # fmt: skip
"""In the C locale."""
_COMPUTED: Mapping[str, Callable[[str, str, Dialect], str]] = {
    "%e": lambda _, wall, dialect: _padded("%-d", wall, dialect),
    "%k": lambda _, wall, dialect: _padded("%-H", wall, dialect),
    "%l": lambda _, wall, dialect: _padded("%-I", wall, dialect),
    "%C": lambda _, wall, dialect: _century(wall, dialect),
    "%s": lambda ms, _, dialect: f"CAST({dialect.numbers.quotient(ms, 1000)} AS VARCHAR)",
    "%z": lambda ms, wall, dialect: dialect.times.offset_text(f"{wall} - {ms}"),
}
"""Parts that are made of a moment and its wall clock, where the engine does not spell them."""


def _padded(directive: str, wall: str, dialect: Dialect) -> str:
    number = dialect.times.formatted(wall, f"'{directive}'")
    return f"lpad({number}, 2, ' ')"


def _century(wall: str, dialect: Dialect) -> str:
    century = dialect.numbers.quotient(dialect.times.year(wall), 100)
    return f"lpad(CAST({century} AS VARCHAR), 2, '0')"


def _format_date(a: Arguments) -> Value:
    """The moment on the wall clock of a zone, UTC's where none is named."""
    node = a.literal(1, "format")
    ms = a.moment(0)
    wall = _zone(a, 2).wall(ms, a.environment)
    parts = [
        compute(ms, wall, a.dialect)
        if (compute := _COMPUTED.get(piece))
        else a.dialect.times.formatted(wall, a.constant(piece))
        for piece in _strftime(node, a.dialect.times.directives)
    ]
    # Of a missing moment even a format without directives is missing.
    shown = " || ".join(parts) or "''"
    return a.values.text(f"CASE WHEN {ms} IS NOT NULL THEN {shown} END")


def _zone(a: Arguments, index: int) -> Zone:
    return zones.read(a.node(index), a.dialect.times) if len(a) > index else zones.UTC


def _strftime(node: ast.String, native: frozenset[str]) -> list[str]:
    """The format in pieces: runs that the engine formats, and keys of `_COMPUTED`."""
    expanded = node.value.replace("%c", "%a %b %e %H:%M:%S %Y")
    pieces: list[str] = []
    for piece in _DIRECTIVE.findall(expanded):
        if piece in _COMPUTED:
            pieces += [piece, ""]
            continue
        if piece.startswith("%") and piece not in native and piece not in _SPELLED:
            raise UnsupportedQuery(f"the local engine does not format {piece}", node.span)
        run = pieces.pop() if pieces else ""
        pieces.append(run + _SPELLED.get(piece, piece))
    return [piece for piece in pieces if piece]


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _names(names: tuple[str, ...], length: int | None = None) -> str:
    return "|".join(name[:length] for name in names)


_JAVA: Mapping[str, tuple[str, str]] = {
    "yyyy": ("year", "[0-9]{4}"), "uuuu": ("year", "[0-9]{4}"),
    "y": ("year", "[0-9]{1,4}"), "u": ("year", "[0-9]{1,4}"),
    "yy": ("short", "[0-9]{2}"), "uu": ("short", "[0-9]{2}"),
    "MM": ("month", "0[1-9]|1[0-2]"), "M": ("month", "0?[1-9]|1[0-2]"),
    "LL": ("month", "0[1-9]|1[0-2]"), "L": ("month", "0?[1-9]|1[0-2]"),
    "MMM": ("name", _names(_MONTHS, 3)), "LLL": ("name", _names(_MONTHS, 3)),
    "MMMM": ("name", _names(_MONTHS)), "LLLL": ("name", _names(_MONTHS)),
    "dd": ("day", "0[1-9]|[12][0-9]|3[01]"), "d": ("day", "0?[1-9]|[12][0-9]|3[01]"),
    "DDD": ("yearday", "[0-9]{3}"), "D": ("yearday", "[0-9]{1,3}"),
    "E": ("", _names(_DAYS, 3)), "EE": ("", _names(_DAYS, 3)), "EEE": ("", _names(_DAYS, 3)),
    "EEEE": ("", _names(_DAYS)),
    "HH": ("hour", "[01][0-9]|2[0-3]"), "H": ("hour", "[01]?[0-9]|2[0-3]"),
    "hh": ("half", "0[1-9]|1[0-2]"), "h": ("half", "0?[1-9]|1[0-2]"), "a": ("noon", "AM|PM"),
    "mm": ("minute", "[0-5][0-9]"), "m": ("minute", "[0-5]?[0-9]"),
    "ss": ("second", "[0-5][0-9]"), "s": ("second", "[0-5]?[0-9]"),
    **{"S" * count: ("fraction", f"[0-9]{{{count}}}") for count in range(1, 10)},
    **{"Z" * count: ("offset", "[+-][0-9]{4}") for count in range(1, 4)},
    "ZZZZZ": ("offset", "Z|[+-][0-9]{2}:[0-9]{2}"),
    "X": ("offset", "Z|[+-][0-9]{2}(?:[0-9]{2})?"), "XX": ("offset", "Z|[+-][0-9]{4}"),
    "XXX": ("offset", "Z|[+-][0-9]{2}:[0-9]{2}"),
    "x": ("offset", "[+-][0-9]{2}(?:[0-9]{2})?"), "xx": ("offset", "[+-][0-9]{4}"),
    "xxx": ("offset", "[+-][0-9]{2}:[0-9]{2}"),
}  # fmt: skip
"""Each run of letters: the part of a date that it is, and its spelling as a regular expression.

The name of a weekday is read and not checked (ours). Names are English and case counts.
"""
_TOKEN = re.compile(
    r"'(?P<quoted>(?:[^']|'')*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.DOTALL
)


def _parse_date(a: Arguments) -> Value:
    """Epoch milliseconds; missing where the text does not fit the format from end to end.

    What the format lacks of a time is 0. An offset in the text counts before the zone.
    """
    pattern, dialect = _java(a.literal(1, "format")), a.dialect
    count = len(pattern.parts)
    found = dialect.patterns.groups(a.text(0), a.constant(pattern.regex), count)
    groups = (dialect.patterns.group("found", number) for number in range(1, count + 1))
    parts = dict(zip(pattern.parts, groups, strict=True))
    wall = _wall(parts, dialect)
    moment = _zone(a, 2).moment(wall, a.environment)
    if "offset" in parts:
        moment = f"coalesce({wall} - {dialect.times.offset(parts['offset'])}, {moment})"
    return a.values.integer(dialect.lists.let("found", found, moment))


@frozen
class _Pattern:
    regex: str
    parts: tuple[str, ...]
    """Its groups, in order."""


def _java(node: ast.String) -> _Pattern:
    """The pattern of Java's DateTimeFormatter as a regular expression."""
    parts: list[str] = []
    regex = "".join(_pieces(node, parts))
    _check(parts, node.span)
    return _Pattern(rf"\A(?:{regex})\z", tuple(parts))


def _pieces(node: ast.String, parts: list[str]) -> Iterator[str]:
    depth = 0
    for token in _TOKEN.finditer(node.value):
        if letters := token["letters"]:
            yield _letters(letters, parts, node.span)
        elif token["quoted"] is not None:
            yield re.escape(token["quoted"].replace("''", "'") or "'")
        elif token["other"] in "[]":
            depth += 1 if token["other"] == "[" else -1
            yield "(?:" if token["other"] == "[" else ")?"
        elif token["other"] in "{}#'":
            raise QueryError(f"{token['other']} has no meaning in a date format", node.span)
        else:
            yield re.escape(token["other"])
        if depth < 0:
            break
    if depth:
        raise QueryError("a [ or ] in this date format has no partner", node.span)


def _letters(letters: str, parts: list[str], span: Span) -> str:
    part, regex = _JAVA.get(letters, ("", ""))
    if not regex:
        raise UnsupportedQuery(f"the local engine does not read {letters} in a date", span)
    if not part or part in parts:
        return f"(?:{regex})"
    parts.append(part)
    return f"({regex})"


def _check(parts: list[str], span: Span) -> None:
    has_day = "yearday" in parts or ("day" in parts and ("month" in parts or "name" in parts))
    if not has_day or not ("year" in parts or "short" in parts):
        raise QueryError("the date format needs a year, a month and a day: yyyy-MM-dd", span)
    if ("half" in parts) != ("noon" in parts):
        raise QueryError("h is an hour of half a day and needs a, AM or PM; or write H", span)


def _wall(parts: Mapping[str, str], dialect: Dialect) -> str:
    """The wall clock that the parts show, in milliseconds; an empty part is missing."""

    def number(part: str) -> str:
        return f"TRY_CAST({parts[part]} AS INTEGER)"

    def time(part: str) -> str:
        return f"coalesce({number(part)}, 0)" if part in parts else "0"

    hour = time("hour")
    if "half" in parts:
        hour = f"({time('half')} % 12 + CASE WHEN {parts['noon']} = 'PM' THEN 12 ELSE 0 END)"
    fraction = f"rpad(substr({parts['fraction']}, 1, 3), 3, '0')" if "fraction" in parts else "''"
    clock = f"(({hour} * 60 + {time('minute')}) * 60 + {time('second')}) * 1000"
    clock += f" + coalesce(TRY_CAST({fraction} AS INTEGER), 0)"
    return f"({_day(parts, dialect)} + {clock})"


def _day(parts: Mapping[str, str], dialect: Dialect) -> str:
    def number(part: str) -> str:
        return f"TRY_CAST({parts[part]} AS INTEGER)"

    year = number("year") if "year" in parts else f"(2000 + {number('short')})"
    if "yearday" in parts:
        return dialect.times.day_of_year(year, number("yearday"))
    if "month" in parts:
        return dialect.times.day(year, number("month"), number("day"))
    months = [f"'{name[:3]}'" for name in _MONTHS]
    month = dialect.lists.position(months, f"substr({parts['name']}, 1, 3)")
    return dialect.times.day(year, month, number("day"))


FUNCTIONS: Mapping[str, Function] = {
    "formatdate": _format_date,
    "parsedate": _parse_date,
}
