"""The layout of a query: one command a line, and comments; what was typed stays to the letter."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from flowtui.model.errors import Span
from flowtui.query import ast
from flowtui.query.lexer import Token, TokenKind, tokenize
from flowtui.query.parser import parse

INDENT = "    "
"""Before what goes on with a command after a comment."""


def format_query(text: str) -> str:
    """The query with each command on a line of its own and single blanks between words.

    Comments, texts and numbers stay to the letter, and so does what names a column. Raises
    `QuerySyntaxError` for a text that is no query.
    """
    pipeline = parse(text)
    pipes = {command.chunk[1] for command in pipeline.commands[:-1]}
    kept = _outermost(_kept(pipeline))
    parts: list[str] = []
    before: Token | None = None
    for gap, token in _gaps(tokenize(text)):
        starts_command = before is None or token is None or token.start in pipes
        if before is not None and token is not None and _is_within((before.start, token.end), kept):
            parts.append("".join(each.text for each in gap))
        else:
            is_after_pipe = before is not None and before.start in pipes
            margin = "" if starts_command else "  " if is_after_pipe else INDENT
            blank = _between(before, token, pipes, gap)
            parts.append(_layout(gap, blank, margin, is_at_start=before is None))
        parts.append(token.text if token is not None else "")
        before = token
    return "".join(parts).strip("\n")


def same_place(text: str, offset: int, formatted: str) -> int:
    """The offset in `formatted` after as many characters, blanks not counted."""
    count = len("".join(text[:offset].split()))
    for place, char in enumerate(formatted):
        if count == 0:
            return place
        count -= not char.isspace()
    return len(formatted)


def toggled_comment(lines: Sequence[str]) -> list[str]:
    """The lines as comments, or as what they were before if all of them are comments."""
    written = [line for line in lines if line.strip()]
    if written and all(line.lstrip().startswith("#") for line in written):
        return [_uncommented(line) for line in lines]
    margin = min((len(line) - len(line.lstrip()) for line in written), default=0)
    return [
        f"{line[:margin]}# {line[margin:]}" if line.strip() or not written else line
        for line in lines
    ]


def _uncommented(line: str) -> str:
    margin, mark, rest = line.partition("#")
    return margin + (rest.removeprefix(" ") if mark else "")


def _gaps(tokens: Sequence[Token]) -> Iterator[tuple[list[Token], Token | None]]:
    """Each token that means something with the blanks and comments before it; None at the end."""
    gap: list[Token] = []
    for token in tokens:
        if token.kind in (TokenKind.SPACE, TokenKind.COMMENT):
            gap.append(token)
        else:
            yield gap, token
            gap = []
    yield gap, None


def _between(before: Token | None, token: Token | None, pipes: set[int], gap: list[Token]) -> str:
    """The blank between two tokens that have no comment between them."""
    if before is None or token is None:
        return ""
    if token.start in pipes:
        return "\n"
    if before.start in pipes:
        return " "
    if token.word in (",", ")", "]") or before.word in ("(", "["):
        return ""
    is_apart = before.word in (",", "|") or token.word == "|"
    return " " if gap or is_apart else ""


def _layout(gap: list[Token], blank: str, margin: str, *, is_at_start: bool) -> str:
    """`blank`, or the comments of the gap: on lines of their own if they were, else after."""
    text, has_own_line = "", is_at_start
    for token in gap:
        if token.kind is TokenKind.COMMENT:
            text += (f"\n{margin}" if has_own_line else " ") + token.text
        has_own_line = has_own_line or "\n" in token.text
    return f"{text}\n{margin}" if text else blank


def _kept(node: ast.Node) -> Iterator[Span]:
    """Where blanks count: an expression without an alias names a column by its text (1.7).

    For a command that flowtui does not know, that is unknown.
    """
    if isinstance(node, ast.Other):
        yield node.span
    if isinstance(node, ast.Item) and node.alias is None and not isinstance(node.expr, ast.Field):
        yield node.span[0], node.span[0] + len(node.text)
    for child in ast.children(node):
        yield from _kept(child)


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """Those that lie in no other one, in order; no two of them overlap in part."""
    found: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


def _is_within(span: Span, spans: Sequence[Span]) -> bool:
    """Whether one of these `spans`, which are in order and do not overlap, holds it."""
    at = bisect_right(spans, span[0], key=itemgetter(0)) - 1
    return at >= 0 and span[1] <= spans[at][1]
