"""The kind of each piece of a query, for colours."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from flowtui.query.catalogue.keywords import BEFORE_NAME, RESERVED
from flowtui.query.keywords import is_word, opens_query
from flowtui.query.lexer import Token, TokenKind, tokenize


class Piece(NamedTuple):
    """`role` is command, function, field, word, string, number, comment, operator or broken."""

    start: int
    end: int
    role: str


_ROLES = {
    TokenKind.COMMENT: "comment",
    TokenKind.STRING: "string",
    TokenKind.REGEX: "string",
    TokenKind.NUMBER: "number",
    TokenKind.PERIOD: "number",
    TokenKind.TIME: "number",
    TokenKind.QUOTED: "field",
    TokenKind.TEMPLATE: "number",
    TokenKind.OPERATOR: "operator",
    TokenKind.BROKEN: "broken",
}
_NOTHING = Token(TokenKind.END, "", 0)
_BLANKS = (TokenKind.SPACE, TokenKind.COMMENT)
_STRUCTURE = frozenset("()|")
_AHEAD = 3
"""Tokens that decide what the one before them is."""


def highlight(text: str, start: int = 0, end: int | None = None) -> Iterator[Piece]:
    """Every piece but the blanks, in order; of a part of the text those that are in it at least."""
    tokens = tokenize(text)
    last = len(tokens) if end is None else bisect_left(tokens, end, key=attrgetter("start"))
    first = _clean_start(tokens, bisect_right(tokens, start, key=attrgetter("end")))
    ahead = islice((t for t in islice(tokens, last, None) if t.kind not in _BLANKS), _AHEAD)
    significant = [token for token in tokens[first:last] if token.kind not in _BLANKS]
    reader = _Reader([*significant, *ahead])
    for token in tokens[first:last]:
        if token.kind is TokenKind.SPACE:
            continue
        role = "comment" if token.kind is TokenKind.COMMENT else reader.role(token)
        if token.end > start:
            yield Piece(token.start, token.end, role)


def _clean_start(tokens: Sequence[Token], index: int) -> int:
    """After the last `|` before `index` that stands in no bracket: a command begins there."""
    found = depth = 0
    texts = enumerate(map(attrgetter("text"), tokens[:index]))
    for at, text in [each for each in texts if each[1] in _STRUCTURE]:
        if text == "(":
            depth += 1
        elif text == ")":
            depth = max(0, depth - 1)
        elif depth == 0:
            found = at + 1
    return found


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
        if token.kind is not TokenKind.NAME:
            return _ROLES.get(token.kind, "field")
        following = self._ahead(1).text
        if self._before.text.lower() in BEFORE_NAME:
            return "field"
        if token.word in RESERVED or is_word(token, self._command, following):
            return "word"
        # In a join the bracket after the keys holds the other query.
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
