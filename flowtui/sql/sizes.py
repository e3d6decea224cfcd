"""How large the texts of a query may get, and what ends it where one gets larger.

An engine computes a batch of rows at a time, a text of each row side by side, and counts no byte of
that before it is there: `concat` of a field with itself, twenty times over, is a thousand times all
memory. So the compiler keeps count of how long a text may be. Where it may be long, SQL looks how
long it is going to be before it is made.

The service documents no limit but 1 MB for an event; these are ours.
"""

from __future__ import annotations

from collections.abc import Callable

from flowtui.sql.dialects.base import Dialect
from flowtui.sql.value import Value

LONGEST_TEXT = 64 << 10
"""Bytes of a computed text, where nobody gives another limit."""
FREE = 64 << 10
"""What can't get longer than that many bytes is not looked at."""
_FIELD = 4 << 10
"""Bytes that a field is taken for; a record of a flow log has some hundred."""
_LEAST = 64
ITEM = 16
"""Bytes that an item of a list takes beside its text; there may be one for each letter."""


class Sizes:
    """Of one query: the more texts are looked at, the shorter each has to be."""

    def __init__(self, dialect: Dialect, longest: int) -> None:
        self._dialect, self._longest = dialect, longest
        self._unknown = _FIELD
        self._guards = 0

    def of(self, *values: Value) -> int:
        """How many bytes the texts have together at most."""
        return sum(value.longest or self._unknown for value in values)

    def made_long(self) -> None:
        """From here on any value may rest on a text that is long."""
        self._unknown = FREE

    def limited(self, text: str, most: int, grows: int = 1) -> str:
        """SQL of `text`, so that what is `grows` times as long fits; it may have `most` bytes."""
        if most * grows <= FREE:
            return text
        return self.guarded(text, lambda name: (self._dialect.texts.size(name), name), grows)

    def guarded(self, text: str, made: Callable[[str], tuple[str, str]], grows: int = 1) -> str:
        """SQL of what is made of `text`, if it is not too long.

        `made` takes the name of the text and gives SQL of how many bytes there will be, and of it.
        """
        self.made_long()
        self._guards += 1
        longest = max(_LEAST, self._longest // self._guards // grows)
        size, result = made("sized")
        failure = self._dialect.constants.failure(
            f"a text of more than {longest:,} bytes would be made, and many of them take more"
            " memory than there is: make shorter ones, or raise memory_gb in the settings"
        )
        body = f"CASE WHEN {size} > {longest} THEN {failure} ELSE {result} END"
        return self._dialect.lists.let("sized", text, body)
