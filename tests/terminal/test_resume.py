"""What is left of an investigation after a dropped link, a hangup and a kill: all of it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.pty import DEADLINE, Terminal

pytestmark = pytest.mark.terminal

F5, ENTER, BACKSPACE, CTRL_E, CTRL_O, CTRL_Q = "\x1b[15~", "\r", "\x7f", "\x05", "\x0f", "\x11"
QUERY = "stats sum(bytes) as b by srcaddr, dstaddr | sort b desc | limit 20"
LATENCY = "5"


@pytest.fixture
def endpoint() -> Iterator[str]:
    argv = [sys.executable, "-m", "flowtui", "serve", "--demo", "--latency", LATENCY]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    return {
        **dict.fromkeys(names, str(tmp_path)),
        "AWS_ACCESS_KEY_ID": "A",
        "AWS_SECRET_ACCESS_KEY": "B",
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def flowtui(environment: dict[str, str], *options: str) -> Terminal:
    return Terminal([sys.executable, "-m", "flowtui", *options], env=environment)


def on(endpoint: str) -> list[str]:
    time = ("--start", "2022-04-01", "--end", "2100-01-01")
    return ["--endpoint-url", endpoint, "--log-group", "/vpc/incident", *time, "--query", QUERY]


def queries(endpoint: str) -> list[str]:
    """The states of all queries of the service, the newest first."""
    connection = HTTPConnection(endpoint.removeprefix("http://"), timeout=DEADLINE)
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "Logs_20140328.DescribeQueries",
    }
    try:
        connection.request("POST", "/", b"{}", headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return [query["status"] for query in answer["queries"]]


def saved(environment: dict[str, str]) -> str:
    """The newest record, as it is in the file."""
    path = Path(environment["XDG_STATE_HOME"]) / "flowtui" / "state.db"
    with closing(sqlite3.connect(path)) as connection:
        (record,) = connection.execute("select record from investigation").fetchone()
    return str(record)


def investigate(terminal: Terminal) -> None:
    """One step, the rows of a drill while it runs, and a text that is half written."""
    terminal.wait_for_text("parse: 27 fields")
    terminal.send(F5)
    terminal.wait_for_text("rows, complete")
    terminal.send(ENTER)
    terminal.wait_for_text("rows, running")
    terminal.send(CTRL_E)
    terminal.wait_for_text("F10 Format")
    terminal.send("# ticket 42 ")
    terminal.wait_for_text("# ticket 42")


def check_it_goes_on(terminal: Terminal) -> None:
    terminal.wait_for_text("resumed: 2 steps, last saved ")
    terminal.wait_for_text("rows so far")
    terminal.send(CTRL_E)
    terminal.wait_for_text("# ticket 42")
    terminal.send(CTRL_O + BACKSPACE)
    terminal.wait_for_text("rows, complete")
    terminal.send(CTRL_Q)
    assert terminal.wait_exit() == 0


def test_a_hangup_stops_the_query_and_the_work_goes_on_without_a_scan(
    endpoint: str, environment: dict[str, str]
) -> None:
    with flowtui(environment, *on(endpoint)) as terminal:
        investigate(terminal)
        terminal.signal(signal.SIGHUP)
        assert terminal.wait_exit() == 0
    assert queries(endpoint) == ["Cancelled", "Complete"]
    with flowtui(environment, "--resume") as terminal:
        check_it_goes_on(terminal)
    assert queries(endpoint) == ["Cancelled", "Complete"]


def test_a_link_that_drops_under_a_shell_which_hears_no_hangup_does_the_same(
    endpoint: str, environment: dict[str, str]
) -> None:
    program = [sys.executable, "-m", "flowtui", *on(endpoint)]
    shell = ["sh", "-c", 'trap "" HUP; "$@"; true', "sh", *program]
    with Terminal(shell, env=environment) as terminal:
        investigate(terminal)
        terminal.hang_up()
        assert terminal.process.wait(DEADLINE) == 0
    assert queries(endpoint) == ["Cancelled", "Complete"]
    with flowtui(environment, "--resume") as terminal:
        check_it_goes_on(terminal)


def test_a_query_that_outlives_a_killed_program_is_followed_to_its_end(
    endpoint: str, environment: dict[str, str]
) -> None:
    with flowtui(environment, *on(endpoint)) as terminal:
        terminal.wait_for_text("parse: 27 fields")
        terminal.send(F5)
        terminal.wait_for_text("rows, running")
        terminal.wait_for(lambda _: '"rows": 0' not in saved(environment))
        terminal.signal(signal.SIGKILL)
        terminal.process.wait()
    with flowtui(environment, "--resume") as terminal:
        terminal.wait_for_text("resumed: 1 step, last saved ")
        terminal.wait_for_text("rows, complete")
        terminal.send(CTRL_Q)
        assert terminal.wait_exit() == 0
    assert queries(endpoint) == ["Complete"]


def test_nothing_to_resume_is_a_sentence(environment: dict[str, str]) -> None:
    with flowtui(environment, "--resume") as terminal:
        assert terminal.wait_exit() == 2
        assert b"flowtui: there is nothing to resume" in terminal.output
    with flowtui(environment, "--resume", "--since", "1h") as terminal:
        assert terminal.wait_exit() == 2
        assert b"--resume brings back the query" in terminal.output


def test_the_sample_goes_on_with_the_records_that_it_had(environment: dict[str, str]) -> None:
    with flowtui(environment, "demo", "--query", QUERY) as terminal:
        terminal.wait_for_text("parse: 27 fields")
        terminal.send(F5)
        terminal.wait_for_text("rows, complete")
        terminal.send(ENTER)
        terminal.wait_for_text("@timestamp")
        before = terminal.wait_for_text("rows, complete")
        terminal.signal(signal.SIGHUP)
        assert terminal.wait_exit() == 0
    with flowtui(environment, "--demo", "--resume") as terminal:
        terminal.wait_for_text("@timestamp")
        after = terminal.wait_for_text("rows, complete")
        assert rows(after) == rows(before)


def rows(screen: str) -> list[str]:
    return [line for line in screen.splitlines() if " ACCEPT " in line or " REJECT " in line]
