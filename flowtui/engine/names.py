"""What addresses and resources are called: by the user, or by AWS, which is asked at leisure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from flowtui.backends.base import Catalog
from flowtui.engine.name_tables import Named, NameTable
from flowtui.flowlogs.addresses import PRIVATE, address_word
from flowtui.model.errors import FlowtuiError

TRUSTED = timedelta(days=1)
"""So long AWS is not asked again; what it has said is shown until it says something else."""

_RESOURCE = re.compile(r"(?:eni|i|subnet|vpc)-[0-9a-f]{8,17}", re.ASCII)


class NameStore(Protocol):
    """Keeps what AWS has said from one session to the next."""

    def read(self, place: str) -> Mapping[str, tuple[str, datetime]]:
        """Names and when they were found out; an empty one is of what has none."""

    def write(self, place: str, found: Mapping[str, tuple[str, datetime]]) -> None:
        """Keep these beside the others; what can't be kept is asked again another day."""


class NameBook:
    """The names of one account and region; belongs to one event loop.

    The user's come first. What AWS does not say, or may not be asked, has no name: nobody is
    bothered with that, for no query needs it.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: NameStore | None,
        now: Callable[[], datetime],
        *,
        given: NameTable | None = None,
        source: str = "EC2",
    ) -> None:
        """`source` is who answers for the catalog."""
        self._catalog, self._store, self._now = catalog, store, now
        self._given, self._source = given or NameTable(), source
        self._place = ""
        self._known: dict[str, tuple[str, datetime]] = {}
        self._asked: set[str] = set()
        self._is_refused = False

    def find(self, value: str) -> Named | None:
        given = self._given.find(value)
        if given is not None:
            return given
        text, since = self._known.get(value, ("", None))
        return Named(text, self._source, since) if text else None

    def text(self, value: str) -> str:
        """The name alone, empty where there is none."""
        found = self.find(value)
        return "" if found is None else found.text

    async def learn(self, values: Iterable[str]) -> bool:
        """Find out the names of what is new among the values; whether there is anything to show."""
        wanted = frozenset(filter(can_be_asked, values))
        is_news = self._recall(wanted)
        unknown = frozenset(value for value in wanted if not self._is_trusted(value))
        if not unknown or self._is_refused:
            return is_news
        self._asked |= unknown
        try:
            found = await self._catalog.names(unknown)
        except FlowtuiError:
            self._is_refused = True
            return is_news
        answered = self._now()
        fresh = {value: (found.get(value, ""), answered) for value in unknown}
        before = {value: self.text(value) for value in unknown}
        self._known |= fresh
        if self._store is not None and found:
            self._store.write(self._catalog.place, fresh)
        return is_news or any(self.text(value) != before[value] for value in unknown)

    def _recall(self, wanted: frozenset[str]) -> bool:
        """Take in what was found out before, once it is known where that was."""
        place = self._catalog.place
        if self._store is None or place == self._place:
            return False
        self._place, self._known = place, dict(self._store.read(place))
        self._asked.clear()
        return any(self._known.get(value, ("",))[0] for value in wanted)

    def _is_trusted(self, value: str) -> bool:
        if value in self._asked or self._given.find(value) is not None:
            return True
        known = self._known.get(value)
        return known is not None and self._now() - known[1] < TRUSTED


def can_be_asked(value: str) -> bool:
    """Whether AWS may have a name for it: for a resource, or for a private address."""
    return _RESOURCE.fullmatch(value) is not None or address_word(value) == PRIVATE
