"""What variables of the environment decide is said by their names, with what to do about it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.model.errors import BackendError
from flowtui.model.run import Query
from tests.contract.conftest import PATIENCE, WINDOW, MakeCanned

QUERY = Query("fields srcaddr", WINDOW, ("/vpc/edge",))
SSO = (
    "[profile sso]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n"
    "[sso-session corp]\nsso_start_url = https://d-1.awsapps.com/start\nsso_region = us-east-1\n"
)
ID, SECRET, TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
KEYS = {ID: "a", SECRET: "b", TOKEN: "c"}
EXPIRED = ("ExpiredTokenException", "expired")
UNKNOWN = ("UnrecognizedClientException", "The security token included is invalid.")
UNSIGNED = ("InvalidSignatureException", "does not match")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (ID, SECRET):
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text(SSO)
    (tmp_path / "credentials").write_text(
        "[temp]\naws_access_key_id = A\naws_secret_access_key = B\naws_session_token = C\n"
    )


async def refusal(backend: CloudWatchBackend) -> str:
    with pytest.raises(BackendError) as caught:
        await backend.start(QUERY, WINDOW)
    return str(caught.value)


def put(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("variables", "answer", "sentence"),
    [
        (
            KEYS | {"AWS_PROFILE": "sso"},
            EXPIRED,
            f"The keys in {ID} and {TOKEN} have expired; set new ones, or unset them to use "
            "profile sso",
        ),
        (
            {ID: "a", SECRET: "b", "AWS_DEFAULT_PROFILE": "sso"},
            UNKNOWN,
            f"AWS does not accept the keys in {ID} in us-east-1: The security token included is "
            "invalid; set others, or unset them to use profile sso",
        ),
        (KEYS, EXPIRED, f"The keys in {ID} and {TOKEN} have expired; set new ones"),
        (
            {ID: "a", SECRET: "b", "AWS_SECURITY_TOKEN": "c"},
            EXPIRED,
            f"The keys in {ID} and AWS_SECURITY_TOKEN have expired; set new ones",
        ),
        (
            KEYS | {"AWS_PROFILE": "sso"},
            UNSIGNED,
            f"AWS does not accept the secret in {SECRET}: does not match; set the one that belongs "
            f"to {ID}, or unset them to use profile sso",
        ),
        (
            KEYS | {ID: "AKIAX"},
            UNKNOWN,
            f"{TOKEN} is left over from a session: the key in {ID} is a long-term one and has "
            f"none; unset {TOKEN}",
        ),
        (
            {ID: "ASIAX", SECRET: "b"},
            UNKNOWN,
            f"The key in {ID} is one of a session, and {TOKEN} is not set; set it too, or other "
            "keys",
        ),
        (
            KEYS | {"AWS_PROFILE": "sso"},
            ("AccessDeniedException", "User: u may not"),
            f"the keys in {ID} and {TOKEN} may not logs:StartQuery: User: u may not; ask for the "
            "permission or choose another profile",
        ),
        (
            {"AWS_PROFILE": "temp"},
            EXPIRED,
            "The keys of profile temp in CREDENTIALS have expired; put new ones there and try "
            "again",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else None,
)
async def test_the_keys_that_are_refused_are_named(
    variables: dict[str, str],
    answer: tuple[str, str],
    sentence: str,
    canned: MakeCanned,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(monkeypatch, **variables)
    code, message = answer
    url = canned((400, {"__type": code, "message": message})).url
    said = await refusal(CloudWatchBackend(endpoint_url=url, patience=PATIENCE))
    credentials = os.environ["AWS_SHARED_CREDENTIALS_FILE"]
    assert said == sentence.replace("CREDENTIALS", credentials)


async def test_a_profile_that_was_chosen_wins_over_keys_of_the_environment(
    canned: MakeCanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(monkeypatch, **KEYS)
    server = canned((400, {"__type": EXPIRED[0], "message": "expired"}))
    backend = CloudWatchBackend(profile="temp", endpoint_url=server.url, patience=PATIENCE)
    assert "The keys of profile temp in" in await refusal(backend)
    assert backend.place == "temp/us-east-1"


async def test_a_title_does_not_name_the_profile_that_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(monkeypatch, **KEYS, AWS_PROFILE="sso")
    assert CloudWatchBackend(patience=PATIENCE).place == "env keys/us-east-1"


async def test_half_of_the_keys_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, **{ID: "a", "AWS_PROFILE": "sso"})
    assert await refusal(CloudWatchBackend(patience=PATIENCE)) == (
        f"{ID} is set, but {SECRET} is not; set both, or neither to use profile sso"
    )


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
async def test_a_variable_that_names_no_profile_is_named_with_the_files(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(monkeypatch, **{name: "nope"})
    files = f"{tmp_path}/config or {tmp_path}/credentials"
    assert await refusal(CloudWatchBackend(patience=PATIENCE)) == (
        f"{name} names profile nope, which is not in {files}; set it to one of those that "
        "`aws configure list-profiles` names, or unset it"
    )
    said = await refusal(CloudWatchBackend(profile="gone", patience=PATIENCE))
    assert said.startswith(f"There is no AWS profile gone in {files}; ")


async def test_a_file_that_is_not_there_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, AWS_CONFIG_FILE="/nowhere/config")
    said = await refusal(CloudWatchBackend(patience=PATIENCE))
    assert "for the default profile in /nowhere/config (there is no such file) or " in said


async def test_what_is_wrong_with_a_profile_names_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[profile r]\nrole_arn = arn:aws:iam::1:role/r\n")
    (tmp_path / "credentials").write_text("[half]\naws_access_key_id = A\n")
    put(monkeypatch, AWS_PROFILE="r")
    assert (await refusal(CloudWatchBackend(patience=PATIENCE))).endswith(f"{tmp_path}/config")
    put(monkeypatch, AWS_PROFILE="half")
    assert (await refusal(CloudWatchBackend(patience=PATIENCE))).endswith(f"{tmp_path}/credentials")


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
async def test_the_variable_that_sets_the_region_is_named(
    name: str, canned: MakeCanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    put(monkeypatch, **{ID: "a", SECRET: "b", name: "eu-west-1"})
    url = canned((200, {"logGroups": []})).url
    backend = CloudWatchBackend(endpoint_url=url, patience=PATIENCE)
    with pytest.raises(BackendError) as caught:
        await backend.describe("/vpc/edge")
    assert str(caught.value).endswith(f"check its name and the region, which {name} sets")
    chosen = CloudWatchBackend(region="eu-west-1", endpoint_url=url, patience=PATIENCE)
    with pytest.raises(BackendError, match=r"check its name and the region$"):
        await chosen.describe("/vpc/edge")
    put(monkeypatch, **{name: "eu west"})
    said = await refusal(CloudWatchBackend(patience=PATIENCE))
    assert said.startswith(f"The region in {name} is not one of AWS: ")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"])
async def test_the_variable_that_sends_requests_elsewhere_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(monkeypatch, **{ID: "a", SECRET: "b", name: "http://127.0.0.1:9"})
    assert await refusal(CloudWatchBackend(patience=PATIENCE)) == (
        "Can't connect to CloudWatch Logs in us-east-1: connection refused; "
        f"{name} sends its requests to http://127.0.0.1:9: correct or remove that"
    )
    put(monkeypatch, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true", HTTPS_PROXY="http://127.0.0.1:9")
    assert name not in await refusal(CloudWatchBackend(patience=PATIENCE))


async def test_a_variable_that_is_no_endpoint_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, **{ID: "a", SECRET: "b", "AWS_ENDPOINT_URL": "localhost:4566"})
    assert await refusal(CloudWatchBackend(patience=PATIENCE)) == (
        "AWS_ENDPOINT_URL is no endpoint: 'localhost:4566'; write it like http://127.0.0.1:4566"
    )


async def test_an_endpoint_of_the_configuration_names_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[default]\nendpoint_url = http://127.0.0.1:9\n")
    put(monkeypatch, **{ID: "a", SECRET: "b"})
    said = await refusal(CloudWatchBackend(patience=PATIENCE))
    assert f"an endpoint_url in {tmp_path}/config sends its requests to http://127.0.0.1:9" in said
