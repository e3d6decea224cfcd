"""The rows broken down by one column: each value, how often it comes, what it adds up to."""

from __future__ import annotations

from flowtui.engine.composition import records_of
from flowtui.engine.fold import is_fold
from flowtui.engine.lineage import is_aggregate
from flowtui.engine.narrow import filter_of, terms_of
from flowtui.engine.rows_at_hand import rows_of, told_text
from flowtui.engine.timeline import chart
from flowtui.model.errors import DrillError
from flowtui.model.run import PTR, Query, QueryRun
from flowtui.query import ast
from flowtui.query.printer import command_text


def breakdown(
    run: QueryRun, column: str, *, is_at_hand: bool, count: int = 0, narrowed: str = ""
) -> tuple[Query, str]:
    """The question, and its name on the trail.

    It reads the rows, of which there are `count`, for nothing, and of these only what they are
    `narrowed` to. Where these are not all, and the
    records themselves are at hand, it reads the records. Raises `DrillError`.
    """
    results, query = run.latest.results, run.query
    if column not in results.columns or column == PTR:
        raise DrillError("there is no column here to break the rows down by")
    rows, body, title = rows_of(run, count), _body(run, column), f"by {column}"
    if (within := filter_of(terms_of(narrowed, results.columns))) is not None:
        body, title = f"{command_text(within)}\n| {body}", f"{title}, {narrowed}"
    if rows.lack and is_at_hand and not is_fold(query.body):
        whole = records_of(query, body)
        if whole is not None:
            return whole, title
    return Query(body, run.window, query.log_groups, rows=rows), title


def _body(run: QueryRun, column: str) -> str:
    names = run.latest.results.columns
    are_groups = is_aggregate(run.query, run.latest.results)
    drawn = chart(told_text(run.query))
    # Those of bytes first: they are what people look for.
    added = [name for name in names if name in drawn.totals and name != column]
    added.sort(key=lambda name: name not in drawn.bytes_columns)
    counted = _unused("rows" if are_groups else "records", names)
    count = ast.Item(ast.Call("count", (ast.Star(),)), counted)
    sums = [ast.Item(ast.Call("sum", (ast.Field(name),)), name) for name in added]
    stats = ast.Stats((count, *sums), (ast.Item(ast.Field(column)),))
    first = added[0] if are_groups and added else counted
    sort = ast.Sort((ast.SortKey(ast.Field(first), descending=True),))
    return f"{command_text(stats)}\n| {command_text(sort)}"


def _unused(name: str, names: tuple[str, ...]) -> str:
    return f"{name}_" if name in names else name
