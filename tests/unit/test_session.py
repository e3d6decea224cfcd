"""Verbs in, states out: the session without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from flowtui.backends.scripted import Script
from flowtui.engine.pivot import Spot
from flowtui.engine.session import Session
from flowtui.engine.session_state import ChooseGroups, Consent, Login, SessionState
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, CredentialsError, QuerySyntaxError
from flowtui.model.run import Query, ResultSet, RunState, Snapshot
from flowtui.model.source import CloudWatchSource, DataSource, DemoSource
from flowtui.model.timerange import Last, TimeRange
from flowtui.settings import Settings
from tests.pilot.service import (
    EDGE,
    FIRST_PAIRS,
    FLOW_ROWS,
    FLOWS_DONE,
    NOON,
    PAIR_ROWS,
    PAIRS,
    PAIRS_DONE,
    WINDOW,
    Clock,
    ScriptedService,
    account_of,
    never,
)

CLOUDWATCH = CloudWatchSource()
SECOND = PAIR_ROWS.key(1)
SPOT = Spot(PAIR_ROWS.record(1), "srcaddr", "172.31.1.1")


@dataclass
class Case:
    """A session, every state that it was in, and the service below it."""

    session: Session
    service: ScriptedService
    states: list[SessionState] = field(default_factory=list)

    @property
    def state(self) -> SessionState:
        return self.session.state

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let it work until `holds`."""
        async with asyncio.timeout(120):
            while not holds():  # noqa: ASYNC110  (the session tells of its states, not of its rest)
                await asyncio.sleep(0)

    async def rest(self) -> None:
        """Let it work until nothing is on its way."""
        await self.until(lambda: not (self.session.is_busy or self.session.is_preparing))

    async def run(self) -> None:
        self.session.ask()
        await self.rest()

    async def rows(self, count: int) -> None:
        await self.until(
            lambda: (
                self.state.shown is not None and len(self.state.shown.latest.results.rows) == count
            )
        )


@asynccontextmanager
async def working(
    *scripts: Script,
    text: str = PAIRS,
    groups: tuple[LogGroup, ...] = (EDGE,),
    chosen: tuple[str, ...] = ("/vpc/edge",),
    settings: Settings | None = None,
    source: DataSource = CLOUDWATCH,
) -> AsyncIterator[Case]:
    service = ScriptedService(*scripts, groups=(groups,))
    state = SessionState(source, "scripted", chosen, WINDOW, text)
    session = Session(account_of(service, settings), state, lambda: NOON)
    case = Case(session, service)
    session.subscribe(case.states.append)
    session.begin()
    await case.rest()
    yield case
    await session.leave()
    assert not service.running


# A run, from the key to its end


async def test_a_run_becomes_a_step_with_its_first_rows() -> None:
    gate = asyncio.Event()
    async with working([FIRST_PAIRS, gate, PAIRS_DONE]) as case:
        case.session.ask()
        assert case.state.activity == "queued"
        assert case.state.trail is None
        await case.rows(3)
        assert case.state.shown is case.state.run
        gate.set()
        await case.rest()
        assert case.state.shown is not None
        assert case.state.shown.latest == PAIRS_DONE
        assert case.service.verbs.count("start") == 1


async def test_cancel_says_stopped_at_once_and_keeps_the_rows() -> None:
    async with working([FIRST_PAIRS, never()]) as case:
        case.session.ask()
        await case.rows(3)
        assert case.session.cancel()
        assert case.state.run is not None
        assert case.state.run.latest.state is RunState.CANCELLED
        assert case.state.shown is case.state.run
        assert len(case.state.run.latest.results.rows) == 3
        assert not case.session.cancel()


async def test_what_comes_late_of_a_run_that_was_cancelled_changes_nothing() -> None:
    async with working([FIRST_PAIRS, never()]) as case:
        case.session.ask()
        await case.rows(3)
        run = case.state.run
        case.session.cancel()
        assert run is not None
        ended = case.state
        assert ended.advanced(run.advance(PAIRS_DONE, NOON), None) is ended


async def test_a_step_that_is_left_while_it_runs_says_stopped_wherever_it_stands() -> None:
    async with working([FIRST_PAIRS, never()], [FLOWS_DONE]) as case:
        case.session.ask()
        await case.rows(3)
        case.session.see(PAIRS, SECOND)
        case.session.derive("drill", SPOT)
        assert case.state.trail is not None
        assert case.state.trail.steps[0].run.latest.state is RunState.CANCELLED
        await case.rest()
        first, second = case.state.trail.steps
        assert first.run.latest.state is RunState.CANCELLED
        assert first.cursor == SECOND
        assert second.run.latest.results == FLOW_ROWS


