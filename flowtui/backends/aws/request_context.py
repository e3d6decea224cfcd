"""A request's service, identity and region, and their origins: sentences name what to change."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Container, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flowtui.model.command_words import option
from flowtui.model.frozen import frozen

_LONGEST = 300
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\s]+")

_ENDPOINTS = {
    "logs": "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "ec2": "AWS_ENDPOINT_URL_EC2",
    "s3": "AWS_ENDPOINT_URL_S3", "athena": "AWS_ENDPOINT_URL_ATHENA",
}  # fmt: skip
_SERVICES = {"logs": "CloudWatch Logs", "ec2": "EC2", "s3": "S3", "athena": "Athena"}
_HOSTS = {
    "logs": "CloudWatch Logs", "ec2": "EC2", "s3": "S3", "athena": "Athena", "sts": "STS",
    "portal": "the SSO portal", "oidc": "the SSO login",
}  # fmt: skip
"""The services by the first word of the names of their hosts."""
_AWS = (
    ".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".awsapps.com",
    ".c2s.ic.gov", ".sc2s.sgov.gov", ".csp.hci.ic.gov", ".cloud.adc-e.uk",
)  # fmt: skip
_LONG_TERM, _TEMPORARY = "AKIA", "ASIA"
"""How the ids of keys begin."""


@frozen
class Origins:
    """Which variables of the environment decide, and which files are read."""

    keys: tuple[str, ...] = ()
    """Those whose keys win over every profile; none where a profile was given as an option."""
    key_kind: str = ""
    """How the id of such a key begins, which shows whether a session token belongs to it."""
    profile: str = ""
    region: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """By service, the one that says where its requests go."""
    config: str = "~/.aws/config"
    credentials: str = "~/.aws/credentials"

    @property
    def named_keys(self) -> str:
        """`AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN`."""
        return " and ".join(self.keys)

    @property
    def token(self) -> str:
        return self.keys[1] if len(self.keys) > 1 else ""

    @property
    def has_stray_token(self) -> bool:
        return self.key_kind == _LONG_TERM and bool(self.token)

    @property
    def lacks_token(self) -> bool:
        return self.key_kind == _TEMPORARY and not self.token

    @property
    def files(self) -> str:
        return f"{missing(self.config)} or {missing(self.credentials)}"


@frozen
class RequestContext:
    """The service, the identity and the region of a request: every sentence needs them."""

    profile: str
    region: str
    endpoint: str = ""
    """Where it is not AWS's own."""
    sso_profile: str = ""
    """The profile to log in with, where the one in use gets its credentials by way of it."""
    origins: Origins = Origins()
    fallback: str = ""
    """The profile that would be used without the keys of the environment, if there is one."""
    keys_file: str = ""
    """The file with the keys of the profile, if it has keys there."""
    service: str = "logs"
    targets: Mapping[str, str] = field(default_factory=dict)
    """By service, where the environment or the configuration sends its requests instead."""

    @property
    def where(self) -> str:
        return self.endpoint or f"{self.service_name} in {self.region or 'this region'}"

    @property
    def service_name(self) -> str:
        return _SERVICES.get(self.service, self.service)

    @property
    def who(self) -> str:
        keys = self.origins.named_keys
        return f"the keys in {keys}" if keys else self.named_profile

    @property
    def named_profile(self) -> str:
        return f"profile {clean(self.profile)}" if self.profile else "the default profile"

    @property
    def name(self) -> str:
        """For titles: the profile, unless the keys of the environment win over it."""
        return "env keys" if self.origins.keys and self.profile else self.profile or "default"

    @property
    def label(self) -> str:
        """`prod/eu-west-1`."""
        return f"{self.name}/{self.region}".rstrip("/")

    @property
    def or_unset(self) -> str:
        """The other way than the keys of the environment."""
        return f", or unset them to use {self.fallback}" if self.fallback else ""

    @property
    def the_region(self) -> str:
        """For an advice to look at it: `the region, which AWS_REGION sets`."""
        by = self.origins.region
        return f"the region, which {by} sets" if by else "the region"

    @property
    def region_of(self) -> str:
        """Whose region it is, while nothing but the options and the environment was read."""
        if by := self.origins.region:
            return f"in {by}"
        return "that was chosen" if self.region else f"of {self.named_profile}"

    @property
    def way(self) -> str:
        """The advice to look at what says how to get there."""
        if target := self.targets.get(self.service):
            config = f"an endpoint_url in {self.origins.config}"
            by = self.origins.endpoints.get(self.service, config)
            return f"{by} sends its requests to {clean(target)}: correct or remove that"
        return f"check the network and {'the endpoint' if self.endpoint else self.the_region}"

    @property
    def login(self) -> str:
        return shlex.join(self.login_command)

    @property
    def login_command(self) -> tuple[str, ...]:
        name = self.sso_profile or self.profile
        given = option("--profile", name) if name not in ("", "default") else ()
        return ("aws", "sso", "login", *given)

    def known(
        self, profiles: Mapping[str, Mapping[str, Any]], with_keys: Container[str] = ()
    ) -> RequestContext:
        """With what the configuration says; `with_keys` are the profiles of the credentials."""
        name = self.profile or "default"
        return replace(
            self,
            sso_profile=sso_profile(self.profile, profiles),
            fallback=self.named_profile if name in profiles else "",
            keys_file=self.origins.credentials if name in with_keys else "",
        )

    def sent_to(self, service: str, url: str) -> RequestContext:
        """With the URL of a service, which the configuration may give another one than AWS."""
        if self.endpoint or _is_of_aws(url):
            return self
        return replace(self, targets={**self.targets, service: url})

    def of(self, service: str) -> RequestContext:
        """The same for requests to another service; an endpoint stands for CloudWatch Logs."""
        if service == self.service:
            return self
        endpoint = f"{_SERVICES.get(service, service)} at {self.endpoint}" if self.endpoint else ""
        return replace(self, service=service, endpoint=endpoint)

    def reached(self, url: str) -> RequestContext:
        """The same for the service whose AWS host is in a URL: a login asks others first."""
        words = (urlsplit(url).hostname or "").split(".")
        name = next((_HOSTS[word] for word in words[:2] if word in _HOSTS), "")
        if not name or not _is_of_aws(url) or name == self.service_name:
            return self
        return replace(self, service=name, endpoint="")


