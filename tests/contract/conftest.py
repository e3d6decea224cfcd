"""What the tests over a socket share: a clean AWS environment, an endpoint, a canned server."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from flowtui.backends.aws.calls import Patience
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.timerange import TimeRange
from flowtui.serve.server import Endpoint
from tests.contract.local_server import served

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON, NOON + timedelta(hours=1))
EDGE = LogGroup("/vpc/edge", stored_bytes=1234, retention_days=14, created=NOON)


async def no_sleep(_seconds: float) -> None:
    """Give others their turn, and no more."""
    await asyncio.sleep(0)


PATIENCE = Patience(
    connect=1, read=2, hedge=60, aside=60, silence=0, sleep=no_sleep, jitter=lambda: 0.0
)


@pytest.fixture(autouse=True)
def _aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


Serve = Callable[[ScriptedBackend], Endpoint]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Endpoints over scripted backends that know `/vpc/edge` and 120 groups more."""
    others = tuple(LogGroup(f"/other/{n:03}") for n in range(120))
    with ExitStack() as stack:

        def make(backend: ScriptedBackend) -> Endpoint:
            endpoint = Endpoint(backend, ScriptedCatalog(others, (EDGE,)), now=lambda: NOON)
            return stack.enter_context(endpoint)

        yield make


Connect = Callable[[str], CloudWatchBackend]


@pytest.fixture
def article_in_s3() -> Iterator[str]:
    """The URL of an endpoint that has the article's window as a table over objects in S3."""
    from flowtui.backends.duckdb.backend import DuckDBBackend
    from flowtui.sample import article_lines
    from flowtui.sample.delivered import BUCKET, delivered
    from flowtui.serve.bucket import Bucket, Stored

    files = delivered(article_lines(), "fl-0a47c1e0000000001")
    bucket = Bucket(BUCKET, lambda: {key: Stored(body, NOON) for key, body in files})
    local = DuckDBBackend((), demo=True, now=lambda: NOON)
    with Endpoint(
        local, local, bucket=bucket, runner=local.typed_tables(), location=f"s3://{BUCKET}/"
    ) as endpoint:
        yield endpoint.url


@pytest.fixture
async def connect() -> Connect:
    """Clients of an endpoint, that wait for nothing."""

    def make(url: str) -> CloudWatchBackend:
        return CloudWatchBackend(endpoint_url=url, patience=PATIENCE)

    return make


@dataclass
class Canned:
    """A server that gives one answer after the other, the last one for all the rest."""

    answers: list[tuple[int, bytes]]
    by: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """The answers to operations that come in any order; `?` is EC2's and STS's."""
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """The operations, in order."""
    bodies: list[dict[str, object]] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    """The bodies that are not JSON: those for EC2 and STS."""


MakeCanned = Callable[..., Canned]


@pytest.fixture
def canned() -> Iterator[MakeCanned]:
    """Servers with given answers: `(status, body)`, where a body may be a dict for JSON."""
    with ExitStack() as stack:

        def make(
            *answers: tuple[int, bytes | dict[str, object]],
            **by: tuple[int, bytes | dict[str, object]],
        ) -> Canned:
            server = Canned(
                list(map(_as_bytes, answers)), {name: _as_bytes(by[name]) for name in by}
            )
            _run(server, stack)
            return server

        yield make


def _as_bytes(answer: tuple[int, bytes | dict[str, object]]) -> tuple[int, bytes]:
    status, body = answer
    return status, body if isinstance(body, bytes) else json.dumps(body).encode()


def _run(canned: Canned, stack: ExitStack) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            canned.asked.append(self.headers.get("X-Amz-Target", "?").rpartition(".")[2])
            canned.bodies.append(json.loads(body) if body.startswith(b"{") else {})
            canned.forms += [] if body.startswith(b"{") else [body.decode()]
            answers, by = canned.answers, canned.by.get(canned.asked[-1])
            status, answer = by or (answers.pop(0) if len(answers) > 1 else answers[0])
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    canned.url = stack.enter_context(served(Handler))
