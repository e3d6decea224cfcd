"""How hard Hypothesis searches for what breaks a law of the language, or of the drill."""

from __future__ import annotations

import os

from hypothesis import settings

_EXAMPLES = {"ci": 1_000, "hand": 1_000, "night": 20_000}

law = settings(max_examples=_EXAMPLES.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 60))
"""More than the profile gives to the other properties, which take longer for each example."""
