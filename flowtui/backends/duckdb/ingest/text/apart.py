"""Lines that need a closer look: the plain ones among them, and those that hold another format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from flowtui.backends.duckdb.ingest.files import BOM, LONGEST_LINE
from flowtui.backends.duckdb.ingest.reader import LogFile
from flowtui.backends.duckdb.ingest.text.chunks import Piece
from flowtui.backends.duckdb.ingest.text.lines import (
    LONGEST_STAMP,
    MARK,
    STAMP,
    Lines,
    is_stamped,
    later_header,
    names_in,
)
from flowtui.backends.duckdb.progress import Part
from flowtui.flowlogs.format import HEADER_MARK
from flowtui.model.frozen import frozen

_BLOCK = LONGEST_LINE // 2
"""Bytes of text that are looked at together."""
_GAP = rb"[ \t\v\f\r\x1c-\x1f\x85\xa0]"
_WORD = rb"[a-z][a-z0-9_-]*+"
_MAY_BE_HEADER = re.compile(
    rb"\n(%c [^\n]*+|%b(?:%b++%b)*+%b*+)(?=\n)" % (ord(HEADER_MARK), _WORD, _GAP, _WORD, _GAP)
)
"""A line that flowtui has marked, or one of words that could be names."""
_BLANK = rb" *+\n"


@frozen
class Run:
    """Lines of one piece that follow one another, all written alike, each ended by LF."""

    file: LogFile
    lines: Lines
    plain: bytes
    odd: bytes
    """Those that are not plain."""


@frozen
class Filed:
    """Lines of a file, in another file of their own."""

    file: LogFile
    """Where they come from."""
    path: Path


class Files:
    """Lines on their way into a table, in a file for each file that they come from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._filed: dict[LogFile, Filed] = {}

    @property
    def filed(self) -> tuple[Filed, ...]:
        """The names of the files are numbers, one after the other."""
        return tuple(self._filed.values())

    def add(self, file: LogFile, text: bytes) -> None:
        if file not in self._filed:
            self._folder.mkdir(exist_ok=True)
            self._filed[file] = Filed(file, self._folder / str(len(self._filed)))
        with self._filed[file].path.open("ab") as kept:
            kept.write(text)


class Formats:
    """How the lines of each file are written, as far as it was read: a header holds from there on.

    Whether records follow their timestamps is seen of the first one after the header.
    """

    def __init__(self, first: Lines, held: Mapping[LogFile, Lines] | None = None) -> None:
        self._first = first
        self._held: dict[LogFile, Lines] = dict(held or {})
        self._just_begun: set[LogFile] = set()

    def held(self, file: LogFile) -> Lines | None:
        """How the lines of a file are written at its end; None where none shows it yet."""
        return None if file in self._just_begun else self._held.get(file, self._first)

    def common(self, pieces: Sequence[Piece]) -> Lines | None:
        """How all of the pieces begin; None where they differ, or one of them begins unseen."""
        held = {self._held.get(piece.file, self._first) for piece in pieces}
        is_seen = self._just_begun.isdisjoint(piece.file for piece in pieces)
        return held.pop() if is_seen and len(held) == 1 else None

    def runs(self, piece: Piece, part: Part) -> Iterator[Run]:
        """The lines of a piece, about a block at a time, without blank ones and headers."""
        done = 0
        for block in blocks(piece.path):
            for lines, text in self._sections(piece.file, block):
                plain, odd = _told_apart(text, lines)
                if plain or odd:
                    yield Run(piece.file, lines, plain, odd)
            done += len(block)
            part.at(done / piece.size)

    def _sections(self, file: LogFile, block: bytes) -> Iterator[tuple[Lines, bytes]]:
        """The parts of the block between headers, and how each is written."""
        lines, start = self._held.get(file, self._first), 0
        for found in _candidates(block):
            if header := later_header(found[1], lines.format):
                yield self._section(file, lines, block[start : found.start()])
                lines = Lines(header, self._held.get(file, lines).stamped)
                self._just_begun.add(file)
                start = found.end()
        yield self._section(file, lines, block[start:])

    def _section(self, file: LogFile, lines: Lines, text: bytes) -> tuple[Lines, bytes]:
        if file in self._just_begun and (said := text.lstrip(b" \n")):
            first = text.rfind(b"\n", 0, len(text) - len(said)) + 1
            lines = Lines(lines.format, is_stamped(text[first : first + LONGEST_STAMP]))
            self._just_begun.discard(file)
        self._held[file] = lines
        return lines, text


def _candidates(block: bytes) -> Iterator[re.Match[bytes]]:
    """What may be a header, behind the LF before it, in the block behind an LF."""
    found = list(_MAY_BE_HEADER.finditer(b"\n" + block))
    # In a file that is no flow log most lines may be words, but hardly one is a name.
    if found and not names_in(block):
        return (each for each in found if each[1].startswith(MARK))
    return iter(found)


def blocks(path: Path) -> Iterator[bytes]:
    """Whole lines: one longer than a block, or some that together are less than `LONGEST_LINE`.

    The last one is given its end.
    """
    rest: list[bytes] = []
    with path.open("rb") as text:
        while block := text.read(_BLOCK):
            end = block.rfind(b"\n") + 1
            if not end:
                rest.append(block)
                continue
            first = block.find(b"\n") + 1 if len(rest) > 1 else 0
            if first:
                yield b"".join([*rest, block[:first]])
                rest = []
            if first < end:
                yield b"".join([*rest, block[first:end]])
            rest = [block[end:]]
    if any(rest):
        yield b"".join([*rest, b"\n"])


def _told_apart(text: bytes, lines: Lines) -> tuple[bytes, bytes]:
    """The lines that are plain, and those that are not; blank ones are left out."""
    if len(text) > LONGEST_LINE:
        return b"", text if text.strip(b" \n") else b""
    plain, odd = [], []
    for found in _kinds(lines, is_utf8=_is_utf8(text)).finditer(text):
        if found.lastgroup == "plain":
            plain.append(found[0])
        elif found.lastgroup == "odd":
            odd.append(found[0])
    return b"".join(plain), b"".join(odd)


@lru_cache(maxsize=64)
def _kinds(lines: Lines, *, is_utf8: bool) -> re.Pattern[bytes]:
    """Lines of one kind that follow one another: plain, blank or odd.

    Plain is what DuckDB's CSV reader finds the same pieces in, and is sure that they fit. It skips
    a byte order mark where a file begins.
    """
    letter = rb"[^ \n\r]" if is_utf8 else rb"[!-~\x00-\t\v\f\x0e-\x1f\x7f]"
    more = rb"(?: %b*+){%d}" % (letter, lines.width - 1)
    stamp = STAMP.pattern if lines.stamped else b""
    plain = rb"(?!%b)%b%b++%b\n" % (BOM, stamp, letter, more)
    return re.compile(
        rb"(?P<plain>(?:%b)++)|(?P<blank>(?:%b)++)|(?P<odd>(?:(?!%b|%b)[^\n]*+\n)++)"
        % (plain, _BLANK, plain, _BLANK)
    )


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
