"""The investigation outlives its session: what is saved, and how it goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from flowtui.backends.scripted import Script
from flowtui.engine.investigation import Investigation
from flowtui.engine.trail import Step, Trail
from flowtui.journal.history import History
from flowtui.journal.investigations import InvestigationStore, Resumed, StoredInvestigation
from flowtui.journal.serialization import read
from flowtui.model.errors import CredentialsError, UsageError
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot
from flowtui.model.source import CloudWatchSource
from flowtui.ui.app import FlowtuiApp
from tests.pilot.service import (
    FIRST_PAIRS,
    FLOW_ROWS,
    FLOWS_DONE,
    NOON,
    PAIR_ROWS,
    PAIRS,
    PAIRS_DONE,
    WINDOW,
    ScriptedService,
    Seen,
    make_app,
    never,
    using,
)

Act = Callable[[Seen], Awaitable[None]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.db"


def records_in(path: Path) -> InvestigationStore:
    return InvestigationStore(path, lambda: NOON)


def saved(path: Path) -> Investigation:
    return taken_up(path).investigation


def taken_up(path: Path) -> Resumed:
    return records_in(path).take_up(CloudWatchSource())


def session(app: FlowtuiApp, act: Act) -> FlowtuiApp:
    """Run the app as the program does, from the first frame to its end."""

    async def drive(pilot: Pilot[object]) -> None:
        seen = Seen(pilot)
        await seen.until(lambda: "parse: 27 fields" in seen.text)
        await act(seen)

    app.run(headless=True, auto_pilot=drive)
    return app


async def investigate(seen: Seen) -> None:
    """Two steps, a draft in the editor, and out."""
    await seen.press("f5")
    await seen.rows(20)
    await seen.press("down", "down", "enter")
    await seen.rows(5)
    await seen.press("down")
    seen.editor.text = "limit 1 # half a thought"
    await seen.press("ctrl+q")


async def two_steps(path: Path) -> ScriptedService:
    """A session that has ended; the service remembers its queries."""
    service = ScriptedService([PAIRS_DONE], [FLOWS_DONE], [PAIRS_DONE])
    async with using(make_app(service, records=records_in(path))) as seen:
        await investigate(seen)
    service.calls.clear()
    return service


def resuming(service: ScriptedService, path: Path, history: History | None = None) -> FlowtuiApp:
    resumed = taken_up(path)
    past = resumed.investigation
    return make_app(
        service, past.text, groups=past.groups, time=past.time, records=records_in(path),
        resumed=resumed, history=history,
    )  # fmt: skip


# What is saved


def test_an_untouched_session_leaves_no_record(path: Path) -> None:
    async def leave(seen: Seen) -> None:
        await seen.press("ctrl+q")

    session(make_app(ScriptedService(), records=records_in(path)), leave)
    assert not path.exists()


def test_a_text_that_was_never_run_is_kept(path: Path) -> None:
    async def write(seen: Seen) -> None:
        await seen.press(*" # x", "ctrl+q")

    session(make_app(ScriptedService(), records=records_in(path)), write)
    assert saved(path) == Investigation(CloudWatchSource(), ("/vpc/edge",), WINDOW, f" # x{PAIRS}")


async def test_the_trail_is_saved_without_its_rows(path: Path) -> None:
    await two_steps(path)
    past = saved(path)
    assert past.trail is not None
    assert [step.rows for step in past.trail.steps] == [20, 5]
    assert [step.run.latest.results.rows for step in past.trail.steps] == [(), ()]
    assert [step.run.handle for step in past.trail.steps] == ["query-1", "query-2"]
    assert [step.cursor for step in past.trail.steps] == [PAIR_ROWS.key(2), FLOW_ROWS.key(1)]
    assert past.text == "limit 1 # half a thought"


async def test_it_is_saved_while_the_query_runs(path: Path) -> None:
    """A kill leaves no time to save anything."""
    service = ScriptedService([Snapshot(RunState.RUNNING), never()])
    async with using(make_app(service, records=records_in(path))) as seen:
        await seen.press("f5")
        await seen.until(path.exists)
        await seen.until(lambda: saved(path).handle == "query-1")
        past = saved(path)
        assert past.trail is None
        assert past.coming is not None
        assert past.coming.run.latest.state is RunState.RUNNING


class Slow(InvestigationStore):
    """Its first save waits at a gate."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, lambda: NOON)
        self.gate = threading.Event()
        self.texts: list[str] = []

    def save(self, investigation: Investigation, number: int | None) -> int:
        self.texts.append(investigation.text)
        self.gate.wait(120)
        return super().save(investigation, number)


