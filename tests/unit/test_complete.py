"""Completion: `¦` marks the cursor; what is expected are the first choices."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.query.complete import Completion, complete


def at(marked: str, flow_format: FlowFormat | None = ARTICLE_FORMAT) -> Completion:
    return complete(marked.replace("¦", ""), marked.index("¦"), flow_format)


def inserts(marked: str, flow_format: FlowFormat | None = ARTICLE_FORMAT) -> list[str]:
    return [choice.insert for choice in at(marked, flow_format).choices]


def first(marked: str, count: int, flow_format: FlowFormat | None = ARTICLE_FORMAT) -> list[str]:
    return inserts(marked, flow_format)[:count]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("¦", ["fields", "display", "filter", "where", "stats", "sort"]),
        ("fi¦", ["fields", "filter", "filterIndex", "filldown", "fillmissing"]),
        ("FI¦", ["FIELDS", "FILTER"]),
        ("fields a\n| ¦", ["fields", "display", "filter"]),
        ("FIELDS a | ¦", ["FIELDS", "DISPLAY", "FILTER"]),
        ("fields a | li¦\n| sort b", ["limit"]),
        ("so¦ | fields a", ["sort", "SOURCE"]),
        ("SOURCE 'a' | so¦", ["sort", "SOURCE"]),
        ("dedup srcaddr | ¦", ["limit"]),
        ("filter x in (SOURCE 'g' | st¦)", ["stats"]),
        ("appendcols (¦", ["fields"]),
        ("dedup a | limit 3 | ¦", ["limit"]),
        ("SOURCE 'a' | ¦", ["fields", "display"]),
        ("SOURCE 'a' | FIELDS b | ¦", ["FIELDS", "DISPLAY"]),
        ("join left=a right=b where a.x = b.x (¦)", ["fields"]),
    ],
)
def test_commands(marked: str, expected: list[str]) -> None:
    assert first(marked, len(expected)) == expected


def test_what_is_not_documented_is_not_offered() -> None:
    assert inserts("stats med¦") == []


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("filter a not ¦", ["in", "like"]),
        ("filter not a not l¦", ["like"]),
        ("filter a like ¦", []),
        ("filter a = 1 | estimate | ¦", []),
        ("parse @message ¦", ["logfmt", "csv"]),
        ("parse @message csv ¦", ["as"]),
        ("parse @message csv as a ¦", []),
        ('parse @message "*" ¦', ["as"]),
        ('parse @message "*" as a ¦', []),
        ("parse @message /(x)/ ¦", ["as", "multi"]),
        ("parse @message /(x)/ as a ¦", ["multi"]),
        ("join ¦", ["type=", "left=", "right="]),
        ("join left=a ¦", ["where", "type=", "right="]),
        ("json ¦", ["field="]),
        ("fillmissing ¦", ["with"]),
        ("lookup ¦", []),
    ],
)
def test_nothing_else_can_stand_there(marked: str, expected: list[str]) -> None:
    assert inserts(marked) == expected


@pytest.mark.parametrize(
    "marked", ["filter not ¦", "cidrlookup t ¦", "join left=a right=b where ¦", "json field=¦"]
)
def test_fields_stand_there(marked: str) -> None:
    assert "srcaddr" in inserts(marked)


def test_source_stands_in_front_only() -> None:
    assert "SOURCE" not in inserts("fields a | ¦")


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("fields sr¦", ["srcaddr", "srcport", "pkt_srcaddr", "pkt_src_aws_service"]),
        ("fields SR¦", ["srcaddr", "srcport"]),
        ("fields srcaddr, fd¦", ["flow_direction"]),
        ("fields pktSrcAddr, sr¦", ["srcAddr", "srcPort", "pktSrcAddr"]),
        ("fields @m¦", ["@message"]),
        ("fields @¦", ["@timestamp", "@message"]),
        ("filter isIpv4InSubnet(ds¦", ["dstaddr", "dstport"]),
        ("parse @¦", ["@timestamp", "@message"]),
        ("stats sum(by¦", ["bytes"]),
        ("stats sum(bytes) by sr¦ | limit 5", ["srcaddr", "srcport"]),
        ("fields bytes / 8 as bits, bi¦", ["bits", "bin("]),
        ("fields bytes as b | filter b > 1 and `odd¦", []),
        ("fields 1 as `two words` | filter tw¦", ["`two words`"]),
        ("fields acti¦on", ["action"]),
        ("json field=@m¦", ["@message"]),
    ],
)
def test_fields_and_aliases(marked: str, expected: list[str]) -> None:
    assert first(marked, len(expected) or 1) == expected


def test_fields_of_the_default_format_go_by_their_discovered_names() -> None:
    assert first("fields sr¦", 2, DEFAULT_FORMAT) == ["srcAddr", "srcPort"]
    assert first("fields log_status, sr¦", 1, DEFAULT_FORMAT) == ["srcaddr"]


def test_without_a_format_only_the_fields_of_every_event_are_known() -> None:
    assert inserts("fields sr¦", None) == []
    assert first("fields @t¦", 1, None) == ["@timestamp"]


@pytest.mark.parametrize(
    "marked",
    [
        "stats sum(bytes) as total by srcaddr | sort ¦",
        "stats sum(bytes as total by srcaddr | sort ¦",
        "stats sum(bytes) as total by srcaddr | limit 5 | filter ¦",
        "filter bytes in (SOURCE 'g' | stats sum(bytes) as total by srcaddr | fields ¦)",
    ],
)
def test_never_those_that_a_stats_has_dropped(marked: str) -> None:
    found = inserts(marked)
    assert {"total", "srcaddr"} <= set(found)
    assert not {"dstaddr", "bytes", "@timestamp", "@message"} & set(found)


def test_a_query_in_brackets_has_names_of_its_own() -> None:
    inner = inserts("fields 1 as outer | filter srcaddr in (SOURCE 'g' | fields 2 as x | sort ¦)")
    assert "x" in inner
    assert "outer" not in inner
    assert "outer" in inserts("fields 1 as outer | filter a in (SOURCE 'g' | fields x) and ¦")


def test_behind_a_parse_of_its_own_a_query_has_only_what_that_defines() -> None:
    found = inserts('parse @message "* *" as a, srcaddr | fields ¦')
    assert found[:3] == ["a", "srcaddr", "@timestamp"]
    assert "dstaddr" not in found


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("stats ¦", ["count(*)", "count_distinct(", "sum("]),
        ("stats su¦", ["sum(", "sumOverTime("]),
        ("stats count(*) as n by ¦", ["bin("]),
        ("stats count(*) by srcaddr, b¦", ["bin(", "bytes"]),
        ("fields coal¦", ["coalesce("]),
        ("fields coal¦(a, b)", ["coalesce"]),
        ("fields no¦", ["now()"]),
        ("sort sum¦", []),
    ],
)
def test_functions(marked: str, expected: list[str]) -> None:
    assert first(marked, len(expected) or 1) == expected


def test_a_function_comes_with_its_signature_and_a_line_of_help() -> None:
    (choice, *_) = at("stats pct¦").choices
    assert (choice.label, choice.detail) == ("pct(number, percent)", "percentile: pct(bytes, 95)")


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("filter action = ¦", ['"ACCEPT"', '"REJECT"']),
        ("filter action = re¦", ['"REJECT"']),
        ('filter action = "re¦', ['"REJECT"']),
        ('filter action = "¦"', ['"ACCEPT"', '"REJECT"']),
        ("filter action = 'A¦' and x = 1", ["'ACCEPT'"]),
        ('filter action = "¦ and flow_direction = "egress"', ['"ACCEPT"', '"REJECT"']),
        ("filter action != ¦", ['"ACCEPT"', '"REJECT"']),
        ("filter flowDirection = ¦", ['"ingress"', '"egress"']),
        ("filter log_status in ['OK', ¦", ['"OK"', '"NODATA"', '"SKIPDATA"']),
        ("filter log_status not in [¦]", ['"OK"', '"NODATA"', '"SKIPDATA"']),
        ("filter protocol = tc¦", ["6"]),
        ("filter protocol in [6, u¦]", ["17"]),
        ("filter protocol = icmp¦", ["1", "58"]),
        ("filter protocol = 1¦", ["1", "17", "112", "132"]),
        ("filter traffic_path = ¦", ["1", "2", "3"]),
        ("filter tcp_flags = fin¦", ["1", "5", "3", "7"]),
        ("stats count(*) as n by action | filter action = ¦", ['"ACCEPT"', '"REJECT"']),
        ("filter dstport = ¦", ["account_id"]),
        ("filter srcaddr = '¦", []),
        ("filter action = 'two wo¦", []),
    ],
)
def test_values(marked: str, expected: list[str]) -> None:
    assert first(marked, len(expected) or 1) == expected


def test_a_value_comes_with_its_meaning() -> None:
    assert [c.detail for c in at("filter protocol = 6¦").choices] == []
    assert [c.detail for c in at("filter protocol = tcp¦").choices] == ["TCP"]
    assert at("filter log_status = SK¦").choices[0].detail == (
        "records were lost: totals are lower bounds"
    )


def test_the_quotes_are_replaced_with_the_value() -> None:
    assert at('filter action = "RE¦" | limit 5').span == (16, 20)
    assert at('filter action = "RE¦').span == (16, 19)
    assert at('filter action = "RE¦ | limit 5').span == (16, 19)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("stats count(*) by bin(¦", ["1m", "5m", "15m", "1h", "1d"]),
        ("stats count(*) by bin(5¦)", ["5m", "5s", "5h", "5d"]),
        ("stats count(*) by bin(10m¦)", ["10m", "10ms", "10mo"]),
        ("stats count(*) by datefloor(@timestamp, 1¦", ["1m"]),
        ("stats count(*) by a offset 3¦", ["3m"]),
        ("logcompare timeshift 7¦", ["7m"]),
        ("sessionize a maxspan 3¦", ["3m"]),
        ("limit 5¦", []),
        ("filter bytes > 5¦", []),
        ("fields round(bytes, 5¦)", []),
    ],
)
def test_periods(marked: str, expected: list[str]) -> None:
    assert first(marked, len(expected) or 1) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("sort bytes ¦", ["asc", "desc"]),
        ("sort bytes D¦", ["DESC"]),
        ("sort bytes desc¦", []),
        ("filter bytes > 5 a¦", ["and"]),
        ("filter (bytes > 5 o¦", ["or"]),
        ("fields bytes a¦", ["as", "and"]),
        ("stats sum(bytes) b¦", ["by"]),
        ('parse @message "*" ¦', ["as"]),
        ("parse @message l¦", ["logfmt"]),
        ("unnest a ¦", ["into"]),
        ("lookup t a O¦", ["OUTPUT", "OUTPUTNEW"]),
        ("join ¦", ["type=", "left=", "right="]),
        ("join type=¦", ["inner", "left"]),
        ("outlier action=¦", ["transform", "remove"]),
        ("addtotals row=t¦", ["true"]),
        ("diff ¦", ["previousDay", "previousWeek", "previousMonth"]),
        ("limit a¦", ["any"]),
        ("SOURCE ¦", ["logGroups(", "dataSource(", "logGroupTags(", "start=", "end="]),
        ("SOURCE logGroups(¦", ["namePrefix:", "accountIdentifier:", "class:"]),
    ],
)
def test_words(marked: str, expected: list[str]) -> None:
    assert first(marked, len(expected) or 1) == expected


@pytest.mark.parametrize(
    "marked",
    [
        "# fi¦",
        "fields a # so¦",
        "filter a like /sr¦/",
        "filter a like /sr¦",
        'parse @message "sr¦"',
        "fields bytes as sr¦",
        "filter x = 'done'¦",
        "fields a.¦",
        "$sr¦",
        "{{sr¦}}",
        "¦fields a",
        "stats count(*) by srcaddr¦",
        "limit ¦5",
        'filter action = ¦"REJECT"',
        'filter a = "never ends\n| filter sr¦',
    ],
)
def test_nothing(marked: str) -> None:
    assert at(marked).choices == ()


@pytest.mark.parametrize(
    ("marked", "is_eager"),
    [
        ("fields a | ¦", True),
        ("filter action = ¦", True),
        ("stats count(*) by bin(¦", True),
        ("fields ¦", False),
        ("filter srcaddr = ¦", False),
        ("sort a ¦", False),
    ],
)
def test_where_choices_help_before_a_letter_is_typed(marked: str, is_eager: bool) -> None:
    assert at(marked).is_eager is is_eager


def test_the_first_frame_waits_for_nothing_of_it() -> None:
    code = (
        "import sys, flowtui.ui.app\n"
        "late = ('parser', 'check', 'complete', 'formatting', 'prelude')\n"
        "sys.exit(any(f'flowtui.query.{name}' in sys.modules for name in late))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603  (our own code)
