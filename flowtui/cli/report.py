"""What the user is told on stderr, and the exit code that goes with it."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

WRONG_QUERY, BAD_USAGE, BACKEND_FAILED, STOPPED = 1, 2, 3, 4


def say(sentence: str) -> None:
    """One line on stderr; foreign text in it, such as a file name, must not steer the terminal."""
    from flowtui.model.foreign import clean

    click.echo(f"flowtui: {clean(sentence)}", err=True)


def die(sentence: str, code: int) -> NoReturn:
    """Say it, and exit with the code."""
    say(sentence)
    sys.exit(code)
