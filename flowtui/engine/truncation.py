"""Whether rows are missing at the end of a result, because a query gives only so many. Pure."""

from __future__ import annotations

from flowtui.engine.fold import is_fold
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.query import ast
from flowtui.query.catalogue.limits import DEFAULT_ROWS, MAX_ROWS
from flowtui.query.parser import parse_tolerant


def truncation(query: Query, latest: Snapshot) -> str:
    """A sentence where there may be more rows than came; empty where a `limit` asked for them.

    It counts the rows that came: `recordsMatched` are records, of which an aggregate makes few
    rows, and of which a filter after it drops some more.
    """
    rows = len(latest.results.rows)
    if is_fold(query.body):
        # It says itself what its own rows are made of.
        return ""
    if latest.state is not RunState.COMPLETE or rows < DEFAULT_ROWS:
        return ""
    if rows >= MAX_ROWS:
        more = "there may be more; filter, aggregate or choose a shorter time"
        why = f"the most that a query gives: {more}"
    elif rows == DEFAULT_ROWS and not _has_limit(query):
        why = f"the most without a limit: there may be more; add | limit {MAX_ROWS}"
    else:
        return ""
    return f"these are the first {rows:,} rows, {why}"


def _has_limit(query: Query) -> bool:
    commands = parse_tolerant(query.body).pipeline.commands
    return query.limit is not None or any(isinstance(each, ast.Limit) for each in commands)
