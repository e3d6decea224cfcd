"""Queries of rules over rows: all columns are read at once, whatever stands in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flowtui.backends.duckdb.rows_evaluation import evaluate
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import ResultSet, Row
from flowtui.model.timerange import TimeRange

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON - timedelta(hours=1), NOON)
COLUMNS = ("who", "count", "when")
PLAIN: tuple[Row, ...] = (
    ("10.0.0.1", "3", "2026-03-08 11:00:00.000"),
    ("", "-", None),
    (None, "12", "2026-03-08 11:05:00.000"),
    ("'\"", "4", "2026-03-08 11:05:00.000"),
)


def answer(rows: tuple[Row, ...], text: str) -> tuple[Row, ...]:
    ((found,),) = evaluate([(ResultSet(COLUMNS, rows), [text])], WINDOW, NOON)
    assert not isinstance(found, FlowtuiError), found
    return tuple(row[: len(COLUMNS)] for row in found.rows)


@pytest.mark.parametrize(
    "cell", ["x", "a\nb", "\x1f", "\x1e", "\r", "\0", "é\ud800", "y" * 200_000]
)
def test_every_cell_comes_through(cell: str) -> None:
    rows = (*PLAIN, (cell, "5", None))
    shown = (*PLAIN, (cell.replace("\ud800", "?"), "5", None))
    assert sorted(answer(rows, "fields who, count, when"), key=str) == sorted(shown, key=str)


def test_numbers_are_numbers_and_times_are_times() -> None:
    found = answer(PLAIN, "stats sum(count) as n, max(when) as last, max(who) as who")
    assert found == (("19", "1772967900000", "10.0.0.1"),)
