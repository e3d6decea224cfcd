"""A source of flow logs becomes a relation: loaded into typed tables, or read in place.

Each log group is a view with the columns `@timestamp`, `@ingestionTime` (BIGINT epoch ms),
`@message`, `@logStream`, `@log`, `@ptr` (VARCHAR) and, for each field of its format, the text as
written (`bytes`; NULL where the line does not fit) and, if it is a number, the number (`bytes#`:
BIGINT, or DOUBLE in a group with a fraction or a number beyond 64 bits; NULL for `-`). Where the
records are stored, it has two numbers more: `@row` and `@part` order it as `@ptr` does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import duckdb

from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.ingest.filling import Before, Filling, NotContinuous, to_read
from flowtui.backends.duckdb.ingest.listing import Seen
from flowtui.backends.duckdb.ingest.reader import (
    BrokenLate,
    Chunk,
    LogFile,
    RecordTable,
    Section,
    SourceFiles,
    union,
)
from flowtui.backends.duckdb.ingest.room import check_room
from flowtui.backends.duckdb.ingest.stored import Continuation, Stored, StoredTable
from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.backends.duckdb.ingest.view_columns import create_view
from flowtui.backends.duckdb.progress import Loading
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange

ORDERED = 64 << 20
"""Up to this size on disk, lines are stored in their order, so `@ptr` is the same in every session.
Above, each chunk's lines are stored as the threads finish them, in two thirds of the time."""


_ALMOST = 0.8
"""From this share on nobody need see less than all."""


@frozen
class Loaded:
    """A source that can be queried as `relation`."""

    relation: str
    format: FlowFormat
    bytes: int
    """Of text; of the files on disk where they are read in place."""
    lines: int | None = None
    """Without blank lines and headers; None where only a query would show it."""
    misfits: int = 0
    """Lines that do not fit their file's format."""
    words: int = 0
    """Lines that fit, with a word where the format has a number."""
    formats: tuple[FlowFormat, ...] = ()
    """That of each part of the records: one, where all are written alike."""
    untimed: int | None = None
    """Lines without a timestamp; None where only a query would show it."""
    first_ms: int | None = None
    last_ms: int | None = None
    wide: frozenset[FieldInfo] = frozenset()
    """Fields with a number that no BIGINT can be; all their numbers are DOUBLE."""
    respelled: frozenset[FieldInfo] = frozenset()
    """Fields with a number that a record writes in an uncommon way, such as `0443`."""
    skipped: tuple[str, ...] = ()
    """Why files are left out that could not be read to their end."""
    tables: tuple[StoredTable, ...] = ()
    """The records, where all of them are stored as lines."""
    held: Mapping[Seen, Lines | None] = field(default_factory=dict)
    """How lines would be written that come after those of a file that was read."""

    def is_within(self, window: TimeRange) -> bool:
        """Whether every line is known to have a time inside of the window."""
        if self.first_ms is None or self.last_ms is None or self.untimed != 0:
            return False
        return window.start_ms <= self.first_ms and self.last_ms < window.end_ms


def load(  # noqa: PLR0913  (what follows the star has defaults, or is for who waits)
    connection: duckdb.DuckDBPyConnection,
    source: SourceFiles,
    relation: str,
    *,
    progress: Loading,
    cancelled: threading.Event,
    folder: Path | None = None,
    database: str = "",
    before: Before | None = None,
    arrived: Callable[[Loaded], None] | None = None,
) -> Loaded:
    """Put every record of `source` into tables, and make the view `relation` of them.

    In `folder` lies meanwhile what has to lie on disk; by default, where temporary files do.
    Of several files those that can't be read to their end are left out, all of their lines.
    `arrived` gets, each time that twice as much is there, what there is, as a view of its own.
    The tables lie in `database`, an attached one, which may have records from before.
    Raises `SourceError`, and `CancelledError` soon after `cancelled` is set or the connection is
    interrupted; then nothing is left of it. With records from before also `NotContinuous`; then,
    and after any error, they are no longer what they were.
    """
    files = source.files if before is None else to_read(source, before[1])
    filling = Filling(connection, relation, database, files, before)
    reading = _Reading(source.name, progress, folder, _places(connection, folder))
    if arrived is not None:
        view = f"{relation}\r"  # no group has such a name
        reading.arrived = lambda size: arrived(
            _finish(connection, source, relation, filling, size, view)
        )
    progress.begin(filling.size, cancelled)
    try:
        with _clean_failure(source, filling.tables), _ordered(connection, filling.size <= ORDERED):
            size = _without_broken(lambda: reading.fill(filling), is_again=before is None)
            _check_some_left(source, reading.broken)
            filling.end()
            size += before[0].bytes if before else 0
            loaded = _finish(connection, source, relation, filling, size)
    finally:
        progress.rest()
    skipped = (*(before[0].broken if before else ()), *map(str, reading.broken.values()))
    held = {file.seen: lines for file, lines in filling.held.items() if file not in reading.broken}
    return replace(loaded, skipped=skipped, held=held)


