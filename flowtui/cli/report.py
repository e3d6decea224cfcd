"""The sentences on stderr, and the exit codes that go with them."""

from __future__ import annotations

import sys
from typing import NoReturn

WRONG_QUERY, BAD_USAGE, BACKEND_FAILED, STOPPED = 1, 2, 3, 4


def say(sentence: str) -> None:
    """One line on stderr; foreign text in it, such as a file name, must not steer the terminal."""
    from flowtui.model.foreign import clean

    show(f"flowtui: {clean(sentence)}\n")


def show(text: str) -> None:
    """Put it on stderr at once."""
    sys.stderr.write(text)
    sys.stderr.flush()


def die(sentence: str, code: int) -> NoReturn:
    """Say it, and exit with the code."""
    say(sentence)
    sys.exit(code)
