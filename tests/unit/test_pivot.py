from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from flowtui.engine.around_flow import PIVOTS, conversation, has_pivots, pivot, pivots_of
from flowtui.engine.pivot import ShownQuestion, Spot, derive, refine
from flowtui.flowlogs.format import ARTICLE_FORMAT, FlowFormat
from flowtui.flowlogs.playbook import PLAYBOOK, Play
from flowtui.model.errors import DrillError
from flowtui.model.run import Query
from flowtui.model.timerange import Last, Time, TimeRange
from flowtui.query.ast import Stats
from flowtui.query.parser import parse
from flowtui.query.scope import last_stats


def at(minute: int, second: int = 0) -> datetime:
    return datetime(2022, 4, 1, 15, minute, second, tzinfo=UTC)


WINDOW = TimeRange(at(18, 30), at(54))
FORMAT = FlowFormat.parse(
    "${srcaddr} ${srcport} ${dstaddr} ${dstport} ${protocol} ${bytes} ${packets} ${start} ${end}"
    " ${interface-id} ${pkt-srcaddr} ${pkt-dstaddr}"
)
FLOW = {
    "@timestamp": "2022-04-01 15:20:00.000",
    "srcaddr": "10.0.0.1", "srcport": "40000", "dstaddr": "10.0.0.2", "dstport": "443",
    "protocol": "6", "start": "1648826400", "end": "1648826430", "interface_id": "eni-1",
    "pkt_srcaddr": "10.0.0.1", "pkt_dstaddr": "198.51.100.7",
}  # fmt: skip
RAW = (
    "display @timestamp, srcaddr, srcport, dstaddr, dstport, protocol, bytes, packets,"
    " interface_id, start, end, pkt_srcaddr, pkt_dstaddr\n| sort @timestamp desc"
)


def on(
    body: str, flow_format: FlowFormat | None = FORMAT, time: Time | None = WINDOW
) -> ShownQuestion:
    return ShownQuestion(Query(body, time, ("/vpc/a",)), WINDOW, flow_format)


@pytest.mark.parametrize(
    ("body", "cell", "included", "excluded"),
    [
        (
            "stats sum(bytes) as b by dstport",
            ("dstport", "443"),
            "filter dstport = 443 | stats sum(bytes) as b by dstport",
            "filter dstport != 443 | stats sum(bytes) as b by dstport",
        ),
        (
            "stats sum(bytes) as b by dstport | sort b",
            ("b", "160"),
            "stats sum(bytes) as b by dstport | filter b >= 160 | sort b",
            "stats sum(bytes) as b by dstport | filter b < 160 | sort b",
        ),
        (
            "stats avg(bytes) by dstport",
            ("avg(bytes)", "-1.5"),
            "stats avg(bytes) by dstport | filter `avg(bytes)` > -1.50005",
            "stats avg(bytes) by dstport | filter `avg(bytes)` <= -1.50005",
        ),
        (
            "stats latest(srcaddr) as s by dstport",
            ("s", "10.0.0.1"),
            'stats latest(srcaddr) as s by dstport | filter s = "10.0.0.1"',
            'stats latest(srcaddr) as s by dstport | filter s != "10.0.0.1"',
        ),
        (
            "fields bytes / 3 as bytes | stats sum(bytes) as b",
            ("b", "160"),
            "fields bytes / 3 as bytes | stats sum(bytes) as b | filter b >= 159.99995",
            "fields bytes / 3 as bytes | stats sum(bytes) as b | filter b < 159.99995",
        ),
        (
            "stats latest(dstport) as p, count(*) by srcaddr",
            ("p", "22"),
            "stats latest(dstport) as p, count(*) by srcaddr | filter p like /^22$/",
            "stats latest(dstport) as p, count(*) by srcaddr | filter not p like /^22$/",
        ),
        (
            "stats count(*) as n by dstport | sort n | fields dstport, n * 2 as m, n | limit 3",
            ("m", "4"),
            "stats count(*) as n by dstport | sort n | fields dstport, n * 2 as m, n"
            " | filter m >= 3.99995 | limit 3",
            "stats count(*) as n by dstport | sort n | fields dstport, n * 2 as m, n"
            " | filter m < 3.99995 | limit 3",
        ),
        (
            "stats count(*) by bin(500ms) as t offset 1h | display t",
            ("t", "2022-04-01 16:20:00.500"),
            "filter toMillis(bin(500ms)) = 1648826400500"
            " | stats count(*) by bin(500ms) as t offset 1h | display t",
            "filter toMillis(bin(500ms)) != 1648826400500"
            " | stats count(*) by bin(500ms) as t offset 1h | display t",
        ),
        (
            "sort bytes | display bytes * 2 as twice",
            ("twice", "4"),
            "sort bytes | filter bytes * 2 >= 3.99995 and bytes * 2 < 4.00005"
            " | display bytes * 2 as twice",
            "sort bytes | filter not (bytes * 2 >= 3.99995 and bytes * 2 < 4.00005)"
            " | display bytes * 2 as twice",
        ),
        (
            "fields jsonParse(a) as m | fields m.k",
            ("m.k", "x"),
            'fields jsonParse(a) as m | fields m.k | filter m.k = "x"',
            'fields jsonParse(a) as m | fields m.k | filter not m.k = "x"',
        ),
        (
            "stats count(*) as n by bytes > 9",
            ("bytes > 9", "1"),
            "filter bytes > 9 | stats count(*) as n by bytes > 9",
            # Not `bytes <= 9`: of what is missing neither holds.
            "filter not bytes > 9 | stats count(*) as n by bytes > 9",
        ),
        (
            "stats count(*) as n by not ispresent(bytes) as k",
            ("k", "0"),
            "filter ispresent(bytes) | stats count(*) as n by not ispresent(bytes) as k",
            "filter not ispresent(bytes) | stats count(*) as n by not ispresent(bytes) as k",
        ),
        (
            "countFrequent dstport",
            ("dstport", "443"),
            "filter dstport = 443 | countFrequent dstport",
            "filter dstport != 443 | countFrequent dstport",
        ),
        (
            "fields srcaddr | sort srcaddr | limit 9",
            ("srcaddr", None),
            "fields srcaddr | filter not ispresent(srcaddr) | sort srcaddr | limit 9",
            "fields srcaddr | filter ispresent(srcaddr) | sort srcaddr | limit 9",
        ),
    ],
)
def test_a_cell_is_included_or_excluded(
    body: str, cell: tuple[str, str | None], included: str, excluded: str
) -> None:
    query = Query(body, WINDOW)
    found = [
        refine(ShownQuestion(query, WINDOW, None), cell, exclude=each) for each in (False, True)
    ]
    assert [each.query.body.replace("\n", " ") for each in found] == [included, excluded]


