"""From a cell or a row to the next question: include, exclude, conversation, what is around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce

from flowtui.engine.drill import Target, asked, drill, raw_tail
from flowtui.engine.fold import is_fold
from flowtui.engine.folds import fold_of
from flowtui.engine.lineage import (
    Key,
    bin_window,
    can_narrow,
    keys_of,
    last_grouping,
    meanings_of,
    narrowed,
    resolved,
)
from flowtui.engine.timeline import parse_time
from flowtui.flowlogs.fields import FieldInfo, field_info
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import DrillError
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange, from_ms, parse_duration
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, FunctionRole, Result, does, find_function
from flowtui.query.catalogue.limits import QUERY_LENGTH
from flowtui.query.parser import parse, parse_tolerant
from flowtui.query.predicates import NONE, at_least, equals, in_group, is_whole
from flowtui.query.printer import to_source
from flowtui.query.scope import defined_by, is_among, last_stats

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """The question whose rows are on the screen."""

    query: Query
    window: TimeRange
    format: FlowFormat | None
    respelled: frozenset[FieldInfo] = NONE
    """See `Service`."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the cursor is in the rows: the row by column name, the column, and its value."""

    row: Mapping[str, str]
    column: str
    value: str | None


def derive(kind: str, on: ShownQuestion, spot: Spot) -> Target:
    """The question `kind`: drill, include, exclude, conversation, or one of `PIVOTS`.

    Raises `DrillError` where it can't be derived.
    """
    row = {name: _bounded(value) for name, value in spot.row.items()}
    value = None if spot.value is None else _bounded(spot.value)
    target = _derived(kind, on, Spot(row, spot.column, value))
    if len(target.query.body) > QUERY_LENGTH:
        raise DrillError(
            f"a query has at most {QUERY_LENGTH:,} characters, too few for this value; copy it (y)"
        )
    return target


def _bounded(value: str) -> str:
    """Of a value that no query has room for as much as shows that."""
    return value[: QUERY_LENGTH + 1]


def _derived(kind: str, on: ShownQuestion, spot: Spot) -> Target:
    if (fold := fold_of(on.query.body)) is not None:
        return fold.derive(kind, on, spot)
    match kind:
        case "conversations":
            from flowtui.engine.overviews import conversations

            return conversations(on)
        case "about":
            from flowtui.engine.overviews import about, subject_of

            return about(on, subject_of(spot))
        case "drill":
            return drill(on.query, on.window, spot.row, on.format, on.respelled)
        case "include" | "exclude":
            return refine(on, (spot.column, spot.value), exclude=kind == "exclude")
        case "conversation":
            return conversation(on, spot.row)
        case _:
            return pivot(on, spot.row, kind)


def refine(on: ShownQuestion, cell: tuple[str, str | None], *, exclude: bool = False) -> Target:
    """The same query for only the rows with (or without) this `cell`: column name and value.

    A key or a raw field filters events. A number that an aggregate has computed becomes a
    threshold for groups: at least that much, or less. Raises `DrillError`.
    """
    name, value = cell
    pipeline = parse(on.query.body)
    column = find_column(pipeline, name)
    before, after = pipeline.commands[: column.place], pipeline.commands[column.place :]
    expr, shown = column.key.without_offset(value)
    meaning = resolved(expr, meanings_of(before))
    span = bin_window(meaning, shown) if can_narrow(before, after) else None
    if span is not None and not exclude and not column.is_group:
        part = narrowed(on.window, name, value, span)
        query = replace(asked(on.query, on.query.body, on.format), time=part)
        return Target(query, part, f"{name} {value}")
    condition, sign = _condition(on, column, (expr, shown, meaning), exclude=exclude)
    body = to_source(replace(pipeline, commands=(*before, ast.Filter(condition), *after)))
    title = f"{name} {sign} {value if value is not None else '(missing)'}"
    return Target(asked(on.query, body, on.format), on.window, title)


