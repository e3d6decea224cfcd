"""What each function gives for each kind of argument (LANGUAGE.md 1.1, 1.6, 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from flowtui.backends.duckdb import dialect
from flowtui.backends.duckdb.dialect import DIALECT, compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.macros import install
from flowtui.engine.drill import drill
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.run import Cell, Query, ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.query.catalogue import FUNCTIONS, Engine
from flowtui.query.check import errors
from flowtui.query.parser import parse
from flowtui.query.scope import calls_in
from flowtui.sql.scope import Table
from tests.tables import make_table

FORMAT = FlowFormat.parse("${srcaddr} ${bytes} ${start} ${action}")
START = datetime(2022, 4, 1, 15, 18, 31, tzinfo=UTC)
SECONDS = int(START.timestamp())
WINDOW = TimeRange(START - timedelta(hours=1), START + timedelta(hours=1))
LINE = f"10.0.0.1 10 {SECONDS} ACCEPT"
SILENT = f"- - {SECONDS} -"
JSON = (
    '{"a": {"b": 1, "user.id": "x", "b.c": 5, "items": [{"id": 7}, true, null, "q\\"ü"]},'
    ' "n": null, "ok": true, "no": false, "f": 1.50, "s": "[1, 2]", "2": "two", "x/y~": "z"}'
)

Run = Callable[..., ResultSet]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        install(made)
        yield made


@pytest.fixture
def run(connection: duckdb.DuckDBPyConnection) -> Run:
    def run_query(text: str, lines: Sequence[str] = (LINE,)) -> ResultSet:
        table = make_table(connection, "g", lines, FORMAT)
        return fetch(connection, compile_query(text, [table], WINDOW, None, START))

    return run_query


def column(results: ResultSet, index: int = 0) -> list[Cell]:
    return [row[index] for row in results.rows]


_EXPRESSIONS = [
    # examples of the documentation
    ('trim("xyZxyfooxyxyZ", "xyZ")', "foo"), ('ltrim("xyZxyfooxyxyZ", "xyZ")', "fooxyxyZ"),
    ('rtrim("xyZxyfooxyxyZ", "xyZ")', "xyZxyfoo"), ('substr("xyZfooxyZ", 3)', "fooxyZ"),
    ('substr("xyZfooxyZ", 3, 3)', "foo"), ('hexToDec("0xff")', "255"), ("decToHex(255)", "0xff"),
    ("2 ^ 3", "8"), ("10 % 3", "1"),
    # what 2.1 adds to plain arithmetic
    ("histogram(bytes, 3)", "9"), ("histogram(-1, 5)", "-5"), ("histogram(0.35, 0.1)", "0.3"),
    ("histogram(bytes, 0)", None), ("histogram(bytes, -3)", None), ("histogram(bytes, 10)", "10"),
    ("haversine(52.5, 13.4, 48.8566, 2.3522)", "876.2763"), ("haversine(0, 0, 0, 0)", "0"),
    ("haversine(0, 0, 0, 180)", "20015.0868"), ("haversine(90, 5, -90, 7)", "20015.0868"),
    ("haversine(1e308 * 10, 0, 0, 0)", None), ("toInt(-2147483649)", None),
    ("toInt(2147483647)", "2147483647"), ("toInt(-1.9)", "-1"), ("log(2.718281828459045)", "1"),
    # how texts are encoded and hashed: 2.6, 2.7
    ('urlencode("a b/ü~*+")', "a%20b%2F%C3%BC~%2A%2B"), ('urlencode("")', ""),
    ('urldecode("a+b%2F%c3%bc%zz%")', "a+b/ü%zz%"), ('urldecode("%ff")', None),
    ('urldecode("ü%c3")', None), ('urldecode("%e2%82%ac%F0%9F%98%80")', "€😀"),
    ('urldecode("%%ff")', None), ('urldecode("%41%c3%bcf%66")', "Aüff"),
    ('urldecode("%ed%a0%80")', None), ('base64encode("ü")', "w7w="), ('base64encode("")', ""),
    ('base64decode("w7w=")', "ü"), ('base64decode("")', ""), ('base64decode("w7w")', None),
    ('base64decode("/w==")', None), ('base64decode("7aCA")', None), ('base64decode("a b=")', None),
    ('base64decode("4oKs8J+YgA==")', "€😀"),
    ('hexToAscii("414243")', "ABC"), ('hexToAscii("0x41")', "A"), ('hexToAscii("4")', None),
    ('hexToAscii("c3bc")', None), ('hexToAscii("")', ""), ('hexToDec("FF")', "255"),
    ('hexToDec("-0xff")', "-255"), ('hexToDec("7fffffffffffffff")', "9223372036854775807"),
    ('hexToDec("8000000000000000")', None), ('hexToDec("0x")', None), ('hexToDec("")', None),
    ('hexToDec("00000000000000000001")', "1"), ('hexToDec("g")', None), ("decToHex(-255)", "-0xff"),
    ("decToHex(-255.9)", "-0xff"), ("decToHex(0.5)", "0x0"), ("decToHex(1e19)", None),
    ("decToHex(9223372036854775807)", "0x7fffffffffffffff"),
    ('md5("")', "d41d8cd98f00b204e9800998ecf8427e"),
    ('md5("ü")', "c03410a5204b21cd8229ff754688d743"),
    ('sha256("abc")', "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    # what becomes a list, and what is in one: 2.4
    ('split("a,b", ",")', '["a","b"]'), ('split("", ",")', '[""]'), ('split("ab", ";")', '["ab"]'),
    ('split("a.b", ".")', '["a","b"]'), ('split("äö", "")', '["ä","ö"]'),
    ('split("a\\"b", ",")', '["a\\"b"]'), ("split(srcaddr, \".\")[3] + 1", "2"),
    ('split(srcaddr, ".")[4]', None), ('split("a,b", ",")[0]', "a"),
    ('split("007", ",")[0]', "007"),
    ('jsonArraySize(split("a,b", ","))', "2"), ('jsonArraySize("[1, [2, 3]]")', "2"),
    ('jsonArraySize("[]")', "0"), ('jsonArraySize("{}")', None), ('jsonArraySize("5")', None),
    ('jsonArrayContains("[1, \\"b\\", true]", "b")', "1"), ('jsonArrayContains("[1]", 1)', "1"),
    ('jsonArrayContains("[\\"b\\"]", "B")', "0"), ('jsonArrayContains("[true]", true)', "1"),
    ('jsonArrayContains("[[1]]", 1)', "0"), ('jsonArrayContains("{\\"b\\": 1}", "b")', "0"),
    ('jsonArrayContains(split("a,b", ","), "b")', "1"), ('jsonArrayContains("[1]", nothing)', "0"),
    ('jsonParse("[1, 2]")', "[1,2]"), ('jsonParse("{}")', "{}"), ('jsonParse("5")', None),
    ('jsonParse("\\"x\\"")', None), ('jsonParse("null")', None), ('jsonParse("{")', None),
    ('jsonParse("")', None), ('jsonStringify(jsonParse("[1, {\\"a\\": null}]"))', '[1,{"a":null}]'),
    ('jsonStringify(5)', None), ('jsonStringify("[1]")', None),
    # what takes texts, numbers and times finds no map or list
    ('strlen(jsonParse("{}"))', None), ('concat("a", split("b", ","))', None),
    ('toNumber(split("5", ","))', None), ('split("5", ",") + 1', None),
    ('formatDate(split("5", ","), "%Y")', None), ('isempty(jsonParse("{}"))', "1"),
    ('ispresent(jsonParse("{}"))', "1"), ('ispresent(jsonParse("no"))', "0"),
    ('coalesce(jsonParse("no"), "none")', "none"), ('coalesce(jsonParse("[1]"), 5)', "[1]"),
    ("coalesce(jsonParse(nothing), nothing)", None), ('if(bytes > 1, split("a", ","), 0)', '["a"]'),
    ('if(bytes > 99, split("a", ","), bytes)', "10"),
    ('case(bytes > 99, jsonParse("{}"), bytes > 1, jsonParse("[7]"))[0]', "7"),
    # no comparison holds of them
    *((f'split("1", ",") {operator} 1', "0") for operator in ("=", "!=", "<", "<=", ">", ">=")),
    ('1 != split("1", ",")', "0"), ('split("1", ",") in [1]', "0"),
    ('split("1", ",") not in [1]', "0"), ('split("1", ",") like "1"', "0"),
    ('split("1", ",") not like "2"', "0"), ('not split("1", ",") = 1', "1"),
    ('jsonParse("no") != 1', "1"), ('split("1", ",") = split("1", ",")', "0"),
    # choices have at most ten branches; regexReplace takes groups
    (f"case({', '.join(f'bytes = {n}, {n}' for n in range(1, 11))}, 0)", "10"),
    (r'regexReplace("abc", "(b)", "[\\1\\1]")', "a[bb]c"), ('regexReplace("", "^$", "x")', "x"),
    (r'regexReplace("abc", "(?<x>b)", "\\0\\1\\\\1")', r"abb\1c"),
    (r'regexReplace("abc", "(b)", concat("\\", 1))', r"a\1c"),
    ('regexReplace("aAb", "(?i)a", action)', "ACCEPTACCEPTb"),
    ("toMillis(1e30)", None), ("toMillis(5)", "5"), ("datefloor(1e30, 1mo)", None),
    ("dateceil(-1, 5m)", None), ("ispresent(1 / 0)", "0"), ("ispresent(bytes / 3)", "1"),
    ("coalesce(nothing, fromMillis(5))", "1970-01-01 00:00:00.005"),
    ("coalesce(nothing, bytes)", "10"), ("coalesce(nothing, nada)", None),
    ("coalesce(bytes / 0, 7)", "7"), ("ispresent(1e308 * 10)", "0"), ("ispresent(now())", "1"),
    ("ispresent(@timestamp)", "1"),
    # strcontains' third argument has no effect (7)
    ('strcontains(action, "acc", true)', "0"), (r'isblank(" 	 ")', "1"), ('isblank("a")', "0"),
    ('isblank("")', "1"), ('strlen("é€😀")', "3"), ('messageSize("é€😀")', "9"),
    ('tolower("ÄÖ")', "äö"), ('toupper("äö")', "ÄÖ"), ('substr("é€😀x", 2, 1)', "😀"),
    ('replace("é€é", "é", "e")', "e€e"), ('strcontains("é€", "€")', "1"),
    ('startsWith("", "")', "1"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), _EXPRESSIONS)
def test_expression(run: Run, expression: str, value: Cell) -> None:
    assert column(run(f"fields {expression} as x")) == [value]


def test_a_case_has_at_most_ten_branches() -> None:
    branches = ", ".join(f"bytes = {number}, {number}" for number in range(11))
    with pytest.raises(QueryError, match="does not take 22 values"):
        _compile(f"fields case({branches})")


# Each function of a missing field, of `-` and of a misfit text; those not named here are missing.

_CALLS = {
    "coalesce": "coalesce({})", "if": "if({} = 1, 1, 0)", "case": "case({} = 1, 1, 0)",
    "concat": 'concat("a", {})', "substr": "substr({}, 1)", "haversine": "haversine(1, {}, 2, 3)",
    "greatest": "greatest(1, {})", "least": "least(1, {})",
}  # fmt: skip
"""Where the first argument of the catalogue's example would not do."""
_WITHOUT = {"now", "bin", "querystarttime", "queryendtime", "querytimerange", "unmask"}
_FALSE = (
    "ispresent", "isnumeric", "jsonarraycontains", "isvalidip", "isvalidipv4", "isvalidipv6",
    "isipinsubnet", "isipv4insubnet", "isipv6insubnet", "isprivateip", "ispublicip",
    "isreservedip", "if", "case",
)  # fmt: skip
_OF_MISSING = {**dict.fromkeys(_FALSE, "0"), "isempty": "1", "isblank": "1"}
_OF_DASH = {
    **dict.fromkeys(_FALSE, "0"), "ispresent": "1", "isempty": "0", "isblank": "0",
    "coalesce": "-", "messagesize": "1", "concat": "a-", "ltrim": "-", "rtrim": "-", "trim": "-",
    "strlen": "1", "toupper": "-", "tolower": "-", "substr": "", "replace": "-",
    "regexreplace": "-", "strcontains": "0", "startswith": "0", "endswith": "0", "urlencode": "-",
    "urldecode": "-", "base64encode": "LQ==", "split": '["-"]',
    "md5": "336d5ebc5436534e61d16e63ddfca327",
    "sha256": "3973e022e93220f9212c18d0d0c543ae7c309e46640da93a4a0314de999f5112",
}  # fmt: skip
_SCALARS = sorted(
    name for name, info in FUNCTIONS.items() if not info.aggregate and name not in _WITHOUT
)


