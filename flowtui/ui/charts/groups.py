"""Groups as bars from left to right, the largest first."""

from __future__ import annotations

from collections.abc import Sequence

from flowtui.model.frozen import frozen
from flowtui.ui.charts.canvas import TEXT, Line, rights, words
from flowtui.ui.charts.panel import Look
from flowtui.ui.charts.stack import Cell, Glyphs

PARTS = " ▏▎▍▌▋▊▉█"
AMOUNT = 12
"""Cells for an amount and its share."""


@frozen
class Group:
    """A group by its keys, how much it has, and that in words."""

    name: str
    amount: float
    shown: str


def groups(found: Sequence[Group], width: int, height: int, look: Look) -> tuple[Line, ...]:
    """So many lines; where there are more groups the last one says how many."""
    ranked = sorted(found, key=lambda group: -group.amount)
    shown = ranked if len(ranked) <= height else ranked[: max(0, height - 1)]
    total, most = sum(group.amount for group in ranked), ranked[0].amount if ranked else 0.0
    names = min(width // 2, max((len(group.name) for group in shown), default=0) + 1)
    room = max(1, width - names - 2 * AMOUNT)
    lines = [
        (
            *words(group.name, names, TEXT),
            *rights(group.shown, AMOUNT - 2, TEXT),
            *rights(f"{group.amount / total:.0%}" if total else "", 6),
            *words("", 2),
            *_bar(group.amount, most, room, look),
        )
        for group in shown
    ]
    if len(shown) < len(ranked):
        rest = sum(group.amount for group in ranked[len(shown) :])
        share = f", {rest / total:.0%} of all" if total else ""
        lines.append(words(f"and {len(ranked) - len(shown):,} more{share}", width))
    return (*lines, *(words("", width) for _ in range(height - len(lines))))


def _bar(amount: float, most: float, room: int, look: Look) -> Line:
    eighths = round(max(0.0, amount) / most * room * 8) if most > 0 else 0
    if look.glyphs is Glyphs.ASCII:
        return words("#" * (eighths // 8), room, 0)
    text = PARTS[-1] * (eighths // 8) + PARTS[eighths % 8].strip()
    return tuple(Cell(character, 0) for character in text.ljust(room))
