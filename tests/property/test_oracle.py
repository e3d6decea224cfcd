"""The local engine and a second, plain evaluator answer alike: columns, order, rendered cells.

Computed fractions may differ in their last digits, as they are added in another order; the numbers
in the logs are such that their sums are exact, so that no order or condition hangs on that.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.macros import install
from flowtui.model.errors import FlowtuiError, QuerySyntaxError
from flowtui.model.run import Cell
from flowtui.sql.compile import Compiled
from flowtui.sql.scope import Table
from tests.oracle.commands import World, answer
from tests.oracle.data import events
from tests.oracle.order_commands import Meaningless
from tests.oracle.values import Value, number_text, text
from tests.property.laws import searched
from tests.property.oracle_groups import (
    LOOKUPS,
    date_query,
    encoding_query,
    json_query,
    order_query,
    source_query,
)
from tests.property.oracle_logs import json_logs, logs, made
from tests.property.oracle_queries import core_query
from tests.property.strategies import FORMAT
from tests.property.test_engine import WINDOW
from tests.tables import Place, make_table

Lines = Sequence[str]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        install(made)
        yield made


@searched(250, ci=250)
@given(logs(), made(core_query))
def test_core(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    assert_agree(connection, {"g": lines}, query)


@given(logs(), made(date_query))
def test_dates(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    assert_agree(connection, {"g": lines}, query)


@given(json_logs(), made(json_query))
def test_json(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    assert_agree(connection, {"g": lines}, query)


@given(logs(), made(encoding_query))
def test_encodings(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    assert_agree(connection, {"g": lines}, query)


@given(logs(), made(order_query))
def test_commands_in_order(connection: duckdb.DuckDBPyConnection, lines: Lines, query: str) -> None:
    assert_agree(connection, {"g": lines}, query)


@given(logs(), logs(), made(source_query))
def test_other_sources(
    connection: duckdb.DuckDBPyConnection,
    lookup_files: Mapping[str, Path],
    lines: Lines,
    others: Lines,
    query: str,
) -> None:
    assert_agree(connection, {"g": lines, "h": others}, query, lookup_files)


@pytest.fixture(scope="module")
def lookup_files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("lookups")
    paths = {name: folder / f"{name}.csv" for name in LOOKUPS}
    for name, path in paths.items():
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(LOOKUPS[name][0]))
            writer.writeheader()
            writer.writerows(LOOKUPS[name])
    return paths


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers())
def test_numbers_look_alike(fraction: float, whole: int) -> None:
    """The oracle's rendering by decimal digits and the engine's by binary ones (3.3)."""
    from flowtui.sql.render import number_text as engines

    assert engines(whole) == number_text(whole)
    if fraction == 0 or abs(fraction) > 1e-280:
        assert agree(engines(fraction), fraction)


def assert_agree(
    connection: duckdb.DuckDBPyConnection,
    groups: Mapping[str, Lines],
    query: str,
    lookup_files: Mapping[str, Path] | None = None,
) -> None:
    """Over the log group `g`; the others can be named."""

    def difference(lines: Lines, commands: Lines) -> str:
        asked = " | ".join(commands)
        return disagreement(connection, {**groups, "g": lines}, asked, lookup_files or {})

    commands = query.split(" | ")
    if not difference(groups["g"], commands):
        return
    lines = without(groups["g"], lambda fewer: bool(difference(fewer, commands)))
    commands = without(commands, lambda fewer: bool(difference(lines, fewer)))
    shown = "\n".join(map(repr, lines))
    raise AssertionError(f"{' | '.join(commands)}\nover\n{shown}\n{difference(lines, commands)}")


def without(parts: Sequence[str], still_fails: Callable[[Sequence[str]], bool]) -> list[str]:
    """The parts without those that the failure does not need."""
    found = list(parts)
    for part in parts:
        fewer = [other for other in found if other is not part]
        if fewer and still_fails(fewer):
            found = fewer
    return found


def disagreement(
    connection: duckdb.DuckDBPyConnection,
    groups: Mapping[str, Lines],
    query: str,
    lookup_files: Mapping[str, Path],
) -> str:
    """What the engine and the oracle say, where it is not the same."""
    known = {name: events(name, lines, FORMAT) for name, lines in groups.items()}
    try:
        expected = answer(query, World(known, WINDOW, WINDOW.end, LOOKUPS), ["g"])
    except (Meaningless, QuerySyntaxError):
        return ""  # a query that was cut down too far
    made = {name: make_table(connection, name, lines, FORMAT) for name, lines in groups.items()}
    try:
        found = fetch(connection, compiled(connection, query, made, lookup_files))
    except (FlowtuiError, duckdb.Error) as error:
        return f"engine: {error}"
    pairs = zip(found.rows, expected.rows, strict=False)
    is_alike = found.columns == expected.columns and len(found.rows) == len(expected.rows)
    if is_alike and all(all(map(agree, row, wanted)) for row, wanted in pairs):
        return ""
    shown = [tuple(map(text, row)) for row in expected.rows]
    return f"engine: {found.columns} {found.rows}\noracle: {expected.columns} {shown}"


def compiled(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    groups: Mapping[str, Table],
    lookup_files: Mapping[str, Path],
) -> Compiled:
    if len(groups) == 1:
        return compile_query(query, [groups["g"]], WINDOW, None, WINDOW.end)
    place = Place(connection, WINDOW, dict(groups), dict(lookup_files))
    return place.compile(query, "g")


def agree(found: Cell, wanted: Value) -> bool:
    """Whole numbers to the last digit that a double holds; others as shown, and 1e-9 besides."""
    shown = text(wanted)
    if isinstance(wanted, str) and re.fullmatch(r"-?[0-9]{16,}", wanted):
        # The text of a sum, which had no more digits as a double.
        wanted = int(wanted)
    if found == shown or found is None or not isinstance(wanted, int | float):
        return found == shown
    if isinstance(wanted, int) and abs(wanted) < 2**53:
        return False
    places = len(found.partition(".")[2]) or 4
    # Above 2^39 a double does not hold four decimals, so the last of them may be anything.
    is_rendered = number_text(float(found)) == found or abs(wanted) >= 2**39
    return is_rendered and abs(float(found) - wanted) <= 0.51 * 10**-places + 1e-9 * abs(wanted)