def _call(name: str, value: str) -> str:
    """A call with that in the place of the first argument, or of the one that counts."""
    if name in _CALLS:
        return _CALLS[name].format(value)
    text = f"fields {FUNCTIONS[name].example}"
    start, end = next(calls_in(parse(text))).arguments[0].span
    return text[len("fields ") : start] + value + text[end:]


@pytest.mark.parametrize("name", _SCALARS)
def test_what_is_missing(run: Run, name: str) -> None:
    call = _call(name, "nothing")
    assert column(run(f"fields {call} as x")) == [_OF_MISSING.get(name)]


@pytest.mark.parametrize("name", _SCALARS)
def test_a_dash_is_no_number_and_no_address(run: Run, name: str) -> None:
    call = _call(name, "bytes")
    assert column(run(f"fields {call} as x", [SILENT])) == [_OF_DASH.get(name)]


@pytest.mark.parametrize(
    "call",
    [
        "ltrim(action, nothing)", "substr(action, nothing)", "replace(action, nothing, action)",
        'replace(action, "A", nothing)', 'regexReplace(action, "A", nothing)',
        "strcontains(action, nothing)", "split(action, nothing)", "histogram(bytes, nothing)",
        "haversine(1, 2, 3, nothing)", "substr(action, 1, nothing)",
    ],
)  # fmt: skip
def test_a_later_argument_that_is_missing(run: Run, call: str) -> None:
    assert column(run(f"fields {call} as x")) == [None]


