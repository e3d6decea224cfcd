"""The question for what has changed: one aggregate over a window, and over an earlier one."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from flowtui.engine.baseline import Baseline
from flowtui.engine.drill import Target, asked, drill
from flowtui.engine.fold import Answer, Folded, Naming, Part, named, part_of, plain
from flowtui.engine.lineage import bin_window, keys_of, last_grouping, meanings_of, resolved
from flowtui.engine.log_health import Health, health_of, health_part
from flowtui.engine.timeline import Chart
from flowtui.engine.timeline import chart as plain_chart
from flowtui.model.amounts import human_duration
from flowtui.model.errors import DrillError, QueryError, UsageError
from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, Query, ResultSet, Row
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.printer import to_source
from flowtui.query.scope import bytes_columns
from flowtui.query.timebin import parse_timestamp, timestamp_text

if TYPE_CHECKING:
    from flowtui.engine.pivot import ShownQuestion, Spot
    from flowtui.flowlogs.format import FlowFormat

NAME = "compare"
NOW, THEN, CHANGE, RATIO, MARK = "now", "then", "change", "ratio", "mark"
"""The columns: of the value that weighs the rows by these names, of others behind their own."""
NEW, GONE = "new", "gone"
CHECKED = "checked"
"""Behind the time: gaps and lost records are looked for, too, by a query more for each window."""
_WITH = "with "
_MOST_PLACES = 4


def compare_of(
    query: Query, baseline: Baseline, flow_format: FlowFormat | None, *, is_free: bool
) -> str:
    """The text that compares the aggregate of a question with an earlier time.

    Where queries are free, lost records are looked for.
    What cuts its rows is left out: a group beyond a limit is not gone. Raises `DrillError`.
    """
    pipeline = parse(plain(query.body))
    index = last_grouping(pipeline)
    if index is None or not isinstance(pipeline.commands[index], ast.Stats):
        raise DrillError(
            "raw flows can't be compared; ask for an aggregate first, such as stats sum(bytes) by"
            " dstaddr"
        )
    if not keys_of(pipeline.commands[index]):
        raise DrillError("a single total has nothing to compare row by row; add keys with by")
    after = [
        each
        for each in pipeline.commands[index + 1 :]
        if not isinstance(each, ast.Sort | ast.Limit)
    ]
    commands = (*pipeline.commands[: index + 1], *after)
    text = to_source(replace(pipeline, commands=commands)).strip()
    has_status = flow_format is not None and flow_format.find("log_status") is not None
    checked = f", {CHECKED}" if is_free and has_status else ""
    return named(f"{NAME} {_WITH}{baseline.text}{checked}", text)


class Compare:
    def __init__(self, text: str, naming: Naming) -> None:
        """Raises `QueryError`."""
        self._line = f"{naming.name} {naming.rest}"
        self._body = plain(text)
        rest, is_checked = naming.rest, False
        if rest.endswith(CHECKED):
            rest, is_checked = rest.removesuffix(CHECKED).rstrip(" ,"), True
        if not rest.startswith(_WITH):
            message = "write what to compare with, as in #! compare with yesterday"
            raise QueryError(message, naming.span)
        try:
            self._baseline = Baseline.read(rest.removeprefix(_WITH))
        except UsageError as error:
            raise QueryError(str(error), naming.span) from error
        self._is_checked = is_checked

    def parts(self, query: Query, window: TimeRange) -> tuple[Part, ...]:
        spans = window, self._earlier(window)
        # A query over all there is would read all there is both times.
        over = [part_of(replace(query, time=span), span) for span in spans]
        checks = [health_part(query, span) for span in spans] if self._is_checked else []
        return (*over, *checks)

    def _earlier(self, window: TimeRange) -> TimeRange:
        try:
            return self._baseline.of(window)
        except UsageError as error:
            raise QueryError(str(error)) from error

    def fold(self, answers: Sequence[Answer]) -> Folded:
        now, then, *checks = answers
        sides = _Sides.of(self._body, now, then)
        results = sides.results()
        health = [health_of(each) for each in checks]
        return Folded(results, (*sides.notices(), *_unlike(now, then, health)))

    def derive(self, kind: str, on: ShownQuestion, spot: Spot) -> Target:
        from flowtui.engine.pivot import derive

        columns = _Columns.of(self._body)
        row = {name: value for name, value in spot.row.items() if name in columns.keys}
        if kind in ("include", "exclude"):
            if spot.column not in columns.keys:
                raise DrillError(
                    f"{spot.column} compares two windows, so no query can ask for it; Enter shows"
                    " the flows behind it"
                )
            target = derive(kind, _plain(on, on.window), replace(spot, row=row))
            body = named(self._line, target.query.body)
            return replace(target, query=replace(target.query, body=body))
        is_earlier = _is_of_then(spot)
        window = self._earlier(on.window) if is_earlier else on.window
        if is_earlier:
            row = columns.earlier(row, on.window.start - window.start)
        shown = _plain(on, window)
        if kind == "drill":
            target = drill(shown.query, window, row, on.format, on.respelled)
        else:
            target = derive(kind, shown, replace(spot, row=row))
        return replace(target, title=f"{target.title}, then") if is_earlier else target

    def events(self, on: ShownQuestion) -> ShownQuestion:
        return _plain(on, on.window)

    def as_flow(self, row: Mapping[str, str]) -> Mapping[str, str]:
        keys = _Columns.of(self._body).keys
        return {name: value for name, value in row.items() if name in keys}

    def chart(self) -> Chart:
        columns, drawn = _Columns.of(self._body), plain_chart(self._body)
        in_bytes, counts = columns.over(drawn.bytes_columns), columns.over(drawn.counts)
        first = columns.values[0]
        bins = None
        if drawn.bins is not None and drawn.bins.value_columns == (first,):
            bins = replace(drawn.bins, value_columns=(NOW,))
        fields = {name: info for name, info in drawn.fields.items() if name in columns.keys}
        # No shares: what there is to see is beside it, not above it.
        return Chart(in_bytes, fields, bins, counts)


def _plain(on: ShownQuestion, window: TimeRange) -> ShownQuestion:
    """The aggregate itself, over one of the windows."""
    body = plain(on.query.body)
    query = replace(asked(on.query, body, on.format), time=window)
    return replace(on, query=query, window=window)


def _is_of_then(spot: Spot) -> bool:
    """Whether the cursor is on the earlier window; of what is gone there is nothing else."""
    *_, side = spot.column.rpartition("_")
    if side in (THEN, NOW, CHANGE, RATIO):
        return side == THEN
    return spot.row.get(MARK) == GONE


# Columns


@frozen
class _Columns:
    """What the columns of the aggregate are."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    bins: tuple[str, ...]
    """The keys that are time, which is another one in the earlier window."""
    in_bytes: frozenset[str]

    @classmethod
    def of(cls, body: str) -> _Columns:
        pipeline = parse(body)
        index = last_grouping(pipeline)
        stats = None if index is None else pipeline.commands[index]
        if not isinstance(stats, ast.Stats):
            raise DrillError("there is no stats to compare; write one")
        meanings = meanings_of(pipeline.commands[:index])
        keys = keys_of(stats)
        times = [key.name for key in keys if _is_time(resolved(key.expr, meanings))]
        return cls(
            tuple(key.name for key in keys),
            tuple(item.name for item in stats.aggregates),
            tuple(times),
            bytes_columns(pipeline),
        )

    def over(self, names: Collection[str]) -> frozenset[str]:
        """The columns of the comparison that these values become."""
        first, *others = self.values
        found = {NOW, THEN, CHANGE} if first in names else set()
        found |= {f"{name}_{end}" for name in others if name in names for end in (NOW, THEN)}
        return frozenset(found)

    def earlier(self, row: Mapping[str, str], offset: timedelta) -> dict[str, str]:
        """The keys of the same row in the earlier window."""
        return {name: self._moved(name, value, -offset) or value for name, value in row.items()}

    def later(self, row: Row, places: Sequence[int], offset: timedelta) -> Row:
        """The keys of a row of the earlier window, as they are in the present one."""
        cells = zip(self.keys, (row[place] for place in places), strict=True)
        return tuple(self._moved(name, cell, offset) for name, cell in cells)

    def _moved(self, name: str, cell: Cell, offset: timedelta) -> Cell:
        if name not in self.bins or cell is None:
            return cell
        moment = parse_timestamp(cell)
        return cell if moment is None else timestamp_text(moment + offset)


