"""Laws of the commands that make rows of rows, on generated flow logs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

import duckdb
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.macros import install
from flowtui.model.errors import QueryError
from flowtui.model.run import Cell
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.query import ast
from flowtui.query.timebin import bin_span, parse_timestamp
from tests.property import strategies
from tests.tables import make_table

WINDOW = TimeRange(from_ms(0), datetime(2200, 1, 1, tzinfo=UTC))
NOW = datetime(2022, 4, 1, 18, tzinfo=UTC)
Rows = list[tuple[Cell, ...]]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        install(made)
        yield made


def run(connection: duckdb.DuckDBPyConnection, text: str, lines: Sequence[str]) -> Rows:
    """The rows without `@ptr`."""
    table = make_table(connection, "g", lines, strategies.FORMAT)
    results = fetch(connection, compile_query(text, [table], WINDOW, None, NOW))
    kept = [i for i, name in enumerate(results.columns) if name != "@ptr"]
    return [tuple(row[i] for i in kept) for row in results.rows]


_SORTS = st.sampled_from(["", "| sort bytes", "| sort srcaddr desc, bytes", "| sort @timestamp"])


@given(strategies.logs(), _SORTS)
def test_the_last_of_accum_is_the_sum(
    connection: duckdb.DuckDBPyConnection, lines: list[str], sort: str
) -> None:
    assume(lines)
    accumulated = run(connection, f"fields bytes {sort} | accum bytes as total", lines)
    assert run(connection, "stats sum(bytes)", lines) == [accumulated[-1][1:]]


@given(strategies.logs(), _SORTS, st.integers(1, 5))
def test_autoregress_is_the_column_moved_down(
    connection: duckdb.DuckDBPyConnection, lines: list[str], sort: str, lag: int
) -> None:
    text = f"fields dstport {sort} | autoregress dstport as before p={lag}"
    ports, before = zip(*run(connection, text, lines), strict=True) if lines else ((), ())
    assert before == (*[None] * lag, *ports)[: len(ports)]


@given(strategies.logs(), _SORTS)
def test_filldown_leaves_gaps_only_before_the_first_value(
    connection: duckdb.DuckDBPyConnection, lines: list[str], sort: str
) -> None:
    text = f"fields bytes, bytes * 1 as doubled, srcaddr {sort}"
    rows = run(connection, text, lines)
    filled = run(connection, f"{text} | filldown", lines)
    last: list[Cell] = [None] * 3
    for row, full in zip(rows, filled, strict=True):
        last = [old if new is None else new for old, new in zip(last, row, strict=True)]
        assert full == tuple(last)
    assert filled == run(connection, f"{text} | filldown | filldown", lines)


@given(strategies.logs(), _SORTS, st.integers(1, 8))
def test_tail_is_the_end_of_all_rows(
    connection: duckdb.DuckDBPyConnection, lines: list[str], sort: str, count: int
) -> None:
    text = f"fields srcaddr, bytes {sort}"
    assert run(connection, f"{text} | tail {count}", lines) == run(connection, text, lines)[-count:]


@given(strategies.logs(), st.integers(1, 120))
def test_sessions_are_what_a_walk_through_the_events_finds(
    connection: duckdb.DuckDBPyConnection, lines: list[str], seconds: int
) -> None:
    text = (
        f"fields srcaddr, dstport | sessionize srcaddr, dstport maxspan {seconds}s"
        " | fields toMillis(@timestamp), session_id | display srcaddr, dstport,"
        " toMillis(@timestamp), session_id | sort @timestamp"
    )
    last: dict[tuple[Cell, Cell], tuple[int, Cell]] = {}
    seen: set[Cell] = set()
    for source, port, moment, session in run(connection, text, lines):
        if source is None or port is None or moment is None:
            assert session is None
            continue
        before, old = last.get((source, port), (None, None))
        goes_on = before is not None and int(moment) - before <= 1000 * seconds
        assert (session == old) if goes_on else (session not in seen)
        seen.add(session)
        last[source, port] = (int(moment), session)


@given(strategies.logs(with_misfits=False), st.integers(7, 59), st.sampled_from("sm"))
def test_fillmissing_leaves_no_bin_out(
    connection: duckdb.DuckDBPyConnection, lines: list[str], count: int, unit: str
) -> None:
    period = ast.Period(count, unit)
    text = f"stats count(*) as n by bin({count}{unit}) as t, srcaddr"
    rows = run(connection, text, lines)
    filling = "fillmissing with 0 for n | sort t | limit 100000"
    filled = run(connection, f"{text} | {filling}", lines)
    sorted_rows = run(connection, f"{text} | sort t", lines)
    assert [row for row in filled if row[2] != "0"] == sorted_rows
    assert len({row[:2] for row in filled}) == len(filled)
    starts = list(dict.fromkeys(row[0] for row in filled))
    assert len(filled) == len(starts) * len({row[1] for row in rows})
    for start, following in pairwise(starts):
        moment = parse_timestamp(start or "")
        assert moment is not None
        span = bin_span(moment, period)
        assert span is not None
        assert span.end == parse_timestamp(following or "")


@given(strategies.logs(), st.booleans())
def test_outliers_are_clamped_or_gone(
    connection: duckdb.DuckDBPyConnection, lines: list[str], lower: bool
) -> None:
    quartiles = "stats pct(bytes, 25), pct(bytes, 75)"
    low, high = (Fraction(cell or 0) for cell in run(connection, quartiles, lines)[0])
    reach = 2 * (high - low)
    option = f"param=2 uselower={'true' if lower else 'false'} bytes"
    before = [row[0] for row in run(connection, "fields bytes", lines)]
    # So that the quartiles are shown to their last digit.
    assume(all(n.denominator == 1 and abs(n) < 2**50 for c in before for n in _numbers(c)))
    bounded = [
        min(high + reach, max(number, low - reach if lower else number))
        for cell in before
        for number in _numbers(cell)
    ]
    clamped = run(connection, f"fields bytes | outlier {option}", lines)
    assert [number for row in clamped for number in _numbers(row[0])] == bounded
    kept = [
        row[0] for row in run(connection, f"fields bytes | outlier action=remove {option}", lines)
    ]
    assert kept == [
        cell for cell in before
        if all(low - reach <= n or not lower for n in _numbers(cell))
        and all(n <= high + reach for n in _numbers(cell))
    ]  # fmt: skip


def _numbers(cell: Cell) -> list[Fraction]:
    """The number that the cell is, if it is one."""
    try:
        return [Fraction(cell or "")]
    except ValueError:
        return []


@given(strategies.logs())
def test_totals_add_up_across_and_down(
    connection: duckdb.DuckDBPyConnection, lines: list[str]
) -> None:
    text = "fields packets, bytes | addtotals col=true packets, bytes"
    *rows, last = run(connection, text, lines)
    for packets, size, total in rows:
        numbers = [*_numbers(packets), *_numbers(size)]
        assert _numbers(total) == ([sum(numbers)] if numbers else [])
    for index in range(3):
        numbers = [number for row in rows for number in _numbers(row[index])]
        assert _numbers(last[index]) == ([sum(numbers)] if numbers else [])


@given(strategies.logs())
def test_frequent_values_are_all_rows_and_come_by_their_counts(
    connection: duckdb.DuckDBPyConnection, lines: list[str]
) -> None:
    rows = run(connection, "countFrequent srcaddr, dstport", lines)
    pairs = Counter(run(connection, "fields srcaddr, dstport", lines))
    assert {row[:2]: int(row[2] or 0) for row in rows} == pairs
    counts = [int(row[2] or 0) for row in rows]
    assert counts == sorted(counts, reverse=True)


_COMMANDS = st.sampled_from((
    "fields srcaddr, bytes", "fields bytes * 8 as bits, 1 as one", "display bytes, srcaddr",
    "filter bytes > 3", "sort bytes desc", "sort srcaddr, dstport", "limit 4", "tail 3",
    "accum bytes", "accum bytes as total", "autoregress bytes p=1-2", "autoregress srcaddr as s",
    "filldown", "filldown b* srcaddr", "outlier bytes", "outlier action=remove mark=true bytes",
    "sessionize srcaddr", "addtotals", "addtotals col=true bytes", "addtotals row=false col=true",
    'json field=@message "a" as j', "parse @message logfmt as m", "parse @message csv as c, d",
    r"parse @message /(?<n>[0-9]+)/ multi", "unnest bytes into e", "expand bytes",
    "fields split(srcaddr, \".\") as parts", "expand parts", "dedup srcaddr",
    "stats sum(bytes) as bytes, count(*) by srcaddr, bin(1m)", "fillmissing with 0 for bytes",
    "countFrequent srcaddr, dstport", "estimate", "filterIndex srcaddr = '10.0.0.1'",
))  # fmt: skip
"""Commands that can stand in any order, but `fillmissing`, which needs bins."""


@given(strategies.logs(), st.lists(_COMMANDS, min_size=2, max_size=6))
def test_any_commands_in_any_order_answer_the_same_again(
    connection: duckdb.DuckDBPyConnection, lines: list[str], commands: list[str]
) -> None:
    try:
        rows = run(connection, " | ".join(commands), lines)
    except QueryError:
        return
    assert rows == run(connection, " | ".join(commands), lines)
    assert rows[-1:] == run(connection, " | ".join((*commands, "tail 1")), lines)


_SCALARS = st.one_of(st.text(max_size=5), st.integers(-9, 9), st.booleans(), st.none())
_ELEMENTS = st.one_of(_SCALARS, st.lists(_SCALARS, max_size=2))


@given(st.lists(st.lists(_ELEMENTS, max_size=5), max_size=5))
def test_unnest_and_expand_make_a_row_of_each_element(
    connection: duckdb.DuckDBPyConnection, lists: list[list[object]]
) -> None:
    lines = [json.dumps({"list": elements}) for elements in lists]
    elements = [element for each in lists for element in each]
    count = len(elements)
    unnested = "fields jsonParse(@message) as m | unnest m.list into e | display e"
    found = run(connection, unnested, lines)
    assert len(found) == count
    assert all(_is_shown(row[0], element) for row, element in zip(found, elements, strict=True))
    texts = 'parse @message /"list": (?<e>.*)}$/ | expand e'
    assert run(connection, texts, lines) == found
    assert run(connection, f"{unnested} | stats count(*)", lines) == [(str(count),)]


def _is_shown(cell: Cell, element: object) -> bool:
    match element:
        case None:
            return cell is None
        case bool():
            return cell == str(int(element))
        case list():
            # Of the escape of a control character, the case of the digits is free.
            return bool(json.loads(cell or "") == element)
        case _:
            return cell == str(element)


_CELLS = st.text(st.sampled_from('ab ,"ü'), max_size=4)


@given(st.lists(_CELLS, min_size=2, max_size=4))
@example(["", '"'])
@example(['a"b', '"",'])
def test_csv_is_read_as_it_is_written(
    connection: duckdb.DuckDBPyConnection, cells: list[str]
) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    names = ", ".join(f"c{index}" for index in range(len(cells)))
    found = run(connection, f"parse @message csv as {names}", [written.getvalue()])
    assert found == [tuple(cells)]


_KEYS = st.text(st.sampled_from("abk._-"), min_size=1, max_size=3)
_WORDS = st.text(st.sampled_from('ab=" \\ü'), max_size=5)


@given(st.dictionaries(_KEYS, _WORDS, min_size=1, max_size=4))
def test_logfmt_is_read_as_it_is_written(
    connection: duckdb.DuckDBPyConnection, pairs: dict[str, str]
) -> None:
    line = " ".join(f"{key}={_quoted(word)}" for key, word in pairs.items())
    ((found,),) = run(connection, "parse @message logfmt as m", [line])
    assert json.loads(found or "") == pairs


def _quoted(word: str) -> str:
    """The word as logfmt writes it."""
    return json.dumps(word, ensure_ascii=False) if set(word) & set('="\\ ') else word


@given(st.lists(st.text(st.sampled_from("a1 ,-"), max_size=9), max_size=5))
def test_parse_multi_finds_every_match(
    connection: duckdb.DuckDBPyConnection, lines: list[str]
) -> None:
    found = run(connection, r"parse @message /([a1]+)/ as word multi", lines)
    words = [line.replace(",", " ").replace("-", " ").split() for line in lines]
    nothing: Rows = [(None,)]
    assert found == [row for each in words for row in ([(word,) for word in each] or nothing)]
