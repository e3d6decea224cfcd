"""A query, ready to be started: its SQL, and what of its end is computed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from flowtui.backends.athena.catalog import Tables
from flowtui.backends.athena.statement import AthenaCompiler, Reach
from flowtui.backends.athena.table import FlowTable
from flowtui.backends.athena.tail import (
    Parted,
    named_tables,
    parted,
    refuse_lookups,
    refuse_own_times,
)
from flowtui.backends.daemon import in_thread
from flowtui.backends.duckdb.dialect import ENGINE, compile_query
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import EngineLacks, NoLogGroup
from flowtui.model.frozen import frozen
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.query.parser import parse
from flowtui.query.scope import text_begins_with_source
from flowtui.sql.compile import Compiled
from flowtui.sql.saved_calls import expanded
from flowtui.sql.scope import Table


@frozen
class Question:
    compiled: Compiled
    """For Athena: the whole query, or the head of it."""
    notices: tuple[str, ...] = ()
    parted: Parted | None = None
    """Where the rest of the query is computed here."""


class Questions:
    """Compiles queries over the tables; `queries` are the saved ones, by name."""

    def __init__(
        self,
        tables: Tables,
        chosen: Sequence[str],
        queries: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        """`chosen` are the tables of a query that names none."""
        self._tables, self._chosen, self._queries, self._now = tables, chosen, queries, now
        self._compiler = AthenaCompiler(ENGINE)

    async def prepared(self, query: Query, window: TimeRange) -> Question:
        """Raises `QueryError` for what is wrong with the query, and `BackendError` of tables."""
        names = query.log_groups or self._chosen
        if not (names or text_begins_with_source(query.text)):
            raise NoLogGroup("choose a table of flow logs first: ctrl+g, or --table")
        pipeline = expanded(parse(query.text), self._queries)
        refuse_lookups(pipeline)
        refuse_own_times(pipeline)
        tables = [await self._tables.table(name) for name in names]
        named = [await self._tables.table(name) for name in named_tables(pipeline)]
        reach = Reach(named, self._queries)
        return await in_thread(lambda: self._compiled(query, pipeline, tables, reach, window))

    def _compiled(
        self,
        query: Query,
        pipeline: ast.Pipeline,
        tables: list[FlowTable],
        reach: Reach,
        window: TimeRange,
    ) -> Question:
        """The whole of the query for Athena, or as much of it as Athena can compute."""
        now = self._now()

        def compiled(text: str, limit: int | None) -> Compiled:
            return self._compiler.compile(text, tables, window, limit, now, reach)

        try:
            whole = compiled(query.text, query.limit)
            return Question(whole, whole.notices)
        except EngineLacks as lack:
            parts = parted(
                pipeline,
                str(lack),
                lambda text: compiled(text, MAX_ROWS),
                partial(_runs_here, window, now),
            )
        head = compiled(parts.head, MAX_ROWS)
        return Question(head, (*head.notices, parts.notice), parts)


def _runs_here(window: TimeRange, now: datetime, text: str, format_: FlowFormat) -> None:
    """Raises `QueryError` for what the local engine does not take, over rows of such columns."""
    compile_query(text, [Table("rows", format_, "rows")], window, None, now)
