"""Query text to tokens (LANGUAGE.md 1.1); what can't be read is a token too, a broken one."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from flowtui.model.errors import Span
from flowtui.query.catalogue import COMMANDS
from flowtui.query.catalogue.commands import Operands

State = tuple[bool, bool, bool, bool, int]
"""Of the lexer, between two tokens."""


class TokenKind(StrEnum):
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


class Token(NamedTuple):
    kind: TokenKind
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
        return self.text.lower() if self.kind in (TokenKind.NAME, TokenKind.OPERATOR) else ""


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
_KINDS: dict[str | None, TokenKind] = {str(kind): kind for kind in TokenKind}
_SEPARATORS = ("|", ",")
_OPERANDS = (
    TokenKind.STRING,
    TokenKind.REGEX,
    TokenKind.NUMBER,
    TokenKind.PERIOD,
    TokenKind.TIME,
    TokenKind.NAME,
    TokenKind.QUOTED,
    TokenKind.TEMPLATE,
)
_BEFORE_REGEX = frozenset({"like", "parse", "where", "and", "or", "not", "in", "by"})
_BEFORE_EXPRESSION = frozenset(
    name for name, info in COMMANDS.items() if info.operands is Operands.EXPRESSIONS
)
"""Commands that begin a query in brackets, and not a division."""


@lru_cache(maxsize=32)
def tokenize(text: str) -> tuple[Token, ...]:
    """Every token of `text`, blanks and comments included: joined they are the text again.

    At each stroke of a key completion, colours, parser and checker all ask for the same text, which
    differs in one place from the one before: only what stands around that place is read.
    """
    return _LATELY.read(text).tokens


class Mark(NamedTuple):
    """A place after a `|` or a comma, where reading can begin without what stands before.

    There is none after a quote that never closes: a quote that is typed later may close it.
    """

    at: int
    before: int
    """How many tokens stand before it."""
    state: State


class Lexed(NamedTuple):
    text: str = ""
    tokens: tuple[Token, ...] = ()
    marks: tuple[Mark, ...] = ()


def lex(text: str, old: Lexed = Lexed()) -> Lexed:  # noqa: B008  (a constant)
    """The tokens of `text`, and where it can be read from.

    It makes no difference which text `old` is, but to the time that it takes: the tokens before and
    after what differs are taken from there.
    """
    same, tail, shift = _difference(old.text, text)
    known = bisect_left(old.marks, same, key=attrgetter("at"))
    start = old.marks[known - 1] if known else Mark(0, 0, _Context().state)
    tokens, marks = list(old.tokens[: start.before]), list(old.marks[:known])
    for token, reader in _tokens(text, start):
        tokens.append(token)
        if reader.has_broken or token.text not in _SEPARATORS:
            continue
        mark = Mark(token.end, len(tokens), reader.state)
        marks.append(mark)
        if mark.at >= tail and (twin := _twin(mark, old, shift)) is not None:
            tokens += _shifted(old.tokens[old.marks[twin].before :], shift)
            marks += _shifted_marks(old.marks[twin + 1 :], mark, old.marks[twin])
            break
    return Lexed(text, tuple(tokens), tuple(marks))


def _difference(old: str, new: str) -> tuple[int, int, int]:
    """How much of both is the same at the front, from where on in `new`, and how far it moved."""
    same = common_start(old, new)
    most = min(len(old), len(new)) - same
    after = common_start(old[::-1][:most], new[::-1][:most])
    return same, len(new) - after, len(new) - len(old)


def common_start(one: str, other: str) -> int:
    """How many characters are the same from the first one on."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _twin(mark: Mark, old: Lexed, shift: int) -> int | None:
    """The index of the mark in `old` after which everything is the same as after `mark`."""
    found = bisect_left(old.marks, mark.at - shift, key=attrgetter("at"))
    if found < len(old.marks) and old.marks[found].at == mark.at - shift:
        return found if old.marks[found].state == mark.state else None
    return None


def _shifted(tokens: tuple[Token, ...], by: int) -> Iterator[Token]:
    return (Token(kind, text, start + by) for kind, text, start in tokens)


def _shifted_marks(marks: tuple[Mark, ...], new: Mark, old: Mark) -> Iterator[Mark]:
    shift, more = new.at - old.at, new.before - old.before
    return (Mark(at + shift, before + more, state) for at, before, state in marks)


class _Lately:
    """The texts that were read last; each thread sees a whole list of them."""

    def __init__(self) -> None:
        self._known: tuple[Lexed, ...] = ()

    def read(self, text: str) -> Lexed:
        old = max(self._known, key=lambda each: common_start(each.text, text), default=Lexed())
        found = lex(text, old)
        self._known = (found, *self._known[: _KEPT - 1])
        return found


_KEPT = 4
_LATELY = _Lately()


def _tokens(text: str, start: Mark) -> Iterator[tuple[Token, _Context]]:
    """Each token from `start` on, and the context after it."""
    reader = _Context(start.state)
    at = start.at
    while at < len(text):
        token = _slash(text, at, reader) if text[at] == "/" else _token(text, at, reader)
        reader.see(token)
        at = token.end
        yield token, reader


def _token(text: str, at: int, reader: _Context) -> Token:
    match = None if text[at] in reader.endless else _TOKEN.match(text, at)
    if match is not None:
        return Token(_KINDS[match.lastgroup], match.group(), at)
    if text[at] in "\"'`":
        return Token(TokenKind.BROKEN, _rest_of_line(text, at), at)
    return Token(TokenKind.BROKEN, text[at], at)


def _slash(text: str, at: int, reader: _Context) -> Token:
    """A `/` divides after an operand, else it begins a regular expression."""
    if reader.divides:
        return Token(TokenKind.OPERATOR, "/", at)
    match = None if "/" in reader.endless else _REGEX.match(text, at)
    if match is None:
        return Token(TokenKind.BROKEN, _rest_of_line(text, at), at)
    return Token(TokenKind.REGEX, match.group(), at)


def _rest_of_line(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[at:] if end < 0 else text[at:end]


class _Context:
    """The memory of the lexer, to distinguish a division from a regular expression.

    `endless` holds the quotes that never close from some place on, and so from no later one either:
    searching for their end again each time would take quadratic time.
    """

    def __init__(self, state: State = (False, True, False, False, 0)) -> None:
        self.divides, self._starting, self._opened, self._in_parse, self._depth = state
        self.endless: set[str] = set()
        self.has_broken = False
        """Whether a quote never closes, a backtick included, which may close on its line only."""

    @property
    def state(self) -> State:
        return self.divides, self._starting, self._opened, self._in_parse, self._depth

    def see(self, token: Token) -> None:
        if token.kind in (TokenKind.SPACE, TokenKind.COMMENT):
            return
        if token.kind is TokenKind.BROKEN and token.text[0] in "\"'/`":
            self.has_broken = True
            if token.text[0] != "`":
                self.endless.add(token.text[0])
        is_keyword = self._starting or (self._opened and token.word in _BEFORE_EXPRESSION)
        if is_keyword:
            self._in_parse = token.word == "parse"
            self._depth = 0
        self._starting, self._opened = token.text == "|", token.text == "("
        self._depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        # In `parse field /regex/` the pattern follows an operand.
        is_pattern = token.kind in (TokenKind.STRING, TokenKind.REGEX) and self._depth <= 0
        if is_pattern or token.text == "|":
            self._in_parse = False
            self._depth = 0
        ends_operand = token.kind in _OPERANDS or token.text in (")", "]")
        goes_on = is_keyword or self._in_parse or token.word in _BEFORE_REGEX
        self.divides = ends_operand and not goes_on
