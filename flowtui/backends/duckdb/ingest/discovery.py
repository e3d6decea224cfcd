"""The log group at a path: of one file, or of all files of a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from flowtui.backends.duckdb.ingest.files import unreadable
from flowtui.backends.duckdb.ingest.reader import LogFile, SourceFiles
from flowtui.backends.duckdb.ingest.readers import recognise
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown

_SMALL = 1 << 20
"""Bytes on disk of a file that can be read to its end before anybody waits."""


def find_source(path: Path, given: FlowFormat | None = None) -> SourceFiles:
    """The log group at `path`; raises `SourceError` where there is none.

    `given` is the format of the files that do not say theirs.
    """
    try:
        if not path.is_dir():
            return SourceFiles(shown(path), (recognise(path, given),))
    except OSError as error:
        raise unreadable(path, error) from error
    skipped: list[SourceError] = []
    paths = sorted(_visible_files(path, skipped))
    if not paths and not skipped:
        raise _no_files(path)
    return source_of(shown(path), paths, given, skipped)


def check_source(path: Path, given: FlowFormat | None = None) -> None:
    """Raise the `SourceError` of what can't be loaded, as far as a look at little of it shows.

    A large file in which no line fits takes long to read, so that is left to its load.
    """
    try:
        if not path.is_dir():
            _check_head(path, given)
        elif not any(True for _ in _visible_files(path, [])):
            raise _no_files(path)
    except OSError as error:
        raise unreadable(path, error) from error


def _check_head(path: Path, given: FlowFormat | None) -> None:
    if path.stat().st_size <= _SMALL:
        recognise(path, given)
    else:
        with path.open("rb"):
            pass


def _no_files(folder: Path) -> SourceError:
    return SourceError(f"the folder {folder} has no files; give one with flow logs")


def _visible_files(folder: Path, skipped: list[SourceError]) -> Iterator[Path]:
    """The files in it and below; what can't be one goes to `skipped`, with the reason.

    Links to folders are followed, each folder is looked into once: so no loop of links is endless.
    """
    seen: set[tuple[int, int]] = set()
    for inner, folders, names in os.walk(
        folder, onerror=partial(_unread, skipped), followlinks=True
    ):
        status = Path(inner).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for path in (Path(inner, name) for name in names if not name.startswith(".")):
            if reason := _no_content(path):
                skipped.append(SourceError(f"{shown(path)} {reason}"))
            else:
                yield path


def _unread(skipped: list[SourceError], error: OSError) -> None:
    skipped.append(unreadable(Path(error.filename), error))


def _no_content(path: Path) -> str:
    """Why a file in a folder has no records, as far as its name and its kind tell."""
    if path.name.startswith("_") or _MANIFEST.search(path.name):
        return "is no flow log: it tells of the job that wrote the others"
    if not path.is_file():
        return "is not a file, or a link that leads nowhere"
    return "" if path.stat().st_size else "is empty"


_MANIFEST = re.compile(r"(^|[-_.])manifest([-_.]|$)|\.(crc|metadata)$")


def source_of(
    name: str,
    paths: Iterable[Path],
    given: FlowFormat | None,
    unread: Iterable[SourceError] = (),
) -> SourceFiles:
    """The log group of these files, wherever they lie; raises `SourceError`.

    `unread` is why others are not among them.
    """
    skipped = list(unread)
    files: list[LogFile] = []
    for path in paths:
        try:
            files.append(recognise(path, given))
        except OSError as error:
            skipped.append(unreadable(path, error))
        except SourceError as error:
            skipped.append(error)
    if not files:
        raise SourceError(f"no file in {name} has flow logs: {skipped[0]}")
    return SourceFiles(name, tuple(files), tuple(skipped))
