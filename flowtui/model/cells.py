"""How many columns of a terminal text takes, where no widget measures it."""

from __future__ import annotations

import unicodedata


def cells(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_cell, text))


def cut(text: str, most: int) -> str:
    """As much of it as has room in so many columns."""
    taken = 0
    for at, char in enumerate(text):
        taken += _cell(char)
        if taken > most:
            return text[:at]
    return text


def _cell(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
