"""What all tests share: an environment that knows nobody, and how hard Hypothesis searches."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in each run, so that nobody's change fails for what it has not touched.
settings.register_profile("default", deadline=None, max_examples=60, derandomize=True)
settings.register_profile("quick", deadline=None, max_examples=10, derandomize=True)
settings.register_profile("ci", deadline=None, max_examples=36, derandomize=True)
# Whoever looks for what breaks takes others: by a seed of their own, or for a night.
settings.register_profile("hand", deadline=None, max_examples=300)
settings.register_profile("night", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: more than there are processors, for much of a test is waiting for an answer."""
    return 2 * (os.cpu_count() or 1)


_COLOR = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "COLORFGBG")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, no settings and no colours of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name in _COLOR:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


@pytest.fixture(autouse=True, scope="session")
def _signals() -> None:
    """A child ignores what its parent ignores: Ctrl+C in the background, SIGHUP under nohup."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
