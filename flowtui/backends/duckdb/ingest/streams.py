"""What can be read only once: stdin, a pipe, what a shell puts in the place of a command."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.files import unreadable
from flowtui.backends.duckdb.ingest.reader import SourceFiles
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown
from flowtui.model.source import STDIN

_BLOCK = 1 << 20


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

    `came` takes how many bytes of it there are. Raises `SourceError`.
    """
    name = shown(path)
    kept = folder / f"stream-{len(list(folder.glob('stream-*')))}"
    try:
        with _opened(path) as stream, kept.open("xb") as file:
            while block := stream.read(_BLOCK):
                file.write(block)
                came(file.tell())
    except OSError as error:
        raise unreadable(path, error) from error
    if not kept.stat().st_size:
        raise SourceError(f"nothing came by {name}; look whether the command before it has failed")
    try:
        found = find_source(kept, given)
    except SourceError as error:
        raise SourceError(str(error).replace(str(kept), name)) from None
    return SourceFiles(name, found.files, found.skipped)


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
