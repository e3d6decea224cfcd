"""`fillmissing`: rows for the time bins that have none (LANGUAGE.md 1.4)."""

from __future__ import annotations

from flowtui.model.errors import QueryError
from flowtui.query import ast
from flowtui.query.catalogue import FunctionRole, has_role
from flowtui.sql import times
from flowtui.sql.commands.rows import Rows, RowStep, columns_of
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.value import Value, ValueKind

_MOST = 1_000_000
"""How many bins there may be between the first and the last."""


def fill_missing(command: ast.FillMissing, rows: Rows) -> RowStep:
    """The bins between the first and the last that there are, for each of the other group keys.

    Up to the edges of the window none are added: a window may have no edges (ours: the docs only
    say `empty time bins`). What no `with` names is missing in the new rows.
    """
    index, period, shift = _bin(command, rows)
    bins = rows.keys[index].native
    others = [c for at, key in enumerate(rows.keys) if at != index for c in columns_of(key)]
    before, is_new = rows.new_column(), rows.new_column()
    keys = ", ".join((bins, *others))
    grid = f"({_bins(bins, period, shift, before, rows.dialect)})"
    if others:
        timed = f"FROM {before} WHERE {bins} IS NOT NULL"
        grid += f" CROSS JOIN (SELECT DISTINCT {', '.join(others)} {timed})"
    old = f"SELECT *, FALSE AS {is_new} FROM {before}"
    new = (
        f"SELECT *, TRUE AS {is_new}"
        f" FROM (SELECT {keys} FROM {grid} EXCEPT SELECT {keys} FROM {before})"
    )
    every = rows.dialect.selects.union([old, new])
    source = f"(WITH {before} AS (SELECT * FROM {rows.source}) {every})"
    filled = {fill.field.name: _filled(fill, is_new, rows) for fill in command.fills}
    return RowStep(source, replaced=filled)


def _bin(command: ast.FillMissing, rows: Rows) -> tuple[int, ast.Expr, int]:
    """Which group key is the bin, its period, and by how much `offset` shifts it."""
    items = rows.stats.keys if rows.stats else ()
    names = tuple(dict.fromkeys(item.name for item in items))
    for item in items:
        match item.expr:
            case ast.Call(name, (period,)) if has_role(name, FunctionRole.READS_TIMESTAMP):
                offset = rows.stats.offset if rows.stats else None
                # Bins that are moved beyond all time are missing, whatever it is.
                shift = min(times.milliseconds(offset), 2**50) if offset else 0
                return names.index(item.name), period, shift
            case ast.Call(name, (_, period)) if has_role(name, FunctionRole.BINS_TIME):
                return names.index(item.name), period, 0
            case _:
                pass
    raise QueryError("fillmissing needs the bins of stats ... by bin(5m)", command.span)


def _bins(bins: str, period: ast.Expr, shift: int, before: str, dialect: Dialect) -> str:
    """The SELECT of every bin from the first to the last."""
    step = times.step(period)
    first, last = f"min({bins}) - {shift}", f"max({bins}) - {shift}"
    message = f"fillmissing would make more than {_MOST:,} bins; use longer ones"
    too_many = f"{last} - ({first}) > {step * _MOST}"
    failure, steps = dialect.constants.failure(message), dialect.lists.steps(first, last, step)
    moments = f"CASE WHEN {too_many} THEN {failure} ELSE {steps} END"
    start = f"{times.floor('ms', period, dialect.times)} + {shift}"
    moment = dialect.selects.unnested(before, moments, "ms")
    return f"SELECT DISTINCT {start} AS {bins} FROM ({moment}) WHERE ms IS NOT NULL"


def _filled(fill: ast.Fill, is_new: str, rows: Rows) -> Value:
    """The field, which in new rows is the value."""
    name = fill.field.name
    old = rows.names.get(name)
    if old is None:
        raise QueryError(f"there is no column {name} to fill", fill.field.span)
    new = rows.expressions.value(fill.value)
    text = f"CASE WHEN {is_new} THEN {new.text} ELSE {old.text} END"
    number = f"CASE WHEN {is_new} THEN {new.number} ELSE {old.number} END"
    is_exact = old.is_exact and new.is_exact
    if old.kind is ValueKind.NUMBER and isinstance(fill.value, ast.Number):
        return rows.values.computed(number, is_exact=is_exact)
    is_rounded = old.is_rounded or (old.kind is ValueKind.NUMBER and not old.is_exact)
    return rows.values.text(text, number, is_exact=is_exact, is_rounded=is_rounded)
