from __future__ import annotations

import pytest

from flowtui.query.parser import parse
from flowtui.query.scope import (
    bytes_columns,
    calls_in,
    counting_columns,
    defined_by,
    fields_shown,
    last_stats,
    time_axis,
    undefined,
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("fields a, b + c as d | filter d > e", ["a", "b", "c", "e"]),
        ('parse @message "* *" as a, b | filter a = b and c', ["@message", "c"]),
        ("parse x /(?<a>.)(?P<b>.)/ | filter a and b and c", ["x", "c"]),
        ("stats sum(bytes) as b, b / 2 by dstport as p | sort lost", ["dstport", "bytes"]),
        ("display a = 1 as b | sort b, c", ["a", "c"]),
        ('filterIndex action = "REJECT" | dedup a', ["action", "a"]),
        ("pattern concat(@message, a)", ["@message", "a"]),
        ("fields jsonParse(a) as m | filter m.b.c = n.d and mm.e", ["a", "n.d", "mm.e"]),
        ("fields a as `m.k` | filter m.k.l = m", ["a", "m"]),
    ],
)  # fmt: skip
def test_fields_of_the_event(text: str, names: list[str]) -> None:
    assert [field.name for field in undefined(parse(text))] == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("fields a, b as c, d + 1", ("c", "d + 1")),
        ("stats count(*) by a as b, bin(5m)", ("b", "bin(5m)", "count(*)")),
        ('parse "* *" as a, b', ("a", "b")),
        ("parse @message /(?<a>.)(?P<b>.)(?<!x)/", ("a", "b")),
        ("filter a", ()),
    ],
)
def test_names_that_a_command_defines(text: str, names: tuple[str, ...]) -> None:
    assert defined_by(parse(text).commands[0]) == names


def test_calls_come_outer_ones_first() -> None:
    pipeline = parse("stats sum(f(a)) by g(b) | filter h(c) in [k(d)]")
    assert [call.name for call in calls_in(pipeline)] == ["sum", "f", "g", "h", "k"]


def test_what_the_last_stats_says_of_its_columns() -> None:
    text = "stats sum(bytes) as b by a, bin(1m) as t | stats max(b) as m by a, t"
    assert last_stats(parse(text)) == 1
    assert last_stats(parse("fields a")) is None


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("fields a", {"bytes"}),
        ("stats SUM(bytes) as b, count(bytes), avg(packets), max(bytes)", {"b", "max(bytes)"}),
    ],
)  # fmt: skip
def test_columns_that_count_bytes(text: str, columns: set[str]) -> None:
    assert bytes_columns(parse(text)) == columns


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("stats min(start) as first, max(end), sum(end), count(start) by start, dstPort as p", {
            "first": "start", "max(end)": "end", "start": "start", "p": "dstport"}),
        ("stats latest(startTime) as l by a | stats max(l) as m, max(x) by a | sort m", {
            "m": "start"}),
        ("fields start as s, bytes as end | stats max(s) as s, max(end) as e by protocol", {
            "s": "start", "e": "bytes", "protocol": "protocol"}),
    ],
)  # fmt: skip
def test_columns_that_have_values_of_a_field(text: str, columns: dict[str, str]) -> None:
    found = fields_shown(parse(f"parse @message '* *' as start, dstport | {text}"))
    assert {name: info.name for name, info in found.items()} == columns


def test_names_of_fields_are_fields_until_something_else_is_called_so() -> None:
    found = fields_shown(parse("fields bytes as srcport, dstport + 1 as dstport, dstport as d"))
    assert found["srcport"].name == "bytes"
    assert found["endTime"].name == "end"
    assert "dstport" not in found


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("stats count(*) as n, sum(bytes) by a, BIN(5m)", ("BIN(5m)", "sum(bytes)")),
        ("stats count(*) by datefloor(@timestamp, 1h) as h", ("h", "count(*)")),
        ("stats count(*) by a", None),
        ("fields bin(5m)", None),
    ],
)
def test_the_time_axis(text: str, axis: object) -> None:
    assert time_axis(parse(text)) == axis


@pytest.mark.parametrize(
    ("text", "amounts", "added"),
    [
        ("fields srcaddr, bytes", {"bytes", "packets"}, {"bytes", "packets"}),
        (
            "stats sum(bytes) as b, count(*) as n, avg(packets) as p, min(start) as s by srcaddr",
            {"b", "n", "p", "s"}, {"b", "n"},
        ),
        ("stats COUNT_DISTINCT(srcaddr) as d, max(bytes) by dstport", {"d", "max(bytes)"}, set()),
        ("stats sum(bytes) / 1000 as kb by srcaddr", set(), set()),
    ],
)  # fmt: skip
def test_which_columns_count_and_which_of_them_add_up(
    text: str, amounts: set[str], added: set[str]
) -> None:
    assert counting_columns(parse(text)) == (frozenset(amounts), frozenset(added))
