"""The program in a real terminal: its keys, and how it ends."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal

pytestmark = pytest.mark.terminal

F5, ENTER, DOWN, BACKSPACE, ESCAPE = "\x1b[15~", "\r", "\x1b[B", "\x7f", "\x1b"
CTRL_Q, CTRL_Y = "\x11", "\x19"
SIZES = [(80, 24), (120, 40)]
LEAVES_ALTERNATE_SCREEN, SHOWS_CURSOR = b"\x1b[?1049l", b"\x1b[?25h"


def start(
    calls: Path,
    *,
    kind: str = "done",
    theme: str = "flowtui-dark",
    size: tuple[int, int] = (120, 40),
    term: str = "xterm-256color",
) -> Terminal:
    argv = [sys.executable, "-m", "tests.terminal.scripted_app", str(calls), theme, kind]
    return Terminal(argv, columns=size[0], rows=size[1], env={"TERM": term})


def run(terminal: Terminal) -> None:
    """Wait for the first frame, press F5, and wait for rows."""
    terminal.wait_for_text("parse: 27 fields")
    terminal.send(F5)
    terminal.wait_for_text("172.31.1.2")


def assert_stopped_and_restored(terminal: Terminal, calls: Path) -> None:
    assert terminal.wait_exit() == 0
    told = calls.read_text().splitlines()
    assert told[0] == "start"
    assert told[-2:] == ["stop", "close"]
    assert terminal.is_restored
    assert LEAVES_ALTERNATE_SCREEN in terminal.output
    assert SHOWS_CURSOR in terminal.output
    assert b"Traceback" not in terminal.output


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_stops_the_running_query_before_the_end(
    number: signal.Signals, calls: Path
) -> None:
    with start(calls, kind="endless") as terminal:
        run(terminal)
        terminal.signal(number)
        assert_stopped_and_restored(terminal, calls)


def test_ctrl_q_stops_the_running_query_before_the_end(calls: Path) -> None:
    with start(calls, kind="endless") as terminal:
        run(terminal)
        terminal.send(CTRL_Q)
        assert_stopped_and_restored(terminal, calls)


def test_escape_stops_and_the_rows_stay(calls: Path) -> None:
    with start(calls, kind="endless") as terminal:
        run(terminal)
        terminal.send(ESCAPE)
        assert "172.31.1.2" in terminal.wait_for_text("Cancelled")
        terminal.send(CTRL_Q)
        assert terminal.wait_exit() == 0
        assert calls.read_text().splitlines()[-2:] == ["stop", "close"]


@pytest.mark.parametrize("size", SIZES)
def test_run_drill_back_copy_and_quit_by_the_keys_of_the_footer(
    size: tuple[int, int], calls: Path
) -> None:
    with start(calls, size=size) as terminal:
        run(terminal)
        # A frame may come in two parts.
        keys = ("⏎ Drill", "⌫ Back", "y Copy", "^q Quit")
        terminal.wait_for(lambda text: all(key in text.splitlines()[-1] for key in keys))
        terminal.send(DOWN + ENTER)
        terminal.wait_for_text("172.31.1.1 → 3.230.172.1")
        terminal.wait_for_text("5 of 5 rows")
        terminal.send(BACKSPACE)
        terminal.wait_for(lambda text: "20 of 20 rows" in text and "egress" in text)
        terminal.send(CTRL_Y)
        terminal.wait_for_text("sent to your terminal")
        terminal.send(CTRL_Q)
        assert terminal.wait_exit() == 0
        assert terminal.is_restored
    assert calls.read_text().split().count("start") == 2


@pytest.mark.parametrize("size", SIZES)
def test_what_a_resize_leaves_is_usable(size: tuple[int, int], calls: Path) -> None:
    with start(calls, size=(100, 30)) as terminal:
        run(terminal)
        terminal.resize(*size)
        terminal.wait_for(lambda text: len(text.splitlines()) == size[1] and "Quit" in text)
        terminal.send(DOWN)
        terminal.wait_for_text("▌172.31.1.1")


TRUE_COLOUR_OR_256 = re.compile(rb"\x1b\[[0-9;]*(?:38|48);[25];")


def test_a_terminal_of_16_colours_gets_no_others(calls: Path) -> None:
    with start(calls, theme="flowtui-16", term="xterm-16color") as terminal:
        run(terminal)
        terminal.wait_for_text("Drill")
        terminal.settle()
        assert not TRUE_COLOUR_OR_256.search(bytes(terminal.output))
        assert re.search(rb"\x1b\[[0-9;]*[349][0-7]", bytes(terminal.output))


def test_the_16_colour_theme_sends_only_the_terminals_own_colours(calls: Path) -> None:
    """Also where more are to be had: nothing is approximated."""
    with start(calls, theme="flowtui-16") as terminal:
        run(terminal)
        terminal.wait_for_text("Drill")
        terminal.settle()
        assert not TRUE_COLOUR_OR_256.search(bytes(terminal.output))
