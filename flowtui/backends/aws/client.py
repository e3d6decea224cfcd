"""The boto3 session and its clients: made on first use, and kept away from the terminal."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from flowtui.backends.aws.request_context import place_of
from flowtui.model.errors import BackendError, CredentialsError, Declined, UsageError

Service = Literal["logs", "ec2", "s3", "athena"]
Ask = Callable[[str], str]
"""Asks the user, in a thread that waits; empty if they gave no answer."""

_CONNECTIONS = 16
_ENDS = "flowtui ends, and looks for no credentials any more"
_PROCESS_SECONDS = 60.0
_SHORTEST_CODE = 6


class Clients:
    """One boto3 session and its clients. Importing boto3 and making them blocks: not on the loop.

    `get` raises whatever boto3 raises. After a `CredentialsError`, `reset` makes the next call
    look for credentials again, for somebody may have logged in meanwhile.
    """

    def __init__(
        self,
        profile: str | None,
        region: str | None,
        endpoint_url: str | None,
        timeouts: tuple[float, float],
        ask: Ask | None = None,
        *,
        longest: float = 90.0,
    ) -> None:
        """`timeouts` are those to connect and between two bytes; an answer takes the `longest`."""
        self.endpoint_url = _checked(endpoint_url)
        self.place = place_of(profile, region, endpoint_url)
        self._profile = profile
        # boto3 knows AWS_DEFAULT_REGION only; the AWS CLI and the other SDKs know both.
        self._region = region or os.environ.get("AWS_REGION")
        self._timeouts, self._longest = timeouts, longest
        self._ask = ask
        self._thread = threading.local()
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: dict[Service, Any] = {}
        self._helpers = _Helpers()
        self._is_closed = False

    @property
    def knows_ec2(self) -> bool:
        """Whether EC2 knows of the flow logs behind the endpoint.

        An endpoint of the user's own elsewhere stands for CloudWatch Logs alone.
        """
        return not self.endpoint_url or _is_loopback(self.endpoint_url)

    def get(self, service: Service) -> Any:
        # Clients may be shared between threads; making them is not safe.
        with self._lock:
            if service not in self._clients:
                if self._is_closed:
                    # A thread that has waited for the lock would start the next credential process.
                    raise CredentialsError(_ENDS)
                self._clients[service] = self._make(service)
            return self._clients[service]

    @contextmanager
    def silently(self) -> Iterator[None]:
        """Ask the user nothing, in this thread and meanwhile."""
        self._thread.is_silent = True
        try:
            yield
        finally:
            self._thread.is_silent = False

    def was_sent(self, operation: str) -> bool:
        """Whether it is what this thread has sent last."""
        return bool(getattr(self._thread, "sent", "") == operation)

    def _sends(self, operation: str) -> None:
        self._thread.sent = operation

    def _code(self, prompt: str) -> str:
        """The MFA code from the user, in the thread whose request needs it."""
        if self._ask is None or getattr(self._thread, "is_silent", False):
            raise CredentialsError(
                "This profile asks for an MFA code, which can't be entered here; open a session "
                "outside (`aws sts get-session-token`) and choose its profile"
            )
        code = self._ask(prompt.strip(": ")).strip()
        if not code:
            raise Declined("No MFA code was given, so nobody is logged in; try again to enter it")
        if len(code) < _SHORTEST_CODE:
            raise CredentialsError("An MFA code has 6 digits; try again with the next one")
        return code

    def reset(self) -> None:
        with self._lock:
            self._session = None
            self._clients = {}

    def close(self) -> None:
        """Close the connections, without waiting for a client that is still being made.

        Nobody waits for the answer of a credential process any more, and it has no terminal that
        could end it.
        """
        self._is_closed = True
        self._helpers.end()
        for client in list(self._clients.values()):
            client.close()

    def _make(self, service: Service) -> Any:
        if self._session is None:
            self._session = self._new_session()
            core = self._session._session  # noqa: SLF001  (boto3 has no other way to its configuration)
            self.place = self.place.known(core.full_config.get("profiles", {}), _with_keys(core))
        endpoint = self.endpoint_url if service != "ec2" or self.knows_ec2 else None
        if endpoint is None:
            _check_variable(self.place.origins.endpoints.get(service, ""))
        create = functools.partial(self._session.client, service, endpoint_url=endpoint)
        client = create(config=self._config(local=_is_loopback(endpoint)))
        if endpoint is None and _is_loopback(client.meta.endpoint_url):
            # The environment or the configuration names an endpoint on this machine.
            client = create(config=self._config(local=True))
        place = self.place.sent_to(service, client.meta.endpoint_url)
        self.place = replace(place, region=client.meta.region_name or place.region)
        return client

    def _new_session(self) -> Any:
        import boto3

        from flowtui.backends.aws.bodies import BoundedSession
        from flowtui.backends.aws.parsing import CarefulParsers

        core = BoundedSession(self._sends, self._longest, profile=self._profile)
        core.register_component("response_parser_factory", CarefulParsers())
        providers = core.get_component("credential_provider")
        _keep_off_the_terminal(providers, self._code, self._helpers)
        return boto3.Session(botocore_session=core, region_name=self._region)

    def _config(self, *, local: bool) -> Any:
        from botocore.config import Config

        connect, read = self._timeouts
        return Config(
            connect_timeout=connect,
            read_timeout=read,
            retries={"mode": "standard", "total_max_attempts": 1},
            user_agent_extra="flowtui",
            # A proxy for the world does not lead back to this machine, nor does `stream-127.0.0.1`.
            proxies={} if local else None,
            inject_host_prefix=not local,
            # Another endpoint than AWS's has no host for each bucket.
            s3={"addressing_style": "path"} if self.endpoint_url or local else None,
            max_pool_connections=_CONNECTIONS,
        )


def _with_keys(core: Any) -> frozenset[str]:
    """The profiles of the file with credentials."""
    from botocore.configloader import raw_config_parse
    from botocore.exceptions import ConfigNotFound

    try:
        return frozenset(raw_config_parse(core.get_config_variable("credentials_file")))
    except ConfigNotFound:
        return frozenset()


def _checked(endpoint_url: str | None) -> str | None:
    if endpoint_url is not None and not urlsplit(endpoint_url).netloc:
        raise UsageError(
            f"{endpoint_url!r} is not an endpoint; write it like http://127.0.0.1:4566"
        )
    return endpoint_url


def _check_variable(name: str) -> None:
    """Raise `BackendError` where a variable of the environment has what is no endpoint."""
    url = os.environ.get(name, "")
    if url and not urlsplit(url).netloc:
        raise BackendError(f"{name} is no endpoint: {url!r}; write it like http://127.0.0.1:4566")


def _is_loopback(url: str | None) -> bool:
    host = urlsplit(url or "").hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _keep_off_the_terminal(resolver: Any, ask: Ask, helpers: _Helpers) -> None:
    """Let no credential provider ask or write on the terminal, which the screen owns.

    A session that an MFA code has opened is shared with the AWS CLI, by the files that it keeps.
    botocore has no public way to say so; where its inside has changed, it is left as it is.
    """
    from botocore.utils import JSONFileCache

    assume_role = resolver.get_provider("assume-role")
    if hasattr(assume_role, "_prompter"):
        assume_role._prompter = ask  # noqa: SLF001  (see above)
        assume_role.cache = JSONFileCache(str(Path("~/.aws/cli/cache").expanduser()))
    popen = functools.partial(_Detached, helpers)
    process = resolver.get_provider("custom-process")
    if hasattr(process, "_popen"):
        process._popen = popen  # noqa: SLF001  (see above)
    builder: Any = getattr(assume_role, "_profile_provider_builder", None)
    if hasattr(builder, "_create_process_provider"):
        make = builder._create_process_provider  # noqa: SLF001  (see above)
        builder._create_process_provider = _detaching(make, popen)  # noqa: SLF001  (see above)


def _detaching(make: Callable[..., Any], popen: Callable[..., Any]) -> Callable[..., Any]:
    """`make`, which makes a credential_process provider, for a process without a terminal."""

    def detached(*args: object, **options: object) -> Any:
        provider = make(*args, **options)
        provider._popen = popen  # noqa: SLF001  (see above)
        return provider

    return detached


class _Helpers:
    """The credential processes that run; once they were ended none begins any more."""

    def __init__(self) -> None:
        self._running: set[_Detached] = set()
        self._lock = threading.Lock()
        self._is_over = False

    def check(self) -> None:
        if self._is_over:
            raise CredentialsError(_ENDS)

    def begun(self, helper: _Detached) -> None:
        """It runs; if all were ended while it was started, it ends too."""
        with self._lock:
            self._running.add(helper)
            is_over = self._is_over
        if is_over:
            helper.end()

    def ended(self, helper: _Detached) -> None:
        with self._lock:
            self._running.discard(helper)

    def end(self) -> None:
        with self._lock:
            self._is_over = True
            running = tuple(self._running)
        for helper in running:
            helper.end()


class _Detached(subprocess.Popen[bytes]):
    """A credential process that has no terminal, and ends; in `helpers` while it runs."""

    def __init__(self, helpers: _Helpers, command: list[str], **options: Any) -> None:
        helpers.check()
        # The command is the user's own, from their AWS configuration.
        super().__init__(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        self._helpers = helpers
        helpers.begun(self)

    def end(self) -> None:
        """Kill it, with all that it has started."""
        # The number of one that has ended may be another process's by now.
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def communicate(
        self,
        input: bytes | None = None,  # noqa: A002  (Popen's name)
        timeout: float | None = None,
    ) -> tuple[Any, Any]:
        try:
            return super().communicate(input, timeout or _PROCESS_SECONDS)
        except subprocess.TimeoutExpired:
            self.end()
            super().communicate()
            raise
        finally:
            self._helpers.ended(self)