def test_every_function_but_one_is_computed() -> None:
    assert {name for name, info in FUNCTIONS.items() if not info.runs_on(Engine.LOCAL)} == {
        "unmask"
    }


# Maps and lists: 1.1, 2.4 and 7

_PATHS = [
    ("m.a.b", "1"), ("m.a.`user.id`", "x"), ("m.a.b.c", "5"), ("m.a.items.0.id", "7"),
    ("m.a.items.1", "1"), ("m.a.items.2", None), ("m.a.items.3", 'q"ü'), ("m.a.items.4", None),
    ("m.ok", "1"), ("m.no", "0"), ("m.n", None), ("m.f", "1.5"), ("m.f * 2", "3"), ("m.`2`", "two"),
    ("m[2]", "two"), ("m.`x/y~`", "z"), ("m.nothing.at.all", None), ("m.a.b.c.d.e.f.g.h", None),
    ("m.s.0", None), ("jsonParse(m.s)[1]", "2"), ("jsonArraySize(m.s)", "2"),
    ("m.a.items", '[{"id":7},true,null,"q\\"ü"]'), ("m.a.items[3]", 'q"ü'), ("(m.a).b", "1"),
    ("jsonParse(@message).a.items[0].id", "7"), ("jsonParse(@message).a.b.c", "5"),
    ("jsonArraySize(m.a.items)", "4"), ("jsonArrayContains(m.a.items, 'q\"ü')", "1"),
    ("jsonStringify(m.a.items[0])", '{"id":7}'), ("jsonStringify(m.ok)", None),
    ("ispresent(m.a)", "1"), ("ispresent(m.n)", "0"), ("strlen(m.a)", None), ("m.a != 1", "0"),
    ("m.ok = true", "1"), ("m.ok = 1", "1"), ("m.a.b >= 1", "1"), ("m.a.`user.id` like /X/", "0"),
    ("m.a in [1]", "0"), ("m.a not in [1]", "0"), ("m.a.b not in [1]", "0"), ("m.x != 1", "1"),
    ("m.a.b = m.ok", "1"), ("m.a.b = bytes", "0"), ("a.b", None), ("concat(m.ok, m.f)", "11.5"),
    ("coalesce(m.n, m.a.b)", "1"), ("if(m.ok, m.a, m.n).b", "1"), ("m.a.b ^ 2", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), _PATHS)
