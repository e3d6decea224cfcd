"""What queries mean on the local engine (LANGUAGE.md 1.4, 1.6, 1.7, 2 and 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import count, fetch
from flowtui.backends.duckdb.macros import install
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.run import Cell, ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.query import catalogue
from flowtui.sql.commands.aggregates import AGGREGATES
from flowtui.sql.compile import Compiled
from flowtui.sql.functions.registry import FUNCTIONS
from flowtui.sql.render import number_text
from flowtui.sql.scope import Table
from tests.tables import INGESTED_MS, make_table

FORMAT = FlowFormat.parse(
    "${account-id} ${srcaddr} ${dstaddr} ${dstport} ${bytes} ${start} ${action} ${pkt-srcaddr}"
)
OTHER_FORMAT = FlowFormat.parse("${start} ${bytes} ${region}")
START = datetime(2022, 4, 1, 15, 18, 31, tzinfo=UTC)
SECONDS = int(START.timestamp())
WINDOW = TimeRange(START - timedelta(hours=1), START + timedelta(hours=1))
NOW = datetime(2022, 4, 1, 18, tzinfo=UTC)

Run = Callable[..., ResultSet]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        install(made)
        yield made


@pytest.fixture
def run(connection: duckdb.DuckDBPyConnection) -> Run:
    """Runs a query over lines; `limit` is the request's."""

    def run_query(
        text: str,
        lines: Sequence[str] = (),
        *,
        window: TimeRange = WINDOW,
        limit: int | None = None,
    ) -> ResultSet:
        table = make_table(connection, "g", lines or [record()], FORMAT)
        return fetch(connection, compile_query(text, [table], window, limit, NOW))

    return run_query


def record(
    source: str = "10.0.0.1",
    port: str = "22",
    size: str = "10",
    after: int = 0,
    *,
    action: str = "ACCEPT",
) -> str:
    """A line of FORMAT that begins `after` seconds after START."""
    return f"012 {source} 10.0.0.2 {port} {size} {SECONDS + after} {action} -"


def compiled(text: str, *, limit: int | None = None) -> Compiled:
    return compile_query(text, [Table('"g"', FORMAT, "g")], WINDOW, limit, NOW)


def column(results: ResultSet, index: int = 0) -> list[Cell]:
    return [row[index] for row in results.rows]


def test_the_tables_are_the_catalogue() -> None:
    known = {catalogue.canonical(info.name): info for info in catalogue.FUNCTIONS.values()}
    local = {name: info for name, info in known.items() if info.runs_on(catalogue.Engine.LOCAL)}
    assert set(FUNCTIONS) == {name for name, info in local.items() if not info.aggregate}
    assert set(AGGREGATES) == {name for name, info in local.items() if info.aggregate}


@pytest.mark.parametrize("step", ["{0} + {0}", "if({0} > 1, {0}, 5)", "concat({0}, 1)"])
@pytest.mark.parametrize("end", ["limit 5", "filter {0} != 7", "stats max({0})", "dedup {0}"])
def test_aliases_that_rest_on_aliases_are_planned_as_they_are_written(
    connection: duckdb.DuckDBPyConnection, step: str, end: str
) -> None:
    """An optimizer that writes each out in the next would take all memory long before."""
    aliases = [f"fields {step.format(f'a{at}')} as a{at + 1}" for at in range(60)]
    query = " | ".join(["fields bytes as a0", *aliases, end.format("a60")])
    made = compile_query(
        query, [make_table(connection, "g", [record()], FORMAT)], WINDOW, None, NOW
    )
    assert len(made.sql) < 50_000
    statement = connection.extract_statements(f"EXPLAIN {made.sql}")[0]
    named = {name: made.parameters[name] for name in statement.named_parameters}
    assert connection.execute(statement, named).fetchall()