def clean(text: str) -> str:
    """Foreign text for a sentence: one line, no control characters, not too long."""
    line = _UNPRINTABLE.sub(" ", text).strip().rstrip(".")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def place_of(profile: str | None, region: str | None, endpoint_url: str | None) -> RequestContext:
    """The place that these options and the environment name, before any file is read."""
    environ = os.environ
    by_profile = "" if profile else _first(environ, "AWS_DEFAULT_PROFILE", "AWS_PROFILE")
    by_region = "" if region else _first(environ, "AWS_REGION", "AWS_DEFAULT_REGION")
    key_id = "" if profile else environ.get("AWS_ACCESS_KEY_ID", "")
    token = _first(environ, "AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN")
    origins = Origins(
        keys=tuple(filter(None, ("AWS_ACCESS_KEY_ID", token))) if key_id else (),
        key_kind=key_id[:4],
        profile=by_profile,
        region=by_region,
        endpoints=_endpoints(environ),
        config=environ.get("AWS_CONFIG_FILE") or Origins().config,
        credentials=environ.get("AWS_SHARED_CREDENTIALS_FILE") or Origins().credentials,
    )
    return RequestContext(
        profile or environ.get(by_profile, ""),
        region or environ.get(by_region, ""),
        endpoint_url or "",
        origins=origins,
        targets={} if endpoint_url else {s: environ[by] for s, by in origins.endpoints.items()},
    )


def sso_profile(name: str, profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """The profile at the source of `name` that has an SSO session; empty where none has."""
    seen: set[str] = set()
    name = name or "default"
    while name in profiles and name not in seen:
        if "sso_session" in profiles[name] or "sso_start_url" in profiles[name]:
            return name
        seen.add(name)
        name = str(profiles[name].get("source_profile", ""))
    return ""


def missing(file: str) -> str:
    """The file, and that it is not there, where that is so."""
    return file if Path(file).expanduser().exists() else f"{file} (there is no such file)"


def _endpoints(environ: Mapping[str, str]) -> dict[str, str]:
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return {}
    found = {s: _first(environ, name, "AWS_ENDPOINT_URL") for s, name in _ENDPOINTS.items()}
    return {service: name for service, name in found.items() if name}


def _first(environ: Mapping[str, str], *names: str) -> str:
    """The first of the variables that is set to something."""
    return next((name for name in names if environ.get(name)), "")


def _is_of_aws(url: str) -> bool:
    return (urlsplit(url).hostname or "").endswith(_AWS)
