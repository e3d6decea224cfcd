"""Commands whose output goes to a terminal, and files that keep the screen from opening."""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal

pytestmark = pytest.mark.terminal

ALTERNATE_SCREEN = b"\x1b[?1049h"
PROGRESS = "\r\x1b[J"
"""Stands before each word of it; before the first row it has wiped itself out."""


def flowtui(*arguments: str | Path) -> Terminal:
    return Terminal([sys.executable, "-m", "flowtui", *map(str, arguments)])


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A log with a title, a bell, a NUL, a C1 control and a bidirectional override in it."""
    path = tmp_path / "evil.log"
    line = "\x1b]0;owned\x07\0\x9b31m\u202e 1648826280\n"
    path.write_text(f"srcaddr start\n10.0.0.1 1648826280\n{line}")
    return path


@pytest.mark.parametrize("output", ["table", "csv", "json", "ndjson", "markdown"])
def test_no_output_steers_the_terminal(evil: Path, output: str) -> None:
    with flowtui(
        "query", "--file", evil, "--output", output, "fields srcaddr | sort srcaddr desc"
    ) as terminal:
        assert terminal.wait_exit() == 0
        _, _, text = terminal.output.decode().rpartition(PROGRESS)
        text = text.replace("\r\n", "\n")
    assert "owned" in text
    assert all(char.isprintable() or char == "\n" for char in text)
    if output == "json":
        found = [row["srcaddr"] for row in json.loads(text)]
        assert found == ["10.0.0.1", "\x1b]0;owned\x07\0\x9b31m\u202e"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.log").write_text("srcaddr start\n10.0.0.1 1648826280\n")
    (tmp_path / "empty.log").touch()
    (tmp_path / "custom.log").write_text("10.0.0.1 80\n")
    (tmp_path / "none").mkdir()
    whole = gzip.compress(b"srcaddr start\n" + b"10.0.0.1 1648826280\n" * 99)
    (tmp_path / "broken.gz").write_bytes(whole[:12])
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing.log"], "missing.log can't be read: No such file"),
        (["empty.log", "good.log"], "empty.log is empty; give"),
        (["good.log", "empty.log"], "empty.log is empty; give"),
        (["none"], "none has no files"),
        (["broken.gz"], "broken.gz is a broken gzip file"),
        (["--format", "${srcaddr}", "custom.log"], "custom.log fits the given format of 1 field;"),
    ],
    ids=" ".join,
)
def test_the_screen_does_not_open_on_a_bad_path(
    folder: Path, arguments: list[str], sentence: str
) -> None:
    words = [folder / word if (folder / word).exists() or "." in word else word
             for word in arguments]  # fmt: skip
    with flowtui("open", *words) as terminal:
        assert terminal.wait_exit() == 3
        # The terminal wraps it where it will, also at a blank.
        assert "".join(sentence.split()) in "".join(terminal.text.split())
        assert ALTERNATE_SCREEN not in terminal.output


def test_the_screen_opens_on_a_folder_with_a_bad_file(folder: Path) -> None:
    with flowtui("open", folder) as terminal:
        terminal.wait_for_text("Quit")
        terminal.send("\x11")
        assert terminal.wait_exit() == 0


def test_a_file_that_breaks_off_leaves_nothing_on_the_screen_behind_it(tmp_path: Path) -> None:
    """DuckDB's binding complains of connections that outlive the interpreter."""
    lines = "".join(f"10.0.{n % 199}.{n % 251} {1648826280 + n}\n" for n in range(300_000))
    whole = gzip.compress(b"srcaddr start\n" + lines.encode())
    (tmp_path / "broken.gz").write_bytes(whole[: len(whole) // 2])
    assert len(whole) > 1 << 20
    with flowtui(
        "open", tmp_path / "broken.gz", "--query", "stats count(*) by srcaddr"
    ) as terminal:
        terminal.wait_for_text("parse: 2 fields")
        terminal.send("\x1b[15~")
        terminal.wait_for_text("is a broken gzip file")
        terminal.send("\x11")
        terminal.wait_exit()
        assert b"nanobind" not in terminal.output


@pytest.mark.parametrize(
    "query", ["stats count(*) as n by action", "fields srcaddr, action | sort srcaddr | limit 5"]
)
def test_rows_are_shown_while_the_rest_is_read_and_then_the_final_ones_alone(
    tmp_path: Path, query: str
) -> None:
    path = tmp_path / "large.log"
    actions = ("ACCEPT", "REJECT")
    with path.open("w") as file:
        file.write("srcaddr start action\n")
        file.writelines(
            f"10.0.{n % 199}.{n % 251} {1648826280 + n % 999} {actions[n > 300_000]}\n"
            for n in range(1_500_000)
        )
    with flowtui("query", "--file", path, query) as terminal:
        assert terminal.wait_exit() == 0
        shown = terminal.output.decode().replace("\r\n", "\n")
    *_, last = shown.split(PROGRESS)
    assert "so far" in shown
    assert "so far" not in last
    assert last.count("\n") == (3 if query.startswith("stats") else 6)


def piped(*arguments: str, lines: int) -> Terminal:
    """With flow logs by stdin, and the terminal for the rest."""
    record = "2 123456789010 eni-1 10.0.0.1 10.0.0.2 5 443 6 1 40 1648826280 1648826281 ACCEPT OK"
    write = f"for n in $(seq {lines}); do echo {record}; done"
    command = " ".join([sys.executable, "-m", "flowtui", *arguments])
    return Terminal(["sh", "-c", f"({write}) | {command}"])


def test_flow_logs_come_by_stdin() -> None:
    with piped("query", "--file", "-", "'stats count(*) by action'", lines=7) as terminal:
        assert terminal.wait_exit() == 0
        assert re.search(r"ACCEPT +7", terminal.output.decode())


def test_the_keys_come_from_the_terminal_where_flow_logs_come_by_stdin() -> None:
    with piped("open", "-", lines=7) as terminal:
        terminal.wait_for_text("sum(bytes)")
        terminal.send("\x1b[15~")
        terminal.wait_for_text("280")
        terminal.send("\x1b[20~")
        terminal.wait_for_text("is text, 14 fields; 0 of 7 lines did not fit")
        terminal.send("\x11")
        assert terminal.wait_exit() == 0
        assert terminal.is_restored
