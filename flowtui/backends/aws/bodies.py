"""The bytes of an answer: so many at most, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import ReadTimeoutError as ReadTimedOut

MOST_BYTES = 64 * 1024 * 1024
"""10,000 rows of 6 kB each: no answer of the service is longer."""
_CHUNK = 64 * 1024


class OversizedAnswer(Exception):
    """The answer goes on after the longest that there is."""


class BoundedSession(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """A session whose clients, those of its credential providers too, read bounded answers.

    `sends` is told the name of each operation when its request goes out, in the thread of who
    asks. An answer has to be there after `seconds`, however slowly it comes.
    """

    def __init__(self, sends: Callable[[str], None], seconds: float, **options: Any) -> None:
        super().__init__(**options)
        self._sends, self._seconds = sends, seconds

    def create_client(self, *arguments: Any, **options: Any) -> Any:
        client = super().create_client(*arguments, **options)
        # botocore has no public way to the connections of a client; where its inside has changed,
        # it reads the answers itself.
        endpoint = getattr(client, "_endpoint", None)
        http = getattr(endpoint, "http_session", None)

        def send(request: Any, event_name: str, **_: Any) -> AWSResponse | None:
            self._sends(event_name.rpartition(".")[2])
            return None if http is None or request.stream_output else self._answer(http, request)

        client.meta.events.register("before-send", send)
        return client

    def _answer(self, http: Any, request: Any) -> AWSResponse:
        # So that nothing of the body is read yet.
        request.stream_output = True
        response = http.send(request)
        ends_by = time.monotonic() + self._seconds
        try:
            body = b"".join(_bounded(response.raw, ends_by))
        except (ReadTimedOut, TimeoutError) as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except ProtocolError as error:
            raise ConnectionClosedError(
                endpoint_url=request.url, error=error, request=request
            ) from error
        return AWSResponse(response.url, response.status_code, response.headers, _Read(body))


def _bounded(raw: Any, ends_by: float) -> Iterator[bytes]:
    size = 0
    for chunk in raw.stream(_CHUNK):
        size += len(chunk)
        if size > MOST_BYTES or time.monotonic() > ends_by:
            # Its connection is of no use to anybody.
            raw.close()
            raise OversizedAnswer if size > MOST_BYTES else TimeoutError
        yield chunk


class _Read:
    """A body that has been read, for who reads it chunk by chunk."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body
