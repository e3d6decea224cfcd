"""The local endpoint: what other clients may ask, and what nobody may."""

from __future__ import annotations

import asyncio
import json
from http.client import HTTPConnection
from typing import Any

import pytest

from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.model.errors import BackendError, QuerySyntaxError, Throttled, UnsupportedQuery
from flowtui.model.run import ResultSet, RunState, Snapshot, Statistics
from flowtui.serve import runs
from flowtui.serve.server import Endpoint
from tests.contract.asking import HEADERS, ask, post
from tests.contract.conftest import EDGE, NOON, WINDOW, Serve

NOW = int(NOON.timestamp())
START = {
    "logGroupName": "/vpc/edge",
    "queryString": "fields srcaddr",
    "startTime": NOW,
    "endTime": NOW + 3599,
}
RAW = ResultSet(("@ptr", "srcaddr", "bytes"), (("p1", "10.0.0.1", "40"), ("p2", "10.0.0.2", None)))
DONE = Snapshot(RunState.COMPLETE, RAW, Statistics(2, 10, 1000))
RUNNING = Snapshot(RunState.RUNNING, RAW)


def started(endpoint: Endpoint, **changes: object) -> str:
    status, answer = ask(endpoint, "StartQuery", **(START | changes))
    assert status == 200, answer
    return str(answer["queryId"])


def ended(endpoint: Endpoint, query_id: str) -> dict[str, Any]:
    """The results when the query is over; the endpoint is asked again and again."""
    while True:
        _, answer = ask(endpoint, "GetQueryResults", queryId=query_id)
        if answer["status"] not in ("Scheduled", "Running"):
            return answer


def test_rows_have_their_pointer_last_and_no_empty_cells(serve: Serve) -> None:
    endpoint = serve(ScriptedBackend([DONE]))
    answer = ended(endpoint, started(endpoint))
    assert answer["status"] == "Complete"
    assert answer["results"] == [
        [
            {"field": "srcaddr", "value": "10.0.0.1"},
            {"field": "bytes", "value": "40"},
            {"field": "@ptr", "value": "p1"},
        ],
        [{"field": "srcaddr", "value": "10.0.0.2"}, {"field": "@ptr", "value": "p2"}],
    ]
    assert answer["statistics"] == {
        "recordsMatched": 2.0,
        "recordsScanned": 10.0,
        "bytesScanned": 1000.0,
        "resultCount": 2.0,
        "estimatedRecordsSkipped": 0.0,
        "estimatedBytesSkipped": 0.0,
        "logGroupsScanned": 1.0,
    }


def test_a_query_is_scheduled_then_runs_and_is_stopped(serve: Serve) -> None:
    script = ScriptedBackend([RUNNING, asyncio.Event()])
    endpoint = serve(script)
    query_id = started(endpoint)
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1]["status"] == "Scheduled":
        seen.append(ask(endpoint, "GetQueryResults", queryId=query_id)[1])
    assert seen[-1]["status"] == "Running"
    assert len(seen[-1]["results"]) == 2
    (entry,) = ask(endpoint, "DescribeQueries", status="Running")[1]["queries"]
    assert (entry["queryId"], entry["createTime"]) == (query_id, NOW * 1000)
    assert ask(endpoint, "StopQuery", queryId=query_id) == (200, {"success": True})
    assert not script.running
    assert ask(endpoint, "DescribeQueries", status="Running")[1] == {"queries": []}
    answer = ended(endpoint, query_id)
    assert (answer["status"], len(answer["results"])) == ("Cancelled", 2)
    status, again = ask(endpoint, "StopQuery", queryId=query_id)
    assert (status, again["__type"]) == (400, "InvalidParameterException")


def test_leaving_the_endpoint_stops_what_runs_and_closes_the_backend() -> None:
    script = ScriptedBackend([RUNNING, asyncio.Event()])
    with Endpoint(script, ScriptedCatalog((EDGE,))) as endpoint:
        started(endpoint)
    assert not script.running
    assert script.calls[-2:] == ["stop", "close"]


