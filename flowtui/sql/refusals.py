"""Refusals that only the records can tell: SQL that ends the query with a sentence for the user."""

from __future__ import annotations

MARK = "flowtui refuses: "
"""The prefix of the sentence, by which it is found in the engine's error."""


def refusal(text: str) -> str:
    """The sentence in an engine's error `text`; empty where the error is not such a refusal."""
    return text.partition(MARK)[2].partition("\n")[0]
