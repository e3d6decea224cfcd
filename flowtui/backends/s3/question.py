"""What of S3 a query reads: which log groups, and over which times. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from flowtui.model.frozen import frozen
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.scope import begins_with_source, pipelines_in
from flowtui.sql import sources


@frozen
class Question:
    query: Query
    window: TimeRange
    groups: tuple[str, ...]
    """Each once."""
    windows: tuple[TimeRange, ...]
    """That of the query, and those that a SOURCE in it gives."""
    names_groups: bool
    """Whether the text says which groups are read."""

    @classmethod
    def of(cls, query: Query, window: TimeRange, known: Sequence[str], now: datetime) -> Question:
        """Raises `QueryError` for what is wrong with the query; `known` groups can be named."""
        pipeline = parse(query.text)
        every = tuple(dict.fromkeys((*known, *query.log_groups)))
        found = sources.reads(pipeline, every, query.log_groups or known)
        groups = tuple(dict.fromkeys((*found.main, *found.nested)))
        windows = tuple(dict.fromkeys(_windows(pipeline, window, now)))
        return cls(query, window, groups, windows, begins_with_source(pipeline))


def _windows(pipeline: ast.Pipeline, outer: TimeRange, now: datetime) -> Iterator[TimeRange]:
    own = sources.window(pipeline, outer, now)
    yield own
    for nested in pipelines_in(pipeline):
        yield from _windows(nested, own, now)
