"""The known log groups: each is described once, and kept for the formats and estimates."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from flowtui.backends.base import Catalog
from flowtui.engine.scan_estimate import Listing
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError


class DescribedGroups:
    """Asks a catalog, and no question twice; each method raises `BackendError`."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._described: dict[str, LogGroup] = {}
        self._unread: set[str] = set()
        """Those of which no record was looked at, though only that shows their format."""
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._listing = Listing({})

    def __getitem__(self, name: str) -> LogGroup:
        """The group as it is known by now: perhaps no more than its name."""
        return self._described.get(name, LogGroup(name))

    @property
    def listing(self) -> Listing:
        """All groups that are known, with their sizes."""
        return replace(self._listing, groups={**self._described, **self._listing.groups})

    def described(self, names: Iterable[str]) -> list[LogGroup]:
        """Those of the groups that are described already."""
        return [self._described[name] for name in names if name in self._described]

    async def describe(self, names: Sequence[str], *, from_records: bool = True) -> list[LogGroup]:
        """The groups; who asks for one that is being asked for waits for the same answer.

        Unless `from_records`, what only a look at their records shows may be missing.
        """
        for name in names:
            async with self._asking[name]:
                if self._is_open(name) or (from_records and name in self._unread):
                    group = await self._catalog.describe(name, from_records=from_records)
                    self._described[name] = group
                    self._unread.discard(name)
                    if group.no_flow_logs and not from_records:
                        self._unread.add(name)
        return self.described(names)

    def _is_open(self, name: str) -> bool:
        return name not in self._described or self._described[name].is_provisional

    async def try_to_describe(self, names: Iterable[str], *, from_records: bool = True) -> None:
        """The same, as far as that is answered: whether there is such a group, its query shows."""
        for name in names:
            with suppress(BackendError):
                await self.describe((name,), from_records=from_records)

    async def pages(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        """The groups as the catalog lists them, or finds them by a pattern."""
        found: dict[str, LogGroup] = {}
        async for page in self._catalog.log_groups(pattern):
            found |= {group.name: group for group in page}
            yield page
        if not pattern:
            self._listing = Listing(found, is_whole=True)
