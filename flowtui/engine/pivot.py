"""From a cell or a row to the next question: include, exclude, conversation, what is around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce

from flowtui.engine.drill import (
    Target,
    asked,
    bin_window,
    drill,
    has_other_windows,
    last_grouping,
    meanings_of,
    raw_tail,
    resolved,
)
from flowtui.engine.timeline import parse_time
from flowtui.flowlogs.fields import field_info
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import DrillError
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.query import ast
from flowtui.query.match import equals, in_group
from flowtui.query.parser import parse
from flowtui.query.printer import to_source

AROUND = timedelta(minutes=5)
"""How far before and after a flow its surroundings reach."""

_SETTING = ast.Source | ast.SavedCall | ast.Parse | ast.ParseFormat | ast.JsonField
"""What says where fields come from, and filters nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question whose rows are on the screen."""

    query: Query
    window: TimeRange
    format: FlowFormat | None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the cursor is in the rows: the row by column name, the column, and its value."""

    row: Mapping[str, str]
    column: str
    value: str | None


def derive(kind: str, on: Asked, spot: Spot) -> Target:
    """The question `kind`: drill, include, exclude, conversation, or one of `PIVOTS`.

    Raises `DrillError` where it can't be derived.
    """
    match kind:
        case "drill":
            return drill(on.query, on.window, spot.row, on.format)
        case "include" | "exclude":
            return refine(on, (spot.column, spot.value), exclude=kind == "exclude")
        case "conversation":
            return conversation(on, spot.row)
        case _:
            return pivot(on, spot.row, kind)


def refine(on: Asked, cell: tuple[str, str | None], *, exclude: bool = False) -> Target:
    """The same query for only the rows with (or without) this `cell`: column name and value.

    A key or a raw field filters events. A number that an aggregate has computed becomes a
    threshold for groups: at least that much, or less. Raises `DrillError`.
    """
    column, value = cell
    pipeline = parse(on.query.body)
    index = last_grouping(pipeline)
    keys = _key_expressions(pipeline, index)
    expr = keys.get(column, ast.Field(column))
    is_group = index is not None and column not in keys
    place = _place(pipeline, index, is_group=is_group)
    meaning = resolved(expr, meanings_of(pipeline.commands[:place]))
    span = bin_window(meaning, value)
    can_narrow = not (is_group or has_other_windows(pipeline.commands))
    if span is not None and can_narrow and not exclude:
        narrowed = on.window.intersect(span) or on.window
        query = replace(asked(on.query, on.query.body, on.format), time=narrowed)
        return Target(query, narrowed, f"{column} {value}")
    if is_group and value is not None and _is_number(value):
        condition, sign = _threshold(expr, value, exclude=exclude)
    else:
        is_key = column in keys
        condition, sign = _condition(expr, value, meaning, is_key=is_key, exclude=exclude)
    commands = (*pipeline.commands[:place], ast.Filter(condition), *pipeline.commands[place:])
    body = to_source(replace(pipeline, commands=commands))
    title = f"{column} {sign} {value if value is not None else '(missing)'}"
    return Target(asked(on.query, body, on.format), on.window, title)


def _key_expressions(pipeline: ast.Pipeline, index: int | None) -> dict[str, ast.Expr]:
    """What the key columns of the grouping at `index` are computed from."""
    command = None if index is None else pipeline.commands[index]
    match command:
        case ast.Stats(keys=keys):
            return {item.name: item.expr for item in keys}
        case ast.CountFrequent(fields):
            return {field.name: field for field in fields}
        case _:
            return {}


def _place(pipeline: ast.Pipeline, grouping: int | None, *, is_group: bool) -> int:
    """Where a filter belongs: behind the grouping for groups, else before it or the sort."""
    if grouping is not None:
        return grouping + 1 if is_group else grouping
    for index, command in enumerate(pipeline.commands):
        if isinstance(command, ast.Sort | ast.Limit | ast.Dedup | ast.Display):
            return index
    return len(pipeline.commands)


