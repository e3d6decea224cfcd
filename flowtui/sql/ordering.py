"""The order of rows: natural sort (LANGUAGE.md 3.5) and the order without one (1.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flowtui.sql.dialects.base import Dialect
from flowtui.sql.value import Value, ValueKind

_UP, _DOWN = "ASC NULLS FIRST", "DESC NULLS LAST"


@dataclass(slots=True)
class RowOrder:
    """The order of the rows here; without a `sort` it is that of events or of groups."""

    events: bool = True
    sorted_by: list[str] = field(default_factory=list)
    """The terms of the last `sort`."""
    leading: list[str] = field(default_factory=list)
    """The terms that order the rows before all else."""
    within: list[str] = field(default_factory=list)
    """The columns that number the rows that were made of one event."""
    keys: list[Value] = field(default_factory=list)
    """The keys of the groups."""

    @property
    def terms(self) -> list[str]:
        """ORDER BY terms that leave no two rows equal; none where there is one row."""
        return [*self.leading, *self._sorted(), *(f"{number} {_UP}" for number in self.within)]

    @property
    def clause(self) -> str:
        return _clause(self.terms)

    def clause_by(self, numbers: Sequence[str]) -> str:
        """The clause where these columns order the rows as `@ptr` does."""
        numbered = [f"{number} {_UP}" for number in numbers]
        return _clause(
            [t for term in self.terms for t in (numbered if term in _AS_LOADED else [term])]
        )

    @property
    def reverse_clause(self) -> str:
        return _clause(backwards(self.terms))

    @property
    def row_number(self) -> str:
        return f"row_number() OVER ({self.clause})"

    def _sorted(self) -> list[str]:
        if not self.events:
            return [*self.sorted_by, *settled(self.keys)] if self.sorted_by else _groups(self.keys)
        return [*self.sorted_by, *_AS_LOADED] if self.sorted_by else [_NEWEST, *_AS_LOADED]


_NEWEST = f'"@timestamp" {_DOWN}'
_AS_LOADED = (f'"@ptr" {_UP}',)


def _clause(terms: list[str]) -> str:
    return f"ORDER BY {', '.join(terms)}" if terms else ""


def natural(value: Value, dialect: Dialect, *, descending: bool) -> list[str]:
    """ORDER BY terms: missing, then texts by chunk, then numbers; descending is the reverse."""
    direction = _DOWN if descending else _UP
    keys = map(dialect.constants.sort_term, _keys(value, dialect))
    return [f"{key} {direction}" for key in keys]


def sort_key(value: Value, dialect: Dialect) -> str:
    """One SQL value that sorts as `natural` does, for values that are not missing."""
    if value.kind is not ValueKind.TEXT:
        return value.number
    number, natural_key, text = _keys(value, dialect)
    is_number, number_key = f"{number} IS NOT NULL", f"coalesce({number}, 0)"
    return dialect.records.key([is_number, number_key, f"coalesce({natural_key}, '')", text])


def backwards(terms: Iterable[str]) -> list[str]:
    """The terms for the reverse order; each ends with one of the two directions."""
    return [
        f"{term.removesuffix(_UP)}{_DOWN}"
        if term.endswith(_UP)
        else f"{term.removesuffix(_DOWN)}{_UP}"
        for term in terms
    ]


def _groups(keys: list[Value]) -> list[str]:
    """Newest bin first, as the service does; otherwise by the keys (ours, to be repeatable).

    Not in natural order: that takes a microsecond a row, and there may be millions.
    """
    times = [key for key in keys if key.kind is ValueKind.TIMESTAMP]
    others = [key for key in keys if key.kind is not ValueKind.TIMESTAMP]
    newest = [f"{key.number} {_DOWN}" for key in times]
    return [*newest, *settled(others)]


def settled(keys: list[Value]) -> list[str]:
    """The order of groups that a sort leaves equal: cheap, and the same in every run."""
    numbers = [key.number for key in keys]
    texts = [key.native for key in keys if key.native != key.number]
    return [f"{term} {_UP}" for term in (*numbers, *texts)]


def _keys(value: Value, dialect: Dialect) -> tuple[str, ...]:
    if value.kind is not ValueKind.TEXT:
        return (value.number,)
    natural_key = f"CASE WHEN {value.number} IS NULL THEN {dialect.texts.natural(value.text)} END"
    return value.number, natural_key, value.text
