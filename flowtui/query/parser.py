"""Query text to AST, command by command (LANGUAGE.md 1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from functools import lru_cache

from flowtui.model.errors import QuerySyntaxError, Span
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.commands import command
from flowtui.query.lexer import Token, TokenKind, tokenize
from flowtui.query.recovery import foreign_comment, read_parts
from flowtui.query.token_stream import Stage, TokenStream, stages


@frozen
class Parsed:
    """The readable part of a text: a command with an error in it is an `Other`."""

    pipeline: ast.Pipeline
    errors: tuple[QuerySyntaxError, ...]
    wrong: frozenset[int] = frozenset()
    """The indexes of the commands with an error."""
    readable: tuple[ast.Expr, ...] = ()
    """What could be read of those."""


def parse(text: str) -> ast.Pipeline:
    """Parse a whole query; raises the first `QuerySyntaxError`."""
    parsed = parse_tolerant(text)
    if parsed.errors:
        raise parsed.errors[0].with_traceback(None)
    return parsed.pipeline


@lru_cache(maxsize=64)
def parse_tolerant(text: str) -> Parsed:
    """Parse what can be parsed, command by command, and collect the errors of the bad ones."""
    tokens = [
        token for token in tokenize(text) if token.kind not in (TokenKind.SPACE, TokenKind.COMMENT)
    ]
    whole = (0, len(text))
    if not tokens:
        message = "the query is empty; begin with a command such as fields"
        empty = ast.Pipeline((), text, span=whole)
        return Parsed(empty, (QuerySyntaxError(message, whole),))
    commands: list[ast.Command] = []
    errors: list[QuerySyntaxError] = []
    readable: list[ast.Expr] = []
    wrong: set[int] = set()
    for stage in stages(tokens, whole):
        start, end = stage.chunk
        found = _read(_Chunk(stage, text[start : end + _AHEAD], text))
        if found.errors:
            wrong.add(len(commands))
        commands.append(found.command)
        errors += found.errors
        readable += found.readable
    pipeline = ast.Pipeline(tuple(commands), text, span=whole)
    return Parsed(pipeline, tuple(errors), frozenset(wrong), tuple(readable))


_AHEAD = 2
"""Characters of the text after a command that decide what an error in it is."""


@frozen
class _Chunk:
    """A command of a text; the rest of the text does not change how it is read."""

    stage: Stage
    written: str
    text: str = field(compare=False)


@frozen
class _Found:
    command: ast.Command
    errors: tuple[QuerySyntaxError, ...] = ()
    readable: tuple[ast.Expr, ...] = ()


@lru_cache(maxsize=512)
def _read(chunk: _Chunk) -> _Found:
    """Most commands of a text that is being written stay as they are, and where they are."""
    text, stage = chunk.text, chunk.stage
    try:
        return _Found(command(TokenStream(text, stage, _nested)))
    except QuerySyntaxError as error:
        if foreign := foreign_comment(text, stage, error):
            return _Found(stage.verbatim(text), (foreign,))
        parts = list(read_parts(text, stage, error, _nested))
        more = (part for part in parts if isinstance(part, QuerySyntaxError))
        readable = tuple(part for part in parts if isinstance(part, ast.Node))
        return _Found(stage.verbatim(text), (error, *more), readable)


def _nested(text: str, tokens: Sequence[Token], within: Span, depth: int) -> ast.Pipeline:
    """The query between two brackets; raises its first error."""
    found = [command(TokenStream(text, stage, _nested, depth)) for stage in stages(tokens, within)]
    return ast.Pipeline(tuple(found), text, span=within)