def _condition(
    expr: ast.Expr, value: str | None, meaning: ast.Expr, *, is_key: bool, exclude: bool
) -> tuple[ast.Expr, str]:
    """That the value is the cell's, or is not, and the sign that names it."""
    condition = (in_group if is_key else equals)(expr, value, meaning)
    return (_opposite(condition), "≠") if exclude else (condition, "=")


def _threshold(expr: ast.Expr, value: str, *, exclude: bool) -> tuple[ast.Expr, str]:
    """At least as much as the cell's, or less."""
    operator, sign = ("<", "<") if exclude else (">=", "≥")
    return ast.Binary(operator, expr, _number(value)), sign


def _is_number(value: str) -> bool:
    whole, _, fraction = value.removeprefix("-").partition(".")
    return whole.isascii() and whole.isdecimal() and (not fraction or fraction.isdecimal())


def _number(value: str) -> ast.Expr:
    literal = ast.Number(value.removeprefix("-"))
    return ast.Unary("-", literal) if value.startswith("-") else literal


def _opposite(condition: ast.Expr) -> ast.Expr:
    """Conditions are two-valued (insights-ql.md 3.1), so `!=` is the negation of `=`."""
    match condition:
        case ast.Binary("="):
            return replace(condition, operator="!=")
        case ast.Unary("not", operand):
            return operand
        case _:
            return ast.Unary("not", condition)


def conversation(on: Asked, row: Mapping[str, str]) -> Target:
    """Both directions between the two endpoints of `row`, as raw flows.

    The endpoints are those of the packets where the row has them: behind a NAT gateway the
    addresses of the interface are other ones (flowlogs.md 1.6). Raises `DrillError`.
    """
    known = _Known(on, row)
    for names in (("pkt-srcaddr", "pkt-dstaddr"), ("srcaddr", "dstaddr")):
        ends = [known.field(name) for name in names]
        if all(ends):
            (source, here), (target, there) = (end for end in ends if end)
            there_and_back = (
                _all([_same(source, here), _same(target, there)]),
                _all([_same(source, there), _same(target, here)]),
            )
            condition = ast.Binary("or", *there_and_back)
            return known.target([condition], f"{here} ↔ {there}")
    raise DrillError(
        "this row has no two endpoints; group by srcaddr and dstaddr, or go to the raw flows"
    )


PIVOTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "tuple": ("this 5-tuple over time", ("srcaddr", "srcport", "dstaddr", "dstport", "protocol")),
    "source": ("everything of this source, 5 minutes around", ("srcaddr",)),
    "destination": ("everything of this destination, 5 minutes around", ("dstaddr",)),
    "interface": ("everything of this interface, 5 minutes around", ("interface-id",)),
    "instance": ("everything of this instance, 5 minutes around", ("instance-id",)),
}
"""The questions about a flow: what each is called, and the fields that it needs."""


def pivot(on: Asked, row: Mapping[str, str], kind: str) -> Target:
    """The question `kind` of `PIVOTS` about the flow, or the group of flows, in `row`.

    Where the row tells no time, its surroundings are the query's own window. Raises `DrillError`.
    """
    known = _Known(on, row)
    _, names = PIVOTS[kind]
    found = {name: known.field(name) for name in names}
    if missing := [name.replace("-", "_") for name, field in found.items() if field is None]:
        raise DrillError(f"this row does not say its {missing[0]}; go to the raw flows first")
    values = [field for field in found.values() if field]
    match kind:
        case "tuple":
            conditions = [_same(field, value) for field, value in values]
            title = " ".join(value for _, value in values)
            return known.target(conditions, title, tail=(_over_time(on.window),))
        case "source" | "destination":
            ((_, address),) = values
            ends = [known.name("srcaddr"), known.name("dstaddr")]
            either = ast.Binary("or", *(_same(end, address) for end in ends))
            return known.target([either], address, window=known.surroundings())
        case _:
            ((field, value),) = values
            return known.target([_same(field, value)], value, window=known.surroundings())


