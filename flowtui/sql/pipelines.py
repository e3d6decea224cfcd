"""The pipelines of one query: the whole one, and those that stand in brackets in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.sql import sources
from flowtui.sql.environment import Check, LookupTable, Nested, Surroundings
from flowtui.sql.expressions import Context
from flowtui.sql.parameters import Parameters
from flowtui.sql.scope import Table
from flowtui.sql.select_builder import Plan


@dataclass(frozen=True, slots=True)
class Library:
    """What a query can name besides the log groups that were chosen for it."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    """Log groups by name."""
    lookups: Mapping[str, LookupTable] = field(default_factory=dict)
    """Lookup tables by name."""
    queries: Mapping[str, str] = field(default_factory=dict)
    """Saved queries: name to text."""


@dataclass(frozen=True, slots=True)
class _Outer:
    """What a pipeline without a SOURCE takes over from the query around it."""

    groups: Sequence[str]
    window: TimeRange
    has_own_time: bool = False
    """Whether a SOURCE has given the window: then no line without a time is in it."""


class Pipelines:
    """Compiles the pipelines of one query into one statement, with one set of parameters."""

    def __init__(self, window: TimeRange, now: datetime, library: Library) -> None:
        self.parameters = Parameters()
        self.checks: list[Check] = []
        """What has to be asked before the statement may run."""
        self.notices: list[str] = []
        """What is to be known of the answer."""
        self._scans: list[str] = []
        self._columns = count(1)
        self._window, self._now, self._library = window, now, library

    def plan(self, pipeline: ast.Pipeline, tables: Sequence[Table]) -> Plan:
        """The whole query, over `tables` where no SOURCE says else."""
        known = {**self._library.tables, **{table.name: table for table in tables}}
        outer = _Outer([table.name for table in tables], self._window)
        return self._planned(pipeline, known, outer, "")

    @property
    def scanned(self) -> str:
        """The statement that counts the rows in the windows of all pipelines."""
        if len(self._scans) == 1:
            return self._scans[0]
        return f"SELECT {' + '.join(f'({scan})' for scan in self._scans)}"

    def matched(self, plan: Plan) -> str:
        """The statement that counts what passes the filters of the whole query's own groups.

        Empty where that is all that was scanned.
        """
        return plan.matched or ("" if len(self._scans) == 1 else self._scans[0])

    def _planned(
        self, pipeline: ast.Pipeline, known: Mapping[str, Table], outer: _Outer, inside: str
    ) -> Plan:
        own, commands = sources.split(pipeline)
        groups = sources.selected(pipeline, tuple(known), outer.groups)
        # A SOURCE begins anew: what it does not say is as the whole query has it.
        window = sources.window(pipeline, self._window if own else outer.window, self._now)
        has_own_time = any(s.start or s.end for s in own) if own else outer.has_own_time
        tables = [known[name] for name in groups]
        if has_own_time:
            tables = [replace(table, has_untimed=False) for table in tables]
        # A part of the groups may be queried first; queries in brackets need all of them.
        whole = {**known, **self._library.tables}

        def compile_nested(inner: ast.Pipeline, inside: str) -> Nested:
            around_it = _Outer(groups, window, has_own_time)
            return self._planned(inner, whole, around_it, inside).nested()

        around = Surroundings(
            compile_nested, self._library.lookups, self.checks, self._columns, self.notices, inside
        )
        plan = Plan(tables, Context(window, self._now, self.parameters, around))
        self._scans.append(plan.count())
        for command in commands:
            plan.add(command)
        plan.close()
        self.notices += plan.notices
        return plan
