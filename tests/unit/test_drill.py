from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from flowtui.engine.drill import Target, drill
from flowtui.engine.pivot import ShownQuestion, refine
from flowtui.flowlogs.fields import field_info
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import DrillError
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.prelude import prelude

FORMAT = FlowFormat.parse("${srcaddr} ${dstaddr} ${dstport} ${bytes}")
PRELUDE = 'parse @message "* * * *" as srcaddr, dstaddr, dstport, bytes'
RAW = "display @timestamp, srcaddr, dstaddr, dstport, bytes\n| sort @timestamp desc"


def at(minute: int, second: int = 0) -> datetime:
    return datetime(2022, 4, 1, 15, minute, second, tzinfo=UTC)


WINDOW = TimeRange(at(18, 30), at(54))


def drilled(body: str, row: Mapping[str, str], flow_format: FlowFormat | None = FORMAT) -> Target:
    query = Query(body, WINDOW, ("/vpc/a",), prelude(body, flow_format))
    return drill(query, WINDOW, row, flow_format)


def conditions(body: str, row: Mapping[str, str]) -> str:
    """The filter that the drill added before what shows the raw rows, without the command."""
    made = drilled(body, row).query.body
    parse(made)
    before = body.partition("stats")[0].rstrip(" |")
    assert made.startswith(before)
    assert made.endswith(f"\n| {RAW}")
    added = made.removeprefix(before).removesuffix(f"\n| {RAW}")
    return added.removeprefix("\n| ").removeprefix("filter ")


def test_the_query_behind_a_row() -> None:
    body = "stats sum(bytes) as b by srcaddr, dstaddr | sort b desc | limit 2"
    target = drilled(body, {"srcaddr": "10.0.0.1", "dstaddr": "-", "b": "3"})
    assert target.query == Query(
        f'filter srcaddr = "10.0.0.1" and dstaddr = "-"\n| {RAW}', WINDOW, ("/vpc/a",), PRELUDE
    )
    assert target.window == WINDOW
    assert target.title == "10.0.0.1 → -"


def test_what_is_known_to_be_written_in_several_ways_is_matched_as_a_text() -> None:
    """To `=` the port 0443 is 443, and as a key it is another one."""
    body, row = "stats count(*) by dstport, bytes", {"dstport": "443", "bytes": "7"}
    known = frozenset({field_info("dstport")})
    query = Query(body, WINDOW, (), prelude(body, FORMAT))
    derived = drill(query, WINDOW, row, FORMAT, known).query.body
    assert derived.startswith("filter dstport like /^443$/ and bytes = 7\n")
    on = ShownQuestion(query, WINDOW, FORMAT, known)
    excluded = refine(on, ("dstport", "443"), exclude=True).query.body
    assert excluded.startswith("filter not dstport like /^443$/\n")


def test_a_prelude_is_added_where_only_the_raw_fields_need_it() -> None:
    target = drilled("stats count(*)", {"count(*)": "3"})
    assert (target.query.prelude, target.query.body) == (PRELUDE, RAW)
    assert target.title == "all flows"


def test_without_a_format_the_message_is_shown() -> None:
    made = drilled("stats count(*) by srcAddr", {"srcAddr": "-"}, None).query
    assert made.prelude == ""
    assert parse(made.body).commands[0] == parse('filter srcAddr = "-"').commands[0]
    assert "@message" in made.body


def test_the_parse_of_the_query_itself_says_what_is_shown() -> None:
    made = drilled('parse @message "* *" as a, `b c` | stats count(*) by a', {"a": "x"}).query
    assert made.prelude == ""
    assert made.body == (
        'parse @message "* *" as a, `b c`\n| filter a = "x"\n| display @timestamp, a, `b c`'
        "\n| sort @timestamp desc"
    )


@pytest.mark.parametrize(
    "value",
    ['a "b"', "it's", "back\\slash", "\\", '\\"', "`tick`", "two\nlines", "é→日本", "# | x", ""],
)  # fmt: skip
def test_a_text_is_quoted_exactly(value: str) -> None:
    made = drilled("fields concat(srcaddr, dstaddr) as s | stats count(*) by s", {"s": value})
    added = parse(made.query.body).commands[1]
    assert added == ast.Filter(ast.Binary("=", ast.Field("s"), ast.String(value)))