def test_writes_are_few_and_the_newest_state_comes_last(path: Path) -> None:
    records = Slow(path)

    async def write(seen: Seen) -> None:
        seen.editor.text = ""
        await seen.press(*"abc")
        await seen.until(lambda: bool(records.texts))
        await seen.press(*"def")
        assert len(records.texts) == 1
        asyncio.get_running_loop().call_later(0.05, records.gate.set)
        await seen.press("ctrl+q")

    session(make_app(ScriptedService(), records=records), write)
    assert len(records.texts) == 2
    assert saved(path).text == records.texts[-1] == "abcdef"


class Broken(InvestigationStore):
    """A state folder that can't be written."""

    tries = 0

    def save(self, investigation: Investigation, number: int | None) -> int:
        del investigation, number
        self.tries += 1
        raise UsageError("can't keep the investigation in /state: Read-only file system")


def test_where_it_cant_be_saved_that_is_said_once_and_the_program_goes_on(path: Path) -> None:
    records = Broken(path, lambda: NOON)

    async def work(seen: Seen) -> None:
        await seen.press("x")
        await seen.until(lambda: "Read-only file system" in seen.remark)
        seen.editor.text = PAIRS
        await seen.run()
        assert seen.remark == ""
        await seen.until(lambda: records.tries > 1)
        assert seen.remark == ""
        assert seen.grid.results == PAIR_ROWS
        await seen.press("ctrl+q")

    app = session(make_app(ScriptedService([PAIRS_DONE]), records=records), work)
    assert app.session.unsaved == "can't keep the investigation in /state: Read-only file system"


