"""The keys before a `:` in `logGroups(...)` of SOURCE (LANGUAGE.md 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class SourceKey(Enum):
    """Its value is how flowtui writes it."""

    PREFIX = "namePrefix"
    ACCOUNT = "accountIdentifier"
    CLASS = "class"

    @classmethod
    def of(cls, written: str) -> SourceKey:
        """The key by any of its spellings, which are those of `SPELLINGS`."""
        return SPELLINGS[written.lower()]


SPELLINGS: Mapping[str, SourceKey] = {
    **{key.value.lower(): key for key in SourceKey},
    "accountidentifiers": SourceKey.ACCOUNT,
    "loggroupclass": SourceKey.CLASS,
}
"""In lower case: the documentation spells two of them in two ways."""
