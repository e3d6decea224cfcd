"""The law of free answers: what is rolled up from a step is what the records would answer."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import event, given, note
from hypothesis import strategies as st

from flowtui.backends.duckdb.macros import install
from flowtui.model.timerange import TimeRange
from tests.property.drill_cases import LINES, WHOLE, WINDOWS
from tests.property.drilling import load
from tests.property.laws import searched
from tests.property.oracle_logs import made
from tests.property.rollup_pairs import both, offered, pair
from tests.property.rows_cases import found


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        install(opened)
        yield opened


@searched(150, ci=120)
@given(LINES, made(pair), WINDOWS, st.booleans())
def test_a_free_answer_is_that_of_the_records(
    connection: duckdb.DuckDBPyConnection,
    lines: list[str],
    queries: tuple[str, str],
    part: TimeRange,
    is_whole: bool,
) -> None:
    first, second = queries
    logs = load(connection, lines)
    hand = found(logs, first, WHOLE)
    answered = offered(hand, second, WHOLE if is_whole else part)
    event(f"offered: {answered is not None}")
    if answered is not None:
        note(answered[0].body)
        free, direct = both(hand, logs, *answered)
        assert free == direct
