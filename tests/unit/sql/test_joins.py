"""Columns from another query: `join` and `appendcols` (LANGUAGE.md 1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from flowtui.backends.duckdb.execution import count
from flowtui.backends.duckdb.macros import install
from flowtui.model.errors import QueryError
from flowtui.model.timerange import TimeRange
from flowtui.sql.commands import joins
from tests.tables import Place

pytestmark = pytest.mark.slow

NOW = datetime(2022, 4, 1, 16, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
WINDOW = TimeRange(NOW - timedelta(hours=1), NOW)
JOIN = "join left=l right=r where l.srcaddr=r.answer (SOURCE '/dns')"
LEFT = "join type=left left=l right=r where l.srcaddr=r.answer (SOURCE '/dns')"


@pytest.fixture
def place() -> Iterator[Place]:
    with duckdb.connect(":memory:") as connection:
        install(connection)
        made = Place(connection, WINDOW)
        made.add(
            "/vpc/a", "srcaddr dstport bytes start",
            f"10.0.0.1 443 10 {SECONDS - 4}", f"10.0.0.2 53 20 {SECONDS - 3}",
            f"- 80 30 {SECONDS - 2}", f"10.0.0.1 80 40 {SECONDS - 1}",
        )  # fmt: skip
        made.add(
            "/dns", "name answer port start",
            f"one.example 10.0.0.1 0443 {SECONDS - 9}", f"uno.example 10.0.0.1 80 {SECONDS - 8}",
            f"two.example 10.0.0.2 - {SECONDS - 7}",
        )  # fmt: skip
        yield made


# The examples of CWL_QuerySyntax-Join and V86 of the reference


def test_example_requests_with_lambda_logs(place: Place) -> None:
    place.add(
        "api", "request-id status latency start",
        f"r1 500 7 {SECONDS - 3}", f"r2 503 9 {SECONDS - 2}", f"r3 200 1 {SECONDS - 1}",
    )  # fmt: skip
    place.add(
        "/aws/lambda/my-function", "request-id duration memory-used start",
        *(f"r{n} 1{n} {128 * n} {SECONDS - n}" for n in (1, 2, 3)),
    )  # fmt: skip
    text = """filter status >= 500
| join type=inner left=api right=lambda
    where api.requestId=lambda.requestId
    (SOURCE '/aws/lambda/my-function')
| fields api.requestId, api.status, api.latency, lambda.duration, lambda.memoryUsed
| sort api.latency desc"""
    results = place.ask(text, "api")
    assert results.columns[:2] == ("api.requestId", "api.status")
    assert place.rows(text, "api") == [
        ("r2", "503", "9", "12", "256"),
        ("r1", "500", "7", "11", "128"),
    ]


def test_example_transactions_across_services(place: Place) -> None:
    place.add(
        "orders", "event-type transaction-id order-id start",
        *(f"ORDER_CREATED t{n} o{n} {SECONDS - n}" for n in (1, 2, 3)),
    )  # fmt: skip
    place.add(
        "/aws/lambda/payment-service", "event-type transaction-id payment-status start",
        f"PAYMENT_PROCESSED t1 SUCCESS {SECONDS - 1}",
        f"PAYMENT_PROCESSED t2 DECLINED {SECONDS - 2}",
    )  # fmt: skip
    text = """filter eventType = "ORDER_CREATED"
| join type=left left=order right=payment
    where order.transactionId=payment.transactionId
    (SOURCE '/aws/lambda/payment-service')
| filter payment.eventType = "PAYMENT_PROCESSED" or !ispresent(payment.eventType)
| fields order.transactionId, order.orderId, payment.paymentStatus
| filter payment.paymentStatus != "SUCCESS" or !ispresent(payment.paymentStatus)"""
    assert place.rows(text, "orders") == [("t2", "o2", "DECLINED"), ("t3", "o3", None)]


def test_v86(place: Place) -> None:
    text = """filter dstport != 80
