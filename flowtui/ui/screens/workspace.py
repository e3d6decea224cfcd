"""The main screen.

What only an answer or a dialogue needs is imported there: half of the time to the first frame is
spent on imports.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from flowtui.model.errors import FlowtuiError
from flowtui.model.run import Query
from flowtui.ui.widgets.key_bar import MORE
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.run_status import RunStatus
from flowtui.ui.widgets.timeline import Timeline
from flowtui.ui.workspace.derivation import Derivation

if TYPE_CHECKING:
    from flowtui.backends.base import SavedQuery
    from flowtui.ui.accounts import Kind
    from flowtui.ui.shelves import Desk, Opened
    from flowtui.ui.workplace import Opening, Workplace


class WorkspaceScreen(Derivation):
    """The main screen: what its keys do."""

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
            "f8", "saved_queries", "Saved", id="saved_queries", priority=True,
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

    def __init__(self, workplace: Workplace, opening: Opening) -> None:
        super().__init__(workplace, opening)
        self._sought = ""
        """What is looked for in the rows."""
        self._saved: SavedQuery | None = None
        """What the editor's text was opened from, or saved as, the last time."""

    # Where, when and what

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
        self._leave_step()
        self.workers.cancel_group(self, "prepare")
        await self.stop_runs()
        await self._close_record()
        left, self._work, self._is_asking = self._work, elsewhere, None
        self.groups, self.trail, self.run, self.flow_format = (), None, None, None
        self.told = self._saved = None
        self._grid.clear()
        self._grid.count = ""
        timeline = self.query_one(Timeline)
        timeline.series, timeline.hint = None, ""
        self.query_one(RunStatus).place = elsewhere.service.place
        self._open_record()
        self._say("")
        await left.service.close()

    @work
    async def action_flow_format(self) -> None:
        from flowtui.ui.formatting import confirm_format

        groups = self._asking.described(self.groups)
        self._say(await confirm_format(self.app, self._work, groups))
        self._prepare()

    @work
    async def action_time(self) -> None:
        from flowtui.ui.screens.time_range import TimeRangeScreen

        chosen = await self.app.push_screen_wait(TimeRangeScreen(self.time, self.zone))
        if chosen is not None:
            self.time, self.zone = chosen.time, chosen.zone

    @work
    async def action_playbook(self) -> None:
        from flowtui.flowlogs.playbook import plays_for
        from flowtui.ui.screens.playbook import PlaybookScreen

        screen = PlaybookScreen(plays_for(self.flow_format))
        play = await self.app.push_screen_wait(screen)
        if play is not None:
            self._leave_step()
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
            self._leave_step()
            self.query_one(QueryEditor).rewrite(chosen.run.query.body)
            self._visit(self.trail.deeper(chosen) if self.trail else Trail((chosen,)))
        elif chosen is not None:
            self._open(chosen)

    def _open(self, opened: Opened) -> None:
        """Put it into the editor; what was there is on the trail, and behind undo."""
        self._leave_step()
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

    # In the rows, and out of them

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

    # The screen

    def action_focus_editor(self) -> None:
        self.query_one(QueryEditor).reach()

    def action_focus_results(self) -> None:
        self._grid.focus()

    def action_help(self) -> None:
        from flowtui.ui.screens.dialogs import TextScreen
        from flowtui.ui.screens.help import help_text

        text = help_text((type(self), type(self.app)), self._work.settings.keys)
        self.app.push_screen(TextScreen("Keys", text))
