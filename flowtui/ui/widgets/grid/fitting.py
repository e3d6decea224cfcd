"""Texts, numbers and bars in exactly as many cells as there are. Pure."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from flowtui.model.amounts import human_count
from flowtui.model.run import Cell
from flowtui.ui.text import clean, is_number, number
from flowtui.ui.widgets.grid.columns import Column


def bar(value: float, peak: float, length: int) -> str:
    """A bar of `length` cells; what is not zero shows at least a sliver."""
    if value <= 0 or peak <= 0:
        return " " * length
    eighths = max(1, round(min(1.0, value / peak) * length * 8))
    return ("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()).ljust(length)


def share_text(value: float, total: float) -> str:
    """`23 %`; `<1 %` of what is not nothing."""
    if value <= 0 or total <= 0:
        return ""
    percent = 100 * value / total
    return f"{percent:.0f} %" if percent >= 0.95 else "<1 %"


def fitted(text: str, value: Cell, width: int, column: Column) -> str:
    """The text in its width; no number is cut, but told with fewer digits, or not at all."""
    cells = column.cells
    if len(text) <= width and text.isascii():
        return text.rjust(width) if cells.is_right else text.ljust(width)
    length = cell_len(text)
    if length > width and cells.is_whole:
        rounded = human_count(number(value)) if is_number(value) and cells.is_right else ""
        text = rounded if 0 < len(rounded) <= width else "…"
    elif length > width and cells.is_id:
        text = elided(text, width)
    return fit(text, width, is_right=cells.is_right)


def elided(text: str, width: int) -> str:
    """The beginning and the end of an id: `eni-043…2230e`."""
    text = clean(text)
    if not text.isascii() or width < 5:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def fit(text: str, width: int, is_right: bool = False) -> str:
    """The text in exactly `width` cells; an ellipsis says that there is more."""
    if len(text) <= width and text.isascii():
        return text.rjust(width) if is_right else text.ljust(width)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    padding = " " * (width - length)
    return padding + text if is_right else text + padding
