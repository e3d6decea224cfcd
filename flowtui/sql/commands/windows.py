"""Commands that read a row together with those before it, in the order so far."""

from __future__ import annotations

from dataclasses import replace

from flowtui.model.errors import UnsupportedQuery
from flowtui.query import ast
from flowtui.query.catalogue.column_names import SESSION
from flowtui.query.scope import lag_names
from flowtui.sql import times
from flowtui.sql.commands.rows import Named, Rows, RowStep, number_column
from flowtui.sql.value import Value, ValueKind

_MAXSPAN = ast.Period(30, "m")


def accum(command: ast.Accum, rows: Rows) -> RowStep:
    """The running sum; a row whose field is no number repeats it (ours), before the first: none.

    Without `as` it takes the field's own name, as the names of LANGUAGE.md 1.4 say.
    """
    value, column = rows.value(command.field, "accum"), rows.new_column()
    total = rows.dialect.aggregates.sum(value.number, is_exact=value.is_exact)
    running = f"{total} OVER ({_order(rows)} ROWS UNBOUNDED PRECEDING)"
    name = command.name or command.field.name
    added = {name: rows.values.computed(column, is_exact=value.is_exact)}
    return RowStep(_with(rows, f"{running} AS {column}"), added)


def autoregress(command: ast.Autoregress, rows: Rows) -> RowStep:
    """The field of the rows 1, 2, ... before; missing where there is no such row."""
    value = rows.expressions.value(command.field)
    listed: list[str] = []
    added: dict[str, Value] = {}
    for lag, name in enumerate(lag_names(command), command.first or 1):
        column = rows.new_column()
        window = f"{lag}) OVER ({_order(rows)})"
        listed.append(f"lag({value.native}, {window} AS {column}")
        if value.kind is ValueKind.TEXT:
            listed.append(f"lag({value.number}, {window} AS {number_column(column)}")
        added[name] = rows.values.column(value, column)
    return RowStep(_with(rows, *listed), added)


def filldown(command: ast.Filldown, rows: Rows) -> RowStep:
    """Where a field is missing, its last value before; `-` is a value, so it stays.

    All fields, where none are named, are those in reach and the columns so far.
    """
    filled: dict[Value, tuple[list[str], Value]] = {}
    replaced: dict[str, Value] = {}
    for name in _matching(command.names, rows):
        value = rows.names.get(name) or rows.expressions.value(ast.Field(name))
        if value not in filled:
            filled[value] = _last(value, rows)
        replaced[name] = filled[value][1]
    listed = [item for items, _ in filled.values() for item in items]
    return RowStep(_with(rows, *listed), replaced=replaced)


def sessionize(command: ast.Sessionize, rows: Rows) -> RowStep:
    """A number for each session: events of one identity, none longer than `maxspan` after another.

    The numbers count from 1 by identity, then by time (ours: the service's identifiers are not
    documented). What lacks a field of the identity or a time is in no session.
    """
    time = _time(command, rows)
    keys = [rows.value(field, "sessionize").native for field in command.fields]
    identity, by_time = ", ".join(keys), ", ".join((time, *rows.order))
    gap, column = rows.new_column(), rows.new_column()
    before = f"lag({time}) OVER (PARTITION BY {identity} ORDER BY {by_time})"
    with_gap = f"(SELECT *, {time} - {before} AS {gap} FROM {rows.source})"
    span = times.milliseconds(command.maxspan or _MAXSPAN)
    present = " AND ".join(f"{key} IS NOT NULL" for key in (*keys, time))
    # Not count(*) FILTER: that takes minutes for a million rows.
    begins = f"sum(CASE WHEN {present} AND coalesce({gap} > {span}, TRUE) THEN 1 ELSE 0 END)"
    ordered = f"ORDER BY {identity}, {by_time} ROWS UNBOUNDED PRECEDING"
    number = f"CASE WHEN {present} THEN {begins} OVER ({ordered}) END"
    source = f"(SELECT *, {number} AS {column} FROM {with_gap})"
    return RowStep(source, {command.name or SESSION: rows.values.integer(column)})


def _order(rows: Rows) -> str:
    return f"ORDER BY {', '.join(rows.order)}" if rows.order else ""


def _with(rows: Rows, *listed: str) -> str:
    return f"(SELECT {', '.join(('*', *listed))} FROM {rows.source})"


def _matching(patterns: tuple[str, ...], rows: Rows) -> list[str]:
    found: list[str] = []
    for pattern in patterns or ("*",):
        if pattern.endswith("*"):
            found += [name for name in rows.names if name.startswith(pattern[:-1])]
        else:
            found.append(pattern)
    return list(dict.fromkeys(found))


def _last(value: Value, rows: Rows) -> tuple[list[str], Value]:
    """The select list for the last value that is there, and that value."""
    column, values, records = rows.new_column(), rows.values, rows.dialect.records
    is_pair = values.has_number(value)
    native = value.native
    if is_pair:
        # The number must be that of the text, also where the last text is none.
        pair = records.pair(value.text, value.number)
        native = f"CASE WHEN {value.text} IS NOT NULL THEN {pair} END"
    window = f"{_order(rows)} ROWS UNBOUNDED PRECEDING"
    listed = [f"{rows.dialect.selects.last_present(native, window)} AS {column}"]
    if is_pair:
        first, second = records.first(column), records.second(column)
        filled = values.text(first, second, is_exact=value.is_exact)
        return listed, replace(filled, is_rounded=value.is_rounded)
    if value.kind is ValueKind.TEXT:
        return listed, values.text(column)
    return listed, values.column(value, column)


def _time(command: ast.Sessionize, rows: Rows) -> str:
    names: Named = rows.expressions.scope.values
    if "@timestamp" not in names:
        raise UnsupportedQuery(
            "sessionize needs @timestamp, which stats has removed; write it before stats",
            command.span,
        )
    return names["@timestamp"].number
