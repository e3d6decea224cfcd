"""Streams that are closed, full, unread or in another encoding: the program as a shell has it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

COUNT = "stats count(*) as n"
ROWS = "fields srcaddr | sort srcaddr"


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    path = tmp_path / "flows.log"
    path.write_text("srcaddr start\n10.0.0.é→ 1648826280\n", encoding="utf-8")
    return path


def shell(
    command: str, flows: Path, env: Mapping[str, str] | None = None, keep: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    """What the shell command does in which FLOWTUI and FILE are words; `keep` is a descriptor."""
    program = shlex.join([sys.executable, "-m", "flowtui"])
    words = command.replace("FLOWTUI", program).replace("FILE", f"--file {flows}")
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONUTF8", "PYTHONIOENCODING")}
    return subprocess.run(  # noqa: S603  (our own program)
        ["/bin/bash", "-c", words],
        capture_output=True,
        check=False,
        pass_fds=() if keep is None else (keep,),
        env={**clean, "XDG_STATE_HOME": str(flows.parent / "state"), **(env or {})},
    )


COMMANDS = (
    (f"query FILE '{COUNT}'", "the rows"),
    (f"query FILE --output json '{COUNT}'", "the rows"),
    ("check 'fields strlenn(x)'", "the output"),
    ("drill FILE 'stats count(*) by srcaddr' --row '{\"srcaddr\": \"a\"}'", "the output"),
    ("serve FILE", "the output"),
    ("--help", "the output"),
    ("query --help", "the output"),
    ("--version", "the output"),
)


@pytest.mark.parametrize(("command", "what"), COMMANDS)
@pytest.mark.parametrize(
    ("target", "reason"),
    [("/dev/full", "No space left on device"), ("&-", "stdout is closed")],
)
def test_what_can_not_be_written_is_a_sentence(
    command: str, what: str, target: str, reason: str, flows: Path
) -> None:
    ended = shell(f"FLOWTUI {command} >{target}", flows)
    assert ended.returncode == 3
    assert ended.stderr.decode() == f"flowtui: {what} can't be written: {reason}\n"


@pytest.mark.parametrize("command", ["--help", f"query FILE '{ROWS}'"])
def test_without_a_reader_it_ends_as_the_coreutils_do(command: str, flows: Path) -> None:
    # The pipe has lost its reader before anything is written, whoever is faster.
    read, write = os.pipe()
    os.close(read)
    ended = shell(f"exec FLOWTUI {command} >&{write}", flows, keep=write)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (-signal.SIGPIPE, b"")


@pytest.mark.parametrize("closed", ["2>&-", "<&-", "<&- 2>&-", "2>/dev/full"])
def test_without_stderr_or_stdin_the_rows_are_there(closed: str, flows: Path) -> None:
    # The warning of the unknown field has nowhere to go.
    ended = shell(f"FLOWTUI query FILE 'filter nofield = 1 or 1 = 1 | {COUNT}' {closed}", flows)
    assert (ended.returncode, ended.stdout) == (0, b"n\n1\n")


def test_without_stdin_no_query_comes_from_it(flows: Path) -> None:
    ended = shell("FLOWTUI query FILE - <&-", flows)
    assert ended.returncode == 1
    assert b"the query is empty" in ended.stderr


def test_without_any_stream_the_code_is_right(flows: Path) -> None:
    assert shell("FLOWTUI query FILE 'fields' <&- >&- 2>&-", flows).returncode == 1
    assert shell(f"FLOWTUI query FILE '{COUNT}' <&- >&- 2>&-", flows).returncode == 3


LOCALES: tuple[dict[str, str], ...] = (
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONIOENCODING": "utf-8:strict"},
)
SHOWN = {"ascii": "10.0.0.??", "latin-1": "10.0.0.é?", "utf-8:strict": "10.0.0.é→"}


@pytest.mark.parametrize("env", LOCALES, ids=str)
def test_what_an_encoding_has_not_is_replaced(env: dict[str, str], flows: Path) -> None:
    name = env.get("PYTHONIOENCODING", "ascii")
    table = shell(f"FLOWTUI query FILE '{ROWS}'", flows, env)
    assert (table.returncode, table.stderr) == (0, b"")
    assert table.stdout.decode(name.partition(":")[0]) == f"srcaddr\n{SHOWN[name]}\n"
    # JSON has a way of its own to write every character.
    rows = shell(f"FLOWTUI query FILE --output json '{ROWS}'", flows, env)
    assert json.loads(rows.stdout)[0]["srcaddr"] == "10.0.0.é→"
    wrong = shell("FLOWTUI check 'fields \"é→\" strlenn(x)' >&2", flows, env)
    assert wrong.returncode == 1
    assert b"Traceback" not in wrong.stderr
    assert SHOWN[name][-2:] in wrong.stderr.decode(name.partition(":")[0])
