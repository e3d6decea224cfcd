"""From an aggregated row to the query for exactly the rows behind it.

The drill law: the rows behind an aggregated row, aggregated again in the same way, give that row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

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
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import DrillError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, does
from flowtui.query.parser import parse
from flowtui.query.predicates import NONE, escaped, in_group
from flowtui.query.prelude import prelude
from flowtui.query.printer import keyword, name_text, to_source
from flowtui.query.result_shape import redefines
from flowtui.query.scope import defined_by, resets, undefined

_FIRST_TO_SEE = (
    "srcaddr", "srcport", "dstaddr", "dstport", "protocol", "bytes", "packets", "action",
    "flow_direction", "tcp_flags", "log_status", "instance_id", "interface_id",
)  # fmt: skip
"""The fields to look at first in a raw flow; the other fields follow in their own order."""


@frozen
class Target:
    """A question derived from a row, and its fixed window; `title` names it on the trail."""

    query: Query
    window: TimeRange
    title: str


def drill(
    query: Query,
    window: TimeRange,
    row: Mapping[str, str],
    flow_format: FlowFormat | None,
    respelled: frozenset[FieldInfo] = NONE,
) -> Target:
    """The query and window for exactly the rows behind `row` of the last grouping of `query`.

    `row` is by column name, without what the row lacks; for `respelled` see `Service`. Raises
    `DrillError`.
    """
    pipeline = parse(query.body)
    index = last_grouping(pipeline)
    if any(isinstance(command, ast.SavedCall) for command in pipeline.commands):
        raise DrillError("can't drill into a saved query; write its text in place of its call")
    if index is None:
        raise DrillError("this row is a raw event already; there is nothing behind it")
    grouping = pipeline.commands[index]
    before = pipeline.commands[:index]
    _check(before, grouping, pipeline.commands[index + 1 :], row)
    conditions, part = _behind(before, grouping, row, window, respelled)
    if isinstance(grouping, ast.Pattern):
        conditions = [_like_pattern(grouping.source, row)]
    commands = (*before, *_filter(conditions), *raw_tail(before, query, flow_format))
    body = to_source(replace(pipeline, commands=commands))
    # Only a query over all there is sees lines without a time, and no bin holds those.
    time = None if query.time is None and part is None else part or window
    derived = replace(asked(query, body, flow_format), time=time)
    return Target(derived, part or window, _title(keys_of(grouping), row))


def _check(
    before: tuple[ast.Command, ...],
    grouping: ast.Command,
    after: tuple[ast.Command, ...],
    row: Mapping[str, str],
) -> None:
    _check_before(before)
    _check_names(grouping)
    keys = {key.name: key.expr for key in keys_of(grouping)}
    for command in after:
        if not _keeps_groups(command):
            raise DrillError(
                f"can't drill through {keyword(command)}, whose rows are not those of the"
                f" {keyword(grouping)} before it; remove it and run again"
            )
        for name, expr in keys.items():
            if redefines(command, name, expr):
                raise DrillError(
                    f"{keyword(command)} redefines the key {name}; choose another name"
                )
    choosing = _choosing(after)
    shown = {item.name for command in choosing for item in command.items} | row.keys()
    if choosing and (hidden := sorted(keys.keys() - shown)):
        word = keyword(choosing[-1])
        raise DrillError(f"{word} leaves out the key {hidden[0]}; add it to {word}")


def _check_before(before: tuple[ast.Command, ...]) -> None:
    """A query must be able to pick from the rows that were grouped, and find the same ones."""
    for command in before:
        if isinstance(command, ast.Dedup):
            raise DrillError(
                "can't drill through dedup: only limit may follow it, so no query picks from the"
                " rows that it kept; remove it and run again"
            )
        if isinstance(command, ast.Limit) and command.any:
            raise DrillError(
                "can't drill through limit any: it may take other rows each time; write limit"
            )


def _check_names(grouping: ast.Command) -> None:
    """A cell must say what its column means."""
    items = (*grouping.keys, *grouping.aggregates) if isinstance(grouping, ast.Stats) else ()
    known: dict[str, ast.Expr] = {}
    for item in items:
        if known.setdefault(item.name, item.expr) != item.expr:
            raise DrillError(f"two columns are called {item.name}; give one of them another name")


def _keeps_groups(command: ast.Command) -> bool:
    """Whether each row of the grouping is left out or stays one group."""
    adds_row = isinstance(command, ast.AddTotals) and command.col
    return does(command, CommandRole.KEEPS_GROUPS) and not adds_row


def _choosing(after: tuple[ast.Command, ...]) -> list[ast.Fields | ast.Display]:
    """The commands with the columns: the last `display`, or where there is none every `fields`."""
    displays = [command for command in after if isinstance(command, ast.Display)]
    fields = [command for command in after if isinstance(command, ast.Fields)]
    return [*displays[-1:]] or [*fields]


def _behind(
    before: tuple[ast.Command, ...],
    grouping: ast.Command,
    row: Mapping[str, str],
    window: TimeRange,
    respelled: frozenset[FieldInfo],
) -> tuple[list[ast.Expr], TimeRange | None]:
    """The conditions that the keys of `row` make, and what its time bins leave of the window.

    That is None where no key is a bin that a window can say.
    """
    conditions: list[ast.Expr] = []
    part: TimeRange | None = None
    meanings, may_narrow = meanings_of(before), can_narrow(before, (grouping,))
    for key in keys_of(grouping):
        expr, value = key.without_offset(row.get(key.name))
        meaning = resolved(expr, meanings)
        span = bin_window(meaning, value) if may_narrow else None
        if span is None:
            conditions.append(in_group(expr, value, meaning, respelled))
        else:
            part = narrowed(part or window, key.name, row.get(key.name), span)
    return conditions, part


def _like_pattern(source: ast.Expr, row: Mapping[str, str]) -> ast.Expr:
    """The texts of a `pattern` row: its tokens in angle brackets stand for anything."""
    pattern = row.get("@pattern")
    if pattern is None:
        raise DrillError("this row has no @pattern; add it to display")
    text = ".*".join(map(escaped, re.split(r"<[^<>]*>", pattern)))
    return ast.Binary("like", source, ast.Regex(f"^{text}$"))


def _filter(conditions: list[ast.Expr]) -> tuple[ast.Filter, ...]:
    if not conditions:
        return ()
    return (ast.Filter(reduce(lambda left, right: ast.Binary("and", left, right), conditions)),)


def raw_tail(
    before: tuple[ast.Command, ...], query: Query, flow_format: FlowFormat | None
) -> tuple[ast.Command, ...]:
    """The raw events newest first, as commands; none where the rows behind are groups again."""
    if any(map(resets, before)):
        return ()
    names = ["@timestamp"]
    own = [name for command in before for name in defined_by(command)]
    if query.prelude:
        own = [*_prelude_names(query.prelude), *own]
    elif flow_format is not None and not any(does(c, CommandRole.OWNS_FIELDS) for c in before):
        own = [*flow_format.columns, *own]
    named = {name: name for name in own if name != "@timestamp"}
    names += [*filter(named.get, _FIRST_TO_SEE), *(n for n in named if n not in _FIRST_TO_SEE)]
    if not named:
        # The fields are unknown, but those that the query reads are there.
        names += [field.name for field in undefined(parse(query.body)) if field.name not in names]
        names = [*dict.fromkeys([*names, "@message"])]
    newest_first = ast.Sort((ast.SortKey(ast.Field("@timestamp"), descending=True),))
    return _display(tuple(names)), newest_first


def _display(names: tuple[str, ...]) -> ast.Display:
    return ast.Display(tuple(ast.Item(ast.Field(name), text=name_text(name)) for name in names))


def _prelude_names(text: str) -> tuple[str, ...]:
    return defined_by(parse(text).commands[0])


def asked(query: Query, body: str, flow_format: FlowFormat | None) -> Query:
    """`query` with another body, and the parse command that it needs."""
    if query.rows is not None:
        return replace(query, body=body, prelude="")
    return replace(query, body=body, prelude=query.prelude or prelude(body, flow_format))


def _title(keys: tuple[Key, ...], row: Mapping[str, str]) -> str:
    values = [row.get(key.name, "(missing)") for key in keys]
    if len(values) > 1 and all("addr" in key.name.lower() for key in keys[:2]):
        values[:2] = [f"{values[0]} → {values[1]}"]
    return " ".join(values) or row.get("@pattern") or "all flows"
