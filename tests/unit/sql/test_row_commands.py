"""The commands that make rows of rows, on the local engine (LANGUAGE.md 1.4 and 7).

The examples of the documentation stand here with rows that they could be asked of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import count, fetch
from flowtui.backends.duckdb.macros import install
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.run import PTR, Cell, ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import COMMANDS, Engine
from flowtui.query.parser import parse
from flowtui.sql.compile import Compiled
from tests.tables import make_table

FORMAT = FlowFormat.parse("${srcaddr} ${dstaddr} ${dstport} ${bytes} ${start} ${action}")
START = datetime(2022, 4, 1, 15, 18, 31, tzinfo=UTC)
SECONDS = int(START.timestamp())
WINDOW = TimeRange(START - timedelta(hours=1), START + timedelta(hours=12))
NOW = datetime(2022, 4, 1, 18, tzinfo=UTC)

Run = Callable[..., list[tuple[Cell, ...]]]


def record(
    source: str = "10.0.0.1", port: str = "22", size: str = "10", after: int = 0, action: str = "OK"
) -> str:
    """A line of FORMAT that begins `after` seconds after START."""
    return f"{source} 10.0.0.2 {port} {size} {SECONDS + after} {action}"


LINES = [
    record("10.0.0.9", "22", "5", 0),
    record("10.0.0.10", "443", "-", 60),
    record("10.0.0.9", "-", "20", 120),
    record("10.0.0.10", "22", "7", 121),
]
"""Newest first, their bytes are 7, 20, - and 5."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        install(made)
        yield made


@pytest.fixture
def ask(connection: duckdb.DuckDBPyConnection) -> Callable[..., tuple[Compiled, ResultSet]]:
    def ask_query(text: str, lines: Sequence[str] = LINES) -> tuple[Compiled, ResultSet]:
        table = make_table(connection, "g", lines, FORMAT)
        compiled = compile_query(text, [table], WINDOW, None, NOW)
        return compiled, fetch(connection, compiled)

    return ask_query


@pytest.fixture
def run(ask: Callable[..., tuple[Compiled, ResultSet]]) -> Run:
    """The names of the columns, then the rows, both without `@ptr`."""

    def run_query(text: str, lines: Sequence[str] = LINES) -> list[tuple[Cell, ...]]:
        _, results = ask(text, lines)
        kept = [i for i, name in enumerate(results.columns) if name != PTR]
        return [tuple(row[i] for i in kept) for row in (results.columns, *results.rows)]

    return run_query


def columns(rows: list[tuple[Cell, ...]]) -> tuple[Cell, ...]:
    return rows[0]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("accum bytes as t", "@timestamp @message t"),
        ("fields bytes | accum bytes as t | fields action", "bytes t action"),
        ("accum bytes as t | fields action", "action"),
        ("display bytes | accum bytes as t", "bytes"),
        ('parse @message "* *" as a, b | accum bytes as t', "a b t"),
        ("accum bytes as t | parse @message csv as a, b", "@timestamp @message t a b"),
        ("fields bytes | parse @message csv as a, b", "bytes"),
        ("stats count(*) as n by action | accum n as t", "action n t"),
        ("stats count(*) as n by action | fields n | accum n as t", "n t"),
        ("filldown | outlier bytes | expand bytes", "@timestamp @message"),
    ],
)
def test_new_columns_come_after_those_there_are(run: Run, text: str, names: str) -> None:
    assert columns(run(text)) == tuple(names.split())


# accum, autoregress, filldown


def test_accum_adds_up_in_the_order_so_far(run: Run) -> None:
    assert run("fields @timestamp, bytes | accum bytes AS totalBytes") == [
        ("@timestamp", "bytes", "totalBytes"),
        ("2022-04-01 15:20:32.000", "7", "7"),
        ("2022-04-01 15:20:31.000", "20", "27"),
        ("2022-04-01 15:19:31.000", "-", "27"),
        ("2022-04-01 15:18:31.000", "5", "32"),
    ]
    assert run("fields bytes as b | sort b | accum bytes as t | display t")[1:] == [
        (None,), ("5",), ("12",), ("32",),
    ]  # fmt: skip


def test_accum_without_a_name_takes_the_place_of_its_field(run: Run) -> None:
    assert run("fields bytes, dstport | accum bytes") == [
        ("bytes", "dstport"), ("7", "22"), ("27", "-"), ("27", "443"), ("32", "22"),
    ]  # fmt: skip
    assert columns(run("fields dstport | accum bytes")) == ("dstport", "bytes")


