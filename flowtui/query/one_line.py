"""A query on one line, to be recognised by: what it asks, without the names that only list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from flowtui.query.lexer import Token, TokenKind, tokenize

MOST_NAMES = 4
"""Longer lists of names are told by their length."""

_LISTS = {"display": "columns", "fields": "columns", "parse": "fields"}
"""The commands that end with a list of names, and what these are."""
_NAMES = (TokenKind.NAME, TokenKind.QUOTED)
_LEFT_OUT = (TokenKind.SPACE, TokenKind.COMMENT, TokenKind.END)


@lru_cache(maxsize=4)
def one_line(text: str) -> str:
    """`filter action = "REJECT" | display 27 columns`; of comments only where nothing else is."""
    tokens = [token for token in tokenize(text) if token.kind not in _LEFT_OUT]
    if not tokens:
        return " ".join(text.split())
    commands = list(_commands(tokens))
    return "".join(piece for command in commands for piece in _pieces(command, text)).strip()


def _commands(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each command; a `|` outside of brackets begins the next one."""
    command: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if token.text == "|" and depth <= 0:
            yield command
            command = []
        command.append(token)
    yield command


def _pieces(command: Sequence[Token], text: str) -> Iterator[str]:
    """The texts of a command, each after the blank that stands before it."""
    names = _names(command)
    for token in command[: len(command) - len(names)]:
        is_apart = token.text == "|" or text[token.start - 1 : token.start].isspace()
        yield f"{' ' if is_apart else ''}{token.text}"
    if names:
        count = sum(token.text == "," for token in names) + 1
        yield f" {count} {_LISTS[_word(command)]}"


def _word(command: Sequence[Token]) -> str:
    return next((token.word for token in command if token.text != "|"), "")


def _names(command: Sequence[Token]) -> Sequence[Token]:
    """The list of names at the end of a command, if it is a long one."""
    word = _word(command)
    begin = {"parse": "as"}.get(word, word)
    starts = [at for at, token in enumerate(command) if token.word == begin]
    if word not in _LISTS or not starts:
        return ()
    names = command[starts[0] + 1 :]
    is_plain = all(token.text == "," or token.kind in _NAMES for token in names)
    is_long = sum(token.text == "," for token in names) >= MOST_NAMES
    return names if is_plain and is_long else ()
