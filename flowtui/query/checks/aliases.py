"""Names that a command gives and that stand for something already (1.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowtui.model.errors import Span
from flowtui.query import ast
from flowtui.query.checks.diagnostic import Diagnostic, error, shorten, warning
from flowtui.query.lexer import TokenKind, tokenize
from flowtui.query.scope import named_items


def check_aliases(commands: Sequence[ast.Command], source: str) -> Iterator[Diagnostic]:
    stats = [index for index, each in enumerate(commands) if isinstance(each, ast.Stats)]
    last = stats[-1] if stats else -1
    projected: set[str] = set()
    for index, command in enumerate(commands):
        yield from _twice(command, source)
        if isinstance(command, ast.Fields | ast.Display):
            yield from _redefined(command.items, projected, is_fatal=index < last)
        elif isinstance(command, ast.Stats):
            projected.clear()


def _redefined(
    items: Sequence[ast.Item], projected: set[str], *, is_fatal: bool
) -> Iterator[Diagnostic]:
    """`fields f | fields g(f) as f | stats ... by f`: "Unknown symbols found in or after stats"."""
    for item in items:
        if item.alias is None:
            if isinstance(item.expr, ast.Field):
                projected.add(item.expr.name)
        elif item.alias in projected and item.expr != ast.Field(item.alias):
            message = f"{shorten(item.alias)} is already the name of a field that was chosen before"
            if is_fatal:
                message += ", which stats does not take; choose another name"
            yield (error if is_fatal else warning)("redefined-field", message, item.alias_span)


def _twice(command: ast.Command, source: str) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for name, span in _named(command, source):
        if name in seen:
            yield warning("duplicate-name", f"{shorten(name)} is named twice here", span)
        seen.add(name)


def _named(command: ast.Command, source: str) -> Iterator[tuple[str, Span]]:
    match command:
        case ast.Parse(names=names, pattern=pattern) if len(set(names)) < len(names):
            yield from _typed(source, (pattern.span[1], command.span[1]))
        case ast.ParseFormat(names=names) if len(set(names)) < len(names):
            yield from _typed(source, command.span)
        case _:
            items = named_items(command)
            yield from ((item.alias, item.alias_span) for item in items if item.alias is not None)


def _typed(source: str, within: Span) -> Iterator[tuple[str, Span]]:
    """The names of a `parse` where they were typed, each by its text."""
    start, end = within
    for token in tokenize(source[start:end]):
        if token.kind in (TokenKind.NAME, TokenKind.QUOTED):
            yield token.text, (start + token.start, start + token.end)
