"""The history of runs, in its file."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowtui.journal import history as history_module
from flowtui.journal.history import History
from flowtui.model.errors import UsageError
from flowtui.model.run import (
    Query,
    QueryRun,
    ResultSet,
    RunId,
    RunState,
    Snapshot,
    Statistics,
)
from flowtui.model.timerange import Last, TimeRange

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON - timedelta(hours=1), NOON)
QUERY = Query(
    "stats count(*) by srcaddr", Last(timedelta(hours=1)), ("/vpc/edge",), 'parse @message "*" as a'
)
BEGUN = QueryRun(RunId(1), QUERY, WINDOW, NOON)
DONE = Snapshot(
    RunState.COMPLETE, ResultSet(("srcaddr",), (("10.0.0.1",),)), Statistics(bytes_scanned=1e9)
)
NAMED = replace(BEGUN, handle="q-1").advance(Snapshot(RunState.RUNNING), NOON)
ENDED = NAMED.advance(DONE, NOON + timedelta(seconds=3))


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "state" / "state.db")


def run(number: int, body: str) -> QueryRun:
    return replace(ENDED, id=RunId(number), query=replace(QUERY, body=body))


def test_a_run_is_there_as_soon_as_it_has_begun(history: History) -> None:
    history.write("s", "prod/eu-west-1", BEGUN)
    (entry,) = history.find("")
    assert (entry.state, entry.ended, entry.handle) == (RunState.QUEUED, None, "")
    assert not entry.is_kept(NOON)
    history.write("s", "prod/eu-west-1", NAMED)
    (entry,) = history.find("")
    assert (entry.state, entry.ended, entry.handle) == (RunState.RUNNING, None, "q-1")


def test_another_session_writes_on_of_a_run_that_has_not_ended(history: History) -> None:
    history.write("killed", "prod/eu-west-1", NAMED)
    history.write("other", "prod/eu-west-1", replace(ENDED, handle="q-2"))
    for session, run in (("resumed", replace(ENDED, id=RunId(7))), ("late", NAMED)):
        history.take_over(session, run)
        history.write(session, "prod/eu-west-1", run)
    late, other, resumed = history.find("")
    assert (resumed.handle, resumed.state) == ("q-1", RunState.COMPLETE)
    assert other.handle == "q-2"
    assert late.state is RunState.RUNNING


def test_each_text_is_told_once_the_latest_first_and_without_its_prelude(history: History) -> None:
    assert history.texts(9) == ()
    for number, body in enumerate(["limit 1", "limit 2", "limit 1", "limit \0\ud800"]):
        history.write("s", "p", run(number, body))
    assert history.texts(9) == ("limit \0\ud800", "limit 1", "limit 2")
    assert history.texts(2) == ("limit \0\ud800", "limit 1")


def test_its_end_has_all_that_is_known_of_it(history: History) -> None:
    for state in (BEGUN, NAMED, ENDED):
        history.write("s", "prod/eu-west-1", state)
    (entry,) = history.find("")
    assert entry.place == "prod/eu-west-1"
    assert entry.query == replace(QUERY, time=WINDOW)
    assert (entry.window, entry.started, entry.ended) == (WINDOW, NOON, ENDED.updated)
    assert (entry.state, entry.rows, entry.bytes_scanned) == (RunState.COMPLETE, 1, 1e9)


def test_a_write_that_comes_late_does_not_undo_the_end(history: History) -> None:
    for state in (ENDED, NAMED, BEGUN):
        history.write("s", "p", state)
    (entry,) = history.find("")
    assert entry.state is RunState.COMPLETE


def test_runs_of_two_sessions_are_two(history: History) -> None:
    history.write("one", "p", ENDED)
    history.write("other", "p", ENDED)
    assert len(history.find("")) == 2


def test_all_times_stay_all_times(history: History) -> None:
    history.write("s", "files", replace(ENDED, query=replace(QUERY, time=None)))
    (entry,) = history.find("")
    assert entry.query.time is None
    assert entry.window == WINDOW


def test_the_shortest_window_can_be_read_again(history: History) -> None:
    moment = TimeRange(NOON, NOON + timedelta(microseconds=1))
    history.write("s", "p", replace(ENDED, window=moment))
    (entry,) = history.find("")
    assert entry.window == TimeRange(NOON, NOON + timedelta(milliseconds=1))


@pytest.mark.parametrize("typed", ["SRCADDR", "count edge", "prod", "  "])
def test_text_groups_and_place_are_searched(typed: str, history: History) -> None:
    history.write("s", "prod/eu-west-1", ENDED)
    assert len(history.find(typed)) == 1
    assert history.find(f"{typed} nowhere") == ()


def test_the_latest_come_first_and_no_more_than_asked_for(history: History) -> None:
    for number in range(5):
        history.write("s", "p", run(number, f"limit {number}"))
    assert [entry.query.body for entry in history.find("limit", 2)] == ["limit 4", "limit 3"]


def test_the_oldest_are_forgotten(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "MOST_RUNS", 3)
    for number in range(5):
        history.write("s", "p", run(number, f"limit {number}"))
    assert [entry.query.body for entry in history.find("")] == ["limit 4", "limit 3", "limit 2"]


def test_only_the_user_may_read_it(history: History) -> None:
    history.write("s", "p", ENDED)
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600


def test_a_folder_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a folder")
    broken = History(tmp_path / "state" / "state.db")
    with pytest.raises(UsageError, match=r"can't keep the history of runs in .*: "):
        broken.write("s", "p", ENDED)
    with pytest.raises(UsageError, match="can't keep the history of runs"):
        broken.find("")


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("state", "Paused", "state"),
        ("started_ms", "2022-04-01T12:00:00Z", "start"),
        ("started_ms", 2**60, "start"),
        ("ended_ms", "later", "end"),
        ("end_ms", -1, "time"),
        ("log_groups", '[{"name": "/vpc/edge"}]', "log groups"),
        ("log_groups", "[" * 9999, "log groups"),
        ("row_count", "many", "rows"),
        ("bytes_scanned", float("inf"), "bytes scanned"),
        ("is_all_time", "partly", "whether it had a time"),
        ("body", 7, "query"),
    ],
)
def test_of_a_row_of_another_version_what_can_be_read_is(
    column: str, value: object, what: str, history: History
) -> None:
    history.write("s", "prod/eu-west-1", ENDED)
    with closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute(f"update runs set {column} = ?", (value,))
    (entry,) = history.find("edge")
    assert entry.unknown == (what,)
    assert (entry.place, entry.handle, entry.has_ended) == ("prod/eu-west-1", "q-1", True)
    history.write("s", "prod/eu-west-1", run(2, "limit 2"))
    assert len(history.find("")) == 2


def test_an_end_that_is_not_known_is_an_end(history: History) -> None:
    history.write("s", "p", ENDED)
    with closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute("update runs set ended_ms = 'later', state = 'Paused'")
    (entry,) = history.find("")
    assert (entry.ended, entry.state) == (None, None)
    assert not entry.is_lost(NOON + timedelta(days=1))


def test_the_latest_texts_are_each_there_once(history: History) -> None:
    for number, body in enumerate(["limit 1", "limit 2", "limit 1", "", "limit 3"]):
        history.write("s", "p", run(number, body))
    assert history.texts(9) == ("limit 3", "limit 1", "limit 2")
    assert history.texts(2) == ("limit 3", "limit 1")


def test_a_text_that_was_opened_whole_is_without_what_flowtui_puts_before_it(
    history: History,
) -> None:
    history.write("s", "p", run(1, "limit 1"))
    history.write("s", "p", run(2, f"{QUERY.prelude}\n| limit 2"))
    history.write("s", "p", run(3, 'parse @message "*" as b\n| limit 3'))
    assert history.texts(9) == ('parse @message "*" as b\n| limit 3', "limit 2", "limit 1")


@pytest.mark.parametrize(
    ("handle", "days", "is_kept"),
    [("q-1", 6, True), ("q-1", 8, False), ("waiting-1", 0, False), ("local-1", 0, False)],
)
def test_rows_are_kept_for_a_week_under_a_querys_id(
    handle: str, days: int, is_kept: bool, history: History
) -> None:
    history.write("s", "p", replace(ENDED, handle=handle))
    (entry,) = history.find("")
    assert entry.is_kept(NOON + timedelta(days=days)) is is_kept


def test_who_has_not_ended_after_an_hour_was_lost(history: History) -> None:
    history.write("s", "p", NAMED)
    (entry,) = history.find("")
    assert not entry.is_lost(NOON + timedelta(minutes=59))
    assert entry.is_lost(NOON + timedelta(minutes=61))
