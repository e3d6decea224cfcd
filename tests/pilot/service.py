"""A whole workspace on a scripted service, and what a test sees of it."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from flowtui.backends.duckdb.rows_backend import RowsBackend
from flowtui.backends.scripted import Script, ScriptedBackend, ScriptedCatalog, ScriptedQueries
from flowtui.engine.account import Account
from flowtui.engine.cost import Limits
from flowtui.engine.formats import Formats
from flowtui.engine.names import NameBook
from flowtui.engine.session import Session
from flowtui.engine.session_store import Journal
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.journal.autosave import Autosave
from flowtui.journal.benign import BenignMarks
from flowtui.journal.column_layouts import ColumnLayouts
from flowtui.journal.history import History
from flowtui.journal.investigations import InvestigationStore, Resumed, StoredInvestigation
from flowtui.journal.recorder import HistoryRecorder
from flowtui.memory import Memory
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import ResultSet, RunState, Snapshot, Statistics
from flowtui.model.saved_query import SavedQuery
from flowtui.model.source import CloudWatchSource
from flowtui.model.timerange import Last, TimeRange
from flowtui.settings import Settings
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.context import AppContext, Opening
from flowtui.ui.flows.switch_account import Accounts
from flowtui.ui.screens.workspace import WorkspaceScreen
from flowtui.ui.terminal.clipboard import Clipboard
from flowtui.ui.widgets.breadcrumbs import Breadcrumbs
from flowtui.ui.widgets.grid.result_grid import ResultGrid
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.run_status import MessageLine

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON - timedelta(hours=1), NOON)
EDGE = LogGroup("/vpc/edge", stored_bytes=10**9, format=ARTICLE_FORMAT)

PAIRS = """\
stats sum(bytes) as Data_Transferred by srcaddr, dstaddr, flow_direction
| sort Data_Transferred desc"""
PAIR_ROWS = ResultSet(
    ("srcaddr", "dstaddr", "flow_direction", "Data_Transferred"),
    tuple(
        (f"172.31.1.{i}", f"3.230.172.{i}", "egress", str(346952038 // (i + 1))) for i in range(20)
    ),
    ("srcaddr", "dstaddr", "flow_direction"),
)
PAIRS_DONE = Snapshot(RunState.COMPLETE, PAIR_ROWS, Statistics(12, 12.4e6, 1.9e9, 20))
FIRST_PAIRS = Snapshot(
    RunState.RUNNING,
    replace(PAIR_ROWS, rows=PAIR_ROWS.rows[:3]),
    Statistics(records_scanned=1e6, bytes_scanned=1e9),
)

FLOW_ROWS = ResultSet(
    ("@timestamp", "srcaddr", "dstaddr", "bytes", "action", "@ptr"),
    tuple(
        (f"2022-04-01 11:0{i}:00.000", "172.31.1.0", "3.230.172.0", f"{4000 * i}", "ACCEPT", f"{i}")
        for i in range(5)
    ),
)  # fmt: skip
FLOWS_DONE = Snapshot(RunState.COMPLETE, FLOW_ROWS, Statistics(5, 12.4e6, 1.9e9, 5))

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class ScriptedService(ScriptedBackend):
    """Replays queries and log groups."""

    place = "scripted"
    region = ""
    saving_refused = ""
    respelled: frozenset[FieldInfo] = frozenset()

    def __init__(
        self,
        *scripts: Script,
        groups: tuple[tuple[LogGroup, ...] | FlowtuiError | asyncio.Event, ...] = ((EDGE,),),
        extents: Mapping[str, TimeRange] | None = None,
        stop_gate: asyncio.Event | None = None,
    ) -> None:
        super().__init__(*scripts, stop_gate=stop_gate)
        self.describe_gate: asyncio.Event | None = None
        self.extent_gate: asyncio.Event | None = None
        self._catalog = ScriptedCatalog(*groups, extents=extents)
        self.library = ScriptedQueries()

    def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        return self._catalog.log_groups(pattern)

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        if self.describe_gate is not None:
            await self.describe_gate.wait()
        return await self._catalog.describe(name)

    def saved_queries(self, prefix: str = "") -> AsyncIterator[tuple[SavedQuery, ...]]:
        return self.library.saved_queries(prefix)

    async def save_query(self, query: SavedQuery) -> str:
        return await self.library.save_query(query)

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        if self.extent_gate is not None:
            await self.extent_gate.wait()
        return await self._catalog.extent(names)

    async def objects(self, name: str, window: TimeRange) -> None:
        """Nothing is listed."""

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        return await self._catalog.names(ids)

    @property
    def verbs(self) -> list[str]:
        """What was asked, without the texts."""
        return [call.split()[0] for call in self.calls]


@dataclass(frozen=True)
class Terminal:
    """A clipboard's terminal: it keeps what is written to it."""

    written: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of the only OSC 52 sequence that was written."""
        (sequence,) = self.written
        encoded = sequence.removeprefix("\x1b]52;c;").removesuffix("\x07")
        return base64.b64decode(encoded, validate=True).decode()


def make_app(  # noqa: PLR0913  (each says what a test is about)
    service: ScriptedService,
    body: str = PAIRS,
    *,
    groups: tuple[str, ...] = ("/vpc/edge",),
    time: Last | TimeRange | None = WINDOW,
    settings: Settings | None = None,
    terminal: Terminal | None = None,
    folder: Path = Path("/dev/null/nowhere"),
    memory: Memory | None = None,
    accounts: Accounts | None = None,
    history: History | None = None,
    records: InvestigationStore | None = None,
    resumed: Resumed | None = None,
    names: Callable[[], NameBook] | None = None,
    columns: ColumnLayouts | None = None,
    benign: BenignMarks | None = None,
) -> FlowtuiApp:
    """The app on `service`, at noon, over SSH, with no waiting between polls."""
    written = (terminal or Terminal()).written
    settings = settings or Settings()

    def journals(session: Session) -> list[Journal]:
        kept: list[Journal] = []
        if records is not None:
            record = resumed.stored if resumed else StoredInvestigation(records)
            kept.append(Autosave(record, session))
        if history is not None:
            say = partial(session.say, is_error=True)
            kept.append(HistoryRecorder(lambda: history, say))
        return kept

    def context(_: Callable[[str], None]) -> AppContext:
        return AppContext(
            account_of(service, settings, memory, journals),
            settings,
            Clipboard(written.append, folder, {"SSH_TTY": "/dev/pts/1"}),
            now=lambda: NOON,
            exports=folder,
            memory=memory,
            accounts=accounts,
            history=None if history is None else lambda: history,
            names=names,
            columns=columns or ColumnLayouts(folder / "columns.json"),
            benign=None if benign is None else lambda: benign,
        )

    opening = Opening(body, groups, time, resumed)
    return FlowtuiApp(
        context, opening, Path("/dev/null/nowhere"), lambda error: type(error).__name__
    )


def account_of(
    service: ScriptedService,
    settings: Settings | None = None,
    memory: Memory | None = None,
    journals: Callable[[Session], Sequence[Journal]] = lambda _: (),
) -> Account:
    """The account of a scripted service, with no waiting between polls."""
    settings = settings or Settings()

    def remembered(name: str) -> str:
        return memory.format(service.place, name) if memory else ""

    return Account(
        service,
        CloudWatchSource(),
        Formats(settings=settings.formats, remembered=remembered),
        delays=lambda *_: 0.0,
        limits=Limits(settings.confirm_above_gb, settings.stop_above_gb, settings.price_per_gb),
        journals=journals,
        rows=lambda: RowsBackend(now=lambda: NOON),
    )


@dataclass(frozen=True)
class Seen:
    """What a user sees and does on the workspace."""

    pilot: Pilot[Any]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def checked(self) -> None:
        """The moment after a key has passed, and the editor looks at its text."""
        self.editor._checker.check()
        await self.pilot.pause()

    async def rested(self) -> None:
        """Nobody has typed for a while."""
        self.editor.settle()
        await self.pilot.pause()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the app work until `holds`."""
        async with asyncio.timeout(120):
            while not holds():
                await self.pilot.pause()

    async def run(self) -> None:
        """Press F5 and wait for the end of the run."""
        await self.press("f5")
        await self.ended()

    async def ended(self) -> None:
        await self.until(lambda: not self.session.is_busy and not self.session.is_preparing)
        await self.pilot.pause()

    async def rows(self, count: int) -> None:
        await self.until(lambda: len(self.grid.results.rows) == count)

    @property
    def workspace(self) -> WorkspaceScreen:
        screens = self.pilot.app.screen_stack
        return next(screen for screen in screens if isinstance(screen, WorkspaceScreen))

    @property
    def session(self) -> Session:
        app = self.pilot.app
        assert isinstance(app, FlowtuiApp)
        return app.session

    @property
    def screen(self) -> Screen[object]:
        return self.pilot.app.screen

    @property
    def grid(self) -> ResultGrid:
        return self.workspace.query_one(ResultGrid)

    @property
    def editor(self) -> QueryEditor:
        return self.workspace.query_one(QueryEditor)

    @property
    def remark(self) -> str:
        return self.workspace.query_one(MessageLine).text

    @property
    def trail(self) -> str:
        return str(self.workspace.query_one(Breadcrumbs).render())

    @property
    def text(self) -> str:
        """The characters that would be on the terminal."""
        strips = self.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    @property
    def state(self) -> str:
        run = self.session.state.run
        return run.latest.state if run is not None else ""


