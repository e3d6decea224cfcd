"""What GetQueryResults answers, as results, statistics and states of ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowtui.model.run import ResultSet, Row, RunState, Statistics

_STATES = {
    "Scheduled": RunState.QUEUED,
    "Running": RunState.RUNNING,
    "Complete": RunState.COMPLETE,
    "Failed": RunState.FAILED,
    "Cancelled": RunState.CANCELLED,
    "Timeout": RunState.TIMED_OUT,
}


@dataclass(frozen=True, slots=True)
class Page:
    """One answer; `token` names the next one, and means something only when it is complete."""

    state: RunState
    results: ResultSet
    statistics: Statistics
    token: str | None
    notices: tuple[str, ...] = ()


def read_page(answer: Mapping[str, Any]) -> Page:
    status = answer["status"]
    return Page(
        _STATES.get(status, RunState.RUNNING),
        _table(answer.get("results") or ()),
        _statistics(answer.get("statistics") or {}),
        answer.get("nextToken"),
        # What AWS adds later is not an end, nor is `Unknown`, whatever its samples make of it.
        () if status in _STATES else (f"CloudWatch calls the state of the query {status!r}",),
    )


def joined(before: ResultSet, page: ResultSet) -> ResultSet:
    """Both tables, one after the other; columns that only `page` has come last."""
    new = tuple(name for name in page.columns if name not in before.columns)
    columns = before.columns + new
    if columns == page.columns and not new:
        return replace(before, rows=before.rows + page.rows)
    padding = (None,) * len(new)
    place = {name: index for index, name in enumerate(page.columns)}
    order = [place.get(name, -1) for name in columns]
    moved = tuple(tuple(row[i] if i >= 0 else None for i in order) for row in page.rows)
    return replace(before, columns=columns, rows=tuple(r + padding for r in before.rows) + moved)


def _table(results: Sequence[Sequence[Mapping[str, str]]]) -> ResultSet:
    """Rows of `{field, value}`, whose missing members are left out; columns as they appear."""
    records = [{cell.get("field", ""): cell.get("value") for cell in row} for row in results]
    columns = tuple(dict.fromkeys(name for record in records for name in record))
    rows: tuple[Row, ...] = tuple(tuple(map(record.get, columns)) for record in records)
    return ResultSet(columns, rows)


def _statistics(answer: Mapping[str, float]) -> Statistics:
    count = answer.get("resultCount")
    return Statistics(
        records_matched=answer.get("recordsMatched"),
        records_scanned=answer.get("recordsScanned"),
        bytes_scanned=answer.get("bytesScanned"),
        result_count=None if count is None else int(count),
        bytes_skipped=answer.get("estimatedBytesSkipped"),
        records_skipped=answer.get("estimatedRecordsSkipped"),
        groups_scanned=answer.get("logGroupsScanned"),
    )
