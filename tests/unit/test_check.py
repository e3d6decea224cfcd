from __future__ import annotations

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.query.check import Severity, check, render

ELEVEN_STATS = " | ".join(["stats count(*)"] * 11)
TOO_LONG = f'filter action = "{"R" * 9983}"'


@pytest.mark.parametrize(
    ("text", "code", "span"),
    [
        pytest.param("", "syntax", (0, 0), id="M01"),
        pytest.param("# only\n# comments", "syntax", (0, 17), id="M01 comments"),
        pytest.param("bogus @message", "unknown-command", (0, 5), id="M02"),
        pytest.param("fields @timestamp |", "syntax", (18, 19), id="M04"),
        pytest.param('| filter action = "REJECT"', "syntax", (0, 1), id="M05"),
        pytest.param('filter action = "REJECT', "syntax", (16, 17), id="M07"),
        pytest.param("filter @message like /REJECT", "syntax", (21, 22), id="M08"),
        pytest.param("filter (bytes > 10 and packets > 1", "syntax", (7, 8), id="M10"),
        pytest.param("filter bytes >", "syntax", (13, 14), id="M11"),
        pytest.param("filter dstPort in 22, 443", "syntax", (18, 20), id="M13"),
        pytest.param("filter dstPort in [22, 443", "syntax", (18, 19), id="M14"),
        pytest.param("stats sum(bytes) by", "syntax", (17, 19), id="M16"),
        pytest.param("stats srcAddr by dstAddr", "not-aggregate", (6, 13), id="M17"),
        pytest.param('parse @message "* * *" as a, b', "wildcard-count", (0, 30), id="M19"),
        pytest.param("limit ten", "syntax", (6, 9), id="M22 word"),
        pytest.param("limit -5", "syntax", (6, 7), id="M22 negative"),
        pytest.param("limit 200000", "limit", (0, 12), id="M22 too many"),
        pytest.param(
            "fields srcAddr | dedup srcAddr | sort srcAddr", "after-dedup", (33, 45), id="M23"
        ),
        pytest.param("fields strlenn(@message)", "unknown-function", (7, 14), id="M29"),
        pytest.param(ELEVEN_STATS, "stats-count", (170, 184), id="M40"),
        pytest.param(TOO_LONG, "length", (10_000, 10_001), id="M41"),
        pytest.param("stats pct(bytes) by srcaddr", "arity", (6, 9), id="arity"),
        pytest.param("filter a = b = c", "syntax", (13, 14), id="chained"),
    ],
)
def test_must_reject(text: str, code: str, span: tuple[int, int]) -> None:
    (finding,) = check(text)
    assert (finding.code, finding.severity, finding.span) == (code, Severity.ERROR, span)


@pytest.mark.parametrize(
    ("text", "picture"),
    [
        (
            "fields srcaddr\n| fitler action = 1",
            """
error: unknown command fitler; did you mean filter?
2 | | fitler action = 1
      ^^^^^^""",
        ),
        (
            "fields strlenn(@message)",
            """
error: unknown function strlenn; did you mean strlen?
1 | fields strlenn(@message)
           ^^^^^^^""",
        ),
        (
            'filter action = "REJECT\n| limit 3',
            """
error: this text never ends
1 | filter action = "REJECT
                    ^""",
        ),
        (
            "filter\t(bytes > 10",
            """
error: missing ) for this (
1 | filter (bytes > 10
           ^""",
        ),
        (
            "stats pct(bytes) by srcaddr",
            """
error: pct is written pct(number, percent)
1 | stats pct(bytes) by srcaddr
          ^^^""",
        ),
        (
            "stats count(*),\n  bytes,\n  packets by a",
            """
error: bytes is not an aggregate; write max(bytes) or so
2 |   bytes,
      ^^^^^""",
        ),
        (
            f'filter a "{"b" * 60}\nc"',
            f"""
error: unexpected "{"b" * 38}…; expected | or the end of the query
1 | filter a "{"b" * 60}
             {"^" * 61}""",
        ),
    ],
)  # fmt: skip
def test_whole_pictures(text: str, picture: str) -> None:
    assert render(text, check(text)[0]) == picture.removeprefix("\n")


def test_a_picture_sends_no_control_characters() -> None:
    text = "filter a \x1b[31m"
    lines = render(text, check(text)[0]).split("\n")
    assert lines == ["error: unexpected  ", "1 | filter a  [31m", " " * 13 + "^"]


def test_an_empty_query_has_a_picture_too() -> None:
    lines = render("", check("")[0]).split("\n")
    assert lines[1:] == ["1 | ", "    ^"]


def test_findings_come_in_the_order_of_the_text() -> None:
    text = "limit x | filter strlenn(a) | bogus | fields b c"
    assert [finding.span[0] for finding in check(text)] == [6, 17, 30, 47]


def test_field_names_are_checked_where_the_format_is_known() -> None:
    text = (
        "filter scraddr = 1 and srcAddr = 2 and @mine = 3 | stats sum(bytes) as b by az_id | sort b"
    )
    (finding,) = check(text, ARTICLE_FORMAT)
    assert finding.severity is Severity.WARNING
    assert finding.message == "unknown field scraddr; did you mean srcaddr?"
    assert text[slice(*finding.span)] == "scraddr"
    assert check(text) == ()
