"""Profiles and regions, from the files of the AWS configuration."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from flowtui.backends.aws.accounts import place_name, profiles, regions
from flowtui.backends.base import Profile
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.scripted import ScriptedBackend
from flowtui.model.errors import BackendError, CredentialsError
from tests.contract.conftest import PATIENCE, Serve

CONFIG = """\
[default]
region = us-east-1
[profile corp]
sso_session = corp
sso_account_id = 1
[sso-session corp]
sso_start_url = https://d-1.awsapps.com/start
[profile admin]
role_arn = arn:aws:iam::1:role/r
source_profile = default
mfa_serial = arn:aws:iam::1:mfa/u
region = eu-west-1
[profile tool]
credential_process = /bin/tool
[profile china]
region = cn-north-1
"""


@pytest.fixture(autouse=True)
def _configuration(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(CONFIG)
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = B\n"
    )


async def test_each_profile_says_how_it_gets_its_credentials() -> None:
    assert await profiles() == (
        Profile("default", "keys", "us-east-1"),
        Profile("corp", "SSO"),
        Profile("admin", "role, MFA", "eu-west-1"),
        Profile("tool", "process"),
        Profile("china", "", "cn-north-1"),
    )


async def test_a_profile_that_is_not_there_does_not_hide_those_that_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nope")
    assert len(await profiles()) == 5


@pytest.fixture
def _broken(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile x\n")


@pytest.mark.usefixtures("_broken")
async def test_a_broken_configuration_is_one_sentence_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=f"correct {tmp_path}/config$"):
        await profiles()


async def test_the_regions_are_those_of_the_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "eu-west-1" in await regions(None)
    monkeypatch.delenv("AWS_REGION")
    assert "cn-north-1" in await regions("china")
    assert "eu-west-1" not in await regions("china")
    assert "us-east-1" in await regions("corp")


@pytest.mark.parametrize("environment", [
    {}, {"AWS_REGION": "ap-south-1"}, {"AWS_DEFAULT_REGION": "ap-south-1"},
    {"AWS_PROFILE": "admin"}, {"AWS_PROFILE": "china", "AWS_REGION": "ap-south-1"},
    {"AWS_PROFILE": "china", "AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "s"},
])  # fmt: skip
@pytest.mark.parametrize("options", [(None, None), ("china", None), (None, "eu-west-3")])
async def test_the_name_of_a_place_is_known_without_asking_there(
    environment: dict[str, str],
    options: tuple[str | None, str | None],
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What F9 has kept of a log group is found by it."""
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    profile, region = options
    url = serve(ScriptedBackend()).url
    backend = CloudWatchBackend(profile=profile, region=region, endpoint_url=url, patience=PATIENCE)
    # Whether anybody is let in does not matter.
    with suppress(BackendError):
        await backend.describe("/vpc/edge")
    assert place_name(profile, region) == backend.place
