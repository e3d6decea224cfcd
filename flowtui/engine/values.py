"""What values a column has: how many, how often the first ones, how often none. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from flowtui.engine.composition import records_of
from flowtui.engine.fold import is_fold
from flowtui.engine.rows_at_hand import lack_of
from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, Query, QueryRun, ResultSet
from flowtui.query import ast
from flowtui.query.printer import command_text

NOTHING = "-"
_FREQUENT = 1_000
"""Values that are asked for: a `-` that is not among these is in less than a thousandth."""
FIRST = 5
"""Values that are told of a column."""


@frozen
class ColumnValues:
    """The values of one column in some rows."""

    rows: int
    distinct: int
    """Different values, `-` among them; what a row lacks is none."""
    first: tuple[tuple[str, int], ...]
    """The most frequent values and how often they are there, without `-`."""
    nothing: int = 0
    """How often the value is `-`."""
    lacking: int = 0
    """How many rows lack it."""

    def share(self, count: int) -> float:
        return count / self.rows if self.rows else 0.0


def values_in(results: ResultSet, index: int) -> ColumnValues:
    """Those of the column at `index`."""
    return _of_counts(Counter(row[index] for row in results.rows).most_common())


def values_of_groups(counts: ResultSet, whole: ResultSet) -> ColumnValues:
    """From the answers to `counting`: the most frequent values, and how many there are in all."""
    found = _of_counts((row[0], int(row[1] or 0)) for row in counts.rows)
    distinct, rows = (int(cell or 0) for cell in whole.rows[0][:2]) if whole.rows else (0, 0)
    return replace(found, rows=rows, distinct=distinct)


def _of_counts(counts: Iterable[tuple[Cell, int]]) -> ColumnValues:
    found = dict(counts)
    rows = sum(found.values())
    lacking, nothing = found.pop(None, 0), found.get(NOTHING, 0)
    first = [(value or "", count) for value, count in found.items() if value != NOTHING]
    return ColumnValues(rows, len(found), tuple(first[:FIRST]), nothing, lacking)


def counting(run: QueryRun, column: str) -> tuple[Query, Query] | None:
    """The queries that count the values of a column over all records of a run with the first rows.

    One has the most frequent values, one how many there are, and in how many records. None where
    its rows are all, or no query reads what they are of.
    """
    if not lack_of(run) or is_fold(run.query.body):
        return None
    count = ast.Item(ast.Call("count", (ast.Star(),)), "times")
    stats = ast.Stats((count,), (ast.Item(ast.Field(column)),))
    sort = ast.Sort((ast.SortKey(ast.Field("times"), descending=True),))
    distinct = ast.Item(ast.Call("count", (ast.Field(column),)), "different")
    every = ast.Item(ast.Call("sum", (ast.Field("times"),)), "records")
    values = f"{command_text(stats)}\n| {command_text(sort)}\n| limit {_FREQUENT}"
    whole = f"{command_text(stats)}\n| {command_text(ast.Stats((distinct, every)))}"
    found = [query for text in (values, whole) if (query := records_of(run.query, text))]
    return (found[0], found[1]) if len(found) > 1 else None
