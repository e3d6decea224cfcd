"""What GetQueryResults answers, as results, statistics and states of ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowtui.model.run import PTR, ResultSet, Row, RunState, Statistics
from flowtui.query.result_shape import ResultShape

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


def read_page(answer: Mapping[str, Any], shape: ResultShape) -> Page:
    """The answer to a query whose result has the shape."""
    status = answer["status"]
    state = _STATES.get(status, RunState.RUNNING)
    return Page(
        state,
        _table(answer.get("results") or (), shape, is_whole=state is RunState.COMPLETE),
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


def _table(
    results: Sequence[Sequence[Mapping[str, str]]], shape: ResultShape, *, is_whole: bool
) -> ResultSet:
    """Rows of `{field, value}`, whose missing members are left out."""
    records = [{cell.get("field", ""): cell.get("value") for cell in row} for row in results]
    found = dict.fromkeys(name for record in records for name in record)
    columns = _columns(tuple(found), shape) if records or is_whole else ()
    rows: tuple[Row, ...] = tuple(tuple(map(record.get, columns)) for record in records)
    return ResultSet(columns, rows, shape.keys)


def _columns(found: tuple[str, ...], shape: ResultShape) -> tuple[str, ...]:
    """The columns of the query in their order, also those that no row has.

    Where the service answers with others, it knows better, and they stand as they appear.
    """
    if not shape.is_known or not shape.columns or not {*found} <= {*shape.columns, PTR}:
        return found
    return tuple(name for name in shape.columns if name != PTR or PTR in found)


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
