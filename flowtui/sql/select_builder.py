"""The statement as it grows, command by command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.run import PTR
from flowtui.query import ast
from flowtui.query.catalogue import find_command
from flowtui.query.catalogue.column_names import APPROXIMATE_COUNT
from flowtui.query.checks.commands import unknown_command
from flowtui.query.printer import expr_text, keyword
from flowtui.sql import ordering, structures
from flowtui.sql.commands import aggregates, extraction, formats, joins, lookups, stats
from flowtui.sql.commands.extraction import Extraction
from flowtui.sql.commands.joins import Beside
from flowtui.sql.commands.row_commands import RowCommand, compile_step
from flowtui.sql.commands.rows import Rows, selected
from flowtui.sql.commands.stats import Grouping
from flowtui.sql.environment import CompileEnvironment, Nested
from flowtui.sql.expressions import Expressions
from flowtui.sql.ordering import RowOrder
from flowtui.sql.result_columns import ResultColumns
from flowtui.sql.scope import Scope, Table
from flowtui.sql.select import Select
from flowtui.sql.value import Value

_NO_INDEXES = "filterIndex was run as filter: locally there are no indexes"

_LARGE = 400
"""From this many characters of SQL on, a value is computed in a subselect of its own, so that
the statement does not double in size with each alias that is used twice."""


class SelectBuilder:
    """Holds the SELECT that is being written; `add` takes the commands in order."""

    def __init__(self, tables: Sequence[Table], environment: CompileEnvironment) -> None:
        self.scope = Scope.of(tables, environment.values)
        self.limit: int | None = None
        self.matched = ""
        self.notices: list[str] = []
        """Sentences for the user about the answer."""
        self._tables = tables
        self._environment = environment
        self._values, self._dialect = environment.values, environment.dialect
        self._select = Select.of(tables, environment)
        self._numbers = _numbers_of(tables)
        """The columns that tell the rows here apart at no cost; none where there are no such."""
        self._scanned = self._select.rows
        self._order = RowOrder()
        self._stats: ast.Stats | None = None
        self._columns = ResultColumns()
        self._pins: list[str] = []
        """The columns that hold long values."""
        self._is_filtered = False
        self._is_counted = False
        self._is_joined = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that tell the rows apart."""
        return self._columns.shape.keys

    def add(self, command: ast.Command) -> None:
        self._add(command)
        self._columns.follow(command)

    def _add(self, command: ast.Command) -> None:  # noqa: C901, PLR0912, PLR0915  (one case a node)
        match command:
            case ast.Fields(items):
                self._fields(items)
            case ast.Display(items):
                self._fields(items)
            case ast.Filter(condition, by_index):
                self._filter(condition)
                self.notices += [_NO_INDEXES] if by_index else []
            case ast.Stats():
                self._group_by(command)
            case ast.CountFrequent():
                self._count_frequent(command)
            case ast.Estimate():
                self._estimate()
            case ast.Sort(keys):
                self._sort(keys)
            case ast.Limit(count, last=True):
                self._tail(count)
            case ast.Limit(count):
                # With `any` the service may take other rows; the first are as good (1.4).
                self.limit = count if self.limit is None else min(count, self.limit)
            case ast.Parse(multi=False):
                self._parse(command)
            case ast.ParseFormat(source) | ast.JsonField(source):
                self._parse_format(command, source or ast.Field("@message"))
            case ast.Dedup(fields):
                self._dedup(fields)
            case ast.Lookup() | ast.CidrLookup():
                self._lookup(command)
            case ast.Join():
                self._join(command)
            case ast.AppendCols():
                self._append_columns(command)
            case (
                ast.Source() | ast.SavedCall() | ast.Pattern() | ast.Diff() | ast.Anomaly()
                | ast.LogCompare() | ast.RelevantFields() | ast.Unmask() | ast.Other()
            ):  # fmt: skip
                raise _unsupported(command)
            case _:
                # The rest are row commands: of any other one mypy says that it is none.
                self._step(command)

    def close(self) -> None:
        """No command follows."""
        self._count_matches()

    def count(self) -> str:
        """The statement that counts the rows here."""
        return self._select.listing("count(*)")

    def columns(self) -> list[tuple[str, Value]]:
        """The columns of the result, in order."""
        return self._columns.leaving(self.scope, self._values)

    def nested(self) -> Nested:
        """The statement for another query to read from; it has an order only where it is cut."""
        shown = {name: value for name, value in self.columns() if name != PTR}
        named = {**self.scope.values, **shown}
        new_column = self._environment.new_column
        places = {value: new_column() for value in named.values()}
        position, pointer = new_column(), new_column()
        identity = '"@ptr"' if self.scope.events else f"lpad(CAST({position} AS VARCHAR), 12, '0')"
        listed = [part for value, column in places.items() for part in selected(value, column)]
        listed += [f"{self._order.row_number} AS {position}", f"{identity} AS {pointer}"]
        cut = "" if self.limit is None else f"ORDER BY {position} LIMIT {self.limit}"
        read = {value: self._values.column(value, column) for value, column in places.items()}
        return Nested(
            self._select.listing(", ".join(listed), cut),
            {name: read[value] for name, value in shown.items()},
            {name: read[value] for name, value in named.items()},
            position,
            pointer,
        )

    def relation(self, columns: list[tuple[str, Value]]) -> str:
        """The SELECT for another around it: in no order, where no limit of the text needs one."""
        listed = ", ".join(value.native for _, value in columns)
        cut = () if self.limit is None else (self._order.clause, f"LIMIT {self.limit}")
        return self._select.listing(listed, *cut)

    def statement(self, columns: list[tuple[str, Value]], limit: int) -> str:
        """The whole SELECT.

        Raw rows are found by the columns that order them, and only for those that leave the rest
        is read and put together.
        """
        listed = ", ".join(value.native for _, value in columns)
        order, cut = self._order.clause, f"LIMIT {limit}"
        if numbers := self._numbers:
            order = self._order.clause_by(numbers) if len(self._tables) == 1 else order
            told = ", ".join(numbers)
            first = self._select.listing(told, order, cut)
            self._select.filter(f"{told if len(numbers) == 1 else f'({told})'} IN ({first})")
        return self._select.listing(listed, order, cut)

    @property
    def _expressions(self) -> Expressions:
        return Expressions(self.scope, self._environment)

    def _fields(self, items: tuple[ast.Item, ...]) -> None:
        for item in items:
            value = self._pinned(self._expressions.value(item.expr))
            self._columns.choose(item.name, value)
            if item.alias is not None:
                scope = self.scope.with_values([(item.alias, value)])
                self.scope = replace(scope, sealed=scope.sealed | {item.alias})
        self.scope = replace(self.scope, sealed=frozenset())

    def _filter(self, condition: ast.Expr) -> None:
        self._freeze_limit()
        self._select.filter(self._expressions.condition(condition))
        self._is_filtered = True

    def _sort(self, keys: tuple[ast.SortKey, ...]) -> None:
        """A later sort replaces an earlier one."""
        self._freeze_limit()
        self._order.sorted_by = [
            term
            for key in keys
            for term in ordering.natural(
                self._usable(key.expr, "sort"), self._dialect, descending=bool(key.descending)
            )
        ]

    def _parse(self, command: ast.Parse) -> None:
        source = self._expressions.value(command.source or ast.Field("@message"))
        found = None
        if source == self._values.text('"@message"'):
            found = extraction.own_shape(command, self._tables, self._environment)
        if found is None:
            column = self._environment.new_column()
            found = extraction.extract(command, source.text, column, self._environment)
            self._select.wrap(f"*, {found.parts} AS {column}")
        self._take(found)

    def _parse_format(self, command: ast.ParseFormat | ast.JsonField, source: ast.Expr) -> None:
        value, column = self._expressions.value(source), self._environment.new_column()
        found = formats.extract(command, value, column, self._environment)
        self._select.wrap(f"*, {found.parts} AS {column}")
        self._take(found)

    def _take(self, found: Extraction) -> None:
        self.scope = self.scope.with_values(found.values)

    def _step(self, command: RowCommand) -> None:
        """The commands after it see the rows that `command` makes."""
        self._freeze_limit()
        self._count_matches()
        self._numbers = ()
        step = compile_step(command, self._rows())
        self._select.read(step.source)
        self._order.leading += [f"{step.leading} ASC NULLS FIRST"] if step.leading else []
        self._order.within += [step.within] if step.within else []
        self.notices += [step.notice] if step.notice else []
        self._take(Extraction(tuple(step.parsed.items())))
        self._show(step.added)
        self.scope = self.scope.replacing(step.replaced)
        self._columns.replace(step.replaced)

    def _rows(self) -> Rows:
        return Rows(
            source=self._select.rows,
            expressions=self._expressions,
            order=tuple(self._order.terms),
            columns=dict(self.columns()),
            keys=tuple(self._order.keys),
            stats=self._stats,
        )

    def _show(self, added: Mapping[str, Value]) -> None:
        """Bring new columns into reach and among those that leave."""
        self.scope = self.scope.replacing(added).with_values(added.items())
        self._columns.add(added)

    def _tail(self, count: int) -> None:
        """The last rows in the order so far, in that order."""
        self._freeze_limit()
        self._count_matches()
        self._numbers = ()
        self._select.wrap("*", self._order.reverse_clause, f"LIMIT {count}")

    def _dedup(self, fields: tuple[ast.Field, ...]) -> None:
        """The first row of each value in the order so far; rows that lack one are all kept."""
        self._freeze_limit()
        self._count_matches()
        self._numbers = ()  # the statement is in itself already
        keys = [self._usable(field, "dedup").native for field in fields]
        missing = " OR ".join(f"{key} IS NULL" for key in keys)
        partition = ", ".join(keys)
        has_pointer = self.scope.events and not (self._order.within or self._order.leading)
        terms = ", ".join(self._order.terms)
        if has_pointer and (pointer := self._dialect.aggregates.first('"@ptr"', terms)):
            # Numbering the rows would carry all their columns through a sort; this carries one.
            first = self._select.listing(pointer, f"GROUP BY {partition}")
            self._select.filter(f'({missing} OR "@ptr" IN ({first}))')
            return
        column = self._environment.new_column()
        # A `stats` without `by` leaves one row, and so nothing to order by.
        ordered = f" {self._order.clause}" if terms else ""
        numbering = f"row_number() OVER (PARTITION BY {partition}{ordered})"
        self._select.wrap(f"*, {numbering} AS {column}")
        self._select.filter(f"({missing} OR {column} = 1)")

    def _lookup(self, command: ast.Lookup | ast.CidrLookup) -> None:
        self._put_beside(lookups.beside(command, self._expressions))

    def _join(self, command: ast.Join) -> None:
        """The columns of the right side are shown until `fields` or `display` choose."""
        if self._is_joined:
            raise QueryError("a query has one join at most", command.span)
        self._is_joined = True
        self._freeze_limit()
        self._count_matches()
        found = joins.join(command, self._expressions)
        self._layer_beside(found)
        self.scope = self.scope.with_values(found.names.items())
        self._order.keys += found.order

    def _append_columns(self, command: ast.AppendCols) -> None:
        self._freeze_limit()
        self._count_matches()
        number = self._environment.new_column()
        self._select.wrap(f"*, {self._order.row_number} AS {number}")
        self._order.sorted_by = [f"{number} ASC"]
        existing = dict(self.columns())
        self._put_beside(joins.append_columns(command, number, existing, self._environment))

    def _put_beside(self, found: Beside) -> None:
        """Each row gets more columns, which are shown with the others."""
        self._layer_beside(found)
        self._show({name: self._pinned(value) for name, value in found.names.items()})

    def _layer_beside(self, found: Beside) -> None:
        """Put the SELECT with a JOIN around what was before."""
        self._numbers = ()
        rows = self._select.listing(", ".join(["*", *found.computed]))
        left = self._dialect.selects.all_of("l", found.pointer, '"@ptr"')
        listed = ", ".join([left, *found.listed])
        self._select.read(f"(SELECT {listed} FROM ({rows}) AS l {found.joined})")

    def _group_by(self, command: ast.Stats) -> None:
        self._freeze_limit()
        if (topk := aggregates.topk_of(command)) is not None:
            self._count_values(topk)
        grouping = stats.group(command, self._expressions)
        self._count_matches()
        self._group(grouping)
        self._stats = command

    def _count_frequent(self, command: ast.CountFrequent) -> None:
        """The largest groups come first."""
        self._group_by(stats.counted(command))
        count = self.scope.find(APPROXIMATE_COUNT)
        self._order.sorted_by = ordering.natural(count, self._dialect, descending=True)

    def _estimate(self) -> None:
        """One row for all that is in the window, whatever filters say.

        That is what the service would scan (1.4).
        """
        self._is_counted = True
        self._select.read(self._scanned)
        self._stats = None
        self._group(stats.estimated(self._environment))

    def _count_values(self, topk: ast.Call) -> None:
        """Count the values that `topk` lists in a SELECT of their own: one list would be slow."""
        text, tail = aggregates.frequent(self._expressions, topk)
        self._count_matches()
        self._select.filter(f"{text} IS NOT NULL")
        listed = f"{text} AS {aggregates.FREQUENT}, count(*) AS {aggregates.FREQUENCY}"
        self._select.wrap(listed, tail)

    def _group(self, grouping: Grouping) -> None:
        """Put the SELECT with GROUP BY around what was before."""
        self._numbers = ()
        self._select.wrap(", ".join(grouping.listed), grouping.clause)
        self.scope = grouping.scope
        keys = [grouping.scope.values[name] for name in grouping.keys]
        self._order = RowOrder(events=False, keys=keys)

    def _usable(self, expr: ast.Expr, command: str) -> Value:
        """The value for a command that takes no maps and lists (2.4)."""
        value = self._expressions.value(expr)
        structures.refuse(value, expr_text(expr), command, expr.span)
        return self._values.scalar(value)

    def _freeze_limit(self) -> None:
        """The commands after it see only the rows that a `limit` before them has let through."""
        if self.limit is not None:
            self._count_matches()
            self._numbers = ()
            self._select.wrap("*", self._order.clause, f"LIMIT {self.limit}")
            self.limit = None

    def _count_matches(self) -> None:
        """The rows that have passed the filters are counted where events come to an end."""
        if not self._is_counted:
            self.matched = self.count() if self._is_filtered else ""
            self._is_counted = True

    def _pinned(self, value: Value) -> Value:
        """`value`, or where its SQL is long or reads JSON a column that holds it."""
        if value.size < _LARGE and not value.json:
            return value
        column = self._environment.new_column()
        listed = selected(value, column)
        if any(pin in each for pin in self._pins for each in listed):
            # An optimizer that puts one into the next one writes out all of them.
            listed = selected(value, column, self._dialect.selects.computed_here)
        self._pins.append(column)
        self._select.wrap(", ".join(["*", *listed]))
        return self._values.column(value, column)


def _numbers_of(tables: Sequence[Table]) -> tuple[str, ...]:
    """Of several log groups the records are numbered one by one: `@log` says of which each is."""
    if not all(table.numbered_by for table in tables):
        return ()
    found = dict.fromkeys(name for table in tables for name in table.numbered_by)
    return tuple(found) if len(tables) == 1 else ('"@log"', *found)


def _unsupported(command: ast.Command) -> QueryError:
    """What the service knows it may answer; a slip of the keyboard must not cost a scan there."""
    if isinstance(command, ast.Other) and find_command(command.keyword) is None:
        start, end = command.span
        span = (start, min(end, start + len(command.keyword)))
        return QueryError(unknown_command(command).sentence, span)
    return UnsupportedQuery(
        f"the local engine does not compute {keyword(command)}; run it on CloudWatch", command.span
    )
