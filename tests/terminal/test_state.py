"""The state file under programs that run at once, that are killed, and that find it damaged."""

from __future__ import annotations

import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from flowtui.journal.history import History
from tests.terminal.pty import DEADLINE, Terminal

pytestmark = pytest.mark.terminal

F5, F12, ENTER, ESCAPE, CTRL_E, CTRL_Q = "\x1b[15~", "\x1b[24~", "\r", "\x1b", "\x05", "\x11"
QUERY = "stats sum(bytes) as b by srcaddr, dstaddr | sort b desc | limit 20"
PROGRAMS, ROUNDS = 4, 4


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), str(tmp_path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flowtui" / "state.db"


def demo(environment: dict[str, str], *options: str) -> Terminal:
    argv = [sys.executable, "-m", "flowtui", "--demo", *options]
    return Terminal(argv, env=environment)


def until(holds: Callable[[], bool], terminals: Sequence[Terminal]) -> None:
    """Let them work until it `holds`."""
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline, "\n".join(each.text for each in terminals)
        for terminal in terminals:
            terminal.settle(0.02)


def ended(history: History) -> int:
    return sum(entry.has_ended for entry in history.find("", 1000))


def check_is_whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert not [each.name for each in path.parent.iterdir() if "damaged" in each.name]


def test_four_that_run_and_save_at_once_and_one_that_is_killed_leave_it_whole(
    environment: dict[str, str], path: Path
) -> None:
    history = History(path)
    with ExitStack() as stack:
        terminals = [
            stack.enter_context(demo(environment, "--query", QUERY)) for _ in range(PROGRAMS)
        ]
        for terminal in terminals:
            terminal.wait_for_text("parse: 27 fields")
        for number in range(ROUNDS):
            for terminal in terminals:
                # Each has a text of its own, which is saved.
                terminal.send(f"{CTRL_E}# {number}{ENTER}{F5}")
            until(lambda n=number: ended(history) == PROGRAMS * (n + 1), terminals)  # type: ignore[misc]
        for terminal in terminals:
            terminal.send(F5)
        killed, *others = terminals
        killed.signal(signal.SIGKILL)
        killed.process.wait()
        for terminal in others:
            terminal.send(CTRL_Q)
            assert terminal.wait_exit() == 0
            assert b"flowtui: " not in terminal.output
    check_is_whole(path)
    assert PROGRAMS * ROUNDS <= ended(history) >= len(history.find("", 1000)) - 1
    with demo(environment, "--resume") as terminal:
        terminal.wait_for_text("resumed: ")
        terminal.send(CTRL_Q)
        assert terminal.wait_exit() == 0
    check_is_whole(path)


def test_a_damaged_file_is_said_when_the_screen_is_there(
    environment: dict[str, str], path: Path
) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 99)
    with demo(environment) as terminal:
        terminal.wait_for_text("state.db was damaged: it is kept as state.db.damaged-")
        terminal.send(CTRL_Q)
        assert terminal.wait_exit() == 0
    assert path.read_bytes().startswith(b"SQLite format 3")


def test_a_damaged_file_is_why_nothing_can_be_resumed(
    environment: dict[str, str], path: Path
) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 99)
    with demo(environment, "--resume") as terminal:
        assert terminal.wait_exit() == 2
        assert b"there is nothing to resume; state.db was damaged: it is kept" in terminal.output


def test_a_row_of_another_version_ends_nothing(environment: dict[str, str], path: Path) -> None:
    with demo(environment, "--query", QUERY) as terminal:
        terminal.wait_for_text("parse: 27 fields")
        terminal.send(F5)
        until(lambda: ended(History(path)) == 1, [terminal])
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("update runs set state = 'Paused', started_ms = 'now'")
        terminal.send(F12)
        terminal.wait_for_text("unknown start: unknown state, 20 rows, 47.4 MB; demo on /vpc/")
        terminal.send(ESCAPE)
        terminal.wait_for(lambda text: "unknown start" not in text)
        terminal.send(CTRL_Q)
        assert terminal.wait_exit() == 0
        assert b"flowtui: " not in terminal.output
    check_is_whole(path)
