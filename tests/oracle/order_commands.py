"""Commands that read a row together with others, or make several of one (1.4).

AWS's pages say little about them; what they leave open is decided in the engine's modules of the
same nouns, named here as ours.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from flowtui.query import ast
from tests.oracle import grouping, times
from tests.oracle.aggregates import percentile, total
from tests.oracle.expressions import Context, Row, value
from tests.oracle.functions import element, inside, json_parse
from tests.oracle.state import Rows
from tests.oracle.values import Structure, Timestamp, Value, number, plain_text


class Meaningless(Exception):
    """What stands in the query means nothing there."""


def accum(command: ast.Accum, state: Rows, context: Context) -> None:
    """The running sum; what is no number adds nothing (ours, `windows.py`)."""
    found = [value(command.field, row, context) for row in state.rows]
    sums = [total(found[: index + 1]) for index in range(len(found))]
    state.add(command.name or command.field.name, sums)


def autoregress(command: ast.Autoregress, state: Rows, context: Context) -> None:
    """The field of the rows before; `bytes_p1`, or the alias where there is one lag only."""
    found = [value(command.field, row, context) for row in state.rows]
    first, last = command.first or 1, command.last or command.first or 1
    for lag in range(first, last + 1):
        is_one = command.name is not None and command.last is None
        stem = command.name or command.field.name
        name = stem if is_one else f"{stem}_p{lag}"
        state.add(name, [found[i - lag] if i >= lag else None for i in range(len(found))])


def filldown(command: ast.Filldown, state: Rows) -> None:
    """Where a field is missing, its last value; `-` is a value, so it stays."""
    known = [*state.leaving(), *(name for row in state.rows for name in row.fields)]
    names: list[str] = []
    for pattern in command.names or ("*",):
        matching = [name for name in known if name.startswith(pattern[:-1])]
        names += matching if pattern.endswith("*") else [pattern]
    for name in dict.fromkeys(names):
        last: Value = None
        filled = []
        for row in state.rows:
            own = state.cell(row, name) if name in state.leaving() else row.fields.get(name)
            last = last if own is None else own
            filled.append(last)
        if name != "@ptr":
            state.replace(name, filled)


def sessionize(command: ast.Sessionize, state: Rows, context: Context) -> None:
    """Numbers from 1 by identity, then by time (ours, `windows.py`)."""
    longest = times.length_of(command.maxspan or ast.Period(30, "m"))
    identified = []
    for index, row in enumerate(state.rows):
        parts = [plain_text(value(field, row, context)) for field in command.fields]
        moment = row.fields.get("@timestamp")
        if isinstance(moment, Timestamp) and None not in parts:
            identified.append(([part or "" for part in parts], moment.ms, index))
    sessions: list[Value] = [None] * len(state.rows)
    count = 0
    before: tuple[list[str], int] | None = None
    for identity, ms, index in sorted(identified):
        if before is None or before[0] != identity or _span(ms - before[1]) > longest:
            count += 1
        sessions[index] = count
        before = (identity, ms)
    state.add(command.name or "session_id", sessions)


def _span(ms: int) -> timedelta:
    return timedelta(milliseconds=ms)


def outlier(command: ast.Outlier, state: Rows, context: Context) -> None:
    """Above the upper quartile by `param` times the distance of both, or so far below the lower."""
    param = float(command.param.text) if command.param else 2.5
    marks = [0] * len(state.rows)
    clamped: dict[str, list[Value]] = {}
    for field in command.fields:
        found = [value(field, row, context) for row in state.rows]
        low, high = (_bound(found, param, side) for side in ("lower", "upper"))
        clamped[field.name] = found[:]
        for index, one in enumerate(found):
            amount = number(one)
            bound = None
            if amount is not None and amount > high:
                bound = high
            elif amount is not None and command.uselower and amount < low:
                bound = low
            if bound is not None:
                marks[index], clamped[field.name][index] = 1, bound
    if command.mark:
        state.add("_outlier", marks)  # ours, `outliers.py`
    if command.action == "remove":
        state.rows = [row for row, mark in zip(state.rows, marks, strict=True) if not mark]
    else:
        for name, values in clamped.items():
            state.replace(name, values)


def _bound(values: Sequence[Value], param: float, side: str) -> float:
    """The quartiles are values of the data, as for `pct` (ours, `outliers.py`)."""
    quarter, three = (float(number(percentile(values, share)) or 0) for share in (25, 75))
    reach = param * (three - quarter)
    return quarter - reach if side == "lower" else three + reach


def add_totals(command: ast.AddTotals, state: Rows, context: Context) -> None:
    """The sum across each row, and with `col` over all rows in a last one of their own."""
    names = [field.name for field in command.fields]
    if command.row is not False:
        name = command.fieldname or "Total"
        state.add(name, [_across(command.fields, row, context) for row in state.rows])
        names.append(name)
    if command.col:
        last = Row({name: total([row.fields.get(name) for row in state.rows]) for name in names})
        last.shown, last.chosen = dict(last.fields), dict(last.fields)
        state.rows = [*state.rows, last]


def _across(fields: tuple[ast.Field, ...], row: Row, context: Context) -> Value:
    return total([value(field, row, context) for field in fields])


def fill_missing(command: ast.FillMissing, state: Rows, context: Context) -> None:
    """The bins between the first and the last, for each of the other keys that has one.

    Those are ours, `filling.py`.
    """
    if state.stats is None:
        raise Meaningless("fillmissing needs the bins of a stats")
    item = next(item for item in state.stats.keys if isinstance(item.expr, ast.Call))
    assert isinstance(item.expr, ast.Call)
    period = item.expr.arguments[-1]
    assert isinstance(period, ast.Period)
    others = [name for name in state.keys if name != item.name]
    bins = [found.ms for row in state.rows if isinstance(found := row.fields[item.name], Timestamp)]
    known = {_place(row, item.name, others) for row in state.rows}
    for row in [row for row in state.rows if row.fields[item.name] is not None]:
        moment = min(bins)
        while moment <= max(bins):
            new = Row({**{name: row.fields[name] for name in others}, item.name: Timestamp(moment)})
            if _place(new, item.name, others) not in known:
                known.add(_place(new, item.name, others))
                for fill in command.fills:
                    new.fields[fill.field.name] = value(fill.value, new, context)
                new.made = [(key.expr, new.fields[key.name]) for key in state.stats.keys]
                state.rows.append(new)
            moment = times.ceil_ms(moment + 1, period)
    state.rows = grouping.unsorted(state.rows, state.keys)


def _place(row: Row, time: str, others: Sequence[str]) -> tuple[object, ...]:
    found = row.fields[time]
    moment = found.ms if isinstance(found, Timestamp) else None
    return (moment, *(plain_text(row.fields[name]) for name in others))


def unfold(state: Rows, elements: Callable[[Row], list[Value]], name: str, *, is_new: bool) -> None:
    """A row for each element, in their order; without any the row goes."""
    pairs = [(row, found) for row in state.rows for found in elements(row)]
    state.rows = [row.copy() for row, _ in pairs]
    for index, row in enumerate(state.rows):
        row.place = (*row.place, index)
    if is_new:
        state.add(name, [found for _, found in pairs])
    else:
        state.replace(name, [found for _, found in pairs])


def unnest(command: ast.Unnest, state: Rows, context: Context) -> None:
    """Anything else than a list is a list of one."""

    def elements(row: Row) -> list[Value]:
        found = value(command.source, row, context)
        return list(map(element, found)) if isinstance(found, list) else [found]

    unfold(state, elements, command.name, is_new=True)


def expand(command: ast.Expand, state: Rows, context: Context) -> None:
    """A JSON array in a text, under the same name; anything else stays."""

    def elements(row: Row) -> list[Value]:
        found = value(command.field, row, context)
        parsed = json_parse(found) if isinstance(found, str) else found
        return list(map(element, parsed)) if isinstance(parsed, list) else [found]

    unfold(state, elements, command.field.name, is_new=False)


def parse_format(command: ast.ParseFormat, state: Rows, context: Context) -> None:
    """`csv` by position, `logfmt` as a map."""
    for name in command.names:
        if name not in state.parsed:
            state.parsed.append(name)
    for row in state.rows:
        source = plain_text(value(command.source or ast.Field("@message"), row, context))
        if command.format == "logfmt":
            row.fields[command.names[0]] = None if source is None else logfmt(source)
            continue
        fields = [] if source is None else next(csv.reader([source]), []) or [""]
        for index, name in enumerate(command.names):
            row.fields[name] = fields[index] if index < len(fields) else None


def logfmt(source: str) -> Structure | None:
    """`key=value`, with quotes around a value that has blanks."""
    found = re.findall(r'([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)', source)
    pairs: dict[str, object] = {key: re.sub(r'^"|"$', "", written) for key, written in found}
    return pairs or None


def json_field(command: ast.JsonField, state: Rows, context: Context) -> None:
    """What is at the path of a map or list, or of a text that is one."""
    if command.name not in state.parsed:
        state.parsed.append(command.name)
    for row in state.rows:
        found = value(command.source, row, context)
        found = json_parse(found) if isinstance(found, str) else found
        for key in re.findall(r"[^.\[\]]+", command.path.value):
            found = inside(found, key)
        row.fields[command.name] = found


def count_frequent(command: ast.CountFrequent) -> tuple[ast.Stats, ast.Sort]:
    """Exact here: the counts of each combination, the largest first."""
    name = "_approxcount"
    keys = tuple(ast.Item(field, text=field.name) for field in command.fields)
    counting = ast.Item(ast.Call("count", (ast.Star(),)), name)
    return ast.Stats((counting,), keys), ast.Sort((ast.SortKey(ast.Field(name), True),))