_VALUES = [
    # the names of fields (3.7)
    ("srcaddr", "10.0.0.1"), ("srcAddr", "10.0.0.1"), ("pktSrcAddr", "-"),
    ("startTime", str(SECONDS)),
    ("account_id", "012"), ("nothing", None), ("@log", "123456789012:g"), ("@logStream", "eni-1"),
    ("@timestamp", "2022-04-01 15:18:31.000"), ("toMillis(@ingestionTime)", str(INGESTED_MS)),
    # arithmetic: 3.1, 3.4
    ("bytes * 8 + 1", "81"), ("bytes / 4", "2.5"), ("bytes / 0", None), ("bytes % 4", "2"),
    ("-7 % 4", "-3"), ("2 ^ 10", "1024"), ("(0 - 8) ^ 0.5", None), ("pkt_srcaddr + 1", None),
    ("nothing + 1", None), ("1 / 3", "0.3333"), ("-bytes", "-10"),
    # how two values compare (3.1)
    ('bytes = "10"', "1"), ("bytes = 10.0", "1"), ('bytes = "010"', "1"), ("account_id = 12", "1"),
    ('pkt_srcaddr = "-"', "1"), ("pkt_srcaddr < 5", "0"), ("pkt_srcaddr > 5", "0"),
    ("pkt_srcaddr != 5", "1"), ("5 < bytes", "1"), ("5 > bytes", "0"), ("srcaddr < dstaddr", "1"),
    ('action < "B"', "1"), ('bytes < "B"', "0"), ("bytes >= 10 and dstport <= 22", "1"),
    ("srcaddr = srcaddr", "1"), ("bytes = dstport", "0"), ("1 = 1", "1"), ('"a" = 1', "0"),
    ("bytes == 10", "1"), ("not bytes = 10", "0"), ("!ispresent(nothing)", "1"), ("true", "1"),
    # what is missing: 3.1, 8.2
    ("nothing = 1", "0"), ("nothing != 1", "1"), ("nothing < 1", "0"), ("not nothing < 1", "1"),
    ('nothing in ["a"]', "0"), ('nothing not in ["a"]', "1"), ('nothing like "a"', "0"),
    ('nothing not like "a"', "1"), ("nothing = nothing", "0"),
    # in and like
    ('dstport in [443, "22"]', "1"), ('srcaddr in ["10.0.0.1", 5]', "1"), ("dstport in []", "0"),
    ("dstport not in [22.0]", "0"), ("dstport in [bytes, dstport]", "1"),
    ('srcaddr like "0.0."', "1"), ('srcaddr like "%"', "0"), ("action like /(?i)^acc/", "1"),
    ("action =~ /^CC/", "0"), (r"srcaddr like /\/|\.1$/", "1"),
    # numbers
    ("abs(-1.5)", "1.5"), ("ceil(1.2)", "2"), ("floor(-1.2)", "-2"), ("round(2.5)", "3"),
    ("round(1.256, 2)", "1.26"), ("sqrt(9)", "3"), ("sqrt(-9)", None), ("log(1)", "0"),
    ("log(0)", None), ("greatest(1, bytes, 3)", "10"), ("least(1, nothing)", None),
    ("toInt(3.9)", "3"), ("toInt(3000000000)", None), ("toLong(3000000000)", "3000000000"),
    ("toDouble(bytes)", "10"), ("toNumber(account_id)", "12"), ("isNumeric(bytes)", "1"),
    ("isNumeric(pkt_srcaddr)", "0"), ("isNumeric(nothing)", "0"),
    # texts
    ('concat(srcaddr, ":", dstport)', "10.0.0.1:22"), ("concat(1 / 3)", "0.3333"),
    ("concat(srcaddr, nothing)", None), ('trim("xyZxyfooxyxyZ", "xyZ")', "foo"),
    ('concat("[", trim("  a "), "]")', "[a]"), ('ltrim("007", "0")', "7"), ('rtrim("a  ")', "a"),
    ('strlen("é€")', "2"), ('messageSize("é€")', "5"), ('toupper("a")', "A"), ('tolower("A")', "a"),
    ('substr("xyZfooxyZ", 3, 3)', "foo"), ('substr("abc", 1)', "bc"),
    ('substr("abc", -5, 2)', "ab"),
    ('replace("aXa", "a", "b")', "bXb"), ('regexReplace("a1b22", "[0-9]+", "#")', "a#b#"),
    ('strcontains(action, "CC")', "1"), ('strcontains(nothing, "CC")', None),
    ('startsWith(action, "ACC")', "1"), ('endsWith(action, "ACC")', "0"),
    ("isempty(nothing)", "1"), ('isempty("")', "1"), ('isempty("-")', "0"), (r'isblank(" ")', "1"),
    # choices
    ("coalesce(nothing, dstport)", "22"), ("coalesce(nothing, nothing)", None),
    ('if(bytes > 5, "big", "small")', "big"), ('case(bytes > 99, "a", bytes > 9, "b", "c")', "b"),
    ('case(bytes > 99, "a")', None),
    ("if(bytes > 5, @timestamp, @timestamp)", "2022-04-01 15:18:31.000"),
    ("if(1 = 1, bytes, nothing) + 1", "11"), ("ispresent(bytes)", "1"),
    # what is said of addresses (2.5)
    ('isIpv4InSubnet(srcaddr, "10.0.0.0/8")', "1"), ('isIpInSubnet(srcaddr, "10.0.0.9/30")', "0"),
    ('isIpv4InSubnet(pkt_srcaddr, "0.0.0.0/0")', "0"), ('isIpv6InSubnet(srcaddr, "::/0")', "0"),
    ('isIpInSubnet("2001:db8::1", "2001:db8::/32")', "1"), ('isIpv4InSubnet("::1", "::/0")', "0"),
    ("isValidIp(srcaddr)", "1"), ('isValidIpV6("::1")', "1"), ('isValidIpV4("10.0.0.256")', "0"),
    ("ipv4ToNumber(srcaddr)", "167772161"), ("isPrivateIP(srcaddr)", "1"),
    ('isPublicIP("8.8.8.8")', "1"), ("isPublicIP(srcaddr)", "0"), ("isPublicIP(pkt_srcaddr)", "0"),
    ('isReservedIP("127.0.0.1")', "1"), ('isPublicIP("fe80::1")', "0"),
    # times: 1.6, 2.2
    ("bin(1m)", "2022-04-01 15:18:00.000"), ("bin(25m)", "2022-04-01 15:00:00.000"),
    ("bin(300s)", "2022-04-01 15:18:00.000"), ("bin(20s)", "2022-04-01 15:18:20.000"),
    ("bin(7s)", "2022-04-01 15:18:28.000"), ("bin(250ms)", "2022-04-01 15:18:31.000"),
    ("bin(7h)", "2022-04-01 14:00:00.000"), ("bin(1d)", "2022-04-01 00:00:00.000"),
    ("bin(1w)", "2022-03-27 00:00:00.000"), ("datefloor(bin(1w), 1w)", "2022-03-27 00:00:00.000"),
    ("dateceil(@timestamp, 1w)", "2022-04-03 00:00:00.000"),
    ("datefloor(fromMillis(0), 1w)", "1969-12-28 00:00:00.000"),
    ("dateceil(bin(1w), 1week)", "2022-03-27 00:00:00.000"),
    ("bin(1mo)", "2022-04-01 00:00:00.000"),
    ("bin(1qtr)", "2022-04-01 00:00:00.000"), ("bin(1y)", "2022-01-01 00:00:00.000"),
    ("dateceil(@timestamp, 25m)", "2022-04-01 15:25:00.000"),
    ("dateceil(bin(50m), 25m)", "2022-04-01 15:00:00.000"),
    ("dateceil(fromMillis(3480000), 25m)", "1970-01-01 01:00:00.000"),
    ("dateceil(@timestamp, 1mo)", "2022-05-01 00:00:00.000"),
    ("datefloor(@timestamp, 1h)", "2022-04-01 15:00:00.000"),
    ("fromMillis(0)", "1970-01-01 00:00:00.000"), ("fromMillis(1e18)", None),
    ("toMillis(@timestamp)", f"{SECONDS}000"), ("now()", str(int(NOW.timestamp()))),
    ("queryEndTime() - queryStartTime() = queryTimeRange()", "1"),
    ("queryStartTime()", f"{SECONDS - 3600}000"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), _VALUES)
