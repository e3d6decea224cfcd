"""What a word was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

_COMPARED = 200
"""How many names are compared: hundreds of unknown words with hundreds of names take too long."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` was probably meant to be; the first of two that differ in case."""
    return _nearest(word, tuple(known)[:_COMPARED])


@lru_cache(maxsize=256)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    """It takes a millisecond, and the editor asks after each key."""
    lowered = {name.lower(): name for name in reversed(known)}
    close = get_close_matches(word.lower(), lowered, n=1, cutoff=0.7)
    return lowered[close[0]] if close else None
