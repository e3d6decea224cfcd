"""Files of flow logs in chunks of whole lines, on their way into a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import BinaryIO

from flowtui.backends.duckdb.ingest.files import read_blocks, read_plain, without_blank_lines
from flowtui.backends.duckdb.ingest.reader import BrokenLate, LogFile
from flowtui.backends.duckdb.ingest.text.reader import TextLayout
from flowtui.backends.duckdb.ingest.wrapped.wrapping import Wrapping
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.frozen import frozen

CHUNK = 64 << 20
"""Bytes of text that go into a table at once: enough for all threads, and soon over when somebody
cancels."""
_FIRST = 8 << 20
"""Bytes of text in the first chunk: somebody waits for its rows."""
_BLOCK = 1 << 20
"""Bytes of text in memory at once: small enough for the processor's cache."""
_MOST_PIECES = 16_384
"""Files in a chunk. With 1,024 small ones take a quarter more time, and hardly less memory."""
LONGEST_KEPT = 16 << 20
"""Bytes of a line that are kept: what is longer is no record, but it counts as a line."""


@frozen
class Piece:
    """Whole lines of one file, ended by LF."""

    file: LogFile
    number: int
    """Counts the pieces of all files."""
    path: Path
    """A file with just these lines; its name is the number."""
    size: int
    """Bytes of text."""
    consumed: int
    """Bytes on disk, of all files, that have been read when this piece is in."""
    has_returns: bool
    """Whether a CR may be in a line: at the end of a file DuckDB takes it for an end of line."""


def read_chunks(
    files: Sequence[LogFile],
    folder: Path,
    broken: dict[LogFile, SourceError],
    read: Callable[[float], None],
) -> Iterator[tuple[Piece, ...]]:
    """The text in the order of its files: large ones in parts, small ones together.

    The pieces lie in `folder`. A file that can't be read to its end is added to `broken`, and
    those that are there are left out. `read` takes the share of the bytes on disk that were read.
    Raises `BrokenLate`.
    """
    chunk: list[Piece] = []
    size = 0
    for piece in _pieces(files, folder, broken, read):
        if chunk and (len(chunk) == _MOST_PIECES or size + piece.size > _room(chunk[0].number)):
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(piece)
        size += piece.size
    if chunk:
        yield tuple(chunk)


def _room(number: int) -> int:
    """Bytes of the chunk that begins with the piece of this number."""
    return CHUNK if number else min(_FIRST, CHUNK)


def _pieces(
    files: Sequence[LogFile],
    folder: Path,
    broken: dict[LogFile, SourceError],
    read: Callable[[float], None],
) -> Iterator[Piece]:
    numbers = count()
    before, total = 0, sum(file.unread for file in files)
    for file in files:
        text = _Text(file, _from(before - file.start, total, read))
        is_out = False
        while file not in broken and not text.is_done:
            number = next(numbers)
            path = folder / str(number)
            try:
                with path.open("wb") as piece:
                    size = text.write_part(piece, _room(number))
            except SourceError as error:
                path.unlink()
                broken[file] = error
                if is_out:
                    raise BrokenLate(str(error)) from error
            else:
                if size:
                    position = before + text.position - file.start
                    yield Piece(file, number, path, size, position, text.has_returns)
                    is_out = True
        before += file.unread


def _from(before: int, total: int, read: Callable[[float], None]) -> Callable[[int], None]:
    """A function of a position in a file that lies after so many bytes of all."""
    return lambda position: read((before + position) / total)


class _Text:
    """The text of a file on its way into pieces; `read` takes how many bytes on disk were read."""

    def __init__(self, file: LogFile, read: Callable[[int], None]) -> None:
        self._read = read
        self._blocks = without_blank_lines(_cut(_unix_ends(_text_blocks(file))))
        self._rest = b""
        self.position = 0
        """Bytes on disk that have been read."""
        self.has_returns = False
        """Whether a CR has come that is not part of a CRLF."""
        self.is_done = False

    def write_part(self, piece: BinaryIO, room: int) -> int:
        """Write whole lines, about as many as there is room for, and return how many bytes."""
        size = piece.write(self._rest)
        for block, position in self._blocks:
            self.position = position
            self._read(position)
            self.has_returns |= b"\r" in block
            if size >= room and (end := block.rfind(b"\n") + 1):
                self._rest = block[end:]
                return size + piece.write(block[:end])
            size += piece.write(block)
        self.is_done = True
        return size


def _text_blocks(file: LogFile) -> Iterator[tuple[bytes, int]]:
    """The lines of the file, wherever in it they stand, in blocks."""
    if file.is_as_read:
        # What is written to it meanwhile is for the next time.
        blocks = read_plain(file.path, _BLOCK, file.start, file.size)
    else:
        blocks = read_blocks(file.path, _BLOCK, file.compression)
    if not isinstance(file.layout, TextLayout) or file.layout.wrapping is None:
        return blocks
    return _without_first_header(_unwrapped(file, blocks, file.layout.wrapping), file.layout.format)


def _unwrapped(
    file: LogFile, blocks: Iterator[tuple[bytes, int]], wrapping: Wrapping
) -> Iterator[tuple[bytes, int]]:
    try:
        yield from wrapping.unwrapped(blocks)
    except ValueError as error:
        raise SourceError(f"{file.path} is broken {wrapping.name} ({error})") from error


def _without_first_header(
    blocks: Iterator[tuple[bytes, int]], format_: FlowFormat
) -> Iterator[tuple[bytes, int]]:
    """The format of the file is known; where it is written first, it would be a line apart."""
    block, position = next(blocks, (b"", 0))
    first, _, rest = block.partition(b"\n")
    if FlowFormat.from_marked(first.decode(errors="replace")) == format_:
        block = rest
    yield block, position
    yield from blocks


def _cut(blocks: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    """The blocks with an end, that says so, in the place of the rest of lines that are too long."""
    length = 0
    for whole, position in blocks:
        end = whole.find(b"\n")
        here = len(whole) if end < 0 else end
        room = max(0, LONGEST_KEPT - length)
        length += here
        block = whole
        if length > LONGEST_KEPT:
            told = b" ... this line of %d bytes is cut" % length if end >= 0 else b""
            block = whole[: min(room, here)] + told + whole[here:]
        if end >= 0:
            length = len(whole) - whole.rfind(b"\n") - 1
        yield block, position


def _unix_ends(blocks: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    """The blocks with LF for CRLF; a CR at the end of a block waits for the next one."""
    held = b""
    for block, position in blocks:
        if held or b"\r" in block:
            text = held + block
            held = b"\r" if text.endswith(b"\r") else b""
            yield text.removesuffix(held).replace(b"\r\n", b"\n"), position
        else:
            yield block, position