@pytest.mark.parametrize(
    ("keys", "row", "added"),
    [
        ("srcaddr", {}, "not ispresent(srcaddr)"),
        ("m.k", {}, "not ispresent(concat(m.k))"),
        ("m[0]", {}, "not ispresent(concat(m[0]))"),
        ("srcaddr, dstport", {"dstport": "443"}, "not ispresent(srcaddr) and dstport = 443"),
        ("dstport", {"dstport": "-"}, 'dstport = "-"'),
        ("srcaddr as s", {"s": "1.2.3.4"}, 'srcaddr = "1.2.3.4"'),
        ("isPrivateIP(srcaddr) as p", {"p": "1"}, "isPrivateIP(srcaddr)"),
        ("isPrivateIP(srcaddr) as p", {"p": "0"}, "not isPrivateIP(srcaddr)"),
        ("dstport > 9", {"dstport > 9": "0"}, "not dstport > 9"),
        ("substr(srcaddr, 0, 2) as s", {"s": "10"}, "substr(srcaddr, 0, 2) like /^10$/"),
        ("concat(dstport, '/x') as s", {"s": "1/x"}, 'concat(dstport, "/x") = "1/x"'),
        ("concat(dstport) as s", {"s": "01"}, "concat(dstport) like /^01$/"),
        ("bytes / 3 as x", {"x": "0.3333"}, "bytes / 3 >= 0.33325 and bytes / 3 < 0.33335"),
        ("bytes / 3 as x", {"x": "0"}, "bytes / 3 = 0"),
        ("-bytes as x", {"x": "-7"}, "-bytes > -7.00005 and -bytes <= -6.99995"),
    ],
)
def test_conditions_of_the_keys(keys: str, row: dict[str, str], added: str) -> None:
    assert conditions(f"stats count(*) by {keys}", row) == added


@pytest.mark.parametrize(
    ("before", "row", "added"),
    [
        ("fields bytes / 3 as x", {"x": "2.5"}, "x >= 2.49995 and x < 2.50005"),
        ("fields bytes / 3 as y | fields y as x", {"x": "2.5"}, "x >= 2.49995 and x < 2.50005"),
        ("fields bytes > 3 as x", {"x": "0"}, "not x"),
        ("fields @timestamp as x", {"x": "2022-04-01 15:20:00.000"}, "toMillis(x) = 1648826400000"),
        ("fields concat(bytes) as x", {"x": "2.5"}, r"x like /^2\.5$/"),
        ("fields dstport as x", {"x": "443"}, "x = 443"),
    ],
)
def test_a_key_means_what_it_was_defined_as(before: str, row: dict[str, str], added: str) -> None:
    made = drilled(f"{before} | stats count(*) by x", row).query.body
    assert f"\n| filter {added}\n| display" in made


@pytest.mark.parametrize(
    ("period", "start", "window"),
    [
        pytest.param("1m", at(20), TimeRange(at(20), at(21)), id="inside"),
        pytest.param("5m", at(15), TimeRange(at(18, 30), at(20)), id="cut by the window's start"),
        pytest.param("5m", at(50), TimeRange(at(50), at(54)), id="cut by the window's end"),
        pytest.param("25m", at(50), TimeRange(at(50), at(54)), id="cut by the hour"),
        pytest.param("1h", at(0), WINDOW, id="the window is shorter than the bin"),
        pytest.param("300s", at(20), TimeRange(at(20), at(21)), id="capped to 60 s"),
    ],
)
def test_a_bin_is_a_narrower_window(period: str, start: datetime, window: TimeRange) -> None:
    name = f"bin({period})"
    target = drilled(f"stats count(*) by {name}", {name: f"{start:%Y-%m-%d %H:%M:%S}.000"})
    assert target.window == target.query.time == window
    assert target.query.body == RAW


