"""From a question to its rows: every run that the user asks for, until it ends."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import getters, on, work

from flowtui.model.errors import CredentialsError, FlowtuiError, QueryError
from flowtui.model.run import Query, QueryRun, RunState
from flowtui.model.timerange import TimeRange
from flowtui.ui.messages import RunChanged
from flowtui.ui.terminal.input_order import InputOrder, flow
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.run_status import RunStatus, ended_badly
from flowtui.ui.workspace.panels import Panels, is_again

if TYPE_CHECKING:
    from textual.timer import Timer

    from flowtui.engine.trail import Step
    from flowtui.ui.chronicle import Chronicle
    from flowtui.ui.workplace import Opening, Workplace


MOST_CELLS = 1_000_000
"""Cells of results that the trail keeps; some 100 MB of memory."""

ANSWER_SECONDS = 1.0
"""How long keys wait for the first rows from files: what follows F5 is meant for them."""


class Runs(Panels):
    """Turns what the user asks into runs, and runs into what the panels show."""

    app = getters.app(InputOrder)

    def __init__(self, workplace: Workplace, opening: Opening) -> None:
        super().__init__(workplace, opening)
        self._coming: Step | None = None
        """A run that is no step of the trail yet, for it has nothing to show."""
        self._replaces = False
        """Whether it takes the place of the current step, as the same question does."""
        self._watching: Timer | None = None
        self._agreed: Query | None = None
        """What is watched, and may cost what it does."""
        self._is_chronicle: Chronicle | None = None
        self._answered = asyncio.Event()
        """Set as soon as the run that was asked for last has rows, or has ended."""
        self._inputs_before = 0
        """How much had been typed when it was asked for."""

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

    def action_run(self) -> None:
        self._hold_for_answer()
        self._run_text()

    def _hold_for_answer(self) -> None:
        self._answered = asyncio.Event()
        if self._work.source.is_local:
            self.app.hold_until(self._answered, at_most=ANSWER_SECONDS)

    def _run_text(self) -> None:
        from flowtui.engine.asking import title_of

        query, shown = self._question(), self._shown
        self._replaces = shown is not None and is_again(shown.query, query)
        kept = self.trail.current.title if self.trail and self._replaces else ""
        self._ask(query, None, kept or title_of(query.body))

    def _ask(self, query: Query, window: TimeRange | None, title: str) -> None:
        """Run `query`; its step joins the trail when it has something to show."""
        self._end_run(RunState.CANCELLED)
        self._say("")
        self._inputs_before = self.app.inputs_given(self)
        self._follow(query, window, title)

    @work(group="run", exclusive=True)
    async def _follow(self, query: Query, window: TimeRange | None, title: str) -> None:
        """Post every change of a run; cancelling this worker stops the query."""
        from flowtui.engine.trail import Step

        run: QueryRun | None = None
        answered = self._answered
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
        finally:
            answered.set()

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
            self._answered.set()
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
        self._lighten()
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

    def _lighten(self) -> None:
        """Have the trail forget rows, where it has too many."""
        if self.trail is not None:
            self.trail = self.trail.lighter(MOST_CELLS)

    def _focus_rows(self) -> None:
        """Rows are there to be read: from the editor the first answer takes the focus along.

        Not from under the hands of who types on, and not below a dialogue.
        """
        if not self.is_active or self.app.inputs_given(self) != self._inputs_before:
            return
        if self.focused is None or self.focused is self.query_one(QueryEditor):
            self._grid.focus()

    # How a run ends

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

    async def stop_runs(self) -> None:
        """Cancel the running query and wait until the backend has been told."""
        ended = self.workers.cancel_group(self, "run")
        waiting = (worker.wait() for worker in ended)
        await asyncio.gather(*waiting, return_exceptions=True)
        if self._is_chronicle is not None and self.run is not None:
            # Not by the reactive: after a fault there are no panels any more to show it.
            self._is_chronicle.follow(self.run.end(RunState.CANCELLED, self._work.now()))

    # The history of runs

    def watch_run(self) -> None:
        super().watch_run()
        if self._is_chronicle is not None and self.run is not None:
            self._is_chronicle.follow(self.run)

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

    # Watching: the same question again and again

    @flow
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


def _notices(run: QueryRun) -> str:
    from flowtui.engine.cut import cut

    return "; ".join(filter(None, (cut(run.query, run.latest), *run.latest.notices)))
