"""Back, forward and anywhere else on the trail of an investigation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from textual import on, work

from flowtui.model.errors import FlowtuiError
from flowtui.model.run import Query, QueryRun, RunState
from flowtui.ui.messages import RunChanged
from flowtui.ui.widgets.breadcrumbs import Breadcrumbs
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.workspace.runs import Runs

if TYPE_CHECKING:
    from flowtui.engine.trail import Trail


class Walk(Runs):
    """Goes along the trail; going back asks for nothing that is still known."""

    def action_back(self) -> None:
        if self.trail is None:
            return
        # A question without rows yet is no step: back from it is to the rows that are shown.
        is_on_the_way = self.run is not None and self.run.id != self.trail.current.run.id
        if not is_on_the_way and not self.trail.can_go_back:
            self._say("this is the first step; t shows the trail")
            return
        self._leave_step()
        self._visit(self.trail if is_on_the_way else self.trail.back())

    def action_forward(self) -> None:
        if self.trail is not None and self.trail.ahead:
            self._leave_step()
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
            self._jump(index)

    @on(Breadcrumbs.Chosen)
    def jump_to(self, message: Breadcrumbs.Chosen) -> None:
        self._jump(message.index)

    def _jump(self, index: int) -> None:
        self._leave_step()
        if self.trail is not None:
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

    def _load(self, query: Query, draft: str | None) -> None:
        editor, text = self.query_one(QueryEditor), query.body if draft is None else draft
        if editor.text != text:
            editor.text = text
        self.time = query.time
        if query.log_groups and self.groups != query.log_groups:
            self.groups = query.log_groups
            self._prepare()

    def _leave_step(self) -> None:
        """Keep where the cursor is, and a text in the editor that was not run."""
        if self.trail is None:
            return
        text = self.query_one(QueryEditor).text
        asked = [run.query.body for run in (self.trail.current.run, self.run) if run is not None]
        draft = None if text in asked else text
        self.trail = self.trail.left(self._grid.cursor_key, draft)

    # Rows that the trail has forgotten

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
        if self._chronicle is not None:
            self._chronicle.go_on(run, self._work.service.place)
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
        self.trail = self.trail.refilled(run)
        self._lighten()
        if self.run is not None and self.run.id == run.id:
            self.run = run
        self._show_results(run)

    # The trail for the ticket

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
