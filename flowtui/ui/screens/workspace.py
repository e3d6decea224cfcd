"""The main screen: it turns what the user asks into runs, and runs into what the panels show.

What only an answer or a dialogue needs is imported there: half of the time to the first frame is
spent on imports.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import ScreenSuspend
from textual.reactive import var
from textual.screen import Screen

from flowtui.model.errors import FlowtuiError, QueryError
from flowtui.model.run import Query, QueryRun, RunId, RunState, Snapshot
from flowtui.model.timerange import Time, TimeRange
from flowtui.ui.messages import RunChanged
from flowtui.ui.text import clean
from flowtui.ui.widgets.flow_grid import FlowGrid
from flowtui.ui.widgets.key_bar import KeyBar
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.result_grid import ResultGrid
from flowtui.ui.widgets.run_status import Remark, RunStatus
from flowtui.ui.widgets.timeline import Timeline
from flowtui.ui.widgets.trail_bar import TrailBar

if TYPE_CHECKING:
    from textual.timer import Timer

    from flowtui.backends.base import Handle, LogGroup, Service
    from flowtui.engine.drill import Target
    from flowtui.engine.pace import Delays
    from flowtui.engine.trail import Step, Trail
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.settings import Settings
    from flowtui.ui.clipboard import Clipboard


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


@dataclass(frozen=True, slots=True)
class Opening:
    """What the workspace shows first: the command line's wishes."""

    body: str = ""
    groups: tuple[str, ...] = ()
    time: Time | None = None


