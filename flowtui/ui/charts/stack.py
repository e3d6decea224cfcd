"""Amounts on top of each other as cells of characters that stand on zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

from flowtui.model.frozen import frozen

EIGHTHS = " ▁▂▃▄▅▆▇█"
INK = " .:-=+*#@"
"""Ink that grows with the value, for terminals without block characters."""
ASCII_TEXTURES = "#=+-:o"
TEXTURES = "█▓▒░▚▞"
"""Characters for the parts of a stack where there are no colours to tell them apart."""

_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""The dots of a braille cell, from below, in its left and its right column."""


class Glyphs(StrEnum):
    """What bars are made of."""

    BLOCKS = "blocks"
    BRAILLE = "braille"
    ASCII = "ascii"

    @property
    def across(self) -> int:
        """How many bars stand in one cell."""
        return 2 if self is Glyphs.BRAILLE else 1

    @property
    def steps(self) -> int:
        """How many heights a bar can have in one cell."""
        return 4 if self is Glyphs.BRAILLE else 8


@frozen
class Cell:
    """A character, the part of the stack that it is of, and the one that is behind it."""

    text: str = " "
    part: int | None = None
    behind: int | None = None
    is_least: bool = False
    """Whether there was more than it shows: records were lost."""


def heights(amounts: Sequence[float], peak: float, most: int) -> tuple[int, ...]:
    """The height of each part of a bar, in steps of which the peak has `most`.

    Together they are as high as the whole is. What is not zero shows, as far as there is room.
    """
    total = math.fsum(amounts)
    whole = max(1, round(total / peak * most)) if total > 0 and peak > 0 else 0
    edges, cumulated = [0], 0.0
    for amount in amounts:
        cumulated += amount
        edges.append(round(cumulated / total * whole) if total > 0 else 0)
    parts = [after - before for before, after in pairwise(edges)]
    for index, amount in enumerate(amounts):
        tallest = max(range(len(parts)), key=parts.__getitem__)
        if amount > 0 and not parts[index] and parts[tallest] > 1:
            parts[index] += 1
            parts[tallest] -= 1
    return tuple(parts)


def paint(
    bars: Sequence[Sequence[float]],
    height: int,
    glyphs: Glyphs = Glyphs.BLOCKS,
    *,
    peak: float | None = None,
    has_colours: bool = True,
) -> list[list[Cell]]:
    """`height` lines of cells, the highest first; each bar has its parts from below.

    There are `glyphs.across` bars for each cell of a line.
    """
    top = max((math.fsum(bar) for bar in bars), default=0.0) if peak is None else peak
    drawn: dict[tuple[float, ...], list[int]] = {}
    levels = []
    for bar in bars:
        key = tuple(bar)
        if key not in drawn:
            drawn[key] = _levels(heights(key, top, glyphs.steps * height))
        levels.append(drawn[key])
    is_split = any(len(bar) > 1 for bar in bars)
    painter = _Painter(glyphs, is_split, has_colours)
    return [
        [
            painter.cell(
                [level[line * glyphs.steps : (line + 1) * glyphs.steps] for level in group]
            )
            for group in _grouped(levels, glyphs.across)
        ]
        for line in reversed(range(height))
    ]


Levels = list[int]
"""The part of the stack at each height, from below; short where the bar ends."""


def _levels(parts: Sequence[int]) -> Levels:
    return [index for index, part in enumerate(parts) for _ in range(part)]


def _grouped(levels: Sequence[Levels], across: int) -> list[list[Levels]]:
    return [list(levels[at : at + across]) for at in range(0, len(levels), across)]


@frozen
class _Painter:
    """Makes a cell of the levels of its bars."""

    glyphs: Glyphs
    is_split: bool
    has_colours: bool

    def cell(self, group: list[Levels]) -> Cell:
        if not any(group):
            return Cell()
        part = _prevailing([index for levels in group for index in levels])
        match self.glyphs:
            case Glyphs.BRAILLE:
                return Cell(_braille(group), part)
            case Glyphs.ASCII:
                return Cell(self._ascii(len(group[0]), part), part)
            case _:
                return self._block(group[0], part)

    def _ascii(self, height: int, part: int) -> str:
        if not self.is_split:
            return INK[height]
        return ASCII_TEXTURES[part % len(ASCII_TEXTURES)] if height >= 4 else "."

    def _block(self, levels: Levels, part: int) -> Cell:
        lowest = levels[0]
        rest = [index for index in levels if index != lowest]
        if len(levels) < len(EIGHTHS) - 1 or (rest and not self.has_colours):
            is_full = len(levels) == len(EIGHTHS) - 1
            return Cell(self._texture(part) if is_full else EIGHTHS[len(levels)], part)
        if not rest:
            return Cell(self._texture(lowest), lowest)
        return Cell(EIGHTHS[len(levels) - len(rest)], lowest, _prevailing(rest))

    def _texture(self, part: int) -> str:
        if self.has_colours or not self.is_split:
            return EIGHTHS[-1]
        return TEXTURES[part % len(TEXTURES)]


def _prevailing(parts: Sequence[int]) -> int:
    """The part that most is of; of equals the upper one."""
    return max(set(parts), key=lambda part: (parts.count(part), part))


def _braille(group: Sequence[Levels]) -> str:
    dots = sum(
        dot for levels, column in zip(group, _DOTS, strict=False) for dot in column[: len(levels)]
    )
    return chr(0x2800 + dots)
