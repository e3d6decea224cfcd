"""A proxy in front of the endpoint that does what networks and services do, by a seeded schedule.

It forwards each request once at most. It never waits for time: a stalled answer is held until the
client gives up, or asks for something else.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from tests.contract.local_server import served

_LONGEST_HOLD = 10.0
_RST_ON_CLOSE = struct.pack("ii", 1, 0)
_HTML = b"<!doctype html><html><body>Log in to the guest network</body></html>"


class Kind(StrEnum):
    THROTTLE = "throttle"
    SLOTS = "no free slot"
    UNAVAILABLE = "503"
    BROKEN = "500"
    GATEWAY = "502 without a body"
    RESET = "reset"
    CLOSED = "closed"
    STALL = "stall"
    """Late, when nobody waits for it any more; so answers come in another order than requests."""
    TRUNCATED = "truncated"
    CUT = "cut"
    """Truncated, but with a length that fits."""
    HTML = "html"
    BLOCKED = "403 html"
    EXPIRED = "expired token"
    SKEWED = "clock skew"
    LATIN = "200 that is not UTF-8"
    GZIP = "gzip that is cut"
    SHORT = "a length that is too short"
    DEEP = "JSON without a bottom"
    SHAPELESS = "members of other kinds"
    STALE = "stale"
    """What the same request was answered before: an old answer overtook the new one."""


_ERRORS: dict[Kind, tuple[int, str, str]] = {
    Kind.THROTTLE: (400, "ThrottlingException", "Rate exceeded"),
    Kind.SLOTS: (400, "LimitExceededException", "query concurrency limit of [30] reached."),
    Kind.UNAVAILABLE: (503, "ServiceUnavailableException", "Service unavailable"),
    Kind.BROKEN: (500, "InternalFailure", "oops"),
    Kind.EXPIRED: (400, "ExpiredTokenException", "The security token included is expired"),
    Kind.SKEWED: (400, "InvalidSignatureException", "Signature expired: 1 is now earlier than 2"),
}
_LOSES_THE_ANSWER = (Kind.BROKEN, Kind.GATEWAY, Kind.RESET, Kind.CLOSED, Kind.STALL)
"""These may come before the service has got the request, or after it."""
_NEEDS_THE_ANSWER = (
    Kind.TRUNCATED, Kind.CUT, Kind.STALE, Kind.LATIN, Kind.GZIP, Kind.SHORT, Kind.DEEP,
    Kind.SHAPELESS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Kind
    reaches_service: bool

    def __str__(self) -> str:
        return f"{self.kind}{' after it was done' if self.reaches_service else ''}"


SOON, NEVER = 0.5, 60.0
"""Seconds after which a client takes an answer for lost, where one may be, and where none is: on a
busy machine an answer may well take longer than the first."""


class Draws(Protocol):
    @property
    def patience(self) -> float:
        """How long the client is to wait for an answer, in seconds."""

    def draw(self) -> Fault | None:
        """What goes wrong with the next request."""


class Given:
    """The faults that a test wants, and no more after them."""

    def __init__(self, faults: Iterable[Fault | None]) -> None:
        given = list(faults)
        self._faults = iter(given)
        self.patience = SOON if any(each and each.kind is Kind.STALL for each in given) else NEVER

    def draw(self) -> Fault | None:
        return next(self._faults, None)


class Schedule:
    """Which of the requests go wrong, and how: the same for the same seed.

    `share` of them do.
    """

    patience = SOON

    def __init__(self, seed: str, share: float) -> None:
        self._random = random.Random(seed)  # noqa: S311  (it is to be repeatable)
        self._share = share

    def draw(self) -> Fault | None:
        kind = self._random.choice(list(Kind))
        reaches = kind in _NEEDS_THE_ANSWER or (
            kind in _LOSES_THE_ANSWER and self._random.random() < 0.5
        )
        return Fault(kind, reaches) if self._random.random() < self._share else None


@dataclass(eq=False)
class Proxy:
    """`before` is called with the operation of each request that is in the log, in its thread."""

    target: str
    schedule: Draws
    before: Callable[[str], None]
    log: list[tuple[str, Fault | None]] = field(default_factory=list)
    url: str = ""
    answered: dict[bytes, bytes] = field(default_factory=dict)
    """The latest answer to each body."""
    holding: list[socket.socket] = field(default_factory=list)
    """Write to them, and what is held goes on."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    busy: int = 0
    """Requests that are in the proxy."""
    ended: threading.Condition = field(default_factory=threading.Condition)

    @property
    def faults(self) -> int:
        return sum(fault is not None for _, fault in self.log)

    def wait(self) -> None:
        """Until nothing is in the proxy that a client that has given up had asked."""
        with self.ended:
            self.ended.wait_for(lambda: self.busy == 0, _LONGEST_HOLD)

    @contextmanager
    def counting(self) -> Iterator[None]:
        with self.ended:
            self.busy += 1
        try:
            yield
        finally:
            with self.ended:
                self.busy -= 1
                self.ended.notify_all()

    def release(self) -> None:
        with self.lock:
            for waker in self.holding:
                waker.send(b".")
            self.holding.clear()