def test_expression(run: Run, expression: str, value: Cell) -> None:
    assert column(run(f"fields {expression} as x")) == [value]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (75, "75"), (642.93417, "642.9342"), (13.622, "13.622"), (333.501, "333.501"),
        (0.69389, "0.6939"), (0.00048844, "0.0004884"), (3.3344e-9, "0.000000003334"),
        (1.03125, "1.0313"), (-0.15625, "-0.1563"), (1e20, "100000000000000000000"), (2.5, "2.5"),
        (1.00001, "1"), (0.99999, "1"), (10**30 + 1, str(10**30 + 1)),
        (-6188779169.69245, "-6188779169.6925"), (32051309357.117847, "32051309357.1178"),
        (1e15 / 7, "142857142857142.84"), (2.0**39 + 2**-13, "549755813888.0001"),
        (float("nan"), None), (None, None),
    ],
)  # fmt: skip
def test_number_rendering(number: float | None, shown: str | None) -> None:
    assert number_text(number) == shown


_LINES = [
    record("10.0.0.9", "22", "5", 0),
    record("10.0.0.10", "443", "-", 60),
    record("10.0.0.9", "-", "20", 120, action="REJECT"),
    record("10.0.0.10", "22", "7", 121),
]
_AGGREGATES = [
    ("count(*)", "4"), ("count()", "4"), ("count(bytes)", "4"), ("count(nothing)", "0"),
    ("count_distinct(dstport)", "3"), ("countDistinct(nothing)", "0"), ("sum(bytes)", "32"),
    ("sum(nothing)", None), ("sum(action)", None), ("avg(bytes)", "10.6667"),
    ("avg(nothing)", None),
    ("min(bytes)", "5"), ("max(bytes)", "20"), ("max(srcaddr)", "10.0.0.10"),
    ("min(srcaddr)", "10.0.0.9"),
    ("max(nothing)", None), ("pct(bytes, 50)", "7"), ("percentile(nothing, 99)", "0"),
    ("stddev(bytes)", "6.65"), ("variance(bytes)", "44.2222"), ("earliest(bytes)", "5"),
    ("latest(bytes)", "7"), ("latest(nothing)", None), ("sortsFirst(bytes)", "-"),
    ("sortsLast(bytes)", "20"), ("sortsFirst(srcaddr)", "10.0.0.9"),
    ("values(dstport)", '["-","22","443"]'), ("sum(bytes) / count(*) * 2", "16"),
    ("max(@timestamp)", f"{SECONDS + 121}000"), ("earliest(@timestamp)", f"{SECONDS}000"),
    ('sum(strcontains(action, "REJECT"))', "1"), ("sum(action = \"REJECT\")", "1"),
    ('count_distinct(if(dstport = 22, srcaddr, "-"))', "3"),
    ('count_distinct(if(dstport = 22, srcaddr, "10.0.0.9"))', "2"),
    ("count_distinct(if(dstport = 22, bytes + 0, 5))", "2"),
    ("count_distinct(if(dstport = 22, bytes, 5))", "2"),
    ("count_distinct(case(dstport = 22, bytes + 0, 9.5))", "3"),
    ("count_distinct(if(dstport = 22, nothing, 0))", "1"),
    ('count_distinct(if(action != "x", nothing, "-"))', "0"),
    ('count_distinct(if(action = "ACCEPT", dstport, 0))', "3"),
    ("max(bytes) - min(bytes)", "15"), ("max(bytes * 2)", "40"), ("SUM(bytes)", "32"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), _AGGREGATES)
