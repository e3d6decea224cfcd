"""Lines of cells that together are a picture; who paints it decides what the parts look like."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from flowtui.ui.charts.stack import Cell
from flowtui.ui.text import clean

Line = tuple[Cell, ...]

TEXT = -2
"""The part of a cell that is plain text."""
STRONG = -3
"""The part of a cell that is to be seen first: a title, what is selected."""


def words(text: str, width: int | None = None, part: int | None = None) -> Line:
    """A text as cells, cut or filled to a width; without a part it is dim."""
    shown = text if width is None else fitted(text, width)
    return tuple(Cell(character, part) for character in shown)


def fitted(text: str, width: int) -> str:
    """Foreign text in so many cells: what has no room ends in dots."""
    safe = clean(text)
    if cell_len(safe) <= width:
        return set_cell_size(safe, width)
    return set_cell_size(safe, max(0, width - 1)) + "…"[: max(0, width)]


def rights(text: str, width: int, part: int | None = None) -> Line:
    """A text at the right end of its room."""
    return words(text.rjust(width) if cell_len(text) <= width else fitted(text, width), None, part)


def plain(lines: Sequence[Line]) -> list[str]:
    """The text of a picture."""
    return ["".join(cell.text for cell in line) for line in lines]
