"""What of a query on Athena others can run or open: commands, Python, a link to the console."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from flowtui.model.command_words import option
from flowtui.model.source import AthenaSource

PRIMARY = "primary"
"""The work group of those who name none."""


def aws_command(sql: str, source: AthenaSource, options: Sequence[str] = ()) -> str:
    """The AWS CLI commands that start this statement and get its results, quoted for a shell."""
    start = ["aws", *options, "athena", "start-query-execution", *_place(source)]
    start += [*option("--query-string", sql), "--query", "QueryExecutionId", "--output", "text"]
    ask = shlex.join(["aws", *options, "athena", "get-query-execution"])
    get = shlex.join(["aws", *options, "athena", "get-query-results"])
    wait = (
        f'until {ask} --query-execution-id "$id" --query QueryExecution.Status.State'
        " --output text | grep -Ev 'QUEUED|RUNNING'; do sleep 1; done"
    )
    return f'id=$({shlex.join(start)}) &&\n{wait} &&\n{get} --query-execution-id "$id"'


def boto3_snippet(sql: str, source: AthenaSource) -> str:
    """Python that starts this statement, waits for it and has its rows in `rows`."""
    names = {f"{name}_name": value for name, value in source.account}
    session = ", ".join(f"{name}={value!r}" for name, value in names.items())
    results = (
        f"    ResultConfiguration={{'OutputLocation': {source.results!r}}},\n"
        if source.results
        else ""
    )
    return f"""\
import time

import boto3

athena = boto3.Session({session}).client("athena")
query_id = athena.start_query_execution(
    WorkGroup={source.workgroup or PRIMARY!r},
{results}    QueryString={sql!r},
)["QueryExecutionId"]
while True:
    execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
        break
    time.sleep(1)
pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
header, *rows = [
    [cell.get("VarCharValue") for cell in row["Data"]]
    for page in pages
    for row in page["ResultSet"]["Rows"]
]
"""


def console_link(query_id: str, region: str) -> str:
    """The link that opens the query in the history of Athena's console (belief)."""
    home = f"https://{region}.console.aws.amazon.com/athena/home?region={region}"
    return f"{home}#/query-editor/history/{query_id}"


def _place(source: AthenaSource) -> list[str]:
    words = option("--work-group", source.workgroup or PRIMARY)
    if not source.results:
        return list(words)
    return [*words, *option("--result-configuration", f"OutputLocation={source.results}")]
