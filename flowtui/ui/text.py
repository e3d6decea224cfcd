"""Values as people read them: foreign text made safe, numbers, natural order."""

from __future__ import annotations

import math
import re

from rich.cells import cell_len, set_cell_size

from flowtui.model.foreign import SUBSTITUTE, clean, clean_lines
from flowtui.model.run import Cell

__all__ = [
    "NOTHING",
    "SUBSTITUTE",
    "NaturalKey",
    "clean",
    "clean_lines",
    "fitted",
    "group_label",
    "is_narrow",
    "is_number",
    "natural_key",
    "number",
]

NOTHING = "-"
"""How a flow log writes "no value"; it is a value, and shown."""

_LONGEST = 100_000
"""Characters of a number that is read as one."""
_NATURAL = 10_000
"""Characters of a text in which runs of digits are looked for: all of megabytes take seconds."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DIGITS = re.compile(r"[0-9]+")
# One code point is one cell: printable ASCII, Latin, dashes and ellipsis, arrows, blocks, signs.
_NARROW = re.compile(
    r"[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2015\u2026\u2190-\u2193\u2580-\u259f\u25b2\u25bc"
    r"\u2713\u2717]*"
)

NaturalKey = tuple[int, int | float, str]


def is_number(text: Cell) -> bool:
    """Whether the whole value is a decimal number: no spaces, no underscores, no `nan`."""
    return text is not None and len(text) <= _LONGEST and _NUMBER.fullmatch(text) is not None


def number(text: Cell) -> int | float:
    """The value as a number, exact where it is whole; 0 where it is none."""
    if text is None or not is_number(text):
        return 0
    if text.isdigit():
        return int(text[-4000:])  # Python refuses to read longer ones
    value = float(text)
    return value if math.isfinite(value) else 0


def natural_key(value: Cell) -> NaturalKey:
    """Where a value sorts: missing, then text, then numbers.

    In text a run of digits sorts by length, then by value, where a digit would stand, so that
    10.0.0.9 comes before 10.0.0.10. This is the "natural sort" of Logs Insights. What a long text
    goes on with sorts as it is.
    """
    if value is None:
        return 0, 0, ""
    if is_number(value):
        return 2, number(value), value
    return 1, 0, _DIGITS.sub(_by_length, value[:_NATURAL]) + value[_NATURAL:]


def fitted(text: str, cells: int) -> str:
    """The text in so many cells of a line; one that is cut ends with `…`."""
    if cell_len(text) <= cells:
        return text
    return f"{set_cell_size(text, max(0, cells - 1)).rstrip()}…" if cells > 0 else ""


def is_narrow(text: str) -> bool:
    """Whether each character surely takes one cell, so that it can be cut by index."""
    return text.isascii() or _NARROW.fullmatch(text) is not None


def group_label(name: str) -> str:
    """A log group as people write it: one that goes by its ARN as `111122223333:/vpc/edge`."""
    if not name.startswith("arn:"):
        return name
    # The first frame needs nothing of it.
    from flowtui.flowlogs.delivery import account_of_arn, group_of_arn

    group = group_of_arn(name)
    return f"{account_of_arn(name)}:{group}" if group else name


def _by_length(digits: re.Match[str]) -> str:
    run = digits.group()
    return f"0{chr(min(len(run), 0x10FFFF))}{run}"
