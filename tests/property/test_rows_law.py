"""Laws of rows at hand: what is asked of them, and what is drilled into from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest
from hypothesis import assume, given, note, reject
from hypothesis import strategies as st

from flowtui.backends.duckdb.macros import install
from flowtui.engine.composition import composed
from flowtui.engine.drill import Target, drill
from flowtui.engine.lineage import last_grouping
from flowtui.engine.narrow import Texts, filtered, kept, terms_of
from flowtui.engine.pivot import ShownQuestion
from flowtui.model.errors import DrillError
from flowtui.model.run import PTR, ResultSet
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.printer import to_text
from tests.property.drill_cases import FORMAT, LINES, WHOLE
from tests.property.drilling import Logs, load
from tests.property.laws import searched
from tests.property.rows_cases import Hand, found, grouped, raw, second


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        install(opened)
        yield opened


@searched(30, ci=20)
@given(LINES, raw() | grouped())
def test_rows_that_are_asked_for_all_they_have_come_back_as_they_were(
    connection: duckdb.DuckDBPyConnection, lines: list[str], text: str
) -> None:
    hand = found(load(connection, lines), text, WHOLE)
    assume(hand.results.rows)
    order = "" if "@timestamp" not in hand.results.columns else " | sort @ptr"
    back = hand.answer(hand.asked(f"filter 1 = 1{order}"))
    assert _shown(back) == _shown(hand.results)


def _shown(results: ResultSet) -> list[dict[str, str]]:
    records = map(results.record, range(len(results.rows)))
    return [{name: value for name, value in each.items() if name != PTR} for each in records]


@searched(40, ci=30)
@given(LINES, raw() | grouped(), st.data())
def test_drill_law_through_two_queries(
    connection: duckdb.DuckDBPyConnection, lines: list[str], text: str, data: st.DataObject
) -> None:
    """The records behind a row of the second query, put through both, give that row alone."""
    logs = load(connection, lines)
    hand = found(logs, text, WHOLE)
    query = hand.asked(data.draw(second(hand.results.columns)))
    rows = hand.answer(query)
    for index in range(min(2, len(rows.rows))):
        row = rows.record(index)
        try:
            target = drill(composed(query), WHOLE, row, FORMAT, logs.respelled)
        except DrillError as error:
            note(str(error))
            return
        note(target.query.body)
        again = _rows_of(hand, logs, target).answer(query)
        assert _shown(rows)[index] in _shown(again)
        if last_grouping(parse(query.body)) is not None:
            assert len(again.rows) == 1


def _rows_of(hand: Hand, logs: Logs, target: Target) -> Hand:
    """The first query over only the records that were found."""
    derived = list(parse(target.query.text).commands)
    if last_grouping(ast.Pipeline(tuple(derived))) is None:
        while derived and isinstance(derived[-1], ast.Display | ast.Sort):
            derived.pop()
        commands = parse(hand.query.body).commands
        begin = last_grouping(ast.Pipeline(commands)) or 0
        derived += commands[begin:]
    body = " | ".join(to_text(ast.Pipeline((command,))) for command in derived)
    results = logs.run(replace(target.query, body=body, prelude=""), target.window)
    return replace(hand, results=results)


_VALUES = st.sampled_from([
    "443", "0443", "443.0", "22", "10.0.0.1", "10.0.0.0/30", "accept", "REJECT", "-", "1", "1.0",
    "a`b", "\\", "é|#", "5e1", "40", "000000000001", ".", "٣", "NaN", "+1", "0x1",
])  # fmt: skip
_SIGNS = st.sampled_from(["=", "!=", "~", ">", ">=", "<", "<="])


@searched(60, ci=40)
@given(LINES, raw() | grouped(), st.data())
def test_what_rows_are_narrowed_to_is_what_the_filter_of_it_finds(
    connection: duckdb.DuckDBPyConnection, lines: list[str], text: str, data: st.DataObject
) -> None:
    hand = found(load(connection, lines), text, WHOLE)
    names = [name for name in hand.results.columns if name != PTR]
    parts = data.draw(st.lists(st.tuples(st.sampled_from(names), _SIGNS, _VALUES), max_size=2))
    terms = terms_of(" ".join(f"{name}{sign}{value}" for name, sign, value in parts), names)
    assert len(terms) == len(parts)
    query = hand.asked("sort @ptr")
    try:
        target = filtered(ShownQuestion(query, WHOLE, None), terms)
    except DrillError:
        reject()
    note(target.query.body)
    answer = hand.answer(hand.asked(target.query.body))
    left = [hand.results.rows[index] for index in kept(Texts(hand.results), terms)]
    assert _shown(answer) == _shown(replace(hand.results, rows=tuple(left)))