@dataclass(slots=True)
class _Reading:
    """The way of the records into the tables, and what is broken on it."""

    name: str
    progress: Loading
    folder: Path | None
    places: tuple[Path, ...]
    """Where something is written."""
    broken: dict[LogFile, SourceError] = field(default_factory=dict)
    arrived: Callable[[int], None] | None = None
    """Takes how many bytes of text are there."""

    def fill(self, filling: Filling) -> int:
        """Bytes of text that went in; raises `BrokenLate` and `CancelledError`."""
        filling.begin()
        size, done, total, shown = 0, 0.0, filling.size, 0.0
        for table, files in filling.to_fill:
            end = done + sum(file.unread for file in files) / total
            read = _between(done, end, self.progress.read)
            with closing(_ahead(table, self.broken, read, self.folder)) as chunks:
                filled = done
                for chunk in chunks:
                    check_room(self.name, filling.text_size, self.places)
                    start, filled = filled, done + chunk.consumed / total
                    chunk.insert(self.progress.filling(start, filled))
                    size += chunk.size
                    if self.arrived is not None and 2 * shown <= filled < _ALMOST:
                        shown = filled
                        self.arrived(size)
            done = end
        return size


def _places(connection: duckdb.DuckDBPyConnection, folder: Path | None) -> tuple[Path, ...]:
    """The folders of the databases, and of what lies on disk meanwhile."""
    listed = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE path IS NOT NULL AND NOT readonly"
    ).fetchall()
    return (folder or Path(gettempdir()), *(Path(path).parent for (path,) in listed))


def take_up(
    connection: duckdb.DuckDBPyConnection,
    source: SourceFiles,
    relation: str,
    database: str,
    stored: Stored,
) -> Loaded:
    """Make the view of what is stored in `database`: nothing is read."""
    filling = Filling(connection, relation, database, (), (stored, Continuation()))
    loaded = _finish(connection, source, relation, filling, stored.bytes)
    return replace(loaded, skipped=stored.broken)


def _without_broken(fill: Callable[[], int], *, is_again: bool) -> int:
    """The result of `fill`, which begins anew where lines of a broken file are in the tables.

    Where these have others too, that is not possible: raises `NotContinuous`.
    """
    while True:
        try:
            return fill()
        except BrokenLate:
            if not is_again:
                raise NotContinuous from None


def _check_some_left(source: SourceFiles, broken: Mapping[LogFile, SourceError]) -> None:
    if len(broken) < len(source.files):
        return
    first = next(iter(broken.values()))
    if len(source.files) == 1:
        raise first
    raise SourceError(f"no file in {source.name} can be read: {first}")


@contextmanager
def _ordered(connection: duckdb.DuckDBPyConnection, is_ordered: bool) -> Iterator[None]:
    """Whether lines are stored in their order; the setting is the whole database's."""
    connection.execute("SET preserve_insertion_order = $kept", {"kept": is_ordered})
    try:
        yield
    finally:
        with suppress(duckdb.InterruptException):  # only a `limit` without order would notice
            connection.execute("SET preserve_insertion_order = true")


def _between(start: float, end: float, whole: Callable[[float], None]) -> Callable[[float], None]:
    """A function of the share of a part; `whole` takes the share of the whole that this is."""
    return lambda share: whole(start + share * (end - start))


def _ahead(
    table: RecordTable,
    broken: dict[LogFile, SourceError],
    read: Callable[[float], None],
    folder: Path | None,
) -> Generator[Chunk, None, None]:
    """The chunks of the table; the next one is read while the caller works on this one."""
    with (
        TemporaryDirectory(prefix="flowtui-", dir=folder) as pieces,
        ThreadPoolExecutor(1) as reader,
    ):
        chunks = table.chunks(Path(pieces), broken, read)
        upcoming = reader.submit(next, chunks, None)
        while chunk := upcoming.result():
            upcoming = reader.submit(next, chunks, None)
            yield chunk
            chunk.discard()


@contextmanager
def _clean_failure(source: SourceFiles, tables: Iterable[RecordTable]) -> Iterator[None]:
    """Leave no table when loading fails, and say why in our words."""
    try:
        yield
    except duckdb.InterruptException:
        _drop(tables)
        raise CancelledError from None
    except (duckdb.Error, OSError) as error:
        _drop(tables)
        reason = sentence(error, "" if source.is_stored else source.name)
        if isinstance(error, OSError):
            reason = f"{error.strerror or error}; free some disk space or set TMPDIR"
        raise SourceError(f"{source.name} could not be loaded: {reason}") from error
    except (SourceError, CancelledError, NotContinuous):
        _drop(tables)
        raise


def _drop(tables: Iterable[RecordTable]) -> None:
    for table in tables:
        with suppress(duckdb.InterruptException):  # who stops a load may say so more than once
            table.drop()


def _finish(
    connection: duckdb.DuckDBPyConnection,
    source: SourceFiles,
    relation: str,
    filling: Filling,
    size: int,
    view: str = "",
) -> Loaded:
    parts = filling.parts
    tables = filling.stored
    origin = source.origin
    found = [part.contents for part in parts]
    selects = [
        part.select(Section(source.name, relation, index, len(parts), origin))
        for index, part in enumerate(parts)
    ]
    connection.execute(create_view(view or relation, selects))
    return Loaded(
        view or relation,
        union([source.format, *(part.format for part in parts)]),
        size,
        lines=sum(contents.lines for contents in found),
        misfits=sum(contents.misfits for contents in found),
        words=sum(contents.words for contents in found),
        formats=tuple(part.format for part in parts),
        untimed=sum(contents.untimed for contents in found),
        first_ms=min((c.first_ms for c in found if c.first_ms is not None), default=None),
        last_ms=max((c.last_ms for c in found if c.last_ms is not None), default=None),
        wide=frozenset(info for contents in found for info in contents.wide),
        respelled=frozenset(info for contents in found for info in contents.respelled),
        tables=tables,
    )
