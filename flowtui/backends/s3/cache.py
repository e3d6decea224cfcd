"""What was fetched, kept in a folder that only the user can read: no object is fetched twice.

An object lies under a name made of its bucket, its key and its ETag, which is another one for
other bytes. What was used least lately goes first.

Of some objects only pieces are here: a file as long as the object, with holes, and beside it what
of it is no hole. Pieces only ever come to it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from flowtui.backends.s3.ranges import Ranges
from flowtui.backends.s3.requests import Object
from flowtui.model.errors import SourceError

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,199}")

_PIECES = "pieces"
_BLOCK = 512
"""The unit in which file systems tell how much a file takes."""


class Cache:
    def __init__(self, folder: Path, limit: float) -> None:
        """`limit` is in bytes; what is in use may be more."""
        self.folder, self._limit = folder, limit
        self._noting = threading.Lock()

    def kept(self, wanted: Object) -> Path | None:
        """Where the object lies, which counts as a use of it; None where it has to be fetched."""
        path = self._path(wanted)
        try:
            status = path.stat()
            if status.st_size != wanted.size:
                return None
            # When it was written stays: records say so by `@ingestionTime`.
            os.utime(path, ns=(time.time_ns(), status.st_mtime_ns))
        except OSError:
            return None
        return path

    def has(self, wanted: Object) -> bool:
        with suppress(OSError):
            return self._path(wanted).stat().st_size == wanted.size
        return False

    def pieces(self, wanted: Object) -> Ranges:
        """What of the object is here."""
        if self.has(wanted):
            return Ranges(((0, wanted.size),))
        path = self._path(wanted, _PIECES)
        try:
            noted = json.loads(_note(path).read_bytes())
            status = path.stat()
            if [status.st_ino, status.st_size] == [noted["inode"], wanted.size]:
                return Ranges.of((int(start), int(end)) for start, end in noted["ranges"])
        except (OSError, LookupError, TypeError, ValueError):
            pass  # nothing that is noted is of use
        return Ranges()

    def in_pieces(self, wanted: Object) -> Path | None:
        """Where the file with pieces of the object lies, or the whole object."""
        if (path := self.kept(wanted)) is not None:
            return path
        path = self._path(wanted, _PIECES)
        with suppress(OSError):
            status = path.stat()
            if status.st_size == wanted.size:
                os.utime(path, ns=(time.time_ns(), status.st_mtime_ns))
                return path
        return None

    @contextmanager
    def piece(self, wanted: Object, start: int, end: int) -> Iterator[BinaryIO]:
        """A file that stands where the piece begins; once it has come to its end, it is noted."""
        path = self._path(wanted, _PIECES)
        with self._clear():
            self._make(path)
            descriptor = _opened(path)
        with os.fdopen(descriptor, "r+b") as file:
            with self._clear():
                file.truncate(wanted.size)
                file.seek(start)
                yield file
                file.flush()
            if file.tell() == end:
                with self._clear(), self._noting:
                    self._note(wanted, os.fstat(file.fileno()).st_ino, Ranges(((start, end),)))

    def _note(self, wanted: Object, inode: int, more: Ranges) -> None:
        path = _note(self._path(wanted, _PIECES))
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        ranges = (self.pieces(wanted) | more).each
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump({"inode": inode, "ranges": ranges}, file)
        draft.replace(path)

    def _make(self, path: Path) -> None:
        """The folder that it lies in."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.mkdir(exist_ok=True, mode=0o700)

    @contextmanager
    def draft(self, wanted: Object) -> Iterator[BinaryIO]:
        """A file for its bytes, which becomes the kept one where they are all there."""
        path = self._path(wanted)
        # Two windows that are asked at once may both want it.
        draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        with self._clear():
            self._make(path)
            descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file, self._clear():
                yield file
            with self._clear():
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def trim(self, spared: Collection[Path] = ()) -> None:
        """Remove what is beyond the limit, but for what is `spared`."""
        files = sorted(self._files(), key=lambda each: each[0])
        size = sum(each[1] for each in files)
        for _, bytes_, path in files:
            if size <= self._limit:
                return
            if path not in spared:
                with suppress(OSError):
                    path.unlink()
                    path.parent.rmdir()
                size -= bytes_

    def held(self) -> tuple[int, int]:
        """Bytes and objects that are kept."""
        sizes = [size for _, size, _ in self._files()]
        return sum(sizes), len(sizes)

    def clear(self) -> int:
        """Remove all; how many bytes that were. Raises `OSError`."""
        size = 0
        for _, bytes_, path in list(self._files()):
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()
            size += bytes_
        return size

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When each was used, the bytes it takes, and its path; another flowtui may remove some."""
        for path in self.folder.glob("*/*"):
            with suppress(OSError):
                status = path.stat()
                yield status.st_atime, min(status.st_size, status.st_blocks * _BLOCK), path

    def _path(self, wanted: Object, *more: str) -> Path:
        identity = "\0".join((wanted.bucket, wanted.key, wanted.etag, *more))
        digest = hashlib.sha256(identity.encode(errors="surrogateescape")).hexdigest()[:32]
        name = wanted.key.rpartition("/")[2]
        # What a reader says of a file begins with its name; a key may have any character.
        return self.folder / digest / (name if _PLAIN_NAME.fullmatch(name) else "object")

    @contextmanager
    def _clear(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SourceError(
                f"what is fetched can't be kept in {self.folder}: {error.strerror or error};"
                " free some disk space or set XDG_CACHE_HOME"
            ) from error


def _opened(path: Path) -> int:
    """Whoever else writes into it writes the same bytes."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, os.O_RDWR)
    # What is noted is of one that has gone; nobody trusts it while this one is empty.
    _note(path).unlink(missing_ok=True)
    return descriptor


def _note(path: Path) -> Path:
    """Where it is noted which pieces the file has."""
    return path.with_name(f"{path.name}.ranges")
