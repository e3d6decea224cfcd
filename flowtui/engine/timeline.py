"""A result as a series over time: its own `bin()` column, or the volume of its raw rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from flowtui.engine.counted_once import Captured, CapturePoint, counting_points
from flowtui.engine.folds import fold_of
from flowtui.engine.local_bins import local_bins, offset_ms
from flowtui.engine.over_time import ACTION
from flowtui.engine.series import MINUTE, Cover, Point, Series, Side, axis, banded
from flowtui.flowlogs.fields import FieldInfo
from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, ResultSet, Row
from flowtui.model.timerange import TimeRange, to_ms
from flowtui.query import ast
from flowtui.query.catalogue import FunctionRole, has_role
from flowtui.query.parser import parse_tolerant
from flowtui.query.scope import (
    bytes_columns,
    counting_columns,
    fields_shown,
    last_stats,
    time_axis,
    time_period,
)
from flowtui.query.timebin import bin_length

MOST_STEPS = 480
"""So many are kept at most: a screen shows some of them together."""

MOST_BANDS = 15
"""So many values of a column are told apart; a panel shows fewer."""

MOST_BARS = 5000
"""More bins of a query are folded together: one stray time of 1970 must not make a million."""

SAMPLE = 1000
"""Rows that are looked at for how long a record is."""

ONCE = "each flow once"

TIME_COLUMNS = ("@timestamp", "start", "startTime")

LONGEST_MS = timedelta(days=20_000) // timedelta(milliseconds=1)
"""A window that is longer says nothing of when the rows are."""


@frozen
class Bins:
    """Which column of a result is its `bin()`, and which ones count."""

    time_column: str
    value_columns: tuple[str, ...]
    step_ms: int = 0
    """0 where the query does not say: the smallest gap between two bins is taken, as it is
    where a parent unit cuts the bins, like those of `bin(25m)`."""
    is_bytes: bool = False
    keys: tuple[str, ...] = ()
    """The other columns in which its groups differ."""
    is_additive: bool = True
    """Whether the values of two bins add up to that of both."""
    zone: str = ""
    """Where a clock shows what the column does; empty where it has timestamps."""


@frozen
class Conversation:
    """The two fields by which a query keeps both directions between two addresses."""

    source: str
    target: str
    here: str
    """The address whose traffic goes out."""


@frozen
class Chart:
    """The parts of a query that say how its result is drawn."""

    bytes_columns: frozenset[str]
    fields: Mapping[str, FieldInfo]
    """The flow log field that a column has values of, by the column's name."""
    bins: Bins | None
    counts: frozenset[str] = frozenset()
    """The columns that count anything but bytes."""
    totals: frozenset[str] = frozenset()
    """The columns that can be added up over the rows."""
    conversation: Conversation | None = None
    keeps_all: bool = False
    """Whether no event of the log groups is left out of the rows."""

    def column(self, columns: Sequence[str], field: str) -> int | None:
        """Where a field stands among the columns of the result, by any name of it."""
        for index, column in enumerate(columns):
            info = self.fields.get(column)
            if column == field or (info is not None and field in (info.column, info.discovered)):
                return index
        return None


def chart(text: str) -> Chart:
    """How the result of the query `text` is drawn."""
    if (fold := fold_of(text)) is not None:
        return fold.chart()
    pipeline = parse_tolerant(text).pipeline
    in_bytes, filters = bytes_columns(pipeline), _filters(pipeline)
    talks = filter(None, map(conversation_in, filters))
    bins = _bins(pipeline, in_bytes)
    keeps_all = not filters and not any(
        isinstance(each, ast.Limit | ast.Dedup) for each in pipeline.commands
    )
    counts, totals = counting_columns(pipeline)
    return Chart(
        in_bytes, fields_shown(pipeline), bins, counts - in_bytes, totals, next(talks, None),
        keeps_all,
    )  # fmt: skip


def _filters(pipeline: ast.Pipeline) -> list[ast.Filter]:
    return [each for each in pipeline.commands if isinstance(each, ast.Filter)]


def _bins(pipeline: ast.Pipeline, in_bytes: frozenset[str]) -> Bins | None:
    axis, index = time_axis(pipeline), last_stats(pipeline)
    command = None if index is None else pipeline.commands[index]
    if not isinstance(command, ast.Stats):
        return None
    local = None if axis is not None else local_bins(command)
    if axis is None and local is None:
        return None
    column = axis[0] if axis is not None else local.column if local is not None else ""
    names = [item.name for item in command.aggregates]
    drawn = next((name for name in names if name in in_bytes), names[0])
    expr = next(item.expr for item in command.aggregates if item.name == drawn)
    return Bins(
        column,
        (drawn,),
        _step_ms(time_period(pipeline)) if local is None else local.step_ms,
        drawn in in_bytes,
        tuple(item.name for item in command.keys if item.name != column),
        isinstance(expr, ast.Call) and has_role(expr.name, FunctionRole.ADDS_UP),
        "" if local is None else local.zone,
    )


def _step_ms(period: ast.Period | None) -> int:
    length = None if period is None else bin_length(period)
    return 0 if length is None else length // timedelta(milliseconds=1)


