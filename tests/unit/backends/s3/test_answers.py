"""Answers of S3 and EC2 that are not what the services send are one sentence, and have an end."""

from __future__ import annotations

from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest

from flowtui.backends.aws.client import Clients
from flowtui.backends.s3.destinations import destinations
from flowtui.backends.s3.requests import Requests
from flowtui.model.errors import BackendError


def clients(monkeypatch: pytest.MonkeyPatch, client: object) -> Clients:
    found = Clients(None, "us-east-1", None, (1, 1))
    monkeypatch.setattr(found, "get", lambda _: client)
    return found


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Contents", "x"),
        ("Contents", [None]),
        ("Contents", [{}]),
        ("Contents", [{"Key": "a", "Size": "big", "ETag": "e"}]),
        ("Contents", [{"Key": "a", "Size": 1, "ETag": 5}]),
        ("CommonPrefixes", [{"Prefix": None}]),
        ("NextContinuationToken", ["t"]),
        # Another page without an end.
        ("NextContinuationToken", "again"),
    ],
)
def test_an_odd_listing(monkeypatch: pytest.MonkeyPatch, member: str, value: object) -> None:
    answer = {"IsTruncated": True, member: value}
    client = SimpleNamespace(list_objects_v2=lambda **_: answer)
    requests = Requests(clients(monkeypatch, client), pause=lambda _: None)
    with pytest.raises(BackendError, match="ListObjectsV2"):
        list(islice(requests.pages("bucket", ""), 9))


@pytest.mark.parametrize(
    "page", [{"FlowLogs": "x"}, {"FlowLogs": [5]}, {"FlowLogs": [{"LogDestination": 5}]},
             {"FlowLogs": [{"LogDestination": "arn:aws:s3:::bucket"}]}],
)  # fmt: skip
def test_an_odd_flow_log(monkeypatch: pytest.MonkeyPatch, page: dict[str, Any]) -> None:
    paginator = SimpleNamespace(paginate=lambda **_: [page])
    client = SimpleNamespace(get_paginator=lambda _: paginator)
    with pytest.raises(BackendError, match="DescribeFlowLogs"):
        destinations(clients(monkeypatch, client))
