"""The bytes of a file, plain or compressed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path

from flowtui.backends.duckdb.ingest.compression import BROKEN, Compression, opened
from flowtui.backends.duckdb.ingest.encoding import Encoding
from flowtui.model.errors import SourceError

LONGEST_LINE = 1 << 20
"""Bytes; CloudWatch takes no longer event."""
BOM = b"\xef\xbb\xbf"
_BLOCK = 1 << 14
_MOST_LOOKED_AT = 64 << 20
"""Bytes of text among which the first record has to be."""
_BLANK = re.compile(rb"\n\n+")


class Head:
    """The beginning of a file, as far as somebody looks; errors are `SourceError` and `OSError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding = Encoding.UTF8
        """How the text was found to be encoded, as far as somebody has looked."""

    @cached_property
    def magic(self) -> bytes:
        """The first bytes on disk."""
        with self.path.open("rb") as raw:
            return raw.read(8)

    @property
    def compression(self) -> Compression:
        return Compression.of(self.magic)

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """No more of it than tells what it is; whoever looks again reads nothing again."""
        number = 0
        while number < len(self._looked_at) or self._look_on():
            yield self._looked_at[number]
            number += 1

    def _look_on(self) -> bool:
        """Look at one block more; whether there is one."""
        block = next(self._rest, None)
        if block is not None:
            self._looked_at.append(block)
        return block is not None

    @cached_property
    def _looked_at(self) -> list[tuple[bytes, int]]:
        return []

    @cached_property
    def _rest(self) -> Iterator[tuple[bytes, int]]:
        blocks = read_blocks(self.path, _BLOCK, self.compression, self._found)
        return without_blank_lines(islice(blocks, _MOST_LOOKED_AT // _BLOCK))

    def _found(self, encoding: Encoding) -> None:
        self.encoding = encoding

    def lines(self) -> Iterator[bytes]:
        """The lines without their ends; a line longer than the longest is cut."""
        rest = b""
        for block, _ in self.blocks():
            *lines, rest = (rest + block).split(b"\n")
            yield from (line.removesuffix(b"\r") for line in lines)
            if len(rest) > LONGEST_LINE:
                yield rest
                rest = b""
        if rest:
            yield rest.removesuffix(b"\r")


def without_blank_lines(blocks: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    """The blocks without lines that have no letter: they say nothing, and may be thousands."""
    is_at_start = True
    for block, position in blocks:
        text = _BLANK.sub(b"\n", block) if b"\n\n" in block else block
        if is_at_start:
            text = text.removeprefix(b"\n")
        if text:
            is_at_start = text.endswith(b"\n")
        yield text, position


def read_blocks(
    path: Path,
    size: int,
    compression: Compression,
    told: Callable[[Encoding], None] = lambda _: None,
) -> Iterator[tuple[bytes, int]]:
    """The text in blocks of `size` bytes at most, and how many bytes on disk it took so far.

    It is in UTF-8; `told` takes what else it is encoded in. A byte order mark at the beginning is
    left out. Raises `SourceError`.
    """
    with (
        _readable(path, compression),
        path.open("rb") as raw,
        opened(raw, compression, told) as text,
    ):
        while block := text.read(size):
            yield block, raw.tell()


def read_plain(path: Path, size: int, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """The same of a file whose bytes are the text, from one place in it to another.

    Raises `SourceError`, also where the file is no longer that long.
    """
    with _readable(path, Compression.NONE), path.open("rb", buffering=0) as raw:
        raw.seek(position := start)
        while position < end:
            block = raw.read(min(size, end - position))
            if not block:
                raise SourceError(f"{path} was cut short while it was read; run the query again")
            position += len(block)
            yield block if position > len(block) else block.removeprefix(BOM), position


@contextmanager
def _readable(path: Path, compression: Compression) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise _broken(path, compression, error) from error
    except OSError as error:
        if error.errno is None:  # bz2 says so that it is no bz2
            raise _broken(path, compression, error) from error
        raise unreadable(path, error) from error


def _broken(path: Path, compression: Compression, error: Exception) -> SourceError:
    return SourceError(f"{path} is a broken {compression} file ({error}); fetch it again")


def unreadable(path: Path, error: OSError) -> SourceError:
    reason = error.strerror or str(error)
    return SourceError(f"{path} can't be read: {reason}; check the path and its permissions")