def conversation_in(command: ast.Filter) -> Conversation | None:
    """The two directions that a filter keeps: `a = x and b = y or a = y and b = x`.

    With both ports it is one of the conversations between these two.
    """
    for part in _parts("and", command.condition):
        directions = [_equalities(each) for each in _parts("or", part)]
        if len(directions) != 2:
            continue
        there, back = directions
        ends = [name for name in there if name not in _PORTS]
        if len(ends) == 2 and len(there) in (2, 4) and back == _turned(there, *ends):
            source, target = ends
            return Conversation(source, target, there[source])
    return None


_PORTS = ("srcport", "dstport")


def _turned(there: Mapping[str, str], source: str, target: str) -> dict[str, str]:
    """What the other direction says of the same fields."""
    other = {source: target, target: source, **dict(zip(_PORTS, reversed(_PORTS), strict=True))}
    return {name: there.get(other[name], "") for name in there}


def _parts(operator: str, expr: ast.Expr) -> Iterator[ast.Expr]:
    if isinstance(expr, ast.Binary) and expr.operator == operator:
        yield from _parts(operator, expr.left)
        yield from _parts(operator, expr.right)
    else:
        yield expr


def _equalities(expr: ast.Expr) -> dict[str, str]:
    """What each field must be; nothing where it says more than that."""
    found: dict[str, str] = {}
    for part in _parts("and", expr):
        match part:
            case ast.Binary("=", ast.Field(name), ast.String(value) | ast.Number(value)):
                found[name] = value
            case _:
                return {}
    return found


def series(
    results: ResultSet,
    window: TimeRange,
    drawn: Chart,
    split: str = ACTION,
    *,
    is_whole: bool = False,
) -> Series | None:
    """The series of a result over its window; None where its rows have no time.

    It is split by the values of the column `split`, if there is one. `is_whole` is that no row is
    missing.
    """
    if drawn.bins is not None and drawn.bins.time_column in results.columns:
        return _binned(results, window, drawn, split)
    return _volume(results, window, drawn, split, is_whole=is_whole)


