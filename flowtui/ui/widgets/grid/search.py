"""Which rows have what is looked for. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.model.run import ResultSet, Row

if TYPE_CHECKING:
    from flowtui.ui.widgets.grid.columns import Column


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