def test_results_come_in_pages(serve: Serve) -> None:
    rows = tuple((str(n),) for n in range(25))
    endpoint = serve(ScriptedBackend([Snapshot(RunState.COMPLETE, ResultSet(("n",), rows))]))
    query_id = started(endpoint)
    ended(endpoint, query_id)
    seen: list[str] = []
    token: dict[str, object] = {}
    while True:
        _, page = ask(endpoint, "GetQueryResults", queryId=query_id, maxItems=10, **token)
        seen += [row[0]["value"] for row in page["results"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert seen == [row[0] for row in rows]


@pytest.mark.parametrize(
    ("start", "end"), [(NOW, NOW + 3599), (NOW * 1000, (NOW + 3599) * 1000 + 999)]
)
def test_seconds_and_milliseconds_give_the_same_window(serve: Serve, start: int, end: int) -> None:
    script = ScriptedBackend([DONE])
    started(serve(script), startTime=start, endTime=end)
    assert script.started[0][1] == WINDOW


ARN = "arn:aws:logs:us-east-1:000000000000:log-group:/vpc/edge"


@pytest.mark.parametrize(
    "groups",
    [
        {"logGroupName": "/vpc/edge"},
        {"logGroupNames": ["/vpc/edge"]},
        {"logGroupIdentifiers": ["/vpc/edge"]},
        {"logGroupIdentifiers": [ARN, f"{ARN}:*"]},
    ],
)
def test_groups_are_named_in_every_way(groups: dict[str, object], serve: Serve) -> None:
    script = ScriptedBackend([DONE])
    started(serve(script), **({"logGroupName": None} | groups))
    assert script.started[0][0].log_groups == ("/vpc/edge",)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"logGroupName": "/nowhere"}, "ResourceNotFoundException"),
        ({"logGroupName": None}, "InvalidParameterException"),
        ({"logGroupNames": ["/vpc/edge"]}, "InvalidParameterException"),
        ({"logGroupName": None, "logGroupNames": []}, "InvalidParameterException"),
        ({"logGroupName": None, "logGroupNames": ["g"] * 51}, "InvalidParameterException"),
        ({"logGroupName": None, "logGroupNames": [7]}, "InvalidParameterException"),
        ({"logGroupName": None, "logGroupNames": "/vpc/edge"}, "InvalidParameterException"),
        ({"queryString": "x" * 10_001}, "InvalidParameterException"),
        ({"queryString": None}, "InvalidParameterException"),
        ({"queryString": "\ud800"}, "InvalidParameterException"),
        ({"queryLanguage": "SQL"}, "InvalidParameterException"),
        ({"limit": 0}, "InvalidParameterException"),
        ({"limit": 100_001}, "InvalidParameterException"),
        ({"limit": True}, "InvalidParameterException"),
        ({"limit": "5"}, "InvalidParameterException"),
        ({"startTime": NOW + 3600}, "InvalidParameterException"),
        ({"startTime": -1}, "InvalidParameterException"),
        ({"startTime": 1.5}, "InvalidParameterException"),
        ({"endTime": 10**30}, "InvalidParameterException"),
        ({"endTime": None}, "InvalidParameterException"),
        ({"dataSources": []}, "InvalidParameterException"),
    ],
)
def test_a_wrong_start_is_refused(changes: dict[str, object], code: str, serve: Serve) -> None:
    script = ScriptedBackend([DONE])
    status, answer = ask(serve(script), "StartQuery", **(START | changes))
    assert (status, answer["__type"]) == (400, code)
    assert not script.started


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (QuerySyntaxError("unexpected symbol", (2, 8)), 400, "MalformedQueryException"),
        (UnsupportedQuery("pattern is not computed here"), 400, "MalformedQueryException"),
        (Throttled("busy"), 400, "ThrottlingException"),
        (BackendError("disk full"), 503, "ServiceUnavailableException"),
    ],
)
def test_a_refusal_of_the_engine_is_told(
    error: BackendError | QuerySyntaxError, status: int, code: str, serve: Serve
) -> None:
    answered, answer = ask(serve(ScriptedBackend(error)), "StartQuery", **START)
    assert (answered, answer["__type"], answer["message"]) == (status, code, str(error))
    located = {"startCharOffset": 2, "endCharOffset": 8}
    expected = located if isinstance(error, QuerySyntaxError) else None
    assert answer.get("queryCompileError", {}).get("location") == expected


