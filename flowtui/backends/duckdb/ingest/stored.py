"""What is known of a log group whose records are stored: enough to go on with them later.

A plain file that has only grown is read on from where it ended. What was read last must still be
there: its beginning and its end are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from hashlib import blake2b
from pathlib import Path

from flowtui.backends.duckdb.ingest.listing import Listing, Seen
from flowtui.backends.duckdb.ingest.reader import Contents, LogFile, SourceFiles
from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.backends.duckdb.ingest.text.reader import TextLayout
from flowtui.model.frozen import frozen

_COMPARED = 1 << 16
"""Bytes of the beginning, and of the end, by which a file is known again."""


@frozen
class Ending:
    """The end of a plain file, as far as it was read."""

    digest: str
    """Of its first and of its last bytes."""
    start: int
    """Where the last line begins, if it has no end yet; else the size."""

    @classmethod
    def of(cls, path: Path, size: int) -> Ending | None:
        """That of the first `size` bytes; None where there are fewer, or the last line is long."""
        with path.open("rb") as file:
            head = file.read(min(_COMPARED, size))
            file.seek(max(0, size - _COMPARED))
            tail = file.read(min(_COMPARED, size))
        if len(tail) < min(_COMPARED, size):
            return None
        end = tail.rfind(b"\n") + 1
        if not end and size > _COMPARED:
            return None
        return cls(blake2b(head + tail, digest_size=16).hexdigest(), size - len(tail) + end)


@frozen
class StoredPart:
    """Records of one format, in a table of that name."""

    table: str
    lines: Lines
    contents: Contents


@frozen
class StoredTable:
    """The records of the files that begin alike."""

    first: Lines
    parts: tuple[StoredPart, ...]


@frozen
class StoredFile:
    file: LogFile
    ending: Ending | None = None
    """None where it can't be read on."""
    held: Lines | None = None
    """How the lines after its last one are written."""


@frozen
class Stored:
    tables: tuple[StoredTable, ...]
    files: tuple[StoredFile, ...]
    unfit: tuple[tuple[Seen, str], ...]
    """Files that are no flow logs, and why."""
    bytes: int
    """Of text."""
    broken: tuple[str, ...] = ()
    """Why files are left out that could not be read to their end."""

    def follows(self, listing: Listing) -> Continuation | None:
        """What is to be read to have the files of the listing; None where that is all of them.

        Raises `OSError`.
        """
        now = {seen.path: seen for seen in listing.files}
        if not {each.file.path for each in self.files} <= now.keys():
            return None
        tails: list[tuple[StoredFile, LogFile]] = []
        kept: list[LogFile] = []
        for each in self.files:
            seen = now.pop(each.file.path)
            if seen == each.file.seen:
                kept.append(each.file)
            elif tail := _tail(each, seen):
                tails.append((each, tail))
            else:
                return None
        unfit = {seen: reason for seen, reason in self.unfit if now.get(seen.path) == seen}
        new = tuple(seen for seen in now.values() if seen not in unfit)
        return Continuation(tuple(kept), tuple(tails), new, unfit)


@frozen
class Continuation:
    """A listing, by what of it is stored already."""

    kept: tuple[LogFile, ...] = ()
    tails: tuple[tuple[StoredFile, LogFile], ...] = ()
    """Files that have grown: as they were, and as they are to be read on."""
    new: tuple[Seen, ...] = ()
    unfit: Mapping[Seen, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is to be read."""
        return not (self.tails or self.new)


def _tail(stored: StoredFile, seen: Seen) -> LogFile | None:
    """What has grown on to the file; None where it may be another one by now."""
    file, ending = stored.file, stored.ending
    is_same = (seen.inode, seen.device) == (file.seen.inode, file.seen.device)
    if ending is None or not is_same or seen.size <= file.size:
        return None
    if Ending.of(file.path, file.size) != ending:
        return None
    modified_ms = seen.modified_ns // 1_000_000
    return replace(file, seen=seen, modified_ms=modified_ms, start=ending.start)


def last_line(stored: StoredFile) -> bytes:
    """The line at the end of the file as it was read, which had no end then."""
    ending, size = stored.ending, stored.file.size
    if ending is None or ending.start == size:
        return b""
    with stored.file.path.open("rb") as file:
        file.seek(ending.start)
        return file.read(size - ending.start).removesuffix(b"\r")


def stored_file(file: LogFile, held: Lines | None) -> StoredFile:
    """The file as it was read just now; raises `OSError`."""
    is_text = isinstance(file.layout, TextLayout) and file.layout.wrapping is None
    if not file.is_as_read or not is_text or held is None:
        return StoredFile(file)
    return StoredFile(file, Ending.of(file.path, file.size), held)


def is_unchanged(files: Sequence[LogFile]) -> bool:
    """Whether what was read is still all there, so that it can be told from what comes later."""
    for file in files:
        if not file.seen.inode:  # its name says what is in it
            continue
        now = Seen.of(file.path, file.path.stat())
        if now == file.seen:
            continue
        if not file.is_as_read or now.size <= file.size:
            return False
        if (now.inode, now.device) != (file.seen.inode, file.seen.device):
            return False
    return True


def found_in(source: SourceFiles, listing: Listing) -> tuple[tuple[Seen, str], ...]:
    """The listed files that are none of the source's, and why; empty where not all say so."""
    own = {file.path for file in source.files}
    unfit = [seen for seen in listing.files if seen.path not in own]
    reasons = source.skipped[len(listing.skipped) :]
    return tuple(zip(unfit, map(str, reasons), strict=True))
