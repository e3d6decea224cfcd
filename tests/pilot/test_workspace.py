"""Keys in; rows, sentences, trail and what the service was asked out."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from flowtui.backends.base import LogGroup
from flowtui.backends.scripted import Script
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.errors import BackendError, QuerySyntaxError
from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.model.timerange import Last
from flowtui.settings import Settings
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.messages import RunChanged
from flowtui.ui.screens.dialogs import TextScreen
from flowtui.ui.widgets.run_status import Remark
from tests.pilot.service import (
    CONTROLS,
    EDGE,
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
    Terminal,
    make_app,
    never,
    showing,
    using,
)


# A run


async def test_rows_arrive_while_the_query_runs() -> None:
    gate = asyncio.Event()
    service = ScriptedService([FIRST_PAIRS, gate, PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.press("f5")
        await seen.rows(3)
        assert seen.state == "Running"
        assert "▸ Running" in seen.text
        assert "1.0 GB  ~$0.0050" in seen.text
        assert "172.31.1.2" in seen.text
        gate.set()
        await seen.ended()
        assert len(seen.grid.results.rows) == 20
        assert "✓ Complete" in seen.text
        assert "20 of 20 rows, complete" in seen.text
        assert "stop" not in service.verbs


async def test_the_first_rows_take_the_focus_from_the_editor() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        assert seen.screen.focused is seen.editor
        await seen.run()
        assert seen.screen.focused is seen.grid


async def test_escape_stops_the_remote_query_and_keeps_the_rows() -> None:
    service = ScriptedService([FIRST_PAIRS, never()])
    async with using(make_app(service)) as seen:
        await seen.press("f5")
        await seen.rows(3)
        await seen.press("escape")
        await seen.until(lambda: not service.running)
        assert service.calls[-1] == "stop"
        assert seen.state == "Cancelled"
        assert "■ Cancelled" in seen.text
        assert len(seen.grid.results.rows) == 3


async def test_escape_goes_from_the_editor_to_the_grid_when_nothing_runs() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("ctrl+e")
        assert seen.screen.focused is seen.editor
        await seen.press("escape")
        assert seen.screen.focused is seen.grid
        assert service.calls == []


async def test_a_second_run_stops_the_first() -> None:
    service = ScriptedService([FIRST_PAIRS, never()], [PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.press("f5")
        await seen.rows(3)
        await seen.run()
        assert service.verbs.count("start") == 2
        assert service.verbs.count("stop") == 1
        assert not service.running
        assert len(seen.grid.results.rows) == 20
        assert seen.trail.count(">") == 0


async def test_a_late_message_of_an_old_run_is_dropped() -> None:
    service = ScriptedService([FIRST_PAIRS, never()], [FLOWS_DONE])
    async with using(make_app(service)) as seen:
        await seen.press("f5")
        await seen.rows(3)
        old = seen.workspace.run
        assert old is not None
        await seen.run()
        seen.workspace.post_message(RunChanged(replace(old, latest=PAIRS_DONE)))
        await seen.pilot.pause()
        assert seen.grid.results == FLOW_ROWS
        assert seen.state == "Complete"


async def test_a_run_that_was_cancelled_does_not_come_back() -> None:
    service = ScriptedService([FIRST_PAIRS, never()])
    async with using(make_app(service)) as seen:
        await seen.press("f5")
        await seen.rows(3)
        run = seen.workspace.run
        assert run is not None
        await seen.press("escape")
        seen.workspace.post_message(RunChanged(run.advance(PAIRS_DONE, NOON)))
        await seen.pilot.pause()
        assert seen.state == "Cancelled"
        assert len(seen.grid.results.rows) == 3


async def test_without_a_log_group_a_sentence_says_how_to_choose_one() -> None:
    service = ScriptedService()
    async with using(make_app(service, groups=())) as seen:
        await seen.run()
        assert seen.remark == "no log group is chosen; choose one with ctrl+g"
        assert service.calls == []


async def test_without_a_time_the_extent_of_the_groups_is_the_window() -> None:
    service = ScriptedService([PAIRS_DONE], extents={"/vpc/edge": WINDOW})
    async with using(make_app(service, time=None)) as seen:
        await seen.run()
        assert service.started[0][1] == WINDOW


async def test_a_relative_time_is_resolved_when_the_query_runs() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service, time=Last(WINDOW.length))) as seen:
        await seen.run()
        assert service.started[0][1] == WINDOW
        assert "last 1h UTC" in seen.text


# What goes wrong


async def test_a_query_that_fails_keeps_rows_and_text_and_says_one_sentence() -> None:
    failed = Snapshot(RunState.FAILED, error="the query failed on the service; run it again")
    async with showing([PAIRS_DONE], [failed]) as (seen, _):
        await seen.run()
        assert seen.remark == "the query failed on the service; run it again"
        assert seen.workspace.query_one(Remark).is_error
        assert seen.state == "Failed"
        assert "✗ Failed" in seen.text
        assert seen.grid.results == PAIR_ROWS
        assert seen.editor.text == PAIRS


@pytest.mark.parametrize(
    "script",
    [BackendError("no answer from the endpoint"), [BackendError("no answer from the endpoint")]],
    ids=["start", "poll"],
)
async def test_an_error_of_the_backend_keeps_rows_and_says_its_sentence(script: Script) -> None:
    async with showing([PAIRS_DONE], script) as (seen, service):
        await seen.run()
        assert seen.remark == "no answer from the endpoint"
        assert seen.state == "Failed"
        assert seen.grid.results == PAIR_ROWS
        assert not service.running


async def test_the_next_run_takes_the_sentence_away() -> None:
    async with showing([PAIRS_DONE], BackendError("no answer"), [PAIRS_DONE]) as (seen, _):
        await seen.run()
        assert seen.remark == "no answer"
        await seen.run()
        assert seen.remark == ""
        assert not seen.workspace.query_one(Remark).display


async def test_a_query_that_times_out_says_that_its_rows_are_kept() -> None:
    late = replace(FIRST_PAIRS, state=RunState.TIMED_OUT)
    service = ScriptedService([late])
    async with using(make_app(service)) as seen:
        await seen.run()
        assert seen.remark == "the query ended as timed out; the rows so far are kept"
        assert len(seen.grid.results.rows) == 3


async def test_notices_are_said() -> None:
    notice = "12 lines did not fit the format"
    service = ScriptedService([replace(PAIRS_DONE, notices=(notice,))])
    async with using(make_app(service)) as seen:
        await seen.run()
        assert seen.remark == notice
        assert notice in seen.text


@pytest.mark.parametrize(
    ("at", "place"), [(0, (0, 0)), (6, (0, 6)), (PAIRS.index("sort"), (1, 2))]
)
async def test_a_syntax_error_puts_the_cursor_where_it_is(at: int, place: tuple[int, int]) -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.run()
        before = len(service.started[0][0].text) - len(PAIRS)
        assert before > 0
        error = QuerySyntaxError("expected a field", (before + at, before + at + 1))
        service._scripts.append(error)
        seen.editor.move_cursor((1, 9))
        await seen.run()
        assert seen.remark == "expected a field"
        assert seen.editor.cursor_location == place
        assert seen.grid.results == PAIR_ROWS


# The drill


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
        assert seen.workspace.time == window
        assert "2022-04-01 11:30:00 to 11:31:00 UTC" in seen.text


async def test_back_gives_rows_cursor_text_time_and_groups_without_a_request() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("down", "down", "right", "enter")
        await seen.ended()
        seen.workspace.groups = ("/vpc/other",)
        seen.workspace.time = None
        service.calls.clear()
        await seen.press("backspace")
        await seen.ended()
        assert service.calls == []
        assert seen.grid.results == PAIR_ROWS
        assert seen.grid.cursor_row == 2
        assert seen.editor.text == PAIRS
        assert seen.workspace.time == WINDOW
        assert seen.workspace.groups == ("/vpc/edge",)
        assert seen.screen.focused is seen.grid
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
    body = "dedup srcaddr | stats count(*) as n by srcaddr"
    rows = ResultSet(("srcaddr", "n"), (("10.0.0.1", "3"),), ("srcaddr",))
    service = ScriptedService([Snapshot(RunState.COMPLETE, rows)])
    async with using(make_app(service, body)) as seen:
        await seen.run()
        service.calls.clear()
        await seen.press("enter")
        assert "dedup" in seen.remark
        assert seen.editor.text == body
        assert service.calls == []


async def test_enter_on_a_raw_flow_opens_all_its_fields() -> None:
    async with showing([FLOWS_DONE]) as (seen, service):
        seen.editor.text = "fields @timestamp, srcaddr, dstaddr, bytes, action"
        await seen.run()
        service.calls.clear()
        await seen.press("G", "enter")
        assert isinstance(seen.screen, TextScreen)
        assert re.search(r"bytes +16000 +16\.0 kB", seen.text)
        assert "@ptr" not in seen.text
        assert service.calls == []
        await seen.press("escape")
        assert seen.screen is seen.workspace


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


# Foreign text

NASTY = "[eth0] [/x] [red]\x1b]52;c;aGk=\x07\x9b31m\u202e\ttab"


async def test_nothing_foreign_is_markup_or_reaches_the_screen_raw() -> None:
    rows = ResultSet(("srcaddr", "[b]n\x1b[0m"), ((NASTY, NASTY), (None, "1")), ("srcaddr",))
    nasty = Snapshot(RunState.COMPLETE, rows, notices=(f"beware {NASTY}",))
    group = LogGroup(f"/vpc/{NASTY}", format=ARTICLE_FORMAT, notice=NASTY)
    service = ScriptedService([nasty], [FLOWS_DONE], BackendError(NASTY), groups=((group,),))
    service.place = NASTY
    app = make_app(service, f"# {NASTY}\nstats count(*) as n by srcaddr", groups=(group.name,))
    async with using(app) as seen:
        for keys in (["f5"], ["f3"], ["escape", "?"], ["escape", "ctrl+g"], ["escape", "enter"],
                     ["escape", "f5"], ["y"], ["escape", "ctrl+p"]):  # fmt: skip
            await seen.press(*keys)
            await seen.until(lambda: seen.workspace.run is not None)
            await seen.pilot.pause()
            raw = [line for line in seen.text.split("\n") if CONTROLS.search(line)]
            assert raw == [], f"after {keys}"
        assert service.verbs.count("start") == 3


async def test_markup_in_cells_is_shown_as_it_is() -> None:
    rows = ResultSet(("srcaddr",), (("[eth0]",), ("[/x]",), ("[red]a[/red]",)))
    service = ScriptedService([Snapshot(RunState.COMPLETE, rows)])
    async with using(make_app(service)) as seen:
        await seen.run()
        for (cell,) in rows.rows:
            assert str(cell) in seen.text


# Keys


async def test_a_key_is_remapped_by_the_id_of_its_binding() -> None:
    service = ScriptedService([PAIRS_DONE])
    settings = Settings(keys={"run": "f9", "sort": "S"})
    async with using(make_app(service, settings=settings)) as seen:
        await seen.press("f5")
        assert service.calls == []
        await seen.press("f9")
        await seen.ended()
        assert service.verbs.count("start") == 1
        assert "F9" in seen.text.upper().splitlines()[-1]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_footer_shows_the_keys_of_the_main_job(size: tuple[int, int]) -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service), size) as seen:
        await seen.run()
        footer = seen.text.splitlines()[-1]
        for word in ("Drill", "Back", "Copy", "Quit"):
            assert word in footer


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_no_panel_is_lost(size: tuple[int, int]) -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service), size) as seen:
        await seen.run()
        for panel in ("/vpc/edge", "Query", "stats sum(bytes)", "Results", "172.31.1.0"):
            assert panel in seen.text
        assert all(
            widget.size.height > 0
            for selector in ("RunStatus", "#editor", "#timeline", "TrailBar", "#results", "Footer")
            for widget in seen.workspace.query(selector)
        )


async def test_find_goes_to_the_matches_and_says_how_many() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("slash", *"3.230.172.1", "enter")
        await seen.until(lambda: bool(seen.remark))
        assert seen.remark == "11 rows contain 3.230.172.1"
        assert seen.grid.cursor_row == 1
        await seen.press("n")
        assert seen.grid.cursor_row == 10
        await seen.press("N", "N")
        assert seen.grid.cursor_row == 19
        await seen.press("slash", *"nowhere", "enter")
        await seen.until(lambda: "nowhere" in seen.remark)
        assert seen.remark == "no row contains nowhere"


async def test_help_and_palette_are_read_from_the_bindings() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("question_mark")
        for words in ("The raw flows behind this row", "One step back, free", "Stop queries"):
            assert words in seen.text
        await seen.press("escape")
        commands = {c.title for c in seen.pilot.app.get_system_commands(seen.workspace)}
        assert {"Run", "Drill", "Back", "Copy", "Quit", "Whole query"} <= commands


# Quitting


def quit_while(service: ScriptedService, *keys: str) -> FlowtuiApp:
    """Run the real exit path: start a query, press `keys`, and return when the app has ended."""
    app = make_app(service)

    async def drive(pilot: Pilot[None]) -> None:
        seen = Seen(pilot)
        await seen.press("f5")
        await seen.rows(3)
        await seen.press(*keys)

    app.run(headless=True, auto_pilot=drive)
    return app


def test_quitting_waits_until_the_query_has_been_stopped() -> None:
    service = ScriptedService([FIRST_PAIRS, asyncio.Event()])
    app = quit_while(service, "ctrl+q")
    assert service.verbs[-2:] == ["stop", "close"]
    assert not service.running
    assert app.left_running == []
    assert app.return_code == 0


def test_quitting_waits_for_a_stop_that_is_on_its_way() -> None:
    gate = asyncio.Event()
    service = ScriptedService([FIRST_PAIRS, asyncio.Event()], stop_gate=gate)
    app = make_app(service)

    async def drive(pilot: Pilot[None]) -> None:
        seen = Seen(pilot)
        await seen.press("f5")
        await seen.rows(3)
        await seen.press("escape")
        await service.reached("stop")
        asyncio.get_running_loop().call_later(0.1, gate.set)
        await seen.press("ctrl+q")

    app.run(headless=True, auto_pilot=drive)
    assert service.verbs[-1] == "close"
    assert not service.running
    assert app.left_running == []


def test_a_stop_that_is_not_answered_is_named_and_does_not_hang(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flowtui.engine.watch.STOP_SECONDS", 0.1)
    service = ScriptedService([FIRST_PAIRS, asyncio.Event()], stop_gate=asyncio.Event())
    app = quit_while(service, "ctrl+q")
    assert app.left_running == ["query-1"]


def test_quitting_works_from_a_dialogue() -> None:
    service = ScriptedService([FIRST_PAIRS, asyncio.Event()])
    quit_while(service, "ctrl+t", "ctrl+q")
    assert not service.running
    assert service.verbs[-1] == "close"
