"""The rows of a step of the trail, shown in the grid and on the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.engine.fold import is_fold
from flowtui.engine.rows_at_hand import told_text
from flowtui.engine.timeline import Chart, chart, series
from flowtui.engine.truncation import truncation
from flowtui.model.run import RunState
from flowtui.ui.widgets.grid.columns import Meanings
from flowtui.ui.widgets.run_status import describe_rows, no_rows

if TYPE_CHECKING:
    from datetime import tzinfo

    from flowtui.engine.over_time import OverTime
    from flowtui.engine.remainder import Remainder
    from flowtui.engine.series import Series
    from flowtui.engine.trail import Step
    from flowtui.ui.widgets.grid.result_grid import ResultGrid
    from flowtui.ui.widgets.timeline import Timeline

NO_TIMES = "no times in these rows; T asks for the records over time, a query of its own"
MOST_AT_ONCE = 5_000
"""Rows that are put over time before the records behind them are known: more take too long."""
COMING = "looking at the records over time"


def show_rows(step: Step | None, grid: ResultGrid) -> None:
    """Show what has come of a step so far; None is before the first one.

    In a grid that was empty the cursor goes to where it was when the step was left.
    """
    if step is None:
        grid.count = ""
        return
    run, was_empty = step.run, not grid.results.rows
    results, drawn = run.latest.results, chart(told_text(run.query))
    grid.count = count_of(step, None)
    grid.hint = _in_place_of_rows(step, grid.zone)
    grid.show(results, _meanings(drawn))
    if was_empty and step.cursor:
        grid.restore(step.cursor)


def show_time(step: Step | None, over_time: OverTime, timeline: Timeline, *, is_free: bool) -> None:
    """Show when it was: from the rows, or from the records behind them where those are known.

    `is_free` is that the records are looked at by themselves.
    """
    if step is None:
        timeline.hint, timeline.series, timeline.earlier = "", None, None
        timeline.is_coming = False
        return
    found = over_time.of(step.run.id)
    count = len(step.run.latest.results.rows)
    waits_for_records = is_free and found.run is None and count > MOST_AT_ONCE
    shown = None if waits_for_records else series_of(step, found)
    if shown != timeline.series:
        timeline.series = shown
    timeline.earlier = None if shown is None else found.before
    has_rows = bool(count)
    timeline.is_coming = shown is None and has_rows and is_free and found.run is None
    waits = COMING if timeline.is_coming else NO_TIMES
    timeline.hint = (found.refusal or waits) if has_rows else ""


def series_of(step: Step, found: OverTime) -> Series | None:
    """The records behind the rows over time, else the rows themselves; with their gaps."""
    if found.series is not None:
        return found.series
    run = step.run
    if is_fold(run.query.body):
        # Its rows are no records: a time among their columns says when something began.
        return None
    is_whole = run.latest.state is RunState.COMPLETE and not truncation(run.query, run.latest)
    results, drawn = run.latest.results, chart(run.query.text)
    shown = series(results, run.window, drawn, found.split, is_whole=is_whole)
    return found.coverage.onto(shown) if found.coverage and shown else shown


def count_of(step: Step, left_out: Remainder | None) -> str:
    """How many rows there are: `20 of 3,112 groups; these are 71 % of bytes, complete`."""
    run = step.run
    if left_out is not None:
        rows = len(run.latest.results.rows)
        return f"{rows:,} {left_out.told}, {run.latest.state.lower()}"
    return describe_rows(run.latest, is_cut=bool(truncation(run.query, run.latest)))


def _meanings(drawn: Chart) -> Meanings:
    return Meanings(drawn.fields, drawn.bytes_columns, drawn.counts, drawn.totals)


def _in_place_of_rows(step: Step, zone: tzinfo) -> str:
    """A query that had some is not said to have none."""
    if step.forgotten:
        lost = f"{step.forgotten:,} rows that are not here"
        return f"{lost}\nt and Enter read them again, without a scan; F5 runs the query"
    return no_rows(step.run.window, zone) if step.run.is_final else "no rows yet"
