"""Which words inside commands are words there, beside fields, functions and values (1.4).

They are words only there: in a flow log `start`, `end`, `type` and `action` are fields.
"""

from __future__ import annotations

from flowtui.query.catalogue import COMMANDS, CommandRole
from flowtui.query.catalogue.source_keys import SPELLINGS
from flowtui.query.lexer import Token, TokenKind

_OPTION_WORDS = {name: frozenset(info.options) for name, info in COMMANDS.items()}
_LOWER_WORDS = {name: frozenset(map(str.lower, info.words)) for name, info in COMMANDS.items()}


def is_word(token: Token, command: str, following: str) -> bool:
    """Whether `token` is a word of `command` and no field; `following` is the text after it."""
    word = token.word
    if word in _OPTION_WORDS.get(command, ()) and following == "=":
        return True
    if command == "source" and word in SPELLINGS and following == ":":
        return True
    if command == "stats":
        # A period follows the word, and never a field.
        return word == "offset" and following[:1].isdigit()
    return word in _LOWER_WORDS.get(command, ()) and following not in ("=", "==", "!=")


def opens_query(command: str, before: Token, first: Token, second: str) -> bool:
    """Whether a `(` in `command` opens a query: after `in`, where `first` and `second` follow.

    A name that is followed by another word is a command: `in (fields a)`, but `in (a, b)`.
    """
    info = COMMANDS.get(command)
    if info is not None and CommandRole.TAKES_QUERY in info.roles:
        return True
    if before.word != "in":
        return False
    is_command = first.kind is TokenKind.NAME and second[:1] not in ("", *"=!<>|()[],+-*/%^.:")
    return is_command or first.text == "$"
