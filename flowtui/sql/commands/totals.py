"""`addtotals`: sums across each row, and over all rows in a row of their own."""

from __future__ import annotations

import re
from dataclasses import replace

from flowtui.query import ast
from flowtui.query.catalogue.column_names import TOTAL
from flowtui.sql.commands.rows import Named, Rows, RowStep, number_column
from flowtui.sql.value import Value, ValueKind, Values

_NOTICE = "on the service, addtotals adds no total after stats"
_COLUMN = re.compile(r'"[^"]+"')


def add_totals(command: ast.AddTotals, rows: Rows) -> RowStep:
    """A column with the sum of each row and, with col=true, a last row with the sum of each column.

    A later sort leaves the last row where it is. After `stats` the service does nothing; here
    totals are added, with a notice (LANGUAGE.md 7).
    """
    summed = _summed(command, rows)
    step = RowStep(rows.source)
    if command.row is not False:
        total, column = _row_total(list(summed.values()), rows.values), rows.new_column()
        source = f"(SELECT *, {total.native} AS {column} FROM {rows.source})"
        step = RowStep(source, {command.fieldname or TOTAL: rows.values.column(total, column)})
    if command.col:
        step = _with_last_row(step, summed, rows)
    return replace(step, notice=_NOTICE if rows.stats is not None else "")


def _summed(command: ast.AddTotals, rows: Rows) -> Named:
    """The named fields; else, as on the service, all numeric ones in reach, shown or not (1.4).

    Of the event's own fields those are numeric that the format says are; of others, what reads as
    a number. A field that goes by several names counts once. What `stats` grouped by is a label,
    no number (ours).
    """
    if command.fields:
        return {field.name: rows.value(field, "addtotals") for field in command.fields}
    scope = rows.expressions.scope
    found: dict[Value, str] = {}
    for name, value in rows.names.items():
        is_own = scope.events and name in scope.values and name not in scope.shadowed
        is_numeric = rows.values.has_number(value) if is_own else not value.is_structure
        if is_numeric and value.kind is not ValueKind.TIMESTAMP and value not in rows.keys:
            found.setdefault(rows.values.scalar(value), name)
    return {name: value for value, name in found.items()}


def _row_total(summed: list[Value], values: Values) -> Value:
    """The sum of what is a number; missing where nothing is."""
    integers = values.dialect.numbers.integers
    if not summed:
        return values.integer(f"CAST(NULL AS {integers})")
    is_exact = all(value.is_exact for value in summed)
    type_ = integers if is_exact else "DOUBLE"
    parts = " + ".join(f"coalesce(CAST({value.number} AS {type_}), 0)" for value in summed)
    present = " OR ".join(f"{value.number} IS NOT NULL" for value in summed)
    return values.computed(f"CASE WHEN {present} THEN {parts} END", is_exact=is_exact)


def _with_last_row(step: RowStep, summed: Named, rows: Rows) -> RowStep:
    """The rows with their totals below; what is not summed is missing there."""
    before, is_last = rows.new_column(), rows.new_column()
    in_rows, in_last = [f"FALSE AS {is_last}"], [f"TRUE AS {is_last}"]
    totals: dict[Value, Value] = {}
    for value in dict.fromkeys([*summed.values(), *step.added.values()]):
        column = rows.new_column()
        # The sum of times is no time.
        is_time = value.kind is ValueKind.TIMESTAMP
        sum_ = rows.dialect.aggregates.sum(value.number, is_exact=value.is_exact)
        summed_up = "CAST(NULL AS BIGINT)" if is_time else sum_
        total = rows.values.computed(summed_up, is_exact=value.is_exact)
        in_rows.append(f"{value.native} AS {column}")
        in_last.append(
            f"{total.text if value.kind is ValueKind.TEXT else total.number} AS {column}"
        )
        if value.kind is ValueKind.TEXT:
            in_rows.append(f"{value.number} AS {number_column(column)}")
            in_last.append(f"{total.number} AS {number_column(column)}")
        totals[value] = rows.values.column(value, column)
    all_rows = f"SELECT *, {', '.join(in_rows)} FROM {before}"
    last_row = f"SELECT {', '.join(in_last)} FROM {before}"
    every = rows.dialect.selects.union([all_rows, last_row])
    source = f"(WITH {before} AS (SELECT * FROM {step.source}) {every})"
    blank = {
        name: totals.get(rows.values.scalar(value)) or _unless(is_last, value)
        for name, value in {**rows.names, **summed}.items()
    }
    added = {name: totals[value] for name, value in step.added.items()}
    return RowStep(source, added, blank, leading=is_last)


def _unless(is_last: str, value: Value) -> Value:
    """The value; missing in the last row, where a plain column already is."""
    if _COLUMN.fullmatch(value.native):
        return value
    text, number, json = (
        f"CASE WHEN NOT {is_last} THEN {sql} END" if sql else ""
        for sql in (value.text, value.number, value.json)
    )
    return replace(value, text=text, number=number, json=json, condition="", constant=None)