def _is_time(expr: ast.Expr) -> bool:
    return bin_window(expr, "2020-01-01 00:00:00.000") is not None


# Both sides


@frozen
class _Change:
    key: Row
    now: Row | None
    then: Row | None
    """The values of both sides; None where there is no such row."""
    weight: float


@frozen
class _Sides:
    columns: _Columns
    shown: tuple[str, ...]
    """The keys that the result has."""
    values: tuple[str, ...]
    changes: tuple[_Change, ...]
    factor: Decimal
    """How much longer the present window is."""

    @classmethod
    def of(cls, body: str, now: Answer, then: Answer) -> _Sides:
        columns = _Columns.of(body)
        known = now.results.columns or then.results.columns
        shown = tuple(name for name in columns.keys if name in known)
        values = tuple(name for name in known if name not in columns.keys)
        columns = replace(columns, keys=shown)
        lengths = now.part.window.length, then.part.window.length
        factor = Decimal(lengths[0] // _MILLI) / Decimal(max(1, lengths[1] // _MILLI))
        offset = now.part.window.start - then.part.window.start
        one = _by_key(columns, values, now.results, timedelta(0))
        other = _by_key(columns, values, then.results, offset)
        changes = [
            _Change(
                key, one.get(key), other.get(key), _weight(one.get(key), other.get(key), factor)
            )
            for key in dict.fromkeys((*one, *other))
        ]
        changes.sort(key=lambda each: (-each.weight, tuple(cell or "" for cell in each.key)))
        return cls(columns, shown, values, tuple(changes), factor)

    def results(self) -> ResultSet:
        others = self.values[1:]
        names = [*self.shown]
        if self.values:
            names += [NOW, THEN, CHANGE, RATIO]
        names += [f"{name}_{end}" for name in others for end in (NOW, THEN)]
        rows = tuple(self._row(each) for each in self.changes)
        return ResultSet((*names, MARK), rows, self.shown)

    def _row(self, change: _Change) -> Row:
        nothing: Row = (None,) * len(self.values)
        now, then = change.now or nothing, change.then or nothing
        cells: list[Cell] = [*change.key]
        if self.values:
            cells += [now[0], then[0], *_compared(now[0], then[0], self.factor)]
        cells += [cell for pair in zip(now[1:], then[1:], strict=True) for cell in pair]
        mark = NEW if change.then is None else GONE if change.now is None else ""
        return (*cells, mark)

    def notices(self) -> tuple[str, ...]:
        new = sum(each.then is None for each in self.changes)
        gone = sum(each.now is None for each in self.changes)
        return (f"{len(self.changes):,} compared: {new:,} new, {gone:,} gone",)


_MILLI = timedelta(milliseconds=1)


def _by_key(
    columns: _Columns, values: Sequence[str], results: ResultSet, offset: timedelta
) -> dict[Row, Row]:
    if not results.rows:
        return {}
    places = [results.columns.index(name) for name in columns.keys]
    at = [results.columns.index(name) for name in values]
    return {
        columns.later(row, places, offset): tuple(row[place] for place in at)
        for row in results.rows
    }


def _number(cell: Cell) -> Decimal | None:
    """What counts; nothing where there is no row or no number."""
    if cell is None:
        return None
    try:
        value = Decimal(cell)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _weight(now: Row | None, then: Row | None, factor: Decimal) -> float:
    """How much has changed, in units of what chance would change.

    Of events that come by chance, n come give or take the root of n: so 0 to 3 weighs less than
    1,000 to 2,000, and 1 GB to 2 GB more than either.
    """
    one = float(_number(now[0]) or 0) if now else 0.0
    other = float((_number(then[0]) or 0) * factor) if then else 0.0
    return abs(one - other) / math.sqrt(abs(one) + abs(other) + 1)


def _compared(now: Cell, then: Cell, factor: Decimal) -> tuple[Cell, Cell]:
    """The change and the ratio; with windows of other lengths, per time."""
    one, other = _number(now), _number(then)
    if one is None and other is None:
        return None, None
    scaled = (other or Decimal(0)) * factor
    change = _written((one or Decimal(0)) - scaled)
    return change, _rounded((one or Decimal(0)) / scaled) if scaled else None


def _rounded(ratio: Decimal) -> str:
    """Three digits, and all before the point."""
    places = max(0, 2 - max(ratio.adjusted(), -_MOST_PLACES)) if ratio else 0
    return _written(round(ratio, places))


def _written(value: Decimal) -> str:
    text = f"{value:.{_MOST_PLACES}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


# What makes it false


def _unlike(now: Answer, then: Answer, health: Sequence[Health]) -> list[str]:
    """Why what differs may not have changed."""
    said = []
    windows = now.part.window, then.part.window
    for answer, other in ((now, "gone"), (then, "new")):
        if answer.is_cut:
            side = "present" if answer is now else "earlier"
            said.append(
                f"the {side} window has more rows than the {len(answer.results.rows):,} that the"
                f" service gives, so that what is marked {other} may not be; narrow the filter"
            )
    lengths = [human_duration(each.length.total_seconds()) for each in windows]
    if windows[0].length != windows[1].length:
        said.append(
            f"the windows are {lengths[0]} and {lengths[1]} long: change and ratio are by time"
        )
    if windows[0].intersect(windows[1]) is not None:
        said.append("the windows overlap: what lies in both counts in both")
    if not then.results.rows and now.results.rows:
        said.append(
            "the earlier window has no rows at all, so that everything is new: "
            "where the log is young, a shorter time (ctrl+t) compares"
        )
    for side, each in zip(("present", "earlier"), health, strict=False):
        said += each.sentences(f"the {side} window")
    return said
