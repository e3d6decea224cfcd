"""The statement as it grows, command by command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flowtui.backends.duckdb import aggregates, extraction, ordering, structures, values
from flowtui.backends.duckdb.expressions import Context, Expressions
from flowtui.backends.duckdb.names import Names, Table, from_clause
from flowtui.backends.duckdb.values import Kind, Value
from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.run import PTR
from flowtui.query import ast
from flowtui.query.printer import expr_text, keyword

Named = dict[str, Value]

_LARGE = 400
"""From this many characters of SQL on, a value is computed in a subselect of its own, so that
the statement does not double in size with each alias that is used twice."""


class Plan:
    """Holds the SELECT that is being written; `add` takes the commands in order."""

    def __init__(self, tables: Sequence[Table], context: Context) -> None:
        self.names = Names.of(tables)
        self.keys: tuple[str, ...] = ()
        """The names of the group keys of the last `stats`."""
        self.limit: int | None = None
        self.matched = ""
        self._tables = tables
        self._context = context
        self._source = from_clause(tables)
        self._conditions = [_inside(tables, context)]
        self._order: list[str] = []
        self._group_keys: list[Value] = []
        self._chosen: Named = {}
        self._shown: Named = {}
        self._parsed: Named = {}
        self._grouped: Named = {}
        self._is_filtered = False
        self._is_counted = False
        self._made = 0

    def add(self, command: ast.Command) -> None:
        match command:
            case ast.Fields(items):
                self._fields(items, self._chosen)
            case ast.Display(items):
                self._shown = {}
                self._fields(items, self._shown)
            case ast.Filter(condition):
                self._filter(condition)
            case ast.Stats():
                self._stats(command)
            case ast.Sort(keys):
                self._sort(keys)
            case ast.Limit(count, last=False):
                self.limit = count if self.limit is None else min(count, self.limit)
            case ast.Parse(multi=False):
                self._parse(command)
            case ast.Dedup(fields):
                self._dedup(fields)
            case _:
                raise _unsupported(command)

    def close(self) -> None:
        """No command follows."""
        self._count_matches()

    def count(self) -> str:
        """The statement that counts the rows here."""
        return f"SELECT count(*) FROM {self._source}{self._where()}"

    def columns(self) -> list[tuple[str, Value]]:
        """What leaves, in order (insights-ql.md 1.7)."""
        if not self.names.events:
            return list((self._shown or self._chosen or self._grouped).items())
        bare = {name: self.names.find(name) for name in ("@timestamp", "@message")}
        chosen = dict(self._shown or self._chosen or self._parsed or bare)
        chosen.pop(PTR, None)
        return [*chosen.items(), (PTR, values.text('"@ptr"'))]

    def select(self, columns: list[tuple[str, Value]], limit: int) -> str:
        """The whole statement."""
        listed = ", ".join(value.native for _, value in columns)
        order = ", ".join(self._ordering())
        ordered = f" ORDER BY {order}" if order else ""
        return f"SELECT {listed} FROM {self._source}{self._where()}{ordered} LIMIT {limit}"

    @property
    def _expressions(self) -> Expressions:
        return Expressions(self.names, self._context)

    def _fields(self, items: tuple[ast.Item, ...], into: Named) -> None:
        for item in items:
            value = self._pinned(self._expressions.value(item.expr))
            into[item.name] = value
            if item.alias is not None:
                names = self.names.with_values([(item.alias, value)])
                self.names = replace(names, sealed=names.sealed | {item.alias})
        self.names = replace(self.names, sealed=frozenset())

    def _filter(self, condition: ast.Expr) -> None:
        self._freeze_limit()
        self._conditions.append(self._expressions.condition(condition))
        self._is_filtered = True

    def _sort(self, keys: tuple[ast.SortKey, ...]) -> None:
        """A later sort replaces an earlier one."""
        self._freeze_limit()
        self._order = [
            term
            for key in keys
            for term in ordering.natural(
                self._usable(key.expr, "sort"), descending=bool(key.descending)
            )
        ]

    def _parse(self, command: ast.Parse) -> None:
        source = self._expressions.value(command.source or ast.Field("@message"))
        found = None
        if source == values.text('"@message"'):
            found = extraction.own_shape(command, self._tables)
        if found is None:
            column = self._new_column()
            found = extraction.extract(command, source.text, column, self._expressions.parameters)
            self._layer(f"*, {found.parts} AS {column}")
        self.names = self.names.with_values(found.values)
        self._parsed.update(found.values)

    def _dedup(self, fields: tuple[ast.Field, ...]) -> None:
        """The first row of each value in the order so far; rows that lack one are all kept."""
        self._freeze_limit()
        self._count_matches()
        keys = [self._usable(field, "dedup").native for field in fields]
        order = ", ".join(self._ordering())
        missing = " OR ".join(f"{key} IS NULL" for key in keys)
        partition = ", ".join(keys)
        if self.names.events:
            # Numbering the rows would carry all their columns through a sort; this carries one.
            first = f'SELECT first("@ptr" ORDER BY {order}) FROM {self._source}{self._where()}'
            self._conditions.append(f'({missing} OR "@ptr" IN ({first} GROUP BY {partition}))')
            return
        column = self._new_column()
        # A `stats` without `by` leaves one row, and so nothing to order by.
        ordered = f" ORDER BY {order}" if order else ""
        numbering = f"row_number() OVER (PARTITION BY {partition}{ordered})"
        self._layer(f"*, {numbering} AS {column}")
        self._conditions.append(f"({missing} OR {column} = 1)")

    def _stats(self, command: ast.Stats) -> None:
        self._freeze_limit()
        if (topk := aggregates.topk_of(command)) is not None:
            self._count_values(topk)
        rows = replace(self._expressions, keys=tuple(item.expr for item in command.keys))
        keys = {item.name: (item.expr, _key(value, item)) for item, value in self._keyed(command)}
        known = Names({name: value for name, (_, value) in keys.items()}, events=False)
        made: list[tuple[ast.Item, Value]] = []
        for item in command.aggregates:
            value = aggregates.compile_item(item.expr, rows, Expressions(known, self._context))
            known = known.with_values([(item.name, value)])
            made.append((item, value))
        self._count_matches()
        self._group(keys, made)

    def _keyed(self, command: ast.Stats) -> list[tuple[ast.Item, Value]]:
        """The group keys; an offset makes each bin that much later than its events.

        So the events of an hour ago stand where now is (ours: the service's direction is not
        documented, 2.10). The window stays as it is.
        """
        if command.offset is not None and not any(
            aggregates.bin_calls(item.expr) for item in command.keys
        ):
            raise QueryError(
                "offset shifts the bins of bin(), which is not in by", command.offset.span
            )
        rows = replace(self._expressions, shift=command.offset)
        return [(item, rows.value(item.expr)) for item in command.keys]

    def _count_values(self, topk: ast.Call) -> None:
        """Count the values that `topk` lists in a SELECT of their own: one list would be slow."""
        text, tail = aggregates.frequent(self._expressions, topk)
        self._count_matches()
        self._conditions.append(f"{text} IS NOT NULL")
        listed = f"{text} AS {aggregates.FREQUENT}, count(*) AS {aggregates.FREQUENCY}"
        self._layer(listed, tail)

    def _group(
        self, keys: dict[str, tuple[ast.Expr, Value]], made: list[tuple[ast.Item, Value]]
    ) -> None:
        """Put the SELECT with GROUP BY around what was before."""
        selected: list[str] = []
        results: list[tuple[str, ast.Expr, Value]] = []
        for name, (expr, value) in keys.items():
            column = self._new_column()
            selected.append(f"{value.native} AS {column}")
            results.append((name, expr, _regrouped(value, column)))
        for item, value in made:
            column = self._new_column()
            selected += _selected(value, column)
            results.append((item.name, item.expr, values.column(value, column)))
        grouping = ", ".join(str(number + 1) for number in range(len(keys)))
        self._layer(", ".join(selected), f" GROUP BY {grouping}" if keys else "")
        self._grouped = {name: value for name, _, value in results}
        self.names = Names(self._grouped, tuple((e, v) for _, e, v in results), events=False)
        self.keys = tuple(keys)
        self._group_keys = [self._grouped[name] for name in keys]
        self._order, self._chosen, self._shown, self._parsed = [], {}, {}, {}

    def _ordering(self) -> list[str]:
        if not self.names.events:
            if self._order:
                return [*self._order, *ordering.settled(self._group_keys)]
            return ordering.unsorted_groups(self._group_keys)
        return [*self._order, *ordering.as_loaded()] if self._order else ordering.unsorted_events()

    def _usable(self, expr: ast.Expr, command: str) -> Value:
        """The value for a command that takes no maps and lists (2.4)."""
        value = self._expressions.value(expr)
        structures.refuse(value, expr_text(expr), command, expr.span)
        return values.scalar(value)

    def _freeze_limit(self) -> None:
        """What follows sees only the rows that a `limit` before it has let through."""
        if self.limit is not None:
            self._count_matches()
            order = ", ".join(self._ordering())
            self._layer("*", f"{f' ORDER BY {order}' if order else ''} LIMIT {self.limit}")
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
        column = self._new_column()
        self._layer(", ".join(["*", *_selected(value, column)]))
        return values.column(value, column)

    def _layer(self, listed: str, tail: str = "") -> None:
        self._source = f"(SELECT {listed} FROM {self._source}{self._where()}{tail})"
        self._conditions = []

    def _where(self) -> str:
        conditions = [condition for condition in self._conditions if condition]
        return f" WHERE {' AND '.join(conditions)}" if conditions else ""

    def _new_column(self) -> str:
        # A dollar sign is in no field of a flow log, so these names are free.
        self._made += 1
        return f'"${self._made}"'


def _unsupported(command: ast.Command) -> UnsupportedQuery:
    return UnsupportedQuery(
        f"the local engine does not compute {keyword(command)}; run it on CloudWatch", command.span
    )


def _inside(tables: Sequence[Table], context: Context) -> str:
    window, add = context.window, context.parameters.add
    start, end = add(window.start_ms), add(window.end_ms)
    inside = f'"@timestamp" >= {start} AND "@timestamp" < {end}'
    has_untimed = any(table.has_untimed for table in tables)
    return f'("@timestamp" IS NULL OR ({inside}))' if has_untimed else f"{inside}"


def _key(value: Value, item: ast.Item) -> Value:
    """A computed number is grouped by how it is shown, so that no two rows look the same."""
    structures.refuse(value, item.name, "stats", item.expr.span)
    value = values.scalar(value)
    if value.kind is Kind.NUMBER and not value.is_exact:
        return values.text(value.text)
    return replace(value, constant=None)


def _regrouped(key: Value, column: str) -> Value:
    return values.text(column) if key.kind is Kind.TEXT else values.column(key, column)


def _selected(value: Value, column: str) -> list[str]:
    """The select list that `values.column` reads back."""
    listed = [f"{value.native} AS {column}"]
    if value.kind is Kind.TEXT:
        listed.append(f'{value.number} AS {column[:-1]}#"')
    return listed