| join type=left left=fl right=dns where fl.srcaddr=dns.answer (SOURCE '/dns' | filter port != 80)
| fields fl.srcaddr, dns.name"""
    assert place.rows(text, "/vpc/a") == [("10.0.0.2", "two.example"), ("10.0.0.1", "one.example")]


# What a join is


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (f"{JOIN} | stats count(*)", [("5",)]),
        (f"{LEFT} | stats count(*), count(r.name)", [("6", "5")]),
        # Which side the key is written on first is free, and a number is one in any spelling.
        ("join left=l right=r where r.port=l.dstport (SOURCE '/dns') | fields bytes, name"
         " | sort bytes", [("10", "one.example"), ("30", "uno.example"), ("40", "uno.example")]),
        # A bare name is the left one's, or else the right one's.
        (f"{JOIN} | filter r.start = {SECONDS - 7} | fields start, name",
         [(str(SECONDS - 3), "two.example")]),
        # The right side is a query of its own: its aggregates are its fields.
        ("join left=l right=r where l.srcaddr=r.srcaddr (stats sum(bytes) as total by srcaddr)"
         " | filter r.total > 40 | fields r.total - l.bytes as rest | sort rest",
         [("10",), ("40",)]),
        ("stats sum(bytes) as b by srcaddr | join left=l right=r where l.srcaddr=r.answer"
         " (SOURCE '/dns' | stats count(*) as n by answer) | sort b",
         [("10.0.0.2", "20", "10.0.0.2", "1"), ("10.0.0.1", "50", "10.0.0.1", "2")]),
        # A `-` is a value like another.
        ("join left=l right=r where l.srcaddr=r.port (SOURCE '/dns') | fields bytes, r.name",
         [("30", "two.example")]),
        (f"{JOIN} | stats sum(l.bytes) as b by r.name | sort b desc, r.name",
         [("one.example", "50"), ("uno.example", "50"), ("two.example", "20")]),
        (f"{JOIN} | fields r.name | sort r.name | dedup r.name",
         [("one.example",), ("two.example",), ("uno.example",)]),
        (f"{JOIN} | fields l.bytes, r.name | sort l.bytes desc, r.name | limit 2 | filter 1 = 1",
         [("40", "one.example"), ("40", "uno.example")]),
        (f"limit 1 | {LEFT} | fields bytes, r.name | sort r.name",
         [("40", "one.example"), ("40", "uno.example")]),
        (f"{JOIN} | stats count(*) as n by bin(1h), r.name | stats sum(n)", [("5",)]),
        ("join left=l right=r where l.bytes=r.bytes (sort bytes desc | limit 2)"
         " | fields r.bytes | sort r.bytes", [("30",), ("40",)]),
        (f"{JOIN} | fields if(r.name in (SOURCE '/dns' | filter port = 80 | fields name), 1, 0)"
         " as x | filter x = 1 | stats count(*)", [("2",)]),
    ],
)  # fmt: skip
def test_join(place: Place, text: str, rows: list[tuple[str, ...]]) -> None:
    assert place.rows(text, "/vpc/a") == rows


def test_the_right_side_is_shown_until_fields_choose(place: Place) -> None:
    columns = ("@timestamp", "@message", "r.@timestamp", "r.@message", "@ptr")
    assert place.ask(JOIN, "/vpc/a").columns == columns
    narrow = f"fields bytes | {JOIN.removesuffix(')')} | fields name)"
    assert place.ask(narrow, "/vpc/a").columns == ("bytes", "r.name", "@ptr")
    assert place.ask(f"{narrow} | fields dstport", "/vpc/a").columns == ("bytes", "dstport", "@ptr")
    assert place.ask(f"{narrow} | display r.port", "/vpc/a").columns == ("r.port", "@ptr")


def test_each_row_has_a_pointer_of_its_own(place: Place) -> None:
    for right in ("", " | stats count(*) as n by answer, name"):
        results = place.ask(f"{JOIN.removesuffix(')')}{right})", "/vpc/a")
        pointers = [row[-1] for row in results.rows]
        assert len(pointers) == len(set(pointers)) == 5


def test_the_order_is_the_left_one_s_and_the_same_each_time(place: Place) -> None:
    text = f"{JOIN} | fields l.bytes, r.name"
    assert place.rows(text, "/vpc/a") == [
        ("40", "one.example"), ("40", "uno.example"), ("20", "two.example"),
        ("10", "one.example"), ("10", "uno.example"),
    ]  # fmt: skip


def test_joined_groups_are_no_groups_any_more_and_keep_the_right_order(place: Place) -> None:
    lines = (f"{number} 10.0.0.{number % 2 + 1} {SECONDS - 1}" for number in range(5000))
    place.add("many", "number answer start", *lines)
    text = """stats count(*) as n by srcaddr
