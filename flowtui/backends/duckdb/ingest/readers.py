"""The kinds of files that can be read: a new one is a module and a line here."""

from __future__ import annotations

import stat
from pathlib import Path

from flowtui.backends.duckdb.ingest.files import Head
from flowtui.backends.duckdb.ingest.listing import Seen
from flowtui.backends.duckdb.ingest.parquet.reader import ParquetReader
from flowtui.backends.duckdb.ingest.reader import LogFile, Reader
from flowtui.backends.duckdb.ingest.text.reader import TextReader
from flowtui.backends.duckdb.ingest.wrapped.readers import WRAPPED_READERS
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError

READERS: tuple[Reader, ...] = (ParquetReader(), *WRAPPED_READERS, TextReader())
"""In the order in which they are asked whether a file is theirs."""


def recognise(path: Path, given: FlowFormat | None = None) -> LogFile:
    """The file as the first reader takes it that does; raises `SourceError` or `OSError`."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{path} is not a file; save the flow logs in one and give that")
    if not status.st_size:
        raise SourceError(f"{path} is empty; give a file with flow logs")
    head = Head(path)
    for reader in READERS:
        if layout := reader.recognise(head, given):
            seen, modified_ms = Seen.of(path, status), status.st_mtime_ns // 1_000_000
            return LogFile(seen, layout, head.compression, modified_ms, encoding=head.encoding)
    kinds = ", ".join(reader.name for reader in READERS)
    raise SourceError(f"{path} is none of what can be read here: {kinds}")