def test_aggregate(run: Run, expression: str, value: Cell) -> None:
    results = run(f"stats {expression}", _LINES)
    assert results == ResultSet((expression,), ((value,),))


def test_the_largest_of_no_numbers_is_the_last_text(run: Run) -> None:
    results = run("stats max(bytes), min(bytes) by dstport", _LINES)
    assert ("443", "-", "-") in results.rows


@pytest.mark.parametrize("text", ["stats count(*), sum(bytes)", "stats count(*), pct(bytes, 9)"])
def test_nothing_in_one_group(run: Run, text: str) -> None:
    (row,) = run(f"filter 1 = 2 | {text}").rows
    assert row == ("0", None if "sum" in text else "0")


def test_no_groups_of_nothing(run: Run) -> None:
    assert run("filter 1 = 2 | stats count(*) by srcaddr").rows == ()


def test_sums_are_exact(run: Run) -> None:
    large = [record(size=str(2**62)), record(size=str(2**62)), record(size="1")]
    assert column(run("stats sum(bytes)", large)) == [str(2**63 + 1)]


# Columns and rows: 1.7


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("limit 1", "@timestamp @message @ptr"),
        ('parse @message "* *" as a, b', "a b @ptr"),
        ('parse @message "* *" as a, b | parse b "* *" as c, d', "a b c d @ptr"),
        ('parse @message "* *" as a, b | fields srcaddr', "srcaddr @ptr"),
        ("fields srcaddr | fields bytes as b, b", "srcaddr b @ptr"),
        ("fields srcaddr | display bytes | display @ptr, dstport", "dstport @ptr"),
        ("fields bytes * 8", "bytes*8 @ptr"),
        ("stats count( * ), sum(bytes) as b by dstport, bin(5m)", "dstport bin(5m) count(*) b"),
        ("stats count(*) as n by dstport | display n", "n"),
        ("stats count(*) as n by dstport | fields n * 2 as m", "m"),
    ],
)
def test_columns(run: Run, text: str, columns: str) -> None:
    squeezed = [re.sub(r"\s", "", name) for name in run(text).columns]
    assert squeezed == columns.split()