def test_the_way_into_maps_and_lists(run: Run, expression: str, value: Cell) -> None:
    results = run(f"fields jsonParse(@message) as m | display {expression} as x", [JSON])
    assert column(results) == [value]


def test_columns_of_paths_are_named_as_typed(run: Run) -> None:
    results = run("fields jsonParse(@message) as m | display m.a.b, m.a.items[0].id", [JSON])
    assert results.columns[:2] == ("m.a.b", "m.a.items[0].id")


@pytest.mark.parametrize("inside", ["m.a.b", "m[2]", "strlen(m.s)"])
def test_an_alias_is_looked_into_only_by_the_next_command(run: Run, inside: str) -> None:
    results = run(f"fields jsonParse(@message) as m, {inside} as x | display x", [JSON])
    assert column(results) == [None]


def test_an_alias_of_the_same_command_is_a_value_all_the_same(run: Run) -> None:
    text = "fields split(srcaddr, '.') as p, jsonArraySize(p) as n, p as q | display n, q[1]"
    assert run(text).rows[0][:2] == ("4", "0")


def test_what_is_in_a_map_is_grouped_sorted_and_counted_as_a_value(run: Run) -> None:
    lines = ['{"k": "b", "n": 9}', '{"k": "a", "n": 10}', '{"k": [1], "n": 1}', "no JSON"]
    parsed = "fields jsonParse(@message) as m"
    assert run(f"{parsed} | stats sum(m.n) as n by m.k", lines).rows == (
        (None, "1"),
        ("a", "10"),
        ("b", "9"),
    )
    assert column(run(f"{parsed} | sort m.n desc | display m.n", lines)) == ["10", "9", "1", None]
    assert column(run(f"{parsed} | sort m.n | dedup m.k | display m.k", lines)) == [
        None, "[1]", "b", "a",
    ]  # fmt: skip
    found = run(
        f"{parsed} | stats count(m.k), count_distinct(m.k), values(m.k), max(m.n), min(m.k),"
        " sortsLast(m.n), avg(m.n), pct(m.n, 50)",
        lines,
    )
    assert found.rows == (("2", "2", '["a","b"]', "10", "a", "10", "6.6667", "9"),)
    assert run(f"{parsed} | filter m.n > 1 | stats count(*)", lines).rows == (("2",),)


def test_a_list_that_stats_made_can_be_looked_into(run: Run) -> None:
    results = run("stats values(action) as v | fields v[0] as x, v = '[\"ACCEPT\"]' as y")
    assert results.rows == (("ACCEPT", "0"),)
    assert run("stats jsonArraySize(values(action)) + 1 as n").rows == (("2",),)
    assert run("stats values(action)[0] as x").rows == (("ACCEPT",),)
    assert run("stats values(nothing)").rows == ((None,),)


@pytest.mark.parametrize(
    ("text", "message", "fault"),
    [
        ("sort m", "m is a map or a list, which sort does not take", "m"),
        ("dedup m", "m is a map or a list, which dedup does not take", "m"),
        ("stats count(*) by m", "m is a map or a list, which stats does not take", "m"),
        ("stats count(m)", "m is a map or a list, which stats does not take", "m"),
        ("stats max(m)", "m is a map or a list, which stats does not take", "m"),
        ("stats values(m)", "m is a map or a list, which stats does not take", "m"),
        ("stats earliest(m)", "m is a map or a list, which stats does not take", "m"),
        ("stats topk(3, m)", "m is a map or a list, which stats does not take", "m"),
        (
            "stats values(action) as v | sort v",
            "v is a map or a list, which sort does not take",
            "v",
        ),
        (
            'sort split(action, ",")',
            'split(action, ",") is a map or a list, which sort does not take',
            'split(action, ",")',
        ),
    ],
)
def test_commands_that_take_no_maps_and_lists(text: str, message: str, fault: str) -> None:
    query = f"fields jsonParse(@message) as m | {text}"
    with pytest.raises(QueryError) as caught:
        _compile(query)
    assert str(caught.value) == message
    assert query[slice(*caught.value.span)] == fault
    (found,) = errors(query)
    assert found.message.startswith(message)
    assert found.span == caught.value.span


