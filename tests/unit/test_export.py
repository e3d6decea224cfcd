from __future__ import annotations

import csv
import io
import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.export import (
    aws_command,
    boto3_snippet,
    flowtui_command,
    to_json,
    to_markdown,
    to_text,
)
from flowtui.engine.spreadsheets import formula_notice, to_csv
from flowtui.model.command_words import options
from flowtui.model.run import Query, ResultSet
from flowtui.model.source import FileSource
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


def _read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(st.lists(st.text("a,\"\r\n\t '=+-@1;|", max_size=6), min_size=2, max_size=2)))
def test_csv_reads_back_and_is_no_formula(rows: list[list[str]]) -> None:
    table = ResultSet(("a", "b"), tuple(map(tuple, rows)))
    assert _read(to_csv(table, raw=True)) == [["a", "b"], *rows]
    safe = _read(to_csv(table))[1:]
    changed = 0
    for before, after in zip(chain(*rows), chain(*safe), strict=True):
        is_formula = before[:1] in tuple("=+-@\t\r") and not is_harmless(before)
        assert after == (f"'{before}" if is_formula else before)
        changed += is_formula
    assert bool(formula_notice(table, "x")) == bool(changed)


def is_harmless(text: str) -> bool:
    """A number, the dash that stands for nothing, or the name of a system field."""
    return re.fullmatch(r"-|[+-]?[0-9]+|@a[a1]*", text) is not None


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("<img src=x onerror=a()>", r"\<img src=x onerror=a()\>"),
        ("[a](https://x.y)", r"\[a\](https\://x.y)"),
        ("![a](b)", r"\!\[a\](b)"),
        ("*a* _b_ __c__ ~~d~~ `e`", r"\*a\* \_b\_ \_\_c\_\_ \~\~d\~\~ \`e\`"),
        ("flow_direction", "flow_direction"),
        ("a|b\\|c &lt; $x$", r"a\|b\\\|c \&lt; \$x\$"),
        ("www.a.b me@x.y", r"www\.a.b me\@x.y"),
        ("10.0.0.1 -> 10.0.0.2", r"10.0.0.1 -\> 10.0.0.2"),
    ],
)
def test_nothing_in_a_cell_is_markdown(cell: str, shown: str) -> None:
    assert to_markdown(ResultSet(("a",), ((cell,),))).splitlines()[2] == f"| {shown} |"


def test_names_that_begin_with_a_dash_are_no_options() -> None:
    query = Query("-x", None, ("-g", "b"), limit=1)
    words = shlex.split(flowtui_command(query, WINDOW, FileSource((Path("-f"),)).command))
    assert words == ["flowtui", "--file=-f", "--log-group=-g", "--log-group", "b", "--query=-x"]
    start, _ = aws_command(query, WINDOW, options([("profile", "-p"), ("region", "r")])).split(
        " &&"
    )
    words = shlex.split(start.removeprefix("id=$(").removesuffix(")"))
    assert words[:4] == ["aws", "--profile=-p", "--region", "r"]
    assert words[words.index("--log-group-names") + 1] == '["-g", "b"]'
    assert "--query-string=-x" in words


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
    assert to_markdown(table) == "| a· |\n| --- |\n| ·\\]0;x·····b |\n"


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