def test_raw_rows_come_newest_first(run: Run) -> None:
    assert column(run("fields bytes", _LINES)) == ["7", "20", "-", "5"]


def test_equal_times_keep_the_order_of_the_lines(run: Run) -> None:
    lines = [record(size=str(number)) for number in range(20)]
    assert column(run("fields bytes", lines)) == [str(number) for number in range(20)]
    assert column(run("fields bytes | sort action desc", lines)) == [str(n) for n in range(20)]


def test_bins_come_newest_first(run: Run) -> None:
    results = run("stats count(*) by action, bin(1m)", _LINES)
    assert [row[1:] for row in results.rows] == [
        ("2022-04-01 15:20:00.000", "1"),
        ("2022-04-01 15:20:00.000", "1"),
        ("2022-04-01 15:19:00.000", "1"),
        ("2022-04-01 15:18:00.000", "1"),
    ]
    assert column(results)[:2] == ["ACCEPT", "REJECT"]


def test_groups_come_by_their_keys(run: Run) -> None:
    lines = [record(port=port) for port in ("443", "-", "22", "1024")]
    assert column(run("stats count(*) by dstport", lines)) == ["-", "22", "443", "1024"]


def test_groups_that_a_sort_leaves_equal_come_by_their_keys(run: Run) -> None:
    lines = [record(f"10.0.0.{number}") for number in range(9, 0, -1)]
    sources = column(run("stats count(*) as n by srcaddr | sort n desc", lines))
    assert sources == [f"10.0.0.{number}" for number in range(1, 10)]
    lines = [record(size=size) for size in ("10", "3", "-")]
    sizes = column(run("stats count(*) as n by bytes / 2 as half | sort n", lines))
    assert sizes == [None, "1.5", "5"]
    sizes = column(run('stats count(*) as n by concat(bytes, "") as size | sort n', lines))
    assert sizes == ["-", "3", "10"]


def test_a_sort_is_natural_and_numbers_come_last(run: Run) -> None:
    lines = [record(source) for source in ("10.0.0.10", "5", "10.0.0.9", "-", "40")]
    ascending = ["-", "10.0.0.9", "10.0.0.10", "5", "40"]
    assert column(run("fields srcaddr | sort srcaddr", lines)) == ascending
    assert column(run("fields srcaddr | sort srcaddr desc", lines)) == ascending[::-1]


def test_a_constant_sorts_nothing(run: Run) -> None:
    text = 'fields now() as t, "x" as u, bytes | sort t desc, u, bytes | display bytes'
    assert column(run(text, _LINES)) == ["-", "5", "7", "20"]


def test_what_is_missing_sorts_first(run: Run) -> None:
    lines = ["misfit", record(size="-"), record(size="3")]
    assert column(run("fields bytes | sort bytes", lines)) == [None, "-", "3"]
    assert column(run("fields bytes | sort bytes desc", lines)) == ["3", "-", None]


def test_a_later_sort_replaces_an_earlier_one(run: Run) -> None:
    results = run("sort bytes desc | sort @timestamp | fields bytes", _LINES)
    assert column(results) == ["5", "-", "20", "7"]


def test_what_follows_a_limit_sees_its_rows_only(run: Run) -> None:
    assert column(run("sort bytes desc | limit 2 | stats sum(bytes)", _LINES)) == ["27"]
    assert column(run("limit 3 | filter bytes > 0 | sort bytes | display bytes", _LINES)) == [
        "7",
        "20",
    ]
    assert column(run("limit 3 | limit 1 | fields bytes", _LINES)) == ["7"]