@pytest.mark.parametrize(
    ("json", "is_list", "elements"),
    [
        ('[1,"a",{"b":[2]},null]', True, ["1", '"a"', '{"b":[2]}', "null"]),
        ("[]", True, []),
        ('{"a":[1]}', False, None),
        (None, None, None),
    ],
)
def test_lists_for_commands_that_make_rows_of_them(
    connection: duckdb.DuckDBPyConnection,
    json: str | None,
    is_list: bool | None,
    elements: list[str] | None,
) -> None:
    sql = f"SELECT {DIALECT.json.is_list('$1')}, {DIALECT.json.elements('$1')}"
    assert connection.execute(sql, [json]).fetchone() == (is_list, elements)


# How dates are written and read: 2.2

_MS = SECONDS * 1000


@pytest.mark.parametrize(
    ("format_", "zone", "shown"),
    [
        ("%Y-%m-%d %H:%M:%S", "", "2022-04-01 15:18:31"),
        ("%Y-%m-%d", "UTC", "2022-04-01"),
        ("%F %T|%D|%R|%r", "Z", "2022-04-01 15:18:31|04/01/22|15:18|03:18:31 PM"),
        ("%a %A %b %B %h %y %j %I %p %u %w", "", "Fri Friday Apr April Apr 22 091 03 PM 5 5"),
        ("%e|%k|%l|%C|%s|%f", "", " 1|15| 3|20|1648826311|000000"),
        ("%-d %-m %% %n%t.", "", "1 4 % \n\t."),
        ("%c", "", "Fri Apr  1 15:18:31 2022"),
        ("%G-W%V %U %W %x %X", "", "2022-W13 13 13 04/01/22 15:18:31"),
        ("%H:%M %z", "Europe/Berlin", "17:18 +0200"),
        ("%H:%M %z", "America/St_Johns", "12:48 -0230"),
        ("%H:%M %z", "+05:30", "20:48 +0530"),
        ("%H:%M %z", "UTC-3", "12:18 -0300"),
        ("%H %z", "", "15 +0000"),
        ("at €", "", "at €"),
        ("", "", ""),
    ],
)
def test_format_date(run: Run, format_: str, zone: str, shown: str) -> None:
    arguments = f'@timestamp, "{format_}"' + (f', "{zone}"' if zone else "")
    assert column(run(f"fields formatDate({arguments}) as x")) == [shown]
    assert column(run(f"fields strftime({arguments}) as x")) == [shown]


@pytest.mark.parametrize(
    ("number", "shown"),
    [("0", "1970"), ("253402300799999", "9999"), ("253402300800000", None), ("-1", None)],
)
def test_format_date_of_a_number_of_milliseconds(run: Run, number: str, shown: Cell) -> None:
    assert column(run(f'fields formatDate({number}, "%Y") as x')) == [shown]


def test_dates_are_group_keys(run: Run) -> None:
    text = (
        'fields formatDate(@timestamp, "%Y-%m-%d", "UTC") as day, strftime(@timestamp, "%H") as hh'
        " | stats count(*) by day, hh"
    )
    assert run(text).rows == (("2022-04-01", "15", "1"),)