@pytest.mark.parametrize(
    ("before", "period", "start", "milliseconds"),
    [
        ("", "500ms", "2022-04-01 15:20:00.500", 1648826400500),
        ("", "2d", "2022-04-01 00:00:00.000", 1648771200000),
        ("limit 9 | ", "1m", "2022-04-01 15:20:00.000", 1648826400000),
        ("filter bytes > queryTimeRange() | ", "1m", "2022-04-01 15:20:00.000", 1648826400000),
        ("fields now() as @timestamp | ", "1m", "2022-04-01 15:20:00.000", 1648826400000),
    ],
)
def test_a_bin_is_a_condition_where_a_narrower_window_would_change_more(
    before: str, period: str, start: str, milliseconds: int
) -> None:
    body = f"{before}stats count(*) by bin({period}) as t"
    target = drilled(body, {"t": start})
    assert target.window == WINDOW
    assert f"filter toMillis(bin({period})) = {milliseconds}\n| display" in target.query.body


def test_a_bin_is_a_condition_where_an_aggregate_tells_the_window() -> None:
    body = "stats max(queryEndTime()) by bin(1m) as t"
    assert conditions(body, {"t": "2022-04-01 15:20:00.000"}) == "toMillis(bin(1m)) = 1648826400000"


def test_behind_the_last_of_several_stats_are_the_groups_of_the_one_before() -> None:
    body = "stats sum(bytes) / 3 as b by srcaddr, bin(1m) as m | stats count(*) by {}"
    first = "stats sum(bytes) / 3 as b by srcaddr, bin(1m) as m\n| filter "
    rows = [
        ("srcaddr", "10.0.0.1", 'srcaddr = "10.0.0.1"'),
        ("b", "1.5", "b >= 1.49995 and b < 1.50005"),
    ]
    for key, value, added in rows:
        target = drilled(body.format(key), {key: value})
        assert target.query.body == first + added
        assert target.window == WINDOW


def test_a_bin_of_the_stats_before_is_a_narrower_window_too() -> None:
    body = "stats sum(bytes) as b by srcaddr, bin(1m) as m | stats count(*) by m"
    target = drilled(body, {"m": "2022-04-01 15:20:00.000"})
    assert target.query.body == "stats sum(bytes) as b by srcaddr, bin(1m) as m "
    assert target.window == TimeRange(at(20), at(21))


@pytest.mark.parametrize(
    ("by", "value", "window"),
    [
        ("bin(5m) as t offset 1h", "2022-04-01 16:50:00.000", TimeRange(at(50), at(54))),
        ("bin(25m) as t offset 10m", "2022-04-01 15:35:00.000", TimeRange(at(25), at(50))),
        ("bin(1m) as t offset 1d", "2022-04-02 15:20:00.000", TimeRange(at(20), at(21))),
    ],
)
def test_a_bin_with_an_offset_is_the_window_so_much_earlier(
    by: str, value: str, window: TimeRange
) -> None:
    target = drilled(f"stats count(*) by {by}", {"t": value})
    assert (target.query.body, target.window, target.title) == (RAW, window, value)


@pytest.mark.parametrize(
    ("by", "value", "added"),
    [
        ("bin(500ms) as t offset 1h", "2022-04-01 16:20:00.500", "bin(500ms)) = 1648826400500"),
        ("bin(1mo) as t offset 1mo", "2022-05-01 00:00:00.000", "bin(1mo)) = 1648771200000"),
        ("bin(1q) as t offset 1y", "2023-04-01 00:00:00.000", "bin(1q)) = 1648771200000"),
    ],
)
def test_an_offset_leaves_the_condition_too(by: str, value: str, added: str) -> None:
    assert conditions(f"stats count(*) by {by}", {"t": value}) == f"toMillis({added}"


def test_an_offset_inside_an_expression_is_written_out() -> None:
    by = 'formatDate(bin(1h), "%H") as hour, if(-bin(1m) > 0, 1, 0) as later offset 1h'
    added = conditions(f"stats count(*) by {by}", {"hour": "16", "later": "0"})
    assert added == (
        'formatDate(fromMillis(toMillis(bin(1h)) + 3600000), "%H") like /^16$/'
        " and if(-fromMillis(toMillis(bin(1m)) + 3600000) > 0, 1, 0) like /^0$/"
    )


def test_behind_a_stats_with_an_offset_its_bins_are_columns() -> None:
    first = "stats sum(bytes) as b by srcaddr, bin(1m) as m offset 1h"
    for row, name in (("m", "m"), ("bin(1m)", "bin(1m)")):
        target = drilled(f"{first} | stats count(*) by {name}", {row: "2022-04-01 16:20:00.000"})
        assert target.query.body == f"{first}\n| filter toMillis({name}) = 1648830000000"
        assert target.window == WINDOW


