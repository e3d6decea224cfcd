from __future__ import annotations

import csv
import json
import shlex
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from flowtui.engine.export import (
    aws_command,
    boto3_snippet,
    flowtui_command,
    to_csv,
    to_json,
    to_markdown,
    to_text,
)
from flowtui.model.run import Query, ResultSet
from flowtui.model.timerange import TimeRange

START = datetime(2022, 4, 1, 15, 18, tzinfo=UTC)
WINDOW = TimeRange(START, START + timedelta(minutes=6))
TABLE = ResultSet(
    ("srcaddr", "note", "@ptr"),
    (("10.0.0.1", 'a "b", c|d\\', "p1"), ("-", None, "p2"), ("é", "two\r\nlines", "p3")),
)


def test_csv_reads_back_without_the_pointer() -> None:
    text = to_csv(TABLE)
    assert text.startswith("srcaddr,note\n10.0.0.1,")
    assert list(csv.reader(text.splitlines(keepends=True))) == [
        ["srcaddr", "note"],
        ["10.0.0.1", 'a "b", c|d\\'],
        ["-", ""],
        ["é", "two\r\nlines"],
    ]


def test_markdown_stays_a_table() -> None:
    assert to_markdown(TABLE) == (
        "| srcaddr | note |\n"
        "| --- | --- |\n"
        '| 10.0.0.1 | a "b", c\\|d\\\\ |\n'
        "| - |  |\n"
        "| é | two lines |\n"
    )


def test_markdown_has_no_control_characters() -> None:
    table = ResultSet(("a\x1b",), (("\x1b]0;x\x07\0\x9b\u202e\tb",),))
    assert to_markdown(table) == "| a· |\n| --- |\n| ·]0;x·····b |\n"


def test_json_leaves_out_what_a_row_lacks() -> None:
    assert json.loads(to_json(TABLE)) == [
        {"srcaddr": "10.0.0.1", "note": 'a "b", c|d\\', "@ptr": "p1"},
        {"srcaddr": "-", "@ptr": "p2"},
        {"srcaddr": "é", "note": "two\r\nlines", "@ptr": "p3"},
    ]
    assert "é" in to_json(TABLE)
    assert to_json(ResultSet(("a",))) == "[]"


def test_text_is_aligned() -> None:
    table = ResultSet(("srcaddr", "n"), (("10.0.0.1", "1"), ("-", None)))
    assert to_text(table) == "srcaddr   n\n10.0.0.1  1\n-\n"


def test_the_aws_commands_survive_a_shell() -> None:
    query = Query("filter a = 'it''s' # $HOME `x`", WINDOW, ("/vpc/a", "b c"), limit=5)
    start, get = aws_command(query, WINDOW, ("--profile", "my prod")).split(" &&\n")
    assert shlex.split(start.removeprefix("id=$(").removesuffix(")")) == [
        "aws", "--profile", "my prod", "logs", "start-query", "--log-group-names", "/vpc/a", "b c",
        "--start-time", "1648826280", "--end-time", "1648826639", "--limit", "5",
        "--query-string", query.text, "--query", "queryId", "--output", "text",
    ]  # fmt: skip
    assert get == "aws --profile 'my prod' logs get-query-results --query-id \"$id\""


def test_the_aws_command_covers_parts_of_seconds_and_names_arns() -> None:
    half = timedelta(milliseconds=500)
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:a"
    window = TimeRange(START + half, START + 3 * half)
    command = aws_command(Query("limit 1", None, (arn,)), window)
    assert f"--log-group-identifiers {arn} --start-time 1648826280 --end-time 1648826281" in command
    assert "--log-group" not in aws_command(Query("SOURCE 'a'", None), window)


def test_the_snippet_runs_the_query() -> None:
    query = Query('filter a = "\\d{x}"\n| limit 3', WINDOW, ("/vpc/a",), limit=5)
    asked: dict[str, object] = {}

    class Logs:
        def start_query(self, **arguments: object) -> dict[str, str]:
            asked.update(arguments)
            return {"queryId": "q"}

        def get_query_results(
            self,
            queryId: str,  # noqa: N803  (boto3's name)
            nextToken: str = "",  # noqa: N803
        ) -> dict[str, object]:
            results = [[{"field": queryId, "value": nextToken}]]
            more = {} if nextToken else {"nextToken": "2"}
            return {"status": "Complete", "results": results, **more}

    class Session:
        def __init__(self, **options: str) -> None:
            asked.update(options)

        def client(self, _: str) -> Logs:
            return Logs()

    snippet = boto3_snippet(query, WINDOW, {"profile_name": "prod"}).replace("import boto3\n", "")
    names: dict[str, object] = {"boto3": SimpleNamespace(Session=Session)}
    exec(snippet, names)  # noqa: S102  (what is copied must run)
    assert asked == {
        "profile_name": "prod", "logGroupNames": ["/vpc/a"], "startTime": 1648826280,
        "endTime": 1648826639, "limit": 5, "queryString": query.text,
    }  # fmt: skip
    assert names["rows"] == [{"q": ""}, {"q": "2"}]


def test_the_command_that_opens_a_view_again() -> None:
    query = Query("filter a = 'x'", WINDOW, ("/vpc/a",), prelude="parse ...")
    assert shlex.split(flowtui_command(query, WINDOW, ("flowtui", "demo"))) == [
        "flowtui", "demo", "--log-group", "/vpc/a", "--start", "2022-04-01T15:18:00+00:00",
        "--end", "2022-04-01T15:24:00+00:00", "--query", "filter a = 'x'",
    ]  # fmt: skip
    assert "--start" not in flowtui_command(Query("limit 1", None), WINDOW, ("flowtui",))
