"""The main screen: it shows the state of the session, and turns keys into its verbs.

What only an answer or a dialogue needs is imported there: half of the time to the first frame is
spent on imports.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import var
from textual.screen import Screen
from textual.worker import get_current_worker

from flowtui.engine.session_state import Origin
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import QueryRun
from flowtui.model.timerange import Time
from flowtui.ui.charts.stack import Glyphs
from flowtui.ui.context import FlowContext, Later
from flowtui.ui.flows.named import Flow, flow_named
from flowtui.ui.flows.waiting import FlowWait
from flowtui.ui.messages import Remarked
from flowtui.ui.screens.workspace_bindings import WORKSPACE_BINDINGS
from flowtui.ui.terminal.input_order import InputOrder, holds_input
from flowtui.ui.text import clean
from flowtui.ui.widgets.breadcrumbs import Breadcrumbs
from flowtui.ui.widgets.grid.flow_grid import FlowGrid
from flowtui.ui.widgets.grid.result_grid import ResultGrid
from flowtui.ui.widgets.key_bar import KeyBar
from flowtui.ui.widgets.narrow_line import NarrowLine
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.results_title import results_title
from flowtui.ui.widgets.row_sentence import RowSentence
from flowtui.ui.widgets.run_status import MessageLine, RunStatus
from flowtui.ui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from textual.timer import Timer

    from flowtui.engine.cost import Estimate
    from flowtui.engine.session import Session
    from flowtui.engine.session_state import SessionState
    from flowtui.engine.trail import Trail
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.ui.context import AppContext, Opening
    from flowtui.ui.flows.switch_account import AccountPart

EARLIER_TEXTS = 500
"""So many texts of the history can be walked through in the editor."""


class WorkspaceScreen(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = WORKSPACE_BINDINGS
    REST: ClassVar[float] = 0.3
    """So many seconds without a key or an answer, and what a run may scan is shown."""
    ANSWER: ClassVar[float] = 1.0
    """So many seconds what is typed after a verb waits for its rows, where these are local."""

    app = getters.app(InputOrder)

    place: var[str] = var("")
    groups: var[tuple[str, ...]] = var[tuple[str, ...]](())
    time: var[Time | None] = var[Time | None](None)
    zone: var[tzinfo] = var[tzinfo](UTC)
    flow_format: var[FlowFormat | None] = var["FlowFormat | None"](None)
    asked_format: var[FlowFormat | None] = var["FlowFormat | None"](None)
    """The fields that the query in the editor can read."""
    reads: var[str] = var("")
    log_class: var[str] = var("")
    trail: var[Trail | None] = var["Trail | None"](None)
    run: var[QueryRun | None] = var[QueryRun | None](None)
    """The run that the status line is about; None where the question was changed since."""
    activity: var[str] = var("")
    estimate: var[Estimate | None] = var["Estimate | None"](None)
    offered: var[str] = var("")

    def __init__(self, context: AppContext, session: Session, opening: Opening) -> None:
        super().__init__()
        self._work, self._session, self._opening = context, session, opening
        self.state = session.state
        """The state that is shown."""
        self._sought = ""
        """The text to find in the rows."""
        self._rows_take_focus = False
        """Whether the first rows take the focus along: nobody has begun anything else since."""
        self._rest: Timer | None = None
        self._has_pivots = False
        """Whether the rows name anybody to look around for."""
        self._answered = asyncio.Event()
        """Whether nobody waits for the first rows of a run."""

    def compose(self) -> ComposeResult:
        here = WorkspaceScreen
        status = RunStatus(price_per_gb=self._work.settings.price_per_gb)
        yield status.data_bind(
            here.place,
            here.groups,
            here.time,
            here.zone,
            here.run,
            here.activity,
            here.estimate,
            here.offered,
        )
        editor = QueryEditor(self.state.text, earlier=self._earlier_texts, id="editor")
        yield editor.data_bind(here.log_class, here.reads, flow_format=here.asked_format)
        glyphs = Glyphs(self._work.settings.chart_glyphs)
        yield Timeline(glyphs=glyphs, id="timeline").data_bind(here.zone)
        yield Breadcrumbs().data_bind(here.trail)
        yield NarrowLine(id="narrow")
        yield FlowGrid(id="results").data_bind(here.zone, here.flow_format)
        yield RowSentence()
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        if self._work.settings.local_time:
            from flowtui.model.local_zone import LOCAL

            self.zone = LOCAL
        self.query_one(FlowGrid).work_for(self._work)
        self._show_values(self.state)
        self._show_watch(self.state)
        self._editor.focus()
        self._session.subscribe(self.show)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """The work that the first frame does not wait for."""
        self._raise_faults()
        if (resumed := self._opening.resumed) is None:
            self._session.begin()
        else:
            from flowtui.ui.flows.take_up import describe

            said = describe(resumed, self._work.now(), self.zone)
            self._session.begin(resumed.investigation, said)

    @work
    async def _raise_faults(self) -> None:
        """An error that nobody foresaw ends the program, as one in a panel does."""
        await self._session.faults()

    @property
    def _grid(self) -> ResultGrid:
        return self.query_one(ResultGrid)

    @property
    def _editor(self) -> QueryEditor:
        return self.query_one(QueryEditor)

    # The state of the session is shown

    def show(self, state: SessionState) -> None:
        """Show what is new in the state."""
        if not self.is_attached:
            return
        before, self.state = self.state, state
        self._show_values(state)
        if state.written is not None and state.written is not before.written:
            self._editor.rewrite(state.written.text)
            if state.written.takes_focus:
                self._editor.focus()
        if state.message is not before.message:
            self.say(state.message.text, is_error=state.message.is_error)
        if state.trail is not before.trail:
            self._show_step(before, state)
        if state.shown is not before.shown or state.over_time is not before.over_time:
            self._show_time(state)
        self._show_watch(state)
        if state.refusal is not None and state.refusal is not before.refusal:
            self._editor.offer(state.refusal.finding)
        if state.request is not None and state.request is not before.request:
            from flowtui.ui.flows.decide import decide

            self._begin_flow(partial(decide, request=state.request))
        if state.question != before.question or state.run is not before.run:
            self._foresee()
        self._hold_for_answer(before, state)

    def _hold_for_answer(self, before: SessionState, state: SessionState) -> None:
        """Keys that are typed after a verb are for its rows, where these come soon enough."""
        if not state.is_awaited:
            self._answered.set()
        elif not before.is_awaited and state.watch is None:
            self._rows_take_focus = True
            if state.source.is_at_hand:
                self._answered.clear()
                self.app.hold_until(self._answered, at_most=self.ANSWER)

    def _show_values(self, state: SessionState) -> None:
        self.place, self.groups, self.time = state.place, state.groups, state.time
        self.flow_format, self.log_class = state.flow_format, state.log_class
        self.asked_format, self.reads = state.asked_format, state.reads
        self.trail = state.trail
        self.activity, self.estimate = state.activity, state.estimate
        self.offered = state.offered
        self.run = state.run if state.is_run_current else None
        if state.remainders:
            self._tell_rest(state)

    def _tell_rest(self, state: SessionState) -> None:
        """What a `limit` has left out of the rows, if it is known."""
        from flowtui.ui.widgets.step_rows import count_of

        run = state.shown
        left_out = None if run is None else state.remainders.get(run.id)
        if state.trail is not None and left_out is not None:
            self._grid.count = count_of(state.trail.current, left_out)

    def _show_step(self, before: SessionState, state: SessionState) -> None:
        """Show the step that we are at; in another one the cursor begins anew."""
        from flowtui.ui.widgets.step_rows import show_rows

        step = None if state.trail is None else state.trail.current
        if step is not None:
            from flowtui.engine.around_flow import has_pivots

            found = has_pivots(step.run.query.body, step.run.latest.results.columns)
            if found != self._has_pivots:
                self._has_pivots = found
                self.refresh_bindings()
        has_moved = _place(before) != _place(state)
        if has_moved:
            self.query_one(NarrowLine).drop()
            self._grid.clear()
        if step is None or before.shown is not step.run:
            show_rows(step, self._grid)
            self._tell_rest(state)
        if before.pending is None or state.pending or state.origin is Origin.RECALLED:
            if has_moved and step is not None:
                self._grid.focus()
        elif self._rows_take_focus:
            # The first rows of a question: they are there to be read.
            self._rows_take_focus = False
            if self.is_active:
                self._grid.focus()

    def _show_watch(self, state: SessionState) -> None:
        new = self._grid.compare(None if state.watch is None else state.watch.before)
        title = results_title(state, new, self.zone)
        if self._grid.border_title != title:
            self._grid.border_title = title

    def _show_time(self, state: SessionState) -> None:
        from flowtui.ui.widgets.step_rows import show_time

        step = None if state.trail is None else state.trail.current
        is_free = self._session.is_time_free
        show_time(step, state.over_time, self.query_one(Timeline), is_free=is_free)

    def say(self, text: str, *, is_error: bool = False) -> None:
        remark = self.query_one(MessageLine)
        remark.is_error = is_error
        remark.text = clean(text)

    def _foresee(self) -> None:
        """Show what the question may scan, once nobody types; what is free is not shown."""
        if self._rest is not None:
            self._rest.stop()
        source = self._session.state.source
        if self._work.settings.price_per_gb or source.is_listed or not source.is_at_hand:
            self._rest = self.set_timer(self.REST, self._session.foresee)

    # Messages of the panels

    @on(QueryEditor.Changed)
    def take_text(self) -> None:
        if self._editor.text != self.state.text:
            self._rows_take_focus = False
            self._session.edit(self._editor.text)

    def on_key(self) -> None:
        """A key that has gone through the editor: the user is at work there."""
        if self.focused is self._editor:
            self._rows_take_focus = False

    @on(events.ScreenSuspend)
    def give_way_to_dialogue(self) -> None:
        """No choice of the editor's waits below it."""
        self._editor.dismiss()

    @on(QueryEditor.Refused)
    def explain(self, message: QueryEditor.Refused) -> None:
        self.say(message.reason, is_error=True)

    async def _earlier_texts(self) -> Sequence[str]:
        """The queries of all sessions, the latest first; raises `UsageError`."""
        history = self._work.history
        if history is None:
            return ()
        await self._session.settle()
        return await asyncio.to_thread(lambda: history().texts(EARLIER_TEXTS))

    @on(QueryEditor.SuggestionTaken)
    def say_what_was_taken(self, message: QueryEditor.SuggestionTaken) -> None:
        self.say(f"wrote {message.finding.suggestion}; F5 runs the query")

    @on(QueryEditor.SuggestionDropped)
    def say_what_is_left(self, message: QueryEditor.SuggestionDropped) -> None:
        self.say(message.finding.message)

    @on(QueryEditor.Travelled)
    def say_nothing(self) -> None:
        self.say("")

    @on(Remarked)
    def show_remark(self, message: Remarked) -> None:
        self.say(message.text)

    @on(Breadcrumbs.Chosen)
    def jump(self, message: Breadcrumbs.Chosen) -> None:
        self.synced().jump(message.index)

    @on(Timeline.Zoomed)
    def zoom(self, message: Timeline.Zoomed) -> None:
        self.synced().zoom(message.span)
        self._grid.focus()

    @on(Timeline.Compared)
    def compare_with_span(self, message: Timeline.Compared) -> None:
        from flowtui.engine.baseline import Baseline

        self.synced().compare(Baseline.of_span(message.span))
        self._grid.focus()

    @on(ResultGrid.RowSelected)
    def open_row(self) -> None:
        """Drill into a group; a raw flow has nothing behind it, so all its fields are shown."""
        from flowtui.engine.lineage import is_aggregate

        run = self.state.shown
        if run is not None and is_aggregate(run.query, run.latest.results):
            self.action_derive("drill")
        else:
            self.query_one(FlowGrid).action_inspect()

    @on(FlowGrid.FieldChosen)
    def filter_by_field(self, message: FlowGrid.FieldChosen) -> None:
        self.synced().derive(message.kind, message.spot)

    @on(ResultGrid.CursorMoved)
    def tell_row(self) -> None:
        self.query_one(RowSentence).tell(self._grid)

    def synced(self) -> Session:
        """The session, which knows what is in the editor and where the cursor is."""
        self._session.see(self._editor.text, self._grid.cursor_key)
        return self._session

    # Keys that are verbs of the session

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  (Textual's)
        return self._has_pivots if action == "pivot" else True

    def action_run(self) -> None:
        self.synced().ask()

    def action_rows_at_hand(self) -> None:
        self.synced().switch_rows()

    def action_take_offer(self) -> None:
        self.synced().take_offer()

    def action_cancel(self) -> None:
        is_done = self._editor.dismiss() or self._session.cancel()
        if not is_done and self._is_in_rows:
            self.query_one(NarrowLine).drop()
        if not is_done:
            self._grid.focus()

    @property
    def _is_in_rows(self) -> bool:
        within = self.query_one(NarrowLine)
        return self.focused is self._grid or within.has_pseudo_class("focus-within")

    def action_narrow(self) -> None:
        if self._grid.results.rows:
            self.query_one(NarrowLine).open()
        else:
            self.say("there are no rows to narrow yet; F5 runs the query")

    @on(NarrowLine.Narrowing)
    def narrow_rows(self, message: NarrowLine.Narrowing) -> None:
        self._grid.narrow(message.narrowed)

    @on(NarrowLine.Kept)
    def go_on_in_rows(self) -> None:
        self._grid.focus()

    def action_filter_query(self) -> None:
        """Write what the rows are narrowed to as a filter into the query, which is not run."""
        text = self.query_one(NarrowLine).text
        if text:
            self.synced().filter_by(text)
        else:
            self.say("the rows are not narrowed; & narrows them")

    def action_derive(self, kind: str, prepare: bool = False) -> None:
        """Run the question that follows from the cursor, or only write it into the editor."""
        from flowtui.ui.flows.ask_on import spot_of

        if self._grid.cursor_row is not None:
            self.synced().derive(kind, spot_of(self._grid), runs=not prepare)

    def action_breakdown(self) -> None:
        narrowed = self.query_one(NarrowLine).text
        self.synced().breakdown(self._grid.cursor_column_name, narrowed)

    def action_values(self) -> None:
        from flowtui.ui.flows.show_values import show_values

        self._begin_flow(partial(show_values, narrowed=self.query_one(NarrowLine).text))

    def action_back(self) -> None:
        self.synced().back()

    def action_forward(self) -> None:
        self.synced().forward()

    # Keys that open dialogues

    @work
    async def _begin_flow(self, flow: Flow) -> None:
        """Go through dialogues, and say what came of them, or what has failed."""
        wait = FlowWait(self.say, get_current_worker())
        session = self.synced()
        context = FlowContext(self.app, self._work, session, self.zone, self._grid, wait.awaits)
        try:
            with self.app.holding(wait=wait.of_hold):
                said = await flow(context)
        except FlowtuiError as error:
            self.say(str(error), is_error=True)
        else:
            if callable(said):
                self._finish_flow(said)
            elif said or wait.is_told:
                self.say(said)

    @work
    async def _finish_flow(self, later: Later) -> None:
        """Do what takes its time, and what no key has to wait for."""
        self.say("writing it out")
        try:
            self.say(await later())
        except FlowtuiError as error:
            self.say(str(error), is_error=True)

    def action_flow(self, name: str) -> None:
        self._begin_flow(flow_named(name))

    def action_groups(self) -> None:
        from flowtui.ui.flows.choose_groups import choose_groups

        self._begin_flow(partial(choose_groups, move=self._move))

    def action_time(self) -> None:
        self._begin_flow(self._choose_time)

    async def _choose_time(self, flow: FlowContext) -> str:
        from flowtui.ui.flows.choose_time import choose_time

        chosen = await choose_time(flow)
        if chosen is not None:
            self.zone = chosen.zone
            self._session.choose_time(chosen.time)
        return ""

    def action_move_window(self, widths: int) -> None:
        self.synced().move_window(widths)

    def action_scale_window(self, factor: float) -> None:
        self.synced().scale_window(factor)

    def action_account(self, kind: AccountPart) -> None:
        from flowtui.ui.flows.switch_account import switch_account

        self._begin_flow(partial(switch_account, kind=kind, move=self._move))

    async def _move(self, context: AppContext, groups: tuple[str, ...] = ()) -> None:
        """Work in another account, on these log groups; without any they are asked for."""
        self._work = context
        self.query_one(FlowGrid).work_for(context)
        await self.synced().move(context.account)
        if groups:
            self._session.choose_groups(groups)
        else:
            self.action_groups()

    def action_pivot(self, prepare: bool = False) -> None:
        from flowtui.ui.flows.ask_on import ask_around

        self._begin_flow(partial(ask_around, runs=not prepare))

    @work
    @holds_input
    async def action_find(self) -> None:
        from flowtui.ui.screens.dialogs import AskScreen

        text = await self.app.push_screen_wait(AskScreen("Find in rows", "n next, N before"))
        if text is not None:
            self._sought = text
            await self._grid.find_aside(text)
            self.action_find_next(1)

    def action_find_next(self, direction: int) -> None:
        self._grid.find_next(direction)
        grid, text = self._grid, self._sought
        if not text:
            self.say("")
        elif grid.matches:
            self.say(f"{grid.match_position} of {grid.matches} rows that contain {text}")
        else:
            self.say(f"no row contains {text}")

    def action_help(self) -> None:
        from flowtui.ui.screens.dialogs import TextScreen, cells_inside
        from flowtui.ui.screens.help import help_text

        keys, cells = self._work.settings.keys, cells_inside(self.size.width)
        text = help_text((type(self), type(self.app)), keys, self.focused, cells)
        self.app.push_screen(TextScreen("Keys", text))

    def action_focus_editor(self) -> None:
        self._editor.reach()

    def action_focus_results(self) -> None:
        self._grid.focus()

    def action_focus_timeline(self) -> None:
        timeline = self.query_one(Timeline)
        if timeline.series is None:
            self.say(f"nothing to zoom into: {timeline.hint or 'run a query'}")
        else:
            timeline.focus()


def _place(state: SessionState) -> int | None:
    """The step of the trail that we are at."""
    return None if state.trail is None else state.trail.at