@pytest.mark.parametrize(
    "after",
    [
        "display n, bin(1m), srcaddr",
        "fields srcaddr, bin(1m), n, n * 2 as double",
        "display n | display srcaddr as srcaddr, bin(1m)",
        "addtotals n",
        "sort n | dedup n | limit 3",
    ],
)
def test_what_follows_the_stats_may_choose_columns_and_rows(after: str) -> None:
    row = {"srcaddr": "10.0.0.1", "bin(1m)": "2022-04-01 15:20:00.000"}
    target = drilled(f"stats count(*) as n by srcaddr, bin(1m) | {after}", row)
    assert target.query.body == f'filter srcaddr = "10.0.0.1"\n| {RAW}'
    assert target.window == TimeRange(at(20), at(21))


def test_a_bin_of_the_whole_window_leaves_out_the_lines_without_a_time() -> None:
    body, row = "stats count(*) by {}", {"srcaddr": "-", "bin(1h)": "2022-04-01 15:00:00.000"}
    times = [
        drill(Query(body.format(key), None), WINDOW, row, FORMAT).query.time
        for key in ("srcaddr", "bin(1h)")
    ]
    assert times == [None, WINDOW]


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ("fields concat(dstport) as dstport", "dstport like /^22$/"),
        ('parse srcaddr "*.*" as dstport, rest', "dstport like /^22$/"),
        ("parse @message /(?<dstport>[0-9]+)/", "dstport like /^22$/"),
        ('parse "x* *" as dstport, rest', "dstport like /^22$/"),
        ('parse @message "* * * *" as a, b, dstport, d', "dstport = 22"),
        ('fields 1 as dstport | parse "* *" as dstport, d', "dstport = 22"),
        ("fields bytes / 3 as x, x as dstport", "dstport >= 21.99995 and dstport < 22.00005"),
    ],
)
def test_a_field_that_the_query_makes_anew_may_be_spelled_otherwise(
    before: str, added: str
) -> None:
    body = drilled(f"{before} | stats count(*) by dstport", {"dstport": "22"}).query.body
    assert f"\n| filter {added}\n| display" in body


@pytest.mark.parametrize("key", ["datefloor(@timestamp, 5m)", "start"])
def test_whatever_names_a_bin_is_a_narrower_window(key: str) -> None:
    target = drilled(
        f"fields bin(5m) as start | stats count(*) by {key}", {key: "2022-04-01 15:20:00.000"}
    )
    assert target.window == TimeRange(at(20), at(25))


def test_the_events_behind_a_frequent_value() -> None:
    target = drilled("countFrequent srcaddr, dstport", {"srcaddr": "-", "dstport": "22"})
    assert target.query.body == f'filter srcaddr = "-" and dstport = 22\n| {RAW}'
    assert target.title == "- 22"


def test_the_events_behind_a_pattern() -> None:
    body = "filter dstport = 22 | pattern @message | sort @sampleCount desc"
    target = drilled(body, {"@pattern": "2 <*> eni-<Token-2> a.b/c", "@sampleCount": "9"})
    assert target.query.body == (
        rf"""filter dstport = 22
| filter @message like /^2 .* eni-.* a\.b\/c$/
| {RAW}"""
    )
    assert target.title == "2 <*> eni-<Token-2> a.b/c"
    with pytest.raises(DrillError, match="no @pattern"):
        drilled(body, {"@sampleCount": "9"})


def test_comments_and_spelling_before_the_stats_survive() -> None:
    body = (
        "# who talks?\nFIELDS bytes*8 as bits   # in bits\n  | WHERE bits>1 # not idle\n"
        "  | stats count(*) by srcaddr # dropped\n  | sort srcaddr"
    )
    assert drilled(body, {"srcaddr": "10.0.0.1"}).query.body == (
        "# who talks?\nFIELDS bytes*8 as bits   # in bits\n  | WHERE bits>1 # not idle\n"
        '| filter srcaddr = "10.0.0.1"\n'
        "| display @timestamp, srcaddr, dstaddr, dstport, bytes, bits\n"
        "| sort @timestamp desc"
    )


