"""Keys in; rows, sentences, trail and what the service was asked out."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from flowtui.backends.scripted import Script
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, QuerySyntaxError, UsageError
from flowtui.model.run import ResultSet, RunState, Snapshot, Statistics
from flowtui.model.timerange import Last
from flowtui.settings import Settings
from flowtui.ui.widgets.run_status import MessageLine
from flowtui.ui.widgets.timeline import Timeline
from tests.pilot.service import (
    CONTROLS,
    EDGE,
    FIRST_PAIRS,
    FLOWS_DONE,
    PAIR_ROWS,
    PAIRS,
    PAIRS_DONE,
    WINDOW,
    ScriptedService,
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
        assert "1.00 GB  ~$0.0050" in seen.text
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
        assert seen.editor.has_focus
        await seen.run()
        assert seen.grid.has_focus


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


async def test_escape_also_stops_what_comes_before_the_start() -> None:
    gate = asyncio.Event()
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        service.describe_gate = gate
        seen.session.choose_groups(("/vpc/other",))
        await seen.press("f5", "escape")
        gate.set()
        await seen.ended()
        assert service.calls == []
        assert seen.editor.has_focus


async def test_escape_goes_from_the_editor_to_the_grid_when_nothing_runs() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("ctrl+e")
        assert seen.editor.has_focus
        await seen.press("escape")
        assert seen.grid.has_focus
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


async def test_without_a_log_group_f5_asks_for_one_and_runs() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service, groups=())) as seen:
        await seen.press("f5")
        await seen.until(lambda: "1 of 1 groups" in seen.text)
        assert service.calls == []
        await seen.press("enter")
        await seen.rows(20)
        assert seen.session.state.groups == ("/vpc/edge",)


async def test_without_a_log_group_nothing_is_run_where_none_is_taken() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service, groups=())) as seen:
        await seen.press("f5")
        await seen.until(lambda: "1 of 1 groups" in seen.text)
        await seen.press("escape")
        await seen.ended()
        assert service.calls == []


async def test_while_the_records_are_read_it_says_how_far() -> None:
    half = replace(EDGE, progress=0.43)
    service = ScriptedService([PAIRS_DONE], groups=((half,),), extents={"/vpc/edge": WINDOW})
    service.extent_gate = asyncio.Event()
    async with using(make_app(service, time=None)) as seen:
        await seen.press("f5")
        await seen.until(lambda: "reading the records: 43%" in seen.text.splitlines()[0])
        service.extent_gate.set()
        await seen.ended()
        assert seen.state == RunState.COMPLETE
        assert not seen.remark


@pytest.mark.parametrize("groups", [(), ("/vpc/edge",)])
async def test_a_source_says_which_log_groups_whatever_is_chosen(groups: tuple[str, ...]) -> None:
    service = ScriptedService([PAIRS_DONE])
    body = f"SOURCE '/vpc/other' | {PAIRS}"
    async with using(make_app(service, body, groups=groups)) as seen:
        await seen.run()
        query, _ = service.started[0]
        assert (query.text, query.log_groups) == (body, ())
        assert "log groups by the query" in seen.text
        assert seen.session.state.groups == groups


async def test_a_saved_query_may_say_which_log_groups_and_reads_those_that_are_chosen() -> None:
    for groups in ((), ("/vpc/edge",)):
        service = ScriptedService([PAIRS_DONE])
        async with using(make_app(service, "$Top()", groups=groups)) as seen:
            await seen.run()
            assert service.started[0][0].log_groups == groups
            assert ("log groups by the query" in seen.text) == (not groups)


async def test_back_from_a_source_are_the_groups_that_were_chosen() -> None:
    service = ScriptedService([PAIRS_DONE], [FLOWS_DONE])
    async with using(make_app(service)) as seen:
        await seen.run()
        seen.editor.text = "SOURCE '/vpc/other' | limit 5"
        await seen.run()
        assert "log groups by the query" in seen.text
        await seen.press("backspace")
        assert seen.session.state.groups == ("/vpc/edge",)
        assert "/vpc/edge" in seen.text
        assert "log groups by the query" not in seen.text


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
        assert seen.workspace.query_one(MessageLine).is_error
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
        assert not seen.workspace.query_one(MessageLine).display


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


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_rows_that_are_cut_are_said_to_be(size: tuple[int, int]) -> None:
    rows = ResultSet(("srcaddr",), (("10.0.0.1",),) * 10_000)
    done = Snapshot(RunState.COMPLETE, rows, Statistics(records_matched=5e6))
    async with using(make_app(ScriptedService([done]), "fields srcaddr"), size) as seen:
        await seen.run()
        assert "10,000 of 10,000 rows, complete, there may be more" in seen.text
        assert seen.remark.startswith("these are the first 10,000 rows, the most without a limit")


@pytest.mark.parametrize(("at", "place"), [(0, (0, 0)), (6, (0, 6)), (PAIRS.index("sort"), (1, 2))])
async def test_a_syntax_error_puts_the_cursor_where_it_is(at: int, place: tuple[int, int]) -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.run()
        before = len(service.started[0][0].text) - len(PAIRS)
        assert before > 0
        error = QuerySyntaxError("expected a field", (before + at, before + at + 1))
        service._scripts.append(error)
        seen.editor.move_cursor((1, 9))
        assert seen.grid.has_focus
        await seen.run()
        assert seen.remark == "expected a field"
        assert seen.editor.cursor_location == place
        assert seen.editor.has_focus
        assert seen.grid.results == PAIR_ROWS


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
            await seen.until(lambda: seen.session.state.run is not None)
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


@pytest.mark.parametrize(
    ("keys", "key"),
    [({"run": "r"}, "r"), ({"time": "ctrl+n, question_mark"}, "question_mark"),
     ({"quit": "space"}, "space"), ({"suspend": "enter"}, "enter"), ({"groups": "é"}, "é")],
)  # fmt: skip
def test_no_key_is_taken_from_the_editor(keys: dict[str, str], key: str) -> None:
    with pytest.raises(UsageError, match=f"the key {key} of .* would be taken from the editor"):
        make_app(ScriptedService(), settings=Settings(keys=keys))


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
    service = ScriptedService([FLOWS_DONE])
    async with using(make_app(service), size) as seen:
        await seen.run()
        for panel in ("/vpc/edge", "Query", "stats sum(bytes)", "Results", "172.31.1.0"):
            assert panel in seen.text
        assert all(
            widget.size.height > 0
            for selector in (
                "RunStatus",
                "#editor",
                "#timeline",
                "Breadcrumbs",
                "#results",
                "KeyBar",
            )
            for widget in seen.workspace.query(selector)
        )


@pytest.mark.parametrize(("lines", "height"), [(24, 1), (30, 1), (31, 3), (40, 3)])
async def test_a_tall_screen_has_a_timeline_to_read(lines: int, height: int) -> None:
    async with using(make_app(ScriptedService([FLOWS_DONE])), (120, lines)) as seen:
        await seen.run()
        timeline = seen.workspace.query_one(Timeline)
        assert timeline.size.height == height
        assert "█" in str(timeline.render())


async def test_find_goes_to_the_matches_and_says_how_many() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("slash", *"3.230.172.1", "enter")
        await seen.until(lambda: bool(seen.remark))
        assert seen.remark == "1 of 11 rows that contain 3.230.172.1"
        assert seen.grid.cursor_row == 1
        await seen.press("n")
        assert seen.grid.cursor_row == 10
        await seen.press("N", "N")
        assert seen.grid.cursor_row == 19
        await seen.press("slash", *"nowhere", "enter")
        await seen.until(lambda: "nowhere" in seen.remark)
        assert seen.remark == "no row contains nowhere"


async def test_help_is_read_from_the_bindings() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("question_mark")
        for words in ("In the results", "Backspace", "One step back, free"):
            assert words in seen.text
        await seen.press("end")
        assert "Arrows, h j k l" in seen.text


async def test_another_theme_styles_all_again() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        dark = seen.workspace.styles.background
        seen.pilot.app.theme = "flowtui-light"
        await seen.pilot.pause()
        light = seen.workspace.styles.background
        assert dark.brightness < 0.5 < light.brightness


async def test_on_a_narrow_terminal_the_end_of_a_long_sentence_is_seen() -> None:
    """It says what to do, as where neither EC2 nor the records tell the format."""
    reason = "The flow logs can't be asked for: the profile may not ec2:DescribeFlowLogs. " * 4
    group = replace(EDGE, format=None, format_notice=f"{reason}; F9 names it")
    service = ScriptedService([PAIRS_DONE], groups=((group,),))
    async with using(make_app(service), (80, 24)) as seen:
        await seen.until(lambda: seen.remark.endswith("F9 names it"))
        await seen.pilot.pause()
        assert "F9 names it" in seen.text
        assert seen.grid.size.height > 2


# The focus


async def test_rows_leave_the_focus_in_the_editor_once_somebody_types() -> None:
    gate = asyncio.Event()
    service = ScriptedService([gate, PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.press("f5", "end", "space")
        gate.set()
        await seen.rows(20)
        assert seen.editor.has_focus
        assert seen.editor.text != PAIRS


async def test_rows_leave_the_focus_where_a_dialogue_is_open() -> None:
    gate = asyncio.Event()
    service = ScriptedService([gate, PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.press("f5", "ctrl+t")
        gate.set()
        await seen.rows(20)
        await seen.press("escape")
        assert seen.editor.has_focus


async def test_what_changes_on_a_step_that_was_gone_to_leaves_the_focus_in_the_editor() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, _):
        await seen.press("enter")
        await seen.ended()
        await seen.press("backspace", "ctrl+e")
        seen.session.note("seen")
        await seen.pilot.pause()
        assert seen.editor.has_focus


# Questions that are run where they are chosen


async def test_f5_in_the_playbook_runs_what_is_marked() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.press("f4", *"who talks", "f5")
        await seen.rows(20)
        assert "Who talks most?" in service.started[0][0].body
        # As after F5 in the editor, the next key is for the rows.
        await seen.pilot.pause()
        assert seen.grid.has_focus
