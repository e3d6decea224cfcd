"""No colours, for users who want none (https://no-color.org): then styles tell things apart."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

VARIABLE = "NO_COLOR"

STYLES: Mapping[str, str] = {
    # Not "reverse", which Textual drops on the way to a list.
    "block-cursor-text-style": "bold underline",
    "block-cursor-blurred-text-style": "bold underline",
    "input-cursor-text-style": "reverse",
}
"""The variables of the themes that are set in place of their colours."""


def wants_none(environment: MutableMapping[str, str]) -> bool:
    """Whether colours are unwanted; an empty variable, a yes for Textual, is taken away."""
    if environment.get(VARIABLE):
        return True
    environment.pop(VARIABLE, None)
    return False
