"""The items that completion offers, and those that a typed word can mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from flowtui.model.frozen import frozen


class CompletionKind(StrEnum):
    COMMAND = "command"
    FUNCTION = "function"
    FIELD = "field"
    ALIAS = "alias"
    """A name that a command before has defined."""
    VALUE = "value"
    PERIOD = "period"
    WORD = "word"


@frozen
class CompletionItem:
    insert: str
    label: str
    detail: str
    """One line of help."""
    kind: CompletionKind


_NO_MATCH = 3


def ranked(choices: Iterable[CompletionItem], word: str) -> tuple[CompletionItem, ...]:
    """The choices that `word` can mean: it begins one, or a part of one, or its letters are in it.

    A word that is complete is followed only by those that it begins.
    """
    lowered = word.lower()
    ranks = [(_rank(choice, lowered), choice) for choice in choices]
    is_complete = bool(word) and any(choice.insert == word for _, choice in ranks)
    most = 1 if is_complete else _NO_MATCH
    found = [(rank, choice) for rank, choice in ranks if rank < most]
    found.sort(key=lambda each: (each[1].insert != word, each[0]))
    return tuple(dict.fromkeys(choice for _, choice in found))


_PART = re.compile(r"[a-z0-9]+|[A-Z][a-z0-9]*")


def _rank(choice: CompletionItem, word: str) -> int:
    """0 for a beginning, 1 for the beginning of a part, 2 for letters in that order."""
    if not word:
        return 0
    names = [choice.insert.strip("\"'`")]
    if choice.kind is CompletionKind.VALUE:
        names.append(choice.detail)
    return min(_rank_of(name, word) for name in names)


def _rank_of(name: str, word: str) -> int:
    lowered = name.lower()
    if lowered.startswith(word):
        return 0
    at = lowered.find(word[0])
    if at < 0:
        return _NO_MATCH
    starts = [part.start() for part in _PART.finditer(name)]
    if any(lowered.startswith(word, start) for start in starts):
        return 1
    initials = "".join(lowered[start] for start in starts)
    # Two letters are in nearly every name.
    has_letters = len(word) > 2 and any(_has_letters(lowered[start:], word) for start in starts)
    return 2 if has_letters or (len(word) > 1 and word in initials) else _NO_MATCH


def _has_letters(name: str, word: str) -> bool:
    """Whether the letters of `word` are in `name` in that order, from its first one on."""
    letters = iter(name)
    return name[:1] == word[:1] and all(letter in letters for letter in word)