def test_accum_is_exact(run: Run) -> None:
    lines = [record(size=str(2**62)), record(size=str(2**62)), record(size="1")]
    assert run("fields bytes | accum bytes as t | display t", lines)[-1] == (str(2**63 + 1),)


def test_accum_over_groups(run: Run) -> None:
    text = "stats sum(bytes) as b by bin(1m) as t | sort t | accum b as total | sort total desc"
    assert run(text) == [
        ("t", "b", "total"),
        ("2022-04-01 15:20:00.000", "27", "32"),
        ("2022-04-01 15:18:00.000", "5", "5"),
        ("2022-04-01 15:19:00.000", None, "5"),
    ]
    assert run("stats sum(bytes) as b | accum b as total") == [("b", "total"), ("32", "32")]
    replaced = "stats count(*) by bin(1m) | accum `count(*)` | filter count(*) > 3 | display action"
    assert len(run(replaced)[1:]) == 1


def test_autoregress_gives_the_rows_before(run: Run) -> None:
    assert run("fields @timestamp, bytes | autoregress bytes p=1-4 | display bytes, bytes_p1") == [
        ("bytes", "bytes_p1"), ("7", None), ("20", "7"), ("-", "20"), ("5", "-"),
    ]  # fmt: skip
    assert run("fields bytes | autoregress bytes p=1-4")[-1] == ("5", "-", "20", "7", None)
    assert columns(run("fields bytes | autoregress bytes")) == ("bytes", "bytes_p1")
    assert run("fields bytes | autoregress bytes as b p=2 | filter b > 1") == [
        ("bytes", "b"), ("-", "7"), ("5", "20"),
    ]  # fmt: skip
    assert run("fields bytes | autoregress bytes | stats sum(bytes_p1)")[1:] == [("27",)]
    constants = 'fields 1 as a, "x" as b | autoregress a | autoregress b as c | display a_p1, c'
    assert run(constants)[1:3] == [(None, None), ("1", "x")]


CPU = ["host=a user=1 sys=x", "user=2 sys=-", "host=b sys=y", "user=3"]
FIELDS = (
    r"parse @message /host=(?<host>\w+)/ | parse @message /user=(?<cpu_user>\w+)/"
    r" | parse @message /sys=(?<cpu_system>[\w-]+)/"
)


def test_filldown_repeats_the_last_value(run: Run) -> None:
    shown = "fields host, cpu_user, cpu_system"
    full = [("a", "1", "x"), ("a", "2", "-"), ("b", "2", "y"), ("b", "3", "y")]
    for fields in ("host cpu*", "", "*", "host cpu_user cpu_system"):
        assert run(f"{FIELDS} | {shown} | filldown {fields}", CPU)[1:] == full
    assert run(f"{FIELDS} | {shown} | filldown host | display host, cpu_user", CPU)[1:] == [
        ("a", "1"), ("a", "2"), ("b", None), ("b", "3"),
    ]  # fmt: skip


def test_filldown_without_fields_reaches_what_is_not_shown(run: Run) -> None:
    assert run(f"{FIELDS} | filldown | stats sum(cpu_user) by host", CPU)[1:] == [
        ("a", "3"), ("b", "5"),
    ]  # fmt: skip
    lines = [record(size="3", after=9), "a misfit"]
    assert run("fields bytes * 2 | filldown | fields bytes + 1", lines)[1:] == [
        ("6", "4"), ("6", "4"),
    ]  # fmt: skip


def test_filldown_leaves_a_dash_and_its_missing_number(run: Run) -> None:
    lines = [record(size="3", after=9), record(size="-"), "a misfit"]
    assert run("fields bytes | filldown b* | fields bytes + 1 as more", lines)[1:] == [
        ("3", "4"), ("-", None), ("-", None),
    ]  # fmt: skip


def test_filldown_is_exact(run: Run) -> None:
    lines = [record(size=str(2**53 + 1)), "a misfit", "another"]
    assert run("filldown bytes | stats sum(bytes)", lines)[1:] == [(str(3 * 2**53 + 3),)]


