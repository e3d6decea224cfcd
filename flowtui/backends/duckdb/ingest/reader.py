"""The seam: what a kind of file has to know of itself, so that its records can be queried.

A reader recognises its files. The layout that it finds in one says what the records are, and makes
rows of them in two ways: loaded into a table, or read in place for one query. A later part of a
file may be of another format: the table has a part of its own for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flowtui.backends.duckdb.ingest.compression import Compression
from flowtui.backends.duckdb.ingest.encoding import Encoding
from flowtui.backends.duckdb.ingest.files import Head
from flowtui.backends.duckdb.ingest.listing import Seen
from flowtui.backends.duckdb.progress import Part
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.s3_path import NOWHERE, Origin, common_origin
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown
from flowtui.model.frozen import frozen
from flowtui.sql.parameters import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Reader(Protocol):
    """A kind of file."""

    @property
    def name(self) -> str:
        """Its name for the user: `text`."""

    def recognise(self, head: Head, given: FlowFormat | None) -> Layout | None:
        """How the records of the file are written; None where it is of another kind.

        `given` is the format that the user has said it is in, where the file itself does not say.
        Raises `SourceError` for a file of this kind in which no record is found.
        """


class Layout(Protocol):
    """How the records of a file are written; files of equal layouts share a table."""

    @property
    def format(self) -> FlowFormat: ...

    @property
    def is_columnar(self) -> bool:
        """Whether the records are columns with names, and have no text of their own."""

    @property
    def is_plain(self) -> bool:
        """Whether the records are the lines of a text."""

    @property
    def is_stored(self) -> bool:
        """Whether `table` stores the records: else it is no more than a view of the files."""

    @property
    def description(self) -> str:
        """The kind that the file was taken for, in a few words: `text, 14 fields`."""

    def table(
        self, connection: DuckDBPyConnection, home: Home, files: Sequence[LogFile]
    ) -> RecordTable:
        """The table that the records of the files go into; it is not made yet."""

    def in_place(self, files: Sequence[LogFile], section: Section) -> str:
        """A SELECT from the files themselves, with the columns of `RecordTable.select`.

        All of them are compressed by the same. A query on it fails with `in_place.NotPlain` where
        the records need a closer look.
        """


@frozen
class Home:
    """Where a table lies."""

    name: str
    database: str = ""
    """That of another file than the log groups' own; empty is that one."""

    @property
    def sql(self) -> str:
        return ".".join(map(identifier, filter(None, (self.database, self.name))))

    def beside(self, number: int) -> Home:
        """That of one of its parts."""
        return replace(self, name=f"{self.name}/{number}")


class RecordTable(Protocol):
    """The records of files of one layout."""

    def create(self) -> None:
        """Make the table anew, without records."""

    def drop(self) -> None: ...

    def chunks(
        self, folder: Path, broken: dict[LogFile, SourceError], read: Callable[[float], None]
    ) -> Iterator[Chunk]:
        """The records in the order of the files, as much at a time as goes in at once.

        What has to lie on disk meanwhile lies in `folder`. A file that can't be read to its end is
        added to `broken`, and those that are there are left out. `read` takes, in the thread that
        reads, the share of all bytes on disk that was read. Raises `BrokenLate`.
        """

    @property
    def parts(self) -> Sequence[RecordPart]:
        """The records by how they are written, once all chunks are in the table."""


class RecordPart(Protocol):
    """Records of one format."""

    @property
    def format(self) -> FlowFormat: ...

    @property
    def contents(self) -> Contents: ...

    def select(self, section: Section) -> str:
        """A SELECT of the columns that a log group has (see `load`)."""


class Chunk(Protocol):
    """Records on their way into a table."""

    @property
    def size(self) -> int:
        """Bytes of text."""

    @property
    def consumed(self) -> int:
        """Bytes on disk, of all files of the table, that have been read when this is in."""

    def insert(self, part: Part) -> None:
        """Put them into the table, which is this part of a load."""

    def discard(self) -> None:
        """Remove what lies on disk for it."""


class BrokenLate(SourceError):
    """A file breaks off of which chunks are out already: all has to be read again without it."""


@frozen
class Section:
    """The records of one layout among those of a log group."""

    group: str
    """The user's name for the log group."""
    relation: str
    index: int
    count: int
    """How many sections there are."""
    origin: Origin = NOWHERE
    """What the paths of all files of the group say."""

    def number(self, row: str) -> str:
        """SQL that numbers the records of the group, where `row` numbers those of the section."""
        return f"{self.index} + {self.count} * {row}"


