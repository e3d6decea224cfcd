"""What can be read only once: stdin, a pipe, what a shell puts in the place of a command."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flowtui.backends.duckdb.ingest.compression import Compression
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.files import Head, unreadable
from flowtui.backends.duckdb.ingest.reader import SourceFiles
from flowtui.backends.duckdb.ingest.room import free_bytes
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.amounts import human_bytes
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown
from flowtui.model.source import STDIN

_BLOCK = 1 << 20
_LOOKED_AT = 64 << 20
"""Bytes after which a text has shown whether it has flow logs: no reader looks at more."""
_MOST = 0.5
"""The share of the free disk that a stream may take: what is loaded of it needs the rest."""


def is_stream(path: Path) -> bool:
    """Whether what is at the path, or comes by stdin for `-`, can be read only once.

    A device is none: `/dev/zero` has no end.
    """
    if path == STDIN:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def find_streamed(
    path: Path, folder: Path, given: FlowFormat | None, came: Callable[[int], None] = lambda _: None
) -> SourceFiles:
    """The log group that comes by a stream: it is read to its end, and kept in the folder.

    `came` takes how many bytes of it there are. Raises `SourceError`, before the end for a text
    without flow logs, and for what has none.
    """
    name = shown(path)
    kept = folder / f"stream-{len(list(folder.glob('stream-*')))}"
    try:
        with _opened(path) as stream, kept.open("xb") as file:
            for size in _copied(stream, file, name):
                came(size)
                if size - _BLOCK < _LOOKED_AT <= size and not _tells_at_its_end(kept):
                    _found(kept, given, name)
    except OSError as error:
        raise unreadable(path, error) from error
    if not kept.stat().st_size:
        raise SourceError(f"nothing came by {name}; look whether the command before it has failed")
    found = _found(kept, given, name)
    return SourceFiles(name, found.files, found.skipped)


def _copied(stream: BinaryIO, file: BinaryIO, name: str) -> Iterator[int]:
    """How many bytes are in the file, time and again; raises `SourceError` where it has no end."""
    folder = Path(file.name).parent
    free = free_bytes(folder)
    while block := stream.read(_BLOCK):
        file.write(block)
        file.flush()
        size = file.tell()
        if free is not None and size > _MOST * free:
            raise SourceError(
                f"{name} has not ended after {human_bytes(size)}, half of what was free on the disk"
                f" of {folder}; take less of it (head -c), or set TMPDIR"
            )
        yield size


def _tells_at_its_end(path: Path) -> bool:
    """Whether only all of it shows what it is: of a zip and of Parquet, the end does."""
    magic = Head(path).magic
    return Compression.of(magic) is not Compression.NONE or magic.startswith(b"PAR1")


def _found(kept: Path, given: FlowFormat | None, name: str) -> SourceFiles:
    try:
        return find_source(kept, given)
    except SourceError as error:
        raise SourceError(str(error).replace(str(kept), name)) from None


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path != STDIN:
        with path.open("rb") as stream:
            yield stream
    elif sys.stdin is not None and os.isatty(0):
        raise SourceError("stdin is the terminal; pipe flow logs into flowtui, or name a file")
    else:
        with os.fdopen(os.dup(0), "rb") as stream:
            yield stream