def test_filldown_of_computed_columns_and_of_groups(run: Run) -> None:
    text = "stats sum(bytes) as b, count(*) as n by bin(1m) | filldown b | display b, n"
    assert run(text)[1:] == [("27", "2"), ("27", "1"), ("5", "1")]
    text = "fields if(bytes > 10, bytes, nothing) as big, @timestamp as t | filldown | display big"
    assert run(text)[1:] == [(None,), ("20",), ("20",), ("20",)]


def test_filldown_of_a_map_and_of_a_key(run: Run) -> None:
    lines = ['{"a":1}', "x", '{"b":2}', "y"]
    assert run("fields jsonParse(@message) as m | filldown m", lines)[1:] == [
        ('{"a":1}',), ('{"a":1}',), ('{"b":2}',), ('{"b":2}',),
    ]  # fmt: skip
    text = "fields jsonParse(@message) as m | fields m.a | filldown m.a | display m.a"
    assert run(text, lines)[1:] == [("1",)] * 4


# fillmissing


def test_fillmissing_adds_the_empty_bins(run: Run) -> None:
    lines = [record(size="4"), record(size="8", after=240), record(size="2", after=241)]
    text = "fields @timestamp, bytes | stats avg(bytes) as avg_latency by bin(1m)"
    assert run(f"{text} | fillmissing with 0 for avg_latency", lines) == [
        ("bin(1m)", "avg_latency"),
        ("2022-04-01 15:22:00.000", "5"),
        ("2022-04-01 15:21:00.000", "0"),
        ("2022-04-01 15:20:00.000", "0"),
        ("2022-04-01 15:19:00.000", "0"),
        ("2022-04-01 15:18:00.000", "4"),
    ]
    assert [row[1] for row in run(f"{text} | fillmissing", lines)[1:]] == [
        "5", None, None, None, "4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bins", "after", "starts"),
    [
        ("bin(25m)", 5400, ["16:25", "16:00", "15:50", "15:25", "15:00"]),
        ("bin(45m)", 5400, ["16:45", "16:00", "15:45", "15:00"]),
        ("bin(6h)", 28800, ["18:00", "12:00"]),
        ("bin(1h) offset 30m", 7300, ["17:30", "16:30", "15:30"]),
        ("datefloor(@timestamp, 1h)", 7300, ["17:00", "16:00", "15:00"]),
    ],
)
def test_fillmissing_knows_where_bins_start(
    run: Run, bins: str, after: int, starts: list[str]
) -> None:
    lines = [record(), record(after=after)]
    rows = run(f"stats count(*) as n by {bins} | fillmissing with 0 for n", lines)[1:]
    assert [str(row[0])[11:16] for row in rows] == starts
    assert [row[1] for row in rows] == ["1", *["0"] * (len(starts) - 2), "1"]


@pytest.mark.parametrize(("period", "count"), [("1mo", 14), ("1q", 5), ("1y", 2), ("2w", 31)])
def test_fillmissing_of_long_bins(
    connection: duckdb.DuckDBPyConnection, period: str, count: int
) -> None:
    lines = [record(), record(after=425 * 86_400)]
    table = make_table(connection, "g", lines, FORMAT)
    window = TimeRange(START, START + timedelta(days=500))
    text = f"stats count(*) as n by bin({period}) | fillmissing"
    results = fetch(connection, compile_query(text, [table], window, None, NOW))
    assert len(results.rows) == len(set(results.rows)) == count


def test_fillmissing_fills_each_of_the_other_groups(run: Run) -> None:
    text = "stats count(*) as n, sum(bytes) as b by bin(1m) as t, srcaddr | sort t, srcaddr"
    assert [row[1:] for row in run(f'{text} | fillmissing with 0 for n, "none" for b')[1:]] == [
        ("10.0.0.9", "1", "5"),
        ("10.0.0.10", "0", "none"),
        ("10.0.0.9", "0", "none"),
        ("10.0.0.10", "1", None),
        ("10.0.0.9", "1", "20"),
        ("10.0.0.10", "1", "7"),
    ]
    lines = [record("a"), record("b", after=60), "no time and no source"]
    assert len(run("stats count(*) by bin(1m), srcaddr | fillmissing", lines)[1:]) == 5


def test_fillmissing_is_seen_by_what_follows(run: Run) -> None:
    text = "stats count(*), sum(bytes) as b by bin(30s) | fillmissing with 0 for `count(*)`"
    assert run(f"{text} | filter count(*) = 0 | stats count(*) as empty")[1:] == [("2",)]
    assert run("filter 1 = 2 | stats count(*) by bin(1m) | fillmissing")[1:] == []


