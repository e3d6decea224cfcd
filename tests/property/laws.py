"""How hard Hypothesis searches for what breaks a law of the language, or of the drill."""

from __future__ import annotations

import os

from hypothesis import settings

_PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default")


def searched(examples: int, *, ci: int) -> settings:
    """So many examples; in CI, which has ten minutes for all, others; by hand and at night more."""
    chosen = {"quick": 10, "default": examples, "ci": ci, "hand": max(1_000, ci), "night": 20_000}
    return settings(max_examples=chosen[_PROFILE])


law = searched(60, ci=120)
"""More than the profile gives to the other properties, which take longer for each example."""
