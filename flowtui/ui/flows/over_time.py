"""The records behind the rows over time: on the whole screen, and by which column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.flowlogs.fields import SPELLINGS, FieldType
from flowtui.ui.charts.stack import Glyphs
from flowtui.ui.context import FlowContext
from flowtui.ui.text import NOTHING

if TYPE_CHECKING:
    from flowtui.engine.series import Series
    from flowtui.engine.session_state import SessionState
    from flowtui.model.run import QueryRun, Row
    from flowtui.ui.charts.groups import Group
    from flowtui.ui.screens.charts import ChartView
    from flowtui.ui.screens.pick import Choice

NOT_SPLIT = "(nothing: one bar for all)"
FIRST = ("action", "flow_direction", "protocol", "dstport", "srcaddr", "dstaddr", "interface_id")
_AMOUNTS = frozenset({"bytes", "packets", "start", "end", "version"})


async def split_time(flow: FlowContext) -> str:
    """Have the user choose. To be called by a worker."""
    from flowtui.ui.screens.pick import PickScreen

    state = flow.session.state
    if state.shown is None:
        return "there are no rows yet to see over time"
    choices = choices_of(state, flow.grid.cursor_column_name)
    screen = PickScreen("Over time, tell apart by", choices, state.over_time.split)
    column = await flow.app.push_screen_wait(screen)
    if column is None:
        return ""
    flow.session.split_time(column)
    return f"over time: by {column}" if column else "over time: all in one"


def choices_of(state: SessionState, here: str) -> list[Choice]:
    names = columns_to_split_by(state, here)
    return [*((name, name) for name in names), ("", NOT_SPLIT)]


async def show_charts(flow: FlowContext) -> str:
    """The whole screen over time; what is selected there is asked about. For a worker.

    Where that would be a scan, and nothing is at hand, it is asked for first.
    """
    from flowtui.ui.screens.charts import ChartScreen, Wishes

    session = flow.session
    if session.state.shown is None:
        return "there are no rows yet to see over time"
    view = _view_of(flow)
    if view.series is None and not session.is_time_free:
        session.ask_over_time()
        return ""
    settings, wishes = flow.context.settings, Wishes(session.split_time, session.look_before)
    glyphs = Glyphs(settings.chart_glyphs)
    screen = ChartScreen(view, zone=flow.zone, glyphs=glyphs, wishes=wishes)

    def show(_: SessionState) -> None:
        if (view := _view_of(flow)) != screen.view:
            screen.view = view

    session.subscribe(show)
    try:
        span = await flow.app.push_screen_wait(screen)
    finally:
        session.unsubscribe(show)
    if span is not None:
        session.zoom(span)
    return ""


def _view_of(flow: FlowContext) -> ChartView:
    from flowtui.ui.screens.charts import ChartView
    from flowtui.ui.widgets.step_rows import series_of

    state, trail = flow.session.state, flow.session.state.trail
    if trail is None:
        return ChartView()
    found = state.over_time.of(trail.current.run.id)
    series = series_of(trail.current, found)
    return ChartView(
        trail.current.title,
        series,
        found.before,
        _groups_of(trail.current.run, series),
        found.split,
        tuple(choices_of(state, "")),
        tuple(query.text for query in found.queries),
        found.wants_before,
        found.refusal,
    )


def _groups_of(run: QueryRun, series: Series | None) -> tuple[Group, ...]:
    """The rows by their keys and their first amount; of raw rows the values told apart."""
    from flowtui.engine.timeline import chart, number
    from flowtui.model.amounts import human_bytes, human_count
    from flowtui.ui.charts.groups import Group
    from flowtui.ui.charts.panel import size

    drawn, results = chart(run.query.text), run.latest.results
    if not results.keys:
        bands = () if series is None else series.by_name()
        sums = ((band.name, sum(band.values)) for band in bands)
        return tuple(Group(name, total, size(series, total)) for name, total in sums if series)
    amounts = [name for name in results.columns if name in drawn.bytes_columns | drawn.counts]
    if not amounts:
        return ()
    at = results.columns.index(amounts[0])
    keys = [i for i, name in enumerate(results.columns) if name in results.keys]
    wide = [max((len(row[key] or NOTHING) for row in results.rows), default=0) for key in keys]
    shown = human_bytes if amounts[0] in drawn.bytes_columns else human_count

    def name(row: Row) -> str:
        cells = zip(keys, wide, strict=True)
        return "  ".join((row[key] or NOTHING).ljust(width) for key, width in cells)

    return tuple(
        Group(name(row), amount, shown(amount))
        for row in results.rows
        if row[at] is not None and (amount := number(row[at])) >= 0
    )


def columns_to_split_by(state: SessionState, here: str) -> list[str]:
    """The columns whose values can be told apart, that of the cursor first."""
    known = () if state.flow_format is None else state.flow_format.columns
    shown = () if state.shown is None else state.shown.latest.results.columns
    fields = [SPELLINGS[name].column for name in (here, *shown) if name in SPELLINGS]
    usual = [name for name in FIRST if not known or name in known]
    found = dict.fromkeys([*fields[:1], *usual, *fields, *known])
    return [name for name in found if not _is_amount(name)]


def _is_amount(name: str) -> bool:
    info = SPELLINGS.get(name)
    is_time = info is not None and info.type is FieldType.SECONDS
    return is_time or name in _AMOUNTS
