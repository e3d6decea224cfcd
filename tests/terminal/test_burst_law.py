"""The burst law: keys that arrive in one read do what they do one by one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.terminal.burst import Twins, sequence, twins

pytestmark = pytest.mark.terminal

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start"
    " end action log-status"
)
FIRST_SECOND = 1_648_810_800
LENGTHS = (2, 12)
IS_BY_HAND = os.environ.get("HYPOTHESIS_PROFILE") in ("hand", "night")
"""Then other sequences are tried in each run, and more of them."""
COUNT = 150 if IS_BY_HAND else 12


def write_flows(path: Path, count: int) -> Path:
    flows = (
        f"2 123456789010 eni-{i % 3} 10.0.0.{i % 7} 10.0.1.{i % 11} {40_000 + i}"
        f" {(443, 22, 53)[i % 3]} 6 {i + 1} {i * 977 % 50_000} {FIRST_SECOND + 7 * i}"
        f" {FIRST_SECOND + 7 * i + 60} {('ACCEPT', 'REJECT')[i % 4 == 0]} OK"
        for i in range(count)
    )
    path.write_text("\n".join((HEADER, *flows)) + "\n")
    return path


QUERY = "\x1b[200~stats sum(bytes) as b by srcaddr, dstaddr | sort b desc\x1b[201~"


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    with twins(tmp_path_factory.mktemp("scripted"), [], (100, 30)) as both:
        yield both


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    folder = tmp_path_factory.mktemp("files")
    paths = [write_flows(folder / f"{name}.log", 60) for name in ("article", "edge")]
    with twins(folder, paths, (80, 24)) as both:
        yield both


def begin(both: Twins) -> None:
    """Leave what dialogues are open, and have the rows of an aggregate in focus."""
    both.set_up(["Escape", "Escape", "Escape", "^e", "F2", QUERY, "F5", "^o"])


def test_f5_runs_what_backspace_left(files: Twins) -> None:
    begin(files)
    state = files.press(["^e", "F2", "limit 45", "Backspace", "F5"])
    assert state["text"] == "limit 4"
    assert "limit 4 " in state["last"]


def test_enter_after_f5_is_for_the_rows(files: Twins) -> None:
    begin(files)
    before = files.press(["^e"])["started"]
    state = files.press(["F5", "Enter"])
    assert state["started"] == before + 2
    assert "stats" not in state["last"]


def test_f12_reads_what_f5_has_entered(files: Twins) -> None:
    begin(files)
    files.press(["^e", "F2", "limit 321", "F5", "F12"])
    assert files.text.count("limit 321") >= 2


def test_editing_keys_and_letters_keep_their_order(scripted: Twins) -> None:
    begin(scripted)
    keys = ["^e", "F2", "limit 4x", "Left", "Del", "Home", "# ", "End", "5", "Backspace", "6"]
    assert scripted.press(keys)["text"] == "# limit 46"


def test_a_search_has_what_was_typed_into_its_dialogue(scripted: Twins) -> None:
    begin(scripted)
    scripted.press(["/", "10.0.20.1X", "Backspace", "1", "Enter"])
    assert "no row contains 10.0.20.11" in scripted.text


def test_space_marks_the_group_that_the_arrow_has_gone_to(scripted: Twins) -> None:
    begin(scripted)
    state = scripted.press(["^g", "article", "Down", "Space", "Enter"])
    assert state["groups"] == ["/vpc/edge", "/vpc/article-old"]


@pytest.mark.parametrize("keys", [["y", "c"], ["e", "f"], ["a", "hello", "Enter"]])
def test_letters_after_the_key_of_a_dialogue_are_for_it(scripted: Twins, keys: list[str]) -> None:
    begin(scripted)
    before = scripted.press([])
    after = scripted.press(keys)
    assert after["screens"] == ["WorkspaceScreen"]
    assert after["started"] == before["started"]


def test_one_dialogue_at_a_time_is_opened(scripted: Twins) -> None:
    begin(scripted)
    assert len(scripted.press(["t", "p"])["screens"]) == 2


def test_text_after_the_key_to_the_editor_is_for_the_editor(scripted: Twins) -> None:
    begin(scripted)
    assert scripted.press(["^e", "F2", "limit 9"])["text"] == "limit 9"


def test_enter_in_the_palette_runs_nothing_that_is_not_listed(scripted: Twins) -> None:
    begin(scripted)
    assert len(scripted.press(["^p", "qq", "Enter"])["screens"]) == 2


@pytest.mark.parametrize("backend", ["scripted", "files"])
def test_any_keys_do_the_same_in_one_read(backend: str, request: pytest.FixtureRequest) -> None:
    both: Twins = request.getfixturevalue(backend)
    seed = secrets.randbits(32) if IS_BY_HAND else 1
    print(f"seed {seed}")  # noqa: T201  (shown where it fails)
    random = Random(seed)  # noqa: S311  (nothing is kept secret)
    begin(both)
    for _ in range(COUNT):
        both.press(sequence(random, random.randint(*LENGTHS)))
