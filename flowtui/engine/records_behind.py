"""The records behind a result, over time: queries that are as free as the records are at hand.

They are written in the language, so that what runs can be shown, and any backend runs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from flowtui.engine.fold import plain
from flowtui.engine.timeline import Conversation, conversation_in
from flowtui.flowlogs.fields import SPELLINGS
from flowtui.model.errors import DrillError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, FunctionRole, does, has_role
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.query.parser import parse
from flowtui.query.predicates import equals
from flowtui.query.prelude import prelude
from flowtui.query.printer import keyword, to_text
from flowtui.query.scope import defined_by

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat

AT, BAND, SIDE, AMOUNT, RECORDS = "at_", "band_", "side_", "amount_", "records_"
STATUS, LONGEST, SOURCE, TARGET, INTERFACE, ACTION = (
    "status_", "longest_", "source_", "target_", "interface_", "action_",
)  # fmt: skip
"""The columns of these queries: names that no query is likely to have."""


TIME_COLUMNS = frozenset({"@timestamp"})
"""The columns of rows at hand by which these can be put into bins."""


class Measure(StrEnum):
    """What is added up over time."""

    BYTES = "bytes"
    PACKETS = "packets"
    RECORDS = "records"


@frozen
class Behind:
    """The events that a query groups or shows, by the commands that choose them."""

    query: Query
    format: FlowFormat | None
    commands: tuple[ast.Command, ...]
    measure: Measure
    conversation: Conversation | None
    columns: tuple[str, ...] | None = None
    """Those of the rows at hand that it reads; None where it reads records."""

    def name(self, field: str) -> str | None:
        """How the query calls a field of the record; None where there is no such field."""
        info = SPELLINGS.get(field)
        names = (field,) if info is None else (info.column, info.discovered)
        own = {name for command in self.commands for name in defined_by(command)}
        own.update(self.columns or ())
        if (found := next((name for name in names if name in own), None)) is not None:
            return found
        if info is None or self.columns is not None:
            return None
        is_there = self.format is None or info in self.format.fields
        return info.column if is_there else None

    def asking(self, *commands: ast.Command) -> Query:
        """The query for these events that goes on so."""
        body = to_text(ast.Pipeline((*self.commands, *commands)))
        is_parsed = self.columns is None
        before = self.query.prelude or (prelude(body, self.format) if is_parsed else "")
        return replace(self.query, body=body, prelude=before, limit=None)


def behind(
    query: Query, flow_format: FlowFormat | None, columns: tuple[str, ...] | None = None
) -> Behind:
    """The events behind the rows of a query; raises `DrillError` where no query asks for them.

    `columns` are those of the rows at hand, where it reads these.
    """
    pipeline = _pipeline(query)
    if columns is not None and not TIME_COLUMNS & {*columns}:
        raise DrillError("the rows that it reads have no times")
    commands = tuple(_of_events(pipeline.commands))
    found = (conversation_in(command) for command in commands if isinstance(command, ast.Filter))
    talk = next((each for each in found if each is not None), None)
    return Behind(query, flow_format, commands, _measure(pipeline), talk, columns)


def _pipeline(query: Query) -> ast.Pipeline:
    """That of the query; a fold may have no text of its own, and reads all there is."""
    text = plain(query.body)
    return parse(text) if text.strip() else ast.Pipeline(())


def _of_events(commands: Sequence[ast.Command]) -> Iterator[ast.Command]:
    for index, command in enumerate(commands):
        if isinstance(command, ast.Display | ast.Sort):
            continue
        if does(command, CommandRole.GROUPS):
            return
        if isinstance(command, ast.Source) or does(command, CommandRole.EVENT_BY_EVENT):
            yield command
        else:
            left_out = isinstance(command, ast.Limit | ast.Dedup)
            if left_out and not any(does(c, CommandRole.GROUPS) for c in commands[index:]):
                return
            raise DrillError(
                f"{keyword(command)} stands before what is grouped, so that no query over time"
                " picks the same records"
            )


def keeps_all(query: Query) -> bool:
    """Whether the rows of a query are all the events that it chooses, and they are not grouped."""
    commands = _pipeline(query).commands
    is_cut = any(isinstance(each, ast.Limit | ast.Dedup) for each in commands)
    return not is_cut and not any(does(each, CommandRole.GROUPS) for each in commands)


def over_time(
    on: Behind, period: ast.Period, split: str, values: Sequence[str], *, has_sides: bool = True
) -> Query:
    """Amounts by time, by the values of a column, and by direction where it `has_sides`.

    Of the values of the column those are told apart; with none of them, all.
    """
    keys = [ast.Item(ast.Call("bin", (period,)), AT)]
    before: list[ast.Command] = []
    column = on.name(split) if split else None
    if column is not None and values:
        before.append(ast.Fields((ast.Item(_among(column, values), BAND),)))
        keys.append(ast.Item(ast.Field(BAND)))
    elif column is not None:
        keys.append(ast.Item(ast.Field(column), BAND))
    for field, alias in _told_apart(on) if has_sides or on.conversation is not None else ():
        if (name := on.name(field)) is not None:
            keys.append(ast.Item(ast.Field(name), alias))
    return on.asking(*before, ast.Stats(_amounts(on), tuple(keys)), ast.Limit(MAX_ROWS))


def _told_apart(on: Behind) -> Iterator[tuple[str, str]]:
    yield "flow_direction", SIDE
    if on.conversation is not None:
        yield on.conversation.source, SOURCE
        yield on.conversation.target, TARGET
        yield "interface_id", INTERFACE
        yield "action", ACTION


def ranking(on: Behind, split: str, most: int) -> Query | None:
    """The values of a column with the largest amounts; None where there is no such column."""
    column = on.name(split)
    if column is None:
        return None
    measure = RECORDS if on.measure is Measure.RECORDS else AMOUNT
    grouped = ast.Stats(_amounts(on), (ast.Item(ast.Field(column), BAND),))
    first = ast.Sort((ast.SortKey(ast.Field(measure), descending=True),))
    return on.asking(grouped, first, ast.Limit(most))


def coverage(query: Query, flow_format: FlowFormat | None, period: ast.Period) -> Query:
    """The records of all log groups of a query by time and status, whatever it keeps of them."""
    commands = _pipeline(query).commands
    source = tuple(each for each in commands[:1] if isinstance(each, ast.Source))
    on = Behind(replace(query, prelude=""), flow_format, source, Measure.RECORDS, None)
    aggregates = [ast.Item(ast.Call("count", (ast.Star(),)), RECORDS)]
    start, end, status = on.name("start"), on.name("end"), on.name("log_status")
    if start and end:
        length = ast.Binary("-", ast.Field(end), ast.Field(start))
        aggregates.append(ast.Item(ast.Call("pct", (length, ast.Number("95"))), LONGEST))
    keys = [ast.Item(ast.Call("bin", (period,)), AT)]
    if status:
        keys.append(ast.Item(ast.Field(status), STATUS))
    return on.asking(ast.Stats(tuple(aggregates), tuple(keys)), ast.Limit(MAX_ROWS))


def _amounts(on: Behind) -> tuple[ast.Item, ...]:
    records = ast.Item(ast.Call("count", (ast.Star(),)), RECORDS)
    name = None if on.measure is Measure.RECORDS else on.name(on.measure)
    if name is None:
        return (records,)
    return ast.Item(ast.Call("sum", (ast.Field(name),)), AMOUNT), records


def _among(column: str, values: Sequence[str]) -> ast.Expr:
    """The value of the column where it is one of those, else `other`."""
    field = ast.Field(column)
    condition: ast.Expr | None = None
    for value in values:
        one = equals(field, value)
        condition = one if condition is None else ast.Binary("or", condition, one)
    assert condition is not None  # noqa: S101  (there are values)
    return ast.Call("if", (condition, field, ast.String("other")))


def _measure(pipeline: ast.Pipeline) -> Measure:
    """What the query counts: bytes where it counts several things, or none of them."""
    stats = next((each for each in pipeline.commands if isinstance(each, ast.Stats)), None)
    calls = [each.expr for each in stats.aggregates] if stats is not None else []
    sums = {
        argument.name
        for call in calls
        if isinstance(call, ast.Call) and has_role(call.name, FunctionRole.KEEPS_UNIT)
        for argument in call.arguments[:1]
        if isinstance(argument, ast.Field)
    }
    if "bytes" in sums:
        return Measure.BYTES
    if "packets" in sums:
        return Measure.PACKETS
    counts = [
        call
        for call in calls
        if isinstance(call, ast.Call) and has_role(call.name, FunctionRole.COUNTS)
    ]
    return Measure.RECORDS if counts else Measure.BYTES