def test_limits(run: Run) -> None:
    assert compiled("fields srcaddr").sql.endswith("LIMIT 10000")
    assert compiled("fields srcaddr", limit=99_999).sql.endswith("LIMIT 99999")
    assert compiled("limit 20", limit=10).sql.endswith("LIMIT 10")
    assert compiled("limit 10", limit=20).sql.endswith("LIMIT 10")
    assert compiled("limit 200000").sql.endswith("LIMIT 100000")
    assert compiled("fields srcaddr", limit=200_000).sql.endswith("LIMIT 200000")
    assert len(run("fields bytes", _LINES, limit=2).rows) == 2


def test_dedup_keeps_the_first_in_order_and_all_that_lack_the_field(run: Run) -> None:
    lines = [*_LINES, "a misfit", "another misfit"]
    results = run("sort bytes desc | dedup srcaddr | display srcaddr, bytes", lines)
    assert [row[:2] for row in results.rows] == [
        ("10.0.0.9", "20"),
        ("10.0.0.10", "7"),
        (None, None),
        (None, None),
    ]
    grouped = run("stats count(*) as n by srcaddr, dstport | sort n desc | dedup srcaddr", _LINES)
    assert len(grouped.rows) == 2
    assert run("stats count(*) as n | dedup n | limit 5", _LINES).rows == (("4",),)


def test_aliases_shadow_fields_and_see_earlier_ones(run: Run) -> None:
    results = run('fields bytes as b, b + 1 as c, "x" as srcaddr, srcaddr as d, @message as bytes')
    assert results.rows[0][:4] == ("10", "11", "x", "x")
    assert column(run("fields dstport as bytes | filter bytes = 22 | display bytes")) == ["22"]


def test_aliases_that_are_used_often_keep_the_statement_small(run: Run) -> None:
    steps = "".join(f" | fields a{n} + a{n} as a{n + 1}" for n in range(40))
    text = f"fields bytes as a0{steps} | display a40, concat(a3, a4)"
    assert len(compiled(text).sql) < 50_000
    assert run(text).rows[0][:2] == (str(10 * 2**40), "80160")


def test_stats_after_stats(run: Run) -> None:
    text = (
        "stats sum(bytes) as b by srcaddr, dstport | stats max(b) as m, count(*) as n by srcaddr "
        "| filter m > 5 | stats avg(m), sum(n)"
    )
    assert run(text, _LINES).rows == (("13.5", "4"),)


def test_after_stats_only_its_results_are_known(run: Run) -> None:
    results = run("stats count(*) as n by srcaddr | filter not ispresent(bytes) | display bytes")
    assert results.rows == ((None,),)


def test_results_can_be_named_by_their_text(run: Run) -> None:
    by_expression = run("stats count(*), sum(bytes) by dstport | sort count(*) desc", _LINES)
    by_name = run("stats count(*), sum(bytes) by dstport | sort `count(*)` desc", _LINES)
    assert by_expression == by_name
    assert by_expression.rows[0] == ("22", "2", "12")
    assert column(run("stats sum(bytes) as b by bin(1h) | filter bin(1h) > 0 | display b")) == [
        "10"
    ]
    assert column(run("stats SUM(bytes) by dstport | stats max(sum(bytes)) as m", _LINES)) == ["20"]


def test_items_of_stats_see_earlier_ones(run: Run) -> None:
    results = run("stats sum(bytes) as b, count(*) as n, b / n as mean, n by srcaddr as s", _LINES)
    assert results.columns == ("s", "b", "n", "mean")
    assert results.rows == (("10.0.0.9", "25", "2", "12.5"), ("10.0.0.10", "7", "2", "3.5"))[::-1]


def test_groups_by_what_is_missing_and_by_expressions(run: Run) -> None:
    lines = [record(), record(size="3"), "misfit"]
    assert run("stats count(*) by srcaddr", lines).rows == ((None, "1"), ("10.0.0.1", "2"))
    halves = run("stats count(*) by bytes / 3 as third", [record(size="1"), record(size="1")])
    assert halves.rows == (("0.3333", "2"),)
    assert run("stats count(*) by bytes > 5 as big", lines).rows == (("0", "2"), ("1", "1"))