TITLE_CELLS = 48
MOST_CELLS = 1_000_000
"""Cells of results that the trail keeps; some 100 MB of memory."""
LOOK_SECONDS = 0.2
"""Between two looks at how far the records have been read."""


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
        Binding("f1,question_mark", "help", "Help", id="help", key_display="?", tooltip="The keys"),
    ]  # fmt: skip

    run: var[QueryRun | None] = var[QueryRun | None](None)
    trail: var[Trail | None] = var["Trail | None"](None)
    groups: var[tuple[str, ...]] = var[tuple[str, ...]](())
    time: var[Time | None] = var[Time | None](None)
    zone: var[tzinfo] = var[tzinfo](UTC)
    flow_format: var[FlowFormat | None] = var["FlowFormat | None"](None)

    def __init__(self, workplace: Workplace, opening: Opening) -> None:
        super().__init__()
        self._work = workplace
        self._opening = opening
        self._ids = map(RunId, count(1))
        self._coming: Step | None = None
        self._replaces = False
        self._watching: Timer | None = None
        self._described: dict[str, LogGroup] = {}
        self.left_running: list[str] = []
        """The ids of queries that may still run because their stop went unanswered."""

    def compose(self) -> ComposeResult:
        status = RunStatus(price_per_gb=self._work.settings.price_per_gb)
        yield status.data_bind(
            WorkspaceScreen.run, WorkspaceScreen.groups, WorkspaceScreen.time, WorkspaceScreen.zone
        )
        yield QueryEditor(self._opening.body, id="editor").data_bind(WorkspaceScreen.flow_format)
        yield Timeline(id="timeline")
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
        self.query_one(ResultGrid).border_title = "Results"
        self.query_one(RunStatus).place = self._work.service.place
        self.query_one(QueryEditor).focus()
        self.call_after_refresh(self._prepare)

    @work(group="prepare", exclusive=True)
    async def _prepare(self) -> None:
        """Learn the format of the chosen log groups, so that the border can name its parse."""
        try:
            self.flow_format = await self._format_of(self.groups)
            self.query_one(RunStatus).place = self._work.service.place
        except FlowtuiError as error:
            self._say(str(error), is_error=True)

    async def _format_of(self, groups: tuple[str, ...]) -> FlowFormat | None:
        """The one format of all these groups; None if it is not known, with the reason said."""
        for name in groups:
            if name not in self._described:
                self._described[name] = await self._work.service.describe(name)
        known = {self._work.given_format(name) or self._described[name].format for name in groups}
        notices = [self._described[name].notice for name in groups if self._described[name].notice]
        if notices:
            self._say(" ".join(notices))
        if len(known) > 1:
            self._say("these log groups have different formats; no parse command is written")
        return known.pop() if len(known) == 1 else None

    # What the user asks

    def action_run(self) -> None:
        body = self.query_one(QueryEditor).text
        query = Query(body, self.time, () if _has_source(body) else self.groups)
        current = self._shown.query if self._shown else None
        self._replaces = current is not None and _same_question(current, query)
        self._ask(query, None, _title(body))

    def _ask(self, query: Query, window: TimeRange | None, title: str) -> None:
        """Run `query`; its step joins the trail when it has something to show."""
        self._end_run(RunState.CANCELLED)
        self._say("")
        self._follow(query, window, title)

    @work(group="run", exclusive=True)
    async def _follow(self, query: Query, window: TimeRange | None, title: str) -> None:
        """Post every change of a run; cancelling this worker stops the query."""
        from flowtui.engine.trail import Step
        from flowtui.engine.watch import watch

        run: QueryRun | None = None
        try:
            query = await self._complete(query)
            window = window or await self._window(query)
            run = QueryRun(next(self._ids), query, window, self._work.now())
            self.run, self._coming = run, Step(run, title)
            handles: list[Handle] = []
            snapshots = watch(
                self._work.service,
                query,
                window,
                delays=self._work.delays,
                left=self._remember,
                started=handles.append,
            )
            async with aclosing(snapshots):
                async for snapshot in snapshots:
                    run = replace(run, handle=handles[0]).advance(snapshot, self._work.now())
                    self.post_message(RunChanged(run))
        except QueryError as error:
            self._point_at(error, query)
            self._fail(run, error)
        except FlowtuiError as error:
            self._fail(run, error)

    async def _complete(self, query: Query) -> Query:
        """`query` with the parse command it needs, now that the format can be asked for."""
        if not query.log_groups:
            if _may_choose_groups(query.body):
                return query
            raise FlowtuiError("no log group is chosen; choose one with ctrl+g")
        flow_format = await self._format_of(query.log_groups)
        self.flow_format = flow_format
        if query.prelude:
            return query
        from flowtui.query.prelude import prelude

        return replace(query, prelude=prelude(query.body, flow_format))

    async def _window(self, query: Query) -> TimeRange:
        if query.time is not None:
            return query.time.resolve(self._work.now())
        extent = await self._extent(query.log_groups)
        self._say("")
        if extent is None:
            raise FlowtuiError("a query needs a time range here; choose one with ctrl+t")
        return extent

    async def _extent(self, groups: tuple[str, ...]) -> TimeRange | None:
        """From the first to the last record, saying meanwhile how far they have been read."""
        service = self._work.service
        finding = asyncio.ensure_future(service.extent(groups))
        try:
            while not (await asyncio.wait([finding], timeout=LOOK_SECONDS))[0]:
                shares = [(await service.describe(name)).progress for name in groups]
                self._say(f"reading the records: {sum(shares) / len(shares):.0%}")
            return finding.result()
        finally:
            finding.cancel()

    def _remember(self, handle: Handle | None) -> None:
        self.left_running.append(str(handle) if handle is not None else "(unknown id)")

    def _fail(self, run: QueryRun | None, error: FlowtuiError) -> None:
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

    @on(RunChanged)
    def show_run(self, message: RunChanged) -> None:
        """Show the run, unless the user has moved on to another one."""
        run = message.run
        if self.run is None or run.id != self.run.id or self.run.is_final:
            return
        self.run = run
        if run.latest.state in (RunState.FAILED, RunState.TIMED_OUT):
            self._say(run.latest.error or _ended_badly(run.latest), is_error=True)
        elif run.latest.notices:
            self._say(" ".join(run.latest.notices))
        if run.latest.results.rows or run.latest.state is RunState.COMPLETE:
            self._arrive(run)
        elif self.trail is not None:
            self.trail = self.trail.updated(run)

    def _arrive(self, run: QueryRun) -> None:
        """The first thing to show of a run makes it a step of the trail."""
        from flowtui.engine.trail import Step, Trail

        coming, self._coming = self._coming, None
        if coming is None or self.trail is None:
            step = coming or Step(run, "")
            self.trail = self.trail.updated(run) if self.trail else Trail((replace(step, run=run),))
        elif self._replaces:
            self.trail = self.trail.replaced(replace(coming, run=run))
        else:
            self.trail = self.trail.deeper(replace(coming, run=run), self._grid.cursor_key)
            self._grid.clear()
        if coming is not None:
            self._focus_rows()
        self.trail = self.trail.lighter(MOST_CELLS)
        self._show_results(run)

    def _focus_rows(self) -> None:
        """Rows are there to be read: from the editor the first answer takes the focus along."""
        if self.focused is None or self.focused is self.query_one(QueryEditor):
            self._grid.focus()

    def _show_results(self, run: QueryRun) -> None:
        from flowtui.engine.timeline import Bins, series
        from flowtui.query.parser import parse_tolerant
        from flowtui.query.scope import bytes_columns, time_axis

        results = run.latest.results
        pipeline = parse_tolerant(run.query.text).pipeline
        in_bytes = bytes_columns(pipeline)
        self._grid.show(results, in_bytes)
        self._grid.count = _count(run.latest)
        timeline = self.query_one(Timeline)
        bins = None
        if axis := time_axis(pipeline):
            bins = Bins(axis[0], (axis[1],), is_bytes=axis[1] in in_bytes)
        timeline.series = series(results, timeline.bar_cells, bins)
        timeline.zone = self.zone
        timeline.hint = "no times in these rows; group by bin(5m) to see them over time"

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
        if any(worker.group == "run" and not worker.is_cancelled for worker in self.workers):
            self._end_run(RunState.CANCELLED)
        else:
            self._grid.focus()

    def _end_run(self, state: RunState) -> None:
        self.workers.cancel_group(self, "run")
        if self.run is not None and not self.run.is_final:
            self.run = self.run.end(state, self._work.now())
            if self.trail is not None:
                self.trail = self.trail.updated(self.run)

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

    @property
    def _shown(self) -> QueryRun | None:
        """The run whose rows are in the grid."""
        return self.trail.current.run if self.trail else None

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
        self._load(target.query)
        if prepare:
            self._say("the query is in the editor; F5 runs it")
            self.query_one(QueryEditor).focus()
            return
        self._replaces = False
        self._ask(target.query, target.window, target.title)

    def _load(self, query: Query) -> None:
        self.query_one(QueryEditor).text = query.body
        self.time = query.time
        if query.log_groups and self.groups != query.log_groups:
            self.groups = query.log_groups
            self._prepare()

    def action_back(self) -> None:
        if self.trail is None:
            return
        # A question without rows yet is no step: back from it is to the rows that are shown.
        is_on_the_way = self.run is not None and self.run.id != self.trail.current.run.id
        cursor = self._grid.cursor_key
        self._visit(self.trail if is_on_the_way else self.trail.back(cursor))

    def action_forward(self) -> None:
        if self.trail is not None and self.trail.ahead:
            self._visit(self.trail.forward(self._grid.cursor_key))

    @work
    async def action_trail(self) -> None:
        if self.trail is None:
            return
        from flowtui.ui.screens.trail import TrailScreen

        index = await self.app.push_screen_wait(TrailScreen(self.trail))
        if index is not None:
            self._visit(self.trail.jump(index, self._grid.cursor_key))

    def _visit(self, trail: Trail) -> None:
        """Show the step that `trail` is at, with the rows that it has: nothing is asked."""
        self._end_watch()
        self._end_run(RunState.CANCELLED)
        self._coming = None
        self.trail = trail
        step = trail.current
        self.run = step.run
        self._load(step.run.query)
        self._grid.clear()
        self._show_results(step.run)
        if step.cursor is not None:
            self._grid.restore(step.cursor)
        self._grid.focus()
        self._say(step.note)
        if step.forgotten:
            self._fetch_again(step.run)

    @work(group="run", exclusive=True)
    async def _fetch_again(self, run: QueryRun) -> None:
        """Read the rows of a step that has forgotten them: by their query's id, without a scan."""
        from flowtui.backends.base import Handle
        from flowtui.engine.watch import follow

        self._say("reading the rows again")
        service, latest = self._work.service, run.latest
        try:
            handle = await service.attach(Handle(run.handle), run.query, run.window)
            async with aclosing(follow(service, handle, delays=self._work.delays)) as snapshots:
                async for snapshot in snapshots:
                    latest = snapshot
        except FlowtuiError as error:
            self._say(f"{error}; F5 runs the query again", is_error=True)
            return
        if self.trail is not None and latest.state is run.latest.state:
            again = replace(run, latest=latest)
            self.trail = self.trail.refilled(again).lighter(MOST_CELLS)
            if self.run is not None and self.run.id == run.id:
                self.run = again
                self._show_results(again)
                self._say(self.trail.current.note)

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

    @work
    async def action_watch(self) -> None:
        """Ask how often; 0 ends it."""
        from flowtui.model.timerange import parse_duration
        from flowtui.ui.screens.dialogs import AskScreen

        if self._watching is not None:
            self._end_watch()
            return
        hint = "Runs the query again that often; each run is a scan. w or Escape ends it."
        text = await self.app.push_screen_wait(AskScreen("Watch: every", hint, "1m"))
        if text:
            try:
                length = parse_duration(text)
            except FlowtuiError as error:
                self._say(str(error), is_error=True)
                return
            self._watching = self.set_interval(length.total_seconds(), self._run_again)
            self._grid.border_title = f"Results, every {text.strip()}"
            self._run_again()

    def _run_again(self) -> None:
        """The next run of a watched query, unless the last one has not ended yet."""
        if self.run is None or self.run.is_final:
            self.action_run()

    def _end_watch(self) -> None:
        if self._watching is not None:
            self._watching.stop()
            self._watching = None
            self._grid.border_title = "Results"

    @work
    async def action_groups(self) -> None:
        from flowtui.ui.screens.log_groups import LogGroupsScreen

        screen = LogGroupsScreen(self._work.service, self.groups)
        chosen = await self.app.push_screen_wait(screen)
        if chosen is not None:
            self.groups = chosen
            self._prepare()

    @work
    async def action_time(self) -> None:
        from flowtui.ui.screens.time_range import TimeRangeScreen

        chosen = await self.app.push_screen_wait(TimeRangeScreen(self.time, self.zone))
        if chosen is not None:
            self.time, self.zone = chosen.time, chosen.zone
            self.query_one(Timeline).zone = chosen.zone

    @work
    async def action_find(self) -> None:
        from flowtui.ui.screens.dialogs import AskScreen

        text = await self.app.push_screen_wait(AskScreen("Find in rows", "n next, N before"))
        if text:
            found = self._grid.find(text)
            self._grid.find_next()
            self._say(f"{found} rows contain {text}" if found else f"no row contains {text}")

    def action_find_next(self, direction: int) -> None:
        self._grid.find_next(direction)

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

    async def stop_runs(self) -> None:
        """Cancel the running query and wait until the backend has been told."""
        ended = self.workers.cancel_group(self, "run")
        waiting = (worker.wait() for worker in ended)
        await asyncio.gather(*waiting, return_exceptions=True)

    @property
    def _grid(self) -> ResultGrid:
        return self.query_one(ResultGrid)

    def _say(self, text: str, *, is_error: bool = False) -> None:
        remark = self.query_one(Remark)
        remark.is_error = is_error
        remark.text = clean(text)


