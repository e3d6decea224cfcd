"""Secrets that a test plants, so that it can look for them in all that is written."""

from __future__ import annotations

import pytest

MARKERS = ("MARKER-one-5e1f", "MARKER-two-77ab", "MARKER-three-c0de")
ANSWER = "MARKER-four-a115"
"""For the records that a query answers with."""

_NAMES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN")


def plant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put one in each of these variables of the environment."""
    for name, marker in zip(_NAMES, MARKERS, strict=True):
        monkeypatch.setenv(name, marker)
