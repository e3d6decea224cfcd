"""The part of the grid that needs no terminal: the order of its rows, and what is found in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from flowtui.model.run import ResultSet, Row
from flowtui.ui.text import natural_key

if TYPE_CHECKING:
    from flowtui.ui.widgets.grid_columns import Column


@dataclass(frozen=True, slots=True)
class Sort:
    """The order that the user asked for: by the column of this name."""

    column: str
    is_descending: bool = False


def order(rows: tuple[Row, ...], index: int, is_descending: bool) -> list[int]:
    """The indexes of the rows sorted naturally by the cells at `index`; equals keep their order."""
    key = lru_cache(maxsize=None)(natural_key)
    return sorted(range(len(rows)), key=lambda i: key(rows[i][index]), reverse=is_descending)


def next_sort(column: Column, now: Sort | None) -> Sort | None:
    """The order that comes after `now`: the one people want first, its reverse, as it came.

    Of figures they look for the largest; text they read from its beginning.
    """
    first = Sort(column.name, is_descending=column.is_number)
    if now is None or now.column != column.name:
        return first
    return replace(first, is_descending=not first.is_descending) if now == first else None


def matching(columns: tuple[Column, ...], rows: tuple[Row, ...], needle: str) -> frozenset[int]:
    """The indexes of the rows with a cell of these columns that holds the casefolded `needle`."""
    places = [column.index for column in columns]
    reworded = [column for column in columns if column.cells.is_reworded]
    return frozenset(
        i
        for i, row in enumerate(rows)
        if needle in "\x1f".join([row[place] or "" for place in places]).casefold()
        or any(column.holds(row, needle) for column in reworded)
    )


def find_key(results: ResultSet, key: Row, near: int) -> int | None:
    """The row with this key; the one at `near` is looked at first."""
    if near < len(results.rows) and results.key(near) == key:
        return near
    names = _key_columns(results)
    for index, row in enumerate(results.rows):
        if tuple([row[i] for i in names]) == key:
            return index
    return None


def _key_columns(results: ResultSet) -> tuple[int, ...]:
    """The places of the cells that `ResultSet.key` is made of."""
    marks = tuple(str(i) for i in range(len(results.columns)))
    probe = replace(results, rows=(marks,))
    return tuple(int(mark) for mark in probe.key(0) if mark is not None)