@pytest.mark.parametrize(
    ("body", "row", "sentence"),
    [
        ("fields srcaddr", {}, "raw event already"),
        ("dedup srcaddr | stats count(*) by srcaddr", {}, "can't drill through dedup: only limit"),
        ("stats count(*) by strlen(bin(1d)) offset 1mo", {}, "offset of 1mo: months differ"),
        (
            "stats count(*) by bin(1d) as t offset 1mo",
            {"t": "2022-04-01 00:00:00.000"},
            "offset of 1mo: months differ in length; write it in days",
        ),
        (
            "stats count(*) by bin(1d) as t offset 99999999999d",
            {"t": "2022-04-01 00:00:00.000"},
            "before all time",
        ),
        ("stats count(*) as n by srcaddr | fields n * 2 as m", {}, "fields leaves out the key src"),
        (
            "stats count(*) by srcaddr | display srcaddr | display srcaddr as s, 1 as srcaddr",
            {},
            "display redefines the key srcaddr",
        ),
        ("stats count(*) by srcaddr | filldown", {}, "filldown redefines the key srcaddr"),
        ("stats count(*) by srcaddr | filldown src*", {}, "filldown redefines the key srcaddr"),
        ("stats count(*) by srcaddr | addtotals col=true", {}, "can't drill through addtotals"),
        ("stats count(*) as srcaddr by srcaddr", {}, "two columns are called srcaddr"),
        ("stats count(*) by srcaddr as a, dstaddr as a", {}, "two columns are called a"),
        ("stats count(*) as n by srcaddr | display n", {}, "display leaves out the key srcaddr"),
        ("stats count(*) by srcaddr | display srcaddr as s", {}, "leaves out the key srcaddr"),
        ("stats count(*) by srcaddr | fields 1 as srcaddr", {}, "fields redefines the key srcaddr"),
        (
            "stats count(*) by srcaddr | anomaly",
            {},
            "can't drill through anomaly, whose rows are not those of the stats before it",
        ),
        ("limit any 9 | stats count(*) by srcaddr", {}, "other rows each time; write limit"),
        ("stats count(*) as n by srcaddr | accum n as srcaddr", {}, "accum redefines the key"),
        ("stats count(*) by srcaddr | fillmissing with 1 for srcaddr", {}, "fillmissing redefines"),
        (
            "stats count(*) by bin(1m)",
            {"bin(1m)": "2022-04-01 16:00:00.000"},
            "outside the query's time range",
        ),
    ],
)
def test_where_it_cant_be_derived_it_says_why(
    body: str, row: dict[str, str], sentence: str
) -> None:
    with pytest.raises(DrillError, match=sentence):
        drilled(body, row)


@pytest.mark.parametrize(
    "before",
    [
        "filter srcaddr in (SOURCE '/vpc/b' | fields srcaddr)",
        "SOURCE '/vpc/b' start=-1d",
        "join left=l right=r where l.srcaddr=r.srcaddr (SOURCE '/vpc/b')",
    ],
)
def test_a_bin_does_not_narrow_the_window_of_what_reads_over_another_one(before: str) -> None:
    body = f"{before} | stats sum(bytes) as b by bin(5m)"
    row = {"bin(5m)": "2022-04-01 15:20:00.000", "b": "1"}
    target = drilled(body, row)
    assert target.window == WINDOW
    assert "toMillis(bin(5m)) = 1648826400000" in target.query.body
    asked = ShownQuestion(Query(body, WINDOW, ("/vpc/a",)), WINDOW, FORMAT)
    only = refine(asked, ("bin(5m)", row["bin(5m)"]))
    assert only.window == WINDOW
    assert "toMillis(bin(5m)) = 1648826400000" in only.query.body


def test_a_lookup_and_a_source_without_a_time_let_a_bin_narrow_the_window() -> None:
    body = "SOURCE '/vpc/b' | lookup t a as srcaddr OUTPUT c | stats count(*) by bin(5m)"
    target = drilled(body, {"bin(5m)": "2022-04-01 15:20:00.000", "count(*)": "1"})
    assert target.window == TimeRange(at(20), at(25))


def test_a_saved_query_has_to_be_written_out_first() -> None:
    for body in ("$Top()", "$Only(a=1) | stats count(*) by srcaddr"):
        with pytest.raises(DrillError, match="can't drill into a saved query; write its text"):
            drilled(body, {"srcaddr": "-"})
