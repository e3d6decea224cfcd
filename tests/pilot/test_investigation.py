"""Pivots, zoom, the trail and its export: keys in; questions, rows and sentences out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.ui.actions import actions_here
from flowtui.ui.screens.dialogs import MenuScreen
from flowtui.ui.screens.trail import TrailScreen
from flowtui.ui.widgets.timeline import Timeline
from tests.pilot.service import (
    FLOW_ROWS,
    FLOWS_DONE,
    PAIR_ROWS,
    PAIRS_DONE,
    WINDOW,
    Clock,
    ScriptedService,
    Terminal,
    make_app,
    never,
    showing,
    using,
)

BINS = ResultSet(
    ("bin(5m)", "b"),
    tuple((f"2022-04-01 11:{minute:02}:00.000", f"{minute}") for minute in range(55, -5, -5)),
    ("bin(5m)",),
)
BINS_DONE = Snapshot(RunState.COMPLETE, BINS)
BY_TIME = "stats sum(bytes) as b by bin(5m)"


def only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


# Pivots


async def test_c_asks_for_both_directions() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("c")
        await seen.ended()
        query, window = service.started[-1]
        assert query.body.startswith(
            'filter srcaddr = "172.31.1.0" and dstaddr = "3.230.172.0" or srcaddr = "3.230.172.0"'
        )
        assert window == WINDOW
        assert seen.trail.endswith(" > 172.31.1.0 ↔ 3.230.172.0")
        assert seen.grid.results == FLOW_ROWS


async def test_a_key_with_shift_only_writes_the_query() -> None:
    for key, written in (("D", "filter srcaddr = "), ("K", " or "), ("equals_sign", "srcaddr = "),
                         ("underscore", "srcaddr != ")):  # fmt: skip
        async with showing([PAIRS_DONE]) as (seen, service):
            await seen.press(key)
            await seen.ended()
            assert written in seen.editor.text
            assert service.calls == []
            assert seen.editor.has_focus
            assert seen.remark == "the query is in the editor; F5 runs it"
            prepared = seen.editor.text
            await seen.run()
            assert service.started[-1][0].body == prepared


async def test_p_names_whom_it_looks_at_and_takes_a_span() -> None:
    async with showing([FLOWS_DONE]) as (seen, service):
        seen.editor.text = "fields @timestamp, srcaddr, dstaddr, bytes, action"
        await seen.run()
        await seen.press("G", "p")
        assert isinstance(seen.screen, MenuScreen)
        assert "3.230.172.0, its destination" in seen.text
        assert "its instance" not in seen.text
        await seen.press("d")
        assert "1 hour before and after" in seen.text
        await seen.press("m")
        await seen.ended()
        query, window = service.started[-1]
        assert query.body.startswith('filter srcaddr = "3.230.172.0" or dstaddr = "3.230.172.0"')
        assert (window.start.minute, window.end.minute) == (59, 9)
        await seen.press("backspace", "p", "d", "w")
        await seen.ended()
        assert service.started[-1][1] == WINDOW


async def test_rows_that_name_nobody_are_not_offered_to_look_around() -> None:
    by_port = ResultSet(("dstport", "n"), (("22", "5"),), ("dstport",))
    service = ScriptedService([Snapshot(RunState.COMPLETE, by_port)])
    async with using(make_app(service, "stats count(*) as n by dstport")) as seen:
        await seen.run()
        offered = {each.id for each in actions_here(seen.screen, {})}
        assert "pivot" not in offered
        assert "conversations" in offered
        await seen.press("p")
        assert seen.workspace.is_current


async def test_a_pivot_can_be_left_alone() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("p", "escape")
        assert service.calls == []
        assert seen.workspace.is_current


# The timeline


async def test_a_span_of_the_timeline_is_zoomed_into_and_back() -> None:
    service = ScriptedService([BINS_DONE])
    async with using(make_app(service, BY_TIME)) as seen:
        await seen.run()
        timeline = seen.workspace.query_one(Timeline)
        await seen.press("z")
        assert timeline.has_focus
        assert "from 11:55 to 12:00" in seen.text
        await seen.press("left", "shift+left", "v", "left", "enter")
        await seen.ended()
        query, window = service.started[-1]
        assert query.body == BY_TIME
        assert query.time == window
        assert (window.start.minute, window.end.minute) == (40, 55)
        assert seen.trail.endswith(" > 11:40:00 to 11:55:00")
        assert seen.grid.has_focus
        await seen.press("backspace")
        assert seen.session.state.time == WINDOW


async def test_rows_without_times_have_no_timeline_and_say_how_to_see_them_over_time() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        assert seen.workspace.query_one(Timeline).outer_size.height == 0
        await seen.press("z")
        assert seen.grid.has_focus
        assert "T asks for the records over time" in seen.remark


# The trail


async def test_forward_goes_where_back_came_from_without_a_request() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("down", "enter")
        await seen.ended()
        drilled = seen.editor.text
        await seen.press("down", "down", "backspace")
        assert seen.grid.results == PAIR_ROWS
        service.calls.clear()
        await seen.press("f")
        assert (seen.grid.results, seen.editor.text) == (FLOW_ROWS, drilled)
        assert seen.grid.cursor_row == 2
        await seen.press("f")
        assert seen.grid.results == FLOW_ROWS
        assert service.calls == []


async def test_the_trail_is_a_tree_to_jump_in() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("enter")
        await seen.ended()
        await seen.press("backspace", "down", "c")
        await seen.ended()
        service.calls.clear()
        await seen.press("t")
        assert isinstance(seen.screen, TrailScreen)
        lines = re.findall("[○●] .*", seen.text)
        assert [line.split("   ")[0] for line in lines] == [
            "○ sum(bytes) by srcaddr, dstaddr, flow_direction",
            "○ 172.31.1.0 → 3.230.172.0 egress",
            "● 172.31.1.1 ↔ 3.230.172.1",
        ]
        await seen.press("up", "enter")
        await seen.ended()
        assert seen.trail.endswith(" > 172.31.1.0 → 3.230.172.0 egress")
        assert seen.grid.results == FLOW_ROWS
        assert service.calls == []


async def test_what_is_opened_stands_beside_the_question_before_and_back_leads_to_it() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE], [PAIRS_DONE]) as (seen, _):
        await seen.press("enter")
        await seen.ended()
        for key in ("f4", *"who talks", "enter", "f5"):
            await seen.press(key)
        await seen.ended()
        assert seen.trail.startswith("… > Who talks most?")
        await seen.press("t")
        assert re.findall("│ ( *[○●] .*?) *│", seen.text) == [
            "○ sum(bytes) by srcaddr, dstaddr, flow_direction",
            "  ○ 172.31.1.0 → 3.230.172.0 egress",
            "● Who talks most? Pairs, each byte counted once",
        ]
        await seen.press("escape", "backspace")
        assert seen.trail.endswith(" > 172.31.1.0 → 3.230.172.0 egress")


async def test_steps_are_pinned_and_the_export_tells_only_them(tmp_path: Path) -> None:
    service = ScriptedService([PAIRS_DONE], [FLOWS_DONE])
    async with using(make_app(service, folder=tmp_path)) as seen:
        await seen.run()
        await seen.press("enter")
        await seen.ended()
        await seen.press("t", "p")
        assert "◆ 172.31.1.0" in seen.text
        await seen.press("up", "p", "p", "escape")
        trail = seen.session.state.trail
        assert trail is not None
        assert [step.is_pinned for step in trail.steps] == [False, True]
        await seen.press("e", "f")
        await seen.ended()
        text = only(tmp_path, "flowtui-*.md").read_text()
        assert "1 of 2 steps is pinned; the others are left out." in text
        assert "## 1." not in text
        await seen.press("t", "p", "enter")
        trail = seen.session.state.trail
        assert trail is not None
        assert not any(step.is_pinned for step in trail.steps)


async def test_a_note_is_kept_with_its_step_and_exported(tmp_path: Path) -> None:
    terminal = Terminal()
    service = ScriptedService([PAIRS_DONE], [FLOWS_DONE])
    async with using(make_app(service, terminal=terminal, folder=tmp_path)) as seen:
        await seen.run()
        await seen.press("a", *"it [b]begins", "enter")
        await seen.ended()
        assert seen.remark == "it [b]begins"
        await seen.press("enter")
        await seen.ended()
        await seen.press("e", "f")
        await seen.ended()
        path = only(tmp_path, "flowtui-*.md")
        assert seen.remark == f"saved to {path}"
        assert path.stat().st_mode & 0o777 == 0o600
        text = path.read_text()
        assert "> it [b]begins" in text
        assert "## 2. 172.31.1.0 → 3.230.172.0 egress" in text
        assert service.started[0][0].text in text
        await seen.press("e", "j")
        await seen.ended()
        path = only(tmp_path, "flowtui-*.json")
        steps = json.loads(path.read_text())["steps"]
        assert [len(step["rows"]) for step in steps] == [20, 5]
        await seen.press("e", "m")
        await seen.ended()
        assert terminal.text == text


async def test_where_the_export_cant_be_written_it_says_so() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("e", "f")
        await seen.ended()
        assert seen.remark.startswith("can't write /dev/null/nowhere/flowtui-20220401-120000.md: ")


async def test_forgotten_rows_are_read_again_by_the_id_of_their_query(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flowtui.engine.session_state.MOST_CELLS", 10)
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("down", "enter")
        await seen.ended()
        trail = seen.session.state.trail
        assert trail is not None
        assert [step.forgotten for step in trail.steps] == [20, 0]
        service.calls.clear()
        await seen.press("backspace")
        await seen.ended()
        assert service.verbs == ["attach", "poll"]
        assert seen.grid.results == PAIR_ROWS
        assert not seen.remark
        assert seen.state == "Complete"


async def test_rows_that_cant_be_read_again_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowtui.engine.session_state.MOST_CELLS", 10)
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("enter")
        await seen.ended()
        service._steps.clear()
        await seen.press("backspace")
        await seen.ended()
        assert seen.remark.endswith("; F5 runs the query again")
        assert "Data_Transferred" in seen.editor.text


# Watching


async def test_w_runs_the_query_again_until_it_is_told_not_to() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        clock = Clock.of(seen.session)
        await seen.press("w", "enter")
        await seen.ended()
        assert service.verbs.count("start") == 1
        assert "Results, every 1m" in seen.text
        assert seen.trail.count(">") == 0
        await clock.tick()
        await seen.until(lambda: service.verbs.count("start") == 2)
        assert clock.waits == [60.0]
        await seen.press("w")
        assert "every 1m" not in seen.text
        assert seen.session.state.watch is None


async def test_a_watch_marks_what_is_new_and_says_when_it_is_next() -> None:
    rows = PAIRS_DONE.results
    place = rows.columns.index("Data_Transferred")
    other = ("10.9.9.9", *rows.rows[0][1:])
    first = (*rows.rows[1][:place], "1", *rows.rows[1][place + 1 :])
    later = replace(PAIRS_DONE, results=replace(rows, rows=(other, first, *rows.rows[2:])))
    async with showing([PAIRS_DONE], [PAIRS_DONE], [later]) as (seen, service):
        clock = Clock.of(seen.session)
        await seen.press("w", "enter")
        await seen.ended()
        assert "Results, every 1m, next at 12:01:00: no change" in seen.text
        await clock.tick()
        await seen.until(lambda: service.verbs.count("start") == 2)
        await seen.ended()
        assert "next at 12:01:00: 1 new, 1 changed, 1 gone" in seen.text
        await seen.press("down", "down")
        lines = seen.text.splitlines()
        assert any(line.startswith("│+10.9.9.9") for line in lines)
        assert any(line.startswith("│~172.31.1.1") for line in lines)
        await seen.press("w")
        assert not any(line.startswith(("│+", "│~")) for line in seen.text.splitlines())


@pytest.mark.parametrize("key", ["escape", "enter", "c"])
async def test_whatever_leads_away_ends_the_watch(key: str) -> None:
    async with showing([PAIRS_DONE], [PAIRS_DONE], [FLOWS_DONE]) as (seen, _):
        await seen.press("w", "enter")
        await seen.ended()
        assert "Results, every 1m" in seen.text
        await seen.press(key)
        await seen.ended()
        assert "every 1m" not in seen.text


async def test_a_watch_waits_for_the_run_before() -> None:
    running = replace(PAIRS_DONE, state=RunState.RUNNING)
    async with showing([PAIRS_DONE], [running, never()]) as (seen, service):
        clock = Clock.of(seen.session)
        await seen.press("w", "enter")
        await seen.until(lambda: service.verbs.count("start") == 1)
        await clock.tick()
        await seen.pilot.pause()
        assert service.verbs.count("start") == 1
        await seen.press("escape")
        await seen.ended()


async def test_a_watch_needs_a_length_of_time() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("w", "x", "enter")
        assert "is not a length of time" in seen.text
        await seen.press("escape")
        assert service.calls == []


# The playbook


async def test_a_question_of_the_playbook_is_written_and_not_run() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.press("f4")
        assert "What to look at first: findings, ranked" in seen.text
        await seen.press(*"who talks")
        assert "Who talks most?" in seen.text
        await seen.press(*["backspace"] * 9)
        await seen.press(*"beacons: small")
        await seen.pilot.pause()
        assert "Who talks most?" not in seen.text
        assert "sd_b < 0.3 * mean_b" in seen.text
        await seen.press("enter")
        assert "│ minutes  " in seen.text
        assert "in this order" not in seen.text
        await seen.press("enter")
        await seen.ended()
        assert seen.editor.text.startswith("# Beacons: small, regular traffic")
        assert "| filter minutes >= 20 and" in seen.editor.text
        assert service.calls == []
        assert seen.editor.has_focus
        await seen.run()
        assert seen.trail.startswith("Beacons: small")


async def test_the_playbook_can_be_left_and_may_have_no_match() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]), "limit 1")) as seen:
        await seen.press("f4", *"zzz", "enter")
        assert "no question matches" in seen.text
        await seen.press("escape")
        assert seen.editor.text == "limit 1"


# All cells of a row


async def test_i_shows_every_cell_of_a_group_exactly_and_asks_nothing() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("i")
        assert "Data_Transferred  346952038" in seen.text
        assert "172.31.1.0" in seen.text
        await seen.press("escape")
        assert seen.screen is seen.workspace
        assert service.calls == []


async def test_the_border_tells_the_exact_bytes_beside_the_count() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("end")
        assert "346,952,038 B   20 of 20 rows, complete" in seen.text


async def test_another_zone_is_that_of_the_rows_too() -> None:
    async with showing([FLOWS_DONE]) as (seen, _):
        assert "@timestamp 04-01 " in seen.text
        seen.workspace.zone = ZoneInfo("Asia/Tokyo")
        await seen.pilot.pause()
        assert "@timestamp 04-01 local" in seen.text
        assert "20:03:00" in seen.text
        assert "11:03:00" not in seen.text


async def test_without_an_answer_the_grid_says_what_to_do() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        assert "ctrl+g log groups  ctrl+t time  ctrl+x menu" in seen.text
        await seen.run()
        assert "ctrl+g log groups" not in seen.text
