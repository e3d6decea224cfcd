"""Results of the real service that the reference quotes, from the local engine and the oracle.

What others have pasted is stronger than the documentation (LANGUAGE.md 0); each test names the
section that quotes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import duckdb
import pytest

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.macros import install
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import Cell
from flowtui.model.timerange import TimeRange
from flowtui.query.catalogue import Engine, find_function
from flowtui.query.parser import parse
from flowtui.query.scope import calls_in
from flowtui.sql.render import number_text as number_text_of_engine
from tests.oracle.commands import World, answer
from tests.oracle.data import events
from tests.oracle.values import number_text as number_text_of_oracle
from tests.oracle.values import text
from tests.property.test_engine import AWS_EXAMPLE
from tests.tables import make_table

FORMAT = FlowFormat.parse("${start} ${bytes} ${action} ${srcaddr}")
WINDOW = TimeRange(datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
NOW = datetime(2026, 6, 10, tzinfo=UTC)
NOON = int(datetime(2024, 4, 1, 12, tzinfo=UTC).timestamp())

Result = tuple[tuple[str, ...], list[tuple[Cell, ...]]]
Ask = Callable[[str, Sequence[str]], Result]


@pytest.fixture(scope="module", params=["engine", "oracle"])
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Asks one of the two; `@ptr` is left out."""
    with duckdb.connect(":memory:") as connection:
        install(connection)

        def engine(query: str, lines: Sequence[str]) -> Result:
            table = make_table(connection, "g", lines, FORMAT)
            found = fetch(connection, compile_query(query, [table], WINDOW, None, NOW))
            return found.columns, list(found.rows)

        def oracle(query: str, lines: Sequence[str]) -> Result:
            world = World({"g": events("g", lines, FORMAT)}, WINDOW, NOW)
            found = answer(query, world, ["g"])
            return found.columns, [tuple(map(text, row)) for row in found.rows]

        chosen = engine if request.param == "engine" else oracle
        yield lambda query, lines: _without_pointer(chosen(query, lines))


def _without_pointer(found: Result) -> Result:
    columns, rows = found
    count = len(columns) - ("@ptr" in columns)
    return columns[:count], [row[:count] for row in rows]


def record(minute: int = 0, size: str = "10", action: str = "ACCEPT") -> str:
    return f"{NOON + 60 * minute} {size} {action} 10.0.0.1"


LINES = (record(25, "1"), record(50, "2"), record(61, "3", "REJECT"), record(85, "4"))

# 3.3: what the console showed. 2.8 quotes the percentiles, 5.1 the sum.
SHOWN = (
    "75", "256000000", "21886900", "642.9342", "13.622", "333.501", "381.15", "0.6939",
    "0.0004884", "0.000000003334", "307.8", "685.9023", "15.5816", "70.36", "42.03", "41.45",
    "333.5", "338", "955512908",
)  # fmt: skip


@pytest.mark.parametrize("render", [number_text_of_engine, number_text_of_oracle])
@pytest.mark.parametrize("shown", SHOWN)
def test_numbers_are_shown_so(render: Callable[[float], str | None], shown: str) -> None:
    """And so are those near them: at least four decimals, at least four digits."""
    number = float(shown)
    assert render(number) == shown
    if "." in shown:
        unit = 1e-4 if number >= 1 else 10.0 ** -len(shown.partition(".")[2])
        assert {render(number + 0.4 * unit), render(number - 0.4 * unit)} == {shown}


@pytest.mark.parametrize("shown", SHOWN)
def test_numbers_are_shown_so_in_a_query(ask: Ask, shown: str) -> None:
    query = f'fields toDouble("{shown}") as n, concat(toDouble("{shown}"), "!") as t'
    assert ask(query, LINES[:1]) == (("n", "t"), [(shown, f"{shown}!")])