| join left=l right=r where l.srcaddr=r.answer (SOURCE 'many')"""
    assert place.ask(text, "/vpc/a").keys == ()
    assert [row[0] for row in place.rows(f"{text} | fields r.number", "/vpc/a")] == [
        *(str(number) for number in range(0, 5000, 2)),
        *(str(number) for number in range(1, 5000, 2)),
    ]


def test_more_keys_than_the_service_takes_are_an_error(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joins, "JOIN_KEYS", 2)
    assert len(place.rows(JOIN, "/vpc/a")) == 5
    text = "join left=l right=r where l.bytes=r.bytes (filter bytes > 0)"
    with pytest.raises(QueryError, match="may have 2 different keys, and this one has more") as c:
        place.ask(text, "/vpc/a")
    assert text[slice(*c.value.span)] == "filter bytes > 0"


def test_what_a_join_scans_and_matches(place: Place) -> None:
    compiled = place.compile(f"filter bytes > 10 | {JOIN} | filter r.port = 80", "/vpc/a")
    assert count(place.connection, compiled, compiled.scanned) == 4 + 3
    assert count(place.connection, compiled, compiled.matched) == 3
    compiled = place.compile(JOIN, "/vpc/a")
    assert count(place.connection, compiled, compiled.matched) == 4


@pytest.mark.parametrize(
    ("text", "sentence", "at"),
    [
        (f"{JOIN} | {JOIN}", "one join at most", JOIN),
        ("join left=l right=r where l.bytes=r.bytes (join left=a right=b where a.x=b.x (limit 1))",
         "the right side of a join can't join", "join left=a right=b where a.x=b.x (limit 1)"),
        ("join left=l right=r where l.bytes=r.bytes (filter 1 in (stats count(*)))",
         "no subquery can stand in the right side of a join", "(stats count(*))"),
        ("join left=l right=r where l.nope=r.name (SOURCE '/dns')", "l has no field nope",
         "l.nope"),
        ("join left=l right=r where l.bytes=r.bytes (SOURCE '/dns')", "r has no field bytes",
         "r.bytes"),
        ("join left=l right=r where bytes=r.bytes (limit 1)", "compares a field of each side",
         "bytes=r.bytes"),
        ("join left=l right=l where l.bytes=l.bytes (limit 1)", "need two names", None),
        ("join left=l right=r where l.a=r.b (stats nope(1))", "no function nope", "nope(1)"),
    ],
)  # fmt: skip
def test_a_wrong_join_is_a_sentence(place: Place, text: str, sentence: str, at: str | None) -> None:
    with pytest.raises(QueryError, match=sentence) as caught:
        place.ask(text, "/vpc/a")
    start, end = caught.value.span
    assert at is None or text[start:end].strip() == at


# appendcols: the example of CWL_QuerySyntax-Appendcols, V88, and what is ours


def test_example_average_latency(place: Place) -> None:
    place.add("main", "svc start", *(f"{svc} {SECONDS - 1}" for svc in "aabc"))
    place.add("lg", "svc latency start", f"a 10 {SECONDS - 1}", f"b 20 {SECONDS - 1}")
    text = """fields svc
| stats count(*) as cnt by svc
| appendcols override=true ( SOURCE lg | stats avg(latency) as avgLat by svc )"""
    assert place.ask(text, "main").columns == ("svc", "cnt", "avgLat")
    assert place.rows(text, "main") == [("a", "2", "10"), ("b", "1", "20"), ("c", "1", None)]


def test_v88(place: Place) -> None:
    text = (
        "stats count(*) as n by dstport"
        " | appendcols override=true max=500 ( SOURCE '/dns' | stats count(*) as n2 by answer )"
    )
    assert place.rows(text, "/vpc/a") == [
        ("53", "1", "10.0.0.1", "2"), ("80", "2", "10.0.0.2", "1"), ("443", "1", None, None),
    ]  # fmt: skip


SORTED = "stats sum(bytes) as b by dstport | sort b desc"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        # In the order of both, and it stays.
        (f"{SORTED} | appendcols (stats max(bytes) as m by bytes | sort m desc | display m)",
         [("80", "70", "40"), ("53", "20", "30"), ("443", "10", "20")]),
        (f"{SORTED} | limit 2 | appendcols (fields bytes as m | sort m)",
         [("80", "70", "10"), ("53", "20", "20")]),
        (f"{SORTED} | appendcols max=1 (fields bytes as m | sort m)",
         [("80", "70", "10"), ("53", "20", None), ("443", "10", None)]),
        # What is there stays, or goes where there is something instead.
        (f"{SORTED} | appendcols (stats sum(bytes) as b | fields b, 1 as one)",
         [("80", "70", "1"), ("53", "20", None), ("443", "10", None)]),
        (f"{SORTED} | appendcols override=true (stats sum(bytes) as b)",
         [("80", "100"), ("53", "20"), ("443", "10")]),
        (f"{SORTED} | appendcols override=true (fields srcaddr as dstport, nothing as b"
         " | sort bytes)",
         [("10.0.0.1", None), ("10.0.0.2", None), ("-", None)]),
        (f"{SORTED} | appendcols (fields bytes as m | sort m) | filter m > 10 | fields b + m as s",
         [("40",), ("40",)]),
        (f"{SORTED} | appendcols (fields bytes as m | sort m) | appendcols (fields 1 as one)"
         " | sort dstport",
         [("53", "20", "20", "1"), ("80", "70", "10", "1"), ("443", "10", "30", "1")]),
        ("fields bytes | sort bytes | appendcols (fields dstport | sort dstport)",
         [("10", "53"), ("20", "80"), ("30", "80"), ("40", "443")]),
        ("stats count(*) as n | appendcols (stats max(bytes) as m)", [("4", "40")]),
    ],
)  # fmt: skip
def test_appendcols(place: Place, text: str, rows: list[tuple[str, ...]]) -> None:
    assert place.rows(text, "/vpc/a") == rows


def test_max_of_appendcols_is_what_the_service_takes(place: Place) -> None:
    with pytest.raises(QueryError, match="max of appendcols is 100,000 at most"):
        place.ask("limit 1 | appendcols max=100001 (limit 1)", "/vpc/a")
