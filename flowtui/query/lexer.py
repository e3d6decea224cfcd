"""Query text to tokens (insights-ql.md 1.1); what can't be read is a token too, a broken one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from flowtui.model.errors import Span

RESERVED = frozenset({"and", "or", "not", "in", "like", "as", "by", "asc", "desc", "true", "false"})
"""Words that an expression can use as a field only in backticks."""


class Kind(StrEnum):
    SPACE = "space"
    COMMENT = "comment"
    STRING = "string"
    REGEX = "regex"
    NUMBER = "number"
    PERIOD = "period"
    TIME = "time"
    """`2026-08-20T09:30:00.000Z`, which stands in SOURCE only."""
    NAME = "name"
    QUOTED = "quoted"
    """A name with backticks, which is never a keyword."""
    TEMPLATE = "template"
    OPERATOR = "operator"
    BROKEN = "broken"
    """A string, regex or backtick that never ends, or a character of no token."""
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def span(self) -> Span:
        return self.start, self.end

    @property
    def word(self) -> str:
        """The text in lower case if it may be a keyword or an operator, else nothing."""
        return self.text.lower() if self.kind in (Kind.NAME, Kind.OPERATOR) else ""


_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>\#[^\n]*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<template>\{\{\s*[A-Za-z_]\w*\s*\}\})
  | (?P<quoted>@{0,2}(?:[^\W\d][\w.]*\.)?`(?:[^`\\\n]|\\.)*`(?:\.(?:\w+|`(?:[^`\\\n]|\\.)*`))*)
  | (?P<name>@{0,2}[^\W\d][\w.]*)
  | (?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[tT][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?
      (?:[zZ]|[+-][0-9]{2}:?[0-9]{2})?(?![\w:.]))
  | (?P<period>[0-9]+(?![eE][+-]?[0-9])[^\W\d_]\w*)
  | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<operator>=~|==|!=|<=|>=|\|\||[=<>|()\[\],+\-*%^!:{}.$])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\]|\\.)*/", re.DOTALL)
_OPERANDS = (
    Kind.STRING,
    Kind.REGEX,
    Kind.NUMBER,
    Kind.PERIOD,
    Kind.TIME,
    Kind.NAME,
    Kind.QUOTED,
    Kind.TEMPLATE,
)
_BEFORE_REGEX = frozenset({"like", "parse", "where", "and", "or", "not", "in", "by"})
_BEFORE_EXPRESSION = frozenset(
    {"fields", "display", "filter", "where", "stats", "sort", "order", "parse", "pattern", "unnest"}
)
"""Commands that begin a query in brackets, and not a division."""


@lru_cache(maxsize=32)
def tokenize(text: str) -> tuple[Token, ...]:
    """Every token of `text`, blanks and comments included: joined they are the text again.

    At each stroke of a key the parser, the checker and the colours all ask for the same text.
    """
    tokens: list[Token] = []
    reader = _Context()
    at = 0
    while at < len(text):
        token = _slash(text, at, reader) if text[at] == "/" else _token(text, at, reader)
        tokens.append(token)
        reader.see(token)
        at = token.end
    return tuple(tokens)


def _token(text: str, at: int, reader: _Context) -> Token:
    match = None if text[at] in reader.endless else _TOKEN.match(text, at)
    if match is not None:
        return Token(Kind(str(match.lastgroup)), match.group(), at)
    if text[at] in "\"'`":
        return Token(Kind.BROKEN, _rest_of_line(text, at), at)
    return Token(Kind.BROKEN, text[at], at)


def _slash(text: str, at: int, reader: _Context) -> Token:
    """A `/` divides behind an operand, else it begins a regular expression."""
    if reader.divides:
        return Token(Kind.OPERATOR, "/", at)
    match = None if "/" in reader.endless else _REGEX.match(text, at)
    if match is None:
        return Token(Kind.BROKEN, _rest_of_line(text, at), at)
    return Token(Kind.REGEX, match.group(), at)


def _rest_of_line(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[at:] if end < 0 else text[at:end]


class _Context:
    """What the lexer must remember to tell a division from a regular expression.

    `endless` holds the quotes that never close from some place on, and so from no later one either:
    searching for their end again each time would take quadratic time.
    """

    def __init__(self) -> None:
        self.divides = False
        self.endless: set[str] = set()
        self._starting = True
        self._opened = False
        self._in_parse = False
        self._depth = 0

    def see(self, token: Token) -> None:
        if token.kind in (Kind.SPACE, Kind.COMMENT):
            return
        if token.kind is Kind.BROKEN and token.text[0] in "\"'/":
            self.endless.add(token.text[0])
        is_keyword = self._starting or (self._opened and token.word in _BEFORE_EXPRESSION)
        if is_keyword:
            self._in_parse = token.word == "parse"
            self._depth = 0
        self._starting, self._opened = token.text == "|", token.text == "("
        self._depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        # In `parse field /regex/` the pattern follows an operand.
        is_pattern = token.kind in (Kind.STRING, Kind.REGEX) and self._depth <= 0
        if is_pattern or token.text == "|":
            self._in_parse = False
            self._depth = 0
        ends_operand = token.kind in _OPERANDS or token.text in (")", "]")
        goes_on = is_keyword or self._in_parse or token.word in _BEFORE_REGEX
        self.divides = ends_operand and not goes_on
