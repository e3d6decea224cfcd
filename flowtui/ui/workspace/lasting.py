"""What outlives the session: its investigation, and nothing that runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.workspace.walk import Walk

if TYPE_CHECKING:
    from flowtui.journal.investigation import Investigation
    from flowtui.journal.records import Resumed
    from flowtui.ui.saving import Saving
    from flowtui.ui.workplace import Opening, Workplace


class Lasting(Walk):
    """Saves the investigation as it changes, and takes up one that was saved."""

    def __init__(self, workplace: Workplace, opening: Opening) -> None:
        super().__init__(workplace, opening)
        self._saving: Saving | None = None
        self._has_ended = False
        self.unsaved = ""
        """Why the investigation could not be saved when it ended."""

    def on_mount(self) -> None:
        # Textual calls that of each class.
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """What the first frame does not wait for."""
        resumed = self._opening.resumed
        self._open_record(resumed)
        self._prepare()
        if resumed is not None:
            self._resume(resumed)

    def _compare(self) -> None:
        super()._compare()
        self._record()

    def _open_record(self, resumed: Resumed | None = None) -> None:
        """Save what changes from now on, in a record of its own or that of what goes on."""
        if self._work.records is None:
            return
        from flowtui.journal.records import Record
        from flowtui.ui.saving import Saving

        record = resumed.record if resumed else Record(self._work.records)
        self._saving = Saving(record, self._investigation(), self._say)

    def _record(self) -> None:
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

    # How the session ends

    async def leave(self) -> None:
        """Before the program ends on purpose."""
        self._leave_step()
        self._record()
        await self.end()

    async def end(self) -> None:
        """However the program ends: stop what runs, save what has become of it, let all go."""
        if self._has_ended:
            return
        self._has_ended = True
        await self.stop_runs()
        await self._close_record()
        await self._work.service.close()

    async def _close_record(self) -> None:
        """Save what has become of the investigation, now that its runs have been stopped."""
        saving, self._saving = self._saving, None
        if saving is not None:
            still_running = self.left_running.get(self._work.source, [])
            now = self._work.now()
            await saving.finish(lambda newest: newest.left(still_running, now))
            self.unsaved = saving.failure
