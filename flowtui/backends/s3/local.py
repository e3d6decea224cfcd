"""The local engine over objects that are here: what is loaded serves every question in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.groups import Group
from flowtui.backends.s3.requests import Object
from flowtui.model.errors import SourceError
from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from flowtui.backends.duckdb.backend import DuckDBBackend
    from flowtui.backends.duckdb.ingest.listing import Listing, Seen
    from flowtui.backends.duckdb.ingest.reader import LogFile, Rows, SourceFiles
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.model.timerange import TimeRange


@frozen
class Here:
    """What is here of an object."""

    path: Path
    rows: Rows = None
    """Those that can be read of a file with holes; None is all."""


Brought = Mapping[str, Mapping[Object, Here]]
"""The objects of each log group."""
Make = Callable[[tuple[Group, ...]], "DuckDBBackend"]


class Local:
    """One engine for the same log groups; to what it has loaded comes what else is needed."""

    def __init__(
        self, brought: Brought, folder: Path, given: FlowFormat | None, make: Make
    ) -> None:
        """All of them lie in the folder."""
        self._files = {name: ObjectFiles(name, some, given) for name, some in brought.items()}
        self._groups = tuple(
            Group(name, _nothing, files, folder) for name, files in self._files.items()
        )
        self.backend = make(self._groups)
        self.times: frozenset[TimeRange] | None = frozenset()
        """Those of the rows that it reads of files with holes; None is all."""
        self.has_begun = False
        """Whether it was asked something, so that it loads what it has."""

    async def settled(self) -> None:
        """Wait until it has loaded what it had: what comes in the middle of that is not seen."""
        if self.has_begun:
            loads = [asyncio.wrap_future(group.loaded) for group in self._groups]
            await asyncio.shield(asyncio.gather(*loads, return_exceptions=True))

    @property
    def objects(self) -> tuple[Object, ...]:
        """All that it reads, whatever the time of a query."""
        return tuple(each for files in self._files.values() for each in files.objects)

    def fits(self, objects: Mapping[str, Iterable[Object]]) -> bool:
        """Whether it can have these objects of each log group."""
        return self._files.keys() == objects.keys() and all(
            self._files[name].fits(some) for name, some in objects.items()
        )

    def takes(self, brought: Brought) -> bool:
        """Whether it has all that now; what it lacked it loads with the next query."""
        if not self.fits(brought):
            return False
        for name, some in brought.items():
            self._files[name].add(some)
        return True

    def holds(self, brought: Brought) -> bool:
        """Whether it has had all that from the beginning."""
        return self._files.keys() == brought.keys() and all(
            self._files[name].holds(some) for name, some in brought.items()
        )

    def has(self, name: str) -> bool:
        return name in self._files

    def named(self, said: str) -> str:
        """A sentence of the engine, with the URL of an object for the path that it lies at."""
        for files in self._files.values():
            said = files.named(said)
        return said


class ObjectFiles:
    """The objects of a log group, as far as they were needed: paths and rows tell the content."""

    root = Path("/")
    are_lasting = True

    def __init__(self, name: str, some: Mapping[Object, Here], given: FlowFormat | None) -> None:
        self._name, self._given = name, given
        self._here = dict(some)

    @property
    def identity(self) -> Sequence[str]:
        return ("s3", self._name, str(self._given or ""))

    @property
    def objects(self) -> tuple[Object, ...]:
        return tuple(self._here)

    def fits(self, objects: Iterable[Object]) -> bool:
        """Whether none of those that are here has another content by now."""
        tags = {(each.bucket, each.key): each.etag for each in self._here}
        return all(tags.get((each.bucket, each.key), each.etag) == each.etag for each in objects)

    def holds(self, some: Mapping[Object, Here]) -> bool:
        return all(self._here.get(each) == here for each, here in some.items())

    def add(self, some: Mapping[Object, Here]) -> None:
        self._here |= some

    def list(self) -> Listing:
        from flowtui.backends.duckdb.ingest.listing import Listing, Seen

        found = [
            Seen(here.path, each.size, _told_by(here.rows)) for each, here in self._here.items()
        ]
        return Listing(self._name, tuple(sorted(found, key=lambda seen: seen.path)))

    def recognised(
        self, listing: Listing, known: Mapping[Seen, LogFile], looked: Callable[[float], None]
    ) -> SourceFiles:
        from flowtui.backends.duckdb.ingest.discovery import recognised

        rows = {here.path: here.rows for here in self._here.values()}
        try:
            found = recognised(listing, self._given, known, looked)
        except SourceError as error:
            raise SourceError(self.named(str(error))) from error
        files = (replace(file, rows=rows.get(file.path)) for file in found.files)
        return replace(found, files=tuple(files))

    def named(self, said: str) -> str:
        for each, here in self._here.items():
            if (path := str(here.path)) in said:
                return said.replace(path, str(each))
        return said


def _told_by(rows: Rows) -> int:
    """A number that is another one for other rows."""
    if rows is None:
        return 0
    return int.from_bytes(blake2b(repr(rows).encode(), digest_size=6).digest(), "big")


def _nothing(_: Path) -> SourceFiles:
    raise SourceError("the objects of a log group can be read again")
