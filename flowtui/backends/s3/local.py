"""The local engine over objects that are here: what is loaded serves every question in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.groups import Group
from flowtui.backends.s3.requests import Object
from flowtui.model.errors import SourceError

if TYPE_CHECKING:
    from flowtui.backends.duckdb.backend import DuckDBBackend
    from flowtui.backends.duckdb.ingest.listing import Listing, Seen
    from flowtui.backends.duckdb.ingest.reader import LogFile, SourceFiles
    from flowtui.flowlogs.format import FlowFormat

Brought = Mapping[str, Mapping[Object, Path]]
"""The objects of each log group, and where they lie."""
Make = Callable[[tuple[Group, ...]], "DuckDBBackend"]


class Local:
    """One engine for the same log groups; to what it has loaded comes what else is needed."""

    def __init__(
        self, brought: Brought, folder: Path, given: FlowFormat | None, make: Make
    ) -> None:
        """All of them lie in the folder."""
        self._files = {name: ObjectFiles(name, paths, given) for name, paths in brought.items()}
        self._groups = tuple(
            Group(name, _nothing, files, folder) for name, files in self._files.items()
        )
        self.backend = make(self._groups)
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
        for name, paths in brought.items():
            self._files[name].add(paths)
        return True

    def holds(self, brought: Brought) -> bool:
        """Whether it has had all that from the beginning."""
        return self._files.keys() == brought.keys() and all(
            self._files[name].holds(paths) for name, paths in brought.items()
        )

    def has(self, name: str) -> bool:
        return name in self._files

    def named(self, said: str) -> str:
        """A sentence of the engine, with the URL of an object for the path that it lies at."""
        for files in self._files.values():
            said = files.named(said)
        return said


class ObjectFiles:
    """The objects of a log group, as far as they were needed: their paths tell their content."""

    root = Path("/")
    are_lasting = True

    def __init__(self, name: str, paths: Mapping[Object, Path], given: FlowFormat | None) -> None:
        self._name, self._given = name, given
        self._paths = dict(paths)

    @property
    def identity(self) -> Sequence[str]:
        return ("s3", self._name, str(self._given or ""))

    @property
    def objects(self) -> tuple[Object, ...]:
        return tuple(self._paths)

    def fits(self, objects: Iterable[Object]) -> bool:
        """Whether none of those that are here has another content by now."""
        tags = {(each.bucket, each.key): each.etag for each in self._paths}
        return all(tags.get((each.bucket, each.key), each.etag) == each.etag for each in objects)

    def holds(self, paths: Mapping[Object, Path]) -> bool:
        return all(each in self._paths for each in paths)

    def add(self, paths: Mapping[Object, Path]) -> None:
        self._paths |= paths

    def list(self) -> Listing:
        from flowtui.backends.duckdb.ingest.listing import Listing, Seen

        found = sorted((path, each.size) for each, path in self._paths.items())
        return Listing(self._name, tuple(Seen(path, size, 0) for path, size in found))

    def recognised(
        self, listing: Listing, known: Mapping[Seen, LogFile], looked: Callable[[float], None]
    ) -> SourceFiles:
        from flowtui.backends.duckdb.ingest.discovery import recognised

        try:
            return recognised(listing, self._given, known, looked)
        except SourceError as error:
            raise SourceError(self.named(str(error))) from error

    def named(self, said: str) -> str:
        for each, path in self._paths.items():
            if str(path) in said:
                return said.replace(str(path), str(each))
        return said


def _nothing(_: Path) -> SourceFiles:
    raise SourceError("the objects of a log group can be read again")
