"""The main screen: it turns what the user asks into runs, and runs into what the panels show.

What only an answer or a dialogue needs is imported there: half of the time to the first frame is
spent on imports.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import ScreenSuspend
from textual.reactive import var
from textual.screen import Screen

from flowtui.engine.cost import Meter
from flowtui.model.errors import CredentialsError, FlowtuiError, QueryError
from flowtui.model.run import Query, QueryRun, RunState
from flowtui.model.source import Source
from flowtui.model.timerange import Time, TimeRange
from flowtui.ui.messages import RunChanged
from flowtui.ui.text import clean
from flowtui.ui.widgets.flow_grid import FlowGrid
from flowtui.ui.widgets.key_bar import MORE, KeyBar
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.result_grid import ResultGrid
from flowtui.ui.widgets.run_status import (
    Remark,
    RunStatus,
    describe_rows,
    ended_badly,
    no_rows,
)
from flowtui.ui.widgets.timeline import Timeline
from flowtui.ui.widgets.trail_bar import TrailBar

if TYPE_CHECKING:
    from textual.timer import Timer

    from flowtui.backends.base import SavedQuery, Service
    from flowtui.engine.asking import Asking
    from flowtui.engine.cost import Estimate
    from flowtui.engine.drill import Target
    from flowtui.engine.pace import Delays
    from flowtui.engine.trail import Step, Trail
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.journal.history import History
    from flowtui.journal.investigation import Investigation
    from flowtui.journal.records import Records, Resumed
    from flowtui.memory import Memory
    from flowtui.settings import Settings
    from flowtui.ui.accounts import Accounts, Kind
    from flowtui.ui.chronicle import Chronicle
    from flowtui.ui.clipboard import Clipboard
    from flowtui.ui.saving import Saving
    from flowtui.ui.shelves import Desk, Opened


@dataclass(frozen=True, slots=True)
class Origin:
    """How the program was told where its records are, for commands that do the same."""

    command: tuple[str, ...] = ("flowtui",)
    """What opens this source: `flowtui open PATH`."""
    account: tuple[tuple[str, str], ...] = ()
    """`profile` and `region`, as far as they were given."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a workspace works with; the composition root fills it."""

    service: Service
    settings: Settings
    clipboard: Clipboard
    delays: Delays
    now: Callable[[], datetime]
    given_format: Callable[[str], FlowFormat | None] = lambda _: None
    """The format of a log group that the user has given: it wins over what is found out."""
    origin: Origin = Origin()
    exports: Path = Path()
    """The folder that the trail is written to."""
    memory: Memory | None = None
    """What is remembered of the places in AWS; files need none."""
    accounts: Accounts | None = None
    """The way to another profile or region; files have none."""
    history: Callable[[], History] | None = None
    """The runs of all sessions."""
    source: Source = field(default_factory=Source)
    records: Records | None = None
    """Where the investigation is saved as it changes."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the workspace shows first: the command line's wishes."""

    body: str = ""
    groups: tuple[str, ...] = ()
    time: Time | None = None
    resumed: Resumed | None = None
    """The investigation that goes on."""


MOST_CELLS = 1_000_000
"""Cells of results that the trail keeps; some 100 MB of memory."""

REST = 0.3
"""So many seconds without a key or an answer, and what a run may scan is told."""


