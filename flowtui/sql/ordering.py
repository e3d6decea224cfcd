"""The order of rows: natural sort (insights-ql.md 3.5) and the order without one (1.7)."""

from __future__ import annotations

from collections.abc import Iterable

from flowtui.sql.dialects.base import Dialect
from flowtui.sql.value import Kind, Value


def natural(value: Value, dialect: Dialect, *, descending: bool) -> list[str]:
    """ORDER BY terms: missing, then texts by chunk, then numbers; descending is the reverse."""
    direction = "DESC NULLS LAST" if descending else "ASC NULLS FIRST"
    keys = map(dialect.constants.sort_term, _keys(value, dialect))
    return [f"{key} {direction}" for key in keys]


def sort_key(value: Value, dialect: Dialect) -> str:
    """One SQL value that sorts as `natural` does, for values that are not missing."""
    if value.kind is not Kind.TEXT:
        return value.number
    number, natural_key, text = _keys(value, dialect)
    is_number, number_key = f"{number} IS NOT NULL", f"coalesce({number}, 0)"
    return dialect.records.key([is_number, number_key, f"coalesce({natural_key}, '')", text])


def unsorted_events() -> list[str]:
    """Newest first, then as they were loaded."""
    return ['"@timestamp" DESC NULLS LAST', *as_loaded()]


def as_loaded() -> list[str]:
    return ['"@ptr" ASC NULLS FIRST']


def backwards(terms: Iterable[str]) -> list[str]:
    """The terms for the reverse order; each ends with one of the two directions."""
    up, down = "ASC NULLS FIRST", "DESC NULLS LAST"
    return [
        f"{term.removesuffix(up)}{down}" if term.endswith(up) else f"{term.removesuffix(down)}{up}"
        for term in terms
    ]


def unsorted_groups(keys: list[Value]) -> list[str]:
    """Newest bin first, as the service does; otherwise by the keys (ours, to be repeatable).

    Not in natural order: that takes a microsecond a row, and there may be millions.
    """
    times = [key for key in keys if key.kind is Kind.TIMESTAMP]
    others = [key for key in keys if key.kind is not Kind.TIMESTAMP]
    newest = [f"{key.number} DESC NULLS LAST" for key in times]
    return [*newest, *settled(others)]


def settled(keys: list[Value]) -> list[str]:
    """What orders the groups that a sort leaves equal: cheap, and the same in every run."""
    numbers = [key.number for key in keys]
    texts = [key.native for key in keys if key.native != key.number]
    return [f"{term} ASC NULLS FIRST" for term in (*numbers, *texts)]


def _keys(value: Value, dialect: Dialect) -> tuple[str, ...]:
    if value.kind is not Kind.TEXT:
        return (value.number,)
    natural_key = f"CASE WHEN {value.number} IS NULL THEN {dialect.texts.natural(value.text)} END"
    return value.number, natural_key, value.text
