"""A fault under the screen: the terminal is as before, one sentence tells, and no secret does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.markers import ANSWER, MARKERS, plant
from tests.terminal.pty import Terminal, modes_left

pytestmark = pytest.mark.terminal

F1, F5, CTRL_Q = "\x1bOP", "\x1b[15~", "\x11"
KINDS = {
    "handler": F1,
    "drawn": F1,
    "thread": F1,
    "timer": F1,
    "worker": F1,
    "session": F1,
    "task": F1,
    "compose": F1,
    "render": "",
    "mount": "",
    "begin": "",
    "keys": "",
    "leave": CTRL_Q,
    "end": CTRL_Q,
}
"""The kinds of faults, and the key that brings each on."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_leaves_a_sentence_and_nothing_secret(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    argv = [sys.executable, "-m", "tests.terminal.fault_app", kind, "demo", "--query", "limit 5"]
    with Terminal(argv, columns=100, rows=30) as terminal:
        if KINDS[kind]:
            terminal.wait_for_text("limit 5")
            terminal.send(KINDS[kind])
        assert terminal.wait_exit() == 3
        assert terminal.is_restored
        assert not modes_left(bytes(terminal.output))
        written = bytes(terminal.output)
    said = written.rpartition(b"\x1b[?1049l")[2].decode()
    assert "flowtui: that was a fault of flowtui (" in said
    # One fault may lead to another a second later: all are in one file.
    (path,) = (tmp_path / "state" / "flowtui").glob("crash-*.txt")
    assert str(path) in "".join(said.split("\r\n"))
    assert path.stat().st_mode & 0o777 == 0o600
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    everything = written + b"".join(each.read_bytes() for each in files)
    assert b"Traceback" not in written
    for marker in MARKERS:
        assert marker.encode() not in everything


@pytest.mark.parametrize("kind", ["shown", "polled", "kept"])
def test_a_fault_amid_rows_tells_nothing_of_them(kind: str, tmp_path: Path) -> None:
    """Those that were on the screen are in the history, which is the user's; nowhere else."""
    flows = tmp_path / "flows.log"
    ends = "eni-1235b8ca123456789 172.31.16.139 172.31.16.21"
    record = f"2 123456789010 {ends} 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
    flows.write_text(f"{record}\n{ANSWER}\n")
    argv = [sys.executable, "-m", "tests.terminal.fault_app", kind, "open", str(flows)]
    with Terminal([*argv, "--query", "limit 5"], columns=100, rows=30) as terminal:
        terminal.wait_for_text("limit 5")
        terminal.send(F5)
        assert terminal.wait_exit() == 3
        assert terminal.is_restored
        said = bytes(terminal.output).rpartition(b"\x1b[?1049l")[2].decode()
    assert "flowtui: that was a fault of flowtui (LookupError)" in said
    (path,) = (tmp_path / "state" / "flowtui").glob("crash-*.txt")
    assert " failing: " in path.read_text()
    assert ANSWER not in said + path.read_text()
