"""What was probably meant, and what can stand in the place of it."""

from __future__ import annotations

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.query.check import check


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('filter action = "deny"', "action is never deny; it is ACCEPT or REJECT"),
        ('filter logStatus != "ok"', 'logStatus is never ok; write "OK"'),
        ("filter protocol = tcp", "a protocol is a number: tcp is 6"),
        ('filter dstport = "ssh"', "dstport is a number, which ssh is not"),
        ("filter action = REJECT", 'REJECT without quotes is a field; write "REJECT"'),
        ("filter bytes > 10MB", "a number has no unit; write 10000000"),
        ("stats count", "count is a function; write count(*)"),
        ("fields *", "there is no * for all fields; name them, or leave the command out"),
        ("sort desc bytes", "desc stands after its field"),
        (
            "filter tcp_flags & 2",
            "write and, or for a bit floor(field / 2) % 2 = 1, instead of &",
        ),
        (
            "filter case when bytes > 5 then 1 end",
            "unexpected when; write case(condition, value, ..., else)",
        ),
        ("stats count(distinct srcaddr)", "there is no distinct; write count_distinct(field)"),
    ],
)
def test_what_was_meant_is_said_once(text: str, message: str) -> None:
    assert [each.message for each in check(text, ARTICLE_FORMAT)] == [message]


@pytest.mark.parametrize(
    ("text", "suggestion", "mended"),
    [
        ("filter dstadr = 1", "dstaddr", "filter dstaddr = 1"),
        ("filter @timestmap = 1", "@timestamp", "filter @timestamp = 1"),
        ("stats count(*) as `all flows` by dstport | sort `all flow`", "`all flows`",
         "stats count(*) as `all flows` by dstport | sort `all flows`"),
        ("fitler action = 1", "filter", "filter action = 1"),
        ("fields strlenn(@message)", "strlen", "fields strlen(@message)"),
        ("stats count(*) as total | sort totl", "total", "stats count(*) as total | sort total"),
        ("stats pct(bytes, 0.95)", "95", "stats pct(bytes, 95)"),
        ('filter action = "Reject"', '"REJECT"', 'filter action = "REJECT"'),
        ('filter protocol = "tcp"', "6", "filter protocol = 6"),
    ],
)  # fmt: skip
def test_what_was_probably_meant_can_stand_in_the_place(
    text: str, suggestion: str, mended: str
) -> None:
    (finding,) = check(text, ARTICLE_FORMAT)
    start, end = finding.span
    assert finding.suggestion == suggestion
    assert text[:start] + finding.suggestion + text[end:] == mended
    assert check(mended, ARTICLE_FORMAT) == ()


@pytest.mark.parametrize("text", ["select a", "filter frob = 1", "fields mean(bytes)", "fields ("])
def test_where_nobody_knows_what_was_meant_nothing_is_suggested(text: str) -> None:
    assert [each.suggestion for each in check(text, ARTICLE_FORMAT)] == [""]
