"""Names over the wire: real boto3 asks the endpoint, whose sample has some."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from flowtui.backends.aws.calls import Calls, Request
from flowtui.backends.aws.decode import Entry
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.model.errors import BackendError
from flowtui.sample.names import NAMES
from flowtui.serve.server import Endpoint
from tests.contract.conftest import PATIENCE
from tests.contract.sdk import client


@pytest.fixture(scope="module")
def demo() -> Iterator[Endpoint]:
    local = DuckDBBackend((), demo=True, now=lambda: datetime.now(UTC))
    with Endpoint(local, local) as endpoint:
        yield endpoint


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each operation was asked for."""
    counts: Counter[str] = Counter()
    send = Calls.send_now

    def counted(calls: Calls, request: Request, read: Callable[[Entry], Any]) -> Any:
        counts[request.operation.removeprefix("Describe")] += 1
        return send(calls, request, read)

    monkeypatch.setattr(Calls, "send_now", counted)
    return counts


@asynccontextmanager
async def asking(endpoint: Endpoint) -> AsyncIterator[CloudWatchBackend]:
    # The first answer waits until the sample is loaded.
    backend = CloudWatchBackend(endpoint_url=endpoint.url, patience=replace(PATIENCE, read=90))
    try:
        yield backend
    finally:
        await backend.close()


async def test_all_that_the_sample_names_is_named(demo: Endpoint, asked: Counter[str]) -> None:
    async with asking(demo) as backend:
        found = await backend.names(frozenset({*NAMES, "i-00000000", "10.200.0.1"}))
    assert found == {name: text for name, text in NAMES.items() if name in found}
    # One by one: the idle interface has no record with an address.
    assert set(NAMES) - set(found) <= {"10.0.21.99"}
    assert asked == {"NetworkInterfaces": 2, "Instances": 1, "Subnets": 1, "Vpcs": 1}


async def test_many_are_asked_for_by_the_200(demo: Endpoint, asked: Counter[str]) -> None:
    async with asking(demo) as backend:
        many = frozenset(f"subnet-{number:017x}" for number in range(450))
        assert await backend.names(many) == {}
    assert asked == {"Subnets": 3}


async def test_what_is_refused_once_is_left_and_the_others_answer(
    demo: Endpoint, asked: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Calls.send_now

    def refuse(calls: Calls, request: Request, read: Callable[[Entry], Any]) -> Any:
        if request.operation == "DescribeVpcs":
            asked["refused"] += 1
            raise BackendError("the role may not")
        return send(calls, request, read)

    monkeypatch.setattr(Calls, "send_now", refuse)
    ids = frozenset(name for name in NAMES if name.startswith(("vpc-", "subnet-")))
    async with asking(demo) as backend:
        for _ in range(2):
            found = await backend.names(ids)
            assert set(found) == {name for name in ids if name.startswith("subnet-")}
    assert (asked["refused"], asked["Subnets"]) == (1, 2)


async def test_an_endpoint_of_ones_own_elsewhere_is_no_ec2() -> None:
    backend = CloudWatchBackend(endpoint_url="http://logs.example", patience=PATIENCE)
    assert await backend.names(frozenset({"vpc-12345678"})) == {}


def test_the_places_are_told_as_ec2_does(demo: Endpoint) -> None:
    ec2 = client("ec2", demo.url)
    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    subnets = ec2.describe_subnets()["Subnets"]
    vpcs = ec2.describe_vpcs()["Vpcs"]
    reservations = ec2.describe_instances()["Reservations"]
    assert {each["SubnetId"] for each in subnets} == {each["SubnetId"] for each in interfaces}
    assert {each["VpcId"] for each in vpcs} == {each["VpcId"] for each in interfaces}
    instances = {each["InstanceId"] for one in reservations for each in one["Instances"]}
    attached = {each.get("Attachment", {}).get("InstanceId") for each in interfaces} - {None}
    assert instances == attached
    (one,) = ec2.describe_subnets(SubnetIds=[subnets[0]["SubnetId"]])["Subnets"]
    assert one == subnets[0]
    assert one["State"] == "available"
