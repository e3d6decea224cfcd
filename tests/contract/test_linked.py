"""The log groups of the accounts that a monitoring account may look into."""

from __future__ import annotations

import pytest

from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import Unreachable
from flowtui.model.run import Query
from tests.contract.conftest import WINDOW, Canned, Connect, MakeCanned

REFUSED: dict[str, object] = {"__type": "InvalidParameterException", "message": "no"}
Answer = tuple[int, dict[str, object]]


def arn(account: str, name: str) -> str:
    return f"arn:aws:logs:us-east-1:{account}:log-group:{name}"


OWN, SHARED = arn("000000000000", "/vpc/edge"), arn("111122223333", "/vpc/edge")


def groups(*arns: str, following: str = "", **more: object) -> Answer:
    found = [
        {"logGroupName": each.partition("log-group:")[2], "logGroupArn": each} | more
        for each in arns
    ]
    return 200, {"logGroups": found} | ({"nextToken": following} if following else {})


@pytest.fixture(autouse=True)
def _no_ec2(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be asked at the same time."""
    monkeypatch.setattr("flowtui.backends.aws.client.Clients.knows_ec2", False)


async def listed(server: Canned, connect: Connect) -> list[list[LogGroup]]:
    return [list(page) async for page in connect(server.url).log_groups()]


def sent(server: Canned) -> list[tuple[str, bool, object]]:
    return [
        (name, "includeLinkedAccounts" in body, body.get("nextToken"))
        for name, body in zip(server.asked, server.bodies, strict=True)
    ]


async def test_groups_of_linked_accounts_are_listed_by_their_arn(
    canned: MakeCanned, connect: Connect
) -> None:
    server = canned(
        groups(OWN, following="more"), groups(OWN, following="linked"), groups(SHARED),
        groups(OWN, SHARED, storedBytes=9),
    )  # fmt: skip
    pages = await listed(server, connect)
    assert [[group.name for group in page] for page in pages] == [
        ["/vpc/edge"], ["/vpc/edge"], [SHARED], [], ["/vpc/edge", SHARED], [],
    ]  # fmt: skip
    assert [group.stored_bytes for group in pages[4]] == [9, 9]
    assert sent(server) == [
        ("ListLogGroups", False, None), ("ListLogGroups", True, None),
        ("ListLogGroups", True, "linked"), ("DescribeLogGroups", True, None),
    ]  # fmt: skip


async def test_a_monitoring_account_may_have_no_groups_of_its_own(
    canned: MakeCanned, connect: Connect
) -> None:
    server = canned(groups(), groups(SHARED), groups(SHARED))
    pages = await listed(server, connect)
    assert [[group.name for group in page] for page in pages] == [[SHARED], [], [SHARED], []]


async def test_where_the_parameter_is_refused_no_group_is_lost(
    canned: MakeCanned, connect: Connect
) -> None:
    second = arn("000000000000", "/b")
    server = canned(
        groups(OWN, following="more"), (400, REFUSED), groups(second), groups(OWN, second)
    )
    pages = await listed(server, connect)
    assert [[group.name for group in page] for page in pages] == [
        ["/vpc/edge"], ["/b"], [], ["/vpc/edge", "/b"], [],
    ]  # fmt: skip
    assert sent(server) == [
        ("ListLogGroups", False, None), ("ListLogGroups", True, None),
        ("ListLogGroups", False, "more"), ("DescribeLogGroups", False, None),
    ]  # fmt: skip


async def test_names_without_sizes_are_better_than_none(
    canned: MakeCanned, connect: Connect
) -> None:
    server = canned(groups(OWN), groups(OWN, SHARED), (400, REFUSED), groups(OWN))
    pages = await listed(server, connect)
    assert [group.name for group in pages[1]] == ["/vpc/edge", SHARED]
    assert [group.name for group in pages[3]] == ["/vpc/edge"]


async def test_a_lost_connection_is_no_refusal(canned: MakeCanned, connect: Connect) -> None:
    server = canned(groups(OWN), (200, {}))
    with pytest.raises(Unreachable):
        await listed(server, connect)


async def test_a_linked_group_is_described_and_queried_by_its_arn(
    canned: MakeCanned, connect: Connect
) -> None:
    streams: Answer = (200, {"logStreams": []})
    server = canned(
        groups(OWN), groups(SHARED, storedBytes=9), streams, (200, {"queryId": "q-1"}),
    )  # fmt: skip
    backend = connect(server.url)
    group = await backend.describe(SHARED)
    assert (group.name, group.stored_bytes) == (SHARED, 9)
    assert server.bodies[1]["includeLinkedAccounts"] is True
    assert server.bodies[1]["accountIdentifiers"] == ["111122223333"]
    await backend.start(Query("fields a", WINDOW, (SHARED,)), WINDOW)
    assert server.bodies[-1]["logGroupIdentifiers"] == [SHARED]


async def test_an_arn_that_may_not_be_looked_up_can_still_be_queried(
    canned: MakeCanned, connect: Connect
) -> None:
    server = canned(groups(), (400, REFUSED), (200, {"logStreams": []}))
    group = await connect(server.url).describe(SHARED)
    assert (group.name, group.arn, group.stored_bytes) == (SHARED, SHARED, None)
