"""Several flowtui at once on one state file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

RUNS, KILLED_AT = 100, 30


def writer(path: Path, session: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.unit.journal_writer", str(path), session, str(RUNS)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603


def kill(process: subprocess.Popen[str]) -> int:
    """In the midst of its work; how many runs it has written."""
    assert process.stdout is not None
    written = 0
    for line in process.stdout:
        written = int(line) + 1
        if written > KILLED_AT:
            process.kill()
    return written


def test_five_that_write_and_some_that_are_killed_leave_it_whole(tmp_path: Path) -> None:
    """More than 2,000 transactions that write; what was written is there."""
    path = tmp_path / "state" / "state.db"
    processes = {str(number): writer(path, str(number)) for number in range(5)}
    written = dict.fromkeys(processes, RUNS)
    for session in ("0", "1"):
        written[session] = kill(processes[session])
        processes[f"after {session}"] = writer(path, f"after {session}")
    assert "".join(process.communicate()[1] for process in processes.values()) == ""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        found = dict(connection.execute("select session, count(*) from runs group by 1"))
        ended = connection.execute("select count(*) from runs where ended_ms is null").fetchall()
    for session, count in {**dict.fromkeys(processes, RUNS), **written}.items():
        assert count <= found[session] <= RUNS
    assert ended <= [(2,)]
    assert sorted(each.name for each in path.parent.iterdir()) == ["state.db", "state.lock"]