@pytest.mark.parametrize("value", ["x" * 10_000, "x y\n" * 2_500_000, "1" * 10_000_000])
@pytest.mark.parametrize("kind", ["include", "exclude", "drill"])
@pytest.mark.parametrize("body", ["stats count(*) as n by a", "stats sum(bytes) as a by n"])
def test_a_value_that_no_query_has_room_for_is_refused(body: str, kind: str, value: str) -> None:
    row = {"a": value, "n": value}
    with pytest.raises(DrillError, match="too few for this value"):
        derive(kind, on(body), Spot(row, "a", value))


def test_a_long_value_is_in_nobodys_way_where_it_is_not_used() -> None:
    row = {"srcaddr": "10.0.0.1", "dstaddr": "10.0.0.2", "@message": "x" * 10_000_000}
    spot = Spot(row, "srcaddr", "10.0.0.1")
    short = Spot({**row, "@message": "x"}, "srcaddr", "10.0.0.1")
    for kind in ("include", "conversation"):
        assert derive(kind, on(RAW), spot) == derive(kind, on(RAW), short)


def test_including_a_bin_narrows_the_window_and_excluding_it_does_not() -> None:
    query = Query("stats count(*) by bin(1m)", WINDOW)
    on, cell = ShownQuestion(query, WINDOW, None), ("bin(1m)", "2022-04-01 15:20:00.000")
    target = refine(on, cell)
    assert (target.query.body, target.window) == (query.body, TimeRange(at(20), at(21)))
    target = refine(on, cell, exclude=True)
    assert target.window == WINDOW
    assert target.query.body == (
        "filter toMillis(bin(1m)) != 1648826400000\n| stats count(*) by bin(1m)"
    )


def test_a_bin_outside_the_window_is_refused() -> None:
    on = ShownQuestion(Query("stats count(*) by bin(1m)", WINDOW), WINDOW, None)
    with pytest.raises(DrillError, match="lies outside the query's time range"):
        refine(on, ("bin(1m)", "2022-04-01 16:20:00.000"))


@pytest.mark.parametrize("body", ["stats values(a) as l", "fields jsonParse(a) as l"])
def test_a_list_is_compared_with_nothing(body: str) -> None:
    with pytest.raises(DrillError, match="l is a list or a map"):
        refine(ShownQuestion(Query(body, WINDOW), WINDOW, None), ("l", '["x"]'))


