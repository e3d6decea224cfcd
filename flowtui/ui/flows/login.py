"""Open an SSO session again without leaving: the screen is put aside for the AWS CLI."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from flowtui.ui.screens.dialogs import MenuScreen
from flowtui.ui.text import clean

if TYPE_CHECKING:
    from textual.app import App

OPEN_AGAIN = "the session is open again"


class LoginScreen(MenuScreen):
    """One is enough, however many requests fail meanwhile."""


async def offer_login(app: App[None], command: Sequence[str]) -> str:
    """Ask whether to run `command`, and run it; what is returned says how it went.

    Empty if the user does not want it. To be called by a worker.
    """
    if any(isinstance(screen, LoginScreen) for screen in app.screen_stack):
        return ""
    text = clean(shlex.join(command))
    choices = (
        ("l", "login", f"run {text} here; the screen comes back when it ends"),
        ("n", "later", f"not now; {text} in another terminal does too"),
    )
    chosen = await app.push_screen_wait(LoginScreen("The session has expired", choices))
    return run_aside(app, command) if chosen == "login" else ""


def run_aside(app: App[None], command: Sequence[str]) -> str:
    """Run `command` on the terminal while the app waits; what is returned says how it went."""
    text = shlex.join(command)
    try:
        with app.suspend(), _interrupt_for_the_command_only():
            # The command is ours, and the name of the profile is one of its words.
            code = subprocess.run(command, check=False).returncode  # noqa: S603
    except SuspendNotSupported:
        return f"this terminal can't be lent; run {text} in another one"
    except OSError as error:
        return f"{command[0]} can't be run: {error.strerror}; install the AWS CLI, version 2"
    if code:
        return f"{text} ended with code {code}; it needs version 2 of the AWS CLI"
    return OPEN_AGAIN


@contextmanager
def _interrupt_for_the_command_only() -> Iterator[None]:
    """Let ctrl+c end the command, and not this program that waits for it.

    A handler that does nothing is not inherited, as a signal that is ignored would be.
    """
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
