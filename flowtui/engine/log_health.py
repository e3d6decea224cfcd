"""What a log lacks in a window: records that were lost, gaps, a beginning that came later."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from flowtui.engine.fold import MOST_ROWS, Answer, Part, plain
from flowtui.model.frozen import frozen
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, does
from flowtui.query.parser import parse
from flowtui.query.printer import to_source
from flowtui.query.timebin import parse_timestamp

_STEPS = (1, 5, 10, 30, 60)
"""Minutes; flow logs add up one or ten of them in a record."""
_MOST_BINS = 400
_LOST = "SKIPDATA"


def health_part(query: Query, window: TimeRange) -> Part:
    """How many records there are over time, by how the logging went."""
    pipeline = parse(plain(query.body))
    front = tuple(each for each in pipeline.commands if does(each, CommandRole.OWNS_FIELDS))
    stats = f"stats count(*) as records by log_status, bin({_step(window)}) as time"
    kept = to_source(replace(pipeline, commands=front)).strip() if front else ""
    body = f"{kept}\n| {stats}" if kept else stats
    return Part(replace(query, body=body, time=window, limit=MOST_ROWS), window)


def _step(window: TimeRange) -> str:
    minutes = window.length / timedelta(minutes=1) / _MOST_BINS
    step = next((each for each in _STEPS if each >= minutes), None)
    return f"{step}m" if step and step < 60 else f"{max(1, round(minutes / 60))}h"


@frozen
class Health:
    lost: int
    """Records that say that some were lost."""
    begins: datetime | None
    """When the first record is, if it is late."""
    gaps: int
    """Steps without any record."""
    step: timedelta

    def sentences(self, window: str) -> list[str]:
        said = []
        if self.begins is not None:
            said.append(
                f"in {window} records begin at {self.begins:%Y-%m-%d %H:%M}: what the log does not"
                " reach can't be compared"
            )
        if self.gaps:
            gaps = "a gap" if self.gaps == 1 else f"{self.gaps:,} gaps"
            said.append(f"{window} has {gaps} of {self.step // _MINUTE}m without records")
        if self.lost:
            lost = "a SKIPDATA record" if self.lost == 1 else f"{self.lost:,} SKIPDATA records"
            said.append(f"{window} has {lost}: its totals are lower bounds")
        return said


_MINUTE = timedelta(minutes=1)


def health_of(answer: Answer) -> Health:
    results, window = answer.results, answer.part.window
    command = next(
        each for each in parse(answer.part.query.body).commands if isinstance(each, ast.Stats)
    )
    step = _length(command)
    if not results.rows:
        return Health(0, None, 0, step)
    at = {name: results.columns.index(name) for name in ("time", "log_status", "records")}
    lost, moments = 0, set[datetime]()
    for row in results.rows:
        moment = parse_timestamp(row[at["time"]] or "")
        if row[at["log_status"]] == _LOST:
            lost += int(row[at["records"]] or 0)
        if moment is not None:
            moments.add(moment)
    first, last = min(moments), max(moments)
    expected = (last - first) // step + 1
    is_late = first - window.start > max(2 * step, timedelta(minutes=10))
    return Health(lost, first if is_late else None, max(0, expected - len(moments)), step)


def _length(stats: ast.Stats) -> timedelta:
    for key in stats.keys:
        match key.expr:
            case ast.Call(_, (ast.Period(count, unit),)):
                return timedelta(minutes=count) if unit == "m" else timedelta(hours=count)
    return _MINUTE
