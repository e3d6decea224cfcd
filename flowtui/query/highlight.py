"""What each piece of a query is, for colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flowtui.query.lexer import RESERVED, Kind, Token, tokenize
from flowtui.query.words import BEFORE_NAME, is_word, opens_query


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
    Kind.TIME: "number",
    Kind.QUOTED: "field",
    Kind.TEMPLATE: "number",
    Kind.OPERATOR: "operator",
    Kind.BROKEN: "broken",
}
_NOTHING = Token(Kind.END, "", 0)


def highlight(text: str) -> Iterator[Piece]:
    """Every piece of the text but the blanks, in order."""
    tokens = tokenize(text)
    reader = _Reader([t for t in tokens if t.kind not in (Kind.SPACE, Kind.COMMENT)])
    for token in tokens:
        if token.kind is Kind.COMMENT:
            yield Piece(token.start, token.end, "comment")
        elif token.kind is not Kind.SPACE:
            yield Piece(token.start, token.end, reader.role(token))


class _Reader:
    """Goes through the tokens and knows which command each belongs to."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._command = ""
        self._is_first = True
        self._before = _NOTHING
        self._opened: list[tuple[str, bool]] = []
        """For each open bracket the command around it, and whether a query is inside."""

    def role(self, token: Token) -> str:
        """The role of the next token, which is `token`."""
        found = self._role(token)
        self._at += 1
        if token.text == "(":
            self._open()
        elif token.text == ")":
            self._close()
        elif token.text == "|":
            self._is_first = True
        self._before = token
        return found

    def _role(self, token: Token) -> str:
        if self._is_first:
            self._is_first = False
            self._command = token.word
            return _ROLES.get(token.kind, "command") if token.text != "$" else "command"
        if token.kind is not Kind.NAME:
            return _ROLES.get(token.kind, "field")
        following = self._ahead(1).text
        if self._before.word in BEFORE_NAME:
            return "field"
        if token.word in RESERVED or is_word(token, self._command, following):
            return "word"
        # In a join the bracket behind the keys holds the other query.
        return "function" if following == "(" and self._command != "join" else "field"

    def _ahead(self, count: int) -> Token:
        index = self._at + count
        return self._tokens[index] if index < len(self._tokens) else _NOTHING

    def _open(self) -> None:
        first, second = self._ahead(0), self._ahead(1)
        is_query = opens_query(self._command, self._before, first, second.text)
        self._opened.append((self._command, is_query))
        self._is_first = is_query

    def _close(self) -> None:
        if self._opened:
            command, is_query = self._opened.pop()
            if is_query:
                self._command, self._is_first = command, False
