"""Requests to the endpoint by hand, without an SDK that would check or repeat them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any

from flowtui.serve.server import Endpoint

HEADERS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.StartQuery"}

Answer = tuple[int, dict[str, Any]]


def send(
    endpoint: Endpoint, body: bytes, headers: Mapping[str, str], path: str = "/"
) -> tuple[int, bytes]:
    connection = HTTPConnection(endpoint.url.removeprefix("http://"), timeout=120)
    try:
        connection.request("POST", path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def post(endpoint: Endpoint, body: bytes, headers: Mapping[str, str]) -> Answer:
    status, answer = send(endpoint, body, headers)
    return status, json.loads(answer)


def ask(endpoint: Endpoint, operation: str, **parameters: object) -> Answer:
    target = {"X-Amz-Target": f"Logs_20140328.{operation}"}
    return post(endpoint, json.dumps(parameters).encode(), HEADERS | target)
