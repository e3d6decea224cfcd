"""What each piece of a query is, for colours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flowtui.query.lexer import RESERVED, Kind, Token, tokenize


@dataclass(frozen=True, slots=True)
class Piece:
    """`role` is command, function, field, word, string, number, comment, operator or broken."""

    start: int
    end: int
    role: str


_ROLES = {
    Kind.COMMENT: "comment",
    Kind.STRING: "string",
    Kind.REGEX: "string",
    Kind.NUMBER: "number",
    Kind.PERIOD: "number",
    Kind.QUOTED: "field",
    Kind.TEMPLATE: "number",
    Kind.OPERATOR: "operator",
    Kind.BROKEN: "broken",
}


def highlight(text: str) -> Iterator[Piece]:
    """Every piece of the text but the blanks, in order."""
    tokens = [token for token in tokenize(text) if token.kind is not Kind.SPACE]
    is_first = True
    for index, token in enumerate(tokens):
        following = tokens[index + 1].text if index + 1 < len(tokens) else ""
        role = _ROLES.get(token.kind) or _role_of_name(token, following, is_first=is_first)
        yield Piece(token.start, token.end, role)
        if token.kind is not Kind.COMMENT:
            is_first = token.text == "|"


def _role_of_name(token: Token, following: str, *, is_first: bool) -> str:
    if is_first:
        return "command"
    if following == "(" and token.word not in RESERVED:
        return "function"
    return "word" if token.word in RESERVED else "field"