@contextmanager
def running(proxy: Proxy) -> Iterator[Proxy]:
    class Handler(_Handler):
        pass

    Handler.proxy = proxy
    with served(Handler) as proxy.url:
        try:
            yield proxy
        finally:
            proxy.release()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        with self.proxy.counting():
            self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        proxy = self.proxy
        proxy.release()
        # Drawn first, for what is done before may bring on the next request.
        fault = proxy.schedule.draw()
        proxy.log.append((operation, fault))
        proxy.before(operation)
        old = proxy.answered.get(body) if operation == "GetQueryResults" else None
        status, answer = (0, b"")
        if fault is None or fault.reaches_service:
            status, answer = self._forward(body)
            proxy.answered[body] = answer
        if fault is None or (fault.kind is Kind.STALE and old is None):
            self._send(status, answer)
        else:
            self._fail(fault.kind, status, old if old and fault.kind is Kind.STALE else answer)

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection(self.proxy.target.removeprefix("http://"), timeout=120)
        try:
            names = ("X-Amz-Target", "Content-Type")
            connection.request("POST", "/", body, {name: self.headers[name] for name in names})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _fail(self, kind: Kind, status: int, answer: bytes) -> None:
        match kind:
            case Kind.RESET:
                self._reset()
            case Kind.CLOSED:
                self.close_connection = True
            case Kind.STALL:
                self._hold()
                self._reset()
            case Kind.GATEWAY:
                self._send(502, b"")
            case Kind.TRUNCATED | Kind.SHORT:
                half = answer[: len(answer) // 2]
                body, length = (
                    (half, len(answer)) if kind is Kind.TRUNCATED else (answer, len(half))
                )
                self._send(status, body, length)
                self.close_connection = True
            case Kind.CUT | Kind.LATIN | Kind.GZIP | Kind.DEEP | Kind.SHAPELESS:
                self._send(status, _spoilt(kind, answer))
            case Kind.HTML | Kind.BLOCKED:
                self._send(200 if kind is Kind.HTML else 403, _HTML)
            case Kind.STALE:
                self._send(status, answer)
            case _:
                status, code, message = _ERRORS[kind]
                self._send(status, json.dumps({"__type": code, "message": message}).encode())

    def _send(self, status: int, answer: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer) if length is None else length))
        self.end_headers()
        self.wfile.write(answer)

    def _hold(self) -> None:
        mine, waker = socket.socketpair()
        with self.proxy.lock:
            self.proxy.holding.append(waker)
        with mine, waker:
            select.select([self.connection, mine], [], [], _LONGEST_HOLD)
            with self.proxy.lock:
                if waker in self.proxy.holding:
                    self.proxy.holding.remove(waker)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        os.close(self.connection.detach())

    def log_message(self, *_: object) -> None:
        pass


def _spoilt(kind: Kind, answer: bytes) -> bytes:
    match kind:
        case Kind.CUT:
            return answer[: len(answer) // 2]
        case Kind.LATIN:
            return b'{"caf\xe9":1,' + answer[1:]
        case Kind.GZIP:
            return gzip.compress(answer)[:-9]
        case Kind.DEEP:
            return b'{"a":' * 100_000
        case _:
            members = json.loads(answer)
            return json.dumps({name: [[5], None] for name in members}).encode()
