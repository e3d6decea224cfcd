"""What files are compressed by, and the bytes in them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from io import BufferedReader, BytesIO, RawIOBase
from typing import IO, Any, BinaryIO

from flowtui.backends.duckdb.ingest.encoding import Bytes, Encoding, as_utf8

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BROKEN = (
    EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zstd.ZstdError, zipfile.BadZipFile,
)  # fmt: skip
"""What a broken file raises while it is read; bz2 raises `OSError` and `ValueError`."""


class Compression(StrEnum):
    NONE = "plain"
    GZIP = "gzip"
    ZSTD = "zstd"
    BZIP2 = "bz2"
    XZ = "xz"
    ZIP = "zip"

    @classmethod
    def of(cls, magic: bytes) -> Compression:
        """By the first bytes of a file: names of files say anything."""
        return next((kind for start, kind in _MAGIC.items() if magic.startswith(start)), cls.NONE)


_MAGIC = {
    b"\x1f\x8b": Compression.GZIP,
    b"\x28\xb5\x2f\xfd": Compression.ZSTD,
    b"BZh": Compression.BZIP2,
    b"\xfd7zXZ\x00": Compression.XZ,
    b"PK\x03\x04": Compression.ZIP,
    b"PK\x05\x06": Compression.ZIP,
}


@contextmanager
def opened(
    raw: BinaryIO, compression: Compression, told: Callable[[Encoding], None] = lambda _: None
) -> Iterator[Bytes]:
    """The text that is compressed in an open file, in UTF-8 without a byte order mark.

    `told` takes what else it is encoded in. Where it is compressed twice, it is the plain one:
    Firehose compresses once more what a subscription filter has compressed.
    """
    with _opened(raw, compression, told) as once:
        inner = Compression.NONE if once is raw else Compression.of(once.peek(_LONGEST)[:_LONGEST])
        with _opened(once, inner, told) as twice:
            yield as_utf8(twice, told)


_LONGEST = max(map(len, _MAGIC))


@contextmanager
def _opened(
    raw: IO[bytes], compression: Compression, told: Callable[[Encoding], None]
) -> Iterator[Any]:
    match compression:
        case Compression.NONE:
            yield raw
        case Compression.ZIP:
            with zipfile.ZipFile(raw) as archive:
                yield BufferedReader(_Members(archive, told))
        case _:
            with _OPEN[compression](raw) as text:
                yield text


_OPEN: Mapping[Compression, Callable[[Any], Any]] = {
    Compression.GZIP: gzip.open,
    Compression.ZSTD: zstd.open,
    Compression.BZIP2: bz2.open,
    Compression.XZ: lzma.open,
}


class _Members(RawIOBase):
    """The files of a zip, one after the other, each begun on a line of its own.

    Each may be encoded in its own way: all come in UTF-8.
    """

    def __init__(self, archive: zipfile.ZipFile, told: Callable[[Encoding], None]) -> None:
        self._archive, self._told = archive, told
        self._names = iter([i.filename for i in archive.infolist() if _is_content(i)])
        self._member: Bytes = BytesIO()
        self._is_begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not (block := self._member.read(len(buffer))):
            if (name := next(self._names, None)) is None:
                return 0
            is_first, self._is_begun = not self._is_begun, True
            member: Any = self._archive.open(name)
            self._member = as_utf8(member, self._told)
            if not is_first:
                block = b"\n"
                break
        buffer[: len(block)] = block
        return len(block)


def _is_content(info: zipfile.ZipInfo) -> bool:
    return not info.is_dir() and not info.filename.startswith("__MACOSX/")
