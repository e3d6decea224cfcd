"""The investigation: what the user asks for goes in as verbs, what it is goes out as states.

A session knows no screen. A front end subscribes to its states, and answers its requests; journals
listen to it. All its verbs are to be called on one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from flowtui.engine.session_state import (
    ChooseGroups,
    Consent,
    Login,
    Message,
    Origin,
    Refusal,
    Request,
    SessionState,
    Watch,
    is_again,
)
from flowtui.model.errors import CredentialsError, FlowtuiError, QueryError
from flowtui.model.run import Query, QueryRun, Row, RunState
from flowtui.model.timerange import Time, TimeRange

if TYPE_CHECKING:
    from flowtui.backends.base import SavedQuery, Service
    from flowtui.engine.cost import Limits, Meter
    from flowtui.engine.drill import Target
    from flowtui.engine.formats import Formats
    from flowtui.engine.investigation import Investigation
    from flowtui.engine.pace import Delays
    from flowtui.engine.pivot import Spot
    from flowtui.engine.runner import Prepared, QueryRunner
    from flowtui.engine.trail import Step, Trail
    from flowtui.model.source import Source
    from flowtui.query.check import Diagnostic

Listener = Callable[[SessionState], None]

QUEUED = "queued"
"""What is said of a run until something more is known of it."""
UNKNOWN = "unknown-field"
"""The code of what is found where nothing defines a name: it may be meant so."""


class Journal(Protocol):
    """Keeps what a session does in one account."""

    def see(self, state: SessionState) -> None:
        """Note what is new in the state; it must not take long."""

    async def finish(self, still_running: Sequence[str]) -> None:
        """Keep the last state, in which nothing is followed any more.

        `still_running` are the ids of queries whose stop went unanswered.
        """


@dataclass(frozen=True, slots=True)
class Account:
    """A place to ask, and the rules that hold there; the composition root fills it."""

    service: Service
    source: Source
    formats: Formats
    delays: Delays
    limits: Limits
    journals: Callable[[Session], Sequence[Journal]] = lambda _: ()
    """What keeps the session there; called when the session begins to work."""


@dataclass(eq=False)
class Session:
    """Owns the trail, the run, what is chosen, and every task that a verb starts.

    Back, forward and jump ask nothing of the service, but for rows that were forgotten.
    """

    account: Account
    state: SessionState
    now: Callable[[], datetime]
    meter: Meter
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    left_running: dict[Source, list[str]] = field(default_factory=dict)
    """The ids of queries that may still run because their stop went unanswered, by where."""
    first_id: int = 1
    unsaved: str = ""
    """Why the investigation could not be saved when it ended; empty if it was."""
    cursor: Row | None = None
    """Where the user is in the rows that are shown, by the row's key."""

    def __post_init__(self) -> None:
        self._listeners: list[Listener] = []
        self._journals: Sequence[Journal] = ()
        self._runner: QueryRunner | None = None
        self._running: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._consent: tuple[Consent, asyncio.Future[bool]] | None = None
        self._agreed: Query | None = None
        """What is watched, and may cost what it does."""
        self._doubted = ""
        """The text that was not sent for an unknown name: asked again, it runs."""
        self._notices: tuple[str, ...] = ()
        """What the user should know of the question that is being answered."""
        self._has_ended = False
        self._fault: BaseException | None = None
        self._has_fault = asyncio.Event()

    # Whoever listens

    def subscribe(self, listener: Listener) -> None:
        """Have it called with each new state, at once and on this thread."""
        self._listeners.append(listener)

    def begin(self, past: Investigation | None = None, said: str = "") -> None:
        """Learn what is known of the log groups; take up `past`, the investigation of before."""
        self._journals = self.account.journals(self)
        self.prepare()
        if past is not None:
            self._resume(past, said)

    def _become(self, state: SessionState) -> None:
        self.state = state
        for journal in self._journals:
            journal.see(state)
        for listener in tuple(self._listeners):
            listener(state)

    def say(self, text: str, *, is_error: bool = False) -> None:
        if text or self.state.message.text:
            self._become(self.state.said(text, is_error=is_error))

    # What is chosen

    def edit(self, text: str) -> None:
        """The user has written it; what they have decided about the text before is void."""
        if text != self.state.text:
            self._become(replace(self.state, text=text, refusal=None))

    def choose_groups(self, groups: tuple[str, ...]) -> None:
        self._become(replace(self.state, groups=groups))
        self.prepare()

    def choose_time(self, time: Time | None) -> None:
        self._become(replace(self.state, time=time))

    def load(
        self, query: Query, *, saved: SavedQuery | None = None, said: str = "", runs: bool = False
    ) -> None:
        """Put a question into the editor; what was there is on the trail, and one undo away.

        `saved` is what the question was opened from.
        """
        groups = self.state.groups
        state = replace(self._left(), saved=saved).loaded(query, takes_focus=True)
        self._become(state.said(said))
        if self.state.groups != groups:
            self.prepare()
        if runs:
            self.ask()

    def saved_as(self, saved: SavedQuery) -> None:
        """The question in the editor is saved so."""
        self._become(replace(self.state, saved=saved))

    def prepare(self) -> None:
        """Find out the format of the chosen log groups, for the border and the checks."""
        if self._preparing is not None:
            self._preparing.cancel()
        self._preparing = self._start(self._learn(self.state.groups))

    async def _learn(self, groups: tuple[str, ...]) -> None:
        try:
            known = await self.runner.known(groups)
        except FlowtuiError as error:
            self._fail(None, error)
        else:
            self._become(replace(self.state, flow_format=known.format))
            if known.notice:
                self.say(known.notice)
        self._become(replace(self.state, place=self.account.service.place))
        self._preparing = None
        self.foresee()

    @property
    def is_preparing(self) -> bool:
        return self._preparing is not None

    def foresee(self) -> None:
        """Say what the question in the editor may scan, from what is known: nothing is asked."""
        known = None if self.is_preparing else self.runner.foreseen(self.state.question)
        if known != self.state.estimate:
            self._become(replace(self.state, estimate=known))

    # Asking

    def ask(self) -> None:
        """Run the question in the editor."""
        from flowtui.engine.runner import title_of
        from flowtui.query.parser import parse_tolerant
        from flowtui.query.scope import may_choose_groups

        question, shown = self.state.question, self.state.shown
        pipeline = parse_tolerant(question.body).pipeline
        if not question.log_groups and not may_choose_groups(pipeline):
            self._request(ChooseGroups())
            return
        replaces = shown is not None and is_again(shown.query, question)
        trail = self.state.trail
        title = trail.current.title if trail and replaces else title_of(question.body)
        is_sure = self._doubted == question.body or self.state.watch is not None
        self._run(question, None, title, replaces=replaces, is_sure=is_sure)

    def derive(self, kind: str, spot: Spot, *, runs: bool = True) -> None:
        """Ask what follows from a row: drill, include, exclude, conversation, or a pivot.

        Or only write it into the editor.
        """
        from flowtui.engine.pivot import Asked, derive

        run = self.state.shown
        if run is not None:
            on = Asked(run.query, run.window, self.state.flow_format)
            self._go(lambda: derive(kind, on, spot), runs=runs)

    def zoom(self, span: TimeRange) -> None:
        """Ask the same over a part of the time."""
        from flowtui.engine.pivot import Asked, zoom

        run = self.state.shown
        if run is not None:
            on = Asked(run.query, run.window, self.state.flow_format)
            self._go(lambda: zoom(on, span), runs=True)

    def _go(self, derive: Callable[[], Target], *, runs: bool) -> None:
        try:
            target = derive()
        except QueryError as error:
            self.say(str(error), is_error=True)
            return
        self.unwatch()
        groups = self.state.groups
        said = "" if runs else "the query is in the editor; F5 runs it"
        self._become(self._left().loaded(target.query, takes_focus=not runs).said(said))
        if self.state.groups != groups:
            self.prepare()
        if runs:
            self._run(target.query, target.window, target.title, is_sure=True)

    def _left(self) -> SessionState:
        return self.state.left(self.cursor)

    def _run(
        self,
        question: Query,
        window: TimeRange | None,
        title: str,
        *,
        replaces: bool = False,
        is_sure: bool,
    ) -> None:
        """Run it in the place of what is on its way; its step comes when it has rows to show."""
        self._halt()
        state = replace(self.state, replaces=replaces, activity=QUEUED, refusal=None)
        self._become(state.said(""))
        self._running = self._start(self._follow(question, window, title, is_sure=is_sure))

    async def _follow(
        self, question: Query, window: TimeRange | None, title: str, *, is_sure: bool
    ) -> None:
        """Take a question from its text to its end; cancelling this stops the query."""
        run: QueryRun | None = None
        hearing: asyncio.Task[None] | None = None
        try:
            prepared = await self._prepared(question, window, is_sure=is_sure)
            if prepared is None or not await self._agrees(prepared):
                return
            hearing = self._start(self._hear(prepared))
            async with aclosing(self.runner.runs(prepared)) as runs:
                run = await anext(runs)
                self._become(self.state.begun(run, title, Origin.ASKED))
                async for run in runs:
                    self._advance(run)
            await hearing
            self._add(await self.runner.elsewhere(prepared, run.latest))
        except QueryError as error:
            self._point_at(question, error)
            self._fail(run, error)
        except FlowtuiError as error:
            self._fail(run, error)
        finally:
            if hearing is not None:
                hearing.cancel()
            if self.state.activity and self._running is asyncio.current_task():
                self._become(replace(self.state, activity=""))

    async def _prepared(
        self, question: Query, window: TimeRange | None, *, is_sure: bool
    ) -> Prepared | None:
        """The question as it will be sent; None where a name in it is not meant so, it seems."""
        prepared = await self.runner.prepare(question, window)
        doubts = [each for each in prepared.findings if each.code == UNKNOWN]
        self._become(replace(self.state, flow_format=prepared.format))
        if doubts and not is_sure:
            self._doubted = question.body
            self._become(self._refused(question, doubts[0], is_overridable=True))
            return None
        self._notices = ()
        self._add(*prepared.notices)
        return prepared

    async def _hear(self, prepared: Prepared) -> None:
        """What there is to know of log groups that the run does not wait for."""
        heard = await self.runner.heard(prepared)
        if self.is_busy:
            self._add(heard)

    def _add(self, *notices: str) -> None:
        """Say something more of the question that is being answered."""
        self._notices = (*self._notices, *filter(None, notices))
        if any(notices):
            self.say(self._said_of(self.state.run))

    def _said_of(self, run: QueryRun | None) -> str:
        """What the user should know of a question's log groups, and of its rows so far."""
        from flowtui.engine.runner import notices_of

        of_run = notices_of(run) if run is not None else ()
        return "; ".join(dict.fromkeys((*self._notices, *of_run)))

    def _point_at(self, question: Query, error: QueryError) -> None:
        """Show where it is wrong, if that is said."""
        from flowtui.query.check import Diagnostic

        if error.span != (0, 0) and self.state.text == question.body:
            refused = self._refused(question, Diagnostic.of(error), is_overridable=False)
            self._become(refused)

    def _refused(
        self, question: Query, finding: Diagnostic, *, is_overridable: bool
    ) -> SessionState:
        refusal = Refusal(question.body, finding, is_overridable)
        how = [finding.message]
        if is_overridable:
            how += ["Enter takes it"] if finding.suggestion else []
            how += ["F5 again runs it as it is"]
        return replace(self.state, refusal=refusal).said("; ".join(how), is_error=True)

    async def _agrees(self, prepared: Prepared) -> bool:
        """Whether the user agrees to what it may cost; a watch is agreed to as a whole."""
        if not prepared.needs_consent or self._agreed == prepared.query:
            return True
        consent = Consent(prepared.estimate, prepared.query, prepared.window)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._consent = consent, answer
        self._request(consent)
        try:
            is_agreed = await answer
        finally:
            self._consent = None
            if self.state.request is consent:
                self._become(replace(self.state, request=None))
        if not is_agreed:
            self.unwatch()
            self.say("not run; F5 asks again")
        elif self.state.watch is not None:
            self._agreed = prepared.query
        return is_agreed

    # Requests

    def _request(self, request: Request) -> None:
        self._become(replace(self.state, request=request))

    def agree(self, consent: Consent, *, is_agreed: bool) -> None:
        """What the user says to what a run may cost."""
        if self._consent is not None and self._consent[0] is consent:
            with suppress(asyncio.InvalidStateError):
                self._consent[1].set_result(is_agreed)

    def answer_login(self, request: Login, said: str) -> None:
        """What came of opening the session at AWS again."""
        self._answered(request)
        if said:
            self.say(said)
            self.prepare()

    def answer_groups(self, request: ChooseGroups, groups: tuple[str, ...] | None) -> None:
        """The log groups to ask, and so the question is run."""
        self._answered(request)
        if groups:
            self.choose_groups(groups)
            self.ask()

    def _answered(self, request: Request) -> None:
        if self.state.request is request:
            self._become(replace(self.state, request=None))

    # What comes of a run

    def _advance(self, run: QueryRun) -> None:
        """Take over the newest state of a run, unless the user has moved on to another one."""
        before, before_pending = self.state.run, self.state.pending
        if before is None or before.id != run.id or before.is_final:
            return
        state = self.state.advanced(run, self.cursor)
        if before_pending is not None and state.pending is None:
            # The rows of another step: nobody has been in them.
            self.cursor = None
        if (message := self._message_of(run, before)) is not None:
            state = replace(state, message=message)
        if run.latest.login and not before.latest.login:
            state = replace(state, request=Login(run.latest.login))
        self._become(state)
        if run.latest.state is RunState.CANCELLED:
            # Somebody or a limit has stopped it: the clock must not start it over and over.
            self.unwatch()

    def _message_of(self, run: QueryRun, before: QueryRun) -> Message | None:
        """What the user should know of it; None where that is as before."""
        latest = run.latest
        if latest.error or latest.state in (RunState.FAILED, RunState.TIMED_OUT):
            ended_badly = f"the query ended as {latest.state.lower()}; the rows so far are kept"
            return Message(latest.error or ended_badly, is_error=True)
        said = self._said_of(run)
        return Message(said) if said != self._said_of(before) else None

    def _fail(self, run: QueryRun | None, error: FlowtuiError) -> None:
        if isinstance(error, CredentialsError) and error.login:
            self._request(Login(error.login))
        if run is not None:
            self._advance(run.end(RunState.FAILED, self.now(), str(error)))
        elif self.state.refusal is None:
            self.say(str(error), is_error=True)

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

        adopted = replace(step, run=self.runner.adopted(step.run))
        self._halt()
        state = self._left()
        self._show(state, state.trail.deeper(adopted) if state.trail else Trail((adopted,)))

    def note(self, text: str) -> None:
        """What the analyst says of the current step."""
        if self.state.trail is not None:
            self._become(replace(self.state, trail=self.state.trail.noted(text)).said(text))

    def _visit(self, go: Callable[[Trail], Trail]) -> None:
        self._halt()
        state = self._left()
        if state.trail is not None:
            self._show(state, go(state.trail))

    def _show(self, state: SessionState, trail: Trail) -> None:
        """Show the step that `trail` is at, with the rows that it has: nothing is asked."""
        self.unwatch()
        groups, note = self.state.groups, trail.current.note
        self.cursor = trail.current.cursor
        self._become(state.visited(trail).said(note))
        if self.state.groups != groups:
            self.prepare()
        if trail.current.forgotten:
            self._running = self._start(self._fetch(note))

    async def _fetch(self, said: str, strays: Sequence[QueryRun] = ()) -> None:
        """Read what the current step has forgotten, and follow a run that is still on its way.

        Both by the query's id, without a scan. `said` is what the user should know after it;
        `strays` are runs to stop.
        """
        trail, run = self.state.trail, self.state.run
        try:
            await asyncio.gather(*map(self.runner.stop, strays))
            if trail is not None and trail.current.forgotten and trail.current.run.is_final:
                self._become(self.state.refilled(await self.runner.again(trail.current.run)))
                self.say(said)
        except FlowtuiError as error:
            self.say(f"{error}; F5 runs the query again", is_error=True)
        if run is not None and not run.is_final:
            await self._follow_again(run)

    async def _follow_again(self, run: QueryRun) -> None:
        latest = run
        try:
            async with aclosing(self.runner.attached(run)) as runs:
                async for latest in runs:
                    self._advance(latest)
        except FlowtuiError as error:
            self._fail(latest, error)

    def _resume(self, past: Investigation, said: str) -> None:
        """Show the investigation as it was left, and get its rows and its running query."""
        strays, past = past.strays, past.reopened(self.now())
        state = self.state
        if past.trail is not None:
            state = state.visited(past.trail)
            self.cursor = past.trail.current.cursor
        if past.coming is not None:
            state = replace(state, pending=past.coming, run=past.coming.run, replaces=past.replaces)
        state = replace(state.wrote(past.text), groups=past.groups, time=past.time)
        self._become(replace(state, origin=Origin.RESUMED).said(said))
        self._running = self._start(self._fetch(said, strays))

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
        """Stop what is on its way: its state says so at once, the service is told meanwhile."""
        if self._running is not None:
            self._running.cancel()
            self._running = None
        run = self.state.run
        if self.state.activity or (run is not None and not run.is_final):
            self._become(self.state.halted(self.now()))

    # Watching

    def watch(self, every: timedelta, label: str) -> None:
        """Run the question again that often, each time a scan, until it is cancelled."""
        self.unwatch()
        self._become(replace(self.state, watch=Watch(every, label)))
        self._watching = self._start(self._run_again(every.total_seconds()))

    async def _run_again(self, seconds: float) -> None:
        while True:
            # The last one may not have ended yet, or the user may have been asked something.
            if not self.is_busy and self.state.request is None:
                self.ask()
            await self.sleep(seconds)

    def unwatch(self) -> None:
        self._agreed = None
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        if self.state.watch is not None:
            self._become(replace(self.state, watch=None))

    # Where one works, and how it ends

    async def move(self, account: Account) -> None:
        """Work in another account: the text stays, all else belongs to where it comes from."""
        self._become(self._left())
        await self._close()
        left, self.account, self._runner = self.account, account, None
        self._doubted, self.cursor = "", None
        self._become(self.state.emptied(account.source, account.service.place))
        self._journals = account.journals(self)
        await left.service.close()

    async def leave(self) -> None:
        """Before the program ends on purpose."""
        self._become(self._left())
        await self.end()

    async def end(self) -> None:
        """However the program ends: stop what runs, keep what has become of it, let all go."""
        if self._has_ended:
            return
        self._has_ended = True
        await self._close()
        await self.account.service.close()

    async def _close(self) -> None:
        """Stop everything, wait until the service has been told, and have the journals keep it."""
        # What a fault of a front end might do to its listeners must not keep a query running.
        self.unwatch()
        self._halt()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        journals, self._journals = self._journals, ()
        still_running = self.left_running.get(self.account.source, [])
        for journal in journals:
            await journal.finish(still_running)

    # What it works with

    @property
    def runner(self) -> QueryRunner:
        """Made when it is first needed: a first frame does not wait for what it imports."""
        if self._runner is None:
            from flowtui.engine.runner import QueryRunner

            account = self.account
            self._runner = QueryRunner(
                account.service, account.formats, now=self.now, delays=account.delays,
                limits=account.limits, meter=self.meter, say=self._tell, first_id=self.first_id,
                left_running=self.left_running.setdefault(account.source, []),
            )  # fmt: skip
        return self._runner

    def _tell(self, activity: str) -> None:
        """What takes its time: before a run has begun, or where rows are read again."""
        if not self.state.activity:
            self.say(activity)
        elif activity != self.state.activity:
            self._become(replace(self.state, activity=activity or QUEUED))

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
