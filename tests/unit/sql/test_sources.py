"""What a query reads beyond the chosen log groups: SOURCE and subqueries (LANGUAGE.md 1.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from flowtui.backends.duckdb.execution import count
from flowtui.backends.duckdb.macros import install
from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.timerange import TimeRange
from flowtui.query import catalogue
from flowtui.query.parser import parse
from flowtui.sql import sources
from tests.tables import Place

pytestmark = pytest.mark.slow

NOW = datetime(2022, 4, 1, 16, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
WINDOW = TimeRange(NOW - timedelta(hours=1), NOW)
FLOW = "srcaddr dstaddr dstport bytes start"


@pytest.fixture
def place() -> Iterator[Place]:
    """Groups `/vpc/a` and `/vpc/b` of one format, `/dns` of another; an hour each."""
    with duckdb.connect(":memory:") as connection:
        install(connection)
        made = Place(connection, WINDOW)
        made.add("/vpc/a", FLOW, flow("10.0.0.1", 443, 10), flow("10.0.0.2", 53, 20, before=9000))
        made.add("/vpc/b", FLOW, flow("10.0.0.2", 443, 30), flow("-", 53, 40), "a misfit")
        made.add("/dns", "name answer start", f"db.example 10.0.0.2 {SECONDS - 60}")
        yield made


def flow(source: str, port: int, size: int, before: int = 60) -> str:
    return f"{source} 10.9.9.9 {port} {size} {SECONDS - before}"


def test_the_catalogue_says_what_is_answered_here() -> None:
    for name in ("source", "join", "appendcols", "lookup", "cidrlookup"):
        assert catalogue.COMMANDS[name].runs_on(catalogue.Engine.LOCAL), name


# Which groups: the examples of CWL_QuerySyntax-Source, and 1.5


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("SOURCE '/vpc/a'", ["/vpc/a"]),
        ("SOURCE '/vpc/a' | SOURCE '/vpc/b'", ["/vpc/a", "/vpc/b"]),
        ("SOURCE '/vpc/a' '/vpc/a'", ["/vpc/a"]),
        ("SOURCE '/vpc/a', '/vpc/b'", ["/vpc/a", "/vpc/b"]),
        ("SOURCE 'arn:aws-cn:logs:cn-north-1:1:log-group:/vpc/a:*'", ["/vpc/a"]),
        ("SOURCE logGroups(namePrefix: [], class: 'STANDARD')", ["/vpc/a", "/vpc/b", "/dns"]),
        ("SOURCE logGroups()", ["/vpc/a", "/vpc/b", "/dns"]),
        ("source LOGGROUPS(nameprefix: ['/vpc/'])", ["/vpc/a", "/vpc/b"]),
        ("SOURCE logGroups(namePrefix: ['/vpc/b', '/dns'])", ["/vpc/b", "/dns"]),
        ("SOURCE logGroups(class: ['STANDARD'])", ["/vpc/a", "/vpc/b", "/dns"]),
        ("SOURCE logGroups(namePrefix: ['/d'], logGroupClass: ['standard'])", ["/dns"]),
        ("SOURCE dataSource(['amazon_vpc.flow'])", ["/vpc/a", "/vpc/b", "/dns"]),
        ("SOURCE dataSource(['amazon_vpc.flow']) logGroups(namePrefix: ['/vpc/a'])", ["/vpc/a"]),
        ("SOURCE '/dns' logGroups(namePrefix: ['/vpc/a'])", ["/dns", "/vpc/a"]),
    ],
)
def test_source_decides_whatever_is_chosen(place: Place, source: str, names: list[str]) -> None:
    rows = place.rows(f"{source} | stats count(*) by @log | sort @log", "/dns")
    assert [str(row[0]).removeprefix("123456789012:") for row in rows] == sorted(names)


@pytest.mark.parametrize(
    ("text", "kind", "sentence", "at"),
    [
        ("SOURCE '/vpc/c' | limit 1", QueryError, "no log group /vpc/c; did you mean", "'/vpc/c'"),
        ("SOURCE lg", QueryError, "there are: /vpc/a, /vpc/b, /dns", "lg"),
        ("SOURCE logGroups(namePrefix: ['/x', 'y'])", QueryError,
         "no log group begins with /x or y; there are: /vpc/a, /vpc/b, /dns",
         "namePrefix: ['/x', 'y']"),
        ("SOURCE logGroups(namePrefix: ['1','2','3','4','5','6'])", QueryError,
         "at most 5 prefixes", "namePrefix: ['1','2','3','4','5','6']"),
        ("SOURCE logGroups(accountIdentifiers:['111122223333'])", UnsupportedQuery,
         "files belong to no account; leave accountIdentifiers out",
         "accountIdentifiers:['111122223333']"),
        ("SOURCE logGroups(class: ['INFREQUENT_ACCESS'])", UnsupportedQuery,
         "of the class STANDARD", "class: ['INFREQUENT_ACCESS']"),
        ('SOURCE logGroupTags([{"key":"team","values":["net*"]}])', UnsupportedQuery,
         "files have no tags", 'logGroupTags([{"key":"team","values":["net*"]}])'),
        ("SOURCE dataSource(['aws_waf.access'])", UnsupportedQuery,
         "only the data source amazon_vpc.flow", "dataSource(['aws_waf.access'])"),
        ("limit 1 | SOURCE '/vpc/a'", QueryError, "stands at the beginning", "SOURCE '/vpc/a'"),
        ("filter 1 in (limit 1 | SOURCE '/vpc/a')", QueryError, "at the beginning",
         "SOURCE '/vpc/a'"),
        ("filter bytes in (SOURCE '/vpc/x' | fields bytes)", QueryError, "no log group /vpc/x",
         "'/vpc/x'"),
        ("SOURCE '/vpc/a' start=soon", QueryError, "expected a time such as -1d", "soon"),
        ("SOURCE '/vpc/a' start='12 o clock'", QueryError, "is not a time", "'12 o clock'"),
        ("SOURCE '/vpc/a' start=-1mo", QueryError, "such as -15m, -1h or -7d", "1mo"),
        ("SOURCE '/vpc/a' start=-99999999999h", QueryError, "no such time", "99999999999h"),
        ("SOURCE '/vpc/a' start=now end=-1h", QueryError, "must lie before its end",
         "SOURCE '/vpc/a' start=now end=-1h"),
        ("SOURCE '/vpc/a' start=-1h | SOURCE '/vpc/b'", UnsupportedQuery, "over the same time",
         "SOURCE '/vpc/b'"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_a_sentence_that_points(
    place: Place, text: str, kind: type[QueryError], sentence: str, at: str
) -> None:
    with pytest.raises(kind, match=sentence) as caught:
        place.ask(text)
    assert text[slice(*caught.value.span)].strip() == at


# Over what time


@pytest.mark.parametrize(
    ("source", "sizes"),
    [
        ("SOURCE '/vpc/a'", ["10"]),
        ("SOURCE '/vpc/a' start=-1d end=now", ["10", "20"]),
        ("SOURCE '/vpc/a' start=-3h", ["10", "20"]),
        ("SOURCE '/vpc/a' start=-3h end=-2h", ["20"]),
        (f"SOURCE '/vpc/a' start={SECONDS - 9001} end={SECONDS - 8000}000", ["20"]),
        ("SOURCE '/vpc/a' start='2022-04-01T13:00' end=now()", ["10", "20"]),
        ("SOURCE '/vpc/a' START=-86400s END=0s", ["10", "20"]),
        ("SOURCE '/vpc/a' START=2022-04-01T13:00:00.000Z END=2022-04-01T14:00:00Z", ["20"]),
        ("SOURCE '/vpc/a' START=2022-04-01T16:00:00+02:00 END=0S", ["10"]),
        ("SOURCE '/vpc/a' start=-1d | SOURCE '/vpc/b' start=-1d", ["10", "20", "30", "40"]),
    ],
)
def test_start_and_end_of_source(place: Place, source: str, sizes: list[str]) -> None:
    rows = place.rows(f"{source} | filter ispresent(bytes) | fields bytes | sort bytes")
    assert [row[0] for row in rows] == sizes


def test_a_query_in_brackets_has_the_time_of_its_own_source_or_of_the_query_around_it(
    place: Place,
) -> None:
    text = "SOURCE '/vpc/a' start=-1d | filter bytes in ({}fields bytes) | stats count(*)"
    assert place.rows(text.format("")) == [("2",)]
    assert place.rows(text.format("SOURCE '/vpc/a' | ")) == [("1",)]
    assert place.rows(text.format("SOURCE '/vpc/a' start=-3h end=-2h | ")) == [("1",)]


def test_functions_of_the_window_and_lines_without_a_time(place: Place) -> None:
    rows = place.rows("SOURCE '/vpc/b' start=-2h | stats count(*), max(queryTimeRange())")
    assert rows == [("2", "7200000")]
    assert place.rows("SOURCE '/vpc/b' | stats count(*)") == [("3",)]


# Subqueries: the examples of CWL_QuerySyntax-Subqueries, and what 1.4 says


def test_example_errors_in_downstream_services(place: Place) -> None:
    main = "request-id endpoint user-id response-time start"
    place.add("main", main, f"r1 /a u1 5 {SECONDS - 9}", f"r2 /b u2 6 {SECONDS - 8}")
    place.add(
        "/aws/lambda/database-service", "request-id error-type start",
        f"r2 DatabaseConnectionTimeout {SECONDS - 9}", f"r1 Other {SECONDS - 9}",
    )  # fmt: skip
    text = """filter requestId in (
    SOURCE '/aws/lambda/database-service'
    | filter errorType = "DatabaseConnectionTimeout"
    | fields requestId
)
| fields @timestamp, requestId, endpoint, userId, responseTime
| sort @timestamp desc"""
    assert place.rows(text, "main") == [("2022-04-01 15:59:52.000", "r2", "/b", "u2", "6")]


def test_example_frequently_failing_requests(place: Place) -> None:
    place.add("main", "request-id customer-id start", *(f"r{n} c{n} {SECONDS - n}" for n in (1, 2)))
    place.add(
        "/aws/lambda/payment-processor", "request-id status start",
        *(f"r{n % 5 // 4 + 1} FAILED {SECONDS - n - 1}" for n in range(8)),
        f"r2 OK {SECONDS - 1}",
    )  # fmt: skip
    text = """filter requestId in (
    SOURCE '/aws/lambda/payment-processor'
    | filter status = "FAILED"
    | stats count(*) as failureCount by requestId
    | filter failureCount > 3
    | fields requestId
)
| fields @timestamp, requestId, customerId
| sort @timestamp asc"""
    assert [row[1:] for row in place.rows(text, "main")] == [("r1", "c1")]


@pytest.mark.parametrize(
    ("condition", "sizes"),
    [
        ("srcaddr in (SOURCE '/dns' | fields answer)", ["20", "30"]),
        ("srcaddr not in (SOURCE '/dns' | fields answer)", ["10", "40"]),
        ("not srcaddr in (SOURCE '/dns' | fields answer)", ["10", "40"]),
        ("bytes > 20 and srcaddr in (SOURCE '/dns' | fields answer)", ["30"]),
        # The same groups and the same time as the query around it.
        ("bytes in (filter dstport = 53 | fields bytes)", ["20", "40"]),
        # As numbers where both are numbers, as in a list.
        ("dstport in (fields 443.0 as n | display n)", ["10", "30"]),
        ("dstport in (fields '053' as n | display n)", ["20", "40"]),
        ("bytes in (stats max(bytes) as m)", ["40"]),
        ("srcaddr in (stats count(*) as n by srcaddr | filter n > 1 | fields srcaddr)",
         ["20", "30"]),
        ("srcaddr in (fields srcaddr, bytes)", ["10", "20", "30", "40"]),
        ("bytes in (fields bytes | sort bytes desc | limit 2)", ["30", "40"]),
        ("srcaddr in (fields srcaddr | filter bytes = 40)", ["40"]),
        # A missing value is in no set, and what is not in it stays.
        ("srcaddr not in (SOURCE '/vpc/b' | fields nothing)", ["10", "20", "30", "40"]),
        ("nothing in (fields nothing)", []),
        ("if(bytes in (filter bytes > 20 | fields bytes), 1, 0) = 1", ["30", "40"]),
    ],
)  # fmt: skip
def test_membership_in_what_a_query_finds(place: Place, condition: str, sizes: list[str]) -> None:
    place.window = TimeRange(NOW - timedelta(days=1), NOW)
    text = f"filter ispresent(bytes) | filter {condition} | fields bytes | sort bytes"
    assert [row[0] for row in place.rows(text, "/vpc/a", "/vpc/b")] == sizes


def test_large_integers_are_not_rounded_to_be_compared(place: Place) -> None:
    place.add("big", FLOW, *(flow("x", 1, 2**53 + n) for n in range(2)))
    found = place.rows("filter bytes in (stats max(bytes) as m) | fields bytes", "big")
    assert found == [(str(2**53 + 1),)]


def test_a_nested_query_knows_its_own_fields_without_a_parse(place: Place) -> None:
    text = "parse @message \"* *\" as srcaddr, rest | filter srcaddr in (SOURCE '/dns' | fields "
    assert place.rows(f"{text}answer) | fields rest", "/vpc/b")[0][0] == flow("", 443, 30)[1:]
    assert place.rows(f"{text}srcaddr) | fields rest", "/vpc/b") == []


@pytest.mark.parametrize(
    ("text", "sentence", "at"),
    [
        ("filter bytes in (fields bytes, dstport, start as x | display dstport, x)",
         "leaves with one column, not with dstport, x", None),
        ("filter bytes in (filter bytes in (fields bytes) | fields bytes)",
         "no subquery can stand in a subquery", "(fields bytes)"),
        ("filter bytes in (join left=a right=b where a.bytes=b.bytes (fields bytes))",
         "a subquery can't join", None),
        ("filter bytes in (fields nope(bytes))", "no function nope", "nope(bytes)"),
        ("filter bytes in (fields bytes | anomaly)", "does not compute anomaly", "anomaly"),
        ("filter (fields bytes) = 1", "expected", None),
        ("fields (fields bytes)", "expected", None),
    ],
)  # fmt: skip
def test_errors_in_nested_queries_point_into_the_text(
    place: Place, text: str, sentence: str, at: str | None
) -> None:
    with pytest.raises(QueryError, match=sentence) as caught:
        place.ask(text)
    if at is not None:
        assert text[slice(*caught.value.span)] == at


# What is counted


def test_every_read_is_scanned(place: Place) -> None:
    text = "SOURCE '/vpc/a' start=-1d | filter srcaddr in (SOURCE '/dns' | fields answer)"
    compiled = place.compile(f"{text} or bytes in (fields bytes | filter bytes > 10)")
    assert count(place.connection, compiled, compiled.scanned) == 2 + 1 + 2
    assert count(place.connection, compiled, compiled.matched) == 1


def test_what_is_read_is_known_before_anything_is_compiled() -> None:
    text = """SOURCE 'a' | filter x in (SOURCE 'b' start=-1d | filter y in (fields z) | fields y)
    | join left=l right=r where l.x=r.x (fields x) | appendcols (SOURCE logGroups() | limit 1)"""
    found = sources.reads(parse(text), ("a", "b", "c"), ("c",))
    assert found == sources.Reads(("a",), ("b", "b", "a", "a", "b", "c"), has_own_time=True)
    plain = sources.reads(parse("limit 1"), ("a", "b", "c"), ("c", "a"))
    assert plain == sources.Reads(("c", "a"), (), has_own_time=False)
