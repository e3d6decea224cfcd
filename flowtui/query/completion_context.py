"""Where the cursor stands in a query that is still being written, as its tokens show."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from operator import attrgetter

from flowtui.model.errors import Span
from flowtui.model.frozen import frozen
from flowtui.query.catalogue import COMMANDS
from flowtui.query.catalogue.keywords import BOOLEANS, RESERVED
from flowtui.query.keywords import opens_query
from flowtui.query.lexer import Token, TokenKind, tokenize

_NOTHING = Token(TokenKind.END, "", 0)
_GOES_ON = re.compile(r"""[\w.@`"']""")
"""A choice that is inserted right before one of these would not stay a word of its own."""
_REST_OF_VALUE = re.compile(r"\w*")
_WORDS = (TokenKind.NAME, TokenKind.NUMBER, TokenKind.PERIOD, TokenKind.TIME)
_OPERANDS = (*_WORDS, TokenKind.STRING, TokenKind.REGEX, TokenKind.QUOTED, TokenKind.TEMPLATE)
_BLANKS = (TokenKind.SPACE, TokenKind.COMMENT)
_STRUCTURE = frozenset("([)]|")
_AHEAD = 3
"""Tokens after the cursor that show whether a bracket or a pipe before it begins a command."""
_END, _KIND, _TEXT = attrgetter("end"), attrgetter("kind"), attrgetter("text")


@frozen
class CompletionContext:
    word: str
    """The typed part of the word at the cursor."""
    span: Span
    """The text that a choice replaces: the whole word, or the text with its quotes."""
    quote: str
    """The quote of the text that the cursor is in; else nothing."""
    stage: tuple[Token, ...]
    """The tokens of the command before the word."""
    before: str
    """The commands before this one, in the same query."""
    following: str
    """The character after the word."""

    @property
    def command(self) -> str:
        return self.stage[0].word if self.stage else ""

    @property
    def last(self) -> Token:
        return self.stage[-1] if self.stage else _NOTHING

    @property
    def opening(self) -> int:
        """The index of the innermost bracket of the command that is open here; 0 for none."""
        opened = [0]
        texts = enumerate(map(_TEXT, self.stage))
        for index, text in [each for each in texts if each[1] in _STRUCTURE]:
            if text in ("(", "["):
                opened.append(index)
            elif text in (")", "]") and len(opened) > 1:
                opened.pop()
        return opened[-1]

    @property
    def is_after_operand(self) -> bool:
        """Whether an operator or a word has to come next, and no field or value."""
        token = self.last
        if len(self.stage) < 2 or (token.word in RESERVED and token.word not in BOOLEANS):
            return False
        return token.kind in _OPERANDS or token.word in (")", "]")

    @property
    def is_in_negated_test(self) -> bool:
        """Whether the `not` before the word belongs to `not in` or `not like`."""
        before = replace(self, stage=self.stage[:-1])
        return self.last.word == "not" and before.is_after_operand

    @property
    def is_after_by(self) -> bool:
        return any(token.word == "by" for token in self.stage)


def find_context(text: str, offset: int) -> CompletionContext | None:
    """The place at `offset`; None where nothing can be completed, such as in a comment."""
    tokens = tokenize(text)
    at = bisect_left(tokens, offset, key=_END)
    here = tokens[at] if at < len(tokens) and offset else _NOTHING
    found = _word(text, offset, here)
    if found is None or not _is_free(text, found[1], tokens[:at]):
        return None
    word, span, quote = found
    ahead = (token for token in islice(tokens, at, None) if token.kind not in _BLANKS)
    significant = [token for token in tokens[:at] if token.kind not in _BLANKS]
    significant += islice(ahead, _AHEAD)
    count = bisect_right(significant, span[0], key=_END)
    query, stage = _command_at(significant, count)
    before = ""
    if stage > query:
        # From the very beginning, so that what was read of the whole text is read no second time.
        start = significant[query].start if query else 0
        before = text[start : significant[stage - 1].start]
    return CompletionContext(
        word,
        span,
        quote,
        tuple(significant[stage:count]),
        before,
        text[span[1] : span[1] + 1],
    )


def _word(text: str, offset: int, here: Token) -> tuple[str, Span, str] | None:
    """The word at the cursor, what to replace, and the quote around it."""
    if here.kind in _WORDS or here.text == "@":
        return text[here.start : offset], here.span, ""
    if here.kind in (TokenKind.SPACE, TokenKind.OPERATOR, TokenKind.END):
        return "", (offset, offset), ""
    quote = here.text[0]
    is_inside = here.kind is TokenKind.BROKEN or offset < here.end
    if quote not in "\"'" or not is_inside:
        return None
    word = text[here.start + 1 : offset]
    rest = _REST_OF_VALUE.match(text, offset)
    end = rest.end() if rest else offset
    if not _REST_OF_VALUE.fullmatch(word):
        return None
    return word, (here.start, end + text.startswith(quote, end)), quote


def _is_free(text: str, span: Span, before: Sequence[Token]) -> bool:
    """Whether a choice there stays a word of its own.

    After a quote that never closes nobody knows what is code and what is text.
    """
    if _GOES_ON.match(text, span[1]) or text.endswith((".", "$", "{", "@"), 0, span[0]):
        return False
    if TokenKind.BROKEN not in map(_KIND, before):
        return True
    return not any(t.kind is TokenKind.BROKEN and t.text[0] in "\"'`/" for t in before)


def _command_at(tokens: Sequence[Token], count: int) -> tuple[int, int]:
    """The indexes where the query and the command begin that the token `count` belongs to."""
    starts = [(0, 0)]
    brackets: list[bool] = []
    texts = enumerate(map(_TEXT, tokens[:count]))
    for index, text in [each for each in texts if each[1] in _STRUCTURE]:
        if text in ("(", "["):
            is_query = text == "(" and _opens_query(tokens, index, starts[-1][1])
            brackets.append(is_query)
            if is_query:
                starts.append((index + 1, index + 1))
        elif text in (")", "]") and brackets:
            if brackets.pop():
                starts.pop()
        elif text == "|" and not _continues(tokens, index):
            # A bracket of an expression that is open here was not closed.
            while brackets and not brackets[-1]:
                brackets.pop()
            starts[-1] = (starts[-1][0], index + 1)
    return starts[-1]


def _opens_query(tokens: Sequence[Token], index: int, stage: int) -> bool:
    before = tokens[index - 1]
    first, second, *_ = [*tokens[index + 1 : index + 3], _NOTHING, _NOTHING]
    if opens_query(tokens[stage].word, before, first, second.text):
        return index > stage
    return before.word == "in" and first.word in COMMANDS and second is _NOTHING


def _continues(tokens: Sequence[Token], index: int) -> bool:
    """A pipe after a comma or before `as` goes on with the same command (V61)."""
    is_after_comma = index > 0 and tokens[index - 1].word == ","
    return is_after_comma or any(token.word == "as" for token in tokens[index + 1 : index + 2])
