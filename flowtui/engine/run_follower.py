"""Takes a question from its text to its end, and says on the way what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from flowtui.engine.runner import Doubted, Prepared, QueryRunner, notices_of
from flowtui.engine.session_state import Consent, Login, Message, Origin, Refusal, SessionState
from flowtui.model.errors import CredentialsError, FlowtuiError, QueryError
from flowtui.model.run import Query, QueryRun, RunState
from flowtui.model.timerange import TimeRange
from flowtui.query.check import Diagnostic

if TYPE_CHECKING:
    from flowtui.engine.session_store import SessionStore


class RunFollower:
    """Runs one question at a time; who cancels it has its query stopped."""

    def __init__(
        self, store: SessionStore, runner: QueryRunner, now: Callable[[], datetime]
    ) -> None:
        self._store, self._runner, self._now = store, runner, now
        self._consent: tuple[Consent, asyncio.Future[bool]] | None = None
        self._doubted = ""
        """The text that was not sent for an unknown name."""
        self._notices: tuple[str, ...] = ()
        """Sentences about the question that is being answered."""

    async def follow(
        self,
        question: Query,
        window: TimeRange | None,
        title: str,
        *,
        is_sure: bool,
        leaves_rows: bool = False,
    ) -> None:
        """Take a question from its text to its end; cancelling this stops the query.

        `is_sure` is that a name which nothing defines is meant so; `leaves_rows` that the user
        comes from rows at hand, which are free, and so is asked before a scan.
        """
        try:
            # A user who asks for a text again means what is in it.
            is_sure = is_sure or self._doubted == question.body
            prepared = await self._runner.prepare(
                question, window, is_sure=is_sure, leaves_rows=leaves_rows
            )
            if question.rows is None:
                self._store.become(replace(self._store.state, flow_format=prepared.format))
            if await self._agrees(prepared):
                await self._answer(prepared, title)
        except Doubted as doubted:
            self._doubted = question.body
            refused = self._refused(question, doubted.finding, is_overridable=True)
            self._store.become(refused)
        except QueryError as error:
            self._point_at(question, error)
            self._fail(error)
        except FlowtuiError as error:
            self._fail(error)
        if self._store.state.activity:
            self._store.become(replace(self._store.state, activity=""))

    async def _answer(self, prepared: Prepared, title: str) -> None:
        self._notices = prepared.notices
        self._store.say("; ".join(prepared.notices))
        hearing = asyncio.ensure_future(self._hear(prepared))
        try:
            async with aclosing(self._runner.runs(prepared)) as runs:
                run = await anext(runs)
                self._store.become(self._store.state.begun(run, title, Origin.ASKED))
                async for run in runs:
                    self._advance(run)
            await hearing
            self._add(await self._runner.elsewhere(prepared, run.latest))
            await self._look_at_rest(run)
        finally:
            hearing.cancel()

    async def _look_at_rest(self, run: QueryRun) -> None:
        """Find out what a `limit` has left out, where that costs nothing."""
        from flowtui.engine.remainder import remainder, whole_query

        is_free = self._store.state.source.is_at_hand or run.query.rows is not None
        query = whole_query(run) if is_free else None
        if query is None:
            return
        # It is an aside: the rows that were asked for are there.
        with suppress(FlowtuiError):
            found = remainder(run, await self._runner.peek(query, run.window))
            if found is not None:
                state = self._store.state
                known = {**state.remainders, run.id: found}
                self._store.become(replace(state, remainders=known))

    async def _hear(self, prepared: Prepared) -> None:
        """Learn of log groups that the run does not wait for."""
        self._add(await self._runner.heard(prepared))

    def _add(self, *notices: str) -> None:
        """Say something more of the question that is being answered."""
        self._notices = (*self._notices, *filter(None, notices))
        if any(notices):
            self._store.say(self._said_of(self._store.state.run))

    def _said_of(self, run: QueryRun | None) -> str:
        """The sentences about a question's log groups, and about its rows so far."""
        of_run = notices_of(run) if run is not None else ()
        return "; ".join(dict.fromkeys((*self._notices, *of_run)))

    def _point_at(self, question: Query, error: QueryError) -> None:
        """Show where it is wrong, if that is said."""
        if error.span != (0, 0) and self._store.state.text == question.body:
            refused = self._refused(question, Diagnostic.of(error), is_overridable=False)
            self._store.become(refused)

    def _refused(
        self, question: Query, finding: Diagnostic, *, is_overridable: bool
    ) -> SessionState:
        refusal = Refusal(question.body, finding, is_overridable)
        said = finding.message
        if is_overridable and finding.suggestion:
            said = f"{said} Enter takes it, F5 again runs it as it is"
        elif is_overridable:
            said = f"{said}; F5 again runs it as it is"
        return replace(self._store.state, refusal=refusal).said(said, is_error=True)

    async def _agrees(self, prepared: Prepared) -> bool:
        """Whether the user agrees to what it may cost; a watch is agreed to as a whole."""
        watch = self._store.state.watch
        if not prepared.needs_consent or (watch and watch.agreed == prepared.query):
            return True
        consent = Consent(prepared.estimate, prepared.query, prepared.window, prepared.leaves_rows)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._consent = consent, answer
        self._store.request(consent)
        try:
            is_agreed = await answer
        finally:
            self._consent = None
            self._store.answered(consent)
        if (watch := self._store.state.watch) is not None:
            watch = replace(watch, agreed=prepared.query) if is_agreed else None
            self._store.become(replace(self._store.state, watch=watch))
        if not is_agreed:
            self._store.say("not run; F5 asks again")
        return is_agreed

    def agree(self, consent: Consent, *, is_agreed: bool) -> None:
        """The user's answer to what a run may cost."""
        if self._consent is not None and self._consent[0] is consent:
            with suppress(asyncio.InvalidStateError):
                self._consent[1].set_result(is_agreed)

    def _advance(self, run: QueryRun) -> None:
        """Take over the newest state of a run, unless the user has moved on to another one."""
        before, before_pending = self._store.state.run, self._store.state.pending
        if before is None or before.id != run.id or before.is_final:
            return
        state = self._store.state.advanced(run, self._store.cursor)
        if run.latest.state is RunState.CANCELLED:
            # Somebody or a limit has stopped it: the clock must not start it over and over.
            state = replace(state, watch=None)
        if before_pending is not None and state.pending is None:
            # The rows of another step: nobody has been in them.
            self._store.cursor = None
        if (message := self._message_of(run, before)) is not None:
            state = replace(state, message=message)
        if run.latest.login and not before.latest.login:
            state = replace(state, request=Login(run.latest.login))
        self._store.become(state)

    def _message_of(self, run: QueryRun, before: QueryRun) -> Message | None:
        """The sentence about it; None where that is as before."""
        latest = run.latest
        if latest.error or latest.state in (RunState.FAILED, RunState.TIMED_OUT):
            ended_badly = f"the query ended as {latest.state.lower()}; the rows so far are kept"
            return Message(latest.error or ended_badly, is_error=True)
        said = self._said_of(run)
        return Message(said) if said != self._said_of(before) else None

    def _fail(self, error: FlowtuiError) -> None:
        """The run that is on its way has failed, or what comes before or after it."""
        state = self._store.state
        if isinstance(error, CredentialsError) and error.login:
            self._store.request(Login(error.login))
        if state.run is not None and not state.run.is_final:
            self._advance(state.run.end(RunState.FAILED, self._now(), str(error)))
        elif state.refusal is None:
            self._store.say(str(error), is_error=True)

    async def fetch(self, said: str, strays: Sequence[QueryRun] = ()) -> None:
        """Read what the current step has forgotten, and follow a run that is still on its way.

        Both by the query's id, without a scan. `said` is what the user should know after it;
        `strays` are runs to stop.
        """
        trail, run = self._store.state.trail, self._store.state.run
        try:
            await asyncio.gather(*map(self._runner.stop, strays))
            if trail is not None and trail.current.forgotten and trail.current.run.is_final:
                refilled = await self._runner.again(trail.current.run)
                self._store.become(self._store.state.refilled(refilled))
                self._store.say(said)
        except FlowtuiError as error:
            self._store.say(f"{error}; F5 runs the query again", is_error=True)
        if run is not None and not run.is_final:
            await self._follow_again(run)

    async def _follow_again(self, run: QueryRun) -> None:
        try:
            async with aclosing(self._runner.attached(run)) as runs:
                async for latest in runs:
                    self._advance(latest)
        except FlowtuiError as error:
            self._fail(error)
