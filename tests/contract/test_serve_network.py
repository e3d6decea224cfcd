"""EC2 and STS at the endpoint: forms in, XML out, read by boto3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, Throttled
from flowtui.sample import article_lines
from flowtui.serve.server import Endpoint
from tests.contract.asking import send
from tests.contract.conftest import NOON, PATIENCE
from tests.contract.sdk import client, refused

SIGNED = {
    "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
    "Authorization": "AWS4-HMAC-SHA256 Credential=A/20220401/us-east-1/ec2/aws4_request, ...",
}
ASK = b"Action=DescribeFlowLogs&Version=2016-11-15"


@pytest.fixture(scope="module")
def demo() -> Iterator[Endpoint]:
    local = DuckDBBackend((), demo=True, now=lambda: datetime.now(UTC))
    with Endpoint(local, local) as endpoint:
        yield endpoint


@pytest.fixture
def ec2(demo: Endpoint) -> Any:
    return client("ec2", demo.url)


def by(name: str, *values: str) -> dict[str, object]:
    return {"Filters": [{"Name": name, "Values": list(values)}]}


def test_a_flow_log_is_told_with_its_format(ec2: Any) -> None:
    (found,) = ec2.describe_flow_logs(**by("log-group-name", "/vpc/article"))["FlowLogs"]
    assert found["FlowLogId"].startswith("fl-")
    del found["FlowLogId"]
    assert found == {
        "FlowLogStatus": "ACTIVE",
        "DeliverLogsStatus": "SUCCESS",
        "ResourceId": next(iter(article_lines())).split()[1],
        "TrafficType": "ALL",
        "LogGroupName": "/vpc/article",
        "LogDestinationType": "cloud-watch-logs",
        "LogDestination": "arn:aws:logs:us-east-1:000000000000:log-group:/vpc/article",
        "LogFormat": str(ARTICLE_FORMAT),
        "MaxAggregationInterval": 60,
    }


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({}, 2),
        (by("log-group-name", "/vpc/*"), 2),
        (by("log-group-name", "/vpc/articl?", "/vpc/other"), 1),
        (by("log-group-name", r"/vpc/\*"), 0),
        (by("log-group-name", "/vpc/[a-z]*"), 0),
        (by("log-group-name", "/vpc/[!x]*"), 0),
        (by("log-group-name", r"\/vp\c/a*"), 1),
        (by("log-group-name", "/*v*p*c*/*" * 100), 0),
        (by("log-group-name", "/vpc/art"), 0),
        (by("traffic-type", "ALL"), 2),
        (by("traffic-type", "REJECT"), 0),
        (by("log-destination-type", "s3"), 0),
        (by("resource-id", "vpc-0b69ce8d04278ddd1"), 1),
        (by("tag:team", "net"), 0),
        (by("tag-key", "team"), 0),
    ],
)
def test_flow_logs_are_filtered(chosen: dict[str, object], count: int, ec2: Any) -> None:
    assert len(ec2.describe_flow_logs(**chosen)["FlowLogs"]) == count


def test_flow_logs_come_in_pages_and_by_id(ec2: Any) -> None:
    pages = list(ec2.get_paginator("describe_flow_logs").paginate(MaxResults=1))
    assert [len(page["FlowLogs"]) for page in pages] == [1, 1]
    ids = [page["FlowLogs"][0]["FlowLogId"] for page in pages]
    (found,) = ec2.describe_flow_logs(FlowLogIds=[ids[1]])["FlowLogs"]
    assert found["LogGroupName"] == "/vpc/incident"


def test_the_interfaces_are_those_of_the_records(ec2: Any) -> None:
    lines = [line.split() for line in article_lines()]
    found = ec2.describe_network_interfaces(**by("vpc-id", lines[0][1]))["NetworkInterfaces"]
    assert {each["NetworkInterfaceId"] for each in found} == {line[3] for line in lines}
    for each in found:
        mine = [line for line in lines if line[3] == each["NetworkInterfaceId"]]
        # At the interface itself: the target of what comes in, the source of what goes out.
        address = {line[7] if line[16] == "ingress" else line[5] for line in mine}
        assert {each["PrivateIpAddress"]} == address
        assert each["PrivateIpAddresses"] == [{"Primary": True, "PrivateIpAddress": address.pop()}]
        assert each["SubnetId"] in {line[2] for line in mine}
        instances = {line[4] for line in mine} - {"-"}
        assert each.get("Attachment", {}).get("InstanceId", "-") in (instances or {"-"})


def test_interfaces_are_filtered_and_found_by_id(ec2: Any) -> None:
    def found(**parameters: object) -> list[str]:
        answer = ec2.describe_network_interfaces(**parameters)
        return [each["NetworkInterfaceId"] for each in answer["NetworkInterfaces"]]

    every = found()
    assert found(NetworkInterfaceIds=[every[1], every[0]]) == [every[1], every[0]]
    assert found(**by("network-interface-id", every[0])) == [every[0]]
    pages = ec2.get_paginator("describe_network_interfaces").paginate(
        PaginationConfig={"PageSize": 5}
    )
    paged = [each["NetworkInterfaceId"] for page in pages for each in page["NetworkInterfaces"]]
    assert paged == every == sorted(every)


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("describe_addresses", {}, "InvalidAction"),
        ("describe_vpcs", {"VpcIds": ["vpc-1"]}, "InvalidVpcID.NotFound"),
        ("describe_subnets", {"SubnetIds": ["subnet-1"]}, "InvalidSubnetID.NotFound"),
        ("describe_instances", {"InstanceIds": ["i-1"]}, "InvalidInstanceID.NotFound"),
        ("describe_instances", by("color", "red"), "InvalidParameterValue"),
        ("describe_flow_logs", {"DryRun": True}, "DryRunOperation"),
        ("describe_flow_logs", {"FlowLogIds": ["fl-1"]}, "InvalidFlowLogId.NotFound"),
        ("describe_flow_logs", {"MaxResults": 1001}, "InvalidParameterValue"),
        ("describe_flow_logs", {"NextToken": "x"}, "InvalidParameterValue"),
        ("describe_flow_logs", by("color", "red"), "InvalidParameterValue"),
        ("describe_network_interfaces", {"IncludeManagedResources": True}, "InvalidParameterValue"),
        (
            "describe_network_interfaces",
            {"NetworkInterfaceIds": ["eni-1"]},
            "InvalidNetworkInterfaceID.NotFound",
        ),
        (
            "describe_network_interfaces",
            {"NetworkInterfaceIds": ["eni-1"], "MaxResults": 5},
            "InvalidParameterCombination",
        ),
    ],
)
def test_what_ec2_does_not_answer_is_refused(
    operation: str, parameters: dict[str, object], code: str, ec2: Any
) -> None:
    assert refused(getattr(ec2, operation), **parameters) == code


def test_the_caller_is_told(demo: Endpoint) -> None:
    sts = client("sts", demo.url)
    identity = sts.get_caller_identity()
    assert (identity["Account"], identity["UserId"]) == ("000000000000", "flowtui")
    assert identity["Arn"] == "arn:aws:iam::000000000000:user/flowtui"
    assert refused(sts.get_session_token) == "InvalidAction"


def test_a_strange_name_of_a_group_is_still_xml() -> None:
    group = LogGroup("/a <&>\x1b\ud800\u2028]]>", format=DEFAULT_FORMAT, created=NOON)
    with Endpoint(ScriptedBackend(), ScriptedCatalog((group,))) as endpoint:
        (found,) = client("ec2", endpoint.url).describe_flow_logs()["FlowLogs"]
    assert found["LogGroupName"] == "/a <&>\ufffd\ufffd\u2028]]>"
    assert found["CreationTime"] == NOON
    assert "ResourceId" not in found


@pytest.mark.parametrize(
    ("error", "code"),
    [(Throttled("busy"), "RequestLimitExceeded"), (BackendError("disk full"), "Unavailable")],
)
def test_a_failure_of_the_engine_is_told(error: BackendError, code: str) -> None:
    group = LogGroup("/a", format=ARTICLE_FORMAT)
    with Endpoint(ScriptedBackend(error), ScriptedCatalog((group,))) as endpoint:
        assert refused(client("ec2", endpoint.url).describe_flow_logs) == code


async def test_flowtui_itself_finds_the_format(
    demo: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", demo.url)
    group = await CloudWatchBackend(patience=PATIENCE).describe("/vpc/article")
    assert group.format == ARTICLE_FORMAT


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"Host": "evil.example"}, ASK, 403, "UnauthorizedOperation"),
        ({"Authorization": ""}, ASK, 403, "MissingAuthenticationToken"),
        ({"Authorization": "Basic YTpi"}, ASK, 403, "MissingAuthenticationToken"),
        ({}, b"", 400, "InvalidAction"),
        ({}, b"\xff=\xff", 400, "MalformedQueryString"),
        ({}, b"Action=DescribeFlowLogs", 400, "InvalidAction"),
        ({}, b"Version=2016-11-15", 400, "InvalidAction"),
        ({}, ASK + b"&Action=DescribeVpcs", 400, "InvalidAction"),
        ({}, b"Action=GetCallerIdentity&Version=2016-11-15", 400, "InvalidAction"),
        ({}, b"Action=StartQuery&Version=2016-11-15", 400, "InvalidAction"),
        ({}, ASK + b"&Filter=x", 400, "InvalidParameterValue"),
        ({}, ASK + b"&Filter.1=x", 400, "InvalidParameterValue"),
        ({}, ASK + b"&Filter.1.Name=traffic-type", 400, "InvalidParameterValue"),
        ({}, ASK + b"&Filter.1.Name=a&Filter.1=b", 400, "MalformedQueryString"),
        ({}, ASK + b"&Filter.1=b&Filter.1.Name=a", 400, "MalformedQueryString"),
        ({}, ASK + b"&MaxResults=9" + b"9" * 5000, 400, "InvalidParameterValue"),
        ({}, ASK + b"&DryRun=perhaps", 400, "InvalidParameterValue"),
        ({}, ASK + b"&a" + b".a" * 400_000 + b"=1", 400, "InvalidParameterValue"),
        ({}, b"&".join([ASK, *(b"a.%d=1" % n for n in range(6000))]), 400, "MalformedQueryString"),
    ],
)
def test_a_hostile_form_is_refused(
    headers: dict[str, str], body: bytes, status: int, code: str, demo: Endpoint
) -> None:
    answered, answer = send(demo, body, SIGNED | headers)
    assert answered == status
    assert ElementTree.fromstring(answer).findtext("Errors/Error/Code") == code  # noqa: S314  (ours)
