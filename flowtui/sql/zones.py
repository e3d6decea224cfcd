"""Time zones: wall clocks and moments in SQL, by the ICU library that DuckDB's wheels bring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.query import ast
from flowtui.sql.parameters import Parameters

_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.ASCII)
_UTC_NAMES = ("UTC", "GMT", "UT", "Z")
_LONGEST = 18 * 60
"""Minutes: no zone is further from UTC, as Java has it."""
_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of rules by its `name`, such as Europe/Berlin, else a fixed distance from UTC."""

    name: str = ""
    offset_ms: int = 0

    def wall(self, ms: str, parameters: Parameters) -> str:
        """The wall clock at the moment `ms`, in milliseconds as if it were UTC's."""
        if not self.name:
            return f"({ms} + {self.offset_ms})"
        zone = parameters.add(self.name)
        return f"epoch_ms(timezone({zone}, make_timestamptz({ms} * 1000)))"

    def moment(self, wall: str, parameters: Parameters) -> str:
        """The moment at which the wall clock shows `wall`; the inverse of `wall`.

        As in Java, of two such moments the earlier one counts, and a time that a clock skips is
        moved on by what it skips. ICU takes the later one, so that the offset of a day before is
        tried first.
        """
        if not self.name:
            return f"({wall} - {self.offset_ms})"
        late = f"epoch_ms(timezone({parameters.add(self.name)}, epoch_ms(wall)))"
        early = f"(wall - {self.wall(f'({late} - {_DAY})', parameters)} + ({late} - {_DAY}))"
        fits = f"{self.wall(early, parameters)} = wall"
        moment = f"CASE WHEN {fits} THEN {early} ELSE {late} END"
        return f"list_transform([{wall}], lambda wall: {moment})[1]"


UTC = Zone()


def read(node: ast.Expr) -> Zone:
    """The zone that an argument names; raises `QueryError` where there is none of that name."""
    if not isinstance(node, ast.String):
        raise UnsupportedQuery("the local engine needs the time zone as a text", node.span)
    if node.value in _UTC_NAMES:
        return UTC
    if found := _OFFSET.fullmatch(node.value):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if minutes <= _LONGEST:
            return Zone(offset_ms=(-minutes if found[1] == "-" else minutes) * 60_000)
    elif not (refusal := _region_refusal(node.value)):
        return Zone(node.value)
    elif refusal == _WITHOUT_ICU:
        raise UnsupportedQuery(refusal, node.span)
    message = f"there is no time zone {node.value!r}; write it like Europe/Berlin or +02:00"
    raise QueryError(message, node.span)


_WITHOUT_ICU = "this build of DuckDB lacks ICU, which knows time zones; write one like +02:00"


@lru_cache(maxsize=64)
def _region_refusal(name: str) -> str:
    """Why ICU does not know the zone; empty where it does."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        try:
            connection.execute("SELECT epoch_ms(timezone($1, TIMESTAMP '2000-01-01'))", [name])
        except duckdb.CatalogException:
            return _WITHOUT_ICU
        except duckdb.Error as error:
            return str(error)
    return ""