@asynccontextmanager
async def using(app: FlowtuiApp, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Seen]:
    async with app.run_test(size=size) as pilot:
        seen = Seen(pilot)
        await seen.ended()
        yield seen


@asynccontextmanager
async def showing(*scripts: Script) -> AsyncIterator[tuple[Seen, ScriptedService]]:
    """The first script has run to its end, and its rows are there."""
    service = ScriptedService(*scripts)
    async with using(make_app(service)) as seen:
        await seen.run()
        service.calls.clear()
        yield seen, service


@dataclass(eq=False)
class Clock:
    """The clock of a watch, which goes on when it is told to."""

    waits: list[float] = field(default_factory=list)
    """How long was waited, in seconds, each time that it has gone on."""
    _waiting: asyncio.Queue[tuple[float, asyncio.Event]] = field(default_factory=asyncio.Queue)

    @classmethod
    def of(cls, session: Session) -> Clock:
        clock = cls()
        session.sleep = clock.sleep
        return clock

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self._waiting.put_nowait((seconds, event))
        await event.wait()

    async def tick(self) -> None:
        """Let the time pass that somebody waits for."""
        seconds, event = await self._waiting.get()
        self.waits.append(seconds)
        event.set()


def never() -> asyncio.Event:
    """A gate that nobody opens."""
    return asyncio.Event()