@frozen
class Contents:
    """The content of a table."""

    lines: int
    untimed: int
    """Records without a time."""
    first_ms: int | None
    last_ms: int | None
    misfits: int = 0
    """Lines that do not fit their format."""
    words: int = 0
    """Lines that fit, with a word where the format has a number."""
    wide: frozenset[FieldInfo] = frozenset()
    """Fields with a number that no BIGINT can be."""
    respelled: frozenset[FieldInfo] = frozenset()
    """Fields with a number that is written in another way than a BIGINT is."""
    has_odd_lines: bool = False
    """Whether some are stored as they are."""


_PACKED = 5
"""Bytes of flow logs that are one when they are compressed, or some more."""


Rows = tuple[tuple[int, int], ...] | None
"""Ranges of the numbers of rows, each with the first and the one after the last; None is all."""


@frozen
class LogFile:
    seen: Seen
    layout: Layout = field(hash=False)
    """It takes long to hash, and those of thousands of files are one."""
    compression: Compression
    modified_ms: int
    start: int = 0
    """The bytes before that are read already."""
    encoding: Encoding = Encoding.UTF8
    rows: Rows = None
    """Those that are there, of a file with holes."""

    @property
    def is_as_read(self) -> bool:
        """Whether its bytes on disk are those of its text."""
        return self.compression is Compression.NONE and self.encoding is Encoding.UTF8

    @property
    def description(self) -> str:
        """What it was taken for: `text, 14 fields`, `CSV, 14 fields, in UTF-16`."""
        is_common = self.encoding is Encoding.UTF8
        encoded = "" if is_common else f", in {self.encoding.label}"
        return f"{self.layout.description}{encoded}"

    @property
    def path(self) -> Path:
        return self.seen.path

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.seen.size

    @property
    def text_size(self) -> int:
        """About how many bytes of text it has."""
        return self.size * (1 if self.compression is Compression.NONE else _PACKED)

    @property
    def unread(self) -> int:
        """Bytes on disk that are to be read."""
        return self.size - self.start

    @property
    def name(self) -> str:
        """The last part of the path, as text that can be shown and stored."""
        return shown(self.path.name)


@frozen
class SourceFiles:
    """A log group on disk: one file, or all files of a folder."""

    name: str
    """The path as the user gave it, as text that can be shown and stored."""
    files: tuple[LogFile, ...]
    skipped: tuple[SourceError, ...] = ()
    """Why files of the folder are left out."""

    @property
    def layouts(self) -> tuple[Layout, ...]:
        # Of thousands of files most have the same one, and not only an equal one.
        unique = {id(file.layout): file.layout for file in self.files}
        return tuple(dict.fromkeys(unique.values()))

    @property
    def format(self) -> FlowFormat:
        """Every field that a file of the group has."""
        return union(layout.format for layout in self.layouts)

    @property
    def is_plain(self) -> bool:
        """Whether its files are the text that the service would deliver, which goes unsaid."""
        return all(f.layout.is_plain and f.encoding is Encoding.UTF8 for f in self.files)

    @property
    def taken_for(self) -> str:
        """What its files were taken for: `JSON, 14 fields`, `2 files of text, 29 fields; ...`."""
        alike = {(id(file.layout), file.encoding): file for file in self.files}
        kinds: Counter[str] = Counter()
        for each, count in Counter((id(f.layout), f.encoding) for f in self.files).items():
            kinds[alike[each].description] += count
        if len(self.files) == 1:
            return next(iter(kinds))
        return "; ".join(
            f"{count:,} file{'' if count == 1 else 's'} of {kind}" for kind, count in kinds.items()
        )

    @property
    def origin(self) -> Origin:
        """What the paths of all files say."""
        return common_origin(file.path.absolute() for file in self.files)

    @property
    def is_columnar(self) -> bool:
        return all(file.layout.is_columnar for file in self.files)

    @property
    def is_stored(self) -> bool:
        """Whether all of its records are stored in tables when it is loaded."""
        return all(file.layout.is_stored for file in self.files)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)

    @property
    def text_size(self) -> int:
        """About how many bytes of text it has."""
        return sum(file.text_size for file in self.files)


def union(formats: Iterable[FlowFormat]) -> FlowFormat:
    """Every field that one of the formats has."""
    fields = (info for each in formats for info in each.fields)
    return FlowFormat(tuple(dict.fromkeys(fields)))
