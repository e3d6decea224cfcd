"""The local engine over objects that are here: what is loaded serves every question in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.groups import Group
from flowtui.backends.s3.requests import Object
from flowtui.model.errors import SourceError

if TYPE_CHECKING:
    from flowtui.backends.duckdb.backend import DuckDBBackend
    from flowtui.backends.duckdb.ingest.reader import SourceFiles
    from flowtui.flowlogs.format import FlowFormat

Brought = Mapping[str, Mapping[Object, Path]]
"""The objects of each log group, and where they lie."""
Make = Callable[[tuple[Group, ...]], "DuckDBBackend"]


class Local:
    def __init__(self, brought: Brought, given: FlowFormat | None, make: Make) -> None:
        self._objects = {name: frozenset(paths) for name, paths in brought.items()}
        self._urls = {
            str(path): str(each) for paths in brought.values() for each, path in paths.items()
        }
        groups = (Group(name, self._finder(name, paths, given)) for name, paths in brought.items())
        self.backend = make(tuple(groups))

    def serves(self, brought: Brought) -> bool:
        """Whether it has all that, of the same log groups."""
        return self._objects.keys() == brought.keys() and all(
            self._objects[name] >= paths.keys() for name, paths in brought.items()
        )

    def has(self, name: str) -> bool:
        return name in self._objects

    def named(self, said: str) -> str:
        """A sentence of the engine, with the URL of an object for the path that it lies at."""
        for path, url in self._urls.items():
            if path in said:
                return said.replace(path, url)
        return said

    def _finder(
        self, name: str, paths: Mapping[Object, Path], given: FlowFormat | None
    ) -> Callable[[Path], SourceFiles]:
        def find(_: Path) -> SourceFiles:
            from flowtui.backends.duckdb.ingest.discovery import source_of

            try:
                return source_of(name, paths.values(), given)
            except SourceError as error:
                raise SourceError(self.named(str(error))) from error

        return find
