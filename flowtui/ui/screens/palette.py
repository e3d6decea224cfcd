"""The palette: every action by its name."""

from __future__ import annotations

from contextlib import suppress

from textual import work
from textual.command import CommandPalette
from textual.worker import Worker, WorkerError

from flowtui.ui.terminal.input_order import holds_keys


class Palette(CommandPalette):
    """Enter is for what is listed for the text, however fast it follows.

    A search without a hit takes Textual a tenth of a second, and shows the hits of the one before
    until then.
    """

    def _gather_commands(self, search_value: str) -> Worker[None]:
        search = super()._gather_commands(search_value)
        self._wait_for(search)
        return search

    @work
    @holds_keys
    async def _wait_for(self, search: Worker[None]) -> None:
        with suppress(WorkerError):
            await search.wait()