def test_names_that_differ_in_case_stay_apart(run: Run) -> None:
    results = run("stats sum(bytes) as b, count(*) as B by srcaddr | display b, B, srcAddr")
    assert results.rows == (("10", "1", None),)


# Where rows come from


def test_the_window_is_half_open_and_keeps_what_has_no_time(run: Run) -> None:
    window = TimeRange(START, START + timedelta(seconds=60))
    lines = [record(size="1", after=-1), *_LINES, "no time"]
    assert column(run("fields bytes", lines, window=window)) == ["5", None]


def test_several_groups(connection: duckdb.DuckDBPyConnection) -> None:
    one = make_table(connection, "one", _LINES, FORMAT)
    two = make_table(connection, "two", [f"{SECONDS} 100 eu-west-1"], OTHER_FORMAT)
    text = "stats sum(bytes), count(srcaddr), count(region) by @log"
    found = fetch(connection, compile_query(text, [one, two], WINDOW, None, NOW))
    assert found.rows == (
        ("123456789012:one", "32", "4", "0"),
        ("123456789012:two", "100", "0", "1"),
    )
    parsed = fetch(
        connection,
        compile_query('parse @message "* * *" as a, b, c', [one, two], WINDOW, None, NOW),
    )
    assert parsed.rows[-2][:3] == ("012", "10.0.0.9", f"10.0.0.2 22 5 {SECONDS} ACCEPT -")


def test_counts_of_the_window_and_of_what_passes(connection: duckdb.DuckDBPyConnection) -> None:
    table = make_table(connection, "g", _LINES, FORMAT)
    text = 'filter bytes > 5 | parse @message "* *" as a, b | filter a = "012" | stats count(*)'
    found = compile_query(text, [table], WINDOW, None, NOW)
    assert count(connection, found, found.scanned) == 4
    assert count(connection, found, found.matched) == 2
    assert compiled("stats count(*)").matched == ""


# What parse takes out of a text (3.6)


@pytest.mark.parametrize(
    ("line", "command", "found"),
    [
        (
            "25 May [ERROR] x The error was: bad thing",
            '"[*] * The error was: *" as a, b, c',
            ["ERROR", "x", "bad thing"],
        ),
        ("Status Code: 200; more", '"Status Code: *;" as a', ["200"]),
        ("a b c d", '"* * *" as a, b, c', ["a", "b", "c d"]),
        ("a b", '"* * *" as a, b, c', [None, None, None]),
        ("a b", '"*" as a', ["a b"]),
        ("k=1.5 j", '"k=* *" as a, b', ["1.5", "j"]),
        ("axxb", '"a**b" as a, b', ["", "xx"]),
        ("a.b", '"*.*" as a, b', ["a", "b"]),
        ("ab", '"*.*" as a, b', [None, None]),
        ("a\tb c\td", r'"*\t*\t*" as a, b, c', ["a", "b c", "d"]),
        ("a\tb", '"*\t*" as a, b', ["a", "b"]),
        (r"a\tb", r'"*\\t*" as a, b', ["a", "b"]),
        (r"a\tb", r'"*\t*" as a, b', [None, None]),
        (r"a\sb", r'"*\s*" as a, b', ["a", "b"]),
        ("user=bob id=7", "/user=(?<who>[a-z]+) id=(?<id>\\d+)/", ["bob", "7"]),
        ("user=bob id=7", "/nobody=(?<who>[a-z]+)/", [None]),
        ("user=bob id=7", "/(\\w+)=(?:bob)/ as key", ["user"]),
        ("user=bob", "/user=(?<a>[(b]+)(o)(?<c>b)/", ["b", "b"]),
    ],
)
def test_parse(run: Run, line: str, command: str, found: list[str | None]) -> None:
    (row,) = run(f"parse @message {command}", [line]).rows
    assert list(row[:-1]) == found


def test_parse_of_a_parsed_field_and_of_a_missing_one(run: Run) -> None:
    text = 'parse @message "user=* " as u | parse u "*@*" as name, domain | display name, domain'
    assert run(text, ["user=a@b x"]).rows[0][:2] == ("a", "b")
    assert run('parse nothing "*" as a').rows[0][0] is None


