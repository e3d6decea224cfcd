"""The meaning of a query's columns: from the cell of a row back to the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from flowtui.model.errors import DrillError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.query import ast, result_shape
from flowtui.query.catalogue import CommandRole, FunctionRole, does, has_role
from flowtui.query.parser import parse_tolerant
from flowtui.query.scope import calls_in, defined_by, pipelines_in, resets
from flowtui.query.timebin import (
    bin_span,
    fixed_length,
    months_before,
    parse_timestamp,
    timestamp_text,
)

Meanings = Mapping[str, ast.Expr]
"""The expressions that names stand for, in terms of the event."""

_SOME_TEXT = ast.Field("")
"""The expression of a name of whose values nothing is known."""
_SOME_TIME = ast.Call("fromMillis", ())
"""The expression of a name whose values are timestamps."""


def last_grouping(pipeline: ast.Pipeline) -> int | None:
    """The index of the command that made the rows out of others; None for raw events."""
    found = [i for i, each in enumerate(pipeline.commands) if does(each, CommandRole.GROUPS)]
    return found[-1] if found else None


@frozen
class Key:
    """A column in which groups differ, and the expression it is computed from."""

    name: str
    expr: ast.Expr
    offset: ast.Period | None = None
    """How much later each `bin()` in `expr` is labelled than it begins (LANGUAGE.md 2.10)."""

    def without_offset(self, value: str | None) -> tuple[ast.Expr, str | None]:
        """An expression that needs no offset, and what it shows where the key shows `value`.

        Raises `DrillError`.
        """
        if self.offset is None or not _bins(self.expr):
            return self.expr, value
        if not _is_bin(self.expr):
            later = _with_later_bins(self.expr, self.offset)
            if later is None:
                raise _uneven(self.offset)
            return later, value
        moment = parse_timestamp(value) if value is not None else None
        if moment is None:
            return self.expr, value
        return self.expr, timestamp_text(_earlier(moment, self.expr, self.offset))


def keys_of(grouping: ast.Command | None) -> tuple[Key, ...]:
    """The keys of a command that groups; none for what does not."""
    offset = grouping.offset if isinstance(grouping, ast.Stats) else None
    found = () if grouping is None else result_shape.keys_of(grouping)
    return tuple(Key(name, expr, offset) for name, expr in found)


def _bins(expr: ast.Expr) -> list[ast.Call]:
    return [call for call in calls_in(expr) if _is_bin(call)]


def _is_bin(expr: ast.Expr) -> bool:
    return isinstance(expr, ast.Call) and has_role(expr.name, FunctionRole.READS_TIMESTAMP)


def _earlier(moment: datetime, bin_: ast.Expr, offset: ast.Period) -> datetime:
    """Where the bin begins that is labelled with `moment`."""
    length = fixed_length(offset)
    if length is not None:
        try:
            return moment - length
        except OverflowError:
            raise DrillError("this bin lies before all time; take a shorter offset") from None
    # Bins of months begin on the first, which every month has.
    start = months_before(moment, offset)
    match bin_:
        case ast.Call(_, (ast.Period() as period,)) if start and fixed_length(period) is None:
            return start
        case _:
            raise _uneven(offset)


def _uneven(offset: ast.Period) -> DrillError:
    return DrillError(
        f"can't drill into bins with an offset of {offset.count}{offset.unit}:"
        " months differ in length; write it in days"
    )


def _with_later_bins(expr: ast.Expr, offset: ast.Period) -> ast.Expr | None:
    """The expression with the offset written out; None where it is not always as long."""
    length = fixed_length(offset)
    if length is None:
        return None
    milliseconds = ast.Number(str(round(length.total_seconds() * 1000)))
    return _later(expr, milliseconds)


def _later(expr: ast.Expr, milliseconds: ast.Number) -> ast.Expr:
    match expr:
        case ast.Call() if _is_bin(expr):
            moment = ast.Binary("+", ast.Call("toMillis", (expr,)), milliseconds)
            return ast.Call("fromMillis", (moment,))
        case ast.Call(arguments=arguments):
            return replace(expr, arguments=tuple(_later(each, milliseconds) for each in arguments))
        case ast.Binary(_, left, right):
            sides = _later(left, milliseconds), _later(right, milliseconds)
            return replace(expr, left=sides[0], right=sides[1])
        case ast.List(values):
            return replace(expr, values=tuple(_later(each, milliseconds) for each in values))
        case ast.Unary(_, operand):
            return replace(expr, operand=_later(operand, milliseconds))
        case ast.Member(base):
            return replace(expr, base=_later(base, milliseconds))
        case _:
            return expr


def meanings_of(commands: tuple[ast.Command, ...]) -> Meanings:
    """The expressions of the names that the commands define."""
    meanings: dict[str, ast.Expr] = {}
    for command in commands:
        if isinstance(command, ast.Stats):
            events, meanings = meanings, {k.name: _of_key(k, meanings) for k in keys_of(command)}
            for item in command.aggregates:
                meanings[item.name] = _of_aggregate(resolved(item.expr, meanings), events)
        elif isinstance(command, ast.Fields):
            for item in command.items:
                meanings[item.name] = resolved(item.expr, meanings)
        elif not isinstance(command, ast.Display):
            known = {} if resets(command) else meanings
            meanings = known | {name: _of_other(command, name) for name in defined_by(command)}
    return meanings


def _of_aggregate(expr: ast.Expr, events: Meanings) -> ast.Expr:
    """The aggregate of what the field stands for that it reads."""
    match expr:
        case ast.Call(arguments=(ast.Field() as field, *others)):
            return replace(expr, arguments=(resolved(field, events), *others))
        case _:
            return expr


def _of_key(key: Key, meanings: Meanings) -> ast.Expr:
    if key.offset is None or not _bins(key.expr):
        return resolved(key.expr, meanings)
    later = _with_later_bins(key.expr, key.offset)
    if later is not None:
        return later
    return _SOME_TIME if _is_bin(key.expr) else key.expr


def _of_other(command: ast.Command, name: str) -> ast.Expr:
    """A `parse @message "* * *"` gives the fields of the log their names."""
    match command:
        case ast.Parse(source, ast.String(glob)) if source in (None, ast.Field("@message")):
            return ast.Field(name) if set(glob.split(" ")) == {"*"} else _SOME_TEXT
        case _:
            return _SOME_TEXT


def resolved(expr: ast.Expr, meanings: Meanings) -> ast.Expr:
    """The expression of a name, also where something is added to it."""
    match expr:
        case ast.Field(name):
            return meanings.get(name, expr)
        case ast.Binary("+" | "-", left, right):
            return replace(expr, left=resolved(left, meanings), right=resolved(right, meanings))
        case _:
            return expr


def can_narrow(before: tuple[ast.Command, ...], after: tuple[ast.Command, ...]) -> bool:
    """Whether a narrower window does the same as a filter between the commands.

    A limit before it would let other events through.
    """
    if not all(does(command, CommandRole.EVENT_BY_EVENT) for command in before):
        return False
    if any(isinstance(command, ast.Stats) and command.offset for command in before):
        return False  # after it, bin() is the label
    if any("@timestamp" in defined_by(command) for command in before):
        return False
    if has_other_windows((*before, *after)):
        return False
    calls = (call for command in (*before, *after) for call in calls_in(command))
    return not any(has_role(call.name, FunctionRole.READS_WINDOW) for call in calls)


def has_other_windows(commands: tuple[ast.Command, ...]) -> bool:
    """Whether a SOURCE has its own time, or a query in brackets would read over less of it."""
    return any(
        any(True for _ in pipelines_in(command))
        or (isinstance(command, ast.Source) and bool(command.start or command.end))
        for command in commands
    )


def bin_window(expr: ast.Expr, value: str | None) -> TimeRange | None:
    """The window of a time bin, if whole seconds can say it: StartQuery takes no less."""
    match expr:
        case ast.Call(name, (ast.Period() as period,)) | ast.Call(
            name, (ast.Field("@timestamp"), ast.Period() as period)
        ) if has_role(name, FunctionRole.BINS_TIME):
            start = parse_timestamp(value) if value is not None else None
        case _:
            return None
    span = bin_span(start, period) if start is not None else None
    if span is None or span.start_ms % 1000 or span.end_ms % 1000:
        return None
    return span


def narrowed(window: TimeRange, key: str, value: str | None, span: TimeRange) -> TimeRange:
    """The part of `window` in the bin of a row; raises `DrillError` if there is none."""
    common = window.intersect(span)
    if common is None:
        raise DrillError(f"{key} = {value} lies outside the query's time range")
    return common


def is_aggregate(query: Query, results: ResultSet) -> bool:
    """Whether a row of its result stands for others, that can be drilled into."""
    if bool(results.keys) or last_grouping(parse_tolerant(query.text).pipeline) is not None:
        return True
    return query.rows is not None and is_aggregate(query.rows.query, ResultSet())
