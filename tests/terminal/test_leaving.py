"""Each way to leave, over every screen: the terminal is as it was, and no query runs on."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal, modes_left
from tests.terminal.screens import SCREENS

pytestmark = pytest.mark.terminal

F5, CTRL_Q = "\x1b[15~", "\x11"
FAULT_EXIT = 3


def interrupt_twice(terminal: Terminal) -> None:
    """As somebody does who has no patience."""
    terminal.signal(signal.SIGINT)
    terminal.signal(signal.SIGINT)


Way = Callable[[Terminal], None]
WAYS: Mapping[str, Way] = {
    "ctrl+q": lambda terminal: terminal.send(CTRL_Q),
    "SIGTERM": lambda terminal: terminal.signal(signal.SIGTERM),
    "SIGHUP": lambda terminal: terminal.signal(signal.SIGHUP),
    "SIGINT": lambda terminal: terminal.signal(signal.SIGINT),
    "SIGINT twice": interrupt_twice,
    "SIGQUIT": lambda terminal: terminal.signal(signal.SIGQUIT),
    "a closed terminal": Terminal.hang_up,
    "a fault": lambda terminal: terminal.send(CTRL_Q),
}

_ALL = [(way, screen) for way in WAYS for screen in SCREENS]
_STEP = 1 if os.environ.get("HYPOTHESIS_PROFILE") in ("hand", "night") else len(WAYS)
PAIRS = _ALL[::_STEP]
"""By hand each way from each screen; else each way from some, and each screen by one way."""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls"


def started(calls: Path, kind: str) -> Terminal:
    argv = [sys.executable, "-m", "tests.terminal.scripted_app", str(calls), "flowtui-dark", kind]
    return Terminal(argv)


def show_rows(terminal: Terminal) -> None:
    terminal.wait_for_text("parse: 27 fields")
    terminal.send(F5)
    terminal.wait_for_text("172.31.1.2")


@pytest.mark.parametrize(("way", "screen"), PAIRS)
def test_the_terminal_is_as_it_was_and_the_query_is_stopped(
    way: str, screen: str, calls: Path
) -> None:
    with started(calls, "faulty quit" if way == "a fault" else "endless") as terminal:
        before = terminal.settings
        show_rows(terminal)
        keys, shown = SCREENS[screen]
        terminal.send(keys)
        terminal.wait_for_text(shown)
        WAYS[way](terminal)
        assert terminal.wait_exit() == (FAULT_EXIT if way == "a fault" else 0)
        if not terminal.is_hung_up:
            assert terminal.settings == before
            assert modes_left(bytes(terminal.output)) == set()
        assert b"Traceback" not in terminal.output
    assert calls.read_text().splitlines()[-2:] == ["stop", "close"]


def test_these_ways_and_screens_are_all() -> None:
    assert {way for way, _ in PAIRS} == set(WAYS)
    assert {screen for _, screen in PAIRS} == set(SCREENS)


ALTERNATE_SCREEN = re.compile(rb"\x1b\[\?1049h")


def test_before_the_first_frame_too(calls: Path) -> None:
    with started(calls, "done") as terminal:
        before = terminal.settings
        terminal.wait_for_output(ALTERNATE_SCREEN, 0)
        terminal.signal(signal.SIGQUIT)
        assert terminal.wait_exit() == 0
        assert terminal.settings == before
        assert modes_left(bytes(terminal.output)) == set()


def test_what_a_shell_sends_before_the_first_frame_does_no_harm(calls: Path) -> None:
    with started(calls, "done") as terminal:
        before = terminal.settings
        terminal.wait_for_output(ALTERNATE_SCREEN, 0)
        terminal.signal(signal.SIGTSTP)
        terminal.signal(signal.SIGCONT)
        show_rows(terminal)
        terminal.signal(signal.SIGUSR1)
        assert terminal.wait_exit() == 0
        assert terminal.settings == before