def test_filldown_after_fillmissing(run: Run) -> None:
    text = "stats avg(bytes) as a by bin(30s) | fillmissing | sort `bin(30s)` | filldown a*"
    assert [row[1] for row in run(text)[1:]] == ["5", "5", "5", "5", "13.5"]


# outlier


CPUS = [f"cpu={cpu} mem={memory}" for cpu, memory in zip(
    ["10", "12", "11", "13", "500", "-", "12", "1"], ["5", "5", "6", "6", "5", "6", "90", "5"],
    strict=True,
)]  # fmt: skip
PARSE_CPUS = 'parse @message "cpu=* mem=*" as cpu, memory | fields cpu, memory'


def test_outlier_removes(run: Run) -> None:
    command = "outlier action=remove param=3.0 uselower=true mark=true cpu memory"
    assert run(f"{PARSE_CPUS} | {command}", CPUS) == [
        ("cpu", "memory", "_outlier"),
        ("10", "5", "0"), ("12", "5", "0"), ("11", "6", "0"), ("13", "6", "0"), ("-", "6", "0"),
        ("1", "5", "0"),
    ]  # fmt: skip
    kept = run(f"{PARSE_CPUS} | outlier action=remove param=3 cpu", CPUS)[1:]
    assert [row[0] for row in kept] == ["10", "12", "11", "13", "-", "12", "1"]


def test_outlier_clamps(run: Run) -> None:
    # The quartiles of cpu are 10 and 13; those of memory 5 and 6.
    assert run(f"{PARSE_CPUS} | outlier uselower=true mark=true cpu memory", CPUS)[4:] == [
        ("13", "6", "0"), ("20.5", "5", "1"), ("-", "6", "0"), ("12", "8.5", "1"),
        ("2.5", "5", "1"),
    ]  # fmt: skip
    assert run(f"{PARSE_CPUS} | outlier cpu | stats max(cpu), min(cpu), sum(cpu)", CPUS)[1:] == [
        ("20.5", "1", "79.5")
    ]
    grouped = "stats sum(memory) as m by cpu | outlier m | stats max(m)"
    assert run(f"{PARSE_CPUS} | {grouped}", CPUS)[1:] == [("8.5",)]


def test_outliers_of_nothing(run: Run) -> None:
    assert run("fields action | outlier action=remove action", [record()]) == [
        ("action",), ("OK",),
    ]  # fmt: skip


# sessionize


def test_sessionize_parts_events_by_their_gaps(run: Run) -> None:
    lines = [
        record("u1", "1", after=0), record("u1", "1", after=3600), record("u1", "1", after=7201),
        record("u1", "2", after=7202), record("u2", "1", after=10), record("u2", "1", after=20),
        "no time", "u3 d 1 2 no ok",
    ]  # fmt: skip
    text = "fields @timestamp, srcaddr, dstport | sessionize srcaddr, dstport maxspan 1h"
    assert run(f"{text} as my_session | sort srcaddr, @timestamp | display srcaddr, my_session",
               lines) == [
        ("srcaddr", "my_session"), (None, None), ("u1", "1"), ("u1", "1"), ("u1", "2"),
        ("u1", "3"), ("u2", "4"), ("u2", "4"), ("u3", None),
    ]  # fmt: skip


def test_sessionize_has_defaults(run: Run) -> None:
    lines = [record(after=0), record(after=1800), record(after=3601)]
    text = "fields dstport | sessionize srcaddr | stats count(*) as n by session_id"
    assert run(text, lines)[1:] == [("1", "2"), ("2", "1")]
    assert columns(run("fields dstport | sessionize srcaddr")) == ("dstport", "session_id")


# addtotals, countFrequent, estimate


PRICES = ["p=3 t=1 q=x", "p=2 t=- q=5", "p=x t=- q=1"]
PARSE_PRICES = 'parse @message "p=* t=* q=*" as price, tax, qty | fields price, tax, qty'


def test_addtotals_of_chosen_fields(run: Run) -> None:
    assert run(f"{PARSE_PRICES} | addtotals price, tax", PRICES) == [
        ("price", "tax", "qty", "Total"),
        ("3", "1", "x", "4"), ("2", "-", "5", "2"), ("x", "-", "1", None),
    ]  # fmt: skip
    assert columns(run("fields bytes | addtotals fieldname=RowSum bytes")) == ("bytes", "RowSum")


