"""The order of the rows that the user asks for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from flowtui.model.frozen import frozen
from flowtui.model.run import ResultSet
from flowtui.ui.text import natural_key

if TYPE_CHECKING:
    from flowtui.ui.widgets.grid.columns import Column


@frozen
class Sort:
    """The order that the user asked for: by the column of this name."""

    column: str
    is_descending: bool = False


def ordered(results: ResultSet, sorts: Sequence[Sort], kept: Sequence[int]) -> Sequence[int]:
    """The indexes of these rows sorted naturally, by the first column first.

    Equals keep their order; a column that the result does not have is passed over.
    """
    rows, key = results.rows, lru_cache(maxsize=None)(natural_key)
    for sort in reversed(sorts):
        if sort.column in results.columns:
            cells = [row[results.columns.index(sort.column)] for row in rows]
            kept = sorted(kept, key=lambda i: key(cells[i]), reverse=sort.is_descending)
    return kept


def with_sort(column: Column, now: tuple[Sort, ...]) -> tuple[Sort, ...]:
    """The order with one more column after those it has; again reverses it, again leaves it out."""
    before = next((sort for sort in now if sort.column == column.name), None)
    then = next_sort(column, before)
    if before is None:
        return (*now, *([then] if then else ()))
    changed = [then if sort is before else sort for sort in now]
    return tuple(sort for sort in changed if sort is not None)


def told(sorts: Sequence[Sort]) -> str:
    """`sorted by srcaddr ▲, bytes ▼`."""
    return ", ".join(f"{sort.column} {'▲▼'[sort.is_descending]}" for sort in sorts)


def next_sort(column: Column, now: Sort | None) -> Sort | None:
    """The order that comes after `now`: the one people want first, its reverse, as it came.

    Of figures they look for the largest; text they read from its beginning.
    """
    first = Sort(column.name, is_descending=column.is_number)
    if now is None or now.column != column.name:
        return first
    return replace(first, is_descending=not first.is_descending) if now == first else None
