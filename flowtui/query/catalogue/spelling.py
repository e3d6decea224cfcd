"""The word that was probably meant by another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

_COMPARED = 200
"""How many names are compared at most."""
_LONGEST = 60
"""Characters of a name that are compared; of a longer word nothing is said."""
_ALIKE = 0.7
"""Of two words that are alike, this share of the letters is common to both, in the same order."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` was probably meant to be; the first of several as near."""
    if len(word) > _LONGEST:
        return None
    return _names(tuple(known)[:_COMPARED]).nearest(word.lower())


@lru_cache(maxsize=64)
def _names(known: tuple[str, ...]) -> _Names:
    return _Names(known)


class _Names:
    """Finds the name with the longest common subsequence, in all names at once.

    A text may have hundreds of unknown words and define hundreds of names, and is checked after
    each key: so the names stand side by side in one number, a bit for each letter, with a free bit
    after each name for what the addition carries (Hyyrö, "Bit-parallel LCS-length computation
    revisited", 2004).
    """

    def __init__(self, known: Sequence[str]) -> None:
        self._places: list[tuple[str, int, int]] = []
        """Each name, its first bit and its length."""
        self._letters: dict[str, int] = {}
        """Where each letter stands."""
        at = self._all = 0
        for name in known:
            lowered = name.lower()[:_LONGEST]
            self._places.append((name, at, len(lowered)))
            self._all |= ((1 << len(lowered)) - 1) << at
            for place, letter in enumerate(lowered, at):
                self._letters[letter] = self._letters.get(letter, 0) | 1 << place
            at += len(lowered) + 1

    def nearest(self, word: str) -> str | None:
        left = self._unmatched(word)
        found, best = None, _ALIKE
        for name, at, length in self._places:
            whole = len(word) + length
            if 2 * min(len(word), length) < best * whole:
                continue
            common = length - (left >> at & (1 << length) - 1).bit_count()
            share = 2 * common / whole if whole else 0
            if share > best or (found is None and share == best):
                found, best = name, share
        return found

    def _unmatched(self, word: str) -> int:
        """The letters of each name that are not in its longest common subsequence with `word`."""
        left = self._all
        for letter in word:
            matched = left & self._letters.get(letter, 0)
            left = ((left + matched) | (left - matched)) & self._all
        return left
