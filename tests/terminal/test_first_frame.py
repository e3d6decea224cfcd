"""What is drawn first is all there is, and waits for nothing that only answers need."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal

pytestmark = pytest.mark.terminal

SIZES = [(80, 24), (120, 40)]
DARK_PRIMARY, DARK_SECONDARY = "4fa3d9", "7d8fb3"
BEHIND_IT = (
    "duckdb", "boto3", "botocore", "flowtui.sample", "flowtui.backends.duckdb",
    "flowtui.backends.cloudwatch", "flowtui.query.ast", "flowtui.query.parser",
    "flowtui.query.check", "flowtui.flowlogs", "flowtui.engine.drill", "sqlite3",
    "flowtui.engine.investigation", "flowtui.journal.autosave", "flowtui.engine.runner",
    "flowtui.cli.headless", "flowtui.cli.exit",
)  # fmt: skip
"""Packages and modules that only answers need."""


def start(tmp_path: Path, size: tuple[int, int] = (120, 40)) -> Terminal:
    argv = [sys.executable, "-m", "tests.terminal.first_frame_app", str(tmp_path / "first")]
    env = {"XDG_CONFIG_HOME": str(tmp_path), "COLORTERM": "truecolor"}
    return Terminal(argv, columns=size[0], rows=size[1], env=env)


def first_frame(tmp_path: Path) -> dict[str, list[str]]:
    """Its lines, and what was imported when it was drawn."""
    frame: dict[str, list[str]] = json.loads((tmp_path / "first").read_text())
    return frame


@pytest.mark.parametrize("size", SIZES)
def test_the_first_frame_is_the_whole_screen(size: tuple[int, int], tmp_path: Path) -> None:
    with start(tmp_path, size) as terminal:
        terminal.wait_for_text("parse: ")
        first = first_frame(tmp_path)["lines"]
        assert without_parse(first) == without_parse(terminal.lines)
    text = "\n".join(first)
    for shown in ("/vpc/incident", "all times", "F5 runs the query", "╭─ Query ─", "stats sum(",
                  "| limit 20", "╭─ Results ─", "F5 Run", "^g Groups", "^q Quit"):  # fmt: skip
        assert shown in text


def without_parse(lines: list[str]) -> list[str]:
    """The lines but for the right half of borders, where the format is named once it is known."""
    return [line.split("───")[0].rstrip() for line in lines]


def test_the_first_frame_has_the_colours_of_the_query(tmp_path: Path) -> None:
    with start(tmp_path) as terminal:
        terminal.wait_for_text("Quit")
        y = next(y for y, text in enumerate(terminal.lines) if "stats sum(" in text)
        # The cursor stands on the first letter.
        colours = {
            word: terminal.screen.buffer[y][terminal.lines[y].index(word)].fg
            for word in ("tats", "sum", "as ", "by ")
        }
    assert colours == {
        "tats": DARK_PRIMARY, "sum": DARK_SECONDARY, "as ": DARK_PRIMARY, "by ": DARK_PRIMARY
    }  # fmt: skip


def test_what_answers_need_is_imported_behind_the_first_frame(tmp_path: Path) -> None:
    with start(tmp_path) as terminal:
        terminal.wait_for_text("parse: ")
    imported = first_frame(tmp_path)["imported"]
    assert "flowtui.query.lexer" in imported
    too_early = [
        name for name in imported if name.startswith(tuple(f"{each}." for each in BEHIND_IT))
    ]  # fmt: skip
    assert [*too_early, *set(BEHIND_IT).intersection(imported)] == []
