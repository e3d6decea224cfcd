"""What an expression is in SQL: one value, seen as a text and as a number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a value is shown and compared (insights-ql.md 3.1 and 3.3)."""

    TEXT = "text"
    """A loose text: a number where it reads as one."""
    NUMBER = "number"
    TIMESTAMP = "timestamp"
    """Epoch milliseconds, shown as a date."""


@dataclass(frozen=True, slots=True)
class Value:
    """`text` and `number` are SQL of the same value; each is NULL where the value is not that.

    The compiler takes whichever is the cheaper one for the work at hand.
    """

    kind: Kind
    text: str
    number: str
    is_exact: bool = False
    """Whether `number` is an integer type, so that sums are exact."""
    condition: str = ""
    """The value as a condition, where it is one; NULL counts as false."""
    constant: str | float | None = None
    """What a literal stands for."""

    @property
    def native(self) -> str:
        """The SQL that is selected and grouped by."""
        return self.text if self.kind is Kind.TEXT else self.number

    @property
    def truth(self) -> str:
        """The value as a condition: what is neither zero nor a mere text is true."""
        return self.condition or f"({self.number} <> 0)"

    @property
    def double(self) -> str:
        """The number as a DOUBLE, in which arithmetic can't overflow into an error."""
        return f"CAST({self.number} AS DOUBLE)" if self.is_exact else self.number

    @property
    def size(self) -> int:
        """How much SQL it takes to write."""
        return len(self.text) + len(self.number)


def text(sql: str, number: str = "", *, is_exact: bool = False) -> Value:
    """A loose text; `number` is SQL that gives its number more cheaply than reading the text."""
    return Value(Kind.TEXT, sql, number or f"flow_number({sql})", is_exact)


def number(sql: str) -> Value:
    """A DOUBLE."""
    return Value(Kind.NUMBER, f"flow_number_text({sql})", sql)


def integer(sql: str) -> Value:
    return Value(Kind.NUMBER, f"CAST({sql} AS VARCHAR)", sql, is_exact=True)


def timestamp(sql: str) -> Value:
    """Epoch milliseconds, as a BIGINT."""
    return Value(Kind.TIMESTAMP, f"flow_timestamp_text({sql})", sql, is_exact=True)


def boolean(condition: str) -> Value:
    """A condition as a value; it is shown as 1 or 0 (3.1)."""
    sql = f"CAST(({condition}) IS TRUE AS INTEGER)"
    return Value(Kind.NUMBER, f"CAST({sql} AS VARCHAR)", sql, is_exact=True, condition=condition)


MISSING = Value(Kind.TEXT, "CAST(NULL AS VARCHAR)", "CAST(NULL AS DOUBLE)")
"""What a field is that no one knows, or that a row lacks."""


def computed(sql: str, *, is_exact: bool) -> Value:
    return integer(sql) if is_exact else number(sql)


def column(value: Value, name: str) -> Value:
    """`value` read back from a subselect that calls it `name` (and `name#`, its number)."""
    match value.kind:
        case Kind.NUMBER:
            return computed(name, is_exact=value.is_exact)
        case Kind.TIMESTAMP:
            return timestamp(name)
        case Kind.TEXT:
            return text(name, f'{name[:-1]}#"', is_exact=value.is_exact)
