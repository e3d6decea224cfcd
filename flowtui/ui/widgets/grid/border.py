"""What stands on the lower border of a grid. Pure."""

from __future__ import annotations

from rich.cells import cell_len

from flowtui.ui.text import clean
from flowtui.ui.widgets.grid.fitting import fit
from flowtui.ui.widgets.grid.state import GridState

GAP = "   "

FEWEST_CELLS = 12
"""With less room than that on the border, a value is not shown there."""


def border_text(state: GridState, count: str, width: int, *, is_raw: bool) -> str:
    """The cursor's value, where its cell shows less, and how many rows there are.

    `count` is that in words; `width` are the cells of a line.
    """
    told = _told_of_rows(state, count, width, is_raw=is_raw)
    hidden, room = state.hidden_value, width - len(told) - 6
    if not hidden or room < FEWEST_CELLS:
        return told
    return _joined(fit(hidden, min(room, cell_len(hidden))), told)


def _told_of_rows(state: GridState, count: str, width: int, *, is_raw: bool) -> str:
    """How many there are; of marked ones what they come to in the cursor's column."""
    left = len(state.order)
    kept = f"{left:,} row{' matches' if left == 1 else 's match'}" if state.is_narrowed else ""
    raw, marked = "raw values" if is_raw else "", ""
    column = state.cursor_column
    if state.marks.rows and column is not None:
        room = width - len(_joined(raw, kept, count)) - len(f"{GAP}╰─╯")
        marked = clean(state.marks.told(state.results, column, room))
    return _joined(raw, kept, marked, count)


def _joined(*parts: str) -> str:
    return GAP.join(filter(None, parts))
