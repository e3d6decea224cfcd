"""What lies at a path: a log group of one file, or of all files of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from flowtui.backends.duckdb.ingest.files import unreadable
from flowtui.backends.duckdb.ingest.reader import LogFile, Source
from flowtui.backends.duckdb.ingest.readers import recognise
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown

_SMALL = 1 << 20
"""Bytes on disk of a file that can be read to its end before anybody waits."""


def find_source(path: Path, given: FlowFormat | None = None) -> Source:
    """The log group at `path`; raises `SourceError` where there is none.

    `given` is the format of the files that do not say theirs.
    """
    try:
        if not path.is_dir():
            return Source(shown(path), (recognise(path, given),))
        paths = sorted(_visible_files(path))
    except OSError as error:
        raise unreadable(path, error) from error
    if not paths:
        raise _no_files(path)
    return source_of(shown(path), paths, given)


def check_source(path: Path, given: FlowFormat | None = None) -> None:
    """Raise the `SourceError` of what can't be loaded, as far as a look at little of it tells.

    A large file in which no line fits takes long to read, so that is left to who loads it.
    """
    try:
        if not path.is_dir():
            _check_head(path, given)
        elif not any(True for _ in _visible_files(path)):
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


def _visible_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if not any(part.startswith(".") for part in parts) and path.is_file():
            yield path


def source_of(name: str, paths: Iterable[Path], given: FlowFormat | None) -> Source:
    """The log group of these files, wherever they lie; raises `SourceError`."""
    files: list[LogFile] = []
    skipped: list[SourceError] = []
    for path in paths:
        try:
            files.append(recognise(path, given))
        except OSError as error:
            skipped.append(unreadable(path, error))
        except SourceError as error:
            skipped.append(error)
    if not files:
        raise SourceError(f"no file in {name} has flow logs: {skipped[0]}")
    return Source(name, tuple(files), tuple(skipped))
