"""The files at a path, before any of them is opened: which they are, and as of when."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flowtui.backends.duckdb.ingest.files import unreadable
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown
from flowtui.model.frozen import frozen


@frozen
class Seen:
    """A file as it was seen: where its content is another one, so is one of these."""

    path: Path
    size: int
    modified_ns: int
    inode: int = 0
    device: int = 0

    @classmethod
    def of(cls, path: Path, status: os.stat_result) -> Seen:
        return cls(path, status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


@frozen
class Listing:
    """The files of a log group."""

    name: str
    """The path as the user gave it, as text that can be shown and stored."""
    files: tuple[Seen, ...]
    skipped: tuple[SourceError, ...] = ()
    """Why others are left out, which their names tell."""
    is_folder: bool = True


def list_files(path: Path) -> Listing:
    """The file at `path`, or those of the folder there; raises `SourceError` where there is none.

    What can be no file of flow logs is found out when it is opened.
    """
    skipped: list[SourceError] = []
    try:
        if not path.is_dir():
            return Listing(shown(path), (Seen.of(path, path.stat()),), is_folder=False)
        files = sorted(visible_files(path, skipped), key=lambda seen: seen.path)
    except OSError as error:
        raise unreadable(path, error) from error
    if not files and not skipped:
        raise no_files(path)
    return Listing(shown(path), tuple(files), tuple(skipped))


def no_files(folder: Path) -> SourceError:
    return SourceError(f"the folder {folder} has no files; give one with flow logs")


def visible_files(folder: Path, skipped: list[SourceError]) -> Iterator[Seen]:
    """The files in it and below; what can't be one goes to `skipped`, with the reason.

    Links to folders are followed, each folder is looked into once: so no loop of links is endless.
    """
    seen: set[tuple[int, int]] = set()
    for inner, folders, names in os.walk(
        folder, onerror=partial(_unread, skipped), followlinks=True
    ):
        try:
            status = Path(inner).stat()
        except OSError as error:  # it went while the others were listed
            skipped.append(unreadable(Path(inner), error))
            continue
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for path in (Path(inner, name) for name in names if not name.startswith(".")):
            found = _look_at(path)
            if isinstance(found, Seen):
                yield found
            else:
                skipped.append(found)


def _unread(skipped: list[SourceError], error: OSError) -> None:
    skipped.append(unreadable(Path(error.filename), error))


def _look_at(path: Path) -> Seen | SourceError:
    """The file, or why it has no records, as far as its name and its kind tell."""
    if path.name.startswith("_") or _MANIFEST.search(path.name):
        reason = "is no flow log: it tells of the job that wrote the others"
        return SourceError(f"{shown(path)} {reason}")
    try:
        status = path.stat()
    except OSError:
        return SourceError(f"{shown(path)} is a link that leads nowhere, or was just removed")
    if not stat.S_ISREG(status.st_mode):
        return SourceError(f"{shown(path)} is not a file")
    return Seen.of(path, status) if status.st_size else SourceError(f"{shown(path)} is empty")


_MANIFEST = re.compile(r"(^|[-_.])manifest([-_.]|$)|\.(crc|metadata)$")
