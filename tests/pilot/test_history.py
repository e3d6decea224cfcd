"""The history of runs: what is written while one works, and what is found again."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flowtui.backends.base import Handle
from flowtui.journal.history import Entry, History
from flowtui.model.errors import BackendError
from flowtui.model.run import Query, QueryRun, RunId, RunState, Snapshot, Statistics
from flowtui.model.timerange import TimeRange
from flowtui.ui.screens.history import HistoryScreen
from flowtui.ui.widgets.filter_list import FilterList
from tests.pilot.service import (
    CONTROLS,
    FIRST_PAIRS,
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

BEFORE = TimeRange(WINDOW.start - timedelta(days=1), WINDOW.start)
RUN = QueryRun(
    RunId(1),
    Query("stats count(*) by srcaddr", BEFORE, ("/vpc/edge",)),
    BEFORE,
    NOON - timedelta(days=1),
    Snapshot(RunState.COMPLETE, statistics=Statistics(bytes_scanned=1.9e9)),
    NOON - timedelta(days=1) + timedelta(seconds=3),
    "query-1",
)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "state.db")


@asynccontextmanager
async def looking(
    history: History, service: ScriptedService | None = None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Seen]:
    app = make_app(service or ScriptedService([PAIRS_DONE]), history=history)
    async with using(app, size) as seen:
        await look(seen)
        yield seen


async def look(seen: Seen, *keys: str) -> None:
    await seen.press("f12")
    await seen.until(lambda: isinstance(seen.screen, HistoryScreen))
    await seen.until(lambda: "Searching" not in seen.text)
    await seen.press(*keys)


async def written(history: History, seen: Seen, state: RunState) -> Entry:
    """The latest run, once it is known to be in that state."""
    await seen.until(lambda: any(entry.state is state for entry in history.find("", 1)))
    return history.find("", 1)[0]


def lines(seen: Seen) -> list[str]:
    return seen.screen.query_one(FilterList).lines


# What is written


async def test_a_run_is_written_with_what_it_gave(history: History) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]), history=history)) as seen:
        await seen.run()
        entry = await written(history, seen, RunState.COMPLETE)
    assert (entry.query.body, entry.query.log_groups) == (PAIRS, ("/vpc/edge",))
    assert entry.query.prelude.startswith("parse @message")
    assert (entry.place, entry.rows, entry.bytes_scanned) == ("scripted", 20, 1.9e9)
    assert (entry.handle, entry.window, entry.started) == ("query-1", WINDOW, NOON)
    assert len(history.find("")) == 1


async def test_a_run_of_a_killed_session_is_there_with_its_querys_id(history: History) -> None:
    service = ScriptedService([FIRST_PAIRS, never()])
    async with using(make_app(service, history=history)) as seen:
        await seen.press("f5")
        await seen.rows(3)
        entry = await written(history, seen, RunState.RUNNING)
        assert entry.handle == "query-1"
        assert entry.ended is None


async def test_a_run_that_quitting_ends_is_cancelled(history: History) -> None:
    service = ScriptedService([FIRST_PAIRS, never()])
    async with using(make_app(service, history=history)) as seen:
        await seen.press("f5")
        await seen.rows(3)
        await seen.press("ctrl+q")
        assert (await written(history, seen, RunState.CANCELLED)).rows == 3


async def test_a_run_that_the_service_refuses_has_failed(history: History) -> None:
    service = ScriptedService(BackendError("not allowed"))
    async with using(make_app(service, history=history)) as seen:
        await seen.run()
        assert (await written(history, seen, RunState.FAILED)).handle == ""


async def test_walking_the_trail_writes_nothing(history: History) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]), history=history)) as seen:
        await seen.run()
        await seen.press("enter")
        await seen.ended()
        await seen.press("backspace", "f", "backspace")
        await seen.ended()
        await written(history, seen, RunState.COMPLETE)
        assert len(history.find("")) == 2


async def test_a_folder_that_can_not_be_written_is_said_once_and_the_rows_come(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").write_text("no folder")
    broken = History(tmp_path / "state" / "state.db")
    async with using(make_app(ScriptedService([PAIRS_DONE]), history=broken)) as seen:
        await seen.press("f5")
        await seen.until(lambda: "can't keep the history of runs in" in seen.remark)
        await seen.rows(20)
        await seen.run()
        assert seen.remark == ""


# What is found again


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_of_a_row_of_another_version_the_rest_is_unknown(
    size: tuple[int, int], history: History
) -> None:
    history.write("s", "scripted", RUN)
    with closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute(
            "update runs set state = 'Paused', started_ms = 'now', ended_ms = 'now',"
            " end_ms = 'now', row_count = 'many', log_groups = '{}'"
        )
    async with looking(history, size=size) as seen:
        (line,) = lines(seen)
        assert line.startswith("unknown     ? unknown rows   1.90 GB  stats count(*)")
        about = " ".join(seen.text.split())
        assert "unknown start: unknown state, unknown rows, 1.90 GB; scripted on" in about
        assert "of another version" in about
        await seen.press("ctrl+o")
        assert "Its rows can't be told from others" in seen.text
        await seen.press("enter")
        await seen.ended()
        assert seen.editor.text == RUN.query.body
        # A time that is not known is not all times.
        assert (seen.workspace.time, seen.workspace.groups) == (WINDOW, ("/vpc/edge",))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_latest_come_first_with_their_figures(
    size: tuple[int, int], history: History
) -> None:
    history.write("other", "prod/eu-west-1", RUN)
    later = replace(RUN, id=RunId(2), query=replace(RUN.query, body="limit 5", prelude="parse p"))
    history.write("other", "prod/eu-west-1", later)
    async with looking(history, size=size) as seen:
        first, second = lines(seen)
        assert first.startswith("03-31 12:00 ✓")
        assert first.endswith("limit 5")
        assert "1.90 GB" in second
        assert "2022-03-31 12:00:00 UTC: Complete, 0 rows, 1.90 GB in 3.0s" in seen.text
        assert "after this:" in seen.text
        assert "parse p" in seen.text
        assert "2 runs." in seen.text


async def test_a_run_that_nobody_saw_end_is_said_to_be_one(history: History) -> None:
    begun = replace(RUN, latest=Snapshot(RunState.RUNNING), updated=None)
    history.write("killed", "prod/eu-west-1", begun)
    history.write("here", "prod/eu-west-1", replace(begun, started=NOON))
    async with looking(history) as seen:
        assert "not ended" in lines(seen)[0]
        assert "it had not ended when it was last heard of" in seen.text
        await seen.press("down")
        assert "its session did not see it end" in seen.text


async def test_typing_searches(history: History) -> None:
    history.write("s", "prod/eu-west-1", RUN)
    history.write("s", "demo", replace(RUN, id=RunId(2), query=Query("limit 100", None)))
    async with looking(history) as seen:
        await seen.press(*"SRC prod")
        await seen.until(lambda: len(lines(seen)) == 1)
        assert "count(*)" in lines(seen)[0]
        await seen.press(*"%")
        await seen.until(lambda: "no run matches" in seen.text)


async def test_nothing_is_there_yet(history: History) -> None:
    async with looking(history) as seen:
        assert "no run is in the history yet" in seen.text
        await seen.press("enter", "ctrl+o")
        assert isinstance(seen.screen, HistoryScreen)


async def test_foreign_text_is_shown_as_it_is_and_steers_nothing(history: History) -> None:
    query = Query("filter [red]x[/y]\x1b]52;c;A\x07 \ud800", None, ("[b]g\x1b",), "p\x9b")
    history.write("s", "[bold]here\u202e", replace(RUN, query=query))
    async with looking(history) as seen:
        assert "filter [red]x[/y]·]52;c;A· ·" in seen.text
        assert "[bold]here· on [b]g·" in seen.text
        assert not CONTROLS.search(seen.text.replace("\n", ""))


async def test_enter_opens_query_groups_and_window_without_running(history: History) -> None:
    history.write("s", "scripted", RUN)
    service = ScriptedService([PAIRS_DONE])
    async with looking(history, service) as seen:
        await seen.press("enter")
        await seen.ended()
        assert seen.editor.text == RUN.query.body
        assert seen.session.state.groups == ("/vpc/edge",)
        assert seen.session.state.time == BEFORE
        assert "start" not in service.verbs
        await seen.press("alt+z")
        assert seen.editor.text == PAIRS


async def test_what_is_typed_just_before_enter_counts(history: History) -> None:
    history.write("s", "scripted", RUN)
    history.write("s", "scripted", replace(RUN, id=RunId(2), query=Query("limit 5", None)))
    async with looking(history) as seen:
        await seen.pilot.press(*"count", "enter")
        await seen.ended()
        assert seen.editor.text == RUN.query.body


async def test_a_run_of_another_place_leaves_the_groups_alone(history: History) -> None:
    query = replace(RUN.query, log_groups=("/vpc/there",))
    history.write("s", "prod/eu-west-1", replace(RUN, query=query))
    async with looking(history) as seen:
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.groups == ("/vpc/edge",)
        assert seen.remark.startswith("it ran in prod/eu-west-1 on /vpc/there; here the log groups")


async def test_rows_of_an_earlier_session_are_read_by_the_querys_id(history: History) -> None:
    service = ScriptedService([PAIRS_DONE])
    handle = await service.start(RUN.query, BEFORE)
    history.write("other", "scripted", replace(RUN, handle=handle))
    service.calls.clear()
    async with looking(history, service) as seen:
        await seen.press("ctrl+o")
        await seen.rows(20)
        assert "start" not in service.verbs
        assert "attach" in service.verbs
        assert seen.grid.results == PAIR_ROWS
        assert seen.editor.text == RUN.query.body
        assert seen.trail.strip() == "count(*) by srcaddr"
        assert seen.state == RunState.COMPLETE
        await seen.press("ctrl+e", "alt+z")
        assert seen.editor.text == PAIRS


async def test_they_join_the_trail_and_backspace_goes_back(history: History) -> None:
    service = ScriptedService([PAIRS_DONE])
    handle = await service.start(RUN.query, BEFORE)
    history.write("other", "scripted", replace(RUN, handle=handle))
    async with using(make_app(service, history=history)) as seen:
        await seen.run()
        seen.editor.text = "# a draft"
        await look(seen, "down", "ctrl+o")
        await seen.ended()
        assert seen.trail.endswith(" > count(*) by srcaddr")
        await written(history, seen, RunState.COMPLETE)
        assert len(history.find("")) == 2
        await seen.press("ctrl+o", "backspace")
        assert seen.editor.text == "# a draft"


async def test_rows_that_are_gone_are_said(history: History) -> None:
    history.write("other", "scripted", replace(RUN, handle="long gone"))
    async with looking(history) as seen:
        await seen.press("ctrl+o")
        await seen.ended()
        assert "there is no query long gone" in seen.remark
        assert "F5 runs the query again" in seen.remark


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (replace(RUN, started=NOON - timedelta(days=8)), "Its rows were kept for 7 days"),
        (replace(RUN, handle=Handle("local-3")), "Its rows are not kept"),
        (replace(RUN, handle=""), "Its rows are not kept"),
    ],
)
async def test_rows_that_no_one_keeps_are_not_asked_for(
    run: QueryRun, sentence: str, history: History
) -> None:
    history.write("s", "scripted", run)
    service = ScriptedService([PAIRS_DONE])
    async with looking(history, service) as seen:
        await seen.press("ctrl+o")
        await seen.pilot.pause()
        assert sentence in seen.text
        assert "attach" not in service.verbs


async def test_rows_are_only_asked_for_where_they_are(history: History) -> None:
    history.write("s", "prod/eu-west-1", RUN)
    service = ScriptedService([PAIRS_DONE])
    async with looking(history, service) as seen:
        await seen.press("ctrl+o")
        await seen.ended()
        assert seen.remark == "it ran in prod/eu-west-1, and only there are its rows"
        assert "attach" not in service.verbs


async def test_where_no_history_is_kept_that_is_said() -> None:
    async with using(make_app(ScriptedService())) as seen:
        await seen.press("f12")
        await seen.ended()
        assert seen.remark == "no history is kept here"
