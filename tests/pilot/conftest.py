"""What all tests of the screen share: no clock decides when the editor checks its text."""

from __future__ import annotations

import pytest

from flowtui.ui.widgets.query_checker import QueryChecker

NEVER = 1e6
"""Seconds: no test lasts that long. `Seen.checked` and `Seen.rested` do what time would do."""


@pytest.fixture(autouse=True)
def _no_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QueryChecker, "CHECK_AFTER", NEVER)
    monkeypatch.setattr(QueryChecker, "REST", NEVER)