def span_of(on: ShownQuestion, row: Mapping[str, str]) -> tuple[datetime, datetime] | None:
    """From when to when the flow of the row was, as far as its columns say."""
    return _Known(on, row).span()


@dataclass(frozen=True, slots=True)
class _Column:
    """A column, and where a filter on it belongs; `is_group` if it is computed from groups."""

    key: Key
    place: int
    is_group: bool


def find_column(pipeline: ast.Pipeline, name: str) -> _Column:
    commands, index = pipeline.commands, last_grouping(pipeline)
    keys = {} if index is None else {key.name: key for key in keys_of(commands[index])}
    after = 0 if index is None else index + 1
    place = _before_order(commands) if index is None else after
    definer, expr = _definition(commands, after, name, keys)
    if definer is not None:
        return _Column(Key(name, expr), max(place, definer), index is not None)
    if index is not None and name in keys:
        return _Column(keys[name], index, is_group=False)
    return _Column(Key(name, ast.Field(name)), place, index is not None)


def _before_order(commands: tuple[ast.Command, ...]) -> int:
    """Where events have all their fields and none has been left out for others."""
    found = (i for i, command in enumerate(commands) if does(command, CommandRole.ORDERS))
    return next(found, len(commands))


def _definition(
    commands: tuple[ast.Command, ...], after: int, name: str, keys: Mapping[str, Key]
) -> tuple[int | None, ast.Expr]:
    """From where on the column can be read, and as what, if a command from `after` on makes it."""
    field = ast.Field(name)
    as_it_was = [field, *(key.expr for key in keys.values() if key.name == name)]
    found: tuple[int | None, ast.Expr] = (None, field)
    for index, command in enumerate(commands[after:], after):
        shown = [item for item in _items(command) if item.name == name]
        made = [item for item in shown if item.expr not in as_it_was]
        # Only the alias of a `fields` is a name for what follows.
        if made and not (made[-1].alias and isinstance(command, ast.Fields)):
            found = (index, made[-1].expr)
        elif made or (not shown and is_among(name, defined_by(command))):
            found = (index + 1, field)
    return found


def _items(command: ast.Command) -> tuple[ast.Item, ...]:
    return command.items if isinstance(command, ast.Fields | ast.Display) else ()


def _condition(
    on: ShownQuestion,
    column: _Column,
    cell: tuple[ast.Expr, str | None, ast.Expr],
    *,
    exclude: bool,
) -> tuple[ast.Expr, str]:
    """That the value is the cell's, or is not, or at least, or less; and the sign that names it.

    `cell` is the expression, what it is shown as, and what it means.
    """
    expr, value, meaning = cell
    function = find_function(meaning.name) if isinstance(meaning, ast.Call) else None
    if value is not None and function is not None and function.result is Result.STRUCTURE:
        raise DrillError(f"{column.key.name} is a list or a map, and no filter compares those")
    is_picked = function is not None and FunctionRole.PICKS in function.roles
    if column.is_group and value is not None and not is_picked:
        least = at_least(expr, value, is_whole=is_whole(meaning))
        if least is not None:
            return (_less(least), "<") if exclude else (least, "≥")
    find = equals if column.is_group else in_group
    condition = find(expr, value, meaning, on.respelled)
    return (_opposite(condition), "≠") if exclude else (condition, "=")


_LESS = {">=": "<", ">": "<="}


def _less(least: ast.Binary) -> ast.Expr:
    """That a number is there, and less than that."""
    return replace(least, operator=_LESS[least.operator])


def _opposite(condition: ast.Expr) -> ast.Expr:
    """Conditions are two-valued (LANGUAGE.md 3.1), so `!=` is the negation of `=`.

    But `<=` is not that of `>`: neither holds of what is missing. And no comparison holds of a map
    or a list (2.4), which what is in a map may be.
    """
    match condition:
        case ast.Binary("=", ast.Field(name)) if "." in name:
            return ast.Unary("not", condition)
        case ast.Binary("=", ast.Member()):
            return ast.Unary("not", condition)
        case ast.Binary("="):
            return replace(condition, operator="!=")
        case ast.Unary("not", operand):
            return operand
        case _:
            return ast.Unary("not", condition)