def parse_time(text: Cell) -> int | None:
    """Epoch milliseconds of `YYYY-MM-DD HH:MM:SS.mmm` (UTC), epoch seconds or milliseconds."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        # 11 digits of seconds are past the year 5138: from there on it is milliseconds.
        return int(text) * (1 if len(text) > 11 else 1000) if len(text) < 16 else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return to_ms(moment if moment.utcoffset() is not None else moment.replace(tzinfo=UTC))


def number(text: Cell) -> float:
    """A value that does not count, like the `-` of a NODATA record, is zero."""
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


def side_of(text: Cell) -> Side:
    return Side.IN if text == "ingress" else Side.OUT if text == "egress" else Side.UNKNOWN


# Results that have a `bin()` of their own


def _binned(results: ResultSet, window: TimeRange, drawn: Chart, split: str) -> Series | None:
    bins = drawn.bins
    if bins is None:
        return None
    columns = results.columns
    at = columns.index(bins.time_column)
    places = [columns.index(name) for name in bins.value_columns if name in columns]
    band, side = _key_to_split_by(results, drawn, split), drawn.column(columns, "flow_direction")
    points = [
        Point(
            moment,
            sum(number(row[place]) for place in places),
            _text(row, band),
            side_of(_text(row, side)),
        )
        for row in results.rows
        if (moment := parse_time(row[at])) is not None
    ]
    if not points or not places:
        return None
    if bins.zone:
        later = offset_ms(bins.zone, min(point.moment for point in points))
        points = [point._replace(moment=point.moment - later) for point in points]
    moments = sorted({point.moment for point in points})
    step = bins.step_ms
    if not step or any((moment - moments[0]) % step for moment in moments):
        step = _smallest_gap(moments)
    start, end = moments[0], moments[-1] + 1
    if window.end_ms - window.start_ms < LONGEST_MS:
        start -= max(0, -(-(start - window.start_ms) // step)) * step
        end = max(end, window.end_ms)
    fold = math.ceil((end - start) / step / MOST_BARS)
    count = max(1, -(-(end - start) // (step * fold)))
    found = banded(
        (start, step * fold, count), points, "+".join(bins.value_columns), MOST_BANDS,
        is_bytes=bins.is_bytes,
    )  # fmt: skip
    return replace(found, is_additive=bins.is_additive)


def _key_to_split_by(results: ResultSet, drawn: Chart, split: str) -> int | None:
    """The column of that name, else the first in which the groups of a bin differ."""
    found = drawn.column(results.columns, split) if split else None
    keys = drawn.bins.keys if drawn.bins is not None and split == ACTION else ()
    others = (results.columns.index(key) for key in keys if key in results.columns)
    return found if found is not None else next(others, None)


def _smallest_gap(moments: list[int]) -> int:
    return min((after - before for before, after in pairwise(moments)), default=MINUTE)


# Raw rows


@frozen
class _Columns:
    """Where in a raw row stands what a series is made of; None where it does not."""

    at: int
    amount: int | None
    band: int | None
    side: int | None
    status: int | None
    interface: int | None
    action: int | None
    ends: tuple[int, int] | None
    """Source and target, where the rows are a conversation."""

    def amount_of(self, row: Row) -> float:
        return 1.0 if self.amount is None else number(row[self.amount])

    def point(self, row: Row) -> CapturePoint:
        return CapturePoint(_text(row, self.interface), _text(row, self.side))


def _columns_of(results: ResultSet, drawn: Chart, split: str) -> _Columns | None:
    columns, talk = results.columns, drawn.conversation
    name = next((name for name in TIME_COLUMNS if name in columns), None)
    if name is None:
        return None
    source, target = (
        None if talk is None else drawn.column(columns, field)
        for field in ((talk.source, talk.target) if talk is not None else ("", ""))
    )
    return _Columns(
        columns.index(name),
        drawn.column(columns, "bytes"),
        drawn.column(columns, split) if split else None,
        drawn.column(columns, "flow_direction"),
        drawn.column(columns, "log_status"),
        drawn.column(columns, "interface_id"),
        drawn.column(columns, "action"),
        None if source is None or target is None else (source, target),
    )


def _volume(
    results: ResultSet, window: TimeRange, drawn: Chart, split: str, *, is_whole: bool
) -> Series | None:
    """Bytes over time where the rows have them, else the number of rows."""
    columns = _columns_of(results, drawn, split)
    if columns is None:
        return None
    timed = [
        (moment, row) for row in results.rows if (moment := parse_time(row[columns.at])) is not None
    ]
    if not timed:
        return None
    rows, note = _each_flow_once([row for _, row in timed], columns)
    points = [
        Point(moment, columns.amount_of(row), _text(row, columns.band), _side(row, columns, drawn))
        for (moment, row), counts in zip(timed, rows, strict=True)
        if counts
    ]
    moments = [moment for moment, _ in timed]
    first, end = min(moments), max(moments) + 1
    if window.end_ms - window.start_ms < LONGEST_MS:
        first, end = min(first, window.start_ms), max(end, window.end_ms)
    steps = axis(first, end, MOST_STEPS, max(MINUTE, _interval(results, drawn)))
    has_bytes = columns.amount is not None
    name = "bytes" if has_bytes else "rows"
    found = banded(steps, points, name, MOST_BANDS, is_bytes=has_bytes)
    cover = _cover(timed, columns, steps) if is_whole and drawn.keeps_all else ()
    return replace(found, cover=cover, note=note)


def _each_flow_once(rows: Sequence[Row], columns: _Columns) -> tuple[list[bool], str]:
    """Which rows count; all of them but in a conversation, of which both ends may be recorded."""
    ends = columns.ends
    if ends is None or (columns.interface is None and columns.side is None):
        return [True] * len(rows), ""
    counting = counting_points(
        Captured(
            tuple(row[end] for end in ends),
            columns.point(row),
            columns.amount_of(row),
            _text(row, columns.action) == "REJECT",
        )
        for row in rows
    )
    counts = [counting[tuple(row[end] for end in ends)] == columns.point(row) for row in rows]
    return counts, ONCE


def _side(row: Row, columns: _Columns, drawn: Chart) -> Side:
    """As its interface saw it; in a conversation, as its first address does."""
    if columns.ends is not None and drawn.conversation is not None:
        is_ours = row[columns.ends[0]] == drawn.conversation.here
        return Side.OUT if is_ours else Side.IN
    return side_of(_text(row, columns.side))


def _cover(
    timed: Sequence[tuple[int, Row]], columns: _Columns, steps: tuple[int, int, int]
) -> tuple[Cover, ...]:
    start, step, count = steps
    cover = [Cover.NOTHING] * count
    for moment, row in timed:
        place = max(0, min(count - 1, (moment - start) // step))
        cover[place] = max(cover[place], cover_of(_text(row, columns.status)))
    return tuple(cover)


def cover_of(status: str) -> Cover:
    """What a record of that log status says of its time."""
    return {"NODATA": Cover.NODATA, "SKIPDATA": Cover.SKIPPED}.get(status, Cover.RECORDED)


def _interval(results: ResultSet, drawn: Chart) -> int:
    """The milliseconds that a flow log adds up in one record: a minute, or else ten.

    In shorter steps steady traffic looks like a fence (VPC user guide, "Aggregation interval").
    Zero where the rows do not say from when to when they are.
    """
    start, end = (drawn.column(results.columns, name) for name in ("start", "end"))
    if start is None or end is None:
        return 0
    spans = ((parse_time(row[start]), parse_time(row[end])) for row in results.rows[:SAMPLE])
    lengths = [last - first for first, last in spans if first is not None and last is not None]
    return interval(sorted(lengths)[int(len(lengths) * 0.95)] if lengths else 0)


def interval(length_ms: float) -> int:
    """The aggregation interval of a flow log whose records are mostly as long as that."""
    return MINUTE if length_ms <= MINUTE else 10 * MINUTE


def _text(row: Row, place: int | None) -> str:
    return "" if place is None else row[place] or ""
