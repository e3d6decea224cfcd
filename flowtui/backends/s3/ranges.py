"""Pieces of an object, as ranges of its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowtui.model.frozen import frozen

Range = tuple[int, int]
"""The first byte, and the one after the last."""


@frozen
class Ranges:
    """Bytes of an object: apart, in their order, and none of them empty."""

    each: tuple[Range, ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[Range], gap: int = 0) -> Ranges:
        """Those bytes, and what lies between two ranges that are no more than `gap` apart."""
        joined: list[Range] = []
        for start, end in sorted(each for each in ranges if each[0] < each[1]):
            if joined and start <= joined[-1][1] + gap:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((start, end))
        return cls(tuple(joined))

    def __iter__(self) -> Iterator[Range]:
        return iter(self.each)

    def __bool__(self) -> bool:
        return bool(self.each)

    def __or__(self, other: Ranges) -> Ranges:
        return Ranges.of((*self.each, *other.each))

    def __sub__(self, other: Ranges) -> Ranges:
        left: list[Range] = []
        for start, end in self.each:
            at = start
            for taken, until in other.each:
                if taken < end and at < until:
                    left.append((at, taken))
                    at = until
            left.append((at, end))
        return Ranges.of(left)

    @property
    def size(self) -> int:
        return sum(end - start for start, end in self.each)