def test_addtotals_of_all_fields_of_the_event(run: Run) -> None:
    lines = [record(action="7")]
    (row,) = run("fields bytes as a, bytes / 4 as b | addtotals", lines)[1:]
    # The port, the bytes, though under three names, the start, and the quarter; no action is one.
    assert row == ("10", "2.5", f"{22 + 10 + SECONDS + 2}.5")
    for before in ("filldown", "outlier bytes", "expand action"):
        assert run(f"{before} | addtotals | display Total - start", lines)[1:] == [("32",)]


def test_addtotals_is_exact(run: Run) -> None:
    lines = [record(port="1", size=str(2**62)), record(port="1", size=str(2**62))]
    text = "fields bytes | addtotals col=true bytes, dstport"
    assert [row[1] for row in run(text, lines)[1:]] == [
        str(2**62 + 1), str(2**62 + 1), str(2**63 + 2),
    ]  # fmt: skip


def test_addtotals_of_columns(run: Run) -> None:
    text = 'fields bytes, 1 as one, concat("a", action) as c | addtotals row=false col=true bytes'
    assert run(text) == [
        ("bytes", "one", "c"), ("7", "1", "aOK"), ("20", "1", "aOK"), ("-", "1", "aOK"),
        ("5", "1", "aOK"), ("32", None, None),
    ]  # fmt: skip
    both = run("fields bytes, dstport | addtotals col=true bytes, dstport | sort bytes desc")
    assert both[1:3] == [("20", "-", "20"), ("7", "22", "29")]
    assert both[-1] == ("32", "487", "519")
    assert run("fields bytes | addtotals col=true bytes | tail 1")[1:] == [("32", "32")]


def test_addtotals_after_stats_says_that_the_service_adds_none(
    ask: Callable[..., tuple[Compiled, ResultSet]],
) -> None:
    text = "stats sum(bytes) as b, count(*) as n by dstport | addtotals col=true | sort n desc"
    compiled, results = ask(text)
    assert results.columns == ("dstport", "b", "n", "Total")
    assert results.rows == (
        ("22", "12", "2", "14"), ("-", "20", "1", "21"), ("443", None, "1", "1"),
        (None, "32", "4", "36"),
    )  # fmt: skip
    assert compiled.notices == ("on the service, addtotals adds no total after stats",)


def test_count_frequent_counts_what_comes_together(run: Run) -> None:
    for name in ("countFrequent", "count_frequent"):
        assert run(f"fields srcaddr, dstport | {name} srcaddr", [*LINES, LINES[0]]) == [
            ("srcaddr", "_approxcount"), ("10.0.0.9", "3"), ("10.0.0.10", "2"),
        ]  # fmt: skip
    assert run("countFrequent action, dstport")[1] == ("OK", "22", "2")
    assert run("countFrequent dstport | filter _approxcount > 1")[1:] == [("22", "2")]


def test_estimate_is_the_bytes_of_the_window(run: Run) -> None:
    size = sum(len(line) + 1 for line in LINES)
    text = "fields @timestamp, @message | filter @message like /error/ | limit 1 | estimate"
    assert run(text) == [("estimatedBytes",), (str(size),)]
    early = "1 2 3 4 5 OK"
    assert run("stats count(*) by action | estimate", [*LINES, early])[1:] == [(str(size),)]


# filterIndex, limit any, tail


def test_filter_index_is_a_filter_with_a_notice(
    ask: Callable[..., tuple[Compiled, ResultSet]],
) -> None:
    text = 'filterIndex action = "OK" | filterIndex dstport in ["22", 443] | fields dstport'
    compiled, results = ask(text)
    assert [row[0] for row in results.rows] == ["22", "443", "22"]
    assert compiled.notices == ("filterIndex was run as filter: locally there are no indexes",)
    assert ask('filter action = "OK"')[0].notices == ()


def test_limit_any_and_tail(run: Run) -> None:
    assert run("fields bytes | limit any 2")[1:] == [("7",), ("20",)]
    assert run("fields bytes | tail 2")[1:] == [("-",), ("5",)]
    assert run("fields bytes | limit 3 | tail 2")[1:] == [("20",), ("-",)]
    assert run("fields bytes | sort bytes | tail 2 | limit 1")[1:] == [("7",)]
    assert run("stats count(*) by dstport | tail 1")[1:] == [("443", "1")]
    assert run("stats count(*) | tail 1")[1:] == [("4",)]
    assert run("tail 3 | stats count(*)")[1:] == [("3",)]


