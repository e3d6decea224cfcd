"""The SELECT that the commands so far have made: what it reads from, and under which conditions."""

from __future__ import annotations

from collections.abc import Sequence

from flowtui.sql.environment import CompileEnvironment
from flowtui.sql.scope import Table


class Select:
    """Grows outwards: `wrap` makes of it what the next SELECT reads from."""

    def __init__(self, source: str, conditions: Sequence[str]) -> None:
        self.source = source
        """The relation after FROM."""
        self._conditions = list(conditions)

    @classmethod
    def of(cls, tables: Sequence[Table], environment: CompileEnvironment) -> Select:
        """The events of the tables in the window."""
        relations = [table.relation for table in tables]
        if len(tables) != 1:
            selects = [f"SELECT * FROM {relation}" for relation in relations]
            relations = [f"({environment.dialect.selects.union(selects)})"]
        return cls(relations[0], _inside(tables, environment))

    @property
    def rows(self) -> str:
        """The relation after FROM for a command that reads the rows here."""
        return f"({self.listing('*')})" if self._conditions else self.source

    def listing(self, listed: str, *clauses: str) -> str:
        """A SELECT of the rows here; of the clauses at its end some may be empty."""
        where = f"WHERE {' AND '.join(self._conditions)}" if self._conditions else ""
        parts = (f"SELECT {listed} FROM {self.source}", where, *clauses)
        return " ".join(filter(None, parts))

    def filter(self, condition: str) -> None:
        self._conditions.append(condition)

    def wrap(self, listed: str, *clauses: str) -> None:
        """Put a SELECT of these around the rows here."""
        self.read(f"({self.listing(listed, *clauses)})")

    def read(self, source: str) -> None:
        """Read all rows of another source instead."""
        self.source, self._conditions = source, []


def _inside(tables: Sequence[Table], environment: CompileEnvironment) -> list[str]:
    """The condition that the events are in the window; none where that is known."""
    if all(table.is_inside for table in tables):
        return []
    window, add = environment.window, environment.parameters.add
    start, end = add(window.start_ms), add(window.end_ms)
    inside = f'"@timestamp" >= {start} AND "@timestamp" < {end}'
    has_untimed = any(table.has_untimed for table in tables)
    return [f'("@timestamp" IS NULL OR ({inside}))' if has_untimed else inside]
