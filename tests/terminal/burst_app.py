"""The program on a scripted service or on files; it says when it has come to rest, and as what."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual.events import Key, Paste
from textual.message import Message

from flowtui.backends.base import Handle, Service
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.scripted import ScriptedQueries
from flowtui.engine import records_behind, remainder
from flowtui.engine.account import Account
from flowtui.engine.cost import Limits
from flowtui.engine.formats import Formats
from flowtui.engine.pace import LOCAL
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.journal.history import History
from flowtui.journal.recorder import HistoryRecorder
from flowtui.model.run import Query
from flowtui.model.saved_query import SavedQuery
from flowtui.model.source import FileSource
from flowtui.model.timerange import TimeRange
from flowtui.settings import Settings
from flowtui.ui import app
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.context import AppContext, Opening
from flowtui.ui.screens.workspace import WorkspaceScreen
from flowtui.ui.terminal.clipboard import Clipboard
from flowtui.ui.widgets.query_checker import QueryChecker
from flowtui.ui.widgets.query_editor import QueryEditor
from tests.pilot.service import (
    EDGE,
    FIRST_PAIRS,
    FLOWS_DONE,
    NOON,
    PAIRS,
    PAIRS_DONE,
    WINDOW,
    ScriptedService,
)

AT_REST = "\x1b]777;rest="
"""Begins what terminals ignore and the tests read."""

STARTED: list[str] = []
"""The queries that were asked, with their windows; not what is looked at beside their rows."""

SHORT = 0.01
"""Seconds between two looks, and for what shows once nobody types any more."""

WORKING = {"find", "take"}
"""Groups of workers that do not wait for the user."""

PAIRS_OF_FILES = "stats sum(bytes) as b by srcaddr, dstaddr | sort b desc"
GROUPS = (
    EDGE,
    *(LogGroup(name, format=ARTICLE_FORMAT) for name in ("/vpc/article", "/vpc/article-old")),
    *(LogGroup(f"/vpc/number-{i}", stored_bytes=i * 10**6) for i in range(30)),
)
SAVED = tuple(
    SavedQuery(name, text, ("/vpc/edge",), id=name)
    for name, text in (("triage/top", "stats count(*) by srcaddr"), ("rejects", "limit 7"))
)


class BurstApp(FlowtuiApp):
    # Textual looks for it beside the class.
    CSS_PATH = str(Path(app.__file__).parent / "screens/workspace.tcss")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arrived = 0
        self._said = ""

    async def _post_message(self, message: Message) -> bool:
        self._arrived += isinstance(message, Key | Paste)
        return await super()._post_message(message)

    def on_mount(self) -> None:
        self.set_interval(SHORT, self._report)

    def _report(self) -> None:
        if self._driver is None or not self._is_at_rest():
            return
        state = self._state()
        if state != self._said:
            self._said = state
            self._driver.write(f"{AT_REST}{base64.b64encode(state.encode()).decode()}\x07")

    def _is_at_rest(self) -> bool:
        return not (
            self._waiting
            or self._is_looking
            or self.is_input_held
            or asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # nothing else tells
            or self.session.is_busy
            or self.session.is_preparing
            or self._looks_behind
            or any(w.group in WORKING and not w.is_finished for w in self.workers)
            or _is_to_draw(self.screen)
            or self.animator._animations
            or any(map(_has_a_timer, (self, *self._registry)))
        )

    @property
    def _looks_behind(self) -> bool:
        """Whether the time behind the rows is still asked for."""
        looking = self.session._time._looking
        return looking is not None and not looking.done()

    def _state(self) -> str:
        editor = self.screen_stack[0].query_one(QueryEditor)
        state = {
            "arrived": self._arrived,
            "started": len(STARTED),
            "last": STARTED[-1] if STARTED else "",
            "groups": self.session.state.groups,
            "text": editor.text,
            "cursor": editor.cursor_location,
            "screens": [type(screen).__name__ for screen in self.screen_stack],
            "focus": type(self.focused).__name__,
        }
        return json.dumps(state)


def _is_to_draw(screen: Any) -> bool:
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def _has_a_timer(node: Any) -> bool:
    """Whether something happens once, after a while."""
    timers = [timer for timer in node._timers if timer._repeat == 0]
    return any(timer._task is not None and not timer._task.done() for timer in timers)


class TwoScripts(ScriptedService):
    """Answers aggregates with groups, and all else with flows."""

    async def start(self, query: Query, window: TimeRange) -> Handle:
        STARTED.append(f"{query.text} {query.log_groups} {window}")
        self._scripts = [[FIRST_PAIRS, PAIRS_DONE] if "stats" in query.text else [FLOWS_DONE]]
        return await super().start(query, window)


class Files(DuckDBBackend):
    async def start(self, query: Query, window: TimeRange) -> Handle:
        beside = (records_behind.AT, remainder.GROUPS)
        if not any(f" as {name}" in query.text for name in beside):
            STARTED.append(f"{query.text} {query.log_groups} {window}")
        return await super().start(query, window)


def main(folder: Path, paths: tuple[Path, ...]) -> None:
    QueryChecker.CHECK_AFTER = QueryChecker.REST = WorkspaceScreen.REST = SHORT
    # A busy machine must not make keys late.
    WorkspaceScreen.ANSWER = 600.0
    service: Service = Files(paths, now=lambda: NOON) if paths else _scripted()
    account = Account(
        service,
        FileSource(files=paths),
        Formats(),
        delays=LOCAL if paths else lambda *_: 0.0,
        limits=Limits(0.0, 0.0, 0.005),
        journals=lambda session: (HistoryRecorder(lambda: history, partial(session.say)),),
    )
    history = History(folder / "history.db")

    def context(write: Callable[[str], None]) -> AppContext:
        # No folder of its own: the sentences that name it would differ.
        nowhere = Path("/dev/null/nowhere")
        clipboard = Clipboard(write, nowhere, {"SSH_TTY": "/dev/pts/1"})
        return AppContext(
            account, Settings(), clipboard, lambda: NOON, exports=nowhere, history=lambda: history
        )

    groups = tuple(map(str, paths)) or ("/vpc/edge",)
    body, time = (PAIRS_OF_FILES, None) if paths else (PAIRS, WINDOW)
    BurstApp(context, Opening(body, groups, time), Path("/dev/null/nowhere"), repr).run()


def _scripted() -> ScriptedService:
    service = TwoScripts(groups=(GROUPS,))
    service.library = ScriptedQueries(SAVED)
    return service


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(map(Path, sys.argv[2:])))
