"""Answers of any shape: those of the service with something else in some place, or nothing of it.

The server counts a query as running from its start on, whatever is answered to that.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.contract.local_server import served

Answer = tuple[int, bytes]

MOST_REQUESTS = 200
"""Of one try: whoever asks more often has no end."""


def plain(query_id: str, text: str) -> dict[str, Any]:
    """What the service answers to each operation."""
    cell = {"field": "srcaddr", "value": "10.0.0.1"}
    group = {
        "logGroupName": "/vpc/edge", "creationTime": 1_648_814_400_000, "storedBytes": 1234,
        "retentionInDays": 14, "logGroupClass": "STANDARD",
        "arn": "arn:aws:logs:us-east-1:000000000000:log-group:/vpc/edge:*",
    }  # fmt: skip
    query = {"queryId": query_id, "queryString": text, "status": "Running", "createTime": _now_ms()}
    statistics = {"recordsMatched": 2.0, "recordsScanned": 10.0, "bytesScanned": 1e3}
    definition = {
        "name": "a/b", "queryString": "fields a", "logGroupNames": ["/vpc/edge"],
        "queryDefinitionId": "d-1", "lastModified": 1_648_814_400_000, "queryLanguage": "CWLI",
        "parameters": [{"name": "p", "defaultValue": "1", "description": "it"}],
    }  # fmt: skip
    return {
        "StartQuery": {"queryId": query_id},
        "GetQueryResults": {
            "status": "Complete", "statistics": statistics,
            "results": [[cell, {"field": "bytes", "value": "40"}, {"field": "@ptr", "value": "p"}]],
        },
        "StopQuery": {"success": True},
        "DescribeQueries": {"queries": [query]},
        "DescribeLogGroups": {"logGroups": [group]},
        "ListLogGroups": {"logGroups": [group]},
        "DescribeLogStreams": {"logStreams": [{"logStreamName": "eni-1"}]},
        "GetLogEvents": {"events": [{"message": "2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 40 1 2"}]},
        "DescribeQueryDefinitions": {"queryDefinitions": [definition]},
        "PutQueryDefinition": {"queryDefinitionId": "d-1"},
    }  # fmt: skip


def _now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


FLOW_LOGS = b"""<?xml version="1.0" encoding="UTF-8"?>
<DescribeFlowLogsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
<requestId>r</requestId><flowLogSet><item><flowLogId>fl-1</flowLogId>
<creationTime>2022-04-01T12:00:00.000Z</creationTime><logGroupName>/vpc/edge</logGroupName>
<logFormat>${version} ${srcaddr} ${dstaddr}</logFormat><resourceId>vpc-1</resourceId>
<trafficType>ALL</trafficType><deliverLogsErrorMessage>no</deliverLogsErrorMessage>
</item></flowLogSet></DescribeFlowLogsResponse>"""

ROLE = b"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/a/b</Arn><AssumedRoleId>i</AssumedRoleId>
</AssumedRoleUser><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>2099-04-01T12:00:00Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""

# Odd answers

_ODD_TEXTS = (
    "", "x", "\ud800", "a\udfffb", "\x1b]52;c;aGk=\x07", "[/b]", "\u202e", "Complete", "Running",
    "Cancelled", "x" * 100_000, "\n\r\t\0", "null", "1e999", "${srcaddr} ${", "arn:aws:logs:x",
)  # fmt: skip
_ODD_NUMBERS = (
    0, -1, 5, 1.5, -0.0, 1e30, 1e308, -1e308, 10**18, 10**30, 2**63, float("nan"), float("inf"),
    float("-inf"), True, False,
)  # fmt: skip
_STATUSES = (200, 200, 200, 200, 201, 204, 300, 302, 400, 400, 403, 404, 413, 429, 500, 502, 503)
_CODES = (
    "ThrottlingException", "LimitExceededException", "AccessDeniedException", "ExpiredToken",
    "MalformedQueryException", "ResourceNotFoundException", "InvalidParameterException",
    "com.amazon#InternalFailure", "ServiceUnavailableException", "a:b#c", "",
)  # fmt: skip
_FINAL = ("Complete", "Failed", "Cancelled", "Timeout")
_NAMES = ("__type", "message", "Message", "queryCompileError", "status", "results", "nextToken")


def odd_value(random: random.Random, depth: int = 0) -> Any:
    kind = random.randrange(9 if depth < 4 else 4)
    if kind < 2:
        return random.choice(_ODD_TEXTS)
    if kind == 2:
        return random.choice(_ODD_NUMBERS)
    if kind == 3:
        return None
    if kind == 4:
        return json.loads("[" * 200 + "]" * 200)
    count = random.randrange(4)
    if kind < 7:
        return [odd_value(random, depth + 1) for _ in range(count)]
    names = (*_NAMES, "field", "value", "queryId", "logGroups", *_ODD_TEXTS[:4])
    return {random.choice(names): odd_value(random, depth + 1) for _ in range(count)}


def replaced(random: random.Random, value: Any) -> Any:
    """The value with something odd in one place of it."""
    is_empty = not isinstance(value, dict | list) or not value
    if is_empty or random.random() < 0.2:
        return odd_value(random)
    value = copy.copy(value)
    places = list(value) if isinstance(value, dict) else range(len(value))
    place = random.choice(places)
    if isinstance(value, dict) and random.random() < 0.15:
        del value[place]
    elif random.random() < 0.1 and isinstance(value, dict):
        value["nextToken"] = random.choice(("again", odd_value(random)))
    else:
        value[place] = replaced(random, value[place])
    return value


def odd_bytes(random: random.Random, body: bytes) -> bytes:
    at = random.randrange(len(body) + 1)
    return random.choice((
        b"", body[:at], body[:at] + random.randbytes(3) + body[at:], gzip.compress(body)[:-9],
        b"[" * 100_000, b'{"a":' * 100_000, body + body, b"\xff\xfe" + body, b"9" * 10_000,
        b"<html>Log in</html>", body.replace(b"a", b"<a>"), body.replace(b"12", b"-99999999999"),
        body.replace(b"creationTime>2", b"creationTime>x"), body.replace(b"Z<", b"<"),
    ))  # fmt: skip


def odd_answer(random: random.Random, body: bytes) -> Answer:
    """What may be answered where the body would be the truth."""
    status = random.choice(_STATUSES)
    is_json = body.startswith(b"{")
    if random.random() < 0.15 or not is_json:
        return status, odd_bytes(random, body)
    if status < 300:
        return status, json.dumps(replaced(random, json.loads(body))).encode()
    compile_error = {"location": {"startCharOffset": 1, "endCharOffset": 2}, "message": "no"}
    error = {"__type": random.choice(_CODES), "message": "no", "queryCompileError": compile_error}
    return status, json.dumps(replaced(random, error)).encode()


# The server


@dataclass(eq=False)
class Shapes:
    """`odd` is the operation that is answered oddly; all that is asked and answered is kept."""

    random: random.Random = field(default_factory=random.Random)
    odd: str = ""
    text: str = ""
    """The query that is started."""
    url: str = ""
    log: list[tuple[str, Answer]] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    count: int = 0

    def begin(self, odd: str, seed: str) -> None:
        self.odd, self.random = odd, random.Random(seed)  # noqa: S311  (it is to be repeatable)
        self.log.clear()
        self.running.clear()

    def answer(self, operation: str, parameters: dict[str, Any]) -> Answer:
        if operation == "StartQuery":
            self.count += 1
            self.text = parameters["queryString"]
        if len(self.log) >= MOST_REQUESTS:
            return 400, b'{"__type": "AccessDeniedException", "message": "that was enough"}'
        true = self._true(operation)
        # A query that is odd at first has an end all the same.
        is_odd = operation == self.odd and sum(name == operation for name, _ in self.log) < 20
        answer = odd_answer(self.random, true) if is_odd else (200, true)
        self.log.append((operation, answer))
        self._keep(operation, parameters, *answer)
        return answer

    def _true(self, operation: str) -> bytes:
        if operation in ("DescribeFlowLogs", "AssumeRole"):
            return FLOW_LOGS if operation == "DescribeFlowLogs" else ROLE
        return json.dumps(plain(f"q-{self.count}", self.text)[operation]).encode()

    def _keep(self, operation: str, parameters: dict[str, Any], status: int, body: bytes) -> None:
        if operation == "StartQuery" and not _is_refusal(status, body):
            self.running.add(_id_in(body) or f"q-{self.count}")
        elif operation == "StopQuery" or (
            operation == "GetQueryResults" and _is_final(status, body)
        ):
            self.running.discard(parameters["queryId"])


def _members(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _id_in(body: bytes) -> str:
    """The id that the client is told, as it can be written."""
    found = _members(body).get("queryId")
    return re.sub("[\ud800-\udfff]", "\ufffd", found) if isinstance(found, str) else ""


def _is_refusal(status: int, body: bytes) -> bool:
    """Whether the service says itself that it has not done it."""
    code = _members(body).get("__type")
    if not isinstance(code, str) or status < 300:
        return False
    name = code.split(":", 1)[0].rpartition("#")[2]
    busy = ("ThrottlingException", "LimitExceededException", "ServiceUnavailableException")
    return name in busy or (bool(name) and status < 500)


def _is_final(status: int, body: bytes) -> bool:
    return status < 300 and _members(body).get("status") in _FINAL


@contextmanager
def serving() -> Iterator[Shapes]:
    shapes = Shapes()

    class Handler(_Handler):
        answer = staticmethod(shapes.answer)

    with served(Handler) as shapes.url:
        yield shapes


class _Handler(BaseHTTPRequestHandler):
    answer: Callable[[str, dict[str, Any]], Answer]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if not operation:
            operation = body.decode().partition("Action=")[2].partition("&")[0]
        parameters = json.loads(body) if body.startswith(b"{") else {}
        status, answer = type(self).answer(operation, parameters)
        self.send_response(status)
        if status >= 200 and status != 204:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if status != 204:
            self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass
