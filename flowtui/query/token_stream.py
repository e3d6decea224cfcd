"""The tokens of one command, and the errors that point at them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from flowtui.model.errors import QuerySyntaxError, Span
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue import COMMANDS, CommandRole
from flowtui.query.lexer import Token, TokenKind

MAX_DEPTH = 100
"""A walk of the tree recurses once or more for each level, and Python allows about 1,000."""
MAX_NESTED = 5
"""Queries within queries; the service allows one level (LANGUAGE.md 1.4)."""

_CLOSING = {"(": ")", "[": "]"}
_UNENDED = {'"': "text", "'": "text", "/": "regular expression", "`": "name"}
_MEANT = {
    "&&": "and", "||": "or", "&": "and, or for a bit floor(field / 2) % 2 = 1,",
    "<>": "!=", "=>": ">=", "=<": "<=", "===": "=",
    "!~": "not like", "~=": "=~", "~": "=~", "//": "#", "/*": "#", "--": "#", ";": "",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'",
}  # fmt: skip
"""Signs of other languages and word processors, and those that stand for them here."""
_MEANT_WORDS = {
    "group": "write by alone, without group",
    "between": "write field >= 1 and field <= 9",
    "is": "write ispresent(field) or not ispresent(field)",
    "when": "write case(condition, value, ..., else)",
    "descending": "write desc",
    "ascending": "write asc",
    "having": "write | filter",
    "contains": 'write like "text"',
    "matches": "write like /regex/",
    "ilike": "write like /(?i)regex/",
    "startswith": 'write startsWith(field, "text")',
    "endswith": 'write endsWith(field, "text")',
    "equals": "write =",
}
_ADDRESS = re.compile(
    r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?=[0-9a-f:]*::)[0-9a-f:.]+)(?:/[0-9]+)?",
    re.IGNORECASE,
)
_LISTS = frozenset(name for name, info in COMMANDS.items() if CommandRole.LISTS in info.roles)


@frozen
class Stage:
    """The tokens between two pipes, without blanks and comments."""

    tokens: tuple[Token, ...]
    chunk: Span
    is_first: bool

    @property
    def span(self) -> Span:
        if not self.tokens:
            return self.chunk
        return self.tokens[0].start, self.tokens[-1].end

    def has_template(self, span: Span) -> bool:
        """Whether `{{name}}` stands just there, after the first word."""
        return any(t.kind is TokenKind.TEMPLATE and t.span == span for t in self.tokens[1:])

    def verbatim(self, text: str) -> ast.Other:
        start, end = self.span
        keyword = self.tokens[0].text if self.tokens else ""
        return ast.Other(keyword, text[start:end], span=self.span, chunk=self.chunk)


def stages(tokens: Sequence[Token], within: Span) -> Iterator[Stage]:
    """Cut at the pipes that stand outside brackets; a bracket that never closes holds none.

    A pipe after a comma or before `as` goes on with the same command (LANGUAGE.md V61).
    """
    closing = matching(tokens)
    start, current, inside_until = within[0], list[Token](), -1
    is_first = True
    for index, token in enumerate(tokens):
        inside_until = max(inside_until, closing.get(index, -1))
        if token.word != "|" or index <= inside_until:
            current.append(token)
        elif not _continues(current, tokens[index + 1 : index + 3]):
            yield Stage(tuple(current), (start, token.start), is_first)
            start, current, is_first = token.end, [], False
    yield Stage(tuple(current), (start, within[1]), is_first)


def matching(tokens: Sequence[Token]) -> dict[int, int]:
    """Where the brackets close, by the index of the one that opens."""
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for index, token in enumerate(tokens):
        if token.word in _CLOSING:
            opened.append(index)
        elif token.word in _CLOSING.values():
            while opened:
                opening = opened.pop()
                if _CLOSING[tokens[opening].word] == token.word:
                    pairs[opening] = index
                    break
    return pairs


def _continues(before: list[Token], after: Sequence[Token]) -> bool:
    if not before or not after:
        return False
    return (before[-1].text == "," and not _begins(after)) or after[0].word == "as"


def _begins(after: Sequence[Token]) -> bool:
    """Whether a command begins there, and no name that is called like one: `| action, type`."""
    is_command = after[0].word in COMMANDS
    return (
        is_command
        and len(after) > 1
        and after[1].kind not in (TokenKind.OPERATOR, TokenKind.BROKEN)
    )


QueryReader = Callable[[str, Sequence[Token], Span, int], ast.Pipeline]
"""Reads the query in a pair of brackets: the text, its tokens, their span, how deep it lies."""


class TokenStream:
    """Goes through the tokens of one command."""

    def __init__(
        self,
        text: str,
        stage: Stage,
        read_pipeline: QueryReader,
        nested: int = 0,
    ) -> None:
        self.text = text
        self.stage = stage
        self._tokens = stage.tokens
        self._end = Token(TokenKind.END, "", stage.span[1])
        self._read_pipeline = read_pipeline
        self._nested = nested
        self._at = 0
        self._depth = 0

    @property
    def peek(self) -> Token:
        return self.ahead(0)

    @property
    def before(self) -> Token:
        """The token that was read last."""
        return self._tokens[self._at - 1]

    @property
    def is_at_start(self) -> bool:
        return self._at == 0

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def ahead(self, count: int) -> Token:
        """The token that comes after `count` others."""
        index = self._at + count
        return self._tokens[index] if index < len(self._tokens) else self._end

    def next(self) -> Token:
        token = self.peek
        self._at += token.kind is not TokenKind.END
        return token

    def back(self) -> None:
        self._at -= 1

    def accept(self, *words: str) -> Token | None:
        """The next token if it is one of these words or operators."""
        return self.next() if self.peek.word in words else None

    def expect(self, word: str, opening: Token, closing: str = "") -> None:
        """Go past `word`, which `opening` asks for."""
        if self.accept(word):
            return
        if self.is_at_end:
            raise self.error(f"missing {closing or word} for this {opening.text}", opening)
        if self.peek.kind is TokenKind.BROKEN or self._meant(self.peek):
            raise self.unexpected()
        wanted = f"{word} or {closing}" if closing else word
        raise self.error(f"expected {wanted}, not {brief(self.peek)}")

    def keyword(self, *words: str) -> Token:
        """One of these words, which has to come next."""
        token = self.accept(*words)
        if token is None:
            raise self.wanted(" or ".join(words))
        return token

    def wanted(self, what: str) -> QuerySyntaxError:
        """The error where `what` has to come next and does not."""
        if self.peek.kind is TokenKind.BROKEN:
            return self.unexpected()
        if self.is_at_end and not self.is_at_start:
            return self.error(f"expected {what} after {brief(self.before)}", self.before)
        if meant := self._meant(self.peek):
            return meant
        if self.peek.kind is TokenKind.TIME:
            return self.error(f'a time has quotes: "{self.peek.text}"')
        if self.peek.text == "*" and self.before.word in ("fields", "display"):
            return self.error("there is no * for all fields; name them, or leave the command out")
        if self.peek.word in ("asc", "desc"):
            return self.error(f"{brief(self.peek)} stands after its field")
        return self.error(f"expected {what}, not {brief(self.peek)}")

    def nested_pipeline(self) -> ast.Pipeline:
        """nested = "(" pipeline ")", a whole query in brackets"""
        opening = self.next()
        last = matching(self._tokens[self._at - 1 :]).get(0)
        if last is None:
            raise self.error("missing ) for this (", opening)
        if self._nested >= MAX_NESTED:
            raise self.error(f"queries nest more than {MAX_NESTED} deep", opening)
        closing = self._at - 1 + last
        inner = self._tokens[self._at : closing]
        within = (opening.end, self._tokens[closing].start)
        self._at = closing + 1
        return self._read_pipeline(self.text, inner, within, self._nested + 1)

    def descend(self) -> None:
        """Go a level deeper into brackets or operators; `ascend` comes back."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error(f"brackets nest more than {MAX_DEPTH} deep")

    def ascend(self) -> None:
        self._depth -= 1

    def expected_value(self, token: Token) -> QuerySyntaxError:
        """`token`, the one read last, is no value."""
        if token.kind is not TokenKind.END:
            self.back()
        return self.wanted("a field or a value")

    def unexpected(self) -> QuerySyntaxError:
        """The next token can't stand here."""
        token = self.peek
        if meant := self._meant(token):
            return meant
        if token.kind is TokenKind.BROKEN:
            if name := invisible(token.text[0]):
                message = f"there is an invisible character, {name}; delete it"
                return QuerySyntaxError(message, (token.start, token.start + 1))
            what = _UNENDED.get(token.text[0])
            message = f"this {what} never ends" if what else f"unexpected {token.text}"
            return QuerySyntaxError(message, (token.start, token.start + 1))
        if token.word in _CLOSING.values():
            return self.error(f"this {token.text} closes nothing", token)
        return self.error(f"unexpected {brief(token)}; {self._likely(token)}", token)

    def _likely(self, token: Token) -> str:
        """A guess what was forgotten or meant with `token`."""
        if token.word in _MEANT_WORDS:
            return _MEANT_WORDS[token.word]
        if token.word in COMMANDS:
            return "is a | missing before it?"
        if self._tokens[0].word in _LISTS and token.kind is not TokenKind.OPERATOR:
            return "is a comma or a | missing before it?"
        return "expected | or the end of the query"

    def _meant(self, token: Token) -> QuerySyntaxError | None:
        """The error that says what is written here instead, if `token` is part of a habit."""
        starts = [token.start] if self.is_at_start else [self.before.start, token.start]
        address = _ADDRESS.match(self.text, starts[0])
        if address and token.start < address.end():
            return QuerySyntaxError(f'an address has quotes: "{address[0]}"', address.span())
        for start in starts:
            for typed, meant in _MEANT.items():
                if self.text.startswith(typed, start) and token.start < start + len(typed):
                    advice = f"write {meant} instead of" if meant else "leave out"
                    return QuerySyntaxError(f"{advice} {typed}", (start, start + len(typed)))
        return None

    def error(self, message: str, token: Token | None = None) -> QuerySyntaxError:
        return QuerySyntaxError(message, (token or self.peek).span)


def invisible(char: str) -> str:
    """The name of a character that takes no room on the screen; nothing for any other."""
    if unicodedata.category(char) != "Cf":
        return ""
    name = "byte order mark" if char == "\ufeff" else unicodedata.name(char, "control").lower()
    return f"{name} (U+{ord(char):04X})"


def not_a_comment(minus: Token) -> QuerySyntaxError:
    """The error of a `--` that was meant to begin a comment."""
    return QuerySyntaxError("write # instead of --", (minus.start, minus.start + 2))


def brief(token: Token) -> str:
    """A token inside a sentence: on one line, and not all of a long text."""
    text = " ".join(token.text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"
