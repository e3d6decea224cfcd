"""The AWS CLI, version 1, as an independent client of the endpoint: no settings but its address."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.flowlogs.format import DEFAULT_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import QuerySyntaxError
from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.serve.server import Endpoint
from tests.contract.conftest import NOON, Serve

NOW = int(NOON.timestamp())
ROWS = ResultSet(("srcaddr", "bytes", "@ptr"), (("10.0.0.1", "40", "p1"),))
WINDOW = ["--start-time", str(NOW), "--end-time", str(NOW + 3599)]
QUERY = ["--log-group-name", "/vpc/edge", "--query-string", "fields srcaddr", "--limit", "20"]


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    place = ["--endpoint-url", url, "--region", "us-east-1", "--output", "json"]
    return subprocess.run(  # noqa: S603  (our own endpoint is asked)
        [sys.executable, "-m", "awscli", *place, *arguments],
        capture_output=True,
        check=False,
        timeout=300,
    )


def told(url: str, *arguments: str) -> Any:
    done = run(url, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_finds_a_group_and_runs_a_query(serve: Serve) -> None:
    script = ScriptedBackend([Snapshot(RunState.COMPLETE, ROWS)])
    url = serve(script).url
    groups = told(url, "logs", "describe-log-groups", "--log-group-name-prefix", "/vpc")
    assert [group["logGroupName"] for group in groups["logGroups"]] == ["/vpc/edge"]
    query_id = told(url, "logs", "start-query", *WINDOW, *QUERY)["queryId"]
    results = told(url, "logs", "get-query-results", "--query-id", query_id)
    assert results["status"] == "Complete"
    assert results["results"][0][0] == {"field": "srcaddr", "value": "10.0.0.1"}
    assert script.started[0][0].limit == 20


def test_it_stops_a_query(serve: Serve) -> None:
    script = ScriptedBackend([Snapshot(RunState.RUNNING, ROWS), asyncio.Event()])
    url = serve(script).url
    query_id = told(url, "logs", "start-query", *WINDOW, *QUERY)["queryId"]
    assert told(url, "logs", "stop-query", "--query-id", query_id) == {"success": True}
    assert not script.running


def test_it_shows_what_is_wrong_with_a_query(serve: Serve) -> None:
    script = ScriptedBackend(QuerySyntaxError("unexpected symbol found fieldz", (0, 6)))
    done = run(serve(script).url, "logs", "start-query", *WINDOW, *QUERY)
    assert done.returncode != 0
    assert b"MalformedQueryException" in done.stderr
    assert b"unexpected symbol found fieldz" in done.stderr


def test_it_finds_the_flow_logs_and_who_it_is() -> None:
    group = LogGroup("/vpc/edge", format=DEFAULT_FORMAT)
    with Endpoint(ScriptedBackend(), ScriptedCatalog((group,))) as endpoint:
        found = told(endpoint.url, "ec2", "describe-flow-logs")["FlowLogs"]
        assert [log["LogFormat"] for log in found] == [str(DEFAULT_FORMAT)]
        name = "Name=log-group-name,Values=/vpc/other"
        assert told(endpoint.url, "ec2", "describe-flow-logs", "--filter", name)["FlowLogs"] == []
        identity = told(endpoint.url, "sts", "get-caller-identity")
        assert identity["Account"] == "000000000000"
        refused = run(endpoint.url, "ec2", "describe-images")
        assert b"InvalidAction" in refused.stderr