_ENDS = (
    ("pkt-srcaddr", "pkt-dstaddr"), ("srcaddr", "dstaddr"), ("srcaddr", "pkt-dstaddr"),
    ("pkt-srcaddr", "dstaddr"),
)  # fmt: skip
_OWNERS = ("instance-id", "interface-id")


def conversation(on: ShownQuestion, row: Mapping[str, str]) -> Target:
    """Both directions between the two endpoints of `row`, as raw flows.

    The endpoints are those of the packets where the row has them: behind a NAT gateway the
    addresses of the interface are other ones (flowlogs.md 1.6). Of a row with one address the
    other end is its instance or interface, if it has one, or anybody. Raises `DrillError`.
    """
    known = _Known(on, row)
    for names in _ENDS:
        ends = [known.field(name) for name in names]
        if all(ends):
            (source, here), (target, there) = (end for end in ends if end)
            there_and_back = (
                _all([known.same(source, here), known.same(target, there)]),
                _all([known.same(source, there), known.same(target, here)]),
            )
            condition = ast.Binary("or", *there_and_back)
            return known.target([condition], f"{here} ↔ {there}")
    found = next((end for names in _ENDS for name in names if (end := known.field(name))), None)
    if found is None:
        raise DrillError("this row has no address; group by srcaddr and dstaddr, or drill first")
    owner = next((end for name in _OWNERS if (end := known.field(name))), None)
    conditions = [known.either_end(*found)]
    conditions += [] if owner is None else [known.same(*owner)]
    return known.target(conditions, f"{found[1]} ↔ {'all' if owner is None else owner[1]}")


PIVOTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "tuple": (("srcaddr",), ("srcport",), ("dstaddr",), ("dstport",), ("protocol",)),
    "source": (("srcaddr", "pkt-srcaddr"),),
    "destination": (("dstaddr", "pkt-dstaddr"),),
    "interface": (("interface-id",),),
    "instance": (("instance-id",),),
}
"""The questions about a flow, and the fields that each needs; of several the first there is."""

SPANS: Mapping[str, str] = {
    "5m": "5 minutes before and after",
    "1h": "1 hour before and after",
    "on": "from here on",
    "all": "the whole window",
}
"""The times around a flow that they are asked over; `source 1h` is a question and its span."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A question of `PIVOTS` that a row can be asked."""

    kind: str
    about: str
    """Whom it is about: an address, an interface."""
    has_spans: bool
    """Whether the row says when it was, so that there is an around."""


def pivots_of(on: ShownQuestion, row: Mapping[str, str]) -> tuple[Offer, ...]:
    """Those that the row can be asked."""
    if (fold := fold_of(on.query.body)) is not None:
        try:
            on, row = fold.events(on), fold.as_flow(row)
        except DrillError:
            return ()
    known, found = _Known(on, row), list[Offer]()
    for kind, needed in PIVOTS.items():
        values = [known.first(names) for names in needed]
        if all(values):
            about = " ".join(value for _, value in filter(None, values))
            has_spans = kind != "tuple" and known.span() is not None
            found.append(Offer(kind, about, has_spans))
    return tuple(found)


def has_pivots(body: str, columns: Sequence[str]) -> bool:
    """Whether rows with these columns say anything to ask about."""
    if is_fold(body):
        return True
    pipeline = parse_tolerant(body).pipeline
    index = last_grouping(pipeline)
    keys = keys_of(None if index is None else pipeline.commands[index])
    names = {key.expr.name for key in keys if isinstance(key.expr, ast.Field)}
    known = names & set(columns) if index is not None else set(columns)
    fields = {name for needed in PIVOTS.values() for names in needed for name in names}
    return any(spelling in known for name in fields - _PORTS for spelling in _spellings(name))


_PORTS = frozenset({"srcport", "dstport", "protocol"})
"""Nothing is known of a flow by these alone."""