@pytest.mark.parametrize(
    ("text", "format_", "zone", "moment"),
    [
        ("2022-04-01 15:18:31", "yyyy-MM-dd HH:mm:ss", "", "2022-04-01T15:18:31Z"),
        ("2022-04-01 17:18:31", "yyyy-MM-dd HH:mm:ss", "Europe/Berlin", "2022-04-01T15:18:31Z"),
        ("2022-01-01 17:18:31", "yyyy-MM-dd HH:mm:ss", "Europe/Berlin", "2022-01-01T16:18:31Z"),
        # a clock that shows a time twice: the earlier one; one that skips it: moved on
        ("2022-10-30 02:30:00", "yyyy-MM-dd HH:mm:ss", "Europe/Berlin", "2022-10-30T00:30:00Z"),
        ("2022-10-30 03:30:00", "yyyy-MM-dd HH:mm:ss", "Europe/Berlin", "2022-10-30T02:30:00Z"),
        ("2022-03-27 02:30:00", "yyyy-MM-dd HH:mm:ss", "Europe/Berlin", "2022-03-27T01:30:00Z"),
        ("2022-04-03 01:45:00", "yyyy-MM-dd HH:mm:ss", "Australia/Lord_Howe",
         "2022-04-02T14:45:00Z"),
        ("2022-04-01T15:18:31.5Z", "yyyy-MM-dd'T'HH:mm:ss.SX", "", "2022-04-01T15:18:31.500Z"),
        ("2022-04-01T15:18:31.123456789+02:00", "uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX", "",
         "2022-04-01T13:18:31.123Z"),
        ("2022-04-01 15:18 -0330", "yyyy-MM-dd HH:mm Z", "Europe/Berlin", "2022-04-01T18:48:00Z"),
        ("2022-04-01 15 +02", "yyyy-MM-dd HH x", "", "2022-04-01T13:00:00Z"),
        ("Fri, 1 Apr 2022 03:18:31 PM", "EEE, d MMM yyyy hh:mm:ss a", "", "2022-04-01T15:18:31Z"),
        ("Friday 01 April 22, 12:05 AM", "EEEE dd MMMM yy, h:mm a", "", "2022-04-01T00:05:00Z"),
        ("2022-4-1", "y-M-d", "+05:30", "2022-03-31T18:30:00Z"),
        ("20220401151831", "yyyyMMddHHmmss", "", "2022-04-01T15:18:31Z"),
        ("2022.091", "yyyy.DDD", "", "2022-04-01T00:00:00Z"),
        ("2020366", "yyyyDDD", "", "2020-12-31T00:00:00Z"),
        ("2022366", "yyyyDDD", "", None),
        ("2022-02-30", "yyyy-MM-dd", "", "2022-02-28T00:00:00Z"),
        ("2022-02-32", "yyyy-MM-dd", "", None),
        ("2022-04-01T15:18", "yyyy-MM-dd'T'HH:mm[:ss]", "", "2022-04-01T15:18:00Z"),
        ("2022-04-01T15:18:31", "yyyy-MM-dd'T'HH:mm[:ss][XXX]", "", "2022-04-01T15:18:31Z"),
        ("2022-04-01T15:18:31+01:00", "yyyy-MM-dd'T'HH:mm[:ss][XXX]", "", "2022-04-01T14:18:31Z"),
        ("o'clock 2022-04-01", "'o''clock' yyyy-MM-dd", "", "2022-04-01T00:00:00Z"),
        ("2022(04)01.*", "yyyy(MM)dd.*", "", "2022-04-01T00:00:00Z"),
        ("0000-01-01", "yyyy-MM-dd", "Europe/Berlin", "-62167222408000"),
        ("9999-12-31 23:59", "yyyy-MM-dd HH:mm", "-18:00", "253402365540000"),
        ("1969-12-31", "yyyy-MM-dd", "", "1969-12-31T00:00:00Z"),
        ("2022-04-01 24:00", "yyyy-MM-dd HH:mm", "", None),
        ("2022-4-01", "yyyy-MM-dd", "", None),
        ("2022-04-01 ", "yyyy-MM-dd", "", None),
        ("x2022-04-01", "yyyy-MM-dd", "", None),
        ("1 apr 2022", "d MMM yyyy", "", None),
        ("", "yyyy-MM-dd", "", None),
        ("٢٠٢٢-04-01", "yyyy-MM-dd", "", None),
    ],
)  # fmt: skip
def test_parse_date(run: Run, text: str, format_: str, zone: str, moment: str | None) -> None:
    arguments = f'"{text}", "{format_}"' + (f', "{zone}"' if zone else "")
    expected = str(_milliseconds(moment)) if moment and moment.endswith("Z") else moment
    assert column(run(f"fields parseDate({arguments}) as x")) == [expected]


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def test_zones_of_both_functions_are_inverse(run: Run) -> None:
    format_, java = "%Y-%m-%d %H:%M:%S", "yyyy-MM-dd HH:mm:ss"
    for zone in ("America/New_York", "Asia/Kathmandu", "-09:30", "Pacific/Apia"):
        call = f'parseDate(formatDate(@timestamp, "{format_}", "{zone}"), "{java}", "{zone}")'
        assert column(run(f"fields {call} as x")) == [str(_MS)]


