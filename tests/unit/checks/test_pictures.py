"""A finding with the line that it is about, and a caret below."""

from __future__ import annotations

import re

import pytest

from flowtui.flowlogs.format import DEFAULT_FORMAT
from flowtui.query import check as check_module
from flowtui.query.check import check, render
from tests.unit.checks.cases import ELEVEN_STATS, JOIN, MANY_PARAMETERS, SUBQUERY

PICTURES = [
    (
        'filter bytes > 0\n| filter action in ["ACCEPT", "drop"]',
        """
warning: action is never drop; it is ACCEPT or REJECT
2 | | filter action in ["ACCEPT", "drop"]
                                  ^^^^^^""",
    ),
    (
        "fields srcaddr\n| fitler action = 1",
        """
error: unknown command fitler; did you mean filter?
2 | | fitler action = 1
      ^^^^^^""",
    ),
    (
        "count(*) by srcaddr",
        """
error: count is a function; write stats count(*)
1 | count(*) by srcaddr
    ^^^^^""",
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
        "filter srcaddr = 10.0.0.0/8",
        """
error: an address has quotes: "10.0.0.0/8"
1 | filter srcaddr = 10.0.0.0/8
                     ^^^^^^^^^^""",
    ),
    (
        "stats p95(bytes)",
        """
error: unknown function p95; write pct(number, 95)
1 | stats p95(bytes)
          ^^^""",
    ),
    (
        "fields lower(action)",
        """
error: unknown function lower; write tolower(text)
1 | fields lower(action)
           ^^^^^""",
    ),
    (
        "stats median(bytes / 2)",
        """
error: unknown function median; write pct(number, 50)
1 | stats median(bytes / 2)
          ^^^^^^""",
    ),
    (
        "stats count by action",
        """
error: count is a function; write count(*)
1 | stats count by action
          ^^^^^""",
    ),
    (
        "stats pct(bytes) by srcaddr",
        """
error: pct does not take 1 argument; it is written pct(number, percent)
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
    (
        "stats count(*) by bin(5parsecs)",
        """
error: unknown unit of time parsecs; write ms, s, m, h, d, w, mo, q or y
1 | stats count(*) by bin(5parsecs)
                           ^^^^^^^""",
    ),
    (
        "stats count(*) by bin(5)",
        """
error: bin takes a period with its unit, such as 5m
1 | stats count(*) by bin(5)
                          ^""",
    ),
    (
        "filter action like REJECT",
        """
error: like takes a text or /regex/; write "REJECT"
1 | filter action like REJECT
                       ^^^^^^""",
    ),
    (
        "filter dstport in (22, 443)",
        """
error: a list has square brackets: [22, 443]
1 | filter dstport in (22, 443)
                      ^""",
    ),
    (
        'filter action in ("REJECT")',
        """
error: in needs a list such as [22, 443] or a query in brackets
1 | filter action in ("REJECT")
                      ^^^^^^^^""",
    ),
    (
        "filter a like /b(?=c)/",
        """
error: regular expressions here have no look-ahead
1 | filter a like /b(?=c)/
                    ^^^""",
    ),
    (
        "filter a = /b/",
        """
error: a regular expression stands after like, =~ or parse only
1 | filter a = /b/
               ^^^""",
    ),
    (
        "filter bytes > 5m",
        """
error: 5m is a length of time, which stands in functions such as bin(5m) only
1 | filter bytes > 5m
                   ^^""",
    ),
    (
        "filter sum(bytes) > 5",
        """
error: sum is computed over rows, which only stats does
1 | filter sum(bytes) > 5
           ^^^""",
    ),
    (
        "stats topk(3, dstport) by srcaddr",
        """
error: topk can't be combined with by; filter before, or count(*) by the field and sort
1 | stats topk(3, dstport) by srcaddr
                           ^^""",
    ),
    (
        'parse @message "* * *" as a, b',
        """
error: the pattern has 3 wildcards but there are 2 names
1 | parse @message "* * *" as a, b
                   ^^^^^^^^^^^^^^^""",
    ),
    (
        'filter isIpInSubnet(srcaddr, "10.0.0.0/40")',
        """
error: the prefix length of an IPv4 block is 0 to 32
1 | filter isIpInSubnet(srcaddr, "10.0.0.0/40")
                                 ^^^^^^^^^^^^^""",
    ),
    (
        "limit 200000",
        """
error: the most rows that the service returns are 100000
1 | limit 200000
          ^^^^^^""",
    ),
    (
        f"fields a\n{' ' * 9990}| sort a",
        f"""
error: the service takes queries of at most 10000 characters
2 | …{" " * 152}| sort a
    {" " * 154}^^^^^^^""",
    ),
    (
        ELEVEN_STATS,
        f"""
error: a query has at most 10 stats
1 | …{ELEVEN_STATS[24:]}
     {" " * 146}^^^^^""",
    ),
    (
        "stats count(*) as n by a\n| limit 5\n| stats max(n)",
        """
error: limit stands after the last stats of several; move it there
2 | | limit 5
      ^^^^^""",
    ),
    (
        "stats sum(bytes) as b by srcaddr | sort bytes",
        """
warning: bytes is gone after stats; it leaves srcaddr, b
1 | stats sum(bytes) as b by srcaddr | sort bytes
                                            ^^^^^""",
    ),
    (
        "stats sum(bytes) as b by srcaddr | filter bytes > 9",
        """
warning: bytes is gone after stats; filter by it before
1 | stats sum(bytes) as b by srcaddr | filter bytes > 9
                                              ^^^^^""",
    ),
    (
        "stats sum(bytes) as b by srcaddr | fields bytes",
        """
error: bytes is gone after stats; it leaves srcaddr, b
1 | stats sum(bytes) as b by srcaddr | fields bytes
                                              ^^^^^""",
    ),
    (
        "stats sum(bytes) as total by srcaddr | sort totl",
        """
warning: totl is gone after stats; did you mean total?
1 | stats sum(bytes) as total by srcaddr | sort totl
                                                ^^^^""",
    ),
    (
        "dedup a | sort b",
        """
error: only limit may follow dedup; move this before it
1 | dedup a | sort b
              ^^^^""",
    ),
    (
        "estimate | limit 5",
        """
error: nothing may follow estimate; it is the last command
1 | estimate | limit 5
               ^^^^^""",
    ),
    (
        "diff",
        """
error: diff compares patterns; write pattern @message | diff
1 | diff
    ^^^^""",
    ),
    (
        f"{JOIN}\n| {JOIN}",
        f"""
error: a query has at most one join
2 | | {JOIN}
      ^^^^""",
    ),
    (
        f"filter a in {SUBQUERY}",
        f"""
error: a query in brackets can't hold another one
1 | filter a in {SUBQUERY}
                                          ^^^^^^^^^^^^^^^^^^^^^^^""",
    ),
    (
        "fields a | SOURCE 'b'",
        """
error: SOURCE stands at the beginning of a query
1 | fields a | SOURCE 'b'
               ^^^^^^""",
    ),
    (
        "SOURCE logGroups(namePrefix: ['a', 'b', 'c', 'd', 'e', 'f'])",
        """
error: at most 5 prefixes go here
1 | SOURCE logGroups(namePrefix: ['a', 'b', 'c', 'd', 'e', 'f'])
                                                           ^^^""",
    ),
    (
        "SOURCE logGroupTags(team)",
        """
error: tags are written [{"key": "team", "values": ["net*"]}]
1 | SOURCE logGroupTags(team)
           ^^^^^^^^^^^^^^^^^^""",
    ),
    (
        "$Name(a=1, a=2)",
        """
error: a is given twice
1 | $Name(a=1, a=2)
               ^^^""",
    ),
    (
        MANY_PARAMETERS,
        f"""
error: a saved query has at most 20 parameters
1 | …{MANY_PARAMETERS[24:]}
     {" " * 153}^^^^^^^""",
    ),
    (
        "fields split(a, ',') as b | unnest b into c",
        """
error: unnest does not take what split() makes; it takes lists of jsonParse()
1 | fields split(a, ',') as b | unnest b into c
                                       ^""",
    ),
    (
        "fields a | fields trim(a) as a | stats count(*) by a",
        """
error: a is already the name of a field that was chosen before, which stats does not take; \
choose another name
1 | fields a | fields trim(a) as a | stats count(*) by a
                                 ^""",
    ),
    (
        "fields pkt-srcaddr",
        """
warning: this is pkt minus srcaddr; a name with - in it is written `pkt-srcaddr` or pkt_srcaddr
1 | fields pkt-srcaddr
           ^^^^^^^^^^^""",
    ),
    (
        "stats count(*) by bin(300s)",
        """
warning: bin cuts 300s to 60s; write 5m
1 | stats count(*) by bin(300s)
                          ^^^^""",
    ),
    (
        "stats pct(bytes, 0.95)",
        """
warning: this is less than one percent; did you mean 95?
1 | stats pct(bytes, 0.95)
                     ^^^^""",
    ),
    (
        'filter a like "*b*"',
        """
warning: like finds the text as it is, and * is no wildcard in it
1 | filter a like "*b*"
                  ^^^^^""",
    ),
    (
        'stats sum("bytes")',
        """
warning: this is a text and no field; a field has no quotes: sum(bytes)
1 | stats sum("bytes")
              ^^^^^^^""",
    ),
    (
        "filter action = REJECT",
        """
warning: REJECT without quotes is a field; write "REJECT"
1 | filter action = REJECT
                    ^^^^^^""",
    ),
    (
        'filter @timestamp > "2024-01-01"',
        """
warning: a time is compared as a number: toMillis(@timestamp) >= 1700000000000
1 | filter @timestamp > "2024-01-01"
                        ^^^^^^^^^^^^""",
    ),
    (
        'filter srcaddr = "10.0.0.0/8"',
        """
warning: no address equals a block; write isIpv4InSubnet(srcaddr, ...)
1 | filter srcaddr = "10.0.0.0/8"
                     ^^^^^^^^^^^^""",
    ),
    (
        'fields parseDate(a, "%Y")',
        """
warning: parseDate takes formats such as yyyy-MM-dd HH:mm:ss
1 | fields parseDate(a, "%Y")
                        ^^^^""",
    ),
    (
        "fields a as b, c as b",
        """
warning: b is named twice here
1 | fields a as b, c as b
                        ^""",
    ),
    (
        "fields jsonParse(a) as m, m.k",
        """
warning: m.k is empty here; read it in a fields of its own
1 | fields jsonParse(a) as m, m.k
                              ^^^""",
    ),
    (
        "fields jsonParse(a) as m | sort m",
        """
error: m is a map or a list, which sort does not take; choose a key: m.key
1 | fields jsonParse(a) as m | sort m
                                    ^""",
    ),
    (
        "parse '* *' as a, b | relevantfields a where b = 1",
        """
error: relevantfields takes no field that parse has made, as a
1 | parse '* *' as a, b | relevantfields a where b = 1
                                         ^""",
    ),
    (
        "SOURCE logGroups(class: ['INFREQUENT_ACCESS']) | pattern @message",
        """
error: log groups of the Infrequent Access class do not take pattern
1 | SOURCE logGroups(class: ['INFREQUENT_ACCESS']) | pattern @message
                                                     ^^^^^^^""",
    ),
    (
        "join left=l right=r where k = r.k (SOURCE 'g')",
        """
warning: this side of the join is called l; write l.k
1 | join left=l right=r where k = r.k (SOURCE 'g')
                              ^""",
    ),
    (
        'parse "* *" as a, b | filter logStatus = "OK"',
        """
warning: after parse this misses the index of logStatus; filter before the parse
1 | parse "* *" as a, b | filter logStatus = "OK"
                                 ^^^^^^^^^""",
    ),
    (
        'filter strcontains(a, "b", true)',
        """
warning: the third argument of strcontains has no effect; use like /(?i).../
1 | filter strcontains(a, "b", true)
                               ^^^^""",
    ),
    (
        "filter a == 1",
        """
warning: == is not documented; write =
1 | filter a == 1
             ^^""",
    ),
    (
        'parse "* *" as a,\n| b',
        """
warning: this | stands inside a command, which goes on; leave it out
2 | | b
    ^""",
    ),
    (
        "head 3",
        """
warning: head is deprecated; write limit
1 | head 3
    ^^^^""",
    ),
    (
        "search a",
        """
warning: search is not documented; write filter @message like /.../
1 | search a
    ^^^^^^""",
    ),
    (
        'filter a = "漢字" and b = "e\u0301" and strlenn(c)',
        """
error: unknown function strlenn; did you mean strlen?
1 | filter a = "漢字" and b = "e\u0301" and strlenn(c)
                                      ^^^^^^^""",
    ),
    (
        'filter "漢字" like 漢字',
        """
error: like takes a text or /regex/; write "漢字"
1 | filter "漢字" like 漢字
                       ^^^^""",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "picture"), PICTURES)
def test_whole_pictures(text: str, picture: str) -> None:
    assert render(text, check(text)[0]) == picture.removeprefix("\n")


def test_a_field_of_a_known_format_has_a_picture_too() -> None:
    text = "filter srcAdr = 1"
    assert render(text, check(text, DEFAULT_FORMAT)[0]).split("\n") == [
        "warning: unknown field srcAdr; did you mean srcAddr?",
        "1 | filter srcAdr = 1",
        "           ^^^^^^",
    ]


def test_every_code_is_documented_and_has_a_picture() -> None:
    lines = re.findall(r"^    ([a-z].*)", check_module.__doc__ or "", re.MULTILINE)
    documented = {word for line in lines for word in re.findall(r"[a-z-]+", line.split(":")[0])}
    named = {word for line in lines for word in re.findall(r"^[a-z-]+", line)}
    shown = {check(text)[0].code for text, _ in PICTURES} | {"unknown-field", "argument"}
    assert shown <= documented
    assert named <= shown | {"arity"}


def test_an_invisible_character_has_a_name() -> None:
    assert check("\ufefffields a")[0].message == (
        "there is an invisible character, byte order mark (U+FEFF); delete it"
    )
    assert "zero width space (U+200B)" in check("fields a, \u200bb")[0].message
    assert "zero width joiner (U+200D)" in check('filter a = "b\u200d"')[0].message


def test_a_picture_sends_no_control_characters() -> None:
    text = "filter a \x1b[31m"
    lines = render(text, check(text)[0]).split("\n")
    assert lines == ["error: unexpected  ", "1 | filter a  [31m", " " * 13 + "^"]
    assert check("fields a\x9b\u202e()")[0].message.isprintable()


def test_an_empty_query_has_a_picture_too() -> None:
    lines = render("", check("")[0]).split("\n")
    assert lines[1:] == ["1 | ", "    ^"]
