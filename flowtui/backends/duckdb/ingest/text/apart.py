"""Lines that need a closer look: the plain ones among them, and those that hold another format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flowtui.backends.duckdb.ingest.reader import LogFile
from flowtui.backends.duckdb.ingest.text.chunks import Piece
from flowtui.backends.duckdb.ingest.text.lines import Lines, is_stamped, later_header
from flowtui.backends.duckdb.progress import Part

_BLOCK = 1 << 20
"""Bytes of text whose lines are in memory at once: of short ones each takes a hundred times its
size."""


@dataclass(slots=True)
class Run:
    """Lines of one piece that follow one another, all written alike."""

    file: LogFile
    lines: Lines
    plain: list[bytes] = field(default_factory=list)
    odd: list[tuple[int | None, str]] = field(default_factory=list)
    """Those that are not plain: the timestamp before the record, and the record."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Plain lines in a file of their own."""

    file: LogFile
    """Where they come from."""
    path: Path


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
        run, done = Run(piece.file, self._held.get(piece.file, self._first)), 0
        with piece.path.open("rb") as text:
            while written := text.readlines(_BLOCK):
                for line in written:
                    if found := self._next(run, line.removesuffix(b"\n")):
                        yield run
                        run = found
                done += sum(map(len, written))
                part.at(done / piece.size)
                yield run
                run = Run(piece.file, run.lines)
        self._held[piece.file] = run.lines

    def _next(self, run: Run, line: bytes) -> Run | None:
        """Add the line to the run; where it is a header, the run that begins after it."""
        if header := later_header(line, run.lines.format):
            self._just_begun.add(run.file)
            return Run(run.file, Lines(header, run.lines.stamped))
        if line.strip(b" "):
            if self._just_begun and run.file in self._just_begun:
                run.lines = Lines(run.lines.format, is_stamped(line))
                self._just_begun.discard(run.file)
            _add(run, line)
        return None


def _add(run: Run, line: bytes) -> None:
    if run.lines.is_plain(line):
        run.plain.append(line)
    else:
        stamp, record = run.lines.split(line)
        run.odd.append((stamp, record.decode(errors="replace")))
