"""A query as one statement of Athena, over the partitions and the columns that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flowtui.backends.athena.partitions import pruned
from flowtui.backends.athena.relation import as_table, columns_of, names_in, relation
from flowtui.backends.athena.table import FlowTable
from flowtui.model.timerange import TimeRange
from flowtui.sql.compile import Compiled, Compiler
from flowtui.sql.dialects.base import Engine
from flowtui.sql.dialects.trino import trino
from flowtui.sql.parameters import identifier
from flowtui.sql.pipelines import Library
from flowtui.sql.scope import Table

_ESTIMATED = "pct() is an estimate of Athena's: it may be off by some percent"


@dataclass(frozen=True, slots=True)
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
        queries: Mapping[str, str] | None = None,
    ) -> Compiled:
        """Raises `QueryError`, `EngineLacks` among it, and `BackendError` of partitions."""
        compiler = Compiler(trino(self.engine))

        def compiled(relations: Sequence[str]) -> Compiled:
            known: list[Table] = [
                as_table(table, sql) for table, sql in zip(tables, relations, strict=True)
            ]
            library = Library(queries=queries or {})
            return compiler.compile(text, known, window, limit, now, library)

        # Once to see which columns it names, and once more over no others.
        named = compiled([identifier(table.label) for table in tables])
        columns = columns_of(tables, names_in(named.sql))
        parts = [pruned(table, window, now) for table in tables]
        found = compiled(
            [
                relation(table, window, part.condition, columns)
                for table, part in zip(tables, parts, strict=True)
            ]
        )
        notices = [*found.notices, *(notice for part in parts for notice in part.notices)]
        notices += [_ESTIMATED] if "approx_percentile(" in found.sql else []
        return replace(found, notices=tuple(dict.fromkeys(notices)))
