"""The words inside commands: what may stand there beside fields, functions and values (1.4).

They are words only there: in a flow log `start`, `end`, `type` and `action` are fields.
"""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.query.lexer import Kind, Token

BOOLEANS = ("true", "false")

OPTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "join": {"type": ("inner", "left"), "left": (), "right": ()},
    "appendcols": {"override": BOOLEANS, "max": ()},
    "addtotals": {"fieldname": (), "row": BOOLEANS, "col": BOOLEANS},
    "autoregress": {"p": ()},
    "outlier": {"action": ("transform", "remove"), "param": (), "uselower": BOOLEANS,
                "mark": BOOLEANS},
    "source": {"start": (), "end": ()},
    "json": {"field": ()},
}  # fmt: skip
"""What stands before a `=` in each command, with the words that may follow it."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "stats": ("offset",),
    "limit": ("any",),
    "head": ("any",),
    "tail": ("any",),
    "parse": ("multi", "logfmt", "csv"),
    "unnest": ("into",),
    "lookup": ("OUTPUT", "OUTPUTNEW"),
    "cidrlookup": ("OUTPUT", "OUTPUTNEW"),
    "join": ("where",),
    "fillmissing": ("with", "for"),
    "sessionize": ("maxspan",),
    "logcompare": ("timeshift",),
    "relevantfields": ("where",),
    "diff": ("previousDay", "previousWeek", "previousMonth"),
}
"""The words of each command beside those that are reserved everywhere."""

SOURCE_KEYS = ("namePrefix", "accountIdentifier", "class")
"""What stands before a `:` in `logGroups(...)`."""
_OTHER_SOURCE_KEYS = ("accountIdentifiers", "logGroupClass")

BEFORE_NAME = frozenset({"as", "into"})
"""Behind these stands a new name, whatever it is."""

_WITH_QUERY = ("join", "appendcols")
_OPTION_WORDS = {command: frozenset(options) for command, options in OPTIONS.items()}
_LOWER_WORDS = {command: frozenset(map(str.lower, words)) for command, words in WORDS.items()}
_KEYS = frozenset(map(str.lower, SOURCE_KEYS + _OTHER_SOURCE_KEYS))


def is_word(token: Token, command: str, following: str) -> bool:
    """Whether `token` is a word of `command` and no field; `following` is the text behind it."""
    word = token.word
    if word in _OPTION_WORDS.get(command, ()) and following == "=":
        return True
    if command == "source" and word in _KEYS and following == ":":
        return True
    if command == "stats":
        # A period follows the word, and never a field.
        return word == "offset" and following[:1].isdigit()
    return word in _LOWER_WORDS.get(command, ()) and following not in ("=", "==", "!=")


def opens_query(command: str, before: Token, first: Token, second: str) -> bool:
    """Whether a `(` in `command` opens a query: behind `in`, where `first` and `second` follow.

    A name that is followed by another word is a command: `in (fields a)`, but `in (a, b)`.
    """
    if command in _WITH_QUERY:
        return True
    if before.word != "in":
        return False
    is_command = first.kind is Kind.NAME and second[:1] not in ("", *"=!<>|()[],+-*/%^.:")
    return is_command or first.text == "$"
