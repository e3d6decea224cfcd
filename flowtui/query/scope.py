"""Which fields a query reads, and which names its commands define."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from flowtui.query import ast
from flowtui.query.catalogue import canonical
from flowtui.query.lexer import Kind, tokenize


def fields_in(node: object) -> Iterator[ast.Field]:
    """Every field that an expression or an item reads, in the order of the text."""
    if isinstance(node, ast.Field):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from fields_in(part)
    elif is_dataclass(node):
        for attribute in fields(node):
            yield from fields_in(getattr(node, attribute.name))


def calls_in(node: object) -> Iterator[ast.Call]:
    """Every function call, outer ones first."""
    if isinstance(node, ast.Call):
        yield node
    if isinstance(node, tuple):
        for part in node:
            yield from calls_in(part)
    elif is_dataclass(node):
        for attribute in fields(node):
            yield from calls_in(getattr(node, attribute.name))


def defined_by(command: ast.Command) -> tuple[str, ...]:
    """The names that a command adds to those there are."""
    match command:
        case ast.Parse(pattern=ast.Regex(pattern), names=names):
            return names or tuple(group_names(pattern))
        case ast.Parse(names=names):
            return names
        case ast.Fields(items) | ast.Display(items):
            return tuple(
                item.name for item in items if not isinstance(item.expr, ast.Field) or item.alias
            )
        case ast.Stats(aggregates, keys):
            return tuple(item.name for item in (*keys, *aggregates))
        case _:
            return ()


def group_names(pattern: str) -> Iterator[str]:
    """The named groups of a regular expression: `(?<name>...)`, also `(?P<name>...)`."""
    for opening in ("(?<", "(?P<"):
        for part in pattern.split(opening)[1:]:
            name, closed, _ = part.partition(">")
            if closed and name.isidentifier():
                yield name


def undefined(pipeline: ast.Pipeline) -> tuple[ast.Field, ...]:
    """The fields that are read and that no command before has defined: those of the event.

    Behind the first `stats` there are no fields of the event any more.
    """
    known: set[str] = set()
    found: list[ast.Field] = []
    for command in pipeline.commands:
        for part in _parts(command):
            found += [each for each in fields_in(part) if not _is_in(each.name, known)]
            if isinstance(part, ast.Item) and part.alias:
                known.add(part.alias)
        if isinstance(command, ast.Stats):
            break
        known.update(defined_by(command))
    return tuple(found)


def _is_in(name: str, known: set[str]) -> bool:
    """Whether the name is known, or what stands before one of its dots: `m.key` is in `m`."""
    keys = name.split(".")
    return any(".".join(keys[:length]) in known for length in range(len(keys), 0, -1))


def _parts(command: ast.Command) -> tuple[object, ...]:
    match command:
        case ast.Fields(items) | ast.Display(items):
            return items
        case ast.Stats(aggregates, keys):
            # An aggregate may use the alias of an earlier one; keys are read first.
            return (*keys, *aggregates)
        case ast.Other(text=text):
            return tuple(_names_in(text))
        case _:
            return (command,)


def _names_in(text: str) -> Iterator[ast.Field]:
    """What may be a field in a command that is not taken apart: any name but the keyword."""
    tokens = [token for token in tokenize(text) if token.kind is not Kind.SPACE]
    for token, following in zip(tokens[1:], [*tokens[2:], None], strict=False):
        if token.kind is Kind.NAME and (following is None or following.text != "("):
            yield ast.Field(token.text)


def last_stats(pipeline: ast.Pipeline) -> int | None:
    """The index of the last `stats`; None for a query whose rows are events."""
    indexes = [i for i, command in enumerate(pipeline.commands) if isinstance(command, ast.Stats)]
    return indexes[-1] if indexes else None


def key_columns(pipeline: ast.Pipeline) -> tuple[str, ...]:
    """The columns that the last `stats` groups by."""
    index = last_stats(pipeline)
    command = None if index is None else pipeline.commands[index]
    return tuple(item.name for item in command.keys) if isinstance(command, ast.Stats) else ()


def outline(pipeline: ast.Pipeline) -> str:
    """What the last `stats` shows by what: `sum(bytes) by srcaddr, dstaddr`; else nothing."""
    index = last_stats(pipeline)
    command = None if index is None else pipeline.commands[index]
    if not isinstance(command, ast.Stats):
        return ""
    shown = ", ".join(item.text for item in command.aggregates)
    keys = ", ".join(item.name for item in command.keys)
    return f"{shown} by {keys}" if keys else shown


def bytes_columns(pipeline: ast.Pipeline) -> frozenset[str]:
    """The columns of the result that count bytes: the field, or an aggregate in its unit."""
    index = last_stats(pipeline)
    command = None if index is None else pipeline.commands[index]
    if not isinstance(command, ast.Stats):
        return frozenset({"bytes"})
    return frozenset(item.name for item in command.aggregates if _counts_bytes(item.expr))


def _counts_bytes(expr: ast.Expr) -> bool:
    match expr:
        case ast.Call(name, (ast.Field("bytes"), *_)):
            return canonical(name) in ("sum", "avg", "min", "max", "pct")
        case _:
            return False


def time_axis(pipeline: ast.Pipeline) -> tuple[str, str] | None:
    """The `bin()` column of the result and the column to draw over it; None without a series.

    Of several aggregates the first that counts bytes is drawn, else the first: their sum would
    mean nothing.
    """
    index = last_stats(pipeline)
    command = None if index is None else pipeline.commands[index]
    if not isinstance(command, ast.Stats):
        return None
    drawn = min(command.aggregates, key=lambda item: not _counts_bytes(item.expr))
    for item in command.keys:
        if isinstance(item.expr, ast.Call) and canonical(item.expr.name) in ("bin", "datefloor"):
            return item.name, drawn.name
    return None