@pytest.mark.parametrize(
    ("text", "message", "fault"),
    [
        (
            'formatDate(@timestamp, "%Y", "Europe/Nowhere")',
            "there is no time zone 'Europe/Nowhere'; write it like Europe/Berlin or +02:00",
            '"Europe/Nowhere"',
        ),
        (
            'parseDate(action, "yyyy-MM-dd", "+19:00")',
            "there is no time zone '+19:00'; write it like Europe/Berlin or +02:00",
            '"+19:00"',
        ),
        (
            'formatDate(@timestamp, "%Y", action)',
            "the local engine needs the time zone as a text",
            "action",
        ),
        ("formatDate(@timestamp, action)", "the local engine needs the format as a text", "action"),
        ("parseDate(action, action)", "the local engine needs the format as a text", "action"),
        ('formatDate(@timestamp, "%Q")', "the local engine does not format %Q", '"%Q"'),
        ('formatDate(@timestamp, "5%")', "the local engine does not format %", '"5%"'),
        ('formatDate(@timestamp, "%Z")', "the local engine does not format %Z", '"%Z"'),
        (
            'parseDate(action, "YYYY-MM-dd")',
            "the local engine does not read YYYY in a date",
            '"YYYY-MM-dd"',
        ),
        (
            'parseDate(action, "yyyy-MM-dd z")',
            "the local engine does not read z in a date",
            '"yyyy-MM-dd z"',
        ),
        (
            'parseDate(action, "HH:mm")',
            "the date format needs a year, a month and a day: yyyy-MM-dd",
            '"HH:mm"',
        ),
        (
            'parseDate(action, "yyyy-MM-dd hh")',
            "h is an hour of half a day and needs a, AM or PM; or write H",
            '"yyyy-MM-dd hh"',
        ),
        (
            'parseDate(action, "yyyy-MM-dd[HH")',
            "a [ or ] in this date format has no partner",
            '"yyyy-MM-dd[HH"',
        ),
        (
            'parseDate(action, "yyyy-MM-dd]")',
            "a [ or ] in this date format has no partner",
            '"yyyy-MM-dd]"',
        ),
        (
            'parseDate(action, "yyyy-MM-dd\'T")',
            "' has no meaning in a date format",
            '"yyyy-MM-dd\'T"',
        ),
        (
            r'regexReplace(action, "b", "\\1")',
            r"\1 can't replace matches: the expression has no group 1",
            r'"\\1"',
        ),
        (
            r'regexReplace(action, "(b)", "\w")',
            r"\w can't replace matches: after a backslash it needs a digit or another backslash",
            r'"\w"',
        ),
        (
            r'regexReplace(action, "(b)", "\\1\\")',
            "\\1\\ can't replace matches: after a backslash it needs a digit or another backslash",
            r'"\\1\\"',
        ),
        (
            "regexReplace(action, action, action)",
            "the local engine needs the expression as a text",
            "action",
        ),
        (
            "unmask(@message)",
            "the local engine does not compute unmask(); run it on CloudWatch",
            "unmask(@message)",
        ),
    ],
)
def test_errors_point_at_the_fault(text: str, message: str, fault: str) -> None:
    query = f"fields {text}"
    with pytest.raises(QueryError) as caught:
        _compile(query)
    assert str(caught.value) == message
    assert query[slice(*caught.value.span)] == fault


def test_a_duckdb_without_icu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "_zone_error", lambda _: "CatalogException")
    with pytest.raises(UnsupportedQuery, match="lacks ICU"):
        _compile('fields formatDate(@timestamp, "%H", "Europe/Berlin")')
    _compile('fields formatDate(@timestamp, "%H", "+02:00"), formatDate(@timestamp, "%H")')


# How events are put into bins: 1.6 and 2.10


def _at(clock: str, size: int = 10) -> str:
    hours, minutes = map(int, clock.split(":"))
    moment = START.replace(hour=hours, minute=minutes, second=0)
    return f"10.0.0.1 {size} {int(moment.timestamp())} ACCEPT"


def test_bins_restart_with_the_hour(run: Run) -> None:
    lines = [_at("14:25"), _at("14:50"), _at("14:59"), _at("15:00"), _at("15:49")]
    assert run("stats count(*) by bin(25m)", lines).rows == (
        ("2022-04-01 15:25:00.000", "1"),
        ("2022-04-01 15:00:00.000", "1"),
        ("2022-04-01 14:50:00.000", "2"),
        ("2022-04-01 14:25:00.000", "1"),
    )


@pytest.mark.parametrize(
    ("offset", "start"),
    [
        ("1h", "2022-04-01 16:15:00.000"), ("90m", "2022-04-01 16:45:00.000"),
        ("1d", "2022-04-02 15:15:00.000"), ("1w", "2022-04-08 15:15:00.000"),
        ("1mo", "2022-05-01 15:15:00.000"), ("30s", "2022-04-01 15:15:30.000"),
    ],
)  # fmt: skip
def test_an_offset_makes_bins_later(run: Run, offset: str, start: str) -> None:
    assert run(f"stats count(*) by bin(5m) offset {offset}").rows == ((start, "1"),)
    found = run(f"stats count(*) by action, bin(5m) as t offset {offset} | sort t | display t")
    assert found.rows == ((start,),)


def test_an_offset_needs_a_bin() -> None:
    with pytest.raises(QueryError, match="offset shifts the bins of bin"):
        _compile("stats count(*) by action offset 1h")


def test_a_histogram_has_buckets_of_the_width(run: Run) -> None:
    lines = [_at("15:00", size) for size in (0, 9, 10, 19, 25)] + [SILENT]
    assert run("stats count(*) as n by histogram(bytes, 10)", lines).rows == (
        (None, "1"),
        ("0", "2"),
        ("10", "2"),
        ("20", "1"),
    )


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("rate(bytes, 1m) by bin(5m)", "5"), ("rate(bytes, 30s) by bin(1h) as t", "2.5"),
        ("rate(bytes, 2h)", "600"), ("rate(bytes, 1m) + 1 by action", "6"),
        ("rate(-bytes, 1m) by datefloor(@timestamp, 5m)", "-5"),
        ("rate(toNumber(1), 1m)", "0"), ("rate(bytes - bytes, 1d)", "0"),
        ("rate(nothing, 1h)", None), ("rate(action, 1h)", None),
        ("countOverTime(*)", "2"), ("count_over_time(bytes) by bin(5m)", "2"),
        ("countOverTime(nothing)", "0"), ("sumOverTime(bytes) by bin(5m)", "60"),
        ("sum_over_time(nothing)", None),
    ],
)  # fmt: skip
def test_over_time(run: Run, item: str, value: Cell) -> None:
    lines = [_at("14:50", 20), _at("14:54", 40)]
    assert column(run(f"stats {item}", lines), -1) == [value]


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        pytest.param([_at("15:00", 7)], "0", id="one event"),
        pytest.param([_at("15:00", 7), _at("15:00", 7)], "0", id="one moment, one value"),
        pytest.param([_at("15:00", 7), _at("15:00", 9)], None, id="one moment, two values"),
        pytest.param([SILENT], None, id="no number"),
        pytest.param([_at("15:02", 8), SILENT, _at("15:00", 2), _at("15:01", 99)], "3", id="ends"),
    ],
)
def test_a_rate_is_the_change_from_the_first_event_to_the_last(
    run: Run, lines: list[str], value: Cell
) -> None:
    assert column(run("stats rate(bytes, 1m)", lines)) == [value]


