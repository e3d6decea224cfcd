"""Lines that have moved up or down on the screen, which the terminal can move by itself.

A panel that grows or shrinks moves all that is below it. To send it anew takes kilobytes, to have
the terminal delete or insert lines some twenty bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

from flowtui.model.frozen import frozen

Cell = TypeVar("Cell")

LEAST_SAVED = 4
"""So many lines fewer to send anew, and it is worth it."""
MARGIN = 3
"""Cells at both ends that may differ: the border of what has the focus, and a scrollbar."""


@frozen
class Shift:
    """The lines from `top` to `bottom` move up by so many, or down where that is negative."""

    top: int
    bottom: int
    up: int

    @property
    def sequence(self) -> str:
        """Margins, to the first line, delete or insert lines there, no margins."""
        verb = "M" if self.up > 0 else "L"
        top, bottom = self.top + 1, self.bottom + 1
        return f"\x1b[{top};{bottom}r\x1b[{top};1H\x1b[0m\x1b[{abs(self.up)}{verb}\x1b[r"

    def source(self, y: int) -> int | None:
        """The line that stands at `y` afterwards; None where that is a new one."""
        if not self.top <= y <= self.bottom:
            return y
        before = y + self.up
        return before if self.top <= before <= self.bottom else None


def find_shift(
    old: Mapping[int, Sequence[Cell]], new: Mapping[int, Sequence[Cell]]
) -> Shift | None:
    """The move after which the fewest lines are to be sent; None where none is worth it.

    `new` are lines that are drawn now; no other ones are moved.
    """
    before = {y: tuple(cells[MARGIN:-MARGIN]) for y, cells in old.items()}
    after = {y: tuple(cells[MARGIN:-MARGIN]) for y, cells in new.items()}
    other = {y for y, cells in after.items() if before.get(y) != cells}
    if len(other) < LEAST_SAVED:
        return None
    places: dict[tuple[Cell, ...], list[int]] = {}
    for y, cells in before.items():
        places.setdefault(cells, []).append(y)
    votes = Counter(
        place - y for y in other for place in places.get(after[y], ()) if len(places[after[y]]) == 1
    )
    if not votes:
        return None
    up, _ = votes.most_common(1)[0]
    moved = [y for y in other if before.get(y + up) == after[y]]
    shift = Shift(min(moved) + min(0, up), max(moved) + max(0, up), up)
    if not all(y in new for y in range(shift.top, shift.bottom + 1)):
        return None
    left = {y for y in after if _shown(before, shift.source(y)) != after[y]}
    return shift if len(other) - len(left) >= LEAST_SAVED else None


def _shown(lines: Mapping[int, tuple[Cell, ...]], y: int | None) -> tuple[Cell, ...] | None:
    return None if y is None else lines.get(y)
