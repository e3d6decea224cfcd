from __future__ import annotations

import csv
import json
import shlex
from datetime import UTC, datetime, timedelta

from flowtui.engine.export import cli_command, console_link, to_csv, to_json, to_markdown, to_text
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


def test_the_cli_command_survives_a_shell() -> None:
    query = Query("filter a = 'it''s' # $HOME `x`", WINDOW, ("/vpc/a", "b c"), limit=5)
    assert shlex.split(cli_command(query, WINDOW)) == [
        "aws", "logs", "start-query", "--log-group-names", "/vpc/a", "b c",
        "--start-time", "1648826280", "--end-time", "1648826639", "--limit", "5",
        "--query-string", query.text,
    ]  # fmt: skip


def test_the_cli_command_covers_parts_of_seconds_and_names_arns() -> None:
    half = timedelta(milliseconds=500)
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:a"
    words = shlex.split(
        cli_command(Query("limit 1", None, (arn,)), TimeRange(START + half, START + 3 * half))
    )
    assert words[3:9] == [
        "--log-group-identifiers", arn, "--start-time", "1648826280", "--end-time", "1648826281",
    ]  # fmt: skip


def test_the_cli_command_names_no_groups_where_the_query_does() -> None:
    words = shlex.split(cli_command(Query("SOURCE 'a' | limit 1", None), WINDOW))
    assert words[3] == "--start-time"


def test_the_console_link() -> None:
    query = Query('filter a = "é$"\n| limit 10', WINDOW, ("/vpc/a", "b"))
    assert console_link(query, WINDOW, "eu-central-1") == (
        "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1"
        "#logsV2:logs-insights$3FqueryDetail$3D~(end~'2022-04-01T15*3a24*3a00.000Z"
        "~start~'2022-04-01T15*3a18*3a00.000Z~timeType~'ABSOLUTE~tz~'UTC"
        "~editorString~'filter*20a*20*3d*20*22*c3*a9*24*22*0a*7c*20limit*2010"
        "~source~(~'*2fvpc*2fa~'b)~lang~'CWLI)"
    )
    assert "~source~(~)~" in console_link(Query("limit 1", None), WINDOW, "eu-central-1")
