"""Down into a row and back, narrower and wider, and what is put before a query."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.ui.screens.dialogs import TextScreen
from flowtui.ui.screens.row import RowScreen
from tests.pilot.service import (
    FLOW_ROWS,
    FLOWS_DONE,
    NOON,
    PAIR_ROWS,
    PAIRS,
    PAIRS_DONE,
    WINDOW,
    ScriptedService,
    Terminal,
    make_app,
    never,
    showing,
    using,
)


async def test_drill_writes_narrows_runs_and_adds_a_step() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("down", "enter")
        await seen.ended()
        text = seen.editor.text
        assert 'srcaddr = "172.31.1.1"' in text
        assert 'dstaddr = "3.230.172.1"' in text
        assert 'flow_direction = "egress"' in text
        assert "stats" not in text
        query, window = service.started[-1]
        assert query.body == text
        assert window == WINDOW
        assert seen.grid.results == FLOW_ROWS
        assert seen.trail.endswith(" > 172.31.1.1 → 3.230.172.1 egress")
        assert service.verbs.count("start") == 1


async def test_drill_into_a_bin_narrows_the_time() -> None:
    by_minute = Snapshot(
        RunState.COMPLETE,
        ResultSet(("bin(1m)", "total"), (("2022-04-01 11:30:00.000", "7"),), ("bin(1m)",)),
    )
    service = ScriptedService([by_minute], [FLOWS_DONE])
    app = make_app(service, "stats sum(bytes) as total by bin(1m)")
    async with using(app) as seen:
        await seen.run()
        await seen.press("enter")
        await seen.ended()
        window = service.started[-1][1]
        assert window.start == NOON.replace(hour=11, minute=30)
        assert window.length.total_seconds() == 60
        assert seen.session.state.time == window
        assert "2022-04-01 11:30:00 to 11:31:00 UTC" in seen.text


async def test_back_gives_rows_cursor_text_time_and_groups_without_a_request() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("down", "down", "right", "enter")
        await seen.ended()
        seen.session.choose_groups(("/vpc/other",))
        seen.session.choose_time(None)
        await seen.ended()
        service.calls.clear()
        await seen.press("backspace")
        await seen.ended()
        assert service.calls == []
        assert seen.grid.results == PAIR_ROWS
        assert seen.grid.cursor_row == 2
        assert seen.editor.text == PAIRS
        assert seen.session.state.time == WINDOW
        assert seen.session.state.groups == ("/vpc/edge",)
        assert seen.grid.has_focus
        assert ">" not in seen.trail


async def test_back_on_the_first_step_does_nothing() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("backspace")
        assert seen.grid.results == PAIR_ROWS
        assert service.calls == []


async def test_back_stops_the_drill_that_still_runs() -> None:
    running = replace(FLOWS_DONE, state=RunState.RUNNING)
    async with showing([PAIRS_DONE], [running, never()]) as (seen, service):
        await seen.press("enter")
        await seen.rows(5)
        await seen.press("backspace")
        await seen.until(lambda: not service.running)
        assert service.calls[-1] == "stop"
        assert seen.grid.results == PAIR_ROWS
        assert seen.state == "Complete"


async def test_a_row_that_nothing_can_be_derived_from_says_why() -> None:
    body = "stats count(*) as n by srcaddr | display n"
    rows = ResultSet(("n",), (("3",),), ("srcaddr",))
    service = ScriptedService([Snapshot(RunState.COMPLETE, rows)])
    async with using(make_app(service, body)) as seen:
        await seen.run()
        service.calls.clear()
        await seen.press("enter")
        assert "leaves out the key srcaddr" in seen.remark
        assert seen.editor.text == body
        assert service.calls == []


async def test_enter_on_a_raw_flow_opens_all_its_fields() -> None:
    async with showing([FLOWS_DONE]) as (seen, service):
        seen.editor.text = "fields @timestamp, srcaddr, dstaddr, bytes, action"
        await seen.run()
        service.calls.clear()
        await seen.press("G", "enter")
        assert isinstance(seen.screen, RowScreen)
        assert re.search(r"bytes +16000 +16\.0 kB", seen.text)
        assert "@ptr" not in seen.text
        assert service.calls == []
        await seen.press("escape")
        assert seen.workspace.is_current


async def test_plus_and_minus_add_the_cell_to_the_query() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("down", "plus")
        await seen.ended()
        assert 'filter srcaddr = "172.31.1.1"' in seen.editor.text
        assert "stats" in seen.editor.text
        assert service.started[-1][0].body == seen.editor.text
        assert seen.trail.endswith(" > srcaddr = 172.31.1.1")
        await seen.press("right", "minus")
        await seen.ended()
        assert 'filter dstaddr != "3.230.172.0"' in seen.editor.text
        assert seen.trail.endswith(" > dstaddr ≠ 3.230.172.0")
        assert service.verbs.count("start") == 2


async def test_the_same_question_again_is_not_a_new_step() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE], [PAIRS_DONE]) as (seen, _):
        await seen.press("enter")
        await seen.ended()
        await seen.run()
        assert seen.trail.count(">") == 1


# The parse prelude and what is copied


async def test_the_prelude_is_named_shown_and_runs() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        assert "parse: 27 fields (F3 shows it)" in seen.text
        await seen.press("f3")
        assert isinstance(seen.screen, TextScreen)
        shown = seen.screen._text
        assert 'parse @message "* * * ' in seen.text
        await seen.press("escape")
        await seen.run()
        assert service.started[0][0].text == shown
        assert shown.startswith("parse @message ")
        assert shown.endswith(PAIRS)


async def test_a_query_with_its_own_parse_is_left_as_it_is() -> None:
    body = 'parse @message "* *" as srcaddr, dstaddr | stats count(*) by srcaddr'
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service, body)) as seen:
        assert not seen.editor.border_subtitle
        await seen.run()
        assert service.started[0][0].text == body


async def test_ctrl_y_copies_exactly_what_ran(tmp_path: Path) -> None:
    terminal, service = Terminal(), ScriptedService([PAIRS_DONE])
    async with using(make_app(service, terminal=terminal, folder=tmp_path)) as seen:
        await seen.run()
        seen.editor.text = "fields @message"
        await seen.press("ctrl+y")
        await seen.ended()
        assert terminal.text == service.started[0][0].text
        assert seen.remark == "sent to your terminal"


async def test_back_from_a_question_without_rows_is_to_the_rows_that_are_shown() -> None:
    running = Snapshot(RunState.RUNNING)
    async with showing([PAIRS_DONE], [FLOWS_DONE], [running, never()]) as (seen, service):
        await seen.press("enter")
        await seen.ended()
        drilled = seen.editor.text
        await seen.press("plus")
        await seen.until(lambda: seen.state == RunState.RUNNING)
        await seen.press("backspace")
        await seen.until(lambda: service.verbs.count("stop") == 1)
        assert seen.grid.results == FLOW_ROWS
        assert seen.editor.text == drilled
        await seen.press("backspace")
        assert len(seen.grid.results.rows) == len(PAIRS_DONE.results.rows)