# unnest, expand


EVENTS = ['{"events": [{"name": "exception"}, {"name": "user action"}]}']
ACCOUNTS = [
    '[{"accountId": "a", "droppedSpans": 2}, {"accountId": "b", "droppedSpans": 1}]',
    '[{"accountId": "b", "droppedSpans": 4}]',
]


def test_unnest_makes_a_row_of_each_element(run: Run) -> None:
    text = "fields jsonParse(@message) as json_message | unnest json_message.events into event"
    assert run(f"{text} | display event.name", EVENTS) == [
        ("event.name",), ("exception",), ("user action",),
    ]  # fmt: skip
    assert columns(run(text, EVENTS)) == ("json_message", "event")
    accounts = [
        '{"accounts":[{"type":"internal","id":1},{"type":"x","id":2}]}',
        '{"accounts":{"type":"internal","id":3}}',
    ]
    text = "fields jsonParse(@message) as js | unnest js.accounts into account"
    filtered = f'{text} | filter account.type = "internal" | display account.id'
    assert run(filtered, accounts)[1:] == [("1",), ("3",)]
    text = "fields jsonParse(@message) as accounts | unnest accounts into account"
    counted = "stats sum(account.droppedSpans) as n by account.accountId | sort n desc | limit 10"
    assert run(f"{text} | {counted}", ACCOUNTS)[1:] == [("b", "5"), ("a", "2")]


def test_unnest_of_what_is_no_list(run: Run) -> None:
    lines = ['{"a": "x"}', '{"a": []}', '{"a": null}', '{"a": {"k": 1}}', "no json", '{"a":[null]}']
    text = "fields jsonParse(@message) as m, @message | unnest m.a into x | display @message, x"
    assert run(text, lines)[1:] == [
        (lines[0], "x"), (lines[2], None), (lines[3], '{"k":1}'), (lines[4], None),
        (lines[5], None),
    ]  # fmt: skip
    assert run("fields bytes | unnest bytes into b | filter b > 6")[1:] == [
        ("7", "7"),
        ("20", "20"),
    ]
    assert columns(run("unnest bytes into b")) == ("@timestamp", "@message", "b")
    (row,) = run("fields bytes | unnest @timestamp into t | display t", [record()])[1:]
    assert row == ("2022-04-01 15:18:31.000",)


ITEMS = ['items=["apple","banana","cherry"] host=web-01', 'items=["apple"] host=web-02']
PARSE_ITEMS = 'parse @message "items=* host=*" as items, host'


def test_expand_makes_a_row_of_each_element_of_a_json_array(run: Run) -> None:
    assert run(f"{PARSE_ITEMS} | expand items", ITEMS[:1]) == [
        ("items", "host"), ("apple", "web-01"), ("banana", "web-01"), ("cherry", "web-01"),
    ]  # fmt: skip
    text = f"{PARSE_ITEMS} | expand items | stats count(*) by items, host | filter items = 'apple'"
    assert run(text, ITEMS)[1:] == [("apple", "web-01", "1"), ("apple", "web-02", "1")]
    lines = ["items=x host=a", "items=[1,[2]] host=b", 'items={"k":[1]} host=c', "none"]
    assert run(f"{PARSE_ITEMS} | expand items", lines)[1:] == [
        ("x", "a"), ("1", "b"), ("[2]", "b"), ('{"k":[1]}', "c"), (None, None),
    ]  # fmt: skip
    assert columns(run("expand bytes")) == ("@timestamp", "@message")


def test_what_split_makes(ask: Callable[..., tuple[Compiled, ResultSet]]) -> None:
    text = 'fields split(@message, " ") as words | {} words'
    compiled, results = ask(text.format("expand"))
    assert len(results.rows) == len(LINES)
    assert compiled.notices == (
        "expand does nothing to what split() makes, here as on the service",
    )
    with pytest.raises(QueryError, match=r"lists of jsonParse\(\), not those of split\(\)"):
        ask(f"{text.format('unnest')} into word")