def test_a_stop_without_an_answer_is_saved_as_running(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.engine.watch.STOP_SECONDS", 0.05)

    async def leave(seen: Seen) -> None:
        await seen.press("f5")
        await seen.rows(3)
        await seen.press("ctrl+q")

    service = ScriptedService([FIRST_PAIRS, never()], stop_gate=never())
    session(make_app(service, records=records_in(path)), leave)
    followed = saved(path).followed
    assert followed is not None
    assert (followed.handle, followed.latest.state) == ("query-1", RunState.RUNNING)


def test_after_a_fault_of_the_program_the_query_is_stopped_and_the_work_is_saved(
    path: Path,
) -> None:
    service = ScriptedService([PAIRS_DONE], [Snapshot(RunState.RUNNING, FLOW_ROWS), never()])

    async def break_down(seen: Seen) -> None:
        await seen.press("f5")
        await seen.rows(20)
        await seen.press("enter")
        await seen.rows(5)
        # A handler of a message that raises.
        seen.workspace.call_later(lambda: 1 // 0)

    app = session(make_app(service, records=records_in(path)), break_down)
    assert (app.return_code, app.fault) == (3, "ZeroDivisionError")
    assert not service.running
    assert service.verbs[-2:] == ["stop", "close"]
    past = saved(path)
    assert [run.latest.state for run in past.runs] == ["Complete", "Cancelled"]


def test_after_a_fault_what_may_still_run_is_known(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.engine.watch.STOP_SECONDS", 0.05)
    service = ScriptedService([FIRST_PAIRS, never()], stop_gate=never())

    async def break_down(seen: Seen) -> None:
        await seen.press("f5")
        await seen.rows(3)
        seen.workspace.call_later(lambda: 1 // 0)

    app = session(make_app(service, records=records_in(path)), break_down)
    assert list(app.left_running.values()) == [["query-1"]]


# How it goes on


async def test_it_goes_on_with_its_trail_rows_cursor_and_text_without_a_scan(path: Path) -> None:
    service = await two_steps(path)
    async with using(resuming(service, path)) as seen:
        assert seen.remark == "resumed: 2 steps, last saved 12:00 UTC"
        assert service.verbs == ["attach", "poll"]
        assert seen.grid.results == FLOW_ROWS
        assert seen.grid.cursor_row == 1
        assert seen.editor.text == "limit 1 # half a thought"
        assert "Results of the query before" in seen.text
        await seen.press("ctrl+o", "backspace")
        await seen.ended()
        assert seen.grid.results == PAIR_ROWS
        assert seen.grid.cursor_row == 2
        await seen.press("f")
        assert seen.editor.text == "limit 1 # half a thought"
        assert "start" not in service.verbs


async def test_it_stays_the_same_record_and_its_new_runs_are_others(path: Path) -> None:
    service = await two_steps(path)
    async with using(resuming(service, path)) as seen:
        seen.editor.text = "stats count(*) by srcaddr"
        await seen.run()
        trail = seen.session.state.trail
        assert trail is not None
        assert [step.run.id for step in trail.steps] == [1, 2, 3]
    resumed = taken_up(path)
    assert len(resumed.investigation.runs) == 3
    assert resumed.stored._number == 1


def run(
    number: int, handle: str, *, state: RunState = RunState.RUNNING, body: str = PAIRS
) -> QueryRun:
    latest = Snapshot(state, ResultSet(PAIR_ROWS.columns, (), PAIR_ROWS.keys))
    query = Query(body, WINDOW, ("/vpc/edge",))
    return QueryRun(RunId(number), query, WINDOW, NOON, latest, NOON, handle)


def killed(path: Path, steps: tuple[Step, ...] = (), coming: Step | None = None) -> None:
    """What is in the file after a session that could not end as it should."""
    trail = Trail(steps, len(steps) - 1) if steps else None
    past = Investigation(CloudWatchSource(), ("/vpc/edge",), WINDOW, PAIRS, trail, coming)
    record = StoredInvestigation(records_in(path))
    record.save(past)
    record.let_go()


async def asked(*scripts: Script) -> ScriptedService:
    """A service that was asked so many queries in a session before."""
    service = ScriptedService(*scripts)
    for _ in scripts:
        await service.start(Query(PAIRS, WINDOW), WINDOW)
    service.calls.clear()
    return service


@asynccontextmanager
async def opened(app: FlowtuiApp) -> AsyncIterator[Seen]:
    """Like `using`, but it waits for no run to end."""
    async with app.run_test(size=(120, 40)) as pilot:
        seen = Seen(pilot)
        await seen.until(lambda: "parse: 27 fields" in seen.text)
        yield seen


async def test_a_running_query_is_followed_to_its_end(path: Path) -> None:
    killed(path, (Step(run(1, "query-1"), "pairs", forgotten=3),))
    gate = asyncio.Event()
    service = await asked([FIRST_PAIRS, gate, PAIRS_DONE])
    async with opened(resuming(service, path)) as seen:
        await seen.rows(3)
        assert seen.state == "Running"
        gate.set()
        await seen.rows(20)
        await seen.ended()
        assert seen.state == "Complete"
        assert "start" not in service.verbs
        assert seen.remark == "resumed: 1 step, last saved 12:00 UTC"
        trail = seen.session.state.trail
        assert trail is not None
        assert [step.rows for step in trail.steps] == [20]


async def test_the_history_learns_how_a_query_of_another_session_ended(path: Path) -> None:
    gone_on = run(1, "query-1")
    killed(path, (Step(gone_on, "pairs", forgotten=3),))
    history = History(path)
    history.write("killed", "scripted", gone_on)
    service = await asked([FIRST_PAIRS, PAIRS_DONE])
    async with using(resuming(service, path, history)) as seen:
        await seen.until(lambda: history.find("")[0].ended is not None)
    (entry,) = history.find("")
    assert (entry.state, entry.rows) == (RunState.COMPLETE, 20)


async def test_escape_stops_what_is_followed_again(path: Path) -> None:
    killed(path, (Step(run(1, "query-1"), "pairs", forgotten=3),))
    service = await asked([FIRST_PAIRS, never()])
    async with opened(resuming(service, path)) as seen:
        await seen.rows(3)
        await seen.press("ctrl+o", "escape")
        await seen.ended()
        assert seen.state == "Cancelled"
        assert not service.running


async def test_leaving_stops_what_is_followed_again(path: Path) -> None:
    killed(path, (Step(run(1, "query-1"), "pairs", forgotten=3),))
    service = await asked([FIRST_PAIRS, never()])
    async with opened(resuming(service, path)) as seen:
        await seen.rows(3)
        await seen.press("ctrl+q")
    assert not service.running
    assert saved(path).runs[0].latest.state is RunState.CANCELLED


async def test_a_query_that_had_shown_no_rows_becomes_a_step_when_it_does(path: Path) -> None:
    done = Step(run(1, "query-1", state=RunState.COMPLETE), "pairs", forgotten=20)
    killed(path, (done,), Step(run(2, "query-2", body="limit 5"), "flows"))
    gate = asyncio.Event()
    service = await asked([PAIRS_DONE], [gate, FLOWS_DONE])
    async with opened(resuming(service, path)) as seen:
        # The rows of the step before are there meanwhile.
        await seen.rows(20)
        assert seen.state == "Queued"
        gate.set()
        await seen.rows(5)
        await seen.ended()
        assert seen.trail.endswith("pairs > flows")
        assert "start" not in service.verbs


async def test_the_first_query_of_a_session_may_have_shown_no_rows(path: Path) -> None:
    killed(path, (), Step(run(1, "query-1"), "pairs"))
    service = await asked([FIRST_PAIRS, PAIRS_DONE])
    async with using(resuming(service, path)) as seen:
        assert seen.remark == "resumed: the query, last saved 12:00 UTC"
        assert seen.grid.results == PAIR_ROWS
        assert seen.trail == "pairs"


async def test_one_that_was_never_started_is_not_followed(path: Path) -> None:
    killed(path, (), Step(run(1, ""), "pairs"))
    service = ScriptedService([PAIRS_DONE])
    async with using(resuming(service, path)) as seen:
        assert service.calls == []
        assert seen.editor.text == PAIRS
        await seen.run()
        assert seen.grid.results == PAIR_ROWS


async def test_one_that_ended_meanwhile_does_not_say_how_long_it_took(path: Path) -> None:
    killed(path, (Step(run(1, "query-1"), "pairs", forgotten=3),))
    service = await asked([PAIRS_DONE])
    async with using(resuming(service, path)) as seen:
        assert seen.grid.results == PAIR_ROWS
        assert "✓ Complete  12.4M rec" in seen.text


async def test_of_a_stopped_query_come_the_rows_that_the_service_has(path: Path) -> None:
    stopped = Step(run(1, "query-1", state=RunState.CANCELLED), "pairs", forgotten=3)
    killed(path, (stopped,))
    service = await asked([replace(FIRST_PAIRS, state=RunState.CANCELLED)])
    async with using(resuming(service, path)) as seen:
        assert len(seen.grid.results.rows) == 3
        assert seen.state == "Cancelled"


async def test_a_stop_that_came_too_late_gives_all_rows(path: Path) -> None:
    stopped = Step(run(1, "query-1", state=RunState.CANCELLED), "pairs", forgotten=3)
    killed(path, (stopped,))
    service = await asked([PAIRS_DONE])
    async with using(resuming(service, path)) as seen:
        assert seen.grid.results == PAIR_ROWS
        assert seen.state == "Complete"


@pytest.mark.parametrize("state", [RunState.COMPLETE, RunState.RUNNING])
async def test_a_query_that_the_service_has_forgotten_can_be_run_again(
    path: Path, state: RunState
) -> None:
    killed(path, (Step(run(1, "gone", state=state), "pairs", forgotten=3),))
    service = ScriptedService([PAIRS_DONE])
    async with using(resuming(service, path)) as seen:
        assert "there is no query gone" in seen.remark
        assert ("3 rows that are not here" in seen.text) == (state is RunState.COMPLETE)
        assert seen.editor.text == PAIRS
        await seen.run()
        assert seen.grid.results == PAIR_ROWS
        assert seen.trail == "pairs"


async def test_rows_that_are_gone_do_not_keep_a_query_from_being_followed(path: Path) -> None:
    gone = Step(run(1, "gone", state=RunState.COMPLETE), "gone", forgotten=20)
    killed(path, (gone,), Step(run(2, "query-1"), "flows"))
    service = await asked([FIRST_PAIRS, FLOWS_DONE])
    async with using(resuming(service, path)) as seen:
        assert seen.grid.results == FLOW_ROWS
        assert seen.trail == "gone > flows"
        assert not service.running


async def test_an_expired_login_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowtui.engine.watch.RENEWAL_DELAY", 0.0)
    killed(path, (Step(run(1, "query-1", state=RunState.COMPLETE), "pairs", forgotten=20),))
    gate = asyncio.Event()
    expired = CredentialsError("The session has expired", ("aws", "sso", "login"))
    service = await asked([expired, gate, PAIRS_DONE])
    async with opened(resuming(service, path)) as seen:
        await seen.until(lambda: "once the session is renewed" in seen.remark)
        gate.set()
        await seen.rows(20)
        await seen.ended()
        assert seen.remark == "resumed: 1 step, last saved 12:00 UTC"


async def test_what_nobody_waits_for_is_stopped(path: Path) -> None:
    stray = Step(run(1, "query-1"), "stray", forgotten=3)
    done = Step(run(2, "query-2", state=RunState.COMPLETE), "done", parent=0, forgotten=5)
    killed(path, (stray, done))
    service = await asked([FIRST_PAIRS, never()], [FLOWS_DONE])
    async with using(resuming(service, path)) as seen:
        assert not service.running
        assert seen.grid.results == FLOW_ROWS
        trail = seen.session.state.trail
        assert trail is not None
        assert trail.steps[0].run.latest.state is RunState.CANCELLED


async def test_another_place_is_another_investigation(path: Path) -> None:
    service, there = ScriptedService([PAIRS_DONE]), ScriptedService([PAIRS_DONE])
    async with using(make_app(service, records=records_in(path))) as seen:
        await seen.run()
        here = seen.session.account
        await seen.session.move(
            replace(here, service=there, source=CloudWatchSource(profile="there"))
        )
        await seen.press("ctrl+e", "x")
    assert taken_up(path).investigation.trail is None
    record = records_in(path).take_up(CloudWatchSource(profile="there"))
    assert record.stored._number == 2
    with closing(sqlite3.connect(path)) as connection:
        (first,) = connection.execute("select record from investigation where id = 1").fetchone()
    assert read(first).runs[0].latest.state is RunState.COMPLETE
