"""From an aggregated row to the query for exactly the rows behind it.

The drill law: the rows behind an aggregated row, aggregated again in the same way, give that row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import DrillError
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import canonical
from flowtui.query.match import escaped, in_group
from flowtui.query.parser import parse
from flowtui.query.prelude import prelude
from flowtui.query.printer import keyword, name_text, to_source
from flowtui.query.scope import calls_in, defined_by, pipelines_in, resets, undefined
from flowtui.query.timebin import bin_span, parse_timestamp

_WINDOW_CALLS = frozenset({"querystarttime", "queryendtime", "querytimerange"})

_KEEPS_GROUPS = (
    ast.Fields | ast.Display | ast.Filter | ast.Sort | ast.Limit | ast.Dedup | ast.Accum
    | ast.Autoregress | ast.Filldown | ast.FillMissing | ast.Outlier | ast.Lookup | ast.CidrLookup
)  # fmt: skip
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
    """The query and window for exactly the rows behind `row` of the last grouping of `query`.

    `row` is by column name, without what the row lacks. Raises `DrillError`.
    """
    pipeline = parse(query.body)
    index = last_grouping(pipeline)
    if any(isinstance(command, ast.SavedCall) for command in pipeline.commands):
        raise DrillError("can't drill into a saved query; write its text in place of its call")
    if index is None:
        raise DrillError("this row is a raw event already; there is nothing behind it")
    grouping = pipeline.commands[index]
    before = pipeline.commands[:index]
    keys = _keys(grouping)
    _check(before, grouping, pipeline.commands[index + 1 :])
    conditions, narrowed = _behind(before, keys, row, window)
    if isinstance(grouping, ast.Pattern):
        conditions = [_like_pattern(grouping.source, row)]
    commands = (*before, *_filter(conditions), *raw_tail(before, query, flow_format))
    body = to_source(replace(pipeline, commands=commands))
    # Only a query over all there is sees lines without a time, so it must stay one.
    time = None if query.time is None and narrowed == window else narrowed
    derived = replace(asked(query, body, flow_format), time=time)
    return Target(derived, narrowed, _title(keys, row))


def last_grouping(pipeline: ast.Pipeline) -> int | None:
    """The index of the command that made the rows out of others; None for raw events."""
    kinds = ast.Stats | ast.CountFrequent | ast.Pattern
    found = [i for i, command in enumerate(pipeline.commands) if isinstance(command, kinds)]
    return found[-1] if found else None


def _keys(grouping: ast.Command) -> tuple[ast.Item, ...]:
    """The columns that tell a group from the others, with what they are computed from."""
    match grouping:
        case ast.Stats(keys=keys):
            return keys
        case ast.CountFrequent(found):
            return tuple(ast.Item(each, text=each.name) for each in found)
        case _:
            return ()


def _check(
    before: tuple[ast.Command, ...], grouping: ast.Command, after: tuple[ast.Command, ...]
) -> None:
    if any(isinstance(command, ast.Dedup) for command in before):
        raise DrillError("can't drill through dedup: the rows it dropped can't be told; remove it")
    if isinstance(grouping, ast.Stats) and grouping.offset is not None:
        raise DrillError("can't drill into bins with an offset; remove the offset")
    names = {item.name for item in _keys(grouping)}
    for command in after:
        if not isinstance(command, _KEEPS_GROUPS):
            raise DrillError("can't drill through what follows this stats; remove it and run again")
        if isinstance(command, ast.Display):
            shown = {item.name for item in command.items if item.alias is None}
            hidden = sorted(names - shown)
            if hidden:
                raise DrillError(f"display leaves out the key {hidden[0]}; add it to display")
        elif redefined := set(_redefined(command)) & names:
            raise DrillError(
                f"{keyword(command)} redefines the key {min(redefined)}; choose another name"
            )


def _redefined(command: ast.Command) -> tuple[str, ...]:
    """The columns whose values are not those that the grouping made."""
    match command:
        case ast.FillMissing(fills):
            return tuple(fill.field.name for fill in fills)
        case ast.Filldown(names):
            return names
        case ast.Outlier(found, action) if action != "remove":
            return tuple(each.name for each in found)
        case _:
            return defined_by(command)


def _behind(
    before: tuple[ast.Command, ...],
    keys: tuple[ast.Item, ...],
    row: Mapping[str, str],
    window: TimeRange,
) -> tuple[list[ast.Expr], TimeRange]:
    """The conditions that the keys of `row` make, and the window that its time bins leave."""
    conditions: list[ast.Expr] = []
    meanings, can_narrow = meanings_of(before), _can_narrow(before)
    for item in keys:
        value = row.get(item.name)
        meaning = resolved(item.expr, meanings)
        span = bin_window(meaning, value) if can_narrow else None
        if span is None:
            conditions.append(in_group(item.expr, value, meaning))
            continue
        narrowed = window.intersect(span)
        if narrowed is None:
            raise DrillError(f"{item.name} = {value} lies outside the query's time range")
        window = narrowed
    return conditions, window


def _like_pattern(source: ast.Expr, row: Mapping[str, str]) -> ast.Expr:
    """The texts of a `pattern` row: its tokens in angle brackets stand for anything."""
    pattern = row.get("@pattern")
    if pattern is None:
        raise DrillError("this row has no @pattern; add it to display")
    text = ".*".join(map(escaped, re.split(r"<[^<>]*>", pattern)))
    return ast.Binary("like", source, ast.Regex(f"^{text}$"))


def _can_narrow(before: tuple[ast.Command, ...]) -> bool:
    """Whether a narrower window changes nothing else: a limit would let other events through."""
    if not all(isinstance(command, _EVENT_BY_EVENT) for command in before):
        return False
    if has_other_windows(before):
        return False
    calls = (call for command in before for call in calls_in(command))
    return not any(canonical(call.name) in _WINDOW_CALLS for call in calls)


def has_other_windows(commands: tuple[ast.Command, ...]) -> bool:
    """Whether a SOURCE has its own time, or a query in brackets would read over less of it."""
    return any(
        any(True for _ in pipelines_in(command))
        or (isinstance(command, ast.Source) and bool(command.start or command.end))
        for command in commands
    )


def meanings_of(commands: tuple[ast.Command, ...]) -> dict[str, ast.Expr]:
    """What the names that the commands define stand for, in terms of the event."""
    meanings: dict[str, ast.Expr] = {}
    for command in commands:
        match command:
            case ast.Fields(items):
                added = {item.name: resolved(item.expr, meanings) for item in items}
                meanings |= added
            case ast.Stats(aggregates, keys):
                items = (*keys, *aggregates)
                meanings = {item.name: resolved(item.expr, meanings) for item in items}
            case _:
                pass
    return meanings


def resolved(expr: ast.Expr, meanings: Mapping[str, ast.Expr]) -> ast.Expr:
    return meanings.get(expr.name, expr) if isinstance(expr, ast.Field) else expr


def bin_window(expr: ast.Expr, value: str | None) -> TimeRange | None:
    """The window of a time bin, if whole seconds can say it: StartQuery takes no less."""
    match expr:
        case ast.Call(name, (ast.Period() as period,)) if canonical(name) == "bin":
            start = parse_timestamp(value) if value is not None else None
        case ast.Call(name, (ast.Field("@timestamp"), ast.Period() as period)) if (
            canonical(name) == "datefloor"
        ):
            start = parse_timestamp(value) if value is not None else None
        case _:
            return None
    span = bin_span(start, period) if start is not None else None
    if span is None or span.start_ms % 1000 or span.end_ms % 1000:
        return None
    return span


def _filter(conditions: list[ast.Expr]) -> tuple[ast.Filter, ...]:
    if not conditions:
        return ()
    return (ast.Filter(reduce(lambda left, right: ast.Binary("and", left, right), conditions)),)


def raw_tail(
    before: tuple[ast.Command, ...], query: Query, flow_format: FlowFormat | None
) -> tuple[ast.Command, ...]:
    """What shows the raw events newest first; nothing where the rows behind are groups again."""
    if any(map(resets, before)):
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


def asked(query: Query, body: str, flow_format: FlowFormat | None) -> Query:
    """`query` with another body, and the parse command that it needs."""
    return replace(query, body=body, prelude=query.prelude or prelude(body, flow_format))


def _title(keys: tuple[ast.Item, ...], row: Mapping[str, str]) -> str:
    values = [row.get(item.name, "(missing)") for item in keys]
    if len(values) > 1 and all("addr" in item.name.lower() for item in keys[:2]):
        values[:2] = [f"{values[0]} → {values[1]}"]
    return " ".join(values) or row.get("@pattern") or "all flows"
