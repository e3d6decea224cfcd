"""The investigation: what the user asks for goes in as verbs, what it is goes out as states.

A session knows no screen. A front end subscribes to its states, and answers its requests; journals
listen to it. All its verbs are to be called on one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flowtui.engine.background import Background
from flowtui.engine.chosen_groups import ChosenGroups
from flowtui.engine.current_run import CurrentRun
from flowtui.engine.followers import Followers
from flowtui.engine.forecast import Forecast
from flowtui.engine.next_question import NextQuestion
from flowtui.engine.repetition import Repetition
from flowtui.engine.session_state import ChooseGroups, Consent, Login, SessionState
from flowtui.engine.session_store import Listener, SessionStore
from flowtui.engine.time_behind import TimeBehind
from flowtui.engine.trail_walk import TrailWalk
from flowtui.model.errors import FlowtuiError, QueryError
from flowtui.model.timerange import Time, TimeRange, moved, scaled

if TYPE_CHECKING:
    from flowtui.engine.account import Account
    from flowtui.engine.around_flow import Offer
    from flowtui.engine.baseline import Baseline
    from flowtui.engine.cost import Estimate, Meter
    from flowtui.engine.investigation import Investigation
    from flowtui.engine.pivot import Spot
    from flowtui.engine.runner import QueryRunner
    from flowtui.engine.trail import Step
    from flowtui.engine.values import ColumnValues
    from flowtui.model.run import Query, QueryRun, ResultSet, Row
    from flowtui.model.saved_query import SavedQuery
    from flowtui.model.source import DataSource


class Session:
    """The one class that front ends call: its collaborators, each with one work, share the store.

    It owns every task that a verb starts.
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
        self.now, self.sleep = now, sleep
        self.unsaved = ""
        """Why the investigation could not be saved when it ended; empty if it was."""
        self._has_ended = False
        self._store = store = SessionStore(state)
        self._background = Background()
        start = self._background.start
        self._followers = Followers(account, store, now, first_id=first_id)
        self._groups = ChosenGroups(store, self._followers, start, self.foresee)
        self._forecast = Forecast(store, self._followers, start)
        self._run = CurrentRun(store, self._followers, start, now)
        self._repetition = Repetition(store, self, start)
        self._walk = TrailWalk(store, self._run, self._groups, self._repetition)
        self._next = NextQuestion(store, self._run, self._groups, self._repetition)
        self._time = TimeBehind(store, self._followers, start)

    @property
    def state(self) -> SessionState:
        return self._store.state

    @property
    def account(self) -> Account:
        return self._followers.account

    @property
    def runner(self) -> QueryRunner:
        return self._followers.runner

    @property
    def meter(self) -> Meter:
        return self._followers.meter

    @property
    def left_running(self) -> Mapping[DataSource, Sequence[str]]:
        """The ids of queries that may still run because their stop went unanswered, by where."""
        return self._followers.left_running

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
            self._walk.resume(past.reopened(self.now()), said, past.strays)

    def see(self, text: str, cursor: Row | None) -> None:
        """The text in the editor, and the user's place in the rows, by the row's key."""
        self._store.cursor = cursor
        self.edit(text)

    async def settle(self) -> None:
        """Wait until the journals have what has happened so far, for whoever reads it there."""
        await asyncio.gather(*(journal.settle() for journal in self._store.journals))

    async def faults(self) -> None:
        """Raise the first error that nobody foresaw in what runs by itself.

        To be awaited by the front end, which can end the program with it.
        """
        await self._background.faults()

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
        from flowtui.engine.rows_at_hand import switched

        try:
            self._store.become(switched(self.state))
        except QueryError as error:
            self.say(str(error), is_error=True)

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

    def load(
        self, query: Query, *, saved: SavedQuery | None = None, said: str = "", runs: bool = False
    ) -> None:
        """Put a question into the editor; what was there is on the trail, and one undo away.

        `saved` is what the question was opened from.
        """
        state = replace(self._store.left, saved=saved).loaded(query, takes_focus=not runs)
        self._groups.take(replace(state, is_opened=True).said(said))
        if runs:
            self.ask()

    def saved_as(self, saved: SavedQuery) -> None:
        """The question in the editor is saved so."""
        self._store.become(replace(self.state, saved=saved))

    def prepare(self) -> None:
        """Find out the format of the chosen log groups, for the border and the checks."""
        self._groups.learn()

    @property
    def is_preparing(self) -> bool:
        return self._groups.is_learning

    def foresee(self) -> None:
        """Say what the question in the editor may scan, from what is known: nothing is asked."""
        self._forecast.look(is_learning=self.is_preparing)

    # Asking

    def ask(self) -> None:
        """Run the question in the editor."""
        self._next.ask()

    def derive(self, kind: str, spot: Spot, *, runs: bool = True) -> None:
        """Ask what follows from a row: drill, include, exclude, conversation, or a pivot.

        Or only write it into the editor.
        """
        self._next.follow(
            lambda shown: shown.derived(kind, spot, self.runner.service.respelled), runs=runs
        )

    def compare(self, baseline: Baseline, *, runs: bool = True) -> None:
        """Ask what has changed against an earlier time."""
        nothing = "there is nothing to compare yet; F5 runs the query"
        self._next.follow(lambda shown: shown.compared(baseline), runs=runs, nothing=nothing)

    def breakdown(self, column: str, narrowed: str = "") -> None:
        """Ask how often each value of a column comes in the rows that are shown, for nothing.

        `narrowed` are the words that these are narrowed to.
        """
        from flowtui.engine.rows_at_hand import NO_ROWS

        self._next.follow(lambda shown: shown.broken_down(column, narrowed), nothing=NO_ROWS)

    def filter_by(self, text: str) -> None:
        """Write into the editor what the rows are narrowed to by a text, as a filter."""
        self._next.follow(lambda shown: shown.filtered(text), runs=False)

    def zoom(self, span: TimeRange) -> None:
        """Ask the same over a part of the time."""
        self._next.follow(lambda shown: shown.zoomed(span))

    def take_offer(self) -> None:
        """Answer the question from rows of the trail, which costs nothing."""
        self._next.go(self._forecast.offered)

    # What the rows that are shown say of themselves

    def pivots(self, row: Mapping[str, str]) -> tuple[Offer, ...]:
        """What can be asked around the flow of a row of the shown result."""
        shown = self._next.shown
        return () if shown is None else shown.pivots(row)

    def span_of(self, row: Mapping[str, str]) -> tuple[datetime, datetime] | None:
        """From when to when the flow of a row of the shown result was; None if it does not say."""
        shown = self._next.shown
        return None if shown is None else shown.span_of(row)

    def comparison_cost(self, baseline: Baseline) -> Estimate | None:
        """What comparing may scan; None where it is free, or can't be asked."""
        shown = self._next.shown
        if shown is None or shown.is_at_hand:
            return None
        try:
            target = shown.compared(baseline)
            return self.runner.estimate(target.query, target.window)
        except FlowtuiError:
            return None

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

    # The records behind the rows, over time

    @property
    def is_time_free(self) -> bool:
        """Whether the records behind the shown rows can be looked at for nothing."""
        return self._time.is_free

    def split_time(self, column: str) -> None:
        """Tell the values of a column apart over time; those of none where it is empty."""
        self._time.split(column)

    def look_before(self, wanted: bool) -> None:
        """Whether the window before is to be seen behind this one; a scan is asked for first."""
        self._time.look_before(wanted)

    def ask_over_time(self, *, before: bool = False) -> None:
        """Ask for the records behind the rows over time, or for those of the window before."""
        self._time.ask(before=before)

    # Requests

    def answer_consent(self, request: Consent, *, is_agreed: bool) -> None:
        """Whether a run may cost what it may."""
        self._followers.agree(request, is_agreed=is_agreed)

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

    # On the trail, where nothing is asked but for rows that were forgotten

    def back(self) -> None:
        """One step back; from a question without rows yet, to the rows that are shown."""
        self._walk.back()

    def forward(self) -> None:
        self._walk.forward()

    def jump(self, index: int) -> None:
        """To any step of the trail."""
        self._walk.jump(index)

    def recall(self, step: Step) -> None:
        """Show a run of the history as a step, with its rows, which are read by its id."""
        self._walk.recall(replace(step, run=self.runner.adopted(step.run), begins=True))

    def amend(self, results: ResultSet) -> None:
        """Show these in the place of the rows that are shown: what the user has said of them."""
        self._walk.amend(results)

    def note(self, text: str) -> None:
        """A note of the analyst on the current step."""
        self._walk.note(text)

    def pin(self, indexes: Collection[int]) -> None:
        """Have these steps of the trail, and no other ones, tell what was found."""
        self._walk.pin(indexes)

    # How a run ends, or is asked again and again

    def cancel(self) -> bool:
        """Stop what is on its way, a watch too; whether anything was."""
        was_busy = self.is_busy
        self.unwatch()
        if was_busy:
            had_notices = self.state.run is not None and bool(self.state.run.latest.notices)
            self._run.halt()
            if had_notices:
                self.say("")
        return was_busy

    @property
    def is_busy(self) -> bool:
        """Whether a run is asked for, even if it has not begun."""
        return self._run.is_busy

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
        self._store.become(self._store.left)
        await self._close()
        left = self.account
        self._followers.move(account)
        self._store.cursor = None
        self._store.become(self.state.emptied(account.source, account.service.place))
        self._store.journals = account.journals(self)
        await left.service.close()

    async def leave(self) -> None:
        """Before the program ends on purpose."""
        self._store.become(self._store.left)
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
            self._run.halt()
        finally:
            # Whatever a listener does: no query may be left running.
            await self._background.stop()
        journals, self._store.journals = self._store.journals, ()
        still_running = self.left_running.get(self.account.source, [])
        for journal in journals:
            await journal.finish(still_running)
        await self._followers.close()
