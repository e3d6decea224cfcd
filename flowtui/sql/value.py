"""An expression in SQL: one value, seen as a text and as a number."""

from __future__ import annotations

from dataclasses import field, replace
from enum import Enum

from flowtui.model.frozen import frozen
from flowtui.sql.dialects.base import Dialect


class ValueKind(Enum):
    """How a value is shown and compared (LANGUAGE.md 3.1 and 3.3)."""

    TEXT = "text"
    """A loose text: a number where it reads as one."""
    NUMBER = "number"
    TIMESTAMP = "timestamp"
    """Epoch milliseconds, shown as a date."""
    JSON = "json"
    """A map or a list, or what is in one (2.4); shown as JSON where it is a map or a list."""


@frozen
class Value:
    """`text` and `number` are SQL of the same value; each is NULL where the value is not that.

    The compiler takes whichever is the cheaper one for the work at hand.
    """

    kind: ValueKind
    text: str
    number: str
    is_exact: bool = False
    """Whether `number` is an integer type, so that sums are exact."""
    condition: str = ""
    """The value as a condition, where it is one; NULL counts as false."""
    constant: str | float | None = None
    """The value of a literal."""
    json: str = ""
    """SQL of the JSON text, where the value may be a map or a list."""
    origin: str = ""
    """The origin of a map or a list: a function as the catalogue spells it, logfmt."""
    is_rounded: bool = False
    """Whether it is a text that may show fewer digits than its `number` has."""
    longest: int = field(default=0, compare=False)
    """Bytes that the text has at most; 0 where that is not known. See `sizes`."""

    @property
    def native(self) -> str:
        """The SQL that is selected and grouped by."""
        if self.json:
            return self.json
        return self.text if self.kind is ValueKind.TEXT else self.number

    @property
    def is_loose(self) -> bool:
        """Whether it may be a text or a number, row by row."""
        return self.kind in (ValueKind.TEXT, ValueKind.JSON)

    @property
    def is_structure(self) -> bool:
        """Whether it is a map or a list in every row; a part of one may be."""
        return bool(self.origin)

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
        return len(self.text) + len(self.number) + len(self.json)

    def in_group(self) -> Value:
        """The value that all rows of a group have in common, for a SELECT that groups by it."""
        text, number, json = (
            f"any_value({sql})" if sql else "" for sql in (self.text, self.number, self.json)
        )
        return replace(self, text=text, number=number, json=json, condition="", constant=None)


NUMBER = 320
"""Bytes of the largest number that is written out."""

MISSING = Value(ValueKind.TEXT, "CAST(NULL AS VARCHAR)", "CAST(NULL AS DOUBLE)")
"""The value of a field that is unknown, or that a row lacks."""


@frozen
class Values:
    """Makes values in the SQL of a dialect."""

    dialect: Dialect

    def text(
        self, sql: str, number: str = "", *, is_exact: bool = False, is_rounded: bool = False
    ) -> Value:
        """A loose text; `number` is SQL that gives its number more cheaply than reading it."""
        number = number or self.dialect.numbers.from_text(sql)
        return Value(ValueKind.TEXT, sql, number, is_exact, is_rounded=is_rounded)

    def number(self, sql: str) -> Value:
        """A DOUBLE."""
        return Value(ValueKind.NUMBER, self.dialect.numbers.text(sql), sql, longest=NUMBER)

    def integer(self, sql: str) -> Value:
        text = f"CAST({sql} AS VARCHAR)"
        return Value(ValueKind.NUMBER, text, sql, is_exact=True, longest=NUMBER)

    def computed(self, sql: str, *, is_exact: bool) -> Value:
        return self.integer(sql) if is_exact else self.number(sql)

    def timestamp(self, sql: str) -> Value:
        """Epoch milliseconds, as a BIGINT."""
        text = self.dialect.times.text(sql)
        return Value(ValueKind.TIMESTAMP, text, sql, is_exact=True, longest=NUMBER)

    def boolean(self, condition: str) -> Value:
        """A condition as a value; it is shown as 1 or 0 (3.1)."""
        sql = self.dialect.conditions.number(condition)
        text = f"CAST({sql} AS VARCHAR)"
        return Value(
            ValueKind.NUMBER, text, sql, is_exact=True, condition=condition, longest=NUMBER
        )

    def structure(self, json: str, origin: str) -> Value:
        """A map or a list, as minified JSON: to what takes texts or numbers it is missing (2.4)."""
        return replace(MISSING, kind=ValueKind.JSON, json=json, origin=origin)

    def part(self, json: str) -> Value:
        """What is in a map or a list; as a text and a number it is there where it is neither."""
        return replace(self.text(self.dialect.json.text(json)), kind=ValueKind.JSON, json=json)

    def scalar(self, value: Value) -> Value:
        """The value without the maps and lists that it may be."""
        return self.text(value.text) if value.json and not value.is_structure else value

    def column(self, value: Value, name: str) -> Value:
        """`value` read back from a subselect that calls it `name` (and `name#`, its number)."""
        return replace(self._read_back(value, name), longest=value.longest)

    def _read_back(self, value: Value, name: str) -> Value:
        match value.kind:
            case ValueKind.NUMBER:
                return self.computed(name, is_exact=value.is_exact)
            case ValueKind.TIMESTAMP:
                return self.timestamp(name)
            case ValueKind.JSON if value.is_structure:
                return self.structure(name, value.origin)
            case ValueKind.JSON:
                return self.part(name)
            case ValueKind.TEXT:
                number = f'{name[:-1]}#"'
                is_exact, is_rounded = value.is_exact, value.is_rounded
                return self.text(name, number, is_exact=is_exact, is_rounded=is_rounded)

    def has_number(self, value: Value) -> bool:
        """Whether the text comes with a number that need not be read from it."""
        return value.kind is ValueKind.TEXT and value.number != self.text(value.text).number

    def present(self, value: Value) -> str:
        """The condition that the row has it."""
        if value.kind is ValueKind.NUMBER and not value.is_exact:
            return self.dialect.numbers.is_finite(value.number)
        return f"{value.native} IS NOT NULL"

    def moment(self, value: Value) -> str:
        """Epoch milliseconds; NULL where a number is no moment of the years 1970 to 9999."""
        if value.kind is ValueKind.TIMESTAMP:
            return value.number
        return self.dialect.times.moment(value.number)
