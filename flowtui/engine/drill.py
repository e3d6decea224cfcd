"""From a row to the query behind it: drill down, include, exclude.

The drill law: the rows behind an aggregated row, aggregated again in the same way, give that row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import DrillError
from flowtui.model.run import Query
from flowtui.model.timerange import Time, TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import canonical
from flowtui.query.match import equals, in_group
from flowtui.query.parser import parse
from flowtui.query.prelude import prelude
from flowtui.query.printer import name_text, to_source
from flowtui.query.scope import calls_in, defined_by, last_stats, undefined
from flowtui.query.timebin import bin_span, parse_timestamp

_WINDOW_CALLS = frozenset({"querystarttime", "queryendtime", "querytimerange"})

_KEEPS_GROUPS = ast.Fields | ast.Display | ast.Filter | ast.Sort | ast.Limit | ast.Dedup
"""What may follow the `stats`: each of its rows is left out or stays one group."""
_EVENT_BY_EVENT = (
    ast.Fields | ast.Display | ast.Filter | ast.Sort | ast.Stats | ast.Source
    | ast.Parse | ast.ParseFormat | ast.JsonField | ast.Unnest | ast.Expand
    | ast.Lookup | ast.CidrLookup
)  # fmt: skip
"""What does the same to an event whatever other events there are."""

_FIRST_TO_SEE = (
    "srcaddr", "srcport", "dstaddr", "dstport", "protocol", "bytes", "packets", "action",
    "flow_direction", "tcp_flags", "log_status", "instance_id", "interface_id",
)  # fmt: skip
"""What an analyst looks at first in a raw flow; the other fields follow in their own order."""


@dataclass(frozen=True, slots=True)
class Target:
    """A question derived from a row, and its fixed window; `title` names it on the trail."""

    query: Query
    window: TimeRange
    title: str


def drill(
    query: Query, window: TimeRange, row: Mapping[str, str], flow_format: FlowFormat | None
) -> Target:
    """The query and window for exactly the rows behind `row` of the last `stats` of `query`.

    `row` is by column name, without what the row lacks. Raises `DrillError`.
    """
    pipeline = parse(query.body)
    index = last_stats(pipeline)
    if index is None:
        raise DrillError("this row is a raw event already; there is nothing behind it")
    stats = pipeline.commands[index]
    assert isinstance(stats, ast.Stats)  # noqa: S101  (that is what last_stats finds)
    before = pipeline.commands[:index]
    _check(before, stats, pipeline.commands[index + 1 :])
    conditions, narrowed = _behind(before, stats, row, window)
    commands = (*before, *_filter(conditions), *_raw_tail(before, query, flow_format))
    body = to_source(replace(pipeline, commands=commands))
    # Only a query over all there is sees lines without a time, so it must stay one.
    time = None if query.time is None and narrowed == window else narrowed
    return Target(_asked(query, body, time, flow_format), narrowed, _title(stats, row))


def _check(
    before: tuple[ast.Command, ...], stats: ast.Stats, after: tuple[ast.Command, ...]
) -> None:
    if any(isinstance(command, ast.Dedup) for command in before):
        raise DrillError("can't drill through dedup: the rows it dropped can't be told; remove it")
    if stats.offset is not None:
        raise DrillError("can't drill into bins with an offset; remove the offset")
    for command in after:
        if not isinstance(command, _KEEPS_GROUPS):
            raise DrillError("can't drill through what follows this stats; remove it and run again")
        if isinstance(command, ast.Display):
            shown = {item.name for item in command.items if item.alias is None}
            hidden = [item.name for item in stats.keys if item.name not in shown]
            if hidden:
                raise DrillError(f"display leaves out the key {hidden[0]}; add it to display")
        if isinstance(command, ast.Fields):
            redefined = set(defined_by(command)) & {item.name for item in stats.keys}
            if redefined:
                raise DrillError(f"fields redefines the key {min(redefined)}; choose another name")


def _behind(
    before: tuple[ast.Command, ...], stats: ast.Stats, row: Mapping[str, str], window: TimeRange
) -> tuple[list[ast.Expr], TimeRange]:
    """The conditions that the keys of `row` make, and the window that its time bins leave."""
    conditions: list[ast.Expr] = []
    meanings, can_narrow = _meanings(before), _can_narrow(before)
    for item in stats.keys:
        value = row.get(item.name)
        span = _span(item.expr, value) if can_narrow else None
        if span is None:
            conditions.append(in_group(item.expr, value, _resolved(item.expr, meanings)))
            continue
        narrowed = window.intersect(span)
        if narrowed is None:
            raise DrillError(f"{item.name} = {value} lies outside the query's time range")
        window = narrowed
    return conditions, window


def _can_narrow(before: tuple[ast.Command, ...]) -> bool:
    """Whether a narrower window changes nothing else: a limit would let other events through."""
    if not all(isinstance(command, _EVENT_BY_EVENT) for command in before):
        return False
    return not any(canonical(call.name) in _WINDOW_CALLS for call in calls_in(before))


def _meanings(commands: tuple[ast.Command, ...]) -> dict[str, ast.Expr]:
    """What the names that the commands define stand for, in terms of the event."""
    meanings: dict[str, ast.Expr] = {}
    for command in commands:
        match command:
            case ast.Fields(items):
                added = {item.name: _resolved(item.expr, meanings) for item in items}
                meanings |= added
            case ast.Stats(aggregates, keys):
                items = (*keys, *aggregates)
                meanings = {item.name: _resolved(item.expr, meanings) for item in items}
            case _:
                pass
    return meanings


def _resolved(expr: ast.Expr, meanings: Mapping[str, ast.Expr]) -> ast.Expr:
    return meanings.get(expr.name, expr) if isinstance(expr, ast.Field) else expr


def _span(expr: ast.Expr, value: str | None) -> TimeRange | None:
    """The window of a `bin()` key, if whole seconds can say it: StartQuery takes no less."""
    match expr:
        case ast.Call(name, (ast.Period() as period,)) if canonical(name) == "bin":
            start = parse_timestamp(value) if value is not None else None
            span = bin_span(start, period) if start is not None else None
            if span is None or span.start_ms % 1000 or span.end_ms % 1000:
                return None
            return span
        case _:
            return None


def _filter(conditions: list[ast.Expr]) -> tuple[ast.Filter, ...]:
    if not conditions:
        return ()
    return (ast.Filter(reduce(lambda left, right: ast.Binary("and", left, right), conditions)),)


def _raw_tail(
    before: tuple[ast.Command, ...], query: Query, flow_format: FlowFormat | None
) -> tuple[ast.Command, ...]:
    """What shows the raw events newest first; nothing where the rows behind are groups again."""
    if any(isinstance(command, ast.Stats) for command in before):
        return ()
    names = ["@timestamp"]
    own = [name for command in before for name in defined_by(command)]
    if query.prelude:
        own = [*_prelude_names(query.prelude), *own]
    elif flow_format is not None and not any(map(_has_own_fields, before)):
        own = [*flow_format.columns, *own]
    named = {name: name for name in own if name != "@timestamp"}
    names += [*filter(named.get, _FIRST_TO_SEE), *(n for n in named if n not in _FIRST_TO_SEE)]
    if not named:
        # Nothing tells the fields, but those that the query reads are there.
        names += [field.name for field in undefined(parse(query.body)) if field.name not in names]
        names = [*dict.fromkeys([*names, "@message"])]
    newest_first = ast.Sort((ast.SortKey(ast.Field("@timestamp"), descending=True),))
    return _display(tuple(names)), newest_first


def _has_own_fields(command: ast.Command) -> bool:
    """Whether flowtui writes no prelude because of this command."""
    return isinstance(command, ast.Parse | ast.Source)


def _display(names: tuple[str, ...]) -> ast.Display:
    return ast.Display(tuple(ast.Item(ast.Field(name), text=name_text(name)) for name in names))


def _prelude_names(text: str) -> tuple[str, ...]:
    return defined_by(parse(text).commands[0])


def _asked(query: Query, body: str, time: Time | None, flow_format: FlowFormat | None) -> Query:
    before = query.prelude or prelude(body, flow_format)
    return replace(query, body=body, prelude=before, time=time)


def _title(stats: ast.Stats, row: Mapping[str, str]) -> str:
    values = [row.get(item.name, "(missing)") for item in stats.keys]
    if len(values) > 1 and all("addr" in item.name.lower() for item in stats.keys[:2]):
        values[:2] = [f"{values[0]} → {values[1]}"]
    return " ".join(values) or "all flows"


def refine(
    query: Query,
    window: TimeRange,
    cell: tuple[str, str | None],
    flow_format: FlowFormat | None,
    *,
    exclude: bool = False,
) -> Target:
    """The same query for only the rows with (or without) this `cell`: column name and value.

    A key or a raw field filters events, an aggregate filters groups. Raises `DrillError`.
    """
    column, value = cell
    pipeline = parse(query.body)
    index = last_stats(pipeline)
    stats = None if index is None else pipeline.commands[index]
    keys = {item.name: item for item in stats.keys} if isinstance(stats, ast.Stats) else {}
    expr: ast.Expr = keys[column].expr if column in keys else ast.Field(column)
    span = _span(expr, value)
    if span is not None and not exclude:
        narrowed = window.intersect(span) or window
        return Target(
            _asked(query, query.body, narrowed, flow_format), narrowed, f"{column} {value}"
        )
    is_group = index is not None and column not in keys
    place = _place(pipeline, index, is_group=is_group)
    meaning = _resolved(expr, _meanings(pipeline.commands[:place]))
    if is_group and value is not None and value.isdecimal():
        # An aggregate has one spelling for each whole number, so comparing loosely is exact.
        condition: ast.Expr = ast.Binary("=", expr, ast.Number(value))
    else:
        condition = (in_group if column in keys else equals)(expr, value, meaning)
    added = ast.Filter(_opposite(condition) if exclude else condition)
    commands = (*pipeline.commands[:place], added, *pipeline.commands[place:])
    body = to_source(replace(pipeline, commands=commands))
    sign = "≠" if exclude else "="
    title = f"{column} {sign} {value if value is not None else '(missing)'}"
    asked = replace(query, body=body, prelude=query.prelude or prelude(body, flow_format))
    return Target(asked, window, title)


def _opposite(condition: ast.Expr) -> ast.Expr:
    """Conditions are two-valued (insights-ql.md 3.1), so `!=` is the negation of `=`."""
    match condition:
        case ast.Binary("="):
            return replace(condition, operator="!=")
        case ast.Unary("not", operand):
            return operand
        case _:
            return ast.Unary("not", condition)


def _place(pipeline: ast.Pipeline, stats: int | None, *, is_group: bool) -> int:
    """Where a filter belongs: behind the last `stats` for groups, else before it or the sort."""
    if stats is not None:
        return stats + 1 if is_group else stats
    for index, command in enumerate(pipeline.commands):
        if isinstance(command, ast.Sort | ast.Limit | ast.Dedup | ast.Display):
            return index
    return len(pipeline.commands)
