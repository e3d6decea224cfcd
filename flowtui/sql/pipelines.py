"""The pipelines of one query: the whole one, and those that stand in brackets in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from itertools import count

from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.sql import sources
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.environment import Check, CompileEnvironment, LookupTable, Nested
from flowtui.sql.parameters import Parameters
from flowtui.sql.scope import Table
from flowtui.sql.select_builder import SelectBuilder
from flowtui.sql.sizes import LONGEST_TEXT, Sizes
from flowtui.sql.value import Values


@frozen
class Library:
    """The tables and queries that a query can name besides the log groups chosen for it."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    """Log groups by name."""
    lookups: Mapping[str, LookupTable] = field(default_factory=dict)
    """Lookup tables by name."""
    queries: Mapping[str, str] = field(default_factory=dict)
    """Saved queries: name to text."""
    longest: int = LONGEST_TEXT
    """Bytes that a computed text may have."""


@frozen
class _Outer:
    """The tables that a pipeline without a SOURCE takes over from the query around it."""

    groups: Sequence[str]
    window: TimeRange
    has_own_time: bool = False
    """Whether a SOURCE has given the window: then no line without a time is in it."""


class Pipelines:
    """Compiles the pipelines of one query into one statement, with one set of parameters."""

    def __init__(
        self, window: TimeRange, now: datetime, library: Library, dialect: Dialect
    ) -> None:
        self.parameters = Parameters(dialect.constants)
        self.checks: list[Check] = []
        """The checks to run before the statement."""
        self.notices: list[str] = []
        """Sentences for the user about the answer."""
        self._scans: list[str] = []
        self._numbers = count(1)
        self._sizes = Sizes(dialect, library.longest)
        self._values = Values(dialect)
        self._window, self._now, self._library = window, now, library

    def build(self, pipeline: ast.Pipeline, tables: Sequence[Table]) -> SelectBuilder:
        """The whole query, over `tables` where no SOURCE says else."""
        known = {**self._library.tables, **{table.name: table for table in tables}}
        outer = _Outer([table.name for table in tables], self._window)
        return self._built(pipeline, known, outer, "")

    @property
    def scanned(self) -> str:
        """The statement that counts the rows in the windows of all pipelines."""
        if len(self._scans) == 1:
            return self._scans[0]
        return f"SELECT {' + '.join(f'({scan})' for scan in self._scans)}"

    def matched(self, select: SelectBuilder) -> str:
        """The statement that counts what passes the filters of the whole query's own groups.

        Empty where that is all that was scanned.
        """
        return select.matched or ("" if len(self._scans) == 1 else self._scans[0])

    def _built(
        self, pipeline: ast.Pipeline, known: Mapping[str, Table], outer: _Outer, inside: str
    ) -> SelectBuilder:
        own, commands = sources.split(pipeline)
        groups = sources.selected(pipeline, tuple(known), outer.groups)
        # A SOURCE begins anew: what it does not say is as the whole query has it.
        window = sources.window(pipeline, self._window if own else outer.window, self._now)
        has_own_time = any(s.start or s.end for s in own) if own else outer.has_own_time
        tables = [known[name] for name in groups]
        if has_own_time:
            tables = [replace(table, has_untimed=False, is_inside=False) for table in tables]
        # A part of the groups may be queried first; queries in brackets need all of them.
        whole = {**known, **self._library.tables}

        def compile_nested(inner: ast.Pipeline, inside: str) -> Nested:
            around_it = _Outer(groups, window, has_own_time)
            return self._built(inner, whole, around_it, inside).nested()

        environment = CompileEnvironment(
            window=window,
            now=self._now,
            values=self._values,
            parameters=self.parameters,
            lookups=self._library.lookups,
            compile=compile_nested,
            inside=inside,
            checks=self.checks,
            notices=self.notices,
            sizes=self._sizes,
            numbers=self._numbers,
        )
        select = SelectBuilder(tables, environment)
        self._scans.append(select.count())
        for command in commands:
            select.add(command)
        select.close()
        self.notices += select.notices
        return select
