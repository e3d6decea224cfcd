"""What a `limit` has left out of the groups, where that is known without a scan. Pure."""

from __future__ import annotations

from dataclasses import replace

from flowtui.engine.fold import is_fold
from flowtui.engine.lineage import last_grouping
from flowtui.engine.rows_at_hand import told_text
from flowtui.engine.timeline import chart
from flowtui.engine.truncation import truncation
from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, Query, QueryRun, ResultSet, RunState
from flowtui.query import ast
from flowtui.query.parser import parse_tolerant
from flowtui.query.printer import command_text, to_source

GROUPS = "groups"
"""The column that counts the groups."""


@frozen
class Remainder:
    """All groups of a query, of which its rows are the first."""

    groups: int
    column: str = ""
    """The column that was added up; empty where none can be."""
    share: float = 0.0
    """The part of its sum that the rows have."""

    @property
    def told(self) -> str:
        """`of 3,112 groups; these are 71 % of Data_Transferred`."""
        if not self.column:
            return f"of {self.groups:,} groups"
        return f"of {self.groups:,} groups; these are {_percent(self.share)} of {self.column}"


def _percent(share: float) -> str:
    """Rounded, but never to all or nothing."""
    whole = round(100 * share)
    if whole in (0, 100) and 0 < share < 1:
        return ">99 %" if whole else "<1 %"
    return f"{whole} %"


def whole_query(run: QueryRun) -> Query | None:
    """The query that counts all groups and adds up a column of theirs; None where all are there.

    To be run only where it costs nothing.
    """
    if run.latest.state is not RunState.COMPLETE or is_fold(run.query.body):
        return None
    pipeline = parse_tolerant(run.query.body).pipeline
    index = last_grouping(pipeline)
    if index is None or not isinstance(pipeline.commands[index], ast.Stats):
        return None
    after = pipeline.commands[index + 1 :]
    if not all(isinstance(c, ast.Sort | ast.Limit | ast.Filter | ast.Display) for c in after):
        return None
    limits = [each.count for each in after if isinstance(each, ast.Limit)]
    is_cut = limits and len(run.latest.results.rows) >= min(limits)
    if not (is_cut or truncation(run.query, run.latest)):
        return None
    kept = (*pipeline.commands[: index + 1], *(c for c in after if isinstance(c, ast.Filter)))
    aggregates = [ast.Item(ast.Call("count", (ast.Star(),)), GROUPS)]
    if column := _added(run):
        aggregates.append(ast.Item(ast.Call("sum", (ast.Field(column),)), "whole"))
    body = to_source(replace(pipeline, commands=kept)).rstrip()
    body = f"{body}\n| {command_text(ast.Stats(tuple(aggregates)))}"
    return replace(run.query, body=body, limit=None)


def remainder(run: QueryRun, whole: ResultSet) -> Remainder | None:
    """From the answer of `whole_query`."""
    record = whole.record(0) if whole.rows else {}
    groups = int(record.get(GROUPS, "0"))
    if groups <= len(run.latest.results.rows):
        return None
    column, every = _added(run), _number(record.get("whole"))
    if not column or every <= 0:
        return Remainder(groups)
    index = run.latest.results.columns.index(column)
    share = sum(_number(row[index]) for row in run.latest.results.rows) / every
    return Remainder(groups, column, share)


def _added(run: QueryRun) -> str:
    """The first column that adds up, one of bytes if there is one; empty without any."""
    drawn = chart(told_text(run.query))
    names = [name for name in run.latest.results.columns if name in drawn.totals]
    names.sort(key=lambda name: name not in drawn.bytes_columns)
    return names[0] if names else ""


def _number(cell: Cell) -> float:
    try:
        return float(cell or 0)
    except ValueError:
        return 0.0
