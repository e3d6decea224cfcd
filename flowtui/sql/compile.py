"""A query to one statement of an engine: AST in, SQL out, nothing is run.

The statement is flat where it can be: raw rows are filtered in one SELECT, and each `stats` puts
one SELECT around what was before it. Rows are only ordered where they leave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.query.catalogue.limits import DEFAULT_ROWS, MAX_ROWS
from flowtui.query.parser import parse
from flowtui.sql.dialects.base import Dialect, Scalar
from flowtui.sql.environment import Check
from flowtui.sql.pipelines import Library, Pipelines
from flowtui.sql.saved_calls import expanded
from flowtui.sql.scope import Table
from flowtui.sql.value import ValueKind


@frozen
class Column:
    name: str
    kind: ValueKind


@frozen
class Compiled:
    """A statement, and how to show what it answers."""

    sql: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    """The columns that tell the rows apart; none for events, and where only all columns do."""
    parameters: Mapping[str, Scalar]
    """For all statements; each takes those that it names."""
    scanned: str
    """The statement that counts the rows of the window; those of queries in brackets, too."""
    matched: str
    """The statement that counts the rows that pass the filters; empty where that is all rows."""
    is_aggregated: bool
    checks: tuple[Check, ...]
    """The checks to run before the statement."""
    notices: tuple[str, ...] = ()
    """Sentences for the user about the answer."""

    @property
    def statements(self) -> tuple[str, ...]:
        """All of them."""
        return (self.sql, self.scanned, self.matched, *(check.sql for check in self.checks))


@frozen
class Compiler:
    """Compiles queries for one engine."""

    dialect: Dialect

    def compile(  # noqa: PLR0913  (what follows the star has a default)
        self,
        text: str,
        tables: Sequence[Table],
        window: TimeRange,
        limit: int | None,
        now: datetime,
        library: Library | None = None,
        *,
        is_relation: bool = False,
    ) -> Compiled:
        """The statement for `text` over the tables where no SOURCE says else; raises `QueryError`.

        A line without a time can't be said to lie outside the window, so it counts as inside.
        `limit` is the request's own; with the query's, the smaller one counts. A relation is for
        SQL around it, which orders and limits.
        """
        library = library or Library()
        pipelines = Pipelines(window, now, library, self.dialect)
        select = pipelines.build(expanded(parse(text), library.queries), tables)
        columns = select.columns()
        most = _row_limit(select.limit, limit)
        return Compiled(
            sql=select.relation(columns) if is_relation else select.statement(columns, most),
            columns=tuple(Column(name, value.kind) for name, value in columns),
            keys=select.keys,
            parameters=pipelines.parameters.values,
            scanned=pipelines.scanned,
            matched=pipelines.matched(select),
            is_aggregated=not select.scope.events,
            checks=tuple(pipelines.checks),
            notices=tuple(dict.fromkeys(pipelines.notices)),
        )


def _row_limit(written: int | None, requested: int | None) -> int:
    limits = [limit for limit in (written, requested) if limit is not None]
    # Only flowtui itself asks for more than the service gives, for what it makes of the rows.
    return min(*limits, max(MAX_ROWS, requested or 0)) if limits else DEFAULT_ROWS
