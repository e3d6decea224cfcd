"""Refusals that only the records can tell: SQL that ends the query with a sentence for the user."""

from __future__ import annotations

_MARK = "flowtui refuses: "


def refuse(message: str) -> str:
    """SQL that ends the query with `message`, which has no quotes in it."""
    return f"error('{_MARK}{message}')"


def refusal(text: str) -> str:
    """The message of `refuse`, where that has made an engine's error `text`; else nothing."""
    return text.partition(_MARK)[2].partition("\n")[0]
