"""Terminals and people that want no colours, and terminals that can draw nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal

pytestmark = pytest.mark.terminal

F4, F5, CTRL_E = "\x1bOS", "\x1b[15~", "\x05"
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
REFUSED = "flowtui: the screen needs a terminal; without one, use flowtui query"


def start(env: Mapping[str, str], tmp_path: Path) -> Terminal:
    argv = [sys.executable, "-m", "tests.terminal.scripted_app", str(tmp_path / "calls")]
    return Terminal([*argv, "flowtui-dark", "done"], columns=80, rows=24, env=env)


def coloured_cells(terminal: Terminal) -> int:
    screen = terminal.screen
    return sum(
        screen.buffer[y][x].fg != "default" or screen.buffer[y][x].bg != "default"
        for y in range(screen.lines)
        for x in range(screen.columns)
    )


def chromatic_cells(terminal: Terminal) -> int:
    """Those with a colour that is no grey."""
    screen = terminal.screen
    cells = (screen.buffer[y][x] for y in range(screen.lines) for x in range(screen.columns))
    return sum(not (is_grey(cell.fg) and is_grey(cell.bg)) for cell in cells)


def is_grey(colour: str) -> bool:
    return colour == "default" or len({colour[:2], colour[2:4], colour[4:]}) == 1


def test_an_empty_no_color_is_none(tmp_path: Path) -> None:
    counts = []
    for env in ({}, {"NO_COLOR": ""}):
        with start(env, tmp_path) as terminal:
            terminal.wait_for_text("parse: 27 fields")
            counts.append((coloured_cells(terminal), chromatic_cells(terminal)))
    assert counts[0] == counts[1]
    assert min(counts[0]) > 100


def test_without_colours_none_is_sent_and_everything_is_told_apart(tmp_path: Path) -> None:
    with start({"NO_COLOR": "1"}, tmp_path) as terminal:
        terminal.wait_for_text("┏━ Query ━")  # has the focus
        terminal.send(F5)
        terminal.wait_for_text("┏━ Results ━")
        terminal.wait_for_text("20 of 20 rows, complete")
        y = terminal.lines.index(next(line for line in terminal.lines if "172.31.1.0" in line))
        cells = terminal.screen.buffer[y]
        assert cells[3].reverse
        assert cells[20].bold
        assert not terminal.screen.buffer[y + 1][20].bold
        terminal.send(F4)
        terminal.wait_for_text("╭─ Playbook ─")
        first = "What to look at first: findings"
        chosen = next(y for y, line in enumerate(terminal.lines) if first in line)
        column = terminal.lines[chosen].index(first)
        terminal.wait_for(lambda _: terminal.screen.buffer[chosen][column].underscore)
        assert not terminal.screen.buffer[chosen + 1][column].underscore
        assert COLOUR.findall(bytes(terminal.output)) == []
        assert coloured_cells(terminal) == 0


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_can_draw_nothing_is_told_so_in_a_sentence(term: str) -> None:
    with Terminal([sys.executable, "-m", "flowtui", "demo"], env={"TERM": term}) as terminal:
        assert terminal.wait_exit() == 2
        assert terminal.output.decode() == f"{REFUSED}\r\n"


def test_without_a_terminal_the_same_is_said() -> None:
    argv = [sys.executable, "-m", "flowtui", "demo"]
    ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)  # noqa: S603, PLW1510  (its exit code is looked at)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", f"{REFUSED}\n")