# Conversations


def test_both_directions_between_the_endpoints_of_the_packets() -> None:
    target = conversation(on('filter action = "REJECT" | sort bytes | limit 5'), FLOW)
    assert target.query.body == (
        'filter pkt_srcaddr = "10.0.0.1" and pkt_dstaddr = "198.51.100.7"'
        ' or pkt_srcaddr = "198.51.100.7" and pkt_dstaddr = "10.0.0.1"\n| ' + RAW
    )
    assert target.query.prelude.startswith('parse @message "* * ')
    assert (target.query.log_groups, target.window) == (("/vpc/a",), WINDOW)
    assert target.title == "10.0.0.1 ↔ 198.51.100.7"


@pytest.mark.parametrize(
    ("body", "row", "ends"),
    [
        (
            "stats sum(bytes) by srcaddr as s, dstaddr as d",
            {"s": "a", "d": "b", "sum(bytes)": "1"},
            'srcaddr = "a" and dstaddr = "b" or srcaddr = "b" and dstaddr = "a"',
        ),
        (
            "stats count(*) by srcAddr, dstAddr",
            {"srcAddr": "a", "dstAddr": "b"},
            'srcAddr = "a" and dstAddr = "b" or srcAddr = "b" and dstAddr = "a"',
        ),
        (
            "fields srcaddr",
            {"srcaddr": "a", "dstaddr": "b", "pkt_srcaddr": "-", "pkt_dstaddr": "c"},
            'srcaddr = "a" and dstaddr = "b" or srcaddr = "b" and dstaddr = "a"',
        ),
    ],
)
def test_the_endpoints_are_taken_from_what_the_row_has(
    body: str, row: Mapping[str, str], ends: str
) -> None:
    assert conversation(on(body), row).query.body.startswith(f"filter {ends}\n| display")


def test_the_parse_of_the_query_itself_stays_and_its_filters_go() -> None:
    body = 'parse @message "* *" as srcaddr, dstaddr # mine\n| filter srcaddr like "10." | limit 3'
    target = conversation(on(body), {"srcaddr": "a", "dstaddr": "b"})
    assert target.query.body.startswith(
        'parse @message "* *" as srcaddr, dstaddr # mine\n| filter srcaddr = "a"'
    )
    assert target.query.prelude == ""


@pytest.mark.parametrize(
    ("body", "row", "condition"),
    [
        ("stats count(*) by srcaddr", {"srcaddr": "a"}, '(srcaddr = "a" or dstaddr = "a")'),
        (
            "stats latest(dstaddr) as dstaddr by srcaddr",
            {"srcaddr": "a", "dstaddr": "b"},
            '(srcaddr = "a" or dstaddr = "a")',
        ),
        (
            "stats sum(bytes) by instance_id, pkt_dstaddr, dstport",
            {"instance_id": "i-1", "pkt_dstaddr": "b", "dstport": "443"},
            '(pkt_srcaddr = "b" or pkt_dstaddr = "b") and instance_id = "i-1"',
        ),
        (
            "stats sum(bytes) by srcaddr, pkt_dstaddr",
            {"srcaddr": "a", "pkt_dstaddr": "b"},
            '(srcaddr = "a" and pkt_dstaddr = "b" or srcaddr = "b" and pkt_dstaddr = "a")',
        ),
    ],
)
def test_one_address_talks_with_the_instance_of_the_row_or_with_all(
    body: str, row: dict[str, str], condition: str
) -> None:
    found = conversation(on(body), row).query.body
    assert parse(found).commands[0] == parse(f"filter {condition}").commands[0]


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ("stats count(*) by dstport", {"dstport": "22", "count(*)": "1"}),
        ("fields srcaddr", {"srcaddr": "-"}),
    ],
)
def test_a_row_without_an_address_has_no_conversation(body: str, row: dict[str, str]) -> None:
    with pytest.raises(DrillError, match="this row has no address"):
        conversation(on(body), row)


QUERIES = [play for play in PLAYBOOK if play.query and not play.parameters]


@pytest.mark.parametrize("play", QUERIES, ids=lambda play: play.title)
def test_rows_of_the_playbook_that_name_an_address_have_their_conversation(play: Play) -> None:
    stats = parse(play.query).commands[last_stats(parse(play.query)) or 0]
    keys = [key.name for key in stats.keys] if isinstance(stats, Stats) else []
    row = dict.fromkeys((each for each in keys if each.endswith("addr")), "10.0.0.1")
    if row:
        parse(conversation(on(play.query), row).query.text)
        assert has_pivots(play.query, keys)
        assert pivots_of(on(play.query), row)


