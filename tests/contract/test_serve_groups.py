"""Log groups and saved queries at the endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.flowlogs.log_group import LogGroup
from flowtui.serve import definitions
from flowtui.serve.server import Endpoint
from tests.contract.asking import ask
from tests.contract.conftest import NOON
from tests.contract.sdk import client, pages, refused

OTHERS = tuple(LogGroup(f"/other/{n:03}", created=NOON, stored_bytes=n) for n in range(120))
RARE = LogGroup("/vpc/rare", log_class="INFREQUENT_ACCESS")
FOREIGN = LogGroup("/vpc/far", arn="arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/far")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    catalog = ScriptedCatalog((RARE, FOREIGN), OTHERS)
    with Endpoint(ScriptedBackend(), catalog, now=lambda: NOON) as made:
        yield made


@pytest.fixture
def logs(endpoint: Endpoint) -> Any:
    return client("logs", endpoint.url)


def names(answer: dict[str, Any]) -> list[str]:
    return [group["logGroupName"] for group in answer["logGroups"]]


@pytest.mark.parametrize(
    ("operation", "sizes"),
    [("describe_log_groups", [50, 50, 22]), ("list_log_groups", [50, 50, 22])],
)
def test_all_groups_come_in_pages(operation: str, sizes: list[int], logs: Any) -> None:
    answers = pages(getattr(logs, operation))
    found = [name for answer in answers for name in names(answer)]
    assert [len(answer["logGroups"]) for answer in answers] == sizes
    assert found == sorted(group.name for group in (*OTHERS, RARE, FOREIGN))
    assert len(names(logs.list_log_groups(limit=1000))) == 122


@pytest.mark.parametrize(
    ("pattern", "count"),
    [("^/vpc", 2), ("^/oth|rare", 121), ("vpc/r", 1), ("ther", 120), ("^ther", 0), ("VPC", 0)],
)
def test_groups_are_listed_by_pattern(pattern: str, count: int, logs: Any) -> None:
    assert len(names(logs.list_log_groups(logGroupNamePattern=pattern, limit=1000))) == count


def test_groups_are_described_by_class_and_identifier(logs: Any) -> None:
    (rare,) = logs.describe_log_groups(logGroupClass="INFREQUENT_ACCESS")["logGroups"]
    assert rare["logGroupName"] == "/vpc/rare"
    chosen = logs.describe_log_groups(logGroupIdentifiers=["/vpc/rare", FOREIGN.arn])
    assert names(chosen) == ["/vpc/far", "/vpc/rare"]
    assert chosen["logGroups"][0]["arn"] == f"{FOREIGN.arn}:*"
    assert names(logs.list_log_groups(logGroupClass="INFREQUENT_ACCESS")) == ["/vpc/rare"]


def test_a_pattern_tells_less_of_a_group(logs: Any) -> None:
    (found,) = logs.describe_log_groups(logGroupNamePattern="r/007")["logGroups"]
    assert set(found) == {"logGroupName", "arn", "creationTime"}
    (found,) = logs.describe_log_groups(logGroupNamePrefix="/other/007")["logGroups"]
    assert found["storedBytes"] == 7


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("ListLogGroups", {"logGroupNamePattern": "ab"}),
        ("ListLogGroups", {"logGroupNamePattern": "a" * 25}),
        ("ListLogGroups", {"logGroupNamePattern": "abc|"}),
        ("ListLogGroups", {"logGroupNamePattern": "abc|abc|abc|abc|abc|abc"}),
        ("ListLogGroups", {"logGroupNamePattern": "a.*c"}),
        ("ListLogGroups", {"limit": 1001}),
        ("ListLogGroups", {"includeLinkedAccounts": True}),
        ("ListLogGroups", {"fieldIndexNames": ["a"]}),
        ("ListLogGroups", {"dataSources": [{"name": "amazon_vpc"}]}),
        ("DescribeLogGroups", {"accountIdentifiers": ["000000000000"]}),
        ("DescribeLogGroups", {"logGroupClass": "RARE"}),
        ("DescribeLogGroups", {"logGroupIdentifiers": ["/vpc/rare"] * 51}),
        ("DescribeLogGroups", {"logGroupIdentifiers": ["/vpc/rare"], "logGroupNamePrefix": "/"}),
        ("DescribeLogGroups", {"logGroupIdentifiers": ["/vpc/rare"], "logGroupClass": "STANDARD"}),
    ],
)
def test_what_groups_are_not_found_by_is_refused(
    operation: str, parameters: dict[str, object], endpoint: Endpoint
) -> None:
    status, answer = ask(endpoint, operation, **parameters)
    assert (status, answer["__type"]) == (400, "InvalidParameterException")


def test_a_flag_that_is_not_set_is_taken(logs: Any) -> None:
    assert names(logs.list_log_groups(includeLinkedAccounts=False))
    assert names(logs.describe_log_groups(includeLinkedAccounts=False))


def test_a_query_is_saved_changed_and_deleted(logs: Any) -> None:
    wanted = {"name": "net/top", "queryString": "limit {{most}}", "logGroupNames": ["/vpc/rare"]}
    parameters = [{"name": "most", "defaultValue": "5", "description": "rows"}]
    place = logs.put_query_definition(**wanted, parameters=parameters)["queryDefinitionId"]
    (saved,) = logs.describe_query_definitions(queryDefinitionNamePrefix="net")["queryDefinitions"]
    assert saved == {
        **wanted,
        "queryLanguage": "CWLI",
        "queryDefinitionId": place,
        "lastModified": int(NOON.timestamp()) * 1000,
        "parameters": parameters,
    }
    changed = logs.put_query_definition(name="a", queryString="limit 1", queryDefinitionId=place)
    assert changed["queryDefinitionId"] == place
    (saved,) = logs.describe_query_definitions()["queryDefinitions"]
    assert (saved["name"], saved["logGroupNames"]) == ("a", [])
    assert logs.delete_query_definition(queryDefinitionId=place)["success"] is True
    assert logs.describe_query_definitions()["queryDefinitions"] == []
    code = "ResourceNotFoundException"
    assert refused(logs.delete_query_definition, queryDefinitionId=place) == code
    gone = {"name": "a", "queryString": "b", "queryDefinitionId": place}
    assert refused(logs.put_query_definition, **gone) == code


def test_a_query_that_is_saved_twice_by_one_request_is_there_once(logs: Any) -> None:
    wanted = {"name": "a", "queryString": "limit 1", "clientToken": "t" * 36}
    first, second = (logs.put_query_definition(**wanted)["queryDefinitionId"] for _ in range(2))
    assert first == second
    assert len(logs.describe_query_definitions()["queryDefinitions"]) == 1
    logs.delete_query_definition(queryDefinitionId=first)
    assert logs.put_query_definition(**wanted)["queryDefinitionId"] != first


def test_saved_queries_come_in_pages_and_by_name(logs: Any) -> None:
    for name in ("b", "c", "a"):
        logs.put_query_definition(name=name, queryString="limit 1")
    answers = pages(logs.describe_query_definitions, maxResults=2)
    found = [[saved["name"] for saved in answer["queryDefinitions"]] for answer in answers]
    assert found == [["a", "b"], ["c"]]
    assert logs.describe_query_definitions(queryLanguage="SQL")["queryDefinitions"] == []


def test_there_is_a_limit_of_saved_queries(logs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "MOST_KEPT", 1)
    wanted = {"name": "a", "queryString": "limit 1"}
    place = logs.put_query_definition(**wanted)["queryDefinitionId"]
    assert refused(logs.put_query_definition, **wanted) == "LimitExceededException"
    logs.put_query_definition(**wanted, queryDefinitionId=place)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "may not be empty"),
        ({"queryString": ""}, "may not be empty"),
        ({"name": "a" * 256}, "at most 255 characters"),
        ({"queryString": "a" * 10_001}, "at most 10000 characters"),
        ({"queryLanguage": "SQL"}, "not in SQL"),
        ({"queryLanguage": "PPL", "parameters": [{"name": "a"}]}, "only supported for CWLI"),
        ({"parameters": [{"name": "b"}]}, "Required parameters not found in queryString"),
        ({"parameters": [{"name": "a"}] * 2}, "Duplicate parameter name"),
        ({"parameters": [{"name": f"a{n}"} for n in range(21)]}, "exceeds the maximum of 20"),
        ({"parameters": [{"name": "1a"}]}, "not a parameter name"),
        ({"parameters": [{"name": "a", "color": "red"}]}, "does not know 'color'"),
        ({"parameters": ["a"]}, "a list of objects"),
        ({"logGroupNames": ["/a"] * 51}, "a list of 1 to 50"),
        ({"color": "red"}, "does not know 'color'"),
    ],
)
def test_a_query_that_can_not_be_saved_is_refused(
    changes: dict[str, object], words: str, endpoint: Endpoint
) -> None:
    wanted: dict[str, object] = {"name": "a", "queryString": "limit {{a}}"}
    status, answer = ask(endpoint, "PutQueryDefinition", **(wanted | changes))
    assert (status, answer["__type"]) == (400, "InvalidParameterException")
    assert words in answer["message"]
