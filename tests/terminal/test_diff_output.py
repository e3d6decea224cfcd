from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from pyte.screens import Char

from tests.terminal.diff_app import ACKNOWLEDGED
from tests.terminal.pty import DEADLINE, Terminal

pytestmark = pytest.mark.terminal

DOWN, PAGE_DOWN, END, TAB = "\x1b[B", "\x1b[6~", "\x1b[F", "\t"
F2, F3, F4 = "\x1bOQ", "\x1bOR", "\x1bOS"
F6, F7, F8 = "\x1b[17~", "\x1b[18~", "\x1b[19~"
CTRL_L, CTRL_Q = "\x0c", "\x11"

SCENARIOS = {
    "grid": [DOWN, DOWN, PAGE_DOWN, END, "l", "s", DOWN, "s", "G", "g"],
    "typing": [TAB, TAB, "abc", "\x7f", TAB, "漢字", "\x1b[D", "x"],
    "wide": [F4, F4, DOWN, F4],
    "toast": [F2, DOWN, PAGE_DOWN, F3],
    "layout": [F6, F3, F6, DOWN, F4],
}


@contextmanager
def running(switch: str) -> Iterator[Terminal]:
    argv = [sys.executable, "-m", "tests.terminal.diff_app"]
    with Terminal(argv, columns=100, rows=30, env={"FLOWTUI_THIN_LINK": switch}) as terminal:
        terminal.wait_for(lambda text: "10.0.0.5" in text and "F7" in text.upper())
        wait_drawn(terminal)
        terminal.settle()
        yield terminal


def press(terminal: Terminal, keys: Sequence[str]) -> None:
    """However busy the machine is: the program says when it has drawn what the keys do."""
    for key in keys:
        terminal.send(key)
        wait_drawn(terminal)


def wait_drawn(terminal: Terminal) -> None:
    mark = terminal.mark()
    terminal.send(F8)
    terminal.wait_for(lambda _: ACKNOWLEDGED.encode() in terminal.since(mark))


def wait_alike(thin: Terminal, stock: Terminal) -> None:
    """A toast or a layout may come a moment after the key that asked for it."""
    deadline = time.monotonic() + DEADLINE
    while cells(thin) != cells(stock):
        assert time.monotonic() < deadline, f"{thin.text}\n\n{stock.text}"
        thin.settle(0.05)
        stock.settle(0.05)


def cells(terminal: Terminal) -> list[list[Char]]:
    screen = terminal.screen
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


@pytest.mark.parametrize("keys", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_the_screen_is_the_same_cell_by_cell_as_without_it(keys: list[str]) -> None:
    with ExitStack() as stack:
        thin = stack.enter_context(running("1"))
        stock = stack.enter_context(running("0"))
        for key in keys:
            press(thin, [key])
            press(stock, [key])
            wait_alike(thin, stock)
        assert len(thin.output) < len(stock.output)


def test_a_resized_terminal_is_drawn_from_scratch() -> None:
    with running("1") as thin, running("0") as stock:
        for terminal in (thin, stock):
            terminal.resize(80, 24)
            terminal.settle()
            press(terminal, [DOWN, PAGE_DOWN])
        wait_alike(thin, stock)


def test_ctrl_l_repairs_what_another_program_wrote() -> None:
    with running("1") as terminal:
        before = cells(terminal)
        press(terminal, [F7])
        terminal.wait_for(lambda text: "spoilt" in text and "10.0.0.5" not in text)
        press(terminal, [CTRL_L])
        terminal.wait_for(lambda _: cells(terminal) == before)


def test_a_resumed_program_draws_everything_again() -> None:
    with running("1") as terminal:
        before = cells(terminal)
        terminal.signal(signal.SIGTSTP)
        terminal.settle()
        terminal.screen.reset()
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(lambda _: cells(terminal) == before)


def test_idle_sends_nothing() -> None:
    with running("1") as terminal:
        mark = terminal.mark()
        terminal.settle(1.0)
        assert terminal.since(mark) == b""


def test_it_ends_with_a_restored_terminal() -> None:
    with running("1") as terminal:
        terminal.send(CTRL_Q)
        assert terminal.wait_exit() == 0
        assert terminal.is_restored