def test_elements_keep_their_order_and_dedup_tells_them_apart(run: Run) -> None:
    text = f"{PARSE_ITEMS} | expand items"
    lines = ['items=["b","a","b"] host=h', 'items=["a","c"] host=i']
    assert run(f"{text} | dedup items", lines)[1:] == [("b", "h"), ("a", "h"), ("c", "i")]
    assert run(f"{text} | autoregress items | display items, items_p1", lines)[1:] == [
        ("b", None), ("a", "b"), ("b", "a"), ("a", "b"), ("c", "a"),
    ]  # fmt: skip
    assert run(f"{text} | sort host desc | tail 2", lines)[1:] == [("a", "h"), ("b", "h")]


def test_a_limit_before_counts_rows_and_one_behind_elements(run: Run) -> None:
    text = f"{PARSE_ITEMS} | {{}} | expand items | {{}} | stats count(*)"
    assert run(text.format("limit 1", "limit 9"), ITEMS)[1:] == [("3",)]
    assert run(text.format("limit 9", "limit 2"), ITEMS)[1:] == [("2",)]


def test_matched_are_the_events_that_passed(
    connection: duckdb.DuckDBPyConnection, ask: Callable[..., tuple[Compiled, ResultSet]]
) -> None:
    text = f"filter @message like 'web' | {PARSE_ITEMS} | expand items | filter items = 'cherry'"
    compiled, results = ask(text, ITEMS)
    assert len(results.rows) == 1
    assert count(connection, compiled, compiled.matched) == 2


# parse ... multi, logfmt and csv; json field=


def test_parse_multi_makes_a_row_of_each_match(run: Run) -> None:
    lines = ["from 10.0.0.1 to 10.0.0.2", "nobody", "from 10.0.0.1"]
    text = r"parse @message /(\d+\.\d+\.\d+\.\d+)/ as ip multi"
    assert run(text, lines) == [("ip",), ("10.0.0.1",), ("10.0.0.2",), (None,), ("10.0.0.1",)]
    assert run(f"{text} | stats count(*) by ip", lines)[1:] == [
        (None, "1"), ("10.0.0.1", "2"), ("10.0.0.2", "1"),
    ]  # fmt: skip
    text = r"parse @message /(?<key>\w+)=(?<value>\d+)/ multi | filter value > 1"
    assert run(text, ["a=1 b=2", "c=3"]) == [("key", "value"), ("b", "2"), ("c", "3")]
    assert run(r"parse nothing /(?<a>.)/ multi", ["x"])[1:] == [(None,)]


@pytest.mark.parametrize(
    ("line", "expression", "value"),
    [
        ("level=info status=500", "m.status >= 500", "1"),
        ("level=info status=500", "m", '{"level":"info","status":"500"}'),
        ('msg="two words" n=1', "m.msg", "two words"),
        (r'msg="say \"it\"" n=1', "m.msg", 'say "it"'),
        (r'msg="a\qb" n=1', "m.msg", r"a\qb"),
        ("ts=2022-04-01T15:18:31Z GET path=/a?b=c", "m.path", "/a?b=c"),
        ("a= b=2", "m.a", ""),
        ("a=1 a=2", "m.a", "1"),
        ("a=1", "m.b", None),
        ("only words", "m", None),
    ],
)
def test_parse_logfmt(run: Run, line: str, expression: str, value: Cell) -> None:
    assert run(f"parse @message logfmt as m | display {expression} as x", [line])[1:] == [(value,)]


def test_parse_logfmt_shows_its_map_and_reads_the_message_by_itself(run: Run) -> None:
    assert run("parse logfmt as m", ["a=1"]) == [("m",), ('{"a":"1"}',)]
    text = 'parse @message "log:*" as log | parse log logfmt as m | stats count(*) by m.a'
    assert run(text, ["log:a=1", "log:a=1"])[1:] == [("1", "2")]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("t,web,OK", ("t", "web", "OK")),
        ("t,web", ("t", "web", None)),
        ("t,web,OK,more", ("t", "web", "OK")),
        ('1,"x, ""y""",3', ("1", 'x, "y"', "3")),
        (',,""', ("", "", "")),
        ('"open,b,c', ('"open', "b", "c")),
        ("a,ü ,c", ("a", "ü ", "c")),
    ],
)
def test_parse_csv(run: Run, line: str, found: tuple[Cell, ...]) -> None:
    names = ("ts", "host", "action")
    assert run("parse @message csv as ts, host, action", [line]) == [names, found]


