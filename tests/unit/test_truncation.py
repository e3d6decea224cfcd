"""When it is said that there may be more rows."""

from __future__ import annotations

import pytest

from flowtui.engine.truncation import truncation
from flowtui.model.run import Query, ResultSet, RunState, Snapshot, Statistics

ROWS = tuple((str(number),) for number in range(100_000))
DEFAULT = (
    "these are the first 10,000 rows, the most without a limit: there may be more;"
    " add | limit 100000"
)
MOST = (
    "these are the first 100,000 rows, the most that a query gives: there may be more;"
    " filter, aggregate or choose a shorter time"
)


@pytest.mark.parametrize(
    ("body", "limit", "rows", "said"),
    [
        ("fields a", None, 9_999, ""),
        ("fields a", None, 10_000, DEFAULT),
        ("fields a", 10_000, 10_000, ""),
        ("fields a | limit 10000", None, 10_000, ""),
        ("fields a | limit 50000", None, 20_000, ""),
        ("fields a | limit 100000", None, 100_000, MOST),
        ("fields a | limit 100000", None, 99_999, ""),
    ],
)
def test_it_is_judged_by_the_rows_that_came(
    body: str, limit: int | None, rows: int, said: str
) -> None:
    query = Query(body, None, ("/vpc/edge",), limit=limit)
    results = ResultSet(("a",), ROWS[:rows])
    latest = Snapshot(RunState.COMPLETE, results, Statistics(records_matched=5e6))
    assert truncation(query, latest) == said
    assert truncation(query, Snapshot(RunState.RUNNING, results)) == ""
