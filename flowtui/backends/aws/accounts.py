"""The profiles of the AWS configuration, and the regions there are. Nothing asks the network."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from flowtui.backends.aws.errors import ours
from flowtui.backends.aws.request_context import place_of
from flowtui.backends.base import Profile
from flowtui.backends.daemon import submit

T = TypeVar("T")

_MEANS = (
    ("sso_session", "SSO"),
    ("sso_start_url", "SSO"),
    ("login_session", "login"),
    ("role_arn", "role"),
    ("web_identity_token_file", "web identity"),
    ("mfa_serial", "MFA"),
    ("credential_process", "process"),
    ("aws_access_key_id", "keys"),
)
"""The settings of a profile that say how it gets its credentials."""


async def profiles() -> tuple[Profile, ...]:
    """In the order of the files; raises `CredentialsError` where they can't be read."""
    return await _apart(_profiles)


async def regions(profile: str | None) -> tuple[str, ...]:
    """Those of the partition that the profile's region is in; raises `CredentialsError`."""
    return await _apart(lambda: _regions(profile))


def place_name(profile: str | None, region: str | None) -> str:
    """The name that a backend for them has for its place, once it has asked for something."""
    return _translated(lambda: _place_name(profile, region))


async def _apart(work: Callable[[], T]) -> T:
    """`work` in a thread of its own: importing botocore takes its time."""
    return await asyncio.wrap_future(submit(lambda: _translated(work)))


def _translated(work: Callable[[], T]) -> T:
    from botocore.exceptions import BotoCoreError

    try:
        return work()
    except (BotoCoreError, OSError, ValueError) as error:
        place = place_of(None, None, None)
        raise ours(error, place, "Reading the configuration") from error


def _profiles() -> tuple[Profile, ...]:
    import botocore.session

    # The profile that the environment names may be none; the list says which there are.
    session = botocore.session.Session()
    session.set_config_variable("profile", None)
    known: Mapping[str, Mapping[str, Any]] = session.full_config.get("profiles", {})
    return tuple(
        Profile(name, described(values), str(values.get("region", "")))
        for name, values in known.items()
    )


def described(values: Mapping[str, Any]) -> str:
    """`role, MFA`; empty where it is unknown how the profile gets its credentials."""
    return ", ".join(dict.fromkeys(means for key, means in _MEANS if key in values))


def _regions(profile: str | None) -> tuple[str, ...]:
    import botocore.session

    session = botocore.session.Session(profile=profile)
    region = os.environ.get("AWS_REGION") or session.get_config_variable("region")
    partition = session.get_partition_for_region(region) if region else "aws"
    return tuple(session.get_available_regions("logs", partition))


def _place_name(profile: str | None, region: str | None) -> str:
    import botocore.session

    place = place_of(profile, region, None)
    configured = botocore.session.Session(profile=profile).get_config_variable("region")
    return replace(place, region=place.region or configured or "").label