def _same_question(one: Query, other: Query) -> bool:
    return (one.body, one.log_groups) == (other.body, other.log_groups)


def _has_source(body: str) -> bool:
    from flowtui.query.parser import parse_tolerant
    from flowtui.query.scope import begins_with_source

    return begins_with_source(parse_tolerant(body).pipeline)


def _may_choose_groups(body: str) -> bool:
    from flowtui.query.parser import parse_tolerant
    from flowtui.query.scope import may_choose_groups

    return may_choose_groups(parse_tolerant(body).pipeline)


def _is_aggregate(query: Query) -> bool:
    from flowtui.query.parser import parse_tolerant
    from flowtui.query.scope import last_stats

    return last_stats(parse_tolerant(query.text).pipeline) is not None


def _title(body: str) -> str:
    """The name of a typed query on the trail: its comment, else what it counts by what."""
    from flowtui.query.parser import parse_tolerant
    from flowtui.query.scope import outline

    for line in body.splitlines():
        if line.strip().startswith("#"):
            return _cut(line.strip("# "))
    return _cut(outline(parse_tolerant(body).pipeline) or " ".join(body.split()) or "all flows")


def _cut(title: str) -> str:
    return title if len(title) <= TITLE_CELLS else title[: TITLE_CELLS - 1] + "…"


def _count(snapshot: Snapshot) -> str:
    rows = len(snapshot.results.rows)
    total = snapshot.statistics.result_count or rows
    return f"{rows:,} of {total:,} rows, {snapshot.state.lower()}"


def _ended_badly(snapshot: Snapshot) -> str:
    return f"the query ended as {snapshot.state.lower()}; the rows so far are kept"
