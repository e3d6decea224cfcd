"""Which pieces of a query are in which of its lines, read for the lines that are looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from flowtui.query.highlight import Piece, highlight


class LineColours:
    """A piece of several lines, such as a text, is one piece in each."""

    def __init__(self) -> None:
        self._text = ""
        self._starts = [0]
        self._known = range(0)
        self._lines: dict[int, list[Piece]] = {}

    def of(self, text: str, line: int, ahead: int) -> Sequence[Piece]:
        """The pieces of a line, in its columns; `ahead` lines are read with it."""
        if text != self._text:
            self._text, self._starts, self._known = text, line_starts(text), range(0)
        if line not in self._known:
            self._read(range(line, min(line + 1 + ahead, len(self._starts))))
        return self._lines.get(line, ())

    def _read(self, lines: range) -> None:
        start = self._starts[lines.start]
        end = self._starts[lines.stop] if lines.stop < len(self._starts) else len(self._text)
        self._lines = by_line(highlight(self._text, start, end), self._starts)
        self._known = lines


def line_starts(text: str) -> list[int]:
    lengths = (len(line) + 1 for line in text.split("\n"))
    return [*accumulate(lengths, initial=0)][:-1]


def by_line(pieces: Iterable[Piece], starts: Sequence[int]) -> dict[int, list[Piece]]:
    """The pieces of a text, given where its lines begin, in the columns of their lines."""
    lines: dict[int, list[Piece]] = {}
    for start, end, role in pieces:
        line = bisect_right(starts, start) - 1
        while line < len(starts) and starts[line] < end:
            first = starts[line]
            lines.setdefault(line, []).append(Piece(max(0, start - first), end - first, role))
            line += 1
    return lines
