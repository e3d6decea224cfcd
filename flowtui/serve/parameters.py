"""The parameters of one request, each read once and checked by its reader. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from flowtui.serve.wire import Json, invalid

T = TypeVar("T")

LANGUAGES = ("CWLI", "SQL", "PPL")

LAST_SECOND = 253_402_300_798
"""The last but one of the year 9999: a window ends a second later."""


class Parameters:
    """The parameters of one request; what is not read at the end is refused, never ignored."""

    def __init__(self, operation: str, values: Mapping[str, object]) -> None:
        self._operation = operation
        self._values = values
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str, default: str | None = None, *, longest: int = 512) -> str:
        """A string; required where there is no default."""
        value = self._take(name, default)
        if not isinstance(value, str) or len(value) > longest:
            raise invalid(f"{name} must be a string of at most {longest} characters")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise invalid(f"{name} holds half a surrogate pair, which is no text")
        return value

    def integer(self, name: str, lowest: int, highest: int, default: int | None = None) -> int:
        """A whole number from `lowest` to `highest`; required where there is no default."""
        value = self._take(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise invalid(f"{name} must be a whole number from {lowest} to {highest}")
        return value

    def texts(self, name: str, most: int) -> list[str]:
        """A list of one to `most` strings."""
        value = self._take(name, None)
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            raise invalid(f"{name} must be a list of 1 to {most} strings")
        return [Parameters(name, {name: item}).text(name, longest=2048) for item in value]

    def is_filled(self, name: str) -> bool:
        """Whether a list is given that is not empty."""
        return bool(self._take(name, []))

    def records(self, name: str, longest: Mapping[str, int]) -> list[Mapping[str, str]]:
        """A list, perhaps empty, of objects of strings: their members, and how long each may be."""
        value = self._take(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise invalid(f"{name} must be a list of objects")
        return [_record(Parameters(name, item), longest) for item in value]

    def member(self, name: str) -> Parameters:
        """An object, empty where it is not given; what is in it need not be read."""
        value = self._take(name, {})
        if not isinstance(value, dict):
            raise invalid(f"{name} must be an object")
        return Parameters(name, value)

    def filters(self, name: str, most: int) -> list[tuple[str, list[str]]]:
        """A list, perhaps empty, of EC2's filters: a name, and one to `most` values."""
        value = self._take(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise invalid(f"{name} must be a list of filters")
        return [_filter(Parameters(name, item), most) for item in value]

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise invalid(f"{name} must be true or false")
        return value

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        """One of `choices`, or `default` where it is not given."""
        value = self.text(name, default)
        if name in self and value not in choices:
            raise invalid(f"{name} must be one of {', '.join(choices)}")
        return value

    def second(self, name: str) -> int:
        """Epoch seconds; some clients send milliseconds, which the service takes as well."""
        value = self.integer(name, 0, LAST_SECOND * 1000)
        second = value // 1000 if value > 100_000_000_000 else value
        if second > LAST_SECOND:
            raise invalid(f"{name} is past the year 9999")
        return second

    def offset(self, name: str) -> int:
        """Where the page begins that a token of ours names."""
        token = self.text(name, "0")
        if not (token.isascii() and token.isdigit() and len(token) <= 9):
            raise invalid(f"The specified {name} is invalid")
        return int(token)

    def page(
        self,
        items: Sequence[T],
        size: str,
        following: str = "nextToken",
        *,
        most: int,
        default: int | None = None,
    ) -> tuple[Sequence[T], Json]:
        """The page that is asked for, and the token of the next one; the last that is read.

        `size` is the parameter with the number of items, at most `most`; `following` is that with
        the token.
        """
        count = self.integer(size, 1, most, default or most)
        start = self.offset(following)
        self.refuse_the_rest()
        end = start + count
        return items[start:end], {"nextToken": str(end)} if end < len(items) else {}

    def only_cwli(self) -> None:
        language = self.choice("queryLanguage", LANGUAGES, "CWLI")
        if language != "CWLI":
            raise invalid(f"this endpoint runs queries in CWLI, not in {language}")

    def refuse_flag(self, name: str) -> None:
        """Take a flag that may be given, but not set."""
        if self.flag(name, default=False):
            raise invalid(f"this endpoint has nothing for {name} of {self._operation}")

    def refuse_the_rest(self) -> None:
        unread = sorted(name for name in self._values if name not in self._read and name in self)
        if unread:
            raise invalid(f"this endpoint does not know {unread[0][:64]!r} of {self._operation}")

    def _take(self, name: str, default: object) -> object:
        self._read.add(name)
        value = self._values.get(name)
        if value is not None:
            return value
        if default is None:
            raise invalid(f"{self._operation} needs {name}")
        return default


def _record(members: Parameters, longest: Mapping[str, int]) -> Mapping[str, str]:
    record = {
        name: members.text(name, longest=length)
        for name, length in longest.items()
        if name in members
    }
    members.refuse_the_rest()
    return record


def _filter(members: Parameters, most: int) -> tuple[str, list[str]]:
    pair = members.text("Name"), members.texts("Value", most)
    members.refuse_the_rest()
    return pair
