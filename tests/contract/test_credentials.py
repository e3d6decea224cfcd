"""Who asks: nothing prompts on the terminal, and whatever goes wrong is one sentence."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from flowtui.backends.aws import client
from flowtui.backends.aws.request_context import sso_profile
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.engine.watch import watch
from flowtui.model.errors import (
    BackendError,
    CredentialsError,
    Declined,
    FlowtuiError,
    Unreachable,
)
from flowtui.model.run import Query, RunState, Snapshot
from tests.contract.conftest import PATIENCE, WINDOW, Connect, MakeCanned, no_sleep

QUERY = Query("fields srcaddr", WINDOW, ("/vpc/edge",))
STARTED: dict[str, object] = {"queryId": "q-1"}
COMPLETE: dict[str, object] = {"status": "Complete", "results": []}
MFA = (
    "[profile base]\naws_access_key_id = A\naws_secret_access_key = B\n"
    "[profile mfa]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n"
    "mfa_serial = arn:aws:iam::1:mfa/u\n"
)
ASSUMED = (
    b'<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>'
    b"<Credentials><AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    b"<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
    b"<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn><AssumedRoleId>a:s</AssumedRoleId>"
    b"</AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
)
WRONG_CODE = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>"
    b"MultiFactorAuthentication failed with invalid MFA one time pass code.</Message></Error>"
    b"</ErrorResponse>"
)


class Asked:
    """A user with these answers."""

    def __init__(self, *answers: str) -> None:
        self.questions: list[str] = []
        self._answers = iter(answers)

    def __call__(self, question: str) -> str:
        self.questions.append(question)
        return next(self._answers, "")


async def results_of(backend: CloudWatchBackend, *, renewal: float = 0.0) -> list[Snapshot]:
    snapshots = watch(backend, QUERY, WINDOW, sleep=no_sleep, renewal=renewal)
    async with aclosing(snapshots):
        return [snapshot async for snapshot in snapshots]


def configure(text: str) -> None:
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(text)


def backend_of(profile: str, ask: Asked | None = None) -> CloudWatchBackend:
    return CloudWatchBackend(profile=profile, patience=PATIENCE, ask=ask)


# MFA


async def test_a_code_is_asked_for_sent_and_its_session_kept_for_the_cli(
    canned: MakeCanned, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(MFA)
    run = (200, STARTED), (200, COMPLETE)
    server = canned((200, ASSUMED), *run, *run)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    ask = Asked("654321")
    assert (await results_of(backend_of("mfa", ask)))[-1].state is RunState.COMPLETE
    assert ask.questions == ["Enter MFA code for arn:aws:iam::1:mfa/u"]
    assert "TokenCode=654321" in server.forms[0]
    (kept,) = (tmp_path / ".aws" / "cli" / "cache").iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    await results_of(backend_of("mfa", ask))
    assert len(ask.questions) == 1


async def test_without_a_screen_a_code_is_not_asked_for() -> None:
    configure(MFA)
    with pytest.raises(CredentialsError, match="can't be entered here"):
        await results_of(backend_of("mfa"))


async def test_who_gives_no_code_may_do_so_the_next_time(
    canned: MakeCanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(MFA)
    server = canned((200, ASSUMED), (200, STARTED), (200, COMPLETE))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    backend = backend_of("mfa", Asked("", "123456"))
    with pytest.raises(Declined, match="No MFA code was given"):
        await results_of(backend)
    assert (await results_of(backend))[-1].state is RunState.COMPLETE


async def test_a_wrong_code_is_no_lack_of_permission(
    canned: MakeCanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(MFA)
    monkeypatch.setenv("AWS_ENDPOINT_URL", canned((403, WRONG_CODE)).url)
    with pytest.raises(CredentialsError, match="does not accept the MFA code of profile mfa"):
        await results_of(backend_of("mfa", Asked("123456")))


async def test_a_code_that_is_none_is_not_sent() -> None:
    configure(MFA)
    with pytest.raises(CredentialsError, match="An MFA code has 6 digits"):
        await results_of(backend_of("mfa", Asked("12")))


async def test_a_stop_asks_nobody(
    canned: MakeCanned, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(MFA)
    server = canned((200, ASSUMED), (200, STARTED))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    ask = Asked("123456", "654321")
    backend = backend_of("mfa", ask)
    handle = await backend.start(QUERY, WINDOW)
    backend._calls.clients.reset()
    for kept in (tmp_path / ".aws" / "cli" / "cache").iterdir():
        kept.unlink()
    with pytest.raises(CredentialsError, match="can't be entered here"):
        await backend.stop(handle)
    assert len(ask.questions) == 1


# SSO

SSO = (
    "[profile corp]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n"
    "[sso-session corp]\nsso_start_url = https://d-1.awsapps.com/start\nsso_region = eu-west-1\n"
)


async def test_a_session_that_is_not_open_names_the_command_that_opens_it() -> None:
    configure(SSO)
    with pytest.raises(CredentialsError, match="run `aws sso login --profile corp`") as caught:
        await results_of(backend_of("corp"))
    assert caught.value.login == ("aws", "sso", "login", "--profile", "corp")


async def test_the_session_of_a_source_profile_is_the_one_to_open() -> None:
    configure(SSO + "[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = corp\n")
    with pytest.raises(CredentialsError) as caught:
        await results_of(backend_of("r"))
    assert caught.value.login == ("aws", "sso", "login", "--profile", "corp")


@pytest.mark.parametrize(
    ("name", "found"), [("a", ""), ("", "default"), ("loop", ""), ("b", "default"), ("x", "")]
)
def test_the_profile_with_an_sso_session_is_looked_for_at_the_source(name: str, found: str) -> None:
    profiles = {
        "default": {"sso_start_url": "https://d"}, "a": {"region": "r"},
        "b": {"source_profile": "default"}, "loop": {"source_profile": "loop"},
    }  # fmt: skip
    assert sso_profile(name, profiles) == found


# Expiry


async def test_a_credential_that_expires_keeps_rows_and_query_id(
    canned: MakeCanned, connect: Connect
) -> None:
    row = [{"field": "srcaddr", "value": "10.0.0.1"}]
    running: dict[str, object] = {"status": "Running", "results": [row]}
    expired: dict[str, object] = {"__type": "ExpiredTokenException", "message": "expired"}
    done = running | {"status": "Complete"}
    server = canned((200, STARTED), (200, running), (400, expired), (400, expired), (200, done))
    seen = await results_of(connect(server.url), renewal=60)
    assert [snapshot.state for snapshot in seen] == ["Running"] * 3 + ["Complete"]
    assert all(snapshot.results.rows == (("10.0.0.1",),) for snapshot in seen)
    assert "have expired; set new ones" in seen[1].notices[0]
    assert server.asked == ["StartQuery"] + ["GetQueryResults"] * 4
    assert {body.get("queryId") for body in server.bodies[1:]} == {"q-1"}


async def test_the_renewed_credentials_are_those_that_are_used_next(
    canned: MakeCanned, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired: dict[str, object] = {"__type": "ExpiredTokenException", "message": "expired"}
    server = canned((200, STARTED), (400, expired), (200, COMPLETE))
    backend = connect(server.url)
    snapshots = watch(backend, QUERY, WINDOW, sleep=no_sleep, renewal=60)
    async with aclosing(snapshots):
        assert (await anext(snapshots)).notices
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDNEW")
        await anext(snapshots)
    session = backend._calls.clients._session
    assert session.get_credentials().access_key == "AKIDNEW"


# What else goes wrong


def error(code: str, message: str) -> dict[str, object]:
    return {"__type": code, "message": message}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            error("AccessDeniedException", "User: u is not authorized"),
            BackendError,
            "the keys in AWS_ACCESS_KEY_ID may not logs:StartQuery: User: u is not authorized",
        ),
        (
            error("InvalidSignatureException", "Signature expired: 1 is now earlier than 2"),
            CredentialsError,
            "set this machine's clock right",
        ),
        (error("ExpiredTokenException", "expired"), CredentialsError, "have expired; set new ones"),
        (error("UnrecognizedClientException", "invalid"), CredentialsError, "set others"),
    ],
)
async def test_what_the_service_refuses_is_one_sentence(
    answer: dict[str, object],
    kind: type[FlowtuiError],
    words: str,
    canned: MakeCanned,
    connect: Connect,
) -> None:
    with pytest.raises(kind) as caught:
        await results_of(connect(canned((400, answer)).url))
    assert words in str(caught.value)


@pytest.fixture
def closed() -> str:
    """A port that nobody listens at."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{unused.getsockname()[1]}"


