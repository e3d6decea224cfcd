"""Laws of the session: any order of verbs and of answers, over a service that waits at gates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from flowtui.backends.base import Explanation, Handle
from flowtui.engine.account import Account
from flowtui.engine.cost import Limits
from flowtui.engine.formats import Formats
from flowtui.engine.pivot import Spot
from flowtui.engine.session import Session
from flowtui.engine.session_state import Consent, SessionState
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot
from flowtui.model.saved_query import SavedQuery
from flowtui.model.source import CloudWatchSource
from flowtui.model.timerange import TimeRange

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON - timedelta(hours=1), NOON)
GROUP = LogGroup("/vpc/edge", stored_bytes=10**9, created=NOON - timedelta(days=1))
KNOWN = replace(GROUP, format=ARTICLE_FORMAT)

TEXTS = (
    "stats sum(bytes) as b by srcaddr",
    "stats count(*) as n by srcaddr, dstaddr | sort n desc",
    "fields srcaddr, dstaddr | limit 5",
    "filter dstadr = '10.0.0.1'",
    "filter |",
    "",
)
ROWS = ResultSet(
    ("srcaddr", "b"), tuple((f"10.0.0.{i}", str(1000 - i)) for i in range(8)), ("srcaddr",)
)


@dataclass
class Gate:
    """One request that waits for its answer."""

    verb: str
    handle: str
    answer: asyncio.Future[object]


@dataclass
class GatedService:
    """Answers when it is told to; it knows what was started, has ended and was stopped."""

    place: str = "gated"
    region: str = ""
    saving_refused: str = ""
    respelled: frozenset[FieldInfo] = frozenset()
    gates: list[Gate] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    stops: list[str] = field(default_factory=list)
    asked: int = 0
    """Requests that cost something or read rows: start, poll, attach."""
    is_open: bool = False
    """Whether it answers by itself, as at the end of a test."""

    async def _wait(self, verb: str, handle: str) -> object:
        if self.is_open:
            return None
        gate = Gate(verb, handle, asyncio.get_running_loop().create_future())
        self.gates.append(gate)
        return await gate.answer

    async def start(self, query: Query, window: TimeRange) -> Handle:
        self.asked += 1
        answer = await self._wait("start", query.body)
        if isinstance(answer, BackendError):
            raise answer
        self.started.append(f"query-{len(self.started) + 1}")
        return Handle(self.started[-1])

    async def explain(self, query: Query, window: TimeRange) -> Explanation:
        return Explanation(query.text)

    async def poll(self, handle: Handle) -> Snapshot:
        self.asked += 1
        answer = await self._wait("poll", handle)
        if isinstance(answer, BackendError):
            raise answer
        snapshot = answer if isinstance(answer, Snapshot) else Snapshot(RunState.COMPLETE, ROWS)
        if snapshot.state.is_final:
            self.ended.add(handle)
        return snapshot

    async def stop(self, handle: Handle) -> None:
        self.stops.append(handle)
        answer = await self._wait("stop", handle)
        if isinstance(answer, BackendError):
            raise answer

    def query_id(self, handle: Handle) -> str:
        return str(handle)

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        self.asked += 1
        return handle

    async def close(self) -> None:
        pass

    async def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        yield (KNOWN,)

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        return replace(KNOWN, name=name)

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        return WINDOW

    async def objects(self, name: str, window: TimeRange) -> None:
        """Nothing is listed."""

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        return {}

    async def saved_queries(self, prefix: str = "") -> AsyncIterator[tuple[SavedQuery, ...]]:
        yield ()

    async def save_query(self, query: SavedQuery) -> str:
        return ""


@dataclass
class Diary:
    """A journal that keeps every state, and what is known of each run."""

    states: list[SessionState] = field(default_factory=list)
    runs: dict[RunId, QueryRun] = field(default_factory=dict)

    def see(self, state: SessionState) -> None:
        self.states.append(state)
        for run in runs_of(state):
            known = self.runs.get(run.id)
            if known is not None and known.is_final:
                # Its rows may be forgotten and read again; what it was stays.
                assert (run.query, run.window, run.latest.state, run.latest.error) == (
                    known.query, known.window, known.latest.state, known.latest.error,
                )  # fmt: skip
            self.runs[run.id] = run

    async def settle(self) -> None:
        pass

    async def finish(self, still_running: object) -> None:
        pass


def runs_of(state: SessionState) -> list[QueryRun]:
    steps = state.trail.steps if state.trail else ()
    latest = [run for run in (state.run, state.pending and state.pending.run) if run]
    return [*(step.run for step in steps), *latest]


class Sessions(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.service = GatedService()
        self.diary = Diary()

    @initialize(limit=st.sampled_from([0.0, 0.00001]))
    def begin(self, limit: float) -> None:
        account = Account(
            self.service, CloudWatchSource(), Formats(), lambda *_: 0.0,
            Limits(confirm_above_gb=limit), lambda _: [self.diary],
        )  # fmt: skip
        state = SessionState(CloudWatchSource(), "gated", ("/vpc/edge",), WINDOW, TEXTS[0])
        self.session = Session(account, state, lambda: NOON, sleep=self.never)
        self.do(self.session.begin)

    async def never(self, seconds: float) -> None:
        """A watch does not come round by itself."""
        await asyncio.get_running_loop().create_future()

    def do(self, verb: Callable[[], object]) -> None:
        """Call a verb on the loop, and let everything go on until it waits."""

        async def call() -> None:
            verb()
            for _ in range(40):
                await asyncio.sleep(0)

        self.loop.run_until_complete(call())

    # What the user does

    @rule(text=st.sampled_from(TEXTS))
    def write(self, text: str) -> None:
        self.do(lambda: self.session.edit(text))

    @rule()
    def ask(self) -> None:
        self.do(self.session.ask)

    @rule(runs=st.booleans(), kind=st.sampled_from(["drill", "include", "exclude", "conversation"]))
    def derive(self, kind: str, runs: bool) -> None:
        row = {"srcaddr": "10.0.0.1", "b": "999"}
        spot = Spot(row, "srcaddr", "10.0.0.1")
        self.do(lambda: self.session.derive(kind, spot, runs=runs))

    @rule()
    def zoom(self) -> None:
        part = TimeRange(NOON - timedelta(minutes=9), NOON - timedelta(minutes=2))
        self.do(lambda: self.session.zoom(part))

    @rule(verb=st.sampled_from(["back", "forward", "jump"]), index=st.integers(0, 5))
    def walk(self, verb: str, index: int) -> None:
        asked = self.service.asked
        go = {
            "back": self.session.back,
            "forward": self.session.forward,
            "jump": lambda: self.session.jump(index),
        }
        self.do(go[verb])
        assert self.service.asked == asked, "going along the trail asks nothing"

    @rule()
    def cancel(self) -> None:
        self.do(self.session.cancel)
        run = self.session.state.run
        assert run is None or run.is_final

    @rule()
    def watch(self) -> None:
        self.do(lambda: self.session.watch(timedelta(minutes=1), "1m"))

    @rule(is_agreed=st.booleans())
    def answer(self, is_agreed: bool) -> None:
        request = self.session.state.request
        if isinstance(request, Consent):
            self.do(lambda: self.session.answer_consent(request, is_agreed=is_agreed))

    # What the service does

    @precondition(lambda self: self.service.gates)
    @rule(
        at=st.integers(0, 20),
        rows=st.integers(0, 8),
        state=st.sampled_from(RunState),
        fails=st.integers(0, 9).map(lambda n: n == 0),
    )
    def let_through(self, at: int, rows: int, state: RunState, fails: bool) -> None:
        gate = self.service.gates.pop(at % len(self.service.gates))
        answer: object = Snapshot(state, replace(ROWS, rows=ROWS.rows[:rows]))
        if fails:
            answer = BackendError("the service failed; try again")
        if not gate.answer.done():
            self.do(lambda: gate.answer.set_result(answer))

    # What holds at any time

    @invariant()
    def nothing_says_running_that_nobody_follows(self) -> None:
        state = self.session.state
        for run in runs_of(state):
            if not run.is_final:
                assert self.session.is_busy, "nothing runs, and yet it says so"
                assert state.run is not None
                assert run.id == state.run.id, "a run that was left says it is running"

    @invariant()
    def nothing_runs_on_that_was_left(self) -> None:
        """What nobody waits for has been stopped, or its start is still on the wire."""
        done = {*self.service.ended, *self.service.stops}
        living = [handle for handle in self.service.started if handle not in done]
        assert len(living) <= (1 if self.session.is_busy else 0), living

    @invariant()
    def a_run_is_one_thing_wherever_it_stands(self) -> None:
        state = self.session.state
        for run in runs_of(state):
            if state.run is not None and run.id == state.run.id:
                assert run.latest.state is state.run.latest.state

    @invariant()
    def what_was_in_the_editor_is_there_or_was_written_over_at_once(self) -> None:
        state = self.session.state
        if state.written is not None and state.written.text == state.text:
            assert any(each.written is state.written for each in self.diary.states)

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return

        async def leave() -> None:
            ending = asyncio.ensure_future(self.session.leave())
            while not ending.done():
                for gate in self.service.gates:
                    if not gate.answer.done():
                        gate.answer.set_result(None)
                self.service.gates.clear()
                await asyncio.sleep(0)
            await ending

        self.loop.run_until_complete(leave())
        service = self.service
        for handle in service.started:
            times = service.stops.count(handle)
            assert times == (0 if handle in service.ended else 1), handle
        assert not self.session.is_busy
        assert all(run.is_final for run in runs_of(self.session.state))
        self.loop.close()


TestSessions = Sessions.TestCase
