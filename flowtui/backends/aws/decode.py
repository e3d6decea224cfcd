"""What the service answered, read member by member: what is not as it sends it is `Misshapen`.

Members that are absent or null are what the service leaves out. Others that flowtui does not know
are none of its business.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from flowtui.model.timerange import from_ms

_LARGEST = 10**18
"""No count and no size of the service comes near it."""
_LAST_MS = 253_402_300_799_999
"""The end of the year 9999, the last that a time can be in."""

_KINDS: Mapping[type, str] = {
    bool: "a truth value", int: "a number", float: "a number", str: "a text", list: "a list",
    dict: "an object",
}  # fmt: skip


class Misshapen(Exception):
    """A member is not what the service sends; the sentence tells its place, never its value."""

    def __init__(self, place: str, wanted: str, found: object) -> None:
        kind = "missing" if found is None else _KINDS.get(type(found), "something else")
        kind = "empty" if found == "" else kind
        super().__init__(f"{place or 'it'} is {kind} where the service has {wanted}")


class Entry:
    """One object of an answer; every method raises `Misshapen`."""

    __slots__ = ("_members", "_place")

    def __init__(self, members: object, place: str = "") -> None:
        if not isinstance(members, dict):
            raise Misshapen(place, "an object", members)
        self._members: dict[str, Any] = members
        self._place = place

    def __contains__(self, name: str) -> bool:
        return self._members.get(name) is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The members that are there."""
        return tuple(name for name, value in self._members.items() if value is not None)

    def place(self, name: str) -> str:
        """Where a member is, for a sentence: `logGroups[3].arn`."""
        return f"{self._place}.{name}" if self._place else name

    def raw(self, name: str) -> Any:
        return self._members.get(name)

    def text(self, name: str) -> str:
        """Empty where it is left out."""
        return as_text(self._members.get(name, ""), self.place(name), is_optional=True)

    def name(self, name: str) -> str:
        """A text that the service never leaves out, and never leaves empty."""
        value = as_text(self._members.get(name), self.place(name))
        if not value:
            raise Misshapen(self.place(name), "some text", value)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        place = self.place(name)
        items = enumerate(as_list(self._members.get(name), place))
        return tuple(as_text(item, f"{place}[{at}]") for at, item in items)

    def number(self, name: str) -> float | None:
        """A count or a size: finite, and never negative."""
        value = self._members.get(name)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not 0 <= value <= _LARGEST:
            raise Misshapen(self.place(name), "a count", value)
        return float(value) if isinstance(value, float) else int(value)

    def whole(self, name: str, most: int = _LARGEST) -> int | None:
        value = self.number(name)
        if value is not None and (value != int(value) or value > most):
            raise Misshapen(self.place(name), "a whole number of that size", value)
        return None if value is None else int(value)

    def moment(self, name: str) -> datetime | None:
        """A time that is sent as milliseconds since the epoch."""
        value = self.whole(name, _LAST_MS)
        return None if value is None else from_ms(value)

    def date(self, name: str) -> datetime | None:
        """A time that botocore has read already; without a zone it is in UTC."""
        value = self._members.get(name)
        if value is None:
            return None
        if not isinstance(value, datetime):
            raise Misshapen(self.place(name), "a time", value)
        try:
            return (value.replace(tzinfo=value.tzinfo or UTC)).astimezone(UTC)
        except (OverflowError, ValueError):
            raise Misshapen(self.place(name), "a time of this era", value) from None

    def entries(self, name: str) -> Iterator[Entry]:
        place = self.place(name)
        for at, item in enumerate(as_list(self._members.get(name), place)):
            yield Entry(item, f"{place}[{at}]")

    def member(self, name: str) -> Entry:
        """An object inside; one that is left out is empty."""
        value = self._members.get(name)
        return Entry({} if value is None else value, self.place(name))

    @property
    def served_at(self) -> datetime | None:
        """The service's clock when it answered; None where it does not tell."""
        headers = self.member("ResponseMetadata").member("HTTPHeaders")
        try:
            served = parsedate_to_datetime(headers.text("date"))
        except (ValueError, IndexError, OverflowError):
            return None
        return served.replace(tzinfo=UTC) if served.utcoffset() is None else served


def as_list(value: object, place: str) -> list[Any]:
    """An empty one where it is left out."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Misshapen(place, "a list", value)
    return value


def as_text(value: object, place: str, *, is_optional: bool = False) -> str:
    if value is None and is_optional:
        return ""
    if not isinstance(value, str):
        raise Misshapen(place, "a text", value)
    return value