def test_own_shape_is_read_from_columns() -> None:
    stars = " ".join("*" * len(FORMAT.fields))
    names = ", ".join(f"f{number}" for number in range(len(FORMAT.fields)))
    text = f'parse @message "{stars}" as {names} | stats sum(f4) by f1'
    trusting = Table('"g"', FORMAT, "g", has_misfits=False, has_untimed=False)
    sql = compile_query(text, [trusting], WINDOW, None, NOW).sql
    assert "@message" not in sql
    assert 'sum("bytes#")' in sql


def test_a_literal_number_is_compared_with_the_number_column() -> None:
    assert '"dstport#" = $' in compiled("filter dstport = 22").sql


def test_values_never_enter_the_statement() -> None:
    hostile = "x'; DROP TABLE g; --"
    found = compiled(f'filter srcaddr = "{hostile}" | fields srcaddr as `a"b`, "{hostile}" as c')
    assert "DROP" not in found.sql
    assert hostile in found.parameters.values()


@pytest.mark.parametrize(
    ("text", "message", "fault"),
    [
        (
            "pattern @message",
            "the local engine does not compute pattern; run it on CloudWatch",
            "pattern @message",
        ),
        (
            "fields unmask(@message)",
            "the local engine does not compute unmask(); run it on CloudWatch",
            "unmask(@message)",
        ),
        (
            "filter isIpInSubnet(srcaddr, dstaddr)",
            'the local engine needs the block as a text, such as "10.0.0.0/8"',
            "dstaddr",
        ),
        (
            "stats count(*) as n by srcaddr | stats max(n) by bin(5m)",
            "bin() needs @timestamp, which stats has removed; use datefloor() on a column",
            "5m",
        ),
        ("filter srcaddr = {{who}}", "{{who}} has no value here; write one", "{{who}}"),
    ],
)
def test_refusals_of_what_is_only_on_the_service(text: str, message: str, fault: str) -> None:
    with pytest.raises(UnsupportedQuery) as caught:
        compiled(text)
    assert str(caught.value) == message
    assert text[slice(*caught.value.span)].strip() == fault


@pytest.mark.parametrize(
    ("text", "message", "fault"),
    [
        (
            "fields strlenn(srcaddr)",
            "there is no function strlenn; did you mean strlen?",
            "strlenn(srcaddr)",
        ),
        ("fields strlen()", "strlen() does not take 0 values: strlen(text)", "strlen()"),
        ("filter sum(bytes) > 3", "sum() is computed over rows: use it in stats", "sum(bytes)"),
        (
            "stats srcaddr by dstaddr",
            "srcaddr is not an aggregate; stats needs one, such as count(*)",
            "srcaddr",
        ),
        (
            'filter isIpv4InSubnet(srcaddr, "10.0.0.0/40")',
            "'10.0.0.0/40' is not a CIDR block; write it like 10.0.0.0/8",
            '"10.0.0.0/40"',
        ),
        (
            "filter srcaddr like /a(/",
            "the regular expression /a(/ is not valid: this ( of the regular expression"
            " never closes",
            "/a(/",
        ),
        (
            "filter srcaddr like /(?=a)/",
            "the regular expression /(?=a)/ is not valid: regular expressions here have no"
            " look-ahead",
            "/(?=a)/",
        ),
        (
            "parse @message /[0-9]+/",
            "name a group, as in /(?<port>[0-9]+)/, or add `as name`",
            "/[0-9]+/",
        ),
        ("parse @message /(a)(b)/ as x", "the expression has 2 groups but 1 names", "/(a)(b)/"),
        ("stats pct(bytes, 101)", "pct() needs a percentage from 0 to 100: pct(bytes, 95)", "101"),
        ("fields bin(0m)", "a period of nothing has no bins; write it like 5m or 1h", "0m"),
        ("fields bin(srcaddr)", "expected a period such as 5m or 1h", "srcaddr"),
        ("fields [1, 2]", "a list stands only after in", "[1, 2]"),
        ("fields 5m", "a period stands only in rate(), bin(), datefloor() and dateceil()", "5m"),
        ("fields /a/", "a regular expression stands only after like, =~ or parse", "/a/"),
    ],
)
def test_errors_point_at_the_fault(text: str, message: str, fault: str) -> None:
    with pytest.raises(QueryError) as caught:
        compiled(text)
    assert str(caught.value) == message
    assert text[slice(*caught.value.span)] == fault