async def test_a_failed_start_is_a_failed_run_and_the_rows_before_stay() -> None:
    async with working([PAIRS_DONE], BackendError("the service is down; try later")) as case:
        await case.run()
        case.session.edit("stats count(*) by srcaddr")
        await case.run()
        assert case.state.run is not None
        assert case.state.run.latest.state is RunState.FAILED
        assert case.state.message.text == "the service is down; try later"
        assert case.state.message.is_error
        assert case.state.shown is not None
        assert case.state.shown.latest == PAIRS_DONE


# What is refused before anything is asked


async def test_what_check_calls_an_error_is_not_sent() -> None:
    async with working(text="filter |") as case:
        await case.run()
        assert case.service.calls == []
        assert case.state.refusal is not None
        assert not case.state.refusal.is_overridable
        assert case.state.message.is_error
        await case.run()
        assert case.service.calls == []


async def test_a_name_that_nothing_defines_is_shown_first_and_runs_when_asked_again() -> None:
    async with working([PAIRS_DONE], text='filter dstadr = "10.0.0.1"') as case:
        await case.run()
        assert case.service.calls == []
        assert case.state.refusal is not None
        assert case.state.refusal.finding.suggestion == "dstaddr"
        assert case.state.message.text == (
            "unknown field dstadr; did you mean dstaddr? Enter takes it, F5 again runs it as it is"
        )
        await case.run()
        assert case.service.verbs.count("start") == 1
        assert case.state.refusal is None


async def test_another_text_is_doubted_anew() -> None:
    async with working([PAIRS_DONE], text='filter dstadr = "10.0.0.1"') as case:
        await case.run()
        case.session.edit('filter dstadr = "10.0.0.2"')
        assert case.state.refusal is None
        await case.run()
        assert case.service.calls == []


async def test_the_service_says_where_the_query_is_wrong() -> None:
    error = QuerySyntaxError("unexpected symbol found limit", (0, 5))
    async with working(error, text="limit 5") as case:
        await case.run()
        assert case.state.refusal is not None
        assert case.state.refusal.finding.span == (0, 5)
        assert case.state.run is not None
        assert case.state.run.latest.state is RunState.FAILED


# What only the user can decide


async def test_without_log_groups_the_session_asks_for_them_and_runs() -> None:
    async with working([PAIRS_DONE], chosen=()) as case:
        case.session.ask()
        request = case.state.request
        assert isinstance(request, ChooseGroups)
        assert case.service.calls == []
        case.session.answer_groups(request, ("/vpc/edge",))
        await case.rest()
        assert case.state.request is None
        assert case.service.started[0][0].log_groups == ("/vpc/edge",)


BIG = replace(EDGE, stored_bytes=1248 * 10**9, created=NOON - timedelta(days=1))
LIMITED = Settings(confirm_above_gb=10)


@pytest.mark.parametrize("is_agreed", [True, False])
async def test_a_run_above_the_limit_waits_for_consent(is_agreed: bool) -> None:
    async with working([PAIRS_DONE], groups=(BIG,), settings=LIMITED) as case:
        case.session.ask()
        await case.until(lambda: case.state.request is not None)
        request = case.state.request
        assert isinstance(request, Consent)
        assert case.service.calls == []
        case.session.answer_consent(request, is_agreed=is_agreed)
        await case.rest()
        assert case.service.verbs.count("start") == is_agreed
        assert case.state.request is None
        assert case.state.message.text == ("" if is_agreed else "not run; F5 asks again")


async def test_cancelling_takes_the_question_of_consent_back() -> None:
    async with working([PAIRS_DONE], groups=(BIG,), settings=LIMITED) as case:
        case.session.ask()
        await case.until(lambda: case.state.request is not None)
        request = case.state.request
        assert isinstance(request, Consent)
        assert case.session.cancel()
        await case.until(lambda: case.state.request is None)
        case.session.answer_consent(request, is_agreed=True)
        await case.rest()
        assert case.service.calls == []


async def test_an_expired_login_is_offered_while_the_query_runs_on() -> None:
    login = ("aws", "sso", "login")
    gate = asyncio.Event()
    expired = replace(FIRST_PAIRS, login=login, notices=("the session has expired",))
    async with working([expired, gate, PAIRS_DONE]) as case:
        case.session.ask()
        await case.until(lambda: case.state.request is not None)
        request = case.state.request
        assert isinstance(request, Login)
        assert request.command == login
        case.session.answer_login(request, "the session is open again")
        gate.set()
        await case.rest()
        assert case.state.run is not None
        assert case.state.run.latest == PAIRS_DONE
        assert case.service.verbs.count("start") == 1


