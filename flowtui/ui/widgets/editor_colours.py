"""Which pieces of a query are in which of its lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from flowtui.query.highlight import Piece, highlight

Pieces = Mapping[int, Sequence[Piece]]
"""By the number of the line, in its columns."""


class Colours:
    """Only what shows is read, and only once for a text."""

    def __init__(self) -> None:
        self._read: tuple[str, int, int] = ("", 0, 0)
        self._pieces: Pieces = {}

    def of(self, text: str, start: int, end: int) -> Pieces:
        """The pieces of a part of the text."""
        if self._read != (text, start, end):
            self._pieces = by_line(highlight(text, start, end), line_starts(text))
            self._read = text, start, end
        return self._pieces


def line_starts(text: str) -> list[int]:
    lengths = (len(line) + 1 for line in text.split("\n"))
    return [*accumulate(lengths, initial=0)][:-1]


def by_line(pieces: Iterable[Piece], starts: Sequence[int]) -> Pieces:
    """The pieces of a text, given where its lines begin; one over several lines is one in each."""
    lines: dict[int, list[Piece]] = {}
    for start, end, role in pieces:
        line = bisect_right(starts, start) - 1
        while line < len(starts) and starts[line] < end:
            first = starts[line]
            lines.setdefault(line, []).append(Piece(max(0, start - first), end - first, role))
            line += 1
    return lines
