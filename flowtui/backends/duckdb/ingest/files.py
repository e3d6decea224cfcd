"""The bytes of a file, plain or gzip."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from flowtui.model.errors import SourceError

LONGEST_LINE = 1 << 20
"""Bytes; CloudWatch takes no longer event."""
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 16


class Head:
    """The beginning of a file, as far as somebody looks; errors are `SourceError` and `OSError`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def magic(self) -> bytes:
        """The first bytes on disk."""
        with self.path.open("rb") as raw:
            return raw.read(8)

    @property
    def is_gzip(self) -> bool:
        return self.magic.startswith(_GZIP)

    def lines(self) -> Iterator[bytes]:
        """The lines without their ends; a line longer than the longest is cut."""
        rest = b""
        for block, _ in read_blocks(self.path, _BLOCK, is_gzip=self.is_gzip):
            *lines, rest = (rest + block).split(b"\n")
            yield from (line.removesuffix(b"\r") for line in lines)
            if len(rest) > LONGEST_LINE:
                yield rest
                rest = b""
        if rest:
            yield rest.removesuffix(b"\r")


def read_blocks(path: Path, size: int, *, is_gzip: bool) -> Iterator[tuple[bytes, int]]:
    """The text in blocks of `size` bytes at most, and how many bytes on disk it took so far.

    A byte order mark at the beginning is left out. Raises `SourceError`.
    """
    try:
        with path.open("rb") as raw, gzip.open(raw, "rb") if is_gzip else raw as text:
            block = text.read(size).removeprefix(_BOM)
            while block:
                yield block, raw.tell()
                block = text.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"{path} is a broken gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> SourceError:
    reason = error.strerror or str(error)
    return SourceError(f"{path} can't be read: {reason}; check the path and its permissions")
