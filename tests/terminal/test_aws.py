"""CloudWatch in a real terminal: nothing prompts on it, and it is lent to the AWS CLI and back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal

pytestmark = pytest.mark.terminal

F5, F6, ENTER, ESCAPE, CTRL_G, CTRL_Q = (
    "\x1b[15~", "\x1b[17~", "\r", "\x1b", "\x07", "\x11",
)  # fmt: skip
CONFIG = """\
[profile keys]
aws_access_key_id = A
aws_secret_access_key = B
region = eu-west-1
[profile corp]
sso_session = corp
sso_account_id = 1
sso_role_name = r
[sso-session corp]
sso_start_url = https://d-1.awsapps.com/start
sso_region = eu-west-1
[profile mfa]
role_arn = arn:aws:iam::1:role/r
source_profile = keys
mfa_serial = arn:aws:iam::1:mfa/u
region = eu-west-1
"""


@pytest.fixture
def endpoint() -> Iterator[str]:
    argv = [sys.executable, "-m", "flowtui", "serve", "--demo"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home with profiles, and an `aws` that says that it was there."""
    (tmp_path / "config").write_text(CONFIG)
    aws = tmp_path / "aws"
    aws.write_text(f"#!/bin/sh\necho the CLI has the terminal: $*\necho $* >> {tmp_path}/ran\n")
    aws.chmod(0o700)
    return {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }


def start(environment: dict[str, str], *options: str) -> Terminal:
    return Terminal([sys.executable, "-m", "flowtui", *options], env=environment)


def test_groups_are_picked_and_another_profile_too(
    endpoint: str, environment: dict[str, str]
) -> None:
    with start(environment, "--endpoint-url", endpoint, "--profile", "keys") as terminal:
        terminal.wait_for_text("F5 runs the query")
        terminal.send(CTRL_G)
        terminal.wait_for_text("27 fields")
        terminal.send("incident" + ENTER)
        terminal.wait_for_text("keys/eu-west-1")
        terminal.wait_for_text("parse: 27 fields")
        terminal.send(F6)
        terminal.wait_for_text("role, MFA")
        terminal.send("mfa" + ENTER)
        terminal.wait_for_text("Enter MFA code for arn:aws:iam::1:mfa/u")
        terminal.send(ESCAPE)
        terminal.wait_for_text("No MFA code was given")
        terminal.send(ESCAPE)
        terminal.wait_for(lambda text: "No MFA code" not in text and "Data_Transferred" in text)
        terminal.send(CTRL_Q)
        assert terminal.process.wait(120) == 0
    memory = Path(environment["XDG_STATE_HOME"]) / "flowtui" / "memory.json"
    assert memory.stat().st_mode & 0o777 == 0o600


def test_what_the_session_has_scanned_is_said_when_it_is_over(
    endpoint: str, environment: dict[str, str]
) -> None:
    options = ("--profile", "keys", "--log-group", "/vpc/incident", "--since", "1000w")
    with start(environment, "--endpoint-url", endpoint, *options) as terminal:
        terminal.wait_for_text("parse: 27 fields")
        terminal.send(F5)
        terminal.wait_for_text("Complete")
        terminal.send(CTRL_Q)
        assert terminal.wait_exit() == 0
        assert re.search(rb"flowtui: .*B scanned in this session \(~\$", terminal.output)


def test_the_terminal_is_lent_to_the_login(endpoint: str, environment: dict[str, str]) -> None:
    options = ("--profile", "corp", "--region", "eu-west-1", "--log-group", "/vpc/incident")
    with start(environment, "--endpoint-url", endpoint, *options) as terminal:
        terminal.wait_for_text("run aws sso login --profile corp here")
        terminal.send("l")
        lent = b"the CLI has the terminal: sso login --profile corp"
        terminal.wait_for(lambda _: lent in terminal.output)
        # The fake login opens no session, so it is offered once more after it.
        terminal.wait_for(lambda text: "the CLI has" not in text and "not now" in text)
        terminal.send("n")
        terminal.wait_for(lambda text: "not now" not in text)
        terminal.send(CTRL_Q)
        assert terminal.process.wait(120) == 0
    ran = (Path(environment["HOME"]) / "ran").read_text()
    assert ran == "sso login --profile corp\n"