# Around a flow

AROUND = TimeRange(at(15), at(25, 30))


@pytest.mark.parametrize(
    ("kind", "condition", "title"),
    [
        ("source", 'srcaddr = "10.0.0.1" or dstaddr = "10.0.0.1"', "10.0.0.1"),
        ("destination", 'srcaddr = "10.0.0.2" or dstaddr = "10.0.0.2"', "10.0.0.2"),
        ("interface", 'interface_id = "eni-1"', "eni-1"),
    ],
)
def test_what_was_around_a_flow(kind: str, condition: str, title: str) -> None:
    target = pivot(on("sort bytes | limit 3", time=Last(timedelta(hours=1))), FLOW, kind)
    assert target.query.body == f"filter {condition}\n| {RAW}"
    assert target.window == target.query.time == AROUND
    assert target.title == title


@pytest.mark.parametrize(
    ("span", "window"),
    [
        ("5m", AROUND),
        ("1h", TimeRange(at(15) - timedelta(minutes=55), at(25, 30) + timedelta(minutes=55))),
        ("on", TimeRange(at(20), WINDOW.end)),
        ("all", WINDOW),
    ],
)
def test_the_time_around_a_flow_is_chosen(span: str, window: TimeRange) -> None:
    target = pivot(on("sort bytes"), FLOW, f"source {span}")
    assert target.window == window


def test_what_a_row_can_be_asked_names_whom_it_is_about() -> None:
    assert [(each.kind, each.about) for each in pivots_of(on("sort bytes"), FLOW)] == [
        ("tuple", "10.0.0.1 40000 10.0.0.2 443 6"), ("source", "10.0.0.1"),
        ("destination", "10.0.0.2"), ("interface", "eni-1"),
    ]  # fmt: skip
    packets = "stats sum(bytes) by pkt_srcaddr, pkt_dstaddr"
    row = {"pkt_srcaddr": "10.0.0.1", "pkt_dstaddr": "203.0.113.7"}
    assert [(each.kind, each.about, each.has_spans) for each in pivots_of(on(packets), row)] == [
        ("source", "10.0.0.1", False), ("destination", "203.0.113.7", False),
    ]  # fmt: skip


def test_where_a_row_names_nobody_nothing_is_offered() -> None:
    assert not has_pivots("stats count(*) by dstport, protocol", ("dstport", "count(*)"))
    assert has_pivots("stats count(*) by pkt_dstaddr", ("pkt_dstaddr", "count(*)"))
    assert has_pivots("sort bytes", ("@timestamp", "interface_id"))


def test_a_group_of_flows_has_the_whole_window_around_it() -> None:
    target = pivot(on("stats count(*) by srcaddr", time=None), {"srcaddr": "a"}, "source")
    assert (target.window, target.query.time) == (WINDOW, None)


def test_a_5_tuple_over_time() -> None:
    target = pivot(on("sort bytes"), FLOW, "tuple")
    assert target.query.body == (
        'filter srcaddr = "10.0.0.1" and srcport = 40000 and dstaddr = "10.0.0.2" and dstport = 443'
        " and protocol = 6\n"
        "| stats sum(bytes) as bytes, sum(packets) as packets, count(*) as records by bin(1m)"
    )
    assert target.window == WINDOW


@pytest.mark.parametrize("kind", PIVOTS)
def test_every_pivot_is_a_query_that_parses(kind: str) -> None:
    row = FLOW | {"instance_id": "i-1"}
    parse(
        pivot(
            ShownQuestion(Query("sort bytes", WINDOW), WINDOW, ARTICLE_FORMAT), row, kind
        ).query.text
    )


def test_what_the_row_does_not_say_is_named() -> None:
    with pytest.raises(DrillError, match="does not say its instance_id"):
        pivot(on("sort bytes"), FLOW | {"instance_id": "-"}, "instance")


def test_a_raw_row_that_does_not_say_a_field_gets_the_advice_that_helps() -> None:
    with pytest.raises(DrillError, match="srcaddr; add it to fields or display"):
        pivot(on("fields @message"), {"@message": "2 1"}, "source")
    with pytest.raises(DrillError, match="srcaddr; go to the raw flows first"):
        pivot(on("stats count(*) as n by dstport"), {"dstport": "22", "n": "1"}, "source")
