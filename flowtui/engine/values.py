"""What values a column has: how many, how often the first ones, how often none. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from flowtui.engine.composition import records_of
from flowtui.engine.fold import is_fold
from flowtui.engine.rows_at_hand import lack_of
from flowtui.model.run import Cell, Query, QueryRun, ResultSet
from flowtui.query import ast
from flowtui.query.catalogue.limits import DEFAULT_ROWS
from flowtui.query.printer import command_text

NOTHING = "-"
FIRST = 5
"""Values that are told of a column."""


@dataclass(frozen=True, slots=True)
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
    is_least: bool = False
    """Whether there are more different values than were counted."""

    def share(self, count: int) -> float:
        return count / self.rows if self.rows else 0.0


def values_in(results: ResultSet, index: int) -> ColumnValues:
    """Those of the column at `index`."""
    return _of_counts(Counter(row[index] for row in results.rows).most_common())


def values_of_groups(counts: ResultSet) -> ColumnValues:
    """From the answer of `counting`."""
    pairs = ((row[0], int(row[1] or 0)) for row in counts.rows)
    found = _of_counts(pairs)
    if len(counts.rows) < DEFAULT_ROWS:
        return found
    return ColumnValues(
        found.rows, found.distinct, found.first, found.nothing, found.lacking, is_least=True
    )


def _of_counts(counts: Iterable[tuple[Cell, int]]) -> ColumnValues:
    found = dict(counts)
    rows = sum(found.values())
    lacking, nothing = found.pop(None, 0), found.get(NOTHING, 0)
    first = [(value or "", count) for value, count in found.items() if value != NOTHING]
    return ColumnValues(rows, len(found), tuple(first[:FIRST]), nothing, lacking)


def counting(run: QueryRun, column: str) -> Query | None:
    """The query that counts the values of a column over all records of a run that shows the first.

    None where its rows are all, or no query reads what they are of.
    """
    if not lack_of(run) or is_fold(run.query.body):
        return None
    count = ast.Item(ast.Call("count", (ast.Star(),)), "times")
    stats = ast.Stats((count,), (ast.Item(ast.Field(column)),))
    sort = ast.Sort((ast.SortKey(ast.Field("times"), descending=True),))
    return records_of(run.query, f"{command_text(stats)}\n| {command_text(sort)}")
