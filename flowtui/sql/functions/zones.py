"""Time zones: wall clocks and moments in SQL."""

from __future__ import annotations

import re

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.sql.dialects.base import Times
from flowtui.sql.environment import CompileEnvironment

_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.ASCII)
_UTC_NAMES = ("UTC", "GMT", "UT", "Z")
_LONGEST = 18 * 60
"""Minutes: no zone is further from UTC, as Java has it."""
_DAY = 86_400_000


@frozen
class Zone:
    """A zone of rules by its `name`, such as Europe/Berlin, else a fixed distance from UTC."""

    name: str = ""
    offset_ms: int = 0

    def wall(self, ms: str, environment: CompileEnvironment) -> str:
        """The wall clock at the moment `ms`, in milliseconds as if it were UTC's."""
        if not self.name:
            return f"({ms} + {self.offset_ms})"
        return environment.dialect.times.wall_clock(ms, environment.parameters.add(self.name))

    def moment(self, wall: str, environment: CompileEnvironment) -> str:
        """The moment at which the wall clock shows `wall`; the inverse of `wall`.

        As in Java, of two such moments the earlier one counts, and a time that a clock skips is
        moved on by what it skips. An engine may take the later one, so that the offset of a day
        before is tried first.
        """
        if not self.name:
            return f"({wall} - {self.offset_ms})"
        dialect = environment.dialect
        late = dialect.times.instant("wall", environment.parameters.add(self.name))
        early = f"(wall - {self.wall(f'({late} - {_DAY})', environment)} + ({late} - {_DAY}))"
        fits = f"{self.wall(early, environment)} = wall"
        return dialect.lists.let("wall", wall, f"CASE WHEN {fits} THEN {early} ELSE {late} END")


UTC = Zone()


def read(node: ast.Expr, times: Times) -> Zone:
    """The zone that an argument names; raises `QueryError` where there is none of that name."""
    if not isinstance(node, ast.String):
        raise UnsupportedQuery("the local engine needs the time zone as a text", node.span)
    if node.value in _UTC_NAMES:
        return UTC
    if found := _OFFSET.fullmatch(node.value):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if minutes <= _LONGEST:
            return Zone(offset_ms=(-minutes if found[1] == "-" else minutes) * 60_000)
    elif times.has_zone(node.value):
        return Zone(node.value)
    elif lack := times.lack_of_zones:
        raise UnsupportedQuery(lack, node.span)
    message = f"there is no time zone {node.value!r}; write it like Europe/Berlin or +02:00"
    raise QueryError(message, node.span)
