"""The log group at a path: of one file, or of all files of a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from flowtui.backends.duckdb.ingest.files import unreadable
from flowtui.backends.duckdb.ingest.listing import (
    Listing,
    Seen,
    list_files,
    no_files,
    visible_files,
)
from flowtui.backends.duckdb.ingest.reader import LogFile, SourceFiles
from flowtui.backends.duckdb.ingest.readers import recognise
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError

_SMALL = 1 << 20
"""Bytes on disk of a file that can be read to its end before anybody waits."""


def find_source(path: Path, given: FlowFormat | None = None) -> SourceFiles:
    """The log group at `path`; raises `SourceError` where there is none.

    `given` is the format of the files that do not say theirs.
    """
    return recognised(list_files(path), given)


def check_source(path: Path, given: FlowFormat | None = None) -> None:
    """Raise the `SourceError` of what can't be loaded, as far as a look at little of it shows.

    A large file in which no line fits takes long to read, so that is left to its load.
    """
    try:
        if not path.is_dir():
            _check_head(path, given)
        elif not any(True for _ in visible_files(path, [])):
            raise no_files(path)
    except OSError as error:
        raise unreadable(path, error) from error


def _check_head(path: Path, given: FlowFormat | None) -> None:
    if path.stat().st_size <= _SMALL:
        recognise(path, given)
    else:
        with path.open("rb"):
            pass


def recognised(
    listing: Listing,
    given: FlowFormat | None,
    known: Mapping[Seen, LogFile] | None = None,
    looked: Callable[[float], None] = lambda _: None,
) -> SourceFiles:
    """The log group of these files, wherever they lie; raises `SourceError`.

    Those that are `known` are not opened. `looked` takes the share of them that was looked at.
    """
    known = known or {}
    skipped = list(listing.skipped)
    files: list[LogFile] = []
    for number, seen in enumerate(listing.files, 1):
        try:
            # What is written to it from here on is for the next time.
            files.append(known.get(seen) or replace(recognise(seen.path, given), seen=seen))
        except OSError as error:
            skipped.append(unreadable(seen.path, error))
        except SourceError as error:
            skipped.append(error)
        looked(number / len(listing.files))
    if not files and not listing.is_folder:
        raise skipped[0]
    if not files:
        raise SourceError(f"no file in {listing.name} has flow logs: {skipped[0]}")
    return SourceFiles(listing.name, tuple(files), tuple(skipped))
