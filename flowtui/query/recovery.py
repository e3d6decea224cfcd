"""The readable parts of a command with an error in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from flowtui.model.errors import QuerySyntaxError
from flowtui.query import ast
from flowtui.query.catalogue import COMMANDS, CommandRole
from flowtui.query.expressions import expression, field
from flowtui.query.lexer import Token, TokenKind
from flowtui.query.token_stream import QueryReader, Stage, TokenStream, matching, not_a_comment

_COMMANDS = frozenset(name for name, info in COMMANDS.items() if CommandRole.PARTS in info.roles)
_SEPARATORS = frozenset({",", "and", "or", "by"})
_OPENING, _CLOSING = frozenset("(["), frozenset(")]")
_QUOTES = "\"'`/"


def read_parts(
    text: str, stage: Stage, first: QuerySyntaxError, read_pipeline: QueryReader
) -> Iterator[ast.Expr | QuerySyntaxError]:
    """Each part that can be read, and the error of each other one after that of the command."""
    if not stage.tokens or stage.tokens[0].word not in _COMMANDS:
        return
    keyword, tokens = stage.tokens[0], stage.tokens[1:]
    if not _is_balanced(tokens) or any(_doubled_minuses(tokens)):
        return
    for part in _parts(tokens):
        found = _read(TokenStream(text, _alone(keyword, part), read_pipeline))
        if isinstance(found, ast.Node) or part[0].start > first.span[0]:
            yield found


def _is_balanced(tokens: Sequence[Token]) -> bool:
    """Where a quote or a bracket never ends nobody knows the parts."""
    opening = sum(token.word in _OPENING for token in tokens)
    closing = sum(token.word in _CLOSING for token in tokens)
    is_broken = any(t.kind is TokenKind.BROKEN and t.text[0] in _QUOTES for t in tokens)
    return not is_broken and len(matching(tokens)) == opening == closing


def foreign_comment(text: str, stage: Stage, first: QuerySyntaxError) -> QuerySyntaxError | None:
    """The advice for `--` before text that can't be read: that may be prose."""
    for token in _doubled_minuses(stage.tokens):
        is_apart = token.start == stage.chunk[0] or text[token.start - 1].isspace()
        if is_apart and token.start <= first.span[0]:
            return not_a_comment(token)
    return None


def _doubled_minuses(tokens: Sequence[Token]) -> Iterator[Token]:
    for token, following in pairwise(tokens):
        if token.word == following.word == "-" and token.end == following.start:
            yield token


def _parts(tokens: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """The tokens between commas, `and`, `or` and `by` outside of brackets."""
    depth, part = 0, list[Token]()
    for token in tokens:
        depth += (token.word in _OPENING) - (token.word in _CLOSING)
        if depth or token.word not in _SEPARATORS:
            part.append(token)
        elif part:
            yield tuple(part)
            part = []
    if part:
        yield tuple(part)


def _alone(keyword: Token, part: tuple[Token, ...]) -> Stage:
    """The part as if it stood right after the keyword."""
    return Stage((keyword, *part), (part[0].start, part[-1].end), is_first=False)


def _read(cursor: TokenStream) -> ast.Expr | QuerySyntaxError:
    """part = expr ["as" name] ["asc" | "desc"], which is what the commands have in common"""
    cursor.next()
    try:
        found = expression(cursor)
        if cursor.accept("as"):
            field(cursor, "a name")
        cursor.accept("asc", "desc")
    except QuerySyntaxError as error:
        return error
    return found if cursor.is_at_end else cursor.unexpected()
