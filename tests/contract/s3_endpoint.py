"""S3 as moto has it, independent of us, and a proxy in front of it that does what networks do."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

from tests.contract.local_server import served

_RST_ON_CLOSE = struct.pack("ii", 1, 0)
_PASSED_ON = ("content-type", "etag", "last-modified", "content-range", "accept-ranges")


class Fault(StrEnum):
    BROKEN = "500"
    SLOW_DOWN = "503"
    RESET = "reset before the answer"
    MIDWAY = "reset in the middle of the body"
    TRUNCATED = "closed in the middle of the body"
    CUT = "half of the body, with a length that fits"
    HTML = "a login page"


_ERRORS = {Fault.BROKEN: (500, "InternalError"), Fault.SLOW_DOWN: (503, "SlowDown")}


@dataclass(eq=False)
class Proxy:
    """Each fault in `faults` is met once, in turn, by a request for what it is listed under."""

    target: str
    url: str = ""
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    """By operation: `list`, `get`; None is one that goes well."""
    refusals: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """What every such request is answered: a status, an error code, and more of the error."""
    asked: list[str] = field(default_factory=list)
    """The keys that were got, each as often as it was asked for."""
    served: list[tuple[str, int]] = field(default_factory=list)
    """Key and bytes of each body that went out."""
    payers: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    gate: threading.Event | None = None
    """Where it is set, bodies wait for it."""
    reached: threading.Event = field(default_factory=threading.Event)
    """A body waits."""

    def draw(self, operation: str) -> Fault | None:
        with self.lock:
            waiting = self.faults.get(operation)
            return waiting.pop(0) if waiting else None


@contextmanager
def running(proxy: Proxy) -> Iterator[Proxy]:
    class Handler(_Handler):
        pass

    Handler.proxy = proxy
    with served(Handler) as proxy.url:
        try:
            yield proxy
        finally:
            if proxy.gate is not None:
                proxy.gate.set()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        proxy, url = self.proxy, urlsplit(self.path)
        operation = "list" if "list-type=2" in url.query else "get"
        key = unquote(url.path).partition("/")[2].partition("/")[2]
        if operation == "get":
            with proxy.lock:
                proxy.asked.append(key)
        proxy.payers.add(self.headers.get("x-amz-request-payer", ""))
        fault = proxy.draw(operation)
        if operation in proxy.refusals:
            self._error(*proxy.refusals[operation])
        elif fault in _ERRORS:
            self._error(*_ERRORS[fault])
        elif fault is Fault.HTML:
            self._send(200, {"content-type": "text/html"}, b"<html><body>Log in</body></html>")
        elif fault is Fault.RESET:
            self._reset()
        else:
            self._pass_on(key, fault)

    def _pass_on(self, key: str, fault: Fault | None) -> None:
        status, headers, body = self._forwarded()
        if self.proxy.gate is not None and key:
            self.proxy.reached.set()
            self.proxy.gate.wait()
        part = body if fault is None else body[: len(body) // 2]
        with self.proxy.lock:
            self.proxy.served.append((key, len(part)))
        self._send(status, headers, part, len(part) if fault is Fault.CUT else len(body))
        if fault is Fault.MIDWAY:
            self._reset()
        elif fault is Fault.TRUNCATED:
            self.close_connection = True

    def _forwarded(self) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self.proxy.target.removeprefix("http://"), timeout=60)
        try:
            connection.request("GET", self.path, headers=dict(self.headers))
            response = connection.getresponse()
            kept = {k: v for k, v in response.getheaders() if k.lower() in _PASSED_ON}
            return response.status, kept, response.read()
        finally:
            connection.close()

    def _error(self, status: int, code: str, more: str = "") -> None:
        body = f"<Error><Code>{code}</Code>{more or '<Message>oops</Message>'}</Error>"
        self._send(status, {"content-type": "application/xml"}, body.encode())

    def _send(
        self, status: int, headers: dict[str, str], body: bytes, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        os.close(self.connection.detach())

    def log_message(self, *_: object) -> None:
        pass