# What is most frequent: 1.8 and 2.8

_PORTS = [_at("15:00", size) for size in (22, 443, 443, 80, 443, 22, 5)] + [SILENT]


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("topk(2, bytes)", '["443","22"]'),
        ("topk(4, bytes)", '["443","22","-","5"]'),
        ("topk(10000, action)", '["ACCEPT","-"]'),
        ("topk(3, nothing)", None),
        ("topk(1, bytes)[0]", "443"),
        ("jsonArraySize(topk(9, bytes))", "5"),
    ],
)
def test_topk(run: Run, item: str, value: Cell) -> None:
    assert run(f"stats {item} as x", _PORTS).rows == ((value,),)
    assert run(f"filter 1 = 1 | stats {item}", _PORTS).rows == ((value,),)


@pytest.mark.parametrize(
    ("text", "message", "fault"),
    [
        ("topk(3, bytes) by srcaddr", "topk can't be combined with by", "srcaddr"),
        (
            "topk(3, bytes), count(*)",
            "topk can't be combined with other aggregates",
            "topk(3, bytes)",
        ),
        ("topk(0, bytes)", "topk() needs a count from 1 to 10,000", "0"),
        ("topk(10001, bytes)", "topk() needs a count from 1 to 10,000", "10001"),
        ("topk(1.5, bytes)", "topk() needs a count from 1 to 10,000", "1.5"),
        ("topk(bytes, 3)", "topk() needs a count from 1 to 10,000", "bytes"),
        ("rate(bytes, 1mo)", "a month is not always as long; write days", "1mo"),
        ("rate(bytes, 5)", "expected a period such as 5m or 1h", "5"),
    ],
)  # fmt: skip
def test_refused_aggregates(text: str, message: str, fault: str) -> None:
    query = f"stats {text}"
    with pytest.raises(QueryError) as caught:
        _compile(query)
    assert str(caught.value) == message
    assert query[slice(*caught.value.span)] == fault


@pytest.mark.parametrize(
    "key",
    [
        "m.k", "m.ok", "jsonParse(@message).k", "m.k, m.n", "jsonArraySize(m.k)",
        "jsonArrayContains(m.k, 1)", "histogram(m.n, 0.7)", 'split(@message, ":")[1]',
        "hexToDec(m.k)", "md5(m.k)", "haversine(m.n, 1, 2, 3)", 'formatDate(m.n, "%s")',
        'parseDate(m.k, "yyyy-MM-dd")', "urlencode(@message)", "decToHex(m.n)",
    ],
)  # fmt: skip
def test_the_rows_behind_a_group_are_as_many_as_it_counts(run: Run, key: str) -> None:
    lines = [
        '{"k": "b", "n": 9, "ok": true}', '{"k": "2022-04-01", "n": 10.5, "ok": false}',
        '{"k": [1], "n": 1}', '{"k": {"ok": 1}}', '{"k": null, "n": "1"}', '{"k": ""}', "no JSON",
    ]  # fmt: skip
    text = f"fields jsonParse(@message) as m | stats count(*) as `count` by {key}"
    results = run(text, lines)
    assert len(results.rows) > 1
    for row in results.rows:
        shown = {n: cell for n, cell in zip(results.columns, row, strict=True) if cell is not None}
        after = drill(Query(text, None), WINDOW, shown, None)
        assert len(run(after.query.body, lines).rows) == int(shown["count"])


# Of nothing: 3.2


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("count(*)", "1"), ("avg(nothing)", None), ("sum(nothing)", None),
        ("sum(strcontains(nothing, 'x'))", None), ("percentile(nothing, 99)", "0"),
        ("sum(bytes - bytes) / count(*) * 100", "0"), ("min(@timestamp)", str(_MS)),
        ("max(@timestamp)", str(_MS)), ("latest(@timestamp)", str(_MS)),
    ],
)  # fmt: skip
def test_aggregates_over_nothing(run: Run, item: str, value: Cell) -> None:
    assert run(f"stats {item}").rows == ((value,),)


def _compile(text: str) -> None:
    compile_query(text, [Table('"g"', FORMAT, "g")], WINDOW, None, START)
