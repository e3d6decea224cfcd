"""Answers of GetQueryResults as results, statistics and states of ours. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flowtui.backends.aws.decode import Entry, Misshapen, as_list
from flowtui.backends.aws.request_context import clean
from flowtui.model.errors import BackendError
from flowtui.model.frozen import frozen
from flowtui.model.run import PTR, Cell, ResultSet, RunState, Statistics
from flowtui.query.result_shape import ResultShape

_STATES = {
    "Scheduled": RunState.QUEUED,
    "Running": RunState.RUNNING,
    "Complete": RunState.COMPLETE,
    "Failed": RunState.FAILED,
    "Cancelled": RunState.CANCELLED,
    "Timeout": RunState.TIMED_OUT,
}


_MOST_CELLS = 20_000_000
"""The most that a table is given room for, whether or not its rows have all its columns."""


@frozen
class Page:
    """One answer; `token` names the next one, and means something only when it is complete."""

    state: RunState
    results: ResultSet
    statistics: Statistics
    token: str
    notices: tuple[str, ...] = ()


def read_page(answer: Entry, shape: ResultShape) -> Page:
    """The answer to a query whose result has the shape; raises `Misshapen`."""
    status = answer.name("status")
    state = _STATES.get(status, RunState.RUNNING)
    rows = as_list(answer.raw("results"), "results")
    return Page(
        state,
        _table(rows, shape, is_whole=state is RunState.COMPLETE),
        _statistics(answer.member("statistics")),
        answer.text("nextToken"),
        # A later state of AWS is not an end, nor is `Unknown`, whatever its samples make of it.
        ()
        if status in _STATES
        else (f"CloudWatch calls the state of the query {clean(status)!r}",),
    )


def joined(before: ResultSet, page: ResultSet) -> ResultSet:
    """Both tables, one after the other; columns that only `page` has come last."""
    new = tuple(name for name in page.columns if name not in before.columns)
    columns = before.columns + new
    _check_room(len(columns), len(before.rows) + len(page.rows))
    if columns == page.columns and not new:
        return replace(before, rows=before.rows + page.rows)
    padding = (None,) * len(new)
    place = {name: index for index, name in enumerate(page.columns)}
    order = [place.get(name, -1) for name in columns]
    moved = tuple(tuple(row[i] if i >= 0 else None for i in order) for row in page.rows)
    return replace(before, columns=columns, rows=tuple(r + padding for r in before.rows) + moved)


def _table(rows: list[Any], shape: ResultShape, *, is_whole: bool) -> ResultSet:
    """Rows of `{field, value}`, whose missing members are left out."""
    records = [_record(row, at) for at, row in enumerate(rows)]
    found = tuple(dict.fromkeys(name for record in records for name in record))
    columns = _columns(found, shape) if records or is_whole else ()
    _check_room(len(columns), len(records))
    cells = tuple(tuple(map(record.get, columns)) for record in records)
    return ResultSet(columns, cells, shape.keys)


def _columns(found: tuple[str, ...], shape: ResultShape) -> tuple[str, ...]:
    """The columns of the query in their order, also those that no row has.

    Where the service answers with others, it knows better, and they stand as they appear.
    """
    if not shape.is_known or not {*found} <= {*shape.columns, PTR}:
        return found
    return tuple(name for name in shape.columns if name != PTR or PTR in found)


def _record(row: Any, at: int) -> dict[str, Cell]:
    record: dict[str, Cell] = {}
    for column, cell in enumerate(as_list([] if row is None else row, f"results[{at}]")):
        name = cell.get("field") if type(cell) is dict else None
        value = cell.get("value") if type(cell) is dict else None
        if type(name) is not str or not (value is None or type(value) is str):
            raise _wrong_cell(cell, f"results[{at}][{column}]")
        record[name] = value
    return record


def _wrong_cell(cell: Any, place: str) -> Misshapen:
    if not isinstance(cell, dict):
        return Misshapen(place, "an object", cell)
    name = cell.get("field")
    if not isinstance(name, str):
        return Misshapen(f"{place}.field", "a text", name)
    return Misshapen(f"{place}.value", "a text", cell.get("value"))


def _check_room(columns: int, rows: int) -> None:
    if columns * rows > _MOST_CELLS:
        raise BackendError(
            f"The rows have {columns:,} different columns, too many for a table of {rows:,} rows; "
            "choose some by fields or display"
        )


def _statistics(answer: Entry) -> Statistics:
    return Statistics(
        records_matched=answer.number("recordsMatched"),
        records_scanned=answer.number("recordsScanned"),
        bytes_scanned=answer.number("bytesScanned"),
        result_count=answer.whole("resultCount"),
        bytes_skipped=answer.number("estimatedBytesSkipped"),
        records_skipped=answer.number("estimatedRecordsSkipped"),
        groups_scanned=answer.number("logGroupsScanned"),
    )