async def test_a_proxy_that_is_not_there_is_one_sentence(
    closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{closed}")
    with pytest.raises(Unreachable, match="The proxy for CloudWatch Logs in us-east-1 can't be"):
        await results_of(CloudWatchBackend(patience=PATIENCE))


async def test_tls_that_is_not_trusted_is_one_sentence(
    canned: MakeCanned, connect: Connect
) -> None:
    url = canned((200, STARTED)).url.replace("http:", "https:")
    with pytest.raises(Unreachable, match="There is no trusted TLS connection"):
        await results_of(connect(url))


async def test_a_credential_process_that_fails_is_one_sentence(tmp_path: Path) -> None:
    script = tmp_path / "process"
    script.write_text("#!/bin/sh\necho please log in >&2\nexit 3\n")
    script.chmod(0o700)
    configure(f"[profile tool]\ncredential_process = {script}\n")
    with pytest.raises(CredentialsError, match="please log in"):
        await results_of(backend_of("tool"))


async def test_a_credential_process_that_does_not_end_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flowtui.backends.aws.client._PROCESS_SECONDS", 0.1)
    configure("[profile tool]\ncredential_process = sleep 60\n")
    with pytest.raises(CredentialsError, match="does not end"):
        await results_of(backend_of("tool"))


async def test_a_credential_process_does_not_outlive_us(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = tmp_path / "process"
    script.write_text(f"#!/bin/sh\nexec > {pipe}\necho runs\nsleep 60\n")
    script.chmod(0o700)
    configure(f"[profile tool]\ncredential_process = {script}\n")
    backend = backend_of("tool")
    asking = asyncio.ensure_future(results_of(backend))
    with await asyncio.to_thread(pipe.open) as said:
        assert await asyncio.to_thread(said.readline) == "runs\n"
        await backend.close()
        # The end of the pipe is the end of all that had it open.
        assert await asyncio.to_thread(said.read) == ""
    with pytest.raises(CredentialsError):
        await asking
    with pytest.raises(CredentialsError, match="flowtui ends"):
        await results_of(backend)


def test_nor_does_one_that_begins_while_the_others_are_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    helpers = client._Helpers()
    helpers.end()
    with pytest.raises(CredentialsError, match="flowtui ends"):
        client._Detached(helpers, ["sleep", "60"])
    monkeypatch.setattr(client._Helpers, "check", lambda _: None)  # it has looked before the end
    assert client._Detached(helpers, ["sleep", "60"]).wait() == -signal.SIGKILL


def test_asking_takes_no_credentials_before_the_first_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a metadata service that does not answer nor a broken profile delays the screen."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_PROFILE", "nope")
    backend = CloudWatchBackend(patience=replace(PATIENCE))
    assert backend.place == "env keys/us-east-1"
    assert backend._calls.clients._session is None
