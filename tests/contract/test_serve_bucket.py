"""The bucket of `flowtui serve`, beside moto's with the same objects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.model.run import ResultSet
from flowtui.sample import article_lines
from flowtui.sample.delivered import BUCKET, delivered
from flowtui.serve.bucket import Bucket, Stored
from flowtui.serve.server import Endpoint
from tests.contract.test_s3 import answer, backend, client_of, moto, whole

__all__ = ["moto", "whole"]

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
KEYS = ["AWSLogs/1/2022/a.gz", "AWSLogs/1/2022/b.gz", "AWSLogs/1/2023/a.gz", "AWSLogs/x y&<é>", "b"]
SIGNED = "AWS4-HMAC-SHA256 Credential=x"
STORED = {key: Stored(f"the bytes of {key}".encode(), NOON) for key in KEYS}


@pytest.fixture(scope="module")
def ours() -> Iterator[str]:
    with Endpoint(
        ScriptedBackend(), ScriptedCatalog(), bucket=Bucket("kept", lambda: STORED)
    ) as made:
        yield made.url


@pytest.fixture(scope="module")
def clients(moto: str, ours: str) -> tuple[Any, Any]:
    """Of ours, and of one that has the same objects."""
    reference = client_of(moto)
    reference.create_bucket(Bucket="kept")
    for key, stored in STORED.items():
        reference.put_object(Bucket="kept", Key=key, Body=stored.body)
    return client_of(ours), reference


def listed(client: Any, **asked: Any) -> tuple[list[tuple[str, int, str]], list[str]]:
    """Keys, sizes and ETags, and folders, of all pages."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="kept", **asked)
    found = list(pages)
    contents = [each for page in found for each in page.get("Contents", ())]
    folders = [each["Prefix"] for page in found for each in page.get("CommonPrefixes", ())]
    return [(each["Key"], each["Size"], each["ETag"]) for each in contents], folders


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"Prefix": "AWSLogs/"},
        {"Prefix": "AWSLogs/", "Delimiter": "/"},
        {"Delimiter": "/"},
        {"Prefix": "AWSLogs/1/2022", "Delimiter": "/"},
        {"Prefix": "AWSLogs/x y"},
        {"Prefix": "none"},
        {"StartAfter": "AWSLogs/1/2022/b.gz"},
        {"PaginationConfig": {"PageSize": 2}},
        {"Delimiter": "/", "PaginationConfig": {"PageSize": 1}},
    ],
)
def test_it_lists_what_an_independent_one_lists(
    clients: tuple[Any, Any], asked: dict[str, Any]
) -> None:
    ours, reference = clients
    assert listed(ours, **asked) == listed(reference, **asked)


@pytest.mark.parametrize("asked", ["bytes=4-8", "bytes=4-", "bytes=-3", "bytes=0-999", None])
def test_it_gives_an_object_or_a_part_of_it(clients: tuple[Any, Any], asked: str | None) -> None:
    part = {"Range": asked} if asked else {}
    ours, reference = (
        client.get_object(Bucket="kept", Key="AWSLogs/x y&<é>", **part) for client in clients
    )
    assert ours["Body"].read() == reference["Body"].read()
    names = ("ETag", "ContentLength", "ContentRange", "AcceptRanges")
    assert [ours.get(name) for name in names] == [reference.get(name) for name in names]
    head = clients[0].head_object(Bucket="kept", Key="AWSLogs/x y&<é>")
    assert (head["ETag"], head["ContentLength"]) == (ours["ETag"], len(STORED[KEYS[3]].body))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"Bucket": "kept", "Key": "none"}, "NoSuchKey"),
        ({"Bucket": "other", "Key": "b"}, "NoSuchBucket"),
        ({"Bucket": "kept", "Key": "b", "IfMatch": '"0"'}, "PreconditionFailed"),
        ({"Bucket": "kept", "Key": "b", "Range": "bytes=99-"}, "InvalidRange"),
    ],
)
def test_it_refuses_what_an_independent_one_refuses(
    clients: tuple[Any, Any], asked: dict[str, str], code: str
) -> None:
    for client in clients:
        with pytest.raises(ClientError) as refused:
            client.get_object(**asked)
        assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("headers", [{}, {"Host": "evil.example", "Authorization": SIGNED}])
def test_a_web_page_reads_nothing(ours: str, headers: dict[str, str]) -> None:
    connection = HTTPConnection(ours.removeprefix("http://"))
    connection.request("GET", "/kept/b", headers=headers)
    response = connection.getresponse()
    assert response.status == 403
    assert b"the bytes" not in response.read()
    connection.close()


async def test_the_sample_in_it_is_read_as_flow_logs_in_s3_are(
    tmp_path: Path, whole: ResultSet
) -> None:
    files = {key: Stored(body, NOON) for key, body in delivered(article_lines(), "fl-0ab")}
    bucket = Bucket(BUCKET, lambda: files)
    with Endpoint(ScriptedBackend(), ScriptedCatalog(), bucket=bucket) as endpoint:
        found = await answer(backend(endpoint.url, tmp_path, f"s3://{BUCKET}"))
    assert found.results == whole
