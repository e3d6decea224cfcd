"""The two protocols of the local endpoint: awsJson1.1 for Logs and Athena, query/XML for the rest.

Each reads a request from its headers and body, and writes an answer or a refusal. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message
from typing import Protocol

from flowtui.model.frozen import frozen
from flowtui.serve import query_form
from flowtui.serve.wire import Json, WireError

_TARGETS = {"Logs_20140328": "logs", "AmazonAthena": "athena"}
_SIGNED = "AWS4-HMAC-SHA256 "

Headers = Message
"""Found by name in any case."""


@frozen
class Call:
    """A request: `logs`, `athena`, `ec2` or `sts`, the operation and its parameters."""

    service: str
    operation: str
    values: Mapping[str, object]


class WireProtocol(Protocol):
    content_type: str
    """Of the answer."""

    def read(self, headers: Headers, body: bytes) -> Call:
        """Raises `WireError` for what may not be answered."""

    def write(self, call: Call, answer: Json, request_id: str) -> bytes: ...

    def refuse(self, error: WireError, request_id: str) -> bytes: ...


class JsonProtocol:
    content_type = "application/x-amz-json-1.1"

    def read(self, headers: Headers, body: bytes) -> Call:
        name, _, operation = headers.get("X-Amz-Target", "").partition(".")
        service = _TARGETS.get(name)
        if service is None or _type(headers) != self.content_type:
            targets = " or ".join(f"{each}..." for each in _TARGETS)
            message = f"send POST / with X-Amz-Target: {targets} and {self.content_type}"
            raise WireError("UnknownOperationException", message)
        return Call(service, operation, _parsed(body))

    def write(self, call: Call, answer: Json, request_id: str) -> bytes:  # noqa: ARG002
        return json.dumps(answer).encode()

    def refuse(self, error: WireError, request_id: str) -> bytes:  # noqa: ARG002
        return json.dumps(error.body).encode()


class QueryProtocol:
    """A form in, XML out.

    Any web page may have a browser send a form, but not with a header of its choice: only requests
    with a signature are answered. It is not verified, as everywhere here.
    """

    content_type = "text/xml;charset=UTF-8"
    form_type = "application/x-www-form-urlencoded"

    def read(self, headers: Headers, body: bytes) -> Call:
        if not headers.get("Authorization", "").startswith(_SIGNED):
            raise WireError("MissingAuthenticationToken", "the request is not signed", 403)
        service, operation, values = query_form.decoded(body)
        return Call(service, operation, values)

    def write(self, call: Call, answer: Json, request_id: str) -> bytes:
        return query_form.answer(call.service, call.operation, answer, request_id)

    def refuse(self, error: WireError, request_id: str) -> bytes:
        return query_form.refusal(error, request_id)


JSON = JsonProtocol()
QUERY = QueryProtocol()


def protocol_of(headers: Headers) -> WireProtocol:
    """The one in which to answer, whatever is wrong with the request."""
    return QUERY if _type(headers) == QUERY.form_type else JSON


def _type(headers: Headers) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _parsed(body: bytes) -> Mapping[str, object]:
    try:
        values = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise WireError("SerializationException", "the body is not JSON") from None
    if not isinstance(values, dict):
        raise WireError("SerializationException", "the body is not a JSON object")
    return values
