"""The commands of a pipeline (1.4), each from rows in their order to rows in their order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.parser import parse
from tests.oracle import grouping, order_commands, source_commands
from tests.oracle.aggregates import identity, scalar
from tests.oracle.expressions import Context, Row, holds, value
from tests.oracle.source_commands import LookupTable
from tests.oracle.state import Rows
from tests.oracle.values import Value, natural_key, number, plain_text

Event = Mapping[str, Value]


@dataclass(frozen=True)
class World:
    """What there is to ask: events of log groups in the order they came in, and lookup tables."""

    groups: Mapping[str, Sequence[Event]]
    window: TimeRange
    now: datetime
    tables: Mapping[str, LookupTable] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def answer(text: str, world: World, selected: Sequence[str]) -> Answer:
    """What the query gives over the selected log groups; without a limit 10,000 rows (1.4)."""
    state = run(parse(text), world, selected)
    names = state.leaving()
    rows = (tuple(state.cell(row, name) for name in names) for row in state.rows[:10_000])
    return Answer(tuple(names), tuple(rows))


def run(pipeline: ast.Pipeline, world: World, selected: Sequence[str]) -> Rows:
    sources = [command for command in pipeline.commands if isinstance(command, ast.Source)]
    names = source_commands.selected(sources, list(world.groups)) if sources else selected
    window = source_commands.window(sources, world.window, world.now)

    def subquery(inner: ast.Pipeline) -> list[Value]:
        found = run(inner, world, names)
        return [found.cell(row, found.leaving()[0]) for row in found.rows]

    context = Context(window, world.now, subquery)
    state = Rows(events(world, names, window))
    for command in pipeline.commands:
        if isinstance(command, ast.Lookup):
            source_commands.lookup(command, state, context, world.tables)
        elif isinstance(command, ast.CidrLookup):
            source_commands.cidr_lookup(command, state, context, world.tables)
        elif isinstance(command, ast.Join):
            source_commands.join(command, state, run(command.query, world, names))
        elif isinstance(command, ast.AppendCols):
            source_commands.append_columns(command, state, run(command.query, world, names))
        elif not isinstance(command, ast.Source):
            apply(command, state, context)
    return state


def events(world: World, names: Sequence[str], window: TimeRange) -> list[Row]:
    """Newest first (1.7), those without a time last, then as they came in."""
    found = [Row(dict(event)) for name in names for event in world.groups[name]]
    inside = [row for row in found if is_inside(row, window)]
    return sorted(
        grouping.loaded(inside), key=lambda r: grouping.descending(r.fields["@timestamp"])
    )


def is_inside(row: Row, window: TimeRange) -> bool:
    """A line without a time counts as inside (ours, `compile.py`)."""
    ms = number(row.fields["@timestamp"])
    return ms is None or window.start_ms <= ms < window.end_ms


def apply(command: ast.Command, state: Rows, context: Context) -> None:
    match command:
        case ast.Fields(items):
            choose(items, state, context)
        case ast.Display(items):
            display(items, state, context)
        case ast.Filter(condition):
            state.rows = [row for row in state.rows if holds(condition, row, context)]
        case ast.Stats():
            stats(command, state, context)
        case ast.Sort(keys):
            sort(keys, state, context)
        case ast.Limit(count, last=is_last):
            state.rows = state.rows[-count:] if is_last else state.rows[:count]
        case ast.Parse():
            parse_text(command, state, context)
        case ast.Dedup(fields):
            dedup(fields, state, context)
        case _:
            apply_in_order(command, state, context)


def apply_in_order(command: ast.Command, state: Rows, context: Context) -> None:
    match command:
        case ast.Accum():
            order_commands.accum(command, state, context)
        case ast.Autoregress():
            order_commands.autoregress(command, state, context)
        case ast.Filldown():
            order_commands.filldown(command, state)
        case ast.Sessionize():
            order_commands.sessionize(command, state, context)
        case ast.Outlier():
            order_commands.outlier(command, state, context)
        case ast.AddTotals():
            order_commands.add_totals(command, state, context)
        case ast.FillMissing():
            order_commands.fill_missing(command, state, context)
        case _:
            apply_to_structures(command, state, context)


def apply_to_structures(command: ast.Command, state: Rows, context: Context) -> None:
    match command:
        case ast.Unnest():
            order_commands.unnest(command, state, context)
        case ast.Expand():
            order_commands.expand(command, state, context)
        case ast.ParseFormat():
            order_commands.parse_format(command, state, context)
        case ast.JsonField():
            order_commands.json_field(command, state, context)
        case ast.CountFrequent():
            counting, ordering = order_commands.count_frequent(command)
            stats(counting, state, context)
            sort(ordering.keys, state, context)
        case _:
            raise AssertionError(f"the queries of the oracle have no {command}")


def choose(items: tuple[ast.Item, ...], state: Rows, context: Context) -> None:
    """Several `fields` add up; a later item may use an alias made earlier (1.4)."""
    state.joined = []
    for item in items:
        if item.name not in state.chosen:
            state.chosen.append(item.name)
        for row in state.rows:
            row.chosen[item.name] = value(item.expr, row, context)
            if item.alias is not None:
                row.fields[item.alias] = row.chosen[item.name]


def display(items: tuple[ast.Item, ...], state: Rows, context: Context) -> None:
    """Only the last one counts (1.4)."""
    state.shown, state.joined = [], []
    for item in items:
        if item.name not in state.shown:
            state.shown.append(item.name)
        for row in state.rows:
            row.shown[item.name] = value(item.expr, row, context)
            if item.alias is not None:
                row.fields[item.alias] = row.shown[item.name]


def stats(command: ast.Stats, state: Rows, context: Context) -> None:
    found = grouping.group(command, state.rows, context)
    state.keys = tuple(dict.fromkeys(item.name for item in command.keys))
    names = [item.name for item in (*command.keys, *command.aggregates)]
    state.grouped = list(dict.fromkeys(names))
    state.parsed, state.chosen, state.shown, state.joined = [], [], [], []
    state.are_events, state.stats = False, command
    state.rows = grouping.unsorted(found, state.keys)


def sort(keys: tuple[ast.SortKey, ...], state: Rows, context: Context) -> None:
    """3.5; what is equal goes as it was loaded, groups by their keys (ours, `ordering`)."""
    if state.are_events:
        rows = grouping.loaded(state.rows)
    else:
        rows = grouping.settled(state.rows, state.keys)
    for key in reversed(keys):
        expr = key.expr
        rows.sort(
            key=lambda row, expr=expr: natural_key(scalar(value(expr, row, context))),  # type: ignore[misc]  # a default that binds
            reverse=bool(key.descending),
        )
    state.rows = rows


def dedup(fields: tuple[ast.Field, ...], state: Rows, context: Context) -> None:
    """The first row of each value in the order so far; rows that lack one are all kept (1.4)."""
    seen: set[tuple[object, ...]] = set()
    kept = []
    for row in state.rows:
        key = tuple(identity(scalar(value(field_, row, context))) for field_ in fields)
        if None in key or key not in seen:
            kept.append(row)
        seen.add(key)
    state.rows = kept


def parse_text(command: ast.Parse, state: Rows, context: Context) -> None:
    """3.6: events that do not match are kept without the fields."""
    pattern = command.pattern
    names = list(command.names)
    if isinstance(pattern, ast.Regex):
        names = [*re.findall(r"\(\?<([A-Za-z_]\w*)>", pattern.pattern), *names]
    state.parsed += [name for name in names if name not in state.parsed]
    rows = []
    for row in state.rows:
        source = plain_text(value(command.source or ast.Field("@message"), row, context))
        found = matches(pattern, source) or [[None] * len(names)]
        for index, parts in enumerate(found if command.multi else found[:1]):
            one = row.copy()
            one.place = (*row.place, index) if command.multi else row.place
            one.parsed |= dict(zip(names, parts, strict=True))
            one.fields |= dict(zip(names, parts, strict=True))
            rows.append(one)
    state.rows = rows


def matches(pattern: ast.String | ast.Regex, source: str | None) -> Sequence[Sequence[Value]]:
    if source is None:
        return []
    if isinstance(pattern, ast.Regex):
        plain = re.sub(r"\(\?<([A-Za-z_]\w*)>", "(", pattern.pattern)
        return [found.groups() for found in re.finditer(plain, source)]
    found = glob(pattern.value.split("*"), source)
    return [] if found is None else [found]


def glob(pieces: list[str], source: str) -> list[Value] | None:
    """3.6: each literal is found after the last one; a `*` at the end takes the rest."""
    at = source.find(pieces[0])
    if at < 0:
        return None
    at += len(pieces[0])
    found: list[Value] = []
    for number_, piece in enumerate(pieces[1:], 1):
        takes_rest = number_ == len(pieces) - 1 and not piece
        end = len(source) if takes_rest else source.find(piece, at)
        if end < 0:
            return None
        found.append(source[at:end])
        at = end + len(piece)
    return found
