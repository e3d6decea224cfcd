"""A query as one statement of Athena, over the partitions and the columns that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from flowtui.backends.athena.partitions import pruned
from flowtui.backends.athena.relation import as_table, columns_of, names_in, relation
from flowtui.backends.athena.table import FlowTable
from flowtui.model.errors import UnsupportedQuery
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.sql.compile import Compiled, Compiler
from flowtui.sql.dialects.base import Engine
from flowtui.sql.dialects.joni import may_backtrack
from flowtui.sql.dialects.trino import trino
from flowtui.sql.parameters import identifier
from flowtui.sql.pipelines import Library
from flowtui.sql.scope import Table

LONGEST_STATEMENT = 262_144
"""Bytes (Athena's service quotas)."""
_ESTIMATED = "pct() is an estimate of Athena's: it may be off by some percent"


@frozen
class Reach:
    """What a query can name besides the tables that were chosen for it."""

    tables: Sequence[FlowTable] = ()
    """Those that SOURCE names."""
    queries: Mapping[str, str] = field(default_factory=dict)
    """Saved queries: name to text."""


@frozen
class AthenaCompiler:
    """Compiles queries for Athena; `engine` tells which regular expressions RE2 takes."""

    engine: Engine

    def compile(
        self,
        text: str,
        tables: Sequence[FlowTable],
        window: TimeRange,
        limit: int | None,
        now: datetime,
        reach: Reach | None = None,
    ) -> Compiled:
        """The statement over `tables`, where no SOURCE names others that are in reach.

        Raises `QueryError`, `EngineLacks` among it, and `BackendError` of partitions.
        """
        reach = reach or Reach()
        every = tuple(dict.fromkeys([*tables, *reach.tables]))
        compiler = Compiler(trino(self.engine))

        def compiled(relations: Sequence[str]) -> Compiled:
            known: dict[str, Table] = {
                table.label: as_table(table, sql)
                for table, sql in zip(every, relations, strict=True)
            }
            library = Library(tables=known, queries=reach.queries)
            chosen = [known[table.label] for table in tables]
            return compiler.compile(text, chosen, window, limit, now, library)

        # Once to see which columns it names, and once more over no others.
        first = compiled([identifier(table.label) for table in every])
        columns = columns_of(every, names_in(first.sql))
        parts = [pruned(table, window, now) for table in every]
        found = compiled(
            [
                relation(table, window, part.condition, columns)
                for table, part in zip(every, parts, strict=True)
            ]
        )
        notices = [*found.notices, *(notice for part in parts for notice in part.notices)]
        notices += [_ESTIMATED] if "approx_percentile(" in found.sql else []
        notices += [_slow(each) for each in _expressions(parse(text)) if may_backtrack(each)]
        if len(found.sql.encode()) > LONGEST_STATEMENT:
            raise UnsupportedQuery(
                f"the SQL of this query has more than {LONGEST_STATEMENT:,} bytes, which Athena"
                " does not take: shorten its lists, or ask it in parts"
            )
        return replace(found, notices=tuple(dict.fromkeys(notices)))


def _slow(expression: str) -> str:
    return (
        f"/{expression}/ repeats what repeats, for which Athena may take very long: it goes back"
        " and forth where others do not"
    )


def _expressions(node: ast.Node) -> Iterator[str]:
    for child in ast.children(node):
        if isinstance(child, ast.Regex):
            yield child.pattern
        else:
            yield from _expressions(child)
