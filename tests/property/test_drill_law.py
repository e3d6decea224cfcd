"""The drill law: the rows behind an aggregated row, aggregated again, give that row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.backends.duckdb.compile import Table, compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.macros import install
from flowtui.engine.drill import Target, drill
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import Query, ResultSet
from flowtui.model.timerange import TimeRange, to_ms
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.printer import to_source

START = datetime(2022, 4, 1, 15, 0, tzinfo=UTC)
WINDOW = TimeRange(START, START + timedelta(hours=2))
FORMAT = FlowFormat.parse(
    "${account-id} ${srcaddr} ${dstport} ${bytes} ${action} ${instance-id} ${start}"
)
NUMBERS = frozenset({"dstport", "bytes", "start"})

values = {
    "account_id": st.sampled_from(["000000000001", "000000000002", "-"]),
    # Nothing that AWS writes: what exact quoting and loose comparison must survive.
    "srcaddr": st.sampled_from(
        ["10.0.0.1", "10.0.0.10", "-", '"', "\\", "a`b", "é|#", "01", "1", "1.0", "/"]
    ),
    "dstport": st.sampled_from(["22", "443", "0", "65535", "-"]),
    "bytes": st.one_of(st.just("-"), st.integers(0, 5000).map(str)),
    "action": st.sampled_from(["ACCEPT", "REJECT", "-"]),
    "instance_id": st.sampled_from(["i-1", "i-2", "-"]),
    "start": st.integers(to_ms(START) // 1000, to_ms(START) // 1000 + 4000).map(str),
}  # fmt: skip
records = st.one_of(st.fixed_dictionaries(values), st.none())
data = st.lists(records, min_size=1, max_size=12)

keys = st.lists(
    st.sampled_from([
        "srcaddr", "dstport", "account_id", "action as a", "instance_id", "nowhere", "bytes",
        "bin(1m)", "bin(7m) as t", "bin(1h)", "datefloor(@timestamp, 10m)", "bytes / 3",
        "bytes / 7000 as share", "substr(srcaddr, 0, 2)", 'concat(srcaddr, "/", dstport)',
        "dstport = 22", "strlen(srcaddr) as n", 'if(action = "REJECT", srcaddr, dstport)',
        "ispresent(bytes)", "coalesce(nowhere, srcaddr)", "-bytes", "twice",
    ]),
    max_size=3,
    unique=True,
)  # fmt: skip
aggregates = st.lists(
    st.sampled_from([
        "count(*)", "sum(bytes)", "max(dstport)", "min(bytes) as low", "avg(bytes)",
        "count_distinct(srcaddr)", "sum(bytes) / count(*) as mean", "count(bytes)",
    ]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip
before = st.sampled_from(
    ["", 'filter action = "ACCEPT" | ', "# rejects\nfilter dstport != 22\n| ", "sort bytes desc | "]
)
after = st.sampled_from(["", " | limit 3", " | sort srcaddr desc", "\n| filter 1 = 1 # all"])


@st.composite
def queries(draw: st.DrawFn) -> str:
    by = draw(keys)
    text = f"{draw(before)}fields bytes * 2 as twice | stats {', '.join(draw(aggregates))}"
    return text + (f" by {', '.join(by)}" if by else "") + draw(after)


@st.composite
def queries_of_two_steps(draw: st.DrawFn) -> str:
    first = "stats sum(bytes) as b, count(*) as n by srcaddr, action, bin(5m) as t"
    by = draw(st.lists(st.sampled_from(["srcaddr", "action", "t", "n"]), max_size=2, unique=True))
    return f"{first} | stats sum(b) as total, max(n)" + (f" by {', '.join(by)}" if by else "")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        install(opened)
        yield opened


def load(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, str] | None]) -> Table:
    texts = ", ".join(f'"{name}" VARCHAR' for name in FORMAT.columns)
    numbers = ", ".join(f'"{name}#" BIGINT' for name in FORMAT.columns if name in NUMBERS)
    connection.execute(
        'CREATE OR REPLACE TABLE flows ("@timestamp" BIGINT, "@message" VARCHAR, '
        '"@logStream" VARCHAR, "@log" VARCHAR, "@ingestionTime" BIGINT, "@ptr" VARCHAR, '
        f"{texts}, {numbers})"
    )
    for index, row in enumerate(rows):
        connection.execute(f"INSERT INTO flows VALUES ({', '.join('?' * 16)})", _cells(index, row))
    return Table("flows", FORMAT, "/flows")


def _cells(index: int, row: dict[str, str] | None) -> list[object]:
    """A record, or a line that does not fit the format and has no fields."""
    if row is None:
        return [None, "not a record", "s", "0:g", 0, str(index), *[None] * 10]
    texts: list[object] = [row[name] for name in FORMAT.columns]
    numbers = [int(row[n]) if row[n] != "-" else None for n in FORMAT.columns if n in NUMBERS]
    moment = int(row["start"]) * 1000
    return [moment, " ".join(map(str, texts)), "s", "0:g", 0, str(index), *texts, *numbers]


def run(
    connection: duckdb.DuckDBPyConnection, table: Table, query: Query, window: TimeRange
) -> ResultSet:
    """As the backend does: only a query over all the data sees lines without a time."""
    seen = replace(table, has_untimed=query.time is None)
    return fetch(connection, compile_query(query.text, [seen], window, None, WINDOW.end))


def again(target: Target, text: str) -> str:
    """The derived query with the original `stats` in the place of what shows the raw rows."""
    derived = parse(target.query.text)
    stats = [each for each in parse(text).commands if isinstance(each, ast.Stats)][-1]
    kept = [c for c in derived.commands if c.chunk != ast.NOWHERE]
    while kept and isinstance(kept[-1], ast.Display | ast.Sort):
        kept.pop()
    anew = ast.Stats(stats.aggregates, stats.keys)
    return to_source(ast.Pipeline((*kept, anew), derived.source))


def check_law(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, str] | None], text: str
) -> None:
    table = load(connection, rows)
    query = Query(text, None)
    results = run(connection, table, query, WINDOW)
    for index in range(len(results.rows)):
        row = results.record(index)
        target = drill(query, WINDOW, row, FORMAT)
        run(connection, table, target.query, target.window)  # it runs as it is shown
        anew = replace(target.query, body=again(target, text), prelude="")
        behind = run(connection, table, anew, target.window)
        found = [behind.record(i) for i in range(len(behind.rows))]
        assert found == [row], target.query.body


@given(data, queries())
@example(
    [{**dict.fromkeys(values, "-"), "bytes": "1", "start": "1648825200"}],
    "stats count(*) by bytes / 3",
)
def test_drill_law(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, str] | None], text: str
) -> None:
    check_law(connection, rows, text)


@given(data, queries_of_two_steps())
def test_drill_law_for_the_second_stats(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, str] | None], text: str
) -> None:
    check_law(connection, rows, text)
