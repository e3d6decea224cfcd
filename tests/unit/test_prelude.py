from __future__ import annotations

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.query.prelude import parse_command, prelude, without_prelude

THREE = FlowFormat.parse("${srcaddr} ${pkt-dstaddr} ${end}")


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("stats count(*) by srcaddr", 'parse @message "* * *" as srcaddr, pkt_dstaddr, end'),
        ("# why\nsort endTime", 'parse @message "* * *" as srcaddr, pkt_dstaddr, endTime'),
        (
            "fields pktDstAddr, srcaddr, srcAddr",
            'parse @message "* * *" as srcaddr, pktDstAddr, end',
        ),
        ("filterIndex srcaddr = 1", 'parse @message "* * *" as srcaddr, pkt_dstaddr, end'),
        ("fields @message, bytes", ""),
        ("fields 1 as end | filter end = 1", ""),
        ("stats count(*) by bin(1m) | sort srcaddr", ""),
        ('parse @message "* *" as a, b | filter srcaddr = a', ""),
        ("parse @message csv as a | filter srcaddr = a", ""),
        ("SOURCE '/vpc/a' | filter srcaddr = 1", ""),
        ("", ""),
    ],
)
def test_it_is_written_where_a_field_is_undefined(body: str, written: str) -> None:
    assert prelude(body, THREE) == written


def test_records_of_other_formats_are_left_out() -> None:
    mixed = ARTICLE_FORMAT.among_others()
    assert prelude("stats sum(bytes) by srcaddr", mixed) == (
        parse_command(ARTICLE_FORMAT) + '\n| filter log_status in ["OK", "NODATA", "SKIPDATA"]'
    )
    assert prelude("filter logStatus = 'OK'", mixed).endswith(
        '| filter logStatus in ["OK", "NODATA", "SKIPDATA"]'
    )
    assert prelude("fields srcaddr", THREE.among_others()) == prelude("fields srcaddr", THREE)


def test_what_the_service_discovers_needs_none() -> None:
    assert prelude("stats sum(bytes) by srcAddr", DEFAULT_FORMAT) == ""
    assert prelude("stats sum(bytes) by srcaddr", DEFAULT_FORMAT) == parse_command(DEFAULT_FORMAT)
    assert prelude("stats sum(bytes) by srcAddr", ARTICLE_FORMAT) != ""
    assert prelude("stats sum(bytes) by srcaddr", None) == ""


def test_a_query_that_does_not_parse_yet_still_gets_it() -> None:
    assert prelude("filter srcaddr = | stats count(*) by end", THREE).startswith("parse @message")


@pytest.mark.parametrize(
    "text",
    [
        'parse @message "* * *" as a, b, end\n| filter end > 1',
        'parse @message "* * *" as srcaddr, pkt_dstaddr, end\n| fields @message',
        "fields @message\n| filter end > 1",
        "",
    ],
)
def test_a_parse_that_flowtui_would_not_write_stays_in_the_text(text: str) -> None:
    assert without_prelude(text, THREE) == text


def test_its_own_parse_is_left_out_where_the_format_is_known() -> None:
    text = 'parse @message "* * *" as srcaddr, pkt_dstaddr, end\n| filter end > 1\n| limit 2'
    assert without_prelude(text, THREE) == "filter end > 1\n| limit 2"
    assert without_prelude(text, None) == text
    assert without_prelude(text, ARTICLE_FORMAT) == text
