"""The log groups of a run of flowtui: where they come from, and how far each is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flowtui.backends.duckdb.progress import Loading
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.amounts import human_bytes
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown
from flowtui.model.frozen import frozen
from flowtui.model.source import STDIN
from flowtui.sql.parameters import identifier
from flowtui.sql.scope import Table

if TYPE_CHECKING:
    from flowtui.backends.duckdb.ingest.listing import Listing, Seen
    from flowtui.backends.duckdb.ingest.load import Loaded
    from flowtui.backends.duckdb.ingest.reader import LogFile, SourceFiles
    from flowtui.backends.duckdb.keeping import GroupFiles
    from flowtui.sample.ready import ReadyGroup

T = TypeVar("T")
Find = Callable[[Path], "SourceFiles"]
"""The source of a group; takes the folder for temporary files. Raises `SourceError`."""


@dataclass(eq=False)
class Group:
    """A log group; the thread that loads it fills the futures, others read."""

    name: str
    find: Find
    """Finds what can be found only once."""
    files: GroupFiles | None = None
    """Those that can be looked for again."""
    path: Path | None = None
    """Where its files are; None is among the temporary ones."""
    source: Future[SourceFiles] = field(default_factory=Future)
    loaded: Future[Loaded] = field(default_factory=Future)
    is_loading: bool = False
    """Whether its load has begun, perhaps ended."""
    is_told: bool = False
    """Whether it was said what its files were taken for."""
    reading: Loading = field(default_factory=Loading)
    listing: Listing | None = None
    """The files as they were looked for last."""
    some: Loaded | None = None
    """What there is of it while it is loaded."""
    is_stored: bool = False
    """Whether nothing has to be read for it: it is kept of another session, or comes ready-made."""
    _looked: float = 0.0
    _came: int = 0
    stale: str = ""
    """Why nobody knows whether what is loaded is all there is by now."""

    def __post_init__(self) -> None:
        # A query that stops waiting for a group must not cancel it for the others.
        self.source.set_running_or_notify_cancel()
        self.loaded.set_running_or_notify_cancel()

    @property
    def progress(self) -> float:
        """The share that is loaded, 0 to 1."""
        return self.reading.share

    @property
    def loading(self) -> str:
        if self._came and not self.source.done():
            name = "stdin" if self.path == STDIN else self.name
            return f"reading {name} to its end: {human_bytes(self._came)} so far"
        if not self.source.done():
            return f"finding out the formats in {self.name}: {100 * self._looked:.0f} %"
        return f"loading {self.name}: {self.reading.said}"

    def looked(self, share: float) -> None:
        """So much of its files was looked at."""
        self._looked = share

    def came(self, size: int) -> None:
        """So many bytes of it have come that come only once."""
        self._came = size

    def arrived(self, some: Loaded) -> None:
        """So much of it can be queried."""
        self.some = some

    def has_changed(self) -> bool:
        """Whether its files are others than those that it was loaded from."""
        is_lost = self.source.done() and self.source.exception() is not None
        if self.files is None or self.listing is None or not (is_lost or self.loaded.done()):
            return False
        try:
            found = self.files.list()
        except SourceError as error:
            # What was read of it is still worth something.
            self.stale = "" if is_lost or self.loaded.exception() else str(error)
            return False
        self.stale = ""
        return found.files != self.listing.files

    def renew(self) -> None:
        """It is to be found and loaded again; who has its futures keeps what was."""
        self.source, self.loaded, self.reading = Future(), Future(), Loading()
        self.is_loading, self.some = False, None
        self.__post_init__()

    def found_anew(self, source: SourceFiles) -> None:
        """Its files were taken for something else than it was remembered."""
        self.source = Future()
        self.source.set_result(source)


@frozen
class Reading:
    """The log groups that a query reads, one for each time that it reads one."""

    main: tuple[Group, ...]
    nested: tuple[Group, ...] = ()
    """Those that queries in brackets read."""
    has_own_time: bool = False
    """Whether a SOURCE says over what time to read."""

    @property
    def every(self) -> tuple[Group, ...]:
        return (*self.main, *self.nested)

    @property
    def groups(self) -> tuple[Group, ...]:
        """Each group once."""
        return tuple(dict.fromkeys(self.every))


def file_groups(paths: Iterable[Path], given: FlowFormat | None) -> tuple[Group, ...]:
    """A group for each path, named as the user wrote it, as text that can be shown and stored."""

    def group(path: Path) -> Group:
        def find(folder: Path) -> SourceFiles:
            from flowtui.backends.duckdb.ingest.streams import find_streamed

            return find_streamed(path, folder, given, made.came)

        made = Group(shown(path), find, PathFiles(path, given), path)
        return made

    return tuple(map(group, dict.fromkeys(paths)))


@frozen
class PathFiles:
    """The file or the folder at a path."""

    path: Path
    given: FlowFormat | None

    @property
    def identity(self) -> tuple[str, ...]:
        return ("path", str(self.path.absolute()), str(self.given or ""))

    @property
    def root(self) -> Path:
        return self.path

    @property
    def are_lasting(self) -> bool:
        from flowtui.backends.duckdb.ingest.streams import is_stream

        return not is_stream(self.path)

    def list(self) -> Listing:
        from flowtui.backends.duckdb.ingest.listing import list_files

        return list_files(self.path)

    def recognised(
        self, listing: Listing, known: Mapping[Seen, LogFile], looked: Callable[[float], None]
    ) -> SourceFiles:
        from flowtui.backends.duckdb.ingest.discovery import recognised

        return recognised(listing, self.given, known, looked)


def demo_groups(now: Callable[[], datetime]) -> tuple[Group, ...]:
    """The bundled sample, as files in the folder for temporary ones: nothing of it is loaded."""
    from flowtui.sample.ready import ARTICLE, INCIDENT

    def finder(ready: ReadyGroup) -> Find:
        def find(folder: Path) -> SourceFiles:
            from flowtui.backends.duckdb.ingest.ready_sample import laid_out

            return laid_out(ready, ready.first(now()), folder)

        return find

    return tuple(Group(each.name, finder(each), is_stored=True) for each in (ARTICLE, INCIDENT))


def table(group: Group, loaded: Loaded) -> Table:
    """The table of a group that is loaded."""
    return Table(
        identifier(loaded.relation),
        loaded.format,
        group.name,
        has_misfits=bool(loaded.misfits),
        has_untimed=loaded.untimed != 0,
        is_uniform=len(loaded.formats) == 1,
        is_columnar=group.source.result().is_columnar,
        formats=loaded.formats if len(loaded.formats) > 1 else (),
        told=_told(group, loaded.format),
        numbered_by=_numbers(group, len(loaded.formats)),
        wide=loaded.wide,
    )


def expected_table(group: Group) -> Table:
    """The table of a group as it will be if all its lines are plain; its source is found."""
    source = group.source.result()
    formats = tuple(dict.fromkeys(layout.format for layout in source.layouts))
    return Table(
        identifier(group.name),
        source.format,
        group.name,
        has_misfits=False,
        is_uniform=len(source.layouts) == 1,
        is_columnar=source.is_columnar,
        formats=formats if len(source.layouts) > 1 else (),
        told=_told(group, source.format),
        numbered_by=_numbers(group, len(source.layouts)),
    )


def _numbers(group: Group, parts: int) -> tuple[str, ...]:
    """The columns by which a loaded group of so many parts orders its records."""
    if not group.source.result().is_stored:
        return ()
    return ('"@row"',) if parts == 1 else ('"@row"', '"@part"')


def _told(group: Group, format_: FlowFormat) -> frozenset[str]:
    from flowtui.backends.duckdb.ingest.system_fields import told

    return told(format_, (file.path.absolute() for file in group.source.result().files))
