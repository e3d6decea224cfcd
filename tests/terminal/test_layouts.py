"""Keyboards that are not Latin, in a terminal with the kitty keyboard protocol."""

# ruff: noqa: RUF001  (letters of other scripts are what it is about)

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal, modes_left

pytestmark = pytest.mark.terminal

F1, F5 = "\x1bOP", "\x1b[15~"


@contextmanager
def started(tmp_path: Path, kind: str = "done") -> Iterator[Terminal]:
    calls = str(tmp_path / "calls")
    argv = [sys.executable, "-m", "tests.terminal.scripted_app", calls, "flowtui-dark", kind]
    with Terminal(argv) as terminal:
        terminal.wait_for_text("parse: 27 fields")
        yield terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with started(tmp_path) as terminal:
        yield terminal


def chord(letter: str, base: str) -> str:
    """With ctrl."""
    return f"\x1b[{ord(letter)}::{ord(base)};5u"


def typed(letter: str, base: str) -> str:
    return f"\x1b[{ord(letter)}::{ord(base)};;{ord(letter)}u"


def test_alternate_keys_are_asked_for_on_top_of_what_textual_asks_for(terminal: Terminal) -> None:
    asked = [int(flags) for flags in re.findall(rb"\x1b\[>(\d+)u", bytes(terminal.output))]
    assert asked[-1] & 4
    assert asked[-1] & asked[0] == asked[0]
    assert "1 key flags" in modes_left(bytes(terminal.output))


@pytest.mark.parametrize(("letter", "base"), [("п", "g"), ("γ", "g"), ("ע", "g")])
def test_ctrl_chords_work(letter: str, base: str, terminal: Terminal) -> None:
    terminal.send(chord(letter, base))
    terminal.wait_for_text("Log groups ─")


def test_letters_are_keys_in_the_rows_and_in_menus_and_letters_in_the_editor(
    terminal: Terminal,
) -> None:
    terminal.send(typed("ы", "s") + typed("ж", ";"))
    terminal.wait_for_text("│ ыжstats sum(bytes)")
    terminal.send("\x7f\x7f" + F5)
    terminal.wait_for_text("20 of 20 rows, complete")
    terminal.wait_for(lambda text: "Drill" in text.splitlines()[-1])
    terminal.send(typed("о", "j"))
    terminal.wait_for_text("▌172.31.1.1")
    terminal.send(typed("н", "y"))
    terminal.wait_for_text("the table as JSON")
    terminal.send(typed("й", "q"))
    terminal.wait_for_text("sent to your terminal")


def test_what_was_asked_for_is_taken_back_when_it_ends(terminal: Terminal) -> None:
    terminal.send(chord("й", "q"))
    assert terminal.wait_exit() == 0
    assert modes_left(bytes(terminal.output)) == set()


def test_and_when_it_breaks(tmp_path: Path) -> None:
    with started(tmp_path, "fault") as terminal:
        terminal.send(F1)
        assert terminal.wait_exit() == 3
        assert b"Traceback" not in terminal.output
        assert modes_left(bytes(terminal.output)) == set()
        assert terminal.is_restored
