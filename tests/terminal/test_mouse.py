"""The mouse, as a terminal tells of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal, modes_left

pytestmark = pytest.mark.terminal

F4, F5 = "\x1bOS", "\x1b[15~"
CLICK, MOVE, RELEASE = 0, 35, "m"
CLICKS, DRAGS, ALL_MOVES = "1000", "1002", "1003"


def mouse(x: int, y: int, button: int = CLICK, how: str = "M") -> str:
    return f"\x1b[<{button};{x + 1};{y + 1}{how}"


def click(terminal: Terminal, text: str) -> None:
    """Where that is shown."""
    y = next(y for y, line in enumerate(terminal.lines) if text in line)
    x = terminal.lines[y].index(text) + 1
    terminal.send(mouse(x, y) + mouse(x, y, how=RELEASE))


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    argv = [sys.executable, "-m", "tests.terminal.scripted_app", str(tmp_path / "calls")]
    with Terminal([*argv, "flowtui-dark", "done"], columns=80, rows=24) as terminal:
        terminal.wait_for_text("parse: 27 fields")
        yield terminal


def test_the_footer_the_titles_and_the_rows_can_be_clicked(terminal: Terminal) -> None:
    click(terminal, "F5 Run")
    terminal.wait_for_text("20 of 20 rows, complete")
    click(terminal, "Data_Transferred   ")
    terminal.wait_for_text("Data_Transferred▼")
    click(terminal, "Data_Transferred▼")
    terminal.wait_for_text("▌172.31.1.19")
    click(terminal, "172.31.1.17")
    terminal.wait_for_text("▌172.31.1.17")


@pytest.mark.parametrize("dialogue", ["", F4])
def test_a_move_sends_nothing(dialogue: str, terminal: Terminal) -> None:
    """Whether the terminal was asked for it or not."""
    terminal.send(F5)
    terminal.wait_for_text("20 of 20 rows, complete")
    terminal.wait_for(lambda text: "Drill" in text.splitlines()[-1])
    terminal.send(dialogue)
    terminal.wait_for(lambda text: not dialogue or "╭─ Playbook ─" in text)
    terminal.settle(1.0)
    mark = terminal.mark()
    for y in range(24):
        terminal.send("".join(mouse(x, y, MOVE) for x in range(0, 80, 5)))
    terminal.settle(1.0)
    assert terminal.since(mark) == b""
    modes = modes_left(bytes(terminal.output))
    assert {CLICKS, DRAGS} <= modes
    assert ALL_MOVES not in modes


def test_the_mouse_can_be_left_to_the_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "flowtui"
    folder.mkdir()
    (folder / "config.toml").write_text("mouse = false")
    argv = [sys.executable, "-m", "flowtui", "demo"]
    with Terminal(argv, env={"XDG_CONFIG_HOME": str(tmp_path)}) as terminal:
        terminal.wait_for_text("parse: ")
        assert not {CLICKS, DRAGS, ALL_MOVES} & modes_left(bytes(terminal.output))
