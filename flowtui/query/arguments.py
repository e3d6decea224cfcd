"""The common parts of the rules of commands: options, counts, names, the place of a command."""

from __future__ import annotations

from typing import TypedDict

from flowtui.model.errors import Span
from flowtui.query import ast
from flowtui.query.expressions import field, is_count, literal
from flowtui.query.lexer import Token, TokenKind
from flowtui.query.token_stream import TokenStream


class Where(TypedDict):
    span: Span
    chunk: Span


def where(cursor: TokenStream) -> Where:
    return {"span": cursor.stage.span, "chunk": cursor.stage.chunk}


def count(cursor: TokenStream, what: str) -> Token:
    """A number from 1 on without a fraction."""
    token = cursor.peek
    if token.kind is not TokenKind.NUMBER or not is_count(token.text) or int(token.text) < 1:
        raise cursor.wanted(what)
    return cursor.next()


def alias(cursor: TokenStream) -> str | None:
    return field(cursor).name if cursor.accept("as") else None


def option(cursor: TokenStream, *words: str) -> str:
    """The word of the option that comes next, read with its `=`; nothing if none does."""
    if cursor.peek.word not in words or cursor.ahead(1).word != "=":
        return ""
    word = cursor.next().word
    cursor.next()
    return word


def word(cursor: TokenStream, *words: str) -> str:
    return cursor.keyword(*words).word


def boolean(cursor: TokenStream) -> bool:
    return word(cursor, "true", "false") == "true"


def number(cursor: TokenStream) -> ast.Number:
    found = literal(cursor.peek) if cursor.peek.kind is TokenKind.NUMBER else None
    if not isinstance(found, ast.Number):
        raise cursor.wanted("a number such as 2.5")
    cursor.next()
    return found


def spaced_field(cursor: TokenStream, keyword: str) -> ast.Field:
    if cursor.peek.word == ",":
        raise cursor.error(f"{keyword} takes its fields with blanks between, without commas")
    return field(cursor)


def name_or_text(cursor: TokenStream) -> str:
    if cursor.peek.kind is TokenKind.STRING:
        found = literal(cursor.next())
        return found.value if isinstance(found, ast.String) else ""
    return field(cursor).name