def _over_time(window: TimeRange) -> ast.Stats:
    """Bytes, packets and records in bins of which some hundred fit into the window."""
    steps = ((2, "1m"), (12, "5m"), (72, "30m"))
    hours = window.length / timedelta(hours=1)
    text = next((step for most, step in steps if hours <= most), "6h")
    period = ast.Period(int(text[:-1]), text[-1])
    return ast.Stats(
        (
            *(ast.Item(ast.Call("sum", (ast.Field(n),)), n) for n in ("bytes", "packets")),
            ast.Item(ast.Call("count", (ast.Star(),)), "records"),
        ),
        (ast.Item(ast.Call("bin", (period,)), text=f"bin({text})"),),
    )


def zoom(on: Asked, span: TimeRange) -> Target:
    """The same question over a part of its window, in whole seconds, as StartQuery takes them."""
    start = from_ms(span.start_ms // 1000 * 1000)
    end = from_ms(-(-span.end_ms // 1000) * 1000)
    window = TimeRange(start, end).intersect(on.window) or TimeRange(start, end)
    query = replace(asked(on.query, on.query.body, on.format), time=window)
    return Target(query, window, f"{window.start:%H:%M:%S} to {window.end:%H:%M:%S}")


class _Known:
    """What the row of a query tells about its flows, by the name of the flow log field."""

    def __init__(self, on: Asked, row: Mapping[str, str]) -> None:
        self._on = on
        self._pipeline = parse(on.query.body)
        index = last_grouping(self._pipeline)
        keys = _key_expressions(self._pipeline, index)
        self._setting = tuple(
            command for command in self._pipeline.commands[:index] if isinstance(command, _SETTING)
        )
        self._values: dict[str, str] = {}
        for name, value in row.items():
            expr = keys.get(name) if index is not None else ast.Field(name)
            if isinstance(expr, ast.Field):
                self._values[expr.name] = value

    def field(self, name: str) -> tuple[str, str] | None:
        """How the query calls the field and what the row says of it; None where it says nothing."""
        found = next((each for each in _spellings(name) if each in self._values), None)
        value = self._values.get(found) if found else None
        return None if found is None or value in (None, "-") else (found, value or "")

    def name(self, name: str) -> str:
        """How the query calls the field, whether or not the row has it."""
        return next((n for n in _spellings(name) if n in self._values), _spellings(name)[0])

    def surroundings(self) -> TimeRange:
        """From a while before the flow until a while after it."""
        times = [
            moment
            for name in ("start", "startTime", "end", "endTime", "@timestamp")
            if (moment := parse_time(self._values.get(name))) is not None
        ]
        if not times:
            return self._on.window
        return TimeRange(from_ms(min(times)) - AROUND, from_ms(max(times)) + AROUND)

    def target(
        self,
        conditions: Sequence[ast.Expr],
        title: str,
        *,
        tail: tuple[ast.Command, ...] = (),
        window: TimeRange | None = None,
    ) -> Target:
        """The raw flows that meet the conditions, or what `tail` makes of them."""
        query, window = self._on.query, window or self._on.window
        shown = tail or raw_tail(self._setting, query, self._on.format)
        commands = (*self._setting, ast.Filter(_all(conditions)), *shown)
        body = to_source(replace(self._pipeline, commands=commands))
        is_same = query.time is None and window == self._on.window
        fresh = replace(query, time=None if is_same else window)
        return Target(asked(fresh, body, self._on.format), window, title)


def _spellings(name: str) -> tuple[str, ...]:
    """A field's names, underscored and discovered."""
    info = field_info(name)
    return info.column, info.discovered


def _same(field: str, value: str) -> ast.Expr:
    return equals(ast.Field(field), value)


def _all(conditions: Sequence[ast.Expr]) -> ast.Expr:
    return reduce(lambda left, right: ast.Binary("and", left, right), conditions)