class WorkspaceScreen(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f5,ctrl+r", "run", "Run", id="run", priority=True, key_display="F5",
            tooltip="Run the query",
        ),
        Binding(
            "escape", "cancel", "Stop", id="cancel", priority=True, show=False,
            tooltip="Close the choices; else stop the running query; else leave the editor",
        ),
        Binding("ctrl+g", "groups", "Groups", id="groups", priority=True, tooltip="Log groups"),
        Binding("ctrl+t", "time", "Time", id="time", priority=True, tooltip="Time range"),
        Binding(
            "ctrl+e", "focus_editor", "Editor", id="editor", priority=True, show=False,
            tooltip="To the query",
        ),
        Binding(
            "ctrl+o", "focus_results", "Results", id="results", priority=True, show=False,
            tooltip="To the results",
        ),
        Binding(
            "ctrl+y", "copy_query", "Copy query", id="copy_query", priority=True, show=False,
            tooltip="Copy the whole query",
        ),
        Binding(
            "f3", "whole_query", "Whole query", id="whole_query", priority=True, show=False,
            tooltip="The query as it runs, with its parse command",
        ),
        Binding(
            "f4", "playbook", "Playbook", id="playbook", priority=True, key_display="F4",
            group=MORE, tooltip="Questions to begin with: scans, rejects, exfiltration and so on",
        ),
        Binding(
            "f6", "place('profile')", "Profile", id="profile", priority=True, show=False,
            key_display="F6", tooltip="Another AWS profile; the query stays",
        ),
        Binding(
            "f7", "place('region')", "Region", id="region", priority=True, show=False,
            key_display="F7", tooltip="Another AWS region; the query stays",
        ),
        Binding(
            "f8", "saved_queries", "Saved queries", id="saved_queries", priority=True,
            key_display="F8", group=MORE,
            tooltip="The saved queries as folders; Enter opens one, nothing is run by itself",
        ),
        Binding(
            "ctrl+s", "save_query", "Save query", id="save_query", priority=True, show=False,
            tooltip="Save the query under a name, with its log groups; asks before overwriting",
        ),
        Binding(
            "f12", "history", "History", id="history", priority=True, show=False,
            key_display="F12", tooltip="All runs of all sessions; type to search",
        ),
        Binding(
            "f9", "flow_format", "Flow format", id="flow_format", priority=True, show=False,
            key_display="F9", tooltip="The format of the log group's records",
        ),
        # In the editor a question mark is a question mark.
        Binding(
            "f1,question_mark", "help", "Help", id="help", key_display="F1", tooltip="The keys"
        ),
    ]  # fmt: skip

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
        self._coming: Step | None = None
        self._replaces = False
        self._watching: Timer | None = None
        self._foreseeing: Timer | None = None
        self._every = ""
        self._agreed: Query | None = None
        self._sought = ""
        self._is_asking: Asking | None = None
        self._is_chronicle: Chronicle | None = None
        self._saved: SavedQuery | None = None
        """What the editor's text was opened from, or saved as, the last time."""
        self.left_running: dict[Source, list[str]] = {}
        """The ids of queries that may still run because their stop went unanswered."""
        self.meter = Meter()
        self._saving: Saving | None = None
        self._has_ended = False
        self.unsaved = ""
        """Why the investigation could not be saved when it ended."""

    def compose(self) -> ComposeResult:
        status = RunStatus(price_per_gb=self._work.settings.price_per_gb)
        yield status.data_bind(
            WorkspaceScreen.groups,
            WorkspaceScreen.time,
            WorkspaceScreen.zone,
            WorkspaceScreen.ahead,
            run=WorkspaceScreen.told,
        )
        yield QueryEditor(self._opening.body, id="editor").data_bind(WorkspaceScreen.flow_format)
        yield Timeline(id="timeline").data_bind(WorkspaceScreen.zone)
        yield TrailBar().data_bind(WorkspaceScreen.trail)
        yield FlowGrid(id="results").data_bind(WorkspaceScreen.zone, WorkspaceScreen.flow_format)
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
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """What the first frame does not wait for."""
        resumed = self._opening.resumed
        self._keep(resumed)
        self._prepare()
        if resumed is not None:
            self._resume(resumed)

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
    def _chronicle(self) -> Chronicle | None:
        if self._is_chronicle is None and self._work.history is not None:
            from flowtui.ui.chronicle import Chronicle

            self._is_chronicle = Chronicle(self._work.history, self._complain)
        return self._is_chronicle

    def _complain(self, text: str) -> None:
        """The history may fail when there is no screen any more to say so on."""
        if self.is_attached:
            self._say(text, is_error=True)

    @work(group="prepare", exclusive=True)
    async def _prepare(self) -> None:
        """Learn the format of the chosen log groups, so that the border can name its parse."""
        try:
            known = await self._asking.known(self.groups)
        except FlowtuiError as error:
            self._fail(None, error)
        else:
            self.flow_format = known.format
            if known.notice:
                self._say(known.notice)
        self.query_one(RunStatus).place = self._work.service.place
        self._foresee()

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
        if self._is_chronicle is not None and self.run is not None:
            self._is_chronicle.follow(self.run)

    def watch_trail(self) -> None:
        if (run := self._shown) is not None:
            from flowtui.engine.cut import cut

            self._grid.count = describe_rows(run.latest, is_cut=bool(cut(run.query, run.latest)))
        self._compare()

    @on(QueryEditor.Changed)
    def _compare(self) -> None:
        """Say where the rows and the status are of another question than the one that is asked."""
        self._foresee()
        self._note()
        if self.run is None:
            return
        question, run = self._question(), self.run
        self.told = run if not run.is_final or _is_same(run.query, question) else None
        is_shown = self._shown is None or _is_same(self._shown.query, question)
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

    # What the user asks

    def action_run(self) -> None:
        # Keys that were typed before this one may still be on their way to the editor.
        self.query_one(QueryEditor).call_later(self._run_text)

    def _run_text(self) -> None:
        from flowtui.engine.asking import title_of

        query, shown = self._question(), self._shown
        self._replaces = shown is not None and _is_again(shown.query, query)
        kept = self.trail.current.title if self.trail and self._replaces else ""
        self._ask(query, None, kept or title_of(query.body))

    def _ask(self, query: Query, window: TimeRange | None, title: str) -> None:
        """Run `query`; its step joins the trail when it has something to show."""
        self._end_run(RunState.CANCELLED)
        self._say("")
        self._follow(query, window, title)

    @work(group="run", exclusive=True)
    async def _follow(self, query: Query, window: TimeRange | None, title: str) -> None:
        """Post every change of a run; cancelling this worker stops the query."""
        from flowtui.engine.trail import Step

        run: QueryRun | None = None
        try:
            query, known = await self._asking.complete(query)
            if known is not None:
                self.flow_format = known.format
                self._say(known.notice)
            window = window or await self._asking.window(query)
            if not await self._agrees(query, window):
                self._end_watch()
                self._say("not run; F5 asks again")
                return
            async with aclosing(self._asking.runs(query, window)) as runs:
                run = await anext(runs)
                if self._chronicle is not None:
                    self._chronicle.begin(run, self._work.service.place)
                self._coming, self.run = Step(run, title), run
                async for run in runs:
                    self.post_message(RunChanged(run))
        except QueryError as error:
            self._point_at(error, query)
            self._fail(run, error)
        except FlowtuiError as error:
            self._fail(run, error)

    async def _agrees(self, query: Query, window: TimeRange) -> bool:
        """Whether the user agrees to what it may cost; a watch is agreed to as a whole."""
        from flowtui.ui.scanning import agrees

        if self._agreed == query:
            return True
        if self._work.settings.confirm_above_gb:
            await self._asking.learn(query)
        estimate = self._asking.estimate(query, window)
        is_agreed = await agrees(self.app, self._work.settings, estimate, query, window)
        if is_agreed and self._watching is not None:
            self._agreed = query
        return is_agreed

    @work
    async def _offer_login(self, command: tuple[str, ...]) -> None:
        from flowtui.ui.login import offer_login

        if said := await offer_login(self.app, command):
            self._say(said)
            self._prepare()

    def _fail(self, run: QueryRun | None, error: FlowtuiError) -> None:
        if isinstance(error, CredentialsError) and error.login:
            self._offer_login(error.login)
        if run is not None:
            self.post_message(RunChanged(run.end(RunState.FAILED, self._work.now(), str(error))))
        else:
            self._say(str(error), is_error=True)

    def _point_at(self, error: QueryError, query: Query) -> None:
        """Put the cursor where the error is; its span counts from the parse command on."""
        start = error.span[0] - (len(query.text) - len(query.body))
        editor = self.query_one(QueryEditor)
        if editor.text == query.body and error.span != (0, 0) and start >= 0:
            before = query.body[:start]
            editor.move_cursor((before.count("\n"), start - before.rfind("\n") - 1))
            editor.focus()

    @on(RunChanged)
    def show_run(self, message: RunChanged) -> None:
        """Show the run, unless the user has moved on to another one."""
        run = message.run
        if self.run is None or run.id != self.run.id or self.run.is_final:
            return
        has_expired = run.latest.login and not self.run.latest.login
        is_over = bool(self.run.latest.notices)
        self.run = run
        if has_expired:
            self._offer_login(run.latest.login)
        if run.latest.state is RunState.CANCELLED:
            # Somebody or a limit has stopped it: the clock must not start it over and over.
            self._end_watch()
        if run.latest.error or run.latest.state in (RunState.FAILED, RunState.TIMED_OUT):
            self._say(run.latest.error or ended_badly(run.latest), is_error=True)
        elif said := _notices(run):
            self._say(said)
        elif is_over:
            # It has a slot now, or was answered again.
            self._say("")
        if run.latest.results.rows or run.latest.state is RunState.COMPLETE:
            self._arrive(run)
        elif self.trail is not None:
            self.trail = self.trail.updated(run)

    def _arrive(self, run: QueryRun) -> None:
        """The first thing to show of a run makes it a step of the trail."""
        coming, self._coming = self._coming, None
        if coming is not None:
            self._add_step(replace(coming, run=run))
            self._focus_rows()
        elif self.trail is not None:
            self.trail = self.trail.updated(run)
        if self.trail is not None:
            self.trail = self.trail.lighter(MOST_CELLS)
        self._show_results(run)

    def _add_step(self, step: Step) -> None:
        from flowtui.engine.trail import Trail

        if self.trail is None:
            self.trail = Trail((step,))
        elif self._replaces:
            self.trail = self.trail.replaced(step)
        else:
            draft = self.trail.current.draft
            kept = None if draft == step.run.query.body else draft
            self.trail = self.trail.left(self._grid.cursor_key, kept).deeper(step)
            self._grid.clear()

    def _focus_rows(self) -> None:
        """Rows are there to be read: from the editor the first answer takes the focus along."""
        if self.focused is None or self.focused is self.query_one(QueryEditor):
            self._grid.focus()

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
            self._grid.hint = no_rows(run.window, self.zone)
        timeline.hint = "no times in these rows; group by bin(5m) to see them over time"

    # What follows from the cursor

    @on(ResultGrid.RowSelected)
    def open_row(self, message: ResultGrid.RowSelected) -> None:
        """Drill into a group; a raw flow has nothing behind it, so all its fields are shown."""
        run = self._shown
        if run is None:
            return
        if run.latest.results.keys or _is_aggregate(run.query):
            self.action_derive("drill")
            return
        from flowtui.ui.screens.dialogs import TextScreen
        from flowtui.ui.screens.row_detail import describe_row

        row = run.latest.results.record(message.index)
        self.app.push_screen(TextScreen("Flow", describe_row(row, self.flow_format)))

    def action_derive(self, kind: str, prepare: bool = False) -> None:
        """Run the question that follows from the cursor, or only write it into the editor."""
        run, index = self._shown, self._grid.cursor_row
        if run is None or index is None:
            return
        from flowtui.engine.pivot import Asked, Spot, derive

        row = run.latest.results.record(index)
        spot = Spot(row, self._grid.cursor_column_name, self._grid.cursor_value)
        on_it = Asked(run.query, run.window, self.flow_format)
        self._go(lambda: derive(kind, on_it, spot), prepare=prepare)

    @work
    async def action_pivot(self, prepare: bool = False) -> None:
        from flowtui.engine.pivot import PIVOTS
        from flowtui.ui.screens.dialogs import MenuScreen

        choices = [(key, kind, PIVOTS[kind][0]) for key, kind in zip("tsdei", PIVOTS, strict=True)]
        kind = await self.app.push_screen_wait(MenuScreen("Around this flow", choices))
        if kind is not None:
            self.action_derive(kind, prepare)

    @on(Timeline.Zoomed)
    def zoom(self, message: Timeline.Zoomed) -> None:
        run = self._shown
        if run is None:
            return
        from flowtui.engine.pivot import Asked, zoom

        on_it = Asked(run.query, run.window, self.flow_format)
        self._go(lambda: zoom(on_it, message.span))
        self._grid.focus()

    def action_focus_timeline(self) -> None:
        if self.query_one(Timeline).series is None:
            self._say("these rows have no times to zoom into; group by bin(5m)")
        else:
            self.query_one(Timeline).focus()

    def _go(self, derive: Callable[[], Target], *, prepare: bool = False) -> None:
        """Derive a question, put it into the editor, and run it unless it is only prepared."""
        try:
            target = derive()
        except QueryError as error:
            self._say(str(error), is_error=True)
            return
        self._end_watch()
        self._leave()
        self._load(target.query, None)
        if prepare:
            self._say("the query is in the editor; F5 runs it")
            self.query_one(QueryEditor).focus()
            return
        self._replaces = False
        self._ask(target.query, target.window, target.title)

    def _leave(self) -> None:
        """Keep where the cursor is, and a text in the editor that was not run."""
        if self.trail is None:
            return
        text = self.query_one(QueryEditor).text
        asked = [run.query.body for run in (self.trail.current.run, self.run) if run is not None]
        draft = None if text in asked else text
        self.trail = self.trail.left(self._grid.cursor_key, draft)

    def _load(self, query: Query, draft: str | None) -> None:
        editor, text = self.query_one(QueryEditor), query.body if draft is None else draft
        if editor.text != text:
            editor.text = text
        self.time = query.time
        if query.log_groups and self.groups != query.log_groups:
            self.groups = query.log_groups
            self._prepare()

    # The trail

    def action_back(self) -> None:
        if self.trail is None:
            return
        # A question without rows yet is no step: back from it is to the rows that are shown.
        is_on_the_way = self.run is not None and self.run.id != self.trail.current.run.id
        if not is_on_the_way and not self.trail.can_go_back:
            self._say("this is the first step; t shows the trail")
            return
        self._leave()
        self._visit(self.trail if is_on_the_way else self.trail.back())

    def action_forward(self) -> None:
        if self.trail is not None and self.trail.ahead:
            self._leave()
            self._visit(self.trail.forward())

    @work
    async def action_trail(self) -> None:
        if self.trail is None:
            return
        from flowtui.ui.scanning import in_session
        from flowtui.ui.screens.trail import TrailScreen

        cost = in_session(self.meter.scanned, self._work.settings.price_per_gb)
        index = await self.app.push_screen_wait(TrailScreen(self.trail, cost))
        if index is not None:
            self._leave()
            self._visit(self.trail.jump(index))

    def _visit(self, trail: Trail) -> None:
        """Show the step that `trail` is at, with the rows that it has: nothing is asked."""
        self._end_watch()
        self._end_run(RunState.CANCELLED)
        self._coming = None
        self._show_step(trail)
        self._say(trail.current.note)
        if trail.current.forgotten:
            self._fetch_again(trail.current.note)

    def _show_step(self, trail: Trail) -> None:
        self.trail = trail
        step = trail.current
        self.run = step.run
        self._load(step.run.query, step.draft)
        self._grid.clear()
        self._show_results(step.run)
        self._grid.focus()

    @work(group="run", exclusive=True)
    async def _fetch_again(self, said: str, strays: Sequence[QueryRun] = ()) -> None:
        """Read what the current step has forgotten, and follow a run that is still on its way.

        Both by the query's id, without a scan. `said` is what the user should know after it;
        `strays` are runs to stop.
        """
        step, run = self.trail.current if self.trail else None, self.run
        try:
            await asyncio.gather(*map(self._asking.stop, strays))
            if step is not None and step.forgotten and step.run.is_final:
                self._refill(await self._asking.again(step.run))
                self._say(said)
        except FlowtuiError as error:
            self._say(f"{error}; F5 runs the query again", is_error=True)
        if run is not None and not run.is_final:
            await self._follow_again(run)

    async def _follow_again(self, run: QueryRun) -> None:
        latest = run
        try:
            async with aclosing(self._asking.attached(run)) as runs:
                async for latest in runs:
                    self.post_message(RunChanged(latest))
        except FlowtuiError as error:
            self._fail(latest, error)

    def _refill(self, run: QueryRun) -> None:
        """Show the rows of a step again, unless the user has moved on."""
        if self.trail is None or self.trail.current.run.id != run.id:
            return
        self.trail = self.trail.refilled(run).lighter(MOST_CELLS)
        if self.run is not None and self.run.id == run.id:
            self.run = run
        self._show_results(run)

    # What outlives the session

    def _keep(self, resumed: Resumed | None = None) -> None:
        """Save what changes from now on, in a record of its own or that of what goes on."""
        if self._work.records is None:
            return
        from flowtui.journal.records import Record
        from flowtui.ui.saving import Saving

        record = resumed.record if resumed else Record(self._work.records)
        self._saving = Saving(record, self._investigation(), self._say)

    def _note(self) -> None:
        if self._saving is not None:
            self._saving.note(self._investigation())

    def _investigation(self) -> Investigation:
        from flowtui.journal.investigation import Investigation

        work, run, coming = self._work, self.run, None
        if run is not None and not run.is_final and self._coming is not None:
            # What is on its way and has no place on the trail yet.
            coming = replace(self._coming, run=run)
        source = replace(work.source, region=work.service.region or work.source.region)
        text = self.query_one(QueryEditor).text
        return Investigation(
            source, self.groups, self.time, text, self.trail, coming,
            self._replaces and coming is not None,
        )  # fmt: skip

    def _resume(self, resumed: Resumed) -> None:
        """Show the investigation as it was left, and get its rows and its running query."""
        from flowtui.ui.saving import describe

        now = self._work.now()
        past = resumed.investigation.reopened(now)
        if past.trail is not None:
            self._show_step(past.trail)
        if past.coming is not None:
            self._coming, self.run, self._replaces = past.coming, past.coming.run, past.replaces
        self.groups, self.time = past.groups, past.time
        self.query_one(QueryEditor).text = past.text
        said = describe(resumed, now, self.zone)
        self._say(said)
        self._fetch_again(said, resumed.investigation.strays)

    async def _finish(self) -> None:
        """Save what has become of the investigation, now that its runs have been stopped."""
        saving, self._saving = self._saving, None
        if saving is not None:
            still_running = self.left_running.get(self._work.source, [])
            now = self._work.now()
            await saving.finish(lambda newest: newest.left(still_running, now))
            self.unsaved = saving.failure

    @work
    async def action_note(self) -> None:
        if self.trail is None:
            return
        from flowtui.ui.screens.dialogs import AskScreen

        screen = AskScreen("Note on this step", "It goes into the export.", self.trail.current.note)
        note = await self.app.push_screen_wait(screen)
        if note is not None:
            self.trail = self.trail.noted(note.strip())
            self._say(note.strip())

    @work
    async def action_export(self) -> None:
        if self.trail is None:
            return
        from flowtui.engine.report import Report
        from flowtui.ui.screens.dialogs import MenuScreen
        from flowtui.ui.screens.export import EXPORT_CHOICES, export

        chosen = await self.app.push_screen_wait(MenuScreen("Export the trail", EXPORT_CHOICES))
        if chosen is None:
            return
        service, now = self._work.service, self._work.now()
        report = Report(self.trail, service.place, service.region, now)
        try:
            self._say(await export(chosen, report, self._work.exports, self._work.clipboard))
        except FlowtuiError as error:
            self._say(str(error), is_error=True)

    # Watching: the same question again and again

    @work
    async def action_watch(self) -> None:
        """Ask how often; a second press ends it."""
        from flowtui.model.timerange import parse_duration
        from flowtui.ui.screens.dialogs import AskScreen

        if self._watching is not None:
            self._end_watch()
            return
        hint = "Runs the query again that often; each run is a scan. w or Escape ends it."
        text = await self.app.push_screen_wait(AskScreen("Watch: every", hint, "1m"))
        if not text:
            return
        try:
            length = parse_duration(text)
        except FlowtuiError as error:
            self._say(str(error), is_error=True)
            return
        self._every = f", every {text.strip()}"
        self._watching = self.set_interval(length.total_seconds(), self._run_again)
        self._run_again()
        self._compare()

    def _run_again(self) -> None:
        """The next run of a watched query, unless the last one has not ended yet."""
        if not self._is_on_the_way and (self.run is None or self.run.is_final):
            self._run_text()

    def _end_watch(self) -> None:
        if self._watching is not None:
            self._watching.stop()
            self._watching, self._every, self._agreed = None, "", None
            self._compare()

    # What the keys do

    @on(QueryEditor.Refused)
    def explain(self, message: QueryEditor.Refused) -> None:
        self._say(message.reason, is_error=True)

    @on(ScreenSuspend)
    def close_choices(self) -> None:
        """A dialogue does not take the focus from the editor below it."""
        self.query_one(QueryEditor).dismiss()

    def action_cancel(self) -> None:
        if self.query_one(QueryEditor).dismiss():
            return
        # Finding out the format and the window belongs to a run that is not there yet.
        self._end_watch()
        if self._is_on_the_way:
            self._end_run(RunState.CANCELLED)
            if self.run is not None and self.run.latest.notices:
                self._say("")
        else:
            self._grid.focus()

    @property
    def _is_on_the_way(self) -> bool:
        """Whether a run is asked for, even if it has not begun."""
        return any(worker.group == "run" and not worker.is_cancelled for worker in self.workers)

    def _end_run(self, state: RunState) -> None:
        self.workers.cancel_group(self, "run")
        if self.run is not None and not self.run.is_final:
            self.run = self.run.end(state, self._work.now())
            if self.trail is not None:
                self.trail = self.trail.updated(self.run)

    @work
    async def action_groups(self) -> None:
        from flowtui.ui.formatting import recall, remember
        from flowtui.ui.screens.log_groups import LogGroupsScreen

        screen = LogGroupsScreen(self._asking.log_groups, self.groups, partial(recall, self._work))
        chosen = await self.app.push_screen_wait(screen)
        if chosen is not None:
            self.groups = chosen
            self._say(remember(self._work, chosen))
            self._prepare()

    @work
    async def action_place(self, kind: Kind) -> None:
        from flowtui.ui.accounts import choose_place

        try:
            if elsewhere := await choose_place(self.app, self._work, kind):
                await self._move(elsewhere)
                self.action_groups()
        except FlowtuiError as error:
            self._say(str(error), is_error=True)

    async def _move(self, elsewhere: Workplace) -> None:
        """Work there: the text stays; groups, rows and trail belong to where they come from."""
        self._end_watch()
        self._leave()
        self.workers.cancel_group(self, "prepare")
        await self.stop_runs()
        await self._finish()
        left, self._work, self._is_asking = self._work, elsewhere, None
        self.groups, self.trail, self.run, self.flow_format = (), None, None, None
        self.told = self._saved = None
        self._grid.clear()
        self.query_one(Timeline).series = None
        self.query_one(RunStatus).place = elsewhere.service.place
        self._keep()
        self._say("")
        await left.service.close()

    @work
    async def action_flow_format(self) -> None:
        from flowtui.ui.formatting import confirm_format

        groups = self._asking.described(self.groups)
        self._say(await confirm_format(self.app, self._work, groups))
        self._prepare()

    @work
    async def action_playbook(self) -> None:
        from flowtui.flowlogs.playbook import plays_for
        from flowtui.ui.screens.playbook import PlaybookScreen

        screen = PlaybookScreen(plays_for(self.flow_format))
        play = await self.app.push_screen_wait(screen)
        if play is not None:
            self._leave()
            editor = self.query_one(QueryEditor)
            editor.text = f"# {play.title}\n{play.query}"
            editor.focus()

    # Queries of other times and of other people

    @property
    def _desk(self) -> Desk:
        from flowtui.ui.shelves import Desk

        return Desk(
            self.app, self._work, self._asking, self._question(), self.groups, self.zone,
            self._saved, self.run,
        )  # fmt: skip

    @work
    async def action_saved_queries(self) -> None:
        from flowtui.ui.shelves import Naming, choose_saved

        chosen = await choose_saved(self._desk)
        if isinstance(chosen, Naming):
            self._save(chosen.folder)
        elif chosen is not None:
            self._open(chosen)

    def action_save_query(self) -> None:
        # Keys that were typed before this one may still be on their way to the editor.
        self.query_one(QueryEditor).call_later(self._save)

    @work
    async def _save(self, folder: str = "") -> None:
        from flowtui.ui.shelves import save_question

        try:
            said, saved = await save_question(self._desk, folder)
        except FlowtuiError as error:
            self._say(str(error), is_error=True)
            return
        self._saved = saved or self._saved
        self._say(said)

    @work
    async def action_history(self) -> None:
        from flowtui.engine.trail import Step, Trail
        from flowtui.ui.shelves import choose_run

        try:
            chosen = await choose_run(self._desk)
        except FlowtuiError as error:
            self._say(str(error), is_error=True)
            return
        if isinstance(chosen, Step):
            self._leave()
            self.query_one(QueryEditor).rewrite(chosen.run.query.body)
            self._visit(self.trail.deeper(chosen) if self.trail else Trail((chosen,)))
        elif chosen is not None:
            self._open(chosen)

    def _open(self, opened: Opened) -> None:
        """Put it into the editor; what was there is on the trail, and behind undo."""
        self._leave()
        editor = self.query_one(QueryEditor)
        editor.rewrite(opened.body)
        editor.focus()
        self._saved, self.time = opened.saved, opened.time
        if opened.groups != self.groups:
            self.groups = opened.groups
            self._prepare()
        self._say(opened.said)
        if opened.runs:
            self.action_run()

    @work
    async def action_time(self) -> None:
        from flowtui.ui.screens.time_range import TimeRangeScreen

        chosen = await self.app.push_screen_wait(TimeRangeScreen(self.time, self.zone))
        if chosen is not None:
            self.time, self.zone = chosen.time, chosen.zone

    @work
    async def action_find(self) -> None:
        from flowtui.ui.screens.dialogs import AskScreen

        text = await self.app.push_screen_wait(AskScreen("Find in rows", "n next, N before"))
        if text is not None:
            self._sought = text
            self._grid.find(text)
            self.action_find_next(1)

    def action_find_next(self, direction: int) -> None:
        self._grid.find_next(direction)
        grid, text = self._grid, self._sought
        if not text:
            self._say("")
        elif grid.matches:
            self._say(f"{grid.match_position} of {grid.matches} rows that contain {text}")
        else:
            self._say(f"no row contains {text}")

    @work
    async def action_copy(self) -> None:
        from flowtui.ui.screens.copy import COPY_CHOICES, copied_text
        from flowtui.ui.screens.dialogs import MenuScreen

        chosen = await self.app.push_screen_wait(MenuScreen("Copy", COPY_CHOICES))
        run = self._shown
        if chosen is None or run is None:
            return
        try:
            text = copied_text(
                chosen, run, self._grid, self._work.origin, self._work.service.region
            )
        except FlowtuiError as error:
            self._say(str(error), is_error=True)
            return
        await self._copy(text)

    @work
    async def action_copy_query(self) -> None:
        run = self._shown or self.run
        await self._copy(run.query.text if run else self._whole_query())

    async def _copy(self, text: str) -> None:
        self._say(await self._work.clipboard.copy(text, self._work.now()))

    def action_whole_query(self) -> None:
        self.query_one(QueryEditor).call_later(self._show_whole_query)

    def _show_whole_query(self) -> None:
        from flowtui.ui.screens.dialogs import TextScreen

        self.app.push_screen(TextScreen("The query as it runs", self._whole_query()))

    def _whole_query(self) -> str:
        from flowtui.query.prelude import prelude

        body = self.query_one(QueryEditor).text
        return Query(body, None, (), prelude(body, self.flow_format)).text

    def action_focus_editor(self) -> None:
        self.query_one(QueryEditor).focus()

    def action_focus_results(self) -> None:
        self._grid.focus()

    def action_help(self) -> None:
        from flowtui.ui.screens.dialogs import TextScreen
        from flowtui.ui.screens.help import help_text

        text = help_text((type(self), type(self.app)), self._work.settings.keys)
        self.app.push_screen(TextScreen("Keys", text))

    async def leave(self) -> None:
        """Before the program ends on purpose."""
        self._leave()
        self._note()
        await self.end()

    async def end(self) -> None:
        """However the program ends: stop what runs, save what has become of it, let all go."""
        if self._has_ended:
            return
        self._has_ended = True
        await self.stop_runs()
        await self._finish()
        await self._work.service.close()

    async def stop_runs(self) -> None:
        """Cancel the running query and wait until the backend has been told."""
        ended = self.workers.cancel_group(self, "run")
        waiting = (worker.wait() for worker in ended)
        await asyncio.gather(*waiting, return_exceptions=True)
        if self._is_chronicle is not None and self.run is not None:
            # Not by the reactive: after a fault there are no panels any more to show it.
            self._is_chronicle.follow(self.run.end(RunState.CANCELLED, self._work.now()))

    @property
    def _grid(self) -> ResultGrid:
        return self.query_one(ResultGrid)

    def _say(self, text: str, *, is_error: bool = False) -> None:
        remark = self.query_one(Remark)
        remark.is_error = is_error
        remark.text = clean(text)


def _is_same(one: Query, other: Query) -> bool:
    """Whether both ask the same over the same time."""
    return _is_again(one, other) and one.time == other.time


def _is_again(one: Query, other: Query) -> bool:
    return (one.body, one.log_groups) == (other.body, other.log_groups)


def _notices(run: QueryRun) -> str:
    from flowtui.engine.cut import cut

    return "; ".join(filter(None, (cut(run.query, run.latest), *run.latest.notices)))


def _is_aggregate(query: Query) -> bool:
    from flowtui.engine.columns import last_grouping
    from flowtui.query.parser import parse_tolerant

    return last_grouping(parse_tolerant(query.text).pipeline) is not None
