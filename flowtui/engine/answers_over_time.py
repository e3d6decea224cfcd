"""What the queries of `records_behind` have found, as a series and what is known of its gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flowtui.engine import records_behind as columns
from flowtui.engine.counted_once import Captured, CapturePoint, counting_points
from flowtui.engine.over_time import Coverage
from flowtui.engine.records_behind import Behind, Measure
from flowtui.engine.series import Axis, Cover, Point, Series, Side, banded
from flowtui.engine.timeline import (
    MOST_BANDS,
    ONCE,
    cover_of,
    interval,
    number,
    parse_time,
    side_of,
)
from flowtui.model.run import ResultSet

Record = Mapping[str, str]


def read_coverage(results: ResultSet, steps: Axis) -> Coverage:
    """The answer to `records_behind.coverage`."""
    start, step, count = steps
    kinds = [Cover.NOTHING] * count
    lengths: list[tuple[float, float]] = []
    for record in _records(results):
        moment = parse_time(record.get(columns.AT))
        if moment is None:
            continue
        place = max(0, min(count - 1, (moment - start) // step))
        kind = cover_of(record.get(columns.STATUS, ""))
        kinds[place] = max(kinds[place], kind)
        if kind is Cover.RECORDED:
            length = number(record.get(columns.LONGEST)) * 1000
            lengths.append((length, number(record.get(columns.RECORDS))))
    return Coverage(start, step, tuple(kinds), interval(_percentile(lengths)))


def _percentile(lengths: Sequence[tuple[float, float]]) -> float:
    """The length that 95 % of the records have at most, or less."""
    left = 0.95 * sum(count for _, count in lengths)
    for length, count in sorted(lengths):
        left -= count
        if left <= 0:
            return length
    return 0.0


def read_series(results: ResultSet, steps: Axis, on: Behind) -> Series:
    """The answer to `records_behind.over_time`."""
    records = list(_records(results))
    has_amounts = on.measure is not Measure.RECORDS and any(
        number(record.get(columns.AMOUNT)) for record in records
    )
    amount = columns.AMOUNT if has_amounts else columns.RECORDS
    measure = on.measure if has_amounts else Measure.RECORDS
    counted, note = _each_flow_once(records, amount, on)
    points = [
        Point(moment, number(record.get(amount)), record.get(columns.BAND, ""), _side(record, on))
        for record in counted
        if (moment := parse_time(record.get(columns.AT))) is not None
    ]
    found = banded(steps, points, measure, MOST_BANDS, is_bytes=measure is Measure.BYTES)
    return replace(found, note=note)


def _each_flow_once(
    records: Sequence[Record], amount: str, on: Behind
) -> tuple[Sequence[Record], str]:
    """The records that count: of a conversation both ends may have recorded each flow."""
    has_points = {columns.INTERFACE, columns.SIDE} & {n for r in records[:1] for n in r}
    if on.conversation is None or not has_points:
        return records, ""
    counting = counting_points(
        Captured(
            _flow(record),
            _point(record),
            number(record.get(amount)),
            record.get(columns.ACTION) == "REJECT",
        )
        for record in records
    )
    return [each for each in records if counting[_flow(each)] == _point(each)], ONCE


def _flow(record: Record) -> tuple[str, str]:
    return record.get(columns.SOURCE, ""), record.get(columns.TARGET, "")


def _point(record: Record) -> CapturePoint:
    return CapturePoint(record.get(columns.INTERFACE, ""), record.get(columns.SIDE, ""))


def _side(record: Record, on: Behind) -> Side:
    """As its interface saw it; in a conversation, as its first address does."""
    if on.conversation is not None:
        is_ours = record.get(columns.SOURCE) == on.conversation.here
        return Side.OUT if is_ours else Side.IN
    return side_of(record.get(columns.SIDE))


def top_values(results: ResultSet) -> tuple[str, ...]:
    """The answer to `records_behind.ranking`."""
    return tuple(value for each in _records(results) if (value := each.get(columns.BAND)))


def _records(results: ResultSet) -> list[dict[str, str]]:
    return [results.record(index) for index in range(len(results.rows))]
