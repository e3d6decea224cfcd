"""What was fetched, kept in a folder that only the user can read: no object is fetched twice.

An object lies under a name made of its bucket, its key and its ETag, which is another one for
other bytes. What was used least lately goes first.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from flowtui.backends.s3.requests import Object
from flowtui.model.errors import SourceError

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,199}")


class Cache:
    def __init__(self, folder: Path, limit: float) -> None:
        """`limit` is in bytes; what is in use may be more."""
        self._folder, self._limit = folder, limit

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

    @contextmanager
    def draft(self, wanted: Object) -> Iterator[BinaryIO]:
        """A file for its bytes, which becomes the kept one where they are all there."""
        path = self._path(wanted)
        # Two windows that are asked at once may both want it.
        draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        with self._clear():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.parent.mkdir(exist_ok=True, mode=0o700)
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
        """When each was used, its size and its path; another flowtui may be removing some."""
        for path in self._folder.glob("*/*"):
            with suppress(OSError):
                status = path.stat()
                yield status.st_atime, status.st_size, path

    def _path(self, wanted: Object) -> Path:
        identity = "\0".join((wanted.bucket, wanted.key, wanted.etag))
        digest = hashlib.sha256(identity.encode(errors="surrogateescape")).hexdigest()[:32]
        name = wanted.key.rpartition("/")[2]
        # What a reader says of a file begins with its name; a key may have any character.
        return self._folder / digest / (name if _PLAIN_NAME.fullmatch(name) else "object")

    @contextmanager
    def _clear(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SourceError(
                f"what is fetched can't be kept in {self._folder}: {error.strerror or error};"
                " free some disk space or set XDG_CACHE_HOME"
            ) from error
