"""`flowtui serve`: a local endpoint that speaks the protocols of Logs, Athena, EC2, STS and S3.

It listens on the loopback interface only, and refuses what a web page could make a browser send:
a host name that is not this machine's, or a request that needs no permission across origins.
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import uuid4

from flowtui.backends.base import Backend, Catalog
from flowtui.serve.athena.executions import Executions, Runner
from flowtui.serve.athena.tables import ServedTables
from flowtui.serve.bucket import Bucket, Shelf
from flowtui.serve.operations import Operations
from flowtui.serve.protocols import Call, WireProtocol, protocol_of
from flowtui.serve.wire import Json, WireError

_HOST = "127.0.0.1"
_OWN_NAME = re.compile(r"((stream-)?(127\.0\.0\.1|localhost)|\[::1\])(:[0-9]+)?", re.IGNORECASE)
"""botocore puts `stream-` before the host of some operations."""
_LARGEST_BODY = 1_000_000
_ANSWER_SECONDS = 60.0


class Endpoint:
    """Serves `backend` and `catalog` on `port`, 0 for any free one; use it as a context manager.

    A query takes at least `latency` seconds; a `bucket` can be read by the protocol of S3. With a
    `runner` of SQL Athena answers, too, and says that its tables lie at `location`. The backend and
    the catalog run on a loop of the endpoint's own, in a thread; the endpoint closes the backend.
    Raises `OSError` where the port is taken.
    """

    def __init__(  # noqa: PLR0913  (what follows the star has defaults)
        self,
        backend: Backend,
        catalog: Catalog,
        *,
        port: int = 0,
        latency: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        bucket: Bucket | None = None,
        runner: Runner | None = None,
        location: str = "",
    ) -> None:
        self._backend = backend
        tables = ServedTables(catalog, location)
        sizes = bucket.size_of_days if bucket else None
        athena = Executions(runner, tables, now, latency, size_of_days=sizes) if runner else None
        self._operations = Operations(backend, catalog, now, latency, athena, tables)
        self._server = _Server((_HOST, port), _Handler)
        self._server.answer = self._answer
        self._server.bucket = Shelf(bucket, athena.result) if athena else bucket
        self._loop = asyncio.new_event_loop()
        self._threads = [
            threading.Thread(target=work, name="flowtui-serve", daemon=True)
            for work in (self._run_loop, self._run_server)
        ]
        self._stopped = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self._server.server_port}"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self) -> None:
        """Block until somebody else stops the endpoint."""
        self._stopped.wait()

    def stop(self) -> None:
        """Take no more requests, stop what runs, and close the backend."""
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_ANSWER_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        for thread in self._threads:
            thread.join()

    def _run_server(self) -> None:
        self._server.serve_forever(poll_interval=0.1)

    def _run_loop(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    async def _close(self) -> None:
        await self._operations.close()
        await self._backend.close()

    def _answer(self, call: Call) -> Json:
        """For a request's thread, which waits for the loop."""
        if self._stopped.is_set():
            raise WireError("ServiceUnavailableException", "this endpoint is closing", 503)
        answer = asyncio.run_coroutine_threadsafe(self._operations.answer(call), self._loop)
        try:
            return answer.result(_ANSWER_SECONDS)
        except TimeoutError:
            answer.cancel()
            message = f"{call.operation} took longer than {_ANSWER_SECONDS:g} s"
            raise WireError("ServiceUnavailableException", message, 503) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    answer: Callable[[Call], Json]
    bucket: Bucket | Shelf | None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are no news; anything else is a fault of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "flowtui"
    sys_version = ""
    timeout = 60
    # Header and body are two segments: with Nagle's algorithm each answer waits 40 ms for an ACK.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        request_id = str(uuid4())
        protocol = protocol_of(self.headers)
        try:
            call = protocol.read(self.headers, self._checked_body())
            answer = protocol.write(call, self.server.answer(call), request_id)
            self._send(200, protocol, answer, request_id)
        except WireError as error:
            self._send(error.status, protocol, protocol.refuse(error, request_id), request_id)

    def do_GET(self) -> None:
        """What S3 is asked; nothing else is got here."""
        self._send_object(with_body=True)

    def do_HEAD(self) -> None:
        self._send_object(with_body=False)

    def _send_object(self, *, with_body: bool) -> None:
        bucket = self.server.bucket
        if bucket is None or not _OWN_NAME.fullmatch(self.headers.get("Host", "")):
            self.send_error(501 if bucket is None else 403)
            return
        answer = bucket.answer(self.path, self.headers)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
        """Keep standard error for what the user must know."""

    def _checked_body(self) -> bytes:
        """Raises `WireError` where somebody else than a program on this machine may have asked."""
        body = self._body()
        if not _OWN_NAME.fullmatch(self.headers.get("Host", "")):
            raise WireError("AccessDeniedException", "this endpoint serves this machine only", 403)
        if self.path != "/":
            raise WireError("UnknownOperationException", "send POST /")
        return body

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (
            length.isascii() and length.isdigit() and len(length) <= 12
        ):
            self.close_connection = True
            raise WireError("SerializationException", "Content-Length is missing or wrong", 411)
        if int(length) > _LARGEST_BODY:
            self.close_connection = True
            message = f"a request may have {_LARGEST_BODY} bytes"
            raise WireError("RequestEntityTooLargeException", message, 413)
        return self.rfile.read(int(length))

    def _send(self, status: int, protocol: WireProtocol, body: bytes, request_id: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", protocol.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", request_id)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
