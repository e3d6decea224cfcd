"""The rows of a step of the trail, shown in the grid and on the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.engine.timeline import Chart, chart, series
from flowtui.engine.truncation import truncation
from flowtui.ui.widgets.grid_columns import Meanings
from flowtui.ui.widgets.run_status import describe_rows, no_rows

if TYPE_CHECKING:
    from datetime import tzinfo

    from flowtui.engine.trail import Step
    from flowtui.ui.widgets.result_grid import ResultGrid
    from flowtui.ui.widgets.timeline import Timeline


def show_rows(step: Step | None, grid: ResultGrid, timeline: Timeline) -> None:
    """Show what has come of a step so far; None is before the first one.

    In a grid that was empty the cursor goes to where it was when the step was left.
    """
    if step is None:
        grid.count = ""
        timeline.series = None
        return
    run, was_empty = step.run, not grid.results.rows
    results, drawn = run.latest.results, chart(run.query.text)
    grid.count = describe_rows(run.latest, is_cut=bool(truncation(run.query, run.latest)))
    grid.hint = _in_place_of_rows(step, grid.zone)
    grid.show(results, _meanings(drawn))
    if was_empty and step.cursor:
        grid.restore(step.cursor)
    timeline.series = series(results, timeline.bar_cells, drawn.bins)


def _meanings(drawn: Chart) -> Meanings:
    return Meanings(drawn.fields, drawn.bytes_columns, drawn.counts, drawn.totals)


def _in_place_of_rows(step: Step, zone: tzinfo) -> str:
    """A query that had some is not said to have none."""
    if step.forgotten:
        lost = f"{step.forgotten:,} rows that are not here"
        return f"{lost}\nt and Enter read them again, without a scan; F5 runs the query"
    return no_rows(step.run.window, zone) if step.run.is_final else "no rows yet"