def test_a_query_that_fails_later_is_failed(serve: Serve) -> None:
    endpoint = serve(ScriptedBackend([RUNNING, BackendError("disk full")]))
    assert ended(endpoint, started(endpoint))["status"] == "Failed"


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("CreateLogGroup", {}, "UnknownOperationException"),
        ("DescribeFlowLogs", {}, "UnknownOperationException"),
        ("", {}, "UnknownOperationException"),
        ("GetQueryResults", {}, "InvalidParameterException"),
        ("GetQueryResults", {"queryId": "nobody"}, "ResourceNotFoundException"),
        ("StopQuery", {"queryId": "nobody"}, "ResourceNotFoundException"),
        ("DescribeLogGroups", {"limit": 51}, "InvalidParameterException"),
        ("DescribeLogGroups", {"nextToken": "-1"}, "InvalidParameterException"),
        ("DescribeLogGroups", {"includeLinkedAccounts": True}, "InvalidParameterException"),
        (
            "DescribeLogGroups",
            {"logGroupNamePrefix": "a", "logGroupNamePattern": "b"},
            "InvalidParameterException",
        ),
        ("DescribeQueries", {"status": "Sleeping"}, "InvalidParameterException"),
    ],
)
def test_what_is_not_known_is_refused(
    operation: str, parameters: dict[str, object], code: str, serve: Serve
) -> None:
    status, answer = ask(serve(ScriptedBackend()), operation, **parameters)
    assert (status, answer["__type"]) == (400, code)


def test_groups_are_found_by_prefix_and_pattern(serve: Serve) -> None:
    endpoint = serve(ScriptedBackend())

    def names(**parameters: object) -> list[str]:
        answer = ask(endpoint, "DescribeLogGroups", **parameters)[1]
        return [group["logGroupName"] for group in answer["logGroups"]]

    assert names(logGroupNamePrefix="/vpc") == ["/vpc/edge"]
    assert names(logGroupNamePattern="edge") == ["/vpc/edge"]
    assert len(names()) == 50


@pytest.mark.parametrize(
    "text", ["SOURCE '/a' | limit 1", "# why\n  source logGroups(namePrefix: ['/a']) | limit 1"]
)
def test_a_query_may_choose_its_groups_itself(text: str, serve: Serve) -> None:
    script = ScriptedBackend([DONE])
    endpoint = serve(script)
    query_id = started(endpoint, queryString=text, logGroupName=None)
    assert script.started[0][0].log_groups == ()
    assert "logGroupsScanned" not in ended(endpoint, query_id)["statistics"]
    (entry,) = ask(endpoint, "DescribeQueries")[1]["queries"]
    assert "logGroupName" not in entry
    started(endpoint, queryString=text)
    assert script.started[1][0].log_groups == ()


@pytest.mark.parametrize("text", ["fields source", "'source' | limit 1", "`source` | limit 1", ""])
def test_another_query_may_not(text: str, serve: Serve) -> None:
    changes = {"queryString": text, "logGroupName": None}
    status, answer = ask(serve(ScriptedBackend()), "StartQuery", **(START | changes))
    assert (status, answer["__type"]) == (400, "InvalidParameterException")


def test_queries_are_told_in_pages_the_newest_first(serve: Serve) -> None:
    endpoint = serve(ScriptedBackend([DONE]))
    ids = [started(endpoint, queryString=f"limit {n}") for n in range(1, 4)]
    for query_id in ids:
        ended(endpoint, query_id)
    first = ask(endpoint, "DescribeQueries", maxResults=2)[1]
    second = ask(endpoint, "DescribeQueries", maxResults=2, nextToken=first["nextToken"])[1]
    assert [entry["queryId"] for entry in (*first["queries"], *second["queries"])] == ids[::-1]
    assert "nextToken" not in second
    assert second["queries"] == [
        {
            "queryLanguage": "CWLI",
            "queryId": ids[0],
            "queryString": "limit 1",
            "status": "Complete",
            "createTime": NOW * 1000,
            "queryDuration": 0,
            "bytesScanned": 1000,
            "logGroupName": "/vpc/edge",
            "userIdentity": "arn:aws:iam::000000000000:user/flowtui",
        }
    ]
    for nothing in ({"queryLanguage": "SQL"}, {"status": "Unknown"}, {"logGroupName": "/a"}):
        assert ask(endpoint, "DescribeQueries", **nothing)[1] == {"queries": []}


def test_no_query_gives_more_than_100_000_rows(serve: Serve) -> None:
    rows = tuple((str(n),) for n in range(100_001))
    endpoint = serve(ScriptedBackend([Snapshot(RunState.COMPLETE, ResultSet(("n",), rows))]))
    query_id = started(endpoint)
    assert len(ended(endpoint, query_id)["results"]) == 10_000
    last = ask(endpoint, "GetQueryResults", queryId=query_id, nextToken="99999")[1]
    assert [row[0]["value"] for row in last["results"]] == ["99999"]
    assert "nextToken" not in last


