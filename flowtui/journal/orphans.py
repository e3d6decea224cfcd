"""The log of queries that may have been left running: nobody reads stderr of a dropped link."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from flowtui.engine.watch import UNKNOWN_ID
from flowtui.model.command_words import options
from flowtui.model.errors import UsageError
from flowtui.model.source import (
    AthenaSource,
    CloudWatchSource,
    DataSource,
    DemoSource,
    FileSource,
    S3Source,
)


def stop_command(source: DataSource, query_id: str) -> str:
    """The command that stops the query; empty where there is nothing to name it by."""
    if query_id == UNKNOWN_ID:
        return ""
    if isinstance(source, AthenaSource):
        return _aws(source, "stop-query-execution", ("query-execution-id", query_id))
    return _aws(source, "stop-query", ("query-id", query_id))


def search_command(source: DataSource) -> str:
    """What lists the queries that run, for one whose id nobody knows; empty for files."""
    if isinstance(source, AthenaSource):
        group = ("work-group", source.workgroup or "primary")
        return _aws(source, "list-query-executions", group)
    return _aws(source, "describe-queries", ("status", "Running"))


def _aws(source: DataSource, command: str, own: tuple[str, str]) -> str:
    match source:
        case FileSource() | DemoSource() | S3Source():
            return ""
        case CloudWatchSource(endpoint_url=url) | AthenaSource(endpoint_url=url):
            words = options((*source.account, ("endpoint-url", url), own))
            service = "athena" if isinstance(source, AthenaSource) else "logs"
            return shlex.join(["aws", service, command, *words])
        case _:
            assert_never(source)


def log_orphans(
    path: Path, source: DataSource, place: str, ids: Sequence[str], now: datetime
) -> None:
    """Append a line for each: when, where, which, and what stops it; raises `UsageError`."""
    time = now.astimezone(UTC).isoformat(timespec="seconds")
    lines = (f"{time} {place} {each} {_next_command(source, each)}".rstrip() for each in ids)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise UsageError(f"can't log this in {path}: {error.strerror}") from error


def _next_command(source: DataSource, query_id: str) -> str:
    return search_command(source) if query_id == UNKNOWN_ID else stop_command(source, query_id)
