"""Stopped, continued and ended by the shell or by somebody else."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.job_shell import ENDED, STOPPED
from tests.terminal.pty import Terminal, modes_left
from tests.terminal.screens import SCREENS

pytestmark = pytest.mark.terminal

F5, DOWN, ESCAPE, CTRL_O, CTRL_Q, CTRL_Z = (
    "\x1b[15~",
    "\x1b[B",
    "\x1b",
    "\x0f",
    "\x11",
    "\x1a",
)
OURS = {"1049", "1000", "1002", "1006", "1004", "2004", "7", "25", "1 key flags"}
"""The modes of the terminal while flowtui has it."""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls"


def program(calls: Path, kind: str = "done") -> list[str]:
    return [sys.executable, "-m", "tests.terminal.scripted_app", str(calls), "flowtui-dark", kind]


@pytest.fixture
def job(calls: Path) -> Iterator[Terminal]:
    """The program as the job of a shell, with rows."""
    with Terminal([sys.executable, "-m", "tests.terminal.job_shell", *program(calls)]) as terminal:
        show_rows(terminal)
        yield terminal


ALL_OF_IT = (
    "parse: 27 fields", "20 of 20 rows, complete", "✓ Complete", "▌172.31.1.0",
    "sum(bytes) by srcaddr", "⏎ Drill",
)  # fmt: skip


def show_rows(terminal: Terminal) -> None:
    terminal.wait_for_text("parse: 27 fields")
    terminal.send(F5)
    terminal.wait_for(lambda text: all(part in text for part in ALL_OF_IT))


def wait_stopped(terminal: Terminal, mark: int, how: str) -> None:
    wait_sent(terminal, mark, f"{STOPPED} {how}".encode())


def wait_sent(terminal: Terminal, mark: int, what: bytes) -> None:
    terminal.wait_for(lambda _: what in terminal.since(mark))


def job_id(terminal: Terminal) -> int:
    """The shell's only child."""
    children = Path(f"/proc/{terminal.process.pid}/task/{terminal.process.pid}/children")
    return int(children.read_text().split()[0])


def test_ctrl_z_leaves_the_terminal_as_it_was_and_fg_brings_all_of_it_back(job: Terminal) -> None:
    before, mark = job.text, job.mark()
    assert modes_left(bytes(job.output)) == OURS
    job.send(CTRL_Z)
    wait_stopped(job, mark, "cooked SIGTSTP")
    assert modes_left(bytes(job.output)) == set()
    job.screen.reset()
    job.send("fg\n")
    job.wait_for(lambda text: text == before)
    assert modes_left(bytes(job.output)) == OURS
    job.send(DOWN)
    job.wait_for_text("▌172.31.1.1")
    job.send(CTRL_Q)
    job.wait_for_text(f"{ENDED} cooked 0")
    assert modes_left(bytes(job.output)) == set()


def test_ctrl_z_works_over_every_dialogue(job: Terminal) -> None:
    for keys, shown in SCREENS.values():
        if not shown.startswith("╭─"):
            continue
        job.send(keys)
        job.wait_for_text(shown)
        mark = job.mark()
        job.send(CTRL_Z)
        wait_stopped(job, mark, "cooked SIGTSTP")
        assert modes_left(bytes(job.output)) == set()
        job.screen.reset()
        job.send("fg\n")
        job.wait_for_text(shown)
        assert modes_left(bytes(job.output)) == OURS
        job.send(ESCAPE)
        job.wait_for(lambda text, shown=shown: shown not in text)  # type: ignore[misc]


def test_in_the_background_it_stops_again(job: Terminal) -> None:
    before, mark = job.text, job.mark()
    job.send(CTRL_Z)
    wait_stopped(job, mark, "cooked SIGTSTP")
    job.send("bg\n")
    wait_stopped(job, mark, "cooked SIGTTOU")
    assert modes_left(bytes(job.output)) == set()
    job.screen.reset()
    job.send("fg\n")
    job.wait_for(lambda text: text == before)


def test_killed_while_it_is_stopped_it_stops_its_query_and_ends(calls: Path) -> None:
    argv = [sys.executable, "-m", "tests.terminal.job_shell", *program(calls, "endless")]
    with Terminal(argv) as terminal:
        terminal.wait_for_text("parse: 27 fields")
        terminal.send(F5)
        terminal.wait_for_text("172.31.1.2")
        mark = terminal.mark()
        terminal.send(CTRL_Z)
        wait_stopped(terminal, mark, "cooked SIGTSTP")
        terminal.send("kill\n")
        terminal.wait_for_text(f"{ENDED} cooked 0")
        assert calls.read_text().splitlines()[-2:] == ["stop", "close"]
        assert modes_left(bytes(terminal.output)) == set()


def test_a_stop_from_outside_leaves_the_terminal_too(job: Terminal) -> None:
    before, mark = job.text, job.mark()
    os.kill(job_id(job), signal.SIGTSTP)
    wait_stopped(job, mark, "cooked SIGTSTP")
    job.screen.reset()
    job.send("fg\n")
    job.wait_for(lambda text: text == before)


def test_after_a_stop_that_it_could_not_see_it_draws_everything_again(job: Terminal) -> None:
    """Whatever the terminal was used for meanwhile."""
    before, mark = job.text, job.mark()
    os.kill(job_id(job), signal.SIGSTOP)
    wait_stopped(job, mark, "raw SIGSTOP")
    job.make_cooked()
    job.screen.reset()
    mark = job.mark()
    job.send("fg\n")
    job.wait_for(lambda text: text == before)
    assert b"\x1b[?1049h" in job.since(mark)
    assert not job.is_restored
    job.send(DOWN)
    job.wait_for_text("▌172.31.1.1")
    job.send(CTRL_Q)
    job.wait_for_text(f"{ENDED} cooked 0")


def test_stray_sigconts_do_no_harm(job: Terminal) -> None:
    before = job.text
    for _ in range(3):
        mark = job.mark()
        os.kill(job_id(job), signal.SIGCONT)
        wait_sent(job, mark, b"\x1b[?1049h")
    job.wait_for(lambda text: text == before)
    job.send(DOWN)
    job.wait_for_text("▌172.31.1.1")
    job.send(CTRL_Q)
    job.wait_for_text(f"{ENDED} cooked 0")
    assert modes_left(bytes(job.output)) == set()


def test_without_a_shell_to_go_back_to_ctrl_z_says_so(calls: Path) -> None:
    with Terminal(program(calls)) as terminal:
        show_rows(terminal)
        terminal.send(CTRL_Z)
        terminal.wait_for_text("there is no shell here to go back to")
        terminal.send(DOWN)
        terminal.wait_for_text("▌172.31.1.1")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_gets_its_terminal_and_gives_it_back(calls: Path) -> None:
    argv = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(argv, env={"PS1": "PROMPT> "}) as terminal:
        terminal.wait_for_text("PROMPT>")
        terminal.send(" ".join(program(calls)) + "\n")
        show_rows(terminal)
        before, mark = terminal.text, terminal.mark()
        terminal.send(CTRL_Z)
        terminal.wait_for(
            lambda _: bool(re.search(rb"Stopped.*PROMPT>", terminal.since(mark), re.DOTALL))
        )
        terminal.screen.reset()
        terminal.send("fg\n")
        terminal.wait_for(lambda text: text == before)
        mark = terminal.mark()
        terminal.send(CTRL_Q)
        terminal.wait_for(lambda _: b"PROMPT>" in terminal.since(mark))
