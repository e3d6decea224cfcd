"""A result as a series over time: its own `bin()` column, or the volume of its raw rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from flowtui.flowlogs.fields import FieldInfo
from flowtui.model.run import Cell, ResultSet
from flowtui.model.timerange import to_ms
from flowtui.query.ast import Period
from flowtui.query.parser import parse_tolerant
from flowtui.query.scope import (
    bytes_columns,
    counting_columns,
    fields_shown,
    time_axis,
    time_period,
)
from flowtui.query.timebin import bin_length

_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000

STEPS = (
    *(seconds * _SECOND for seconds in (1, 5, 10, 30)),
    *(minutes * _MINUTE for minutes in (1, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 3, 6)),
    _DAY,
)
"""The lengths of a bar, in milliseconds, that people can add up in their heads."""

MOST_BARS = 5000
"""More are folded together: one stray time of 1970 must not make a million bars."""

SAMPLE = 1000
"""Rows that are looked at for how long a record is."""

TIME_COLUMNS = ("@timestamp", "start", "startTime")

Point = tuple[int, float]
"""Epoch milliseconds and a value."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values over equal steps; a step without data is zero."""

    start_ms: int
    step_ms: int
    values: tuple[float, ...]
    label: str
    is_bytes: bool = False

    @property
    def end_ms(self) -> int:
        """The first millisecond after the last step."""
        return self.start_ms + self.step_ms * len(self.values)

    @property
    def peak(self) -> float:
        return max(self.values, default=0)

    @property
    def peak_ms(self) -> int:
        """Where the first of the highest steps begins."""
        return self.start_ms + self.step_ms * self.values.index(self.peak)


@dataclass(frozen=True, slots=True)
class Bins:
    """Which column of a result is its `bin()`, and which ones count."""

    time_column: str
    value_columns: tuple[str, ...]
    step_ms: int = 0
    """0 where the query does not say: the smallest gap between two bins is taken, as it is
    where a parent unit cuts the bins, like those of `bin(25m)`."""
    is_bytes: bool = False


@dataclass(frozen=True, slots=True)
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


def chart(text: str) -> Chart:
    """How the result of the query `text` is drawn."""
    pipeline = parse_tolerant(text).pipeline
    in_bytes = bytes_columns(pipeline)
    axis, bins = time_axis(pipeline), None
    if axis is not None:
        step = _step_ms(time_period(pipeline))
        bins = Bins(axis[0], (axis[1],), step, is_bytes=axis[1] in in_bytes)
    counts, totals = counting_columns(pipeline)
    return Chart(in_bytes, fields_shown(pipeline), bins, counts - in_bytes, totals)


def _step_ms(period: Period | None) -> int:
    length = None if period is None else bin_length(period)
    return 0 if length is None else length // timedelta(milliseconds=1)


def series(results: ResultSet, width: int, bins: Bins | None = None) -> Series | None:
    """The series of a result on `width` bars; None where its rows have no time."""
    if bins is not None and bins.time_column in results.columns:
        return _binned(results, bins)
    return _volume(results, max(1, width))


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


def step_name(step_ms: int) -> str:
    """`1m`, `6h`, `1d`."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE), ("s", _SECOND)):
        if step_ms % size == 0:
            return f"{step_ms // size}{unit}"
    return f"{step_ms}ms"


def _binned(results: ResultSet, bins: Bins) -> Series | None:
    at = results.columns.index(bins.time_column)
    places = [results.columns.index(c) for c in bins.value_columns if c in results.columns]
    points = [
        (moment, sum(_number(row[place]) for place in places))
        for row in results.rows
        if (moment := parse_time(row[at])) is not None
    ]
    if not points or not places:
        return None
    moments = sorted({moment for moment, _ in points})
    step = bins.step_ms
    if not step or any((moment - moments[0]) % step for moment in moments):
        step = _smallest_gap(moments)
    name = "+".join(bins.value_columns)
    return _fold(points, moments[0], step, name, is_bytes=bins.is_bytes)


def _smallest_gap(moments: list[int]) -> int:
    return min((after - before for before, after in pairwise(moments)), default=_MINUTE)


def _volume(results: ResultSet, width: int) -> Series | None:
    """Bytes over time where the rows have them, else the number of rows."""
    name = next((column for column in TIME_COLUMNS if column in results.columns), None)
    if name is None:
        return None
    at, has_bytes = results.columns.index(name), "bytes" in results.columns
    weight = results.columns.index("bytes") if has_bytes else -1
    points = [
        (moment, _number(row[weight]) if has_bytes else 1.0)
        for row in results.rows
        if (moment := parse_time(row[at])) is not None
    ]
    if not points:
        return None
    first, last = min(points)[0], max(points)[0]
    step = _nice_step(first, last, width, _interval(results))
    label = "bytes" if has_bytes else "rows"
    return _fold(points, first // step * step, step, label, is_bytes=has_bytes)


def _interval(results: ResultSet) -> int:
    """The milliseconds that a flow log adds up in one record: a minute, or else ten.

    In shorter steps steady traffic looks like a fence (VPC user guide, "Aggregation interval").
    Zero where the rows do not say from when to when they are.
    """
    for start, end in (("start", "end"), ("startTime", "endTime")):
        if start in results.columns and end in results.columns:
            places = results.columns.index(start), results.columns.index(end)
            spans = ([parse_time(row[place]) for place in places] for row in results.rows[:SAMPLE])
            lengths = [end - start for start, end in spans if start is not None and end is not None]
            return _MINUTE if max(lengths, default=0) <= _MINUTE else 10 * _MINUTE
    return 0


def _nice_step(first: int, last: int, width: int, least: int) -> int:
    """The shortest step with which the span from `first` to `last` takes `width` bars or fewer.

    None is shorter than `least`.
    """
    for step in STEPS:
        if step >= least and last // step - first // step < width:
            return step
    return math.ceil((last - first + _DAY) / width / _DAY) * _DAY


def _fold(points: Sequence[Point], first: int, step: int, name: str, *, is_bytes: bool) -> Series:
    """The points added up over steps from `first` on."""
    count = (max(moment for moment, _ in points) - first) // step + 1
    fold = math.ceil(count / MOST_BARS)
    step *= fold
    values = [0.0] * math.ceil(count / fold)
    for moment, value in points:
        values[(moment - first) // step] += value
    return Series(first, step, tuple(values), f"{name}/{step_name(step)}", is_bytes)


def _number(text: Cell) -> float:
    """A value that does not count, like the `-` of a NODATA record, is zero."""
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