async def test_a_start_without_credentials_offers_the_login() -> None:
    async with working(CredentialsError("expired", ("aws", "sso", "login"))) as case:
        await case.run()
        assert isinstance(case.state.request, Login)


# The trail


async def test_back_forward_and_jump_ask_nothing_and_give_all_back() -> None:
    async with working([PAIRS_DONE], [FLOWS_DONE]) as case:
        await case.run()
        case.session.see(PAIRS, SECOND)
        case.session.derive("drill", SPOT)
        await case.rest()
        drilled = case.state.text
        case.service.calls.clear()
        case.session.see("limit 1 # half a thought", None)
        case.session.back()
        assert case.state.text == PAIRS
        assert case.session.state.trail is not None
        assert case.session.state.trail.current.cursor == SECOND
        case.session.forward()
        assert case.state.text == "limit 1 # half a thought"
        case.session.jump(0)
        case.session.jump(1)
        assert case.service.calls == []
        assert case.state.shown is not None
        assert case.state.shown.query.body == drilled
        written = [s.written.text for s in case.states if s.written]
        assert "limit 1 # half a thought" in written


async def test_back_from_a_question_without_rows_is_to_the_rows_that_are_shown() -> None:
    async with working([PAIRS_DONE], [Snapshot(RunState.RUNNING), never()]) as case:
        await case.run()
        case.session.see(PAIRS, SECOND)
        case.session.derive("drill", SPOT)
        await case.until(lambda: case.state.is_unanswered)
        case.session.back()
        assert case.state.text == PAIRS
        assert case.state.run is case.state.shown
        await case.until(lambda: not case.service.running)


async def test_what_is_only_prepared_is_in_the_editor_and_not_run() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        case.service.calls.clear()
        case.session.derive("include", SPOT, runs=False)
        assert 'srcaddr = "172.31.1.1"' in case.state.text
        assert case.state.written is not None
        assert case.state.written.takes_focus
        assert case.service.calls == []


async def test_a_row_that_nothing_can_be_derived_from_says_why() -> None:
    rows = ResultSet(("n",), (("3",),), ("srcaddr",))
    text = "stats count(*) as n by srcaddr | display n"
    async with working([Snapshot(RunState.COMPLETE, rows)], text=text) as case:
        await case.run()
        case.session.derive("drill", Spot({"n": "3"}, "n", "3"))
        assert "leaves out the key srcaddr" in case.state.message.text
        assert case.state.text == text


# Again and again


async def test_a_watch_runs_the_question_again_until_it_is_cancelled() -> None:
    async with working([PAIRS_DONE]) as case:
        clock = Clock.of(case.session)
        case.session.watch(timedelta(minutes=1), "1m")
        await case.rest()
        await clock.tick()
        await case.until(lambda: case.service.verbs.count("start") == 2)
        await case.rest()
        assert clock.waits == [60.0]
        assert case.state.trail is not None
        assert len(case.state.trail.steps) == 1
        case.session.cancel()
        assert case.state.watch is None


async def test_a_watch_says_when_it_is_next_and_what_the_rows_were_before() -> None:
    async with working([PAIRS_DONE]) as case:
        clock = Clock.of(case.session)
        await case.run()
        case.session.watch(timedelta(minutes=1), "1m")
        await case.rest()
        watch = case.state.watch
        assert watch is not None
        assert watch.next == case.session.now() + timedelta(minutes=1)
        assert watch.before == PAIR_ROWS
        await clock.tick()
        await case.until(lambda: case.service.verbs.count("start") == 3)
        await case.rest()


async def test_a_watch_takes_its_window_along_with_the_clock() -> None:
    async with working([PAIRS_DONE]) as case:
        clock, hour = Clock.of(case.session), timedelta(hours=1)
        now = case.session.now()
        chosen = TimeRange(now - 2 * hour, now - hour)
        case.session.choose_time(chosen)
        case.session.watch(timedelta(minutes=1), "1m")
        await case.rest()
        assert case.state.time == chosen
        for minutes in (1, 3):
            moved = timedelta(minutes=minutes)
            case.session.now = lambda moved=moved: now + moved  # type: ignore[misc]  # its clock
            await clock.tick()
            slid = TimeRange(chosen.start + moved, chosen.end + moved)
            await case.until(lambda slid=slid: case.state.time == slid)  # type: ignore[misc]  # as above
            await case.rest()
            assert case.state.shown is not None
            assert case.state.shown.window == slid
        case.session.choose_time(Last(hour))
        await clock.tick()
        await case.rest()
        assert isinstance(case.state.time, Last)


