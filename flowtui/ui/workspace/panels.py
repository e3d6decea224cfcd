"""The panels of the main screen, and what they show.

What only an answer or a dialogue needs is imported there: half of the time to the first frame is
spent on imports.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.events import ScreenSuspend
from textual.reactive import var
from textual.screen import Screen

from flowtui.engine.cost import Meter
from flowtui.model.run import Query, QueryRun
from flowtui.model.source import Source
from flowtui.model.timerange import Time
from flowtui.ui.text import clean
from flowtui.ui.widgets.flow_grid import FlowGrid
from flowtui.ui.widgets.key_bar import KeyBar
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.result_grid import ResultGrid
from flowtui.ui.widgets.run_status import Remark, RunStatus, describe_rows, no_rows
from flowtui.ui.widgets.timeline import Timeline
from flowtui.ui.widgets.trail_bar import TrailBar

if TYPE_CHECKING:
    from textual.timer import Timer

    from flowtui.engine.asking import Asking
    from flowtui.engine.cost import Estimate
    from flowtui.engine.trail import Trail
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.ui.workplace import Opening, Workplace


REST = 0.3
"""So many seconds without a key or an answer, and what a run may scan is told."""


class Panels(Screen[None]):
    """The panels of the workspace, and the state that they show: data goes down by binding."""

    run: var[QueryRun | None] = var[QueryRun | None](None)
    trail: var[Trail | None] = var["Trail | None"](None)
    groups: var[tuple[str, ...]] = var[tuple[str, ...]](())
    time: var[Time | None] = var[Time | None](None)
    zone: var[tzinfo] = var[tzinfo](UTC)
    flow_format: var[FlowFormat | None] = var["FlowFormat | None"](None)
    told: var[QueryRun | None] = var[QueryRun | None](None)
    """The run that the status line tells of; None where the question was changed since."""
    ahead: var[Estimate | None] = var["Estimate | None"](None)
    """What the question may scan when it is run."""

    def __init__(self, workplace: Workplace, opening: Opening) -> None:
        super().__init__()
        self._work = workplace
        self._opening = opening
        self._every = ""
        """How often the rows are asked for anew, for their title."""
        self._foreseeing: Timer | None = None
        self._is_asking: Asking | None = None
        self.left_running: dict[Source, list[str]] = {}
        """The ids of queries that may still run because their stop went unanswered."""
        self.meter = Meter()

    def compose(self) -> ComposeResult:
        status = RunStatus(price_per_gb=self._work.settings.price_per_gb)
        yield status.data_bind(
            Panels.groups,
            Panels.time,
            Panels.zone,
            Panels.ahead,
            run=Panels.told,
        )
        editor = QueryEditor(self._opening.body, earlier=self._earlier_texts, id="editor")
        yield editor.data_bind(Panels.flow_format)
        yield Timeline(id="timeline").data_bind(Panels.zone)
        yield TrailBar().data_bind(Panels.trail)
        yield FlowGrid(id="results").data_bind(Panels.zone, Panels.flow_format)
        yield Remark()
        yield KeyBar()

    def on_mount(self) -> None:
        self.groups = self._opening.groups
        self.time = self._opening.time
        if self._work.settings.local_time:
            from flowtui.ui.screens.time_range import LOCAL

            self.zone = LOCAL
        self._grid.border_title = "Results"
        self.query_one(RunStatus).place = self._work.service.place
        self.query_one(QueryEditor).focus()

    @property
    def _asking(self) -> Asking:
        """Made when it is first needed, which is behind the first frame."""
        if self._is_asking is None:
            from flowtui.engine.asking import Asking
            from flowtui.ui.formatting import told

            work, resumed = self._work, self._opening.resumed
            self._is_asking = Asking(
                work.service, partial(told, work), work.delays, work.now, self._say,
                self.left_running.setdefault(work.source, []), work.settings.stop_above_gb,
                self.meter, resumed.investigation.last_id + 1 if resumed else 1,
            )  # fmt: skip
        return self._is_asking

    @property
    def _grid(self) -> ResultGrid:
        return self.query_one(ResultGrid)

    def _say(self, text: str, *, is_error: bool = False) -> None:
        remark = self.query_one(Remark)
        remark.is_error = is_error
        remark.text = clean(text)

    # The question that is in the editor, and the one that the rows answer

    @property
    def _shown(self) -> QueryRun | None:
        """The run whose rows are in the grid."""
        return self.trail.current.run if self.trail else None

    def _question(self) -> Query:
        from flowtui.engine.asking import chooses_groups

        body = self.query_one(QueryEditor).text
        return Query(body, self.time, () if chooses_groups(body) else self.groups)

    def watch_time(self) -> None:
        self._compare()

    def watch_groups(self) -> None:
        self._compare()

    def watch_run(self) -> None:
        self._compare()

    def watch_trail(self) -> None:
        if (run := self._shown) is not None:
            from flowtui.engine.cut import cut

            self._grid.count = describe_rows(run.latest, is_cut=bool(cut(run.query, run.latest)))
        self._compare()

    @on(QueryEditor.Changed)
    def compare_text(self) -> None:
        self._compare()

    def _compare(self) -> None:
        """Say where the rows and the status are of another question than the one that is asked."""
        self._foresee()
        if self.run is None:
            return
        question, run = self._question(), self.run
        self.told = run if not run.is_final or is_same(run.query, question) else None
        is_shown = self._shown is None or is_same(self._shown.query, question)
        title = "Results" if is_shown else "Results of the query before"
        self._grid.border_title = title + self._every

    def _foresee(self) -> None:
        """Tell what the question may scan, once nobody types any more; a free one is not told."""
        if self._foreseeing is not None:
            self._foreseeing.stop()
        if self._work.settings.price_per_gb:
            self._foreseeing = self.set_timer(REST, self._tell_ahead)

    def _tell_ahead(self) -> None:
        is_asking = any(w.group == "prepare" and not w.is_finished for w in self.workers)
        self.ahead = None if is_asking else self._asking.foreseen(self._question())

    def _show_results(self, run: QueryRun) -> None:
        from flowtui.engine.timeline import chart, series

        results, timeline = run.latest.results, self.query_one(Timeline)
        drawn = chart(run.query.text)
        was_empty, cursor = not self._grid.results.rows, self.trail and self.trail.current.cursor
        self._grid.show(results, drawn.bytes_columns)
        if was_empty and cursor:
            self._grid.restore(cursor)
        timeline.series = series(results, timeline.bar_cells, drawn.bins)
        if not results.rows:
            self._grid.hint = self._no_rows(run)
        hint = "no times in these rows; group by bin(5m) to see them over time"
        timeline.hint = hint if results.rows else ""

    def _no_rows(self, run: QueryRun) -> str:
        """What stands in the place of rows: a query that had some is not said to have none."""
        step = self.trail.current if self.trail else None
        if step is None or step.run.id != run.id or not step.forgotten:
            return no_rows(run.window, self.zone) if run.is_final else "no rows yet"
        lost = f"{step.forgotten:,} rows that are not here"
        return f"{lost}\nt and Enter read them again, without a scan; F5 runs the query"

    async def _earlier_texts(self) -> Sequence[str]:
        from flowtui.ui.chronicle import earlier_texts

        return await earlier_texts(self._work.history)

    @on(QueryEditor.Refused)
    def explain(self, message: QueryEditor.Refused) -> None:
        self._say(message.reason, is_error=True)

    @on(ScreenSuspend)
    def close_choices(self) -> None:
        """A dialogue does not take the focus from the editor below it."""
        self.query_one(QueryEditor).dismiss()


def is_same(one: Query, other: Query) -> bool:
    """Whether both ask the same over the same time."""
    return is_again(one, other) and one.time == other.time


def is_again(one: Query, other: Query) -> bool:
    return (one.body, one.log_groups) == (other.body, other.log_groups)
