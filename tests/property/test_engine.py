"""Laws of the local engine, on generated flow logs and queries."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cmp_to_key
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeVar

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import count, fetch
from flowtui.backends.duckdb.macros import install
from flowtui.model.run import ResultSet
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.query import ast
from flowtui.query.printer import to_text
from flowtui.sql.render import number_text
from flowtui.sql.scope import Table
from tests.property import strategies
from tests.tables import make_table

WINDOW = TimeRange(from_ms(0), datetime(2200, 1, 1, tzinfo=UTC))
"""Holds every line: those that fit by chance may begin at the epoch."""
NOW = datetime(2022, 4, 1, 18, tzinfo=UTC)
STARS = " ".join("*" * len(strategies.FORMAT.fields))
PARSE = f'parse @message "{STARS}" as {", ".join(strategies.FORMAT.columns)}'


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        install(made)
        yield made


def table(connection: duckdb.DuckDBPyConnection, lines: Sequence[str]) -> Table:
    return make_table(connection, "g", lines, strategies.FORMAT)


def run(connection: duckdb.DuckDBPyConnection, text: str, on: Table) -> ResultSet:
    return fetch(connection, compile_query(text, [on], WINDOW, None, NOW))


def total(connection: duckdb.DuckDBPyConnection, pipeline: Sequence[ast.Command], on: Table) -> int:
    """How many rows pass."""
    counting = ast.Stats((ast.Item(ast.Call("count", (ast.Star(),)), "n"),))
    results = run(connection, to_text(ast.Pipeline((*pipeline, counting))), on)
    return int(results.rows[0][0] or 0)


@given(strategies.logs(), strategies.aggregations())
def test_own_shape_is_answered_alike_from_columns_and_from_text(
    connection: duckdb.DuckDBPyConnection, lines: list[str], pipeline: ast.Pipeline
) -> None:
    text = f"{PARSE} | {to_text(pipeline)}"
    columns = table(connection, lines)
    split = replace(columns, is_uniform=False)
    assert run(connection, text, columns) == run(connection, text, split)


@given(strategies.logs())
def test_own_shape_gives_the_same_raw_rows(
    connection: duckdb.DuckDBPyConnection, lines: list[str]
) -> None:
    columns = table(connection, lines)
    assert run(connection, PARSE, columns) == run(
        connection, PARSE, replace(columns, is_uniform=False)
    )


@given(strategies.logs(with_misfits=False))
def test_flags_that_say_there_is_nothing_odd_change_nothing(
    connection: duckdb.DuckDBPyConnection, lines: list[str]
) -> None:
    careful = table(connection, lines)
    trusting = replace(careful, has_misfits=False, has_untimed=False)
    for text in (PARSE, f"{PARSE} | stats sum(bytes), max(end) by srcaddr, dstport"):
        assert run(connection, text, careful) == run(connection, text, trusting)


@given(
    strategies.logs(),
    strategies.conditions(),
    st.sampled_from(["bytes desc", "srcaddr", "dstport asc, end desc", ""]),
    st.integers(1, 5),
)
def test_raw_rows_are_the_same_when_they_are_found_by_their_numbers(
    connection: duckdb.DuckDBPyConnection,
    lines: list[str],
    condition: ast.Expr,
    order: str,
    limit: int,
) -> None:
    numbered = table(connection, lines)
    kept = to_text(ast.Pipeline((ast.Filter(condition),)))
    sort = f"| sort {order}" if order else ""
    for text in (
        f"{kept} | fields srcaddr, bytes, @message {sort} | limit {limit}",
        f"parse @message /(?<n>[0-9]+)/ | {kept} | fields n {sort} | limit {limit}",
        f"fields bytes | limit {limit} | {kept} {sort}",
        f"{kept} {sort} | dedup srcaddr | fields dstaddr | limit {limit}",
    ):
        plain = run(connection, text, replace(numbered, numbered_by=()))
        assert run(connection, text, numbered) == plain


@given(strategies.logs(), strategies.conditions())
def test_each_row_meets_a_condition_or_its_negation(
    connection: duckdb.DuckDBPyConnection, lines: list[str], condition: ast.Expr
) -> None:
    on = table(connection, lines)
    meet = total(connection, [ast.Filter(condition)], on)
    do_not = total(connection, [ast.Filter(ast.Unary("not", condition))], on)
    assert meet + do_not == len(lines)


@given(strategies.logs(), strategies.conditions())
def test_a_condition_is_1_where_it_filters(
    connection: duckdb.DuckDBPyConnection, lines: list[str], condition: ast.Expr
) -> None:
    on = table(connection, lines)
    shown = run(connection, to_text(ast.Pipeline((ast.Fields((ast.Item(condition, "c"),)),))), on)
    assert {row[0] for row in shown.rows} <= {"0", "1"}
    ones = sum(row[0] == "1" for row in shown.rows)
    assert ones == total(connection, [ast.Filter(condition)], on)


@given(strategies.logs(), strategies.keys())
def test_groups_share_out_all_rows_and_no_two_look_the_same(
    connection: duckdb.DuckDBPyConnection, lines: list[str], keys: tuple[ast.Item, ...]
) -> None:
    counting = ast.Item(ast.Call("count", (ast.Star(),)), "n")
    pipeline = ast.Pipeline((ast.Stats((counting,), keys),))
    results = run(connection, to_text(pipeline), table(connection, lines))
    assert results.columns == (*(key.name for key in keys), "n")
    assert sum(int(row[-1] or 0) for row in results.rows) == len(lines)
    assert len({row[:-1] for row in results.rows}) == len(results.rows)


@given(strategies.logs(), strategies.conditions(), strategies.stats())
def test_matched_counts_the_rows_that_pass(
    connection: duckdb.DuckDBPyConnection, lines: list[str], condition: ast.Expr, stats: ast.Stats
) -> None:
    on = table(connection, lines)
    text = to_text(ast.Pipeline((ast.Filter(condition), stats)))
    compiled = compile_query(text, [on], WINDOW, None, NOW)
    passed = total(connection, [ast.Filter(condition)], on)
    assert count(connection, compiled, compiled.matched) == passed


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=50))
@example([1.03125, 0.15625, -0.15625, 0.99999, 1e22, -0.0, 5e-324, 1 / 3, 2.0**53, 1e300])
@example([2.0**30 + 0.00005, -6188779169.69245, 32051309357.117847, 1e15 / 7, -(2.0**52) + 0.5])
def test_numbers_look_alike_from_sql_and_from_python(
    connection: duckdb.DuckDBPyConnection, numbers: list[float]
) -> None:
    sql = "SELECT flow_number_text(x) FROM (SELECT unnest($numbers) AS x)"
    rows = connection.execute(sql, {"numbers": numbers}).fetchall()
    assert [row[0] for row in rows] == [number_text(number) for number in numbers]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_number_keeps_four_digits(number: float) -> None:
    shown = number_text(number)
    assert shown is not None
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]*[1-9])?", shown)
    assert math.isclose(float(shown), number, rel_tol=5.1e-4, abs_tol=1e-290)


AWS_EXAMPLE = "!: # *%04 0# 5A 111A 2345_ @ @_ A A9876fghj a12345hfh 0 01 1 2 3"
"""What the documentation of `sort` gives as an ascending order."""


@given(st.lists(st.text(st.sampled_from("0019a.:@-é"), max_size=8), min_size=2, max_size=12))
@example(AWS_EXAMPLE.split())
def test_natural_order(connection: duckdb.DuckDBPyConnection, words: list[str]) -> None:
    lines = [f"{word} x" for word in words]
    on = make_table(connection, "g", lines, strategies.FORMAT)
    text = 'parse @message "* *" as word, rest | fields word | sort word asc'
    found = [row[0] for row in run(connection, text, on).rows]
    assert found == sorted(words, key=cmp_to_key(_compare))


def _compare(left: str, right: str) -> int:
    """The rule of LANGUAGE.md 3.5, chunk by chunk."""
    numbers = [re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", word) for word in (left, right)]
    if numbers[0] and numbers[1]:
        return _sign((float(left), left), (float(right), right))
    if numbers[0] or numbers[1]:
        return 1 if numbers[0] else -1
    one, other = (re.findall("[0-9]+|[^0-9]", word) for word in (left, right))
    for a, b in zip(one, other, strict=False):
        if a != b and a.isdecimal() and b.isdecimal():
            return _sign((len(a), a), (len(b), b))
        if a != b:
            return _sign(a[0], b[0])
    return _sign(len(one), len(other))


T = TypeVar("T", tuple[float, str], tuple[int, str], str, int)


def _sign(left: T, right: T) -> int:
    return (left > right) - (left < right)


_ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    st.ip_addresses(v=4).map(lambda address: f"::ffff:{address}"),
    st.text(st.sampled_from("0129af:.-"), max_size=12),
)


@given(st.lists(_ADDRESSES, min_size=1, max_size=30))
@example(["::", "::1", "1::", "1:2:3:4:5:6:7::", "1::2::3", "1.2.3.4.5", "01.2.3.4", ":::", "-"])
def test_addresses_are_read_as_python_reads_them(
    connection: duckdb.DuckDBPyConnection, words: list[str]
) -> None:
    sql = (
        "SELECT flow_is_ipv4(w), flow_is_ipv6(w), coalesce(CAST(flow_ipv4(w) AS UHUGEINT),"
        " flow_ipv6(w))"
        " FROM (SELECT unnest($words) AS w)"
    )
    for word, row in zip(words, connection.execute(sql, {"words": words}).fetchall(), strict=True):
        address = _address(word)
        version = address.version if address else 0
        assert row == (version == 4, version == 6, int(address) if address else None), word


def _address(word: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(word)
    except ValueError:
        return None


@given(
    st.lists(_ADDRESSES, min_size=1, max_size=10),
    st.one_of(
        st.builds(lambda a, n: f"{a}/{n}", st.ip_addresses(v=4), st.integers(0, 32)),
        st.builds(lambda a, n: f"{a}/{n}", st.ip_addresses(v=6), st.integers(0, 128)),
    ),
)
def test_subnets(connection: duckdb.DuckDBPyConnection, words: list[str], block: str) -> None:
    on = make_table(connection, "g", [f"{word} x" for word in words], strategies.FORMAT)
    text = f'parse @message "* *" as a, rest | filter isIpInSubnet(a, "{block}") | fields a'
    found = sorted(row[0] or "" for row in run(connection, text, on).rows)
    network = ip_network(block, strict=False)
    inside = [
        w for w in words if (a := _address(w)) and a.version == network.version and a in network
    ]
    assert found == sorted(inside)


_PIECES = st.text(st.sampled_from("a -[x."), max_size=3)


@given(
    st.lists(_PIECES, min_size=2, max_size=5).filter(any),
    st.lists(st.text(st.sampled_from("a -[x.\n"), max_size=12), min_size=1, max_size=8),
)
def test_globs_take_what_lies_between_their_literals(
    connection: duckdb.DuckDBPyConnection, pieces: list[str], lines: list[str]
) -> None:
    glob = "*".join(pieces)
    names = [f"n{index}" for index in range(len(pieces) - 1)]
    on = make_table(connection, "g", lines, strategies.FORMAT)
    text = f'parse @message "{glob}" as {", ".join(names)} | sort @ptr'
    found = [list(row[:-1]) for row in run(connection, text, on).rows]
    assert found == [_by_hand(pieces, line) for line in lines]


def _by_hand(pieces: list[str], line: str) -> list[str | None]:
    """Find each literal in turn, from where the last one ended (LANGUAGE.md 3.6)."""
    at = line.find(pieces[0])
    found: list[str | None] = []
    at += len(pieces[0]) if at >= 0 else 0
    if pieces[0] not in line:
        return [None] * (len(pieces) - 1)
    for number, piece in enumerate(pieces[1:], 1):
        end = len(line) if number == len(pieces) - 1 and not piece else line.find(piece, at)
        if end < 0:
            return [None] * (len(pieces) - 1)
        found.append(line[at:end])
        at = end + len(piece)
    return found
