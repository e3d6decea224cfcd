"""Log groups by a part of their name: what is asked, of which operation, and what is not asked."""

from __future__ import annotations

import pytest

from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import CredentialsError
from flowtui.serve.server import Endpoint
from tests.contract.conftest import NOON, Connect, MakeCanned

NAMES = ("/vpc/Edge-1", "/vpc/edge-2", "/vpc/EDGE-3", "/vpc/other")
REFUSED: dict[str, object] = {"__type": "AccessDeniedException", "message": "no"}


def groups(*names: str) -> dict[str, object]:
    return {"logGroups": [{"logGroupName": name} for name in names]}


async def names_of(backend: CloudWatchBackend, pattern: str) -> list[str]:
    pages = [page async for page in backend.log_groups(pattern)]
    return list(dict.fromkeys(group.name for page in pages for group in page))


async def test_names_are_found_in_the_usual_spellings(connect: Connect) -> None:
    catalog = ScriptedCatalog(tuple(map(LogGroup, NAMES)))
    with Endpoint(ScriptedBackend(), catalog, now=lambda: NOON) as endpoint:
        found = await names_of(connect(endpoint.url), "edge")
        assert sorted(found) == sorted(NAMES[:3])


async def test_one_request_asks_for_all_spellings(canned: MakeCanned, connect: Connect) -> None:
    server = canned((200, groups("/vpc/edge-2")), (400, REFUSED))
    assert await names_of(connect(server.url), "vpc/edge") == ["/vpc/edge-2"]
    assert server.asked == ["ListLogGroups", "ListLogGroups"]
    assert server.bodies[0] == {
        "limit": 1000, "logGroupNamePattern": "vpc/edge|VPC/EDGE|Vpc/edge",
    }  # fmt: skip
    # The second one is for linked accounts.
    assert server.bodies[1]["includeLinkedAccounts"] is True


async def test_who_may_not_list_finds_by_the_older_operation(
    canned: MakeCanned, connect: Connect
) -> None:
    first = groups("/vpc/Edge-1") | {"nextToken": "t"}
    server = canned((400, REFUSED), (200, first), (200, groups()), (200, groups("/vpc/edge-2")))
    assert await names_of(connect(server.url), "Edge") == ["/vpc/Edge-1", "/vpc/edge-2"]
    asked = [body.get("logGroupNamePattern") for body in server.bodies]
    assert asked == ["Edge|edge|EDGE", "Edge", "Edge", "edge"]
    assert server.asked[1:] == ["DescribeLogGroups"] * 3


@pytest.mark.parametrize("pattern", ["ed", "a b", "edge*", "ü-groups", "[x]"])
async def test_what_no_name_holds_or_the_service_refuses_is_not_asked_for(
    pattern: str, canned: MakeCanned, connect: Connect
) -> None:
    server = canned((200, groups()))
    assert await names_of(connect(server.url), pattern) == []
    assert server.asked == []


async def test_no_more_is_sent_than_the_service_takes(canned: MakeCanned, connect: Connect) -> None:
    server = canned((200, groups()))
    await names_of(connect(server.url), "/" + "a" * 40)
    (spelling, *_) = str(server.bodies[0]["logGroupNamePattern"]).split("|")
    assert spelling == "/" + "a" * 23


async def test_expired_credentials_are_said(canned: MakeCanned, connect: Connect) -> None:
    expired: dict[str, object] = {"__type": "ExpiredTokenException", "message": "expired"}
    with pytest.raises(CredentialsError):
        await names_of(connect(canned((400, expired)).url), "edge")


async def test_an_empty_page_says_that_all_names_are_there(
    canned: MakeCanned, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.backends.aws.client.Clients.knows_ec2", False)
    server = canned((200, groups("/a", "/b")), (400, REFUSED), (200, groups("/a", "/b")))
    pages = [page async for page in connect(server.url).log_groups()]
    assert [[group.name for group in page] for page in pages] == [
        ["/a", "/b"], [], ["/a", "/b"], [],
    ]  # fmt: skip
    assert server.asked == ["ListLogGroups", "ListLogGroups", "DescribeLogGroups"]


async def test_files_are_found_by_a_part_of_their_name() -> None:
    made = DuckDBBackend((), demo=True, now=lambda: NOON, one_shot=True)
    (page,) = [page async for page in made.log_groups("ARTI")]
    assert [group.name for group in page] == ["/vpc/article"]
    await made.close()