RESULTS: list[tuple[str, str, Sequence[str], str, list[tuple[Cell, ...]]]] = [
    (
        "3.2", "stats count(*), avg(init), sum(init), percentile(init, 90)", LINES[:1],
        "count(*) avg(init) sum(init) percentile(init,90)", [("1", None, None, "0")],
    ),
    (
        "3.2", 'stats sum(strcontains(action, "X")) / count(*) * 100 as share', LINES[:1],
        "share", [("0",)],
    ),
    ("3.2", 'stats sum(strcontains(init, "X")) as n', LINES[:1], "n", [(None,)]),
    (
        "3.2: avg is over those that have the field", "stats avg(bytes), count(*)",
        (*LINES, record(size="-"), "a misfit"), "avg(bytes) count(*)", [("2.5", "6")],
    ),
    ("3.3: re-rendered", "stats max(bytes)", [record(size="307.80")], "max(bytes)", [("307.8",)]),
    ("3.3: echoed", "fields bytes", [record(size="01")], "bytes", [("01",)]),
    (
        "1.6, 1.7: bins restart with the hour, the newest is first",
        "stats count(*), max(bytes) by bin(25m)", LINES, "bin(25m) count(*) max(bytes)",
        [
            ("2024-04-01 13:25:00.000", "1", "4"), ("2024-04-01 13:00:00.000", "1", "3"),
            ("2024-04-01 12:50:00.000", "1", "2"), ("2024-04-01 12:25:00.000", "1", "1"),
        ],
    ),
    (
        "1.6: a longer period is cut", "stats count(*) as n by bin(300s) as t", LINES[:2], "t n",
        [("2024-04-01 12:50:00.000", "1"), ("2024-04-01 12:25:00.000", "1")],
    ),
    (
        "1.7: keys first, in their order", "stats SUM(bytes), count() by action, srcaddr as s",
        LINES, "action s SUM(bytes) count()",
        [("ACCEPT", "10.0.0.1", "7", "3"), ("REJECT", "10.0.0.1", "3", "1")],
    ),
    (
        "1.7: parse shows its fields only, and nothing where nothing matched",
        'parse @message "user=* id=*" as u, i', ["user=bob id=7", "nobody"], "u i",
        [("bob", "7"), (None, None)],
    ),
    ("1.7: neither fields nor stats", "limit 1", LINES[-1:], "@timestamp @message",
     [("2024-04-01 13:25:00.000", LINES[-1])]),
    ("1.2", "fields 2 ^ 3 as a, 10 % 3 as b", LINES[:1], "a b", [("8", "1")]),
    ("1.2: == is =", 'filter action == "REJECT" | fields bytes', LINES, "bytes", [("3",)]),
    ("1.2: a condition shows as 1 or 0", 'display action = "REJECT" as isError', LINES, "isError",
     [("0",), ("1",), ("0",), ("0",)]),
    ("1.4: an earlier alias", "fields bytes / 2 as half, 4 * half as double", LINES[:1],
     "half double", [("0.5", "2")]),
    ("2.6", 'fields trim("xyZxyfooxyxyZ", "xyZ") as a, substr("xyZfooxyZ", 3, 3) as b', LINES[:1],
     "a b", [("foo", "foo")]),
    ("2.6, 7: the third argument has no effect", 'fields strcontains("ABC", "b", true) as a',
     LINES[:1], "a", [("0",)]),
    ("2.6", 'fields hexToDec("0xff") as a, decToHex(255) as b, decToHex(-255.9) as c', LINES[:1],
     "a b c", [("255", "0xff", "-0xff")]),
    ("2.10, 7: a width, not a number of buckets",
     "stats count(*) as n by histogram(bytes, 2) as bucket", LINES, "bucket n",
     [("0", "1"), ("2", "2"), ("4", "1")]),
    ("2.9: epoch milliseconds", "stats earliest(@timestamp), max(@timestamp)",
     ["1780503582214 1 ACCEPT 10.0.0.1"], "earliest(@timestamp) max(@timestamp)",
     [("1780503582214", "1780503582214")]),
    ("2.5: what is no address is in no block",
     'fields isPrivateIP("-") as a, isPublicIP("-") as b, isIpInSubnet("-", "0.0.0.0/0") as c',
     LINES[:1], "a b c", [("0", "0", "0")]),
    ("3.6", 'parse @message "[*] * The error was: *" as level, at, what',
     ["25 May 2019 10:24:39,474 [ERROR] {x} The error was: none"], "level at what",
     [("ERROR", "{x}", "none")]),
    ("3.6: a star holds blanks", 'parse @message "* [*] *" as at, level, rest',
     ["25 May 2019 10:24:39,474 [ERROR] a b"], "at level rest",
     [("25 May 2019 10:24:39,474", "ERROR", "a b")]),
    ("3.6: no end where a literal ends it", 'parse @message "Status Code: *;" as code',
     ["GET Status Code: 200; done; x"], "code", [("200",)]),
    ("3.5: an ascending sort", 'parse @message "* *" as w, x | fields w | sort w',
     [f"{word} x" for word in reversed(AWS_EXAMPLE.split())], "w",
     [(word,) for word in AWS_EXAMPLE.split()]),
    ("3.5: numbers are first where it descends", "fields bytes | sort bytes desc",
     [*LINES, record(size="-")], "bytes", [("4",), ("3",), ("2",), ("1",), ("-",)]),
]  # fmt: skip

"""The section, a query, the lines it is put to, and the columns and rows of the answer."""


def _is_local(query: str) -> bool:
    infos = [find_function(call.name) for call in calls_in(parse(query))]
    return all(info is not None and info.runs_on(Engine.LOCAL) for info in infos)


@pytest.mark.parametrize(
    ("query", "lines", "columns", "rows"),
    [pytest.param(*result[1:], id=result[0]) for result in RESULTS if _is_local(result[1])],
)
def test_result(
    ask: Ask, query: str, lines: Sequence[str], columns: str, rows: list[tuple[Cell, ...]]
) -> None:
    found = ask(query, lines)
    assert [name.replace(" ", "") for name in found[0]] == columns.split()
    assert found[1] == rows


def test_a_percentile_is_a_value_of_the_data(ask: Ask) -> None:
    """2.8: for 68 inputs the service returned values that were there."""
    sizes = [f"{number * number / 8 + 40:.2f}" for number in range(68)]
    query = "stats pct(bytes, 99) as a, percentile(bytes, 90) as b, pct(bytes, 50) as c"
    _, ((a, b, c),) = ask(query, [record(size=size) for size in sizes])
    assert [float(found or 0) for found in (a, b, c)] == [
        float(sizes[rank]) for rank in (67, 61, 33)
    ]
