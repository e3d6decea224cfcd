"""The investigation: what the user asks for goes in as verbs, what it is goes out as states.

A session knows no screen. A front end subscribes to its states, and answers its requests; journals
listen to it. All its verbs are to be called on one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flowtui.engine.cost import Meter
from flowtui.engine.repetition import Repetition
from flowtui.engine.session_state import (
    ChooseGroups,
    Consent,
    Login,
    Origin,
    SessionState,
    is_again,
)
from flowtui.engine.session_store import Journal, Listener, SessionStore
from flowtui.model.errors import CredentialsError, FlowtuiError, QueryError
from flowtui.model.run import Query, QueryRun, ResultSet, Row, RunId, RunState
from flowtui.model.timerange import Time, TimeRange, moved, scaled

if TYPE_CHECKING:
    from flowtui.backends.base import RowsAtHand, Service
    from flowtui.engine.around_flow import Offer
    from flowtui.engine.baseline import Baseline
    from flowtui.engine.cost import Estimate, Limits
    from flowtui.engine.drill import Target
    from flowtui.engine.findings.shelf import Shelf
    from flowtui.engine.formats import Formats
    from flowtui.engine.investigation import Investigation
    from flowtui.engine.pace import Delays
    from flowtui.engine.pivot import Spot
    from flowtui.engine.run_follower import RunFollower
    from flowtui.engine.runner import QueryRunner
    from flowtui.engine.time_follower import TimeFollower
    from flowtui.engine.trail import Step, Trail
    from flowtui.engine.values import ColumnValues
    from flowtui.model.saved_query import SavedQuery
    from flowtui.model.source import DataSource

QUEUED = "queued"
"""The state of a run until more is known of it."""


LISTING = "listing the objects of this time; nothing is fetched before F5"


@dataclass(frozen=True, slots=True)
class Account:
    """A place to ask, and the rules that hold there; the composition root fills it."""

    service: Service
    source: DataSource
    formats: Formats
    delays: Delays
    limits: Limits
    journals: Callable[[Session], Sequence[Journal]] = lambda _: ()
    """The journals that keep the session there; called when it begins to work."""
    rows: Callable[[], RowsAtHand] | None = None
    """Makes what queries rows at hand; called when somebody asks for that."""
    shelf: Callable[[], Shelf] | None = None
    """What findings are told by, with what the user has added; read each time."""


class Session:
    """Owns the trail, the run, what is chosen, and every task that a verb starts.

    Back, forward and jump ask nothing of the service, but for rows that were forgotten.
    """

    def __init__(
        self,
        account: Account,
        state: SessionState,
        now: Callable[[], datetime],
        *,
        first_id: int = 1,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`first_id` is that of the first run, which must differ from those of a session before.

        `sleep` waits for so many seconds, between the runs of a watch.
        """
        self.account = account
        self.now, self.sleep = now, sleep
        self.meter = Meter()
        self.left_running: dict[DataSource, list[str]] = {}
        """The ids of queries that may still run because their stop went unanswered, by where."""
        self.unsaved = ""
        """Why the investigation could not be saved when it ended; empty if it was."""
        self._first_id = first_id
        self._store = SessionStore(state)
        self._made: tuple[QueryRunner, RunFollower, TimeFollower] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._repetition = Repetition(self._store, self, self._start)
        self._listing: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._looked: tuple[RunId, str, bool] | None = None
        """The run whose time was asked for, the split, and whether the window before was."""
        self._listed: tuple[tuple[str, ...], Time | None, RunId | None] | None = None
        """What was listed the last time, and after which run, to say what the next one takes."""
        self._has_ended = False
        self._fault: BaseException | None = None
        self._has_fault = asyncio.Event()
        self._store.listeners.append(self._look_behind)

    @property
    def state(self) -> SessionState:
        return self._store.state

    # Whoever listens

    def subscribe(self, listener: Listener) -> None:
        """Have it called with each new state, at once and on this thread."""
        self._store.listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        self._store.listeners.remove(listener)

    def begin(self, past: Investigation | None = None, said: str = "") -> None:
        """Learn what is known of the log groups; take up `past`, the investigation of before."""
        self._store.journals = self.account.journals(self)
        self.prepare()
        if past is not None:
            self._resume(past, said)

    def see(self, text: str, cursor: Row | None) -> None:
        """The text in the editor, and the user's place in the rows, by the row's key."""
        self._store.cursor = cursor
        self.edit(text)

    async def settle(self) -> None:
        """Wait until the journals have what has happened so far, for whoever reads it there."""
        await asyncio.gather(*(journal.settle() for journal in self._store.journals))

    def say(self, text: str, *, is_error: bool = False) -> None:
        self._store.say(text, is_error=is_error)

    # What is chosen

    def edit(self, text: str) -> None:
        """The user has written it; what they have decided about the text before is void."""
        if text != self.state.text:
            self._store.become(replace(self.state, text=text, refusal=None))

    def choose_groups(self, groups: tuple[str, ...]) -> None:
        self._store.become(replace(self.state.over_rows(None), groups=groups))
        self.prepare()

    def switch_rows(self) -> None:
        """Ask the rows that are shown in the place of the log groups, or these again."""
        from flowtui.engine.rows_at_hand import rows_of

        state = self.state
        if state.rows is not None:
            self._store.become(state.over_rows(None).said("the query asks the log groups again"))
            return
        shown = self._asked_rows()
        if shown is not None:
            rows = rows_of(shown.run, shown.rows)
            said = f"the query asks these {rows.count:,} rows, for nothing; alt+r goes back"
            self._store.become(state.over_rows(rows).said(said))

    def choose_time(self, time: Time | None) -> None:
        self._store.become(replace(self.state, time=time))

    def move_window(self, widths: int) -> None:
        """Ask about the span so many widths later, or earlier."""
        self._change_time(lambda time: moved(time, widths, self.now()))

    def scale_window(self, factor: float) -> None:
        """Ask about a span so many times as long."""
        self._change_time(lambda time: scaled(time, factor, self.now()))

    def _change_time(self, change: Callable[[Time], Time]) -> None:
        """A free question is asked at once; a scan waits for the key that runs it."""
        shown = self.state.shown
        time = self.state.time or (None if shown is None else shown.window)
        if time is None:
            self.say("there is no window to change yet; choose one with ctrl+t", is_error=True)
            return
        self.choose_time(change(time))
        is_free = self.state.source.is_at_hand or self.state.rows is not None
        if shown is not None and is_free:
            self.ask()
        else:
            self.say("F5 runs the query over the window shown above")

    def span_of(self, row: Mapping[str, str]) -> tuple[datetime, datetime] | None:
        """From when to when the flow of a row of the shown result was; None if it does not say."""
        from flowtui.engine.around_flow import span_of
        from flowtui.engine.pivot import ShownQuestion

        run = self.state.shown
        if run is None:
            return None
        return span_of(ShownQuestion(run.query, run.window, self.state.flow_format), row)

    def load(
        self, query: Query, *, saved: SavedQuery | None = None, said: str = "", runs: bool = False
    ) -> None:
        """Put a question into the editor; what was there is on the trail, and one undo away.

        `saved` is what the question was opened from.
        """
        groups = self.state.groups
        state = replace(self._left(), saved=saved).loaded(query, takes_focus=not runs)
        self._store.become(replace(state, is_opened=True).said(said))
        if self.state.groups != groups:
            self.prepare()
        if runs:
            self.ask()

    def saved_as(self, saved: SavedQuery) -> None:
        """The question in the editor is saved so."""
        self._store.become(replace(self.state, saved=saved))

    def prepare(self) -> None:
        """Find out the format of the chosen log groups, for the border and the checks."""
        if self._preparing is not None:
            self._preparing.cancel()
        self._preparing = self._start(self._learn(self.state.groups))

    async def _learn(self, groups: tuple[str, ...]) -> None:
        try:
            known = await self.runner.known(groups)
        except FlowtuiError as error:
            self._store.say(str(error), is_error=True)
            if isinstance(error, CredentialsError) and error.login:
                self._store.request(Login(error.login))
        else:
            state = replace(self.state, flow_format=known.format, log_class=known.log_class)
            self._store.become(state)
            if known.notice:
                self.say(known.notice)
        self._store.become(replace(self.state, place=self.account.service.place))
        self._preparing = None
        self.foresee()

    @property
    def is_preparing(self) -> bool:
        return self._preparing is not None

    def foresee(self) -> None:
        """Say what the question in the editor may scan, from what is known: nothing is asked."""
        offer = self._offer()
        if offer != self.state.offer:
            self._store.become(replace(self.state, offer=offer))
        if self.state.rows is not None:
            if self.state.estimate is not None:
                self._store.become(replace(self.state, estimate=None))
            return
        if self.state.source.is_listed:
            self._foresee_listed()
            return
        known = None if self.is_preparing else self.runner.foreseen(self.state.question)
        if known != self.state.estimate:
            self._store.become(replace(self.state, estimate=known))

    def _offer(self) -> Query | None:
        """The query over the latest rows of the trail that answer the question in the editor.

        Where the records themselves are free nobody needs one.
        """
        state = self.state
        trail = state.trail
        is_asked = state.is_run_current or state.is_shown_current
        if trail is None or state.rows is not None or state.source.is_at_hand or is_asked:
            return None
        from flowtui.engine.rollup import rolled_up

        asked = state.whole_query
        found = (rolled_up(step.run, asked) for step in reversed(trail.steps))
        return next((query for query in found if query is not None), None)

    def take_offer(self) -> None:
        """Answer the question from rows of the trail, which costs nothing."""
        offer = self._offer()
        if offer is None or offer.rows is None:
            self.say("no step of the trail surely answers this; F5 runs the query", is_error=True)
            return
        from flowtui.engine.drill import Target
        from flowtui.engine.runner import title_of

        window = offer.time if isinstance(offer.time, TimeRange) else offer.rows.window
        target = Target(offer, window, title_of(self.state.text))
        self._go(lambda: target, runs=True)

    def _foresee_listed(self) -> None:
        """List what the question reads, once for the same log groups and time."""
        question, run = self.state.question, self.state.run
        asked = question.log_groups, question.time, None if run is None else run.id
        if asked == self._listed or (run is not None and not run.is_final):
            return
        self._listed = asked
        if self._listing is not None:
            self._listing.cancel()
        self._store.become(replace(self.state, estimate=None))
        self._listing = self._start(self._list(question))

    async def _list(self, question: Query) -> None:
        if self.state.run is None:
            self.say(LISTING)
        try:
            known = await self.runner.listed(question)
        except FlowtuiError as error:
            self.say(str(error), is_error=True)
            return
        state = replace(self.state, estimate=known)
        self._store.become(state.said("") if state.message.text == LISTING else state)

    # Asking

    def ask(self) -> None:
        """Run the question in the editor."""
        from flowtui.engine.runner import title_of
        from flowtui.query.parser import parse_tolerant
        from flowtui.query.scope import may_choose_groups

        question, shown = self.state.question, self.state.shown
        pipeline = parse_tolerant(question.body).pipeline
        if not question.log_groups and not may_choose_groups(pipeline):
            self._store.request(ChooseGroups())
            return
        replaces = shown is not None and is_again(shown.query, question)
        trail = self.state.trail
        title = trail.current.title if trail and replaces else title_of(question.body)
        is_sure = self.state.watch is not None
        self._run(question, None, title, replaces=replaces, is_sure=is_sure)

    def derive(self, kind: str, spot: Spot, *, runs: bool = True) -> None:
        """Ask what follows from a row: drill, include, exclude, conversation, or a pivot.

        Or only write it into the editor.
        """
        from flowtui.engine.pivot import ShownQuestion, derive

        run = self.state.shown
        if run is not None:
            respelled = self.runner.service.respelled
            stays = kind in ("include", "exclude")

            def target() -> Target:
                from flowtui.engine.composition import composed

                query = run.query if stays else composed(run.query)
                on = ShownQuestion(query, run.window, self.state.flow_format, respelled)
                return derive(kind, on, spot)

            self._go(target, runs=runs)

    def compare(self, baseline: Baseline, *, runs: bool = True) -> None:
        """Ask what has changed against an earlier time."""
        from flowtui.engine.pivot import ShownQuestion

        run, is_free = self.state.shown, self.state.source.is_at_hand
        if run is None:
            self.say("there is nothing to compare yet; F5 runs the query", is_error=True)
            return

        def target() -> Target:
            from flowtui.engine.composition import composed
            from flowtui.engine.overviews import compared

            on = ShownQuestion(composed(run.query), run.window, self.state.flow_format)
            return compared(on, baseline, is_free=is_free)

        self._go(target, runs=runs)

    def comparison_cost(self, baseline: Baseline) -> Estimate | None:
        """What that may scan; None where it is free, or can't be asked."""
        from flowtui.engine.overviews import compared
        from flowtui.engine.pivot import ShownQuestion

        run = self.state.shown
        if run is None or self.state.source.is_at_hand:
            return None
        on = ShownQuestion(run.query, run.window, self.state.flow_format)
        try:
            target = compared(on, baseline, is_free=False)
            return self.runner.estimate(target.query, target.window)
        except FlowtuiError:
            return None

    def pivots(self, row: Mapping[str, str]) -> tuple[Offer, ...]:
        """What can be asked around the flow of a row of the shown result."""
        from flowtui.engine.around_flow import pivots_of
        from flowtui.engine.pivot import ShownQuestion

        run = self.state.shown
        if run is None:
            return ()
        return pivots_of(ShownQuestion(run.query, run.window, self.state.flow_format), row)

    def breakdown(self, column: str, narrowed: str = "") -> None:
        """Ask how often each value of a column comes in the rows that are shown, for nothing.

        `narrowed` are the words that these are narrowed to.
        """
        step = self._asked_rows()
        if step is None:
            return
        is_at_hand = self.state.source.is_at_hand

        def target() -> Target:
            from flowtui.engine.breakdown import breakdown
            from flowtui.engine.drill import Target

            query, title = breakdown(
                step.run, column, is_at_hand=is_at_hand, count=step.rows, narrowed=narrowed
            )
            return Target(query, step.run.window, title)

        self._go(target, runs=True)

    async def values(self, run: QueryRun, column: str) -> ColumnValues | None:
        """Those of a column in all records that a run shows the first of, where these are at hand.

        None elsewhere, and where its rows are all. Raises `FlowtuiError`.
        """
        from flowtui.engine.values import counting, values_of_groups

        queries = counting(run, column) if self.state.source.is_at_hand else None
        if queries is None:
            return None
        answers = [await self.runner.peek(query, run.window) for query in queries]
        return values_of_groups(*answers)

    def filter_by(self, text: str) -> None:
        """Write into the editor what the rows are narrowed to by a text, as a filter."""
        run = self.state.shown
        if run is None:
            return

        def target() -> Target:
            from flowtui.engine.narrow import filtered, terms_of
            from flowtui.engine.pivot import ShownQuestion

            on = ShownQuestion(run.query, run.window, self.state.flow_format)
            return filtered(on, terms_of(text, run.latest.results.columns))

        self._go(target, runs=False)

    def _asked_rows(self) -> Step | None:
        """The step whose rows can be asked; where there are none that is said."""
        shown = None if self.state.trail is None else self.state.trail.current
        if shown is None or not shown.rows:
            self.say("there are no rows to ask yet; F5 runs the query", is_error=True)
            return None
        if not shown.run.is_final:
            self.say("these rows are still coming; wait for the query, or stop it", is_error=True)
            return None
        return shown

    def zoom(self, span: TimeRange) -> None:
        """Ask the same over a part of the time."""
        from flowtui.engine.pivot import ShownQuestion, zoom

        run = self.state.shown
        if run is not None:
            on = ShownQuestion(run.query, run.window, self.state.flow_format)
            self._go(lambda: zoom(on, span), runs=True)

    def _go(self, derive: Callable[[], Target], *, runs: bool) -> None:
        try:
            target = derive()
        except QueryError as error:
            self.say(str(error), is_error=True)
            return
        self.unwatch()
        groups, shown = self.state.groups, self.state.shown
        leaves_rows = (
            shown is not None
            and shown.query.rows is not None
            and target.query.rows is None
            and not self.state.source.is_at_hand
        )
        said = "" if runs else "the query is in the editor; F5 runs it"
        self._store.become(self._left().loaded(target.query, takes_focus=not runs).said(said))
        if self.state.groups != groups:
            self.prepare()
        if runs:
            self._run(
                target.query,
                target.window,
                target.title,
                is_sure=True,
                leaves_rows=leaves_rows,
            )

    def _left(self) -> SessionState:
        return self.state.left(self._store.cursor)

    def _run(
        self,
        question: Query,
        window: TimeRange | None,
        title: str,
        *,
        replaces: bool = False,
        is_sure: bool,
        leaves_rows: bool = False,
    ) -> None:
        """Run it in the place of what is on its way; its step comes when it has rows to show."""
        self._halt()
        state = replace(self.state, replaces=replaces, activity=QUEUED, refusal=None)
        self._store.become(state.said(""))
        self._running = self._start(
            self._follower.follow(question, window, title, is_sure=is_sure, leaves_rows=leaves_rows)
        )

    # The records behind the rows, over time

    @property
    def is_time_free(self) -> bool:
        """Whether the records behind the shown rows can be looked at for nothing."""
        shown = self.state.shown
        return shown is not None and _is_free(self.state, shown)

    def split_time(self, column: str) -> None:
        """Tell the values of a column apart over time; those of none where it is empty.

        What was scanned for is asked for anew: it does not have them.
        """
        over_time = self.state.over_time
        was_scanned = over_time.series is not None and not self.is_time_free
        kept = over_time.series if was_scanned else None
        self._store.become(
            replace(self.state, over_time=replace(over_time, split=column, series=kept))
        )
        if was_scanned:
            self.ask_over_time()

    def look_before(self, wanted: bool) -> None:
        """Whether the window before is to be seen behind this one; a scan is asked for first."""
        over_time = replace(self.state.over_time, wants_before=wanted, before=None)
        self._store.become(replace(self.state, over_time=over_time))
        if wanted and not self.is_time_free:
            self.ask_over_time(before=True)

    def ask_over_time(self, *, before: bool = False) -> None:
        """Ask for the records behind the rows over time, where that is a scan.

        Or for those of the window before.
        """
        run = self.state.shown
        if run is not None:
            self._look_with(self._time_follower.ask(run, before=before))

    def _look_behind(self, state: SessionState) -> None:
        """Look at the time behind the rows as soon as they are all there, where that is free."""
        run, over_time = state.shown, state.over_time
        if run is None:
            return
        wanted = run.id, over_time.split, over_time.wants_before
        if state.activity or (state.run is not None and not state.run.is_final):
            # What is asked now comes first.
            if self._looking is not None:
                self._looking.cancel()
            self._looked = None
        elif run.latest.state is RunState.COMPLETE and wanted != self._looked:
            self._looked = wanted
            is_free, follower = _is_free(state, run), self._time_follower
            self._look_with(follower.accompany(run) if is_free else follower.look_in_rows(run))

    def _look_with(self, work: Coroutine[object, object, None]) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._looking = self._start(work)

    # Requests

    def answer_consent(self, request: Consent, *, is_agreed: bool) -> None:
        """Whether a run may cost what it may."""
        self._follower.agree(request, is_agreed=is_agreed)
        self._time_follower.agree(request, is_agreed=is_agreed)

    def answer_login(self, request: Login, said: str) -> None:
        """The outcome of logging in at AWS again."""
        self._store.answered(request)
        if said:
            self.say(said)
            self.prepare()

    def answer_groups(self, request: ChooseGroups, groups: tuple[str, ...] | None) -> None:
        """The log groups to ask, and so the question is run."""
        self._store.answered(request)
        if groups:
            self.choose_groups(groups)
            self.ask()

    # On the trail

    def back(self) -> None:
        """One step back; from a question without rows yet, to the rows that are shown."""
        trail = self.state.trail
        if trail is None:
            return
        if not self.state.is_unanswered and not trail.can_go_back:
            self.say("this is the first step; t shows the trail")
            return
        is_unanswered = self.state.is_unanswered
        self._visit(lambda trail: trail if is_unanswered else trail.back())

    def forward(self) -> None:
        if self.state.trail is not None and self.state.trail.ahead:
            self._visit(lambda trail: trail.forward())

    def jump(self, index: int) -> None:
        """To any step of the trail."""
        if self.state.trail is not None and 0 <= index < len(self.state.trail.steps):
            self._visit(lambda trail: trail.jump(index))

    def recall(self, step: Step) -> None:
        """Show a run of the history as a step, with its rows, which are read by its id."""
        from flowtui.engine.trail import Trail

        adopted = replace(step, run=self.runner.adopted(step.run), begins=True)
        self._halt()
        state = self._left()
        self._show(state, state.trail.deeper(adopted) if state.trail else Trail((adopted,)))

    def amend(self, results: ResultSet) -> None:
        """Show these in the place of the rows that are shown: what the user has said of them."""
        run = self.state.shown
        if run is not None:
            amended = replace(run, latest=replace(run.latest, results=results))
            self._store.become(self.state.refilled(amended))

    def note(self, text: str) -> None:
        """A note of the analyst on the current step."""
        if self.state.trail is not None:
            self._store.become(replace(self.state, trail=self.state.trail.noted(text)).said(text))

    def pin(self, indexes: Collection[int]) -> None:
        """Have these steps of the trail, and no other ones, tell what was found."""
        trail = self.state.trail and self.state.trail.pinned(indexes)
        if trail != self.state.trail:
            self._store.become(replace(self.state, trail=trail))

    def _visit(self, go: Callable[[Trail], Trail]) -> None:
        self._halt()
        state = self._left()
        if state.trail is not None:
            self._show(state, go(state.trail))

    def _show(self, state: SessionState, trail: Trail) -> None:
        """Show the step that `trail` is at, with the rows that it has: nothing is asked."""
        self.unwatch()
        groups, note = self.state.groups, trail.current.note
        self._store.cursor = trail.current.cursor
        self._store.become(state.visited(trail).said(note))
        if self.state.groups != groups:
            self.prepare()
        if trail.current.forgotten:
            self._running = self._start(self._follower.fetch(note))

    def _resume(self, past: Investigation, said: str) -> None:
        """Show the investigation as it was left, and get its rows and its running query."""
        strays, past = past.strays, past.reopened(self.now())
        state = self.state
        if past.trail is not None:
            state = state.visited(past.trail)
            self._store.cursor = past.trail.current.cursor
        if past.coming is not None:
            state = replace(state, pending=past.coming, run=past.coming.run, replaces=past.replaces)
        state = replace(state.wrote(past.text), groups=past.groups, time=past.time, rows=past.rows)
        self._store.become(replace(state, origin=Origin.RESUMED).said(said))
        self._running = self._start(self._follower.fetch(said, strays))

    # How a run ends

    def cancel(self) -> bool:
        """Stop what is on its way, a watch too; whether anything was."""
        was_busy = self.is_busy
        self.unwatch()
        if was_busy:
            had_notices = self.state.run is not None and bool(self.state.run.latest.notices)
            self._halt()
            if had_notices:
                self.say("")
        return was_busy

    @property
    def is_busy(self) -> bool:
        """Whether a run is asked for, even if it has not begun."""
        return self._running is not None and not self._running.done()

    def _halt(self) -> None:
        """Stop what is on its way: its state says so at once, the service is asked meanwhile."""
        if self._running is not None:
            self._running.cancel()
            self._running = None
        run = self.state.run
        if self.state.activity or (run is not None and not run.is_final):
            self._store.become(self.state.halted(self.now()))

    # Watching

    def watch(self, every: timedelta, label: str) -> None:
        """Run the question again that often, each time a scan, until it is cancelled."""
        if self.state.rows is not None:
            self.unwatch()
            self.say("rows at hand do not change; alt+r goes back to the log groups", is_error=True)
        else:
            self._repetition.begin(every, label)

    def unwatch(self) -> None:
        self._repetition.end()

    # Where one works, and how it ends

    async def move(self, account: Account) -> None:
        """Work in another account: the text stays, all else belongs to where it comes from."""
        self._store.become(self._left())
        await self._close()
        left, self.account, self._made = self.account, account, None
        self._store.cursor = None
        self._store.become(self.state.emptied(account.source, account.service.place))
        self._store.journals = account.journals(self)
        await left.service.close()

    async def leave(self) -> None:
        """Before the program ends on purpose."""
        self._store.become(self._left())
        await self.end()

    async def end(self) -> None:
        """However the program ends: stop what runs, keep what has become of it, let all go."""
        if self._has_ended:
            return
        self._has_ended = True
        await self._close()
        await self.account.service.close()

    async def _close(self) -> None:
        """Stop everything, wait until the service has been asked to, and have it all kept."""
        try:
            self.unwatch()
            self._halt()
        finally:
            # Whatever a listener does: no query may be left running.
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        journals, self._store.journals = self._store.journals, ()
        still_running = self.left_running.get(self.account.source, [])
        for journal in journals:
            await journal.finish(still_running)
        if self._made is not None:
            await self._made[0].rows.close()

    # Its tools

    @property
    def runner(self) -> QueryRunner:
        return self._working[0]

    @property
    def _follower(self) -> RunFollower:
        return self._working[1]

    @property
    def _time_follower(self) -> TimeFollower:
        return self._working[2]

    @property
    def _working(self) -> tuple[QueryRunner, RunFollower, TimeFollower]:
        """Made when it is first needed: a first frame does not wait for what it imports."""
        if self._made is None:
            from flowtui.engine.rows_source import RowsSource
            from flowtui.engine.run_follower import RunFollower
            from flowtui.engine.runner import QueryRunner
            from flowtui.engine.time_follower import TimeFollower

            account = self.account
            runner = QueryRunner(
                account.service, account.formats, now=self.now, delays=account.delays,
                limits=account.limits, meter=self.meter, say=self._tell, first_id=self._first_id,
                left_running=self.left_running.setdefault(account.source, []),
                rows=RowsSource(account.rows, self._run_of),
                keeps_rows=account.source.keeps_rows, shelf=account.shelf,
            )  # fmt: skip
            followers = (
                RunFollower(self._store, runner, self.now),
                TimeFollower(self._store, runner),
            )
            self._made = runner, *followers
        return self._made

    def _run_of(self, run_id: RunId) -> QueryRun | None:
        return self.state.run_of(run_id)

    def _tell(self, activity: str) -> None:
        """The step that takes its time: before a run has begun, or where rows are read again."""
        if not self.state.activity:
            self.say(activity)
        elif activity != self.state.activity:
            self._store.become(replace(self.state, activity=activity or QUEUED))

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and self._fault is None:
            self._fault = error
            self._has_fault.set()

    async def faults(self) -> None:
        """Raise the first error that nobody foresaw in what runs by itself.

        To be awaited by the front end, which can end the program with it.
        """
        await self._has_fault.wait()
        if self._fault is not None:
            raise self._fault


def _is_free(state: SessionState, run: QueryRun) -> bool:
    """Whether what a run has read can be read again for nothing."""
    return state.source.is_at_hand or run.query.rows is not None
