"""Which fields a query reads, and which names its commands define."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import assert_never

from flowtui.flowlogs.fields import SPELLINGS, FieldInfo
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue import (
    CommandRole,
    FunctionRole,
    Result,
    does,
    find_function,
    has_role,
)
from flowtui.query.catalogue.column_names import (
    APPROXIMATE_COUNT,
    ESTIMATE,
    OUTLIER_MARK,
    PATTERN_COLUMNS,
    RELEVANCE_COLUMNS,
    SESSION,
    TOTAL,
)
from flowtui.query.lexer import TokenKind, tokenize


def fields_in(node: ast.Node) -> Iterator[ast.Field]:
    """Every field that an expression or a command reads, in the order of the text.

    The fields of a query in brackets are its own.
    """
    if isinstance(node, ast.Field):
        yield node
    else:
        yield from (part for part, _ in ast.walk(node) if isinstance(part, ast.Field))


def calls_in(node: ast.Node) -> Iterator[ast.Call]:
    """Every function call, outer ones first, those in queries in brackets too."""
    if isinstance(node, ast.Call):
        yield node
    for part, _ in ast.walk(node):
        if isinstance(part, ast.Call):
            yield part
        elif isinstance(part, ast.Pipeline):
            yield from calls_in(part)


def pipelines_in(node: ast.Node) -> Iterator[ast.Pipeline]:
    """The queries in brackets below `node`, not those in them."""
    for child in ast.children(node):
        if isinstance(child, ast.Pipeline):
            yield child
        else:
            yield from pipelines_in(child)


def defined_by(command: ast.Command) -> tuple[str, ...]:  # noqa: C901, PLR0911, PLR0912  (one case a node)
    """The names that a command adds to those there are, or, if it `resets`, leaves."""
    match command:
        case ast.Parse(pattern=ast.Regex(pattern), names=names):
            return names or tuple(group_names(pattern))
        case ast.Parse(names=names) | ast.ParseFormat(names=names):
            return names
        case ast.JsonField(name=name) | ast.Unnest(name=name):
            return (name,)
        case ast.Fields(items) | ast.Display(items):
            return tuple(
                item.name for item in items if not isinstance(item.expr, ast.Field) or item.alias
            )
        case ast.Stats(aggregates, keys):
            return tuple(item.name for item in (*keys, *aggregates))
        case ast.Lookup(outputs=outputs) | ast.CidrLookup(outputs=outputs):
            return tuple(output.name for output in outputs)
        case ast.Accum(field, name):
            return (name or field.name,)
        case ast.Autoregress():
            return lag_names(command)
        case ast.Sessionize(name=name):
            return (name or SESSION,)
        case ast.AddTotals(fieldname=name, row=row):
            return () if row is False else (name or TOTAL,)
        case ast.Outlier(mark=True):
            return (OUTLIER_MARK,)
        case ast.Estimate():
            return (ESTIMATE,)
        case ast.CountFrequent(found):
            return (*(field.name for field in found), APPROXIMATE_COUNT)
        case ast.Pattern():
            return PATTERN_COLUMNS
        case ast.RelevantFields():
            return RELEVANCE_COLUMNS
        case ast.AppendCols(query):
            return scope_after(query).names
        case (
            ast.Filter() | ast.Sort() | ast.Limit() | ast.Dedup() | ast.Expand() | ast.Join()
            | ast.Filldown() | ast.FillMissing() | ast.Outlier() | ast.Diff() | ast.LogCompare()
            | ast.Anomaly() | ast.Unmask() | ast.Source() | ast.SavedCall() | ast.Other()
        ):  # fmt: skip
            return ()
        case _:
            assert_never(command)


def named_items(command: ast.Command) -> tuple[ast.Item, ...]:
    """The parts that may have names of their own, in the order in which they are read."""
    if isinstance(command, ast.Stats):
        return (*command.keys, *command.aggregates)
    return tuple(child for child in ast.children(command) if isinstance(child, ast.Item))


def lag_names(command: ast.Autoregress) -> tuple[str, ...]:
    """The columns of `autoregress`: one, or one for each lag (LANGUAGE.md 1.4)."""
    first = command.first or 1
    if command.name is not None and command.last is None:
        return (command.name,)
    stem = command.name or command.field.name
    return tuple(f"{stem}_p{lag}" for lag in range(first, (command.last or first) + 1))


def resets(command: ast.Command) -> bool:
    """Whether only the names that the command defines are in reach after it."""
    return does(command, CommandRole.RESETS)


@frozen
class Scope:
    """The names in reach at one place of a pipeline."""

    names: tuple[str, ...] = ()
    """The names that the commands before have defined, in their order."""
    has_events: bool = True
    """Whether the fields of the event are in reach."""
    is_open: bool = False
    """Whether there may be names that the text does not show."""

    def after(self, command: ast.Command) -> Scope:
        if resets(command):
            return Scope(tuple(dict.fromkeys(defined_by(command))), has_events=False)
        defined = defined_by(command)
        names = tuple(dict.fromkeys((*self.names, *defined))) if defined else self.names
        return Scope(names, self.has_events, self.is_open or does(command, CommandRole.OPENS))

    def knows(self, name: str) -> bool:
        """Whether a command has defined `name`, or the map that it is a key of."""
        return is_among(name, self.names)


def is_among(name: str, names: Container[str]) -> bool:
    """Whether `names` hold the name, or the map that it is a key of."""
    if name in names:
        return True
    at = name.find(".")
    while at >= 0:
        if name[:at] in names:
            return True
        at = name.find(".", at + 1)
    return False


def scope_after(pipeline: ast.Pipeline) -> Scope:
    """The names in reach after all commands."""
    return reduce(lambda scope, command: scope.after(command), pipeline.commands, Scope())


def group_names(pattern: str) -> Iterator[str]:
    """The named groups of a regular expression: `(?<name>...)`, also `(?P<name>...)`."""
    for opening in ("(?<", "(?P<"):
        for part in pattern.split(opening)[1:]:
            name, closed, _ = part.partition(">")
            if closed and name.isidentifier():
                yield name


def undefined(pipeline: ast.Pipeline) -> tuple[ast.Field, ...]:
    """The fields that are read and that no command before has defined: those of the event.

    After the first `stats` there are no fields of the event any more.
    """
    scope = Scope()
    found: list[ast.Field] = []
    prefixes: list[str] = []
    for command in pipeline.commands:
        if isinstance(command, ast.Join):
            prefixes += [f"{command.left}.", f"{command.right}."]
        for part, names in reads(command):
            known = replace(scope, names=(*scope.names, *names))
            unknown = (field for field in fields_in(part) if not known.knows(field.name))
            found += [own for field in unknown for own in _of_event(field, prefixes)]
        scope = scope.after(command)
        if not scope.has_events:
            break
    return tuple(found)


def _of_event(field: ast.Field, prefixes: list[str]) -> Iterator[ast.Field]:
    """The field itself; after a join the one of its left side without the prefix."""
    prefix = next((each for each in prefixes if field.name.startswith(each)), None)
    if prefix is None:
        yield field
    elif prefixes.index(prefix) % 2 == 0:
        yield replace(field, name=field.name.removeprefix(prefix))


def reads(command: ast.Command) -> Iterator[tuple[ast.Node, tuple[str, ...]]]:
    """The parts of a command that read fields, each with the aliases before it in the command."""
    aliases: tuple[str, ...] = ()
    for part in _parts(command):
        yield part, aliases
        if isinstance(part, ast.Item) and part.alias:
            aliases = (*aliases, part.alias)


def _parts(command: ast.Command) -> tuple[ast.Node, ...]:
    match command:
        case ast.Fields() | ast.Display() | ast.Stats():
            # An aggregate may use the alias of an earlier one.
            return named_items(command)
        case ast.Filldown(names):
            return tuple(ast.Field(name) for name in names if not name.endswith("*"))
        case ast.Other(text=text):
            return tuple(_names_in(text))
        case ast.Source() | ast.SavedCall():
            return ()
        case (
            ast.Filter() | ast.Sort() | ast.Limit() | ast.Parse() | ast.ParseFormat()
            | ast.JsonField() | ast.Dedup() | ast.Unnest() | ast.Expand() | ast.Lookup()
            | ast.CidrLookup() | ast.Join() | ast.AppendCols() | ast.AddTotals() | ast.Accum()
            | ast.Autoregress() | ast.FillMissing() | ast.Outlier() | ast.Sessionize()
            | ast.CountFrequent() | ast.Pattern() | ast.Diff() | ast.LogCompare()
            | ast.RelevantFields() | ast.Anomaly() | ast.Unmask() | ast.Estimate()
        ):  # fmt: skip
            return (command,)
        case _:
            assert_never(command)


def _names_in(text: str) -> Iterator[ast.Field]:
    """The possible fields of a command that is not taken apart: any name but the keyword."""
    tokens = [token for token in tokenize(text) if token.kind is not TokenKind.SPACE]
    for token, following in zip(tokens[1:], [*tokens[2:], None], strict=False):
        if token.kind is TokenKind.NAME and (following is None or following.text != "("):
            yield ast.Field(token.text)


def begins_with_source(pipeline: ast.Pipeline) -> bool:
    """Whether the query itself says which log groups it reads, whatever is chosen beside it."""
    return bool(pipeline.commands) and isinstance(pipeline.commands[0], ast.Source)


def text_begins_with_source(text: str) -> bool:
    """The same of a query that is being written: only one that may begin so is read at all."""
    if not _MAY_BEGIN.match(text):
        return False
    from flowtui.query.parser import parse_tolerant

    return begins_with_source(parse_tolerant(text).pipeline)


_MAY_BEGIN = re.compile(r"(?:\s|\#[^\n]*\n)*+source(?![\w.])", re.IGNORECASE)
"""Blanks and comments, and the word; a pipe before it makes another command the first one."""


def may_choose_groups(pipeline: ast.Pipeline) -> bool:
    """Whether it can do without chosen log groups: a saved query may begin with SOURCE, too."""
    is_saved = bool(pipeline.commands) and isinstance(pipeline.commands[0], ast.SavedCall)
    return is_saved or begins_with_source(pipeline)


def last_stats(pipeline: ast.Pipeline) -> int | None:
    """The index of the last `stats`; None for a query whose rows are events."""
    indexes = [i for i, command in enumerate(pipeline.commands) if isinstance(command, ast.Stats)]
    return indexes[-1] if indexes else None


def outline(pipeline: ast.Pipeline) -> str:
    """The values and keys of the last `stats`: `sum(bytes) by srcaddr, dstaddr`; else nothing."""
    index = last_stats(pipeline)
    command = None if index is None else pipeline.commands[index]
    if not isinstance(command, ast.Stats):
        return ""
    shown = ", ".join(item.text for item in command.aggregates)
    keys = ", ".join(item.name for item in command.keys)
    return f"{shown} by {keys}" if keys else shown


def bytes_columns(pipeline: ast.Pipeline) -> frozenset[str]:
    """The columns of the result that count bytes: the field, or an aggregate in its unit."""
    return _bytes_after(pipeline.commands)


def _bytes_after(commands: Sequence[ast.Command]) -> frozenset[str]:
    found = frozenset({"bytes"})
    for command in commands:
        if isinstance(command, ast.Stats):
            aggregates = command.aggregates
            found = frozenset(item.name for item in aggregates if _counts_bytes(item.expr, found))
    return found


def _counts_bytes(expr: ast.Expr, in_bytes: frozenset[str]) -> bool:
    match expr:
        case ast.Call(name, (ast.Field(field), *_)) if field in in_bytes:
            return has_role(name, FunctionRole.KEEPS_UNIT)
        case _:
            return False


def counting_columns(pipeline: ast.Pipeline) -> tuple[frozenset[str], frozenset[str]]:
    """The columns of the result that are amounts, and those of them that can be added up."""
    index = last_stats(pipeline)
    command = None if index is None else pipeline.commands[index]
    if not isinstance(command, ast.Stats):
        fields = frozenset({"bytes", "packets"})
        return fields, fields
    calls = {
        item.name: item.expr.name for item in command.aggregates if isinstance(item.expr, ast.Call)
    }
    amounts = FunctionRole.COUNTS | FunctionRole.KEEPS_UNIT
    return (
        frozenset(name for name, call in calls.items() if has_role(call, amounts)),
        frozenset(name for name, call in calls.items() if has_role(call, FunctionRole.ADDS_UP)),
    )


def fields_shown(pipeline: ast.Pipeline) -> Mapping[str, FieldInfo]:
    """The flow log field that a column of the result has values of, by the column's name.

    A name that nothing has defined anew is the field; so is what only renames one, groups by it, or
    takes one of its values.
    """
    known: Mapping[str, FieldInfo] = SPELLINGS
    for command in pipeline.commands:
        if isinstance(command, ast.Fields | ast.Display):
            names = {item.name for item in command.items}
            others = {name: info for name, info in known.items() if name not in names}
            known = others | _fields_in(command.items, known)
        elif isinstance(command, ast.Stats):
            known = _fields_in((*command.keys, *command.aggregates), known)
    return known


def _fields_in(items: Iterable[ast.Item], known: Mapping[str, FieldInfo]) -> dict[str, FieldInfo]:
    found = ((item.name, _field_of(item.expr, known)) for item in items)
    return {name: info for name, info in found if info is not None}


def _field_of(expr: ast.Expr, known: Mapping[str, FieldInfo]) -> FieldInfo | None:
    match expr:
        case ast.Field(name):
            return known.get(name)
        case ast.Call(name, (ast.Field(field), *_)):
            info = find_function(name)
            return known.get(field) if info and info.result is Result.ARGUMENT else None
        case _:
            return None


def time_axis(pipeline: ast.Pipeline) -> tuple[str, str] | None:
    """The `bin()` column of the result and the column to draw over it; None without a series.

    Of several aggregates the first that counts bytes is drawn, else the first: their sum would
    mean nothing.
    """
    index = last_stats(pipeline)
    command = None if index is None else pipeline.commands[index]
    if not isinstance(command, ast.Stats):
        return None
    in_bytes = _bytes_after(pipeline.commands[:index])
    drawn = min(command.aggregates, key=lambda item: not _counts_bytes(item.expr, in_bytes))
    key = _time_key(command)
    return None if key is None else (key.name, drawn.name)


def time_period(pipeline: ast.Pipeline) -> ast.Period | None:
    """The period of the `bin()` column that `time_axis` names."""
    index = last_stats(pipeline)
    command = None if index is None else pipeline.commands[index]
    key = _time_key(command) if isinstance(command, ast.Stats) else None
    call = None if key is None else _time_bin(key.expr)
    arguments = () if call is None else call.arguments
    return next((each for each in arguments if isinstance(each, ast.Period)), None)


def _time_key(command: ast.Stats) -> ast.Item | None:
    return next((item for item in command.keys if _time_bin(item.expr) is not None), None)


def _time_bin(expr: ast.Expr) -> ast.Call | None:
    """The call that makes time bins, also where they are moved: `datefloor(...) + 21600000`."""
    match expr:
        case ast.Call(name) if has_role(name, FunctionRole.BINS_TIME):
            return expr
        case ast.Binary("+" | "-", left, ast.Number()):
            return _time_bin(left)
        case _:
            return None