def test_a_slow_endpoint_shows_partial_rows() -> None:
    rows = tuple((str(n),) for n in range(1000))
    script = ScriptedBackend([Snapshot(RunState.COMPLETE, ResultSet(("n",), rows))])
    with Endpoint(script, ScriptedCatalog((EDGE,)), latency=1.0) as endpoint:
        query_id = started(endpoint)
        seen: list[tuple[str, int]] = []
        while not seen or seen[-1][0] != "Complete":
            _, answer = ask(endpoint, "GetQueryResults", queryId=query_id)
            seen.append((answer["status"], len(answer["results"])))
    assert seen == sorted(seen, key=lambda pair: pair[1])
    assert seen[-1] == ("Complete", 1000)
    assert any(status == "Running" and 0 < count < 1000 for status, count in seen)


def test_there_is_a_limit_of_running_queries(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_RUNNING", 2)
    endpoint = serve(ScriptedBackend([RUNNING, asyncio.Event()]))
    first, _ = started(endpoint), started(endpoint)
    status, answer = ask(endpoint, "StartQuery", **START)
    assert (status, answer["__type"]) == (400, "LimitExceededException")
    assert "[2]" in answer["message"]
    ask(endpoint, "StopQuery", queryId=first)
    started(endpoint)


def test_old_results_are_forgotten(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_MOST_KEPT", 2)
    endpoint = serve(ScriptedBackend([DONE]))
    ids = [started(endpoint) for _ in range(4)]
    for query_id in ids[2:]:
        ended(endpoint, query_id)
    assert ask(endpoint, "GetQueryResults", queryId=ids[0])[0] == 400
    assert ask(endpoint, "GetQueryResults", queryId=ids[3])[0] == 200


OPEN = json.dumps({"queryId": "x"}).encode()


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"Host": "evil.example"}, OPEN, 403, "AccessDeniedException"),
        ({"Host": "127.0.0.1.evil.example"}, OPEN, 403, "AccessDeniedException"),
        ({"Host": "localhost@evil.example"}, OPEN, 403, "AccessDeniedException"),
        ({"Host": ""}, OPEN, 403, "AccessDeniedException"),
        ({"X-Amz-Target": ""}, OPEN, 400, "UnknownOperationException"),
        ({"X-Amz-Target": "Other.StartQuery"}, OPEN, 400, "UnknownOperationException"),
        ({"Content-Type": "text/plain"}, OPEN, 400, "UnknownOperationException"),
        ({"Content-Type": "application/json"}, OPEN, 400, "UnknownOperationException"),
        ({}, b"{", 400, "SerializationException"),
        ({}, b"[]", 400, "SerializationException"),
        ({}, b"\xff\xfe", 400, "SerializationException"),
        ({}, b"[" * 100_000, 400, "SerializationException"),
        ({"Content-Length": "99999999999"}, b"", 413, "RequestEntityTooLargeException"),
        ({"Content-Length": "-1"}, b"", 411, "SerializationException"),
        ({"Content-Length": "9" * 5000}, b"", 411, "SerializationException"),
        (
            {"Transfer-Encoding": "chunked", "Content-Length": "5"},
            b"0\r\n\r\n",
            411,
            "SerializationException",
        ),
    ],
)
def test_a_hostile_request_is_refused(
    headers: dict[str, str], body: bytes, status: int, code: str, serve: Serve
) -> None:
    script = ScriptedBackend([DONE])
    answered, answer = post(serve(script), body, HEADERS | headers)
    assert (answered, answer["__type"]) == (status, code)
    assert not script.calls


@pytest.mark.parametrize("host", ["localhost:80", "127.0.0.1", "[::1]:4", "stream-127.0.0.1:5"])
def test_names_of_this_machine_are_taken(host: str, serve: Serve) -> None:
    status, _ = post(
        serve(ScriptedBackend([DONE])), json.dumps(START).encode(), HEADERS | {"Host": host}
    )
    assert status == 200


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "PUT"])
def test_a_browser_is_never_told_that_it_may_ask(method: str, serve: Serve) -> None:
    connection = HTTPConnection(serve(ScriptedBackend()).url.removeprefix("http://"), timeout=120)
    connection.request(method, "/", headers={"Origin": "http://evil.example"})
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 501
    assert not response.getheader("Access-Control-Allow-Origin")
