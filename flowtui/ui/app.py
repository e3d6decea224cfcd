"""The application: themes, keymap, first screen, quit."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.driver import Driver

from flowtui.engine.session import Session
from flowtui.engine.session_state import SessionState
from flowtui.model.errors import UsageError
from flowtui.model.source import DataSource
from flowtui.ui.context import AppContext, Opening
from flowtui.ui.fault_net import FaultNet, Record
from flowtui.ui.keymap import check_keys
from flowtui.ui.messages import Remarked
from flowtui.ui.screens.workspace import WorkspaceScreen
from flowtui.ui.screens.workspace_bindings import WORKSPACE_BINDINGS
from flowtui.ui.terminal import colour
from flowtui.ui.terminal.diff_output import DiffOutput
from flowtui.ui.terminal.input_order import InputOrder, holds_input
from flowtui.ui.terminal.signals import SignalHandling
from flowtui.ui.themes import bundled_folder, load_themes

Write = Callable[[str], None]


class FlowtuiApp(InputOrder[None], DiffOutput[None], SignalHandling[None], FaultNet[None]):
    TITLE = "flowtui"
    # Of the default screen Textual reads the sheet here only.
    CSS_PATH = "screens/workspace.tcss"
    # Not Textual's, which searches in tasks of its own: Enter would take what stood there before.
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space,ctrl+x", "leader", "Menu", id="leader",
            tooltip="All that can be done here, each by one letter",
        ),
        Binding(
            "ctrl+p,colon", "palette", "Palette", id="palette", show=False,
            tooltip="Every action by its name",
        ),
        Binding(
            "ctrl+q", "quit", "Quit", id="quit", priority=True, tooltip="Stop queries and quit"
        ),
    ]  # fmt: skip

    def __init__(
        self,
        make: Callable[[Write], AppContext],
        opening: Opening,
        themes: Path,
        record: Record,
    ) -> None:
        """`make` is given what writes to this app's terminal, for the clipboard."""
        # Where its own colours are allowed, Textual takes out all of them, and else greys remain.
        super().__init__(record, ansi_color=colour.wants_none(os.environ) or None)
        context = make(self._write)
        self.session = _session(context, opening)
        self._workspace = WorkspaceScreen(context, self.session, opening)
        for theme in load_themes(bundled_folder(), themes):
            self.register_theme(theme)
        self._choose_theme(context.settings.theme)
        self._work_context = context
        self._keys = context.settings.keys
        check_keys(self._keys, [*self.BINDINGS, *SignalHandling.BINDINGS, *WORKSPACE_BINDINGS])
        self.set_keymap(self._keys)

    def get_driver_class(self) -> type[Driver]:
        from flowtui.ui.terminal.driver import TerminalDriver

        return TerminalDriver

    def get_default_screen(self) -> WorkspaceScreen:
        return self._workspace

    def _choose_theme(self, name: str) -> None:
        if name not in self.available_themes:
            known = ", ".join(sorted(each for each in self.available_themes if "flowtui" in each))
            raise UsageError(f"there is no theme {name}; among others there are {known}")
        self.theme = name

    def refresh_css(self, animate: bool = True) -> None:
        """Before the first screen nothing is styled yet: its theme need not style all again."""
        if self._workspace.is_attached:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def get_css_variables(self) -> dict[str, str]:
        styles = colour.STYLES if self.no_color else {}
        return {**super().get_css_variables(), **styles}

    def _write(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    def copy_to_clipboard(self, text: str) -> None:
        """Whatever is cut or copied in a field goes the way of all copies."""
        self._clipboard = text
        self._copy(text)

    @work
    async def _copy(self, text: str) -> None:
        said = await self._work_context.clipboard.copy(text, self._work_context.now())
        self._workspace.post_message(Remarked(said))

    @property
    def left_running(self) -> Mapping[DataSource, Sequence[str]]:
        """The ids of queries that may still run on the service, by where that is."""
        return {source: ids for source, ids in self.session.left_running.items() if ids}

    def on_mount(self) -> None:
        self.call_after_refresh(_collect_again)

    async def action_quit(self) -> None:
        await self._workspace.synced().leave()
        self.exit()

    async def on_unmount(self) -> None:
        """After a fault of flowtui nobody has quit: nothing may be left running then either."""
        await self.session.end()

    # What can be done, by a letter or by its name

    @work
    @holds_input
    async def action_leader(self) -> None:
        from flowtui.ui.actions import actions_here
        from flowtui.ui.screens.leader import LeaderScreen

        chosen = await self.push_screen_wait(LeaderScreen(actions_here(self.screen, self._keys)))
        if chosen is not None:
            await chosen.run(self)

    @work
    @holds_input
    async def action_palette(self) -> None:
        from flowtui.ui.actions import all_actions
        from flowtui.ui.screens.palette import PaletteScreen

        chosen = await self.push_screen_wait(PaletteScreen(all_actions(self.screen, self._keys)))
        if chosen is not None:
            await chosen.run(self)


def _session(context: AppContext, opening: Opening) -> Session:
    account, resumed = context.account, opening.resumed
    state = SessionState(
        account.source, account.service.place, opening.groups, opening.time, opening.body
    )
    first_id = resumed.investigation.last_id + 1 if resumed else 1
    return Session(account, state, context.now, first_id=first_id)


def _collect_again() -> None:
    """What the start has made stays; the garbage collector need not look at it again."""
    gc.freeze()
    gc.enable()