def test_parse_csv_and_stats(run: Run) -> None:
    text = "parse @message csv as ts, host, action | stats count(*) by action"
    assert run(text, ["1,a,OK", "2,b,OK"])[1:] == [("OK", "2")]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("k.sub", "7"), ("$.k.sub", "7"), ("list[1].x", "y"), ("list[1]", '{"x":"y"}'),
        ("none", None), ("k.sub.x", None), ("flag", "1"), ("k", '{"sub":7}'),
    ],
)  # fmt: skip
def test_json_field(run: Run, path: str, value: Cell) -> None:
    lines = ['{"k": {"sub": 7}, "list": [0, {"x": "y"}], "flag": true}', "no json"]
    text = f'json field=@message "{path}" as a'
    assert run(text, lines) == [("a",), (value,), (None,)]
    parsed = f'fields jsonParse(@message) as f | json field=f "{path}" as a | display a'
    assert run(parsed, lines)[1:] == [(value,), (None,)]


# What is refused


@pytest.mark.parametrize(
    ("text", "message", "fault"),
    [
        (
            "stats count(*) by srcaddr | fillmissing",
            "fillmissing needs the bins of stats ... by bin(5m)",
            "fillmissing",
        ),
        (
            "fillmissing with 0 for n",
            "fillmissing needs the bins of stats ... by bin(5m)",
            "fillmissing with 0 for n",
        ),
        (
            "stats count(*) by bin(1m) | estimate | fillmissing",
            "fillmissing needs the bins of stats ... by bin(5m)",
            "fillmissing",
        ),
        (
            "stats count(*) by bin(1m) | fillmissing with 0 for n",
            "there is no column n to fill",
            "n",
        ),
        (
            'json field=@message "." as a',
            'a path names keys, such as "user.id"',
            '"."',
        ),
        (
            "fields jsonParse(@message) as m | accum m",
            "m is a map or a list, which accum does not take",
            "m",
        ),
        (
            "fields jsonParse(@message) as m | sessionize m",
            "m is a map or a list, which sessionize does not take",
            "m",
        ),
    ],
)
def test_refusals(text: str, message: str, fault: str) -> None:
    with pytest.raises(QueryError) as caught:
        compile_query(text, [], WINDOW, None, NOW)
    assert str(caught.value) == message
    assert text[slice(*caught.value.span)].strip() == fault


@pytest.mark.parametrize(
    "command",
    [
        "pattern @message", "diff previousDay", "anomaly", "logcompare timeshift 7d", "unmask",
        "relevantfields where action = 1", "search error",
    ],
)  # fmt: skip
def test_what_only_the_service_does(command: str) -> None:
    with pytest.raises(UnsupportedQuery) as caught:
        compile_query(f"fields action | {command}", [], WINDOW, None, NOW)
    name = command.partition(" ")[0]
    assert str(caught.value) == f"the local engine does not compute {name}; run it on CloudWatch"
    assert not COMMANDS[name].runs_on(Engine.LOCAL)


def test_sessionize_needs_the_time() -> None:
    text = "stats count(*) as n by srcaddr | sessionize srcaddr"
    with pytest.raises(UnsupportedQuery, match="which stats has removed"):
        compile_query(text, [], WINDOW, None, NOW)


def test_too_many_missing_bins(run: Run) -> None:
    lines = [record(), record(after=3600)]
    with pytest.raises(duckdb.Error, match="more than 1,000,000 bins; use longer ones"):
        run("stats count(*) by bin(1ms) | fillmissing", lines)


def test_the_corpus_of_row_commands_compiles(run: Run) -> None:
    """Each command that is said to be local is, in its shortest form."""
    shortest = {
        "tail": "tail 1", "filterIndex": 'filterIndex action = "OK"',
        "unnest": "unnest bytes into b",
        "expand": "expand bytes", "addtotals": "addtotals", "accum": "accum bytes",
        "autoregress": "autoregress bytes", "filldown": "filldown",
        "fillmissing": "stats count(*) by bin(1m) | fillmissing", "outlier": "outlier bytes",
        "sessionize": "sessionize srcaddr", "countFrequent": "countFrequent srcaddr",
        "count_frequent": "count_frequent srcaddr", "estimate": "estimate",
        "json": 'json field=@message "a" as b',
    }  # fmt: skip
    for name, text in shortest.items():
        assert COMMANDS[name.lower()].runs_on(Engine.LOCAL)
        assert not isinstance(parse(text).commands[-1], ast.Other)
        assert run(text)[1:]