async def test_a_watch_is_agreed_to_once() -> None:
    async with working([PAIRS_DONE], groups=(BIG,), settings=LIMITED) as case:
        clock = Clock.of(case.session)
        case.session.watch(timedelta(minutes=1), "1m")
        await case.until(lambda: case.state.request is not None)
        assert isinstance(case.state.request, Consent)
        case.session.answer_consent(case.state.request, is_agreed=True)
        await case.rest()
        await clock.tick()
        await case.until(lambda: case.service.verbs.count("start") == 2)
        assert case.state.request is None


async def test_whoever_stops_the_query_ends_the_watch() -> None:
    stopped = Snapshot(RunState.CANCELLED, PAIR_ROWS, error="stopped by somebody")
    async with working([stopped]) as case:
        case.session.watch(timedelta(minutes=1), "1m")
        await case.rest()
        assert case.state.watch is None


# Another account


async def test_another_account_keeps_the_text_and_nothing_else() -> None:
    there = ScriptedService([PAIRS_DONE])
    async with working([FIRST_PAIRS, never()]) as case:
        case.session.ask()
        await case.rows(3)
        case.session.edit("limit 1")
        await case.session.move(account_of(there))
        assert not case.service.running
        assert case.service.verbs[-2:] == ["stop", "close"]
        assert case.state.text == "limit 1"
        assert (case.state.trail, case.state.run, case.state.groups) == (None, None, ())
        case.session.choose_groups(("/vpc/edge",))
        case.session.choose_time(Last(timedelta(hours=1)))
        await case.run()
        assert there.verbs.count("start") == 1


# A question from elsewhere


async def test_a_question_that_is_opened_brings_its_time_and_groups() -> None:
    async with working([PAIRS_DONE]) as case:
        time = Last(timedelta(hours=2))
        question = Query("limit 3", time, ("/vpc/edge",))
        case.session.load(question, said="opened it", runs=True)
        await case.rest()
        assert case.service.started[0][0].body == "limit 3"
        assert case.state.time == time


async def test_keys_after_a_question_that_runs_are_not_for_the_editor() -> None:
    async with working([PAIRS_DONE]) as case:
        time = Last(timedelta(hours=2))
        case.session.load(Query("limit 3", time, ("/vpc/edge",)), runs=True)
        assert case.state.written is not None
        assert not case.state.written.takes_focus
        case.session.load(Query("limit 4", time, ("/vpc/edge",)))
        assert case.state.written.takes_focus
        await case.rest()


async def test_an_error_that_nobody_foresaw_is_raised_for_the_front_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with working([PAIRS_DONE]) as case:

        async def broken(_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(case.session.runner, "heard", broken)
        await case.run()
        with pytest.raises(ZeroDivisionError):
            await case.session.faults()


# The window


async def test_a_window_that_moves_on_the_service_waits_for_the_key_that_runs_it() -> None:
    async with working([PAIRS_DONE]) as case:
        await case.run()
        started = len(case.service.started)
        case.session.move_window(-1)
        case.session.scale_window(2)
        await case.rest()
        assert len(case.service.started) == started
        assert case.state.time == TimeRange(
            NOON - timedelta(hours=2.5), NOON - timedelta(hours=0.5)
        )
        assert case.state.message.text == "F5 runs the query over the window shown above"
        assert case.state.shown is not None
        assert case.state.shown.window == WINDOW


async def test_a_window_that_moves_over_files_is_asked_about_at_once() -> None:
    async with working([PAIRS_DONE], [PAIRS_DONE], source=DemoSource()) as case:
        await case.run()
        case.session.choose_time(None)
        case.session.move_window(-1)
        await case.rest()
        assert case.state.shown is not None
        assert case.state.shown.window == TimeRange(NOON - timedelta(hours=2), WINDOW.start)


async def test_there_is_no_window_to_move_before_there_is_one() -> None:
    async with working() as case:
        case.session.choose_time(None)
        case.session.move_window(-1)
        assert case.state.time is None
        assert case.state.message.is_error


async def test_a_row_says_when_its_flow_was() -> None:
    async with working([FLOWS_DONE], text="fields @timestamp, srcaddr") as case:
        row = FLOW_ROWS.record(0)
        assert case.session.span_of(row) is None
        await case.run()
        span = case.session.span_of({**row, "@timestamp": "2022-04-01 11:20:00.000"})
        assert span == (NOON - timedelta(minutes=40), NOON - timedelta(minutes=40))
        assert case.session.span_of({"srcaddr": "172.31.1.1"}) is None