def pivot(on: ShownQuestion, row: Mapping[str, str], kind: str) -> Target:
    """The question `kind` of `PIVOTS` about the flow, or the group of flows, in `row`.

    Its span, one of `SPANS`, may stand behind the kind. Where the row has no time, its surroundings
    are the query's own window. Raises `DrillError`.
    """
    known = _Known(on, row)
    kind, _, span = kind.partition(" ")
    found = [known.first(names) for names in PIVOTS[kind]]
    if None in found:
        missing = PIVOTS[kind][found.index(None)][0].replace("-", "_")
        is_grouped = last_stats(parse(on.query.body)) is not None
        advice = "go to the raw flows first" if is_grouped else "add it to fields or display"
        raise DrillError(f"this row does not say its {missing}; {advice}")
    values = [field for field in found if field]
    if kind == "tuple":
        conditions = [known.same(field, value) for field, value in values]
        title = " ".join(value for _, value in values)
        return known.target(conditions, title, tail=(_over_time(on.window),))
    ((field, value),) = values
    is_end = kind in ("source", "destination")
    condition = known.either_end(field, value) if is_end else known.same(field, value)
    return known.target([condition], value, window=known.surroundings(span or "5m"))


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


def zoom(on: ShownQuestion, span: TimeRange) -> Target:
    """The same question over a part of its window, in whole seconds, as StartQuery takes them."""
    start = from_ms(span.start_ms // 1000 * 1000)
    end = from_ms(-(-span.end_ms // 1000) * 1000)
    window = TimeRange(start, end).intersect(on.window) or TimeRange(start, end)
    query = replace(asked(on.query, on.query.body, on.format), time=window)
    return Target(query, window, f"{window.start:%H:%M:%S} to {window.end:%H:%M:%S}")


class _Known:
    """The values that the row of a query has for its flows, by the name of the flow log field."""

    def __init__(self, on: ShownQuestion, row: Mapping[str, str]) -> None:
        self._on = on
        self._pipeline = parse(on.query.body)
        index = last_grouping(self._pipeline)
        grouping = None if index is None else self._pipeline.commands[index]
        keys = {key.name: key.expr for key in keys_of(grouping)}
        self._setting = tuple(
            command
            for command in self._pipeline.commands[:index]
            if does(command, CommandRole.GIVES_FIELDS)
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

    def same(self, field: str, value: str) -> ast.Expr:
        """The condition that a flow has this value there."""
        return equals(ast.Field(field), value, respelled=self._on.respelled)

    def first(self, names: Sequence[str]) -> tuple[str, str] | None:
        """The first of the fields of which the row says something."""
        return next((found for name in names if (found := self.field(name))), None)

    def either_end(self, field: str, address: str) -> ast.Expr:
        """The condition that a flow comes from the address or goes to it, as the field has it."""
        prefix = "pkt-" if field.lower().startswith("pkt") else ""
        ends = [self.name(f"{prefix}srcaddr"), self.name(f"{prefix}dstaddr")]
        return ast.Binary("or", *(self.same(end, address) for end in ends))

    def surroundings(self, span: str) -> TimeRange:
        """The time around the flow, one of `SPANS`."""
        if (own := self.span()) is None or span == "all":
            return self._on.window
        if span == "on":
            return TimeRange(own[0], max(self._on.window.end, own[1] + _SECOND))
        around = parse_duration(span)
        return TimeRange(own[0] - around, own[1] + around)

    def span(self) -> tuple[datetime, datetime] | None:
        """From the start of the flow to its end, which may be one moment."""
        times = [
            moment
            for name in ("start", "startTime", "end", "endTime", "@timestamp")
            if (moment := parse_time(self._values.get(name))) is not None
        ]
        return (from_ms(min(times)), from_ms(max(times))) if times else None

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


def _all(conditions: Sequence[ast.Expr]) -> ast.Expr:
    return reduce(lambda left, right: ast.Binary("and", left, right), conditions)
