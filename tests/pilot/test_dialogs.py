"""The dialogues: log groups, time range, menus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, OptionList

from flowtui.flowlogs.log_group import LogGroup
from flowtui.journal.history import History
from flowtui.model.errors import BackendError, FlowtuiError
from flowtui.model.local_zone import LOCAL
from flowtui.model.run import RunState
from flowtui.model.time_entry import write_time
from flowtui.model.timerange import Last, TimeRange
from flowtui.ui.screens.dialogs import AskScreen
from flowtui.ui.screens.log_groups import LogGroupsScreen
from flowtui.ui.screens.time_range import TimeRangeScreen
from flowtui.ui.widgets.filter_list import FilterList, RowList
from tests.pilot.service import (
    FLOW_ROWS,
    FLOWS_DONE,
    NOON,
    PAIR_ROWS,
    PAIRS_DONE,
    WINDOW,
    ScriptedService,
    Seen,
    Terminal,
    make_app,
    never,
    using,
)

# The log-group picker

GROUPS = tuple(LogGroup(f"/vpc/{name}") for name in ("alpha", "beta", "gamma-edge", "delta-edge"))
Page = tuple[LogGroup, ...] | FlowtuiError | asyncio.Event


@asynccontextmanager
async def picking(*pages: Page, marked: tuple[str, ...] = ()) -> AsyncIterator[Seen]:
    service = ScriptedService([PAIRS_DONE], groups=pages)
    async with using(make_app(service, groups=marked)) as seen:
        await seen.press("ctrl+g")
        await seen.until(lambda: isinstance(seen.screen, LogGroupsScreen))
        await seen.pilot.pause()
        yield seen


def listed(seen: Seen) -> list[str]:
    return [entry.group.name for entry in seen.screen.query_one(FilterList).rows]


async def test_typing_filters_whatever_the_case() -> None:
    async with picking(GROUPS) as seen:
        assert len(listed(seen)) == 4
        await seen.press(*"EDGE")
        assert listed(seen) == ["/vpc/gamma-edge", "/vpc/delta-edge"]
        assert "2 of 4 groups, 0 marked" in seen.text


async def test_enter_takes_the_group_under_the_cursor() -> None:
    async with picking(GROUPS) as seen:
        await seen.press("down", "enter")
        await seen.ended()
        assert seen.session.state.groups == ("/vpc/beta",)
        assert "/vpc/beta" in seen.text


async def test_marks_hold_across_filters() -> None:
    async with picking(GROUPS) as seen:
        await seen.press(*"alpha", "space")
        assert "[x] /vpc/alpha" in seen.text
        await seen.press(*["backspace"] * 5, *"delta", "space")
        assert "2 marked" in seen.text
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.groups == ("/vpc/alpha", "/vpc/delta-edge")
        assert "/vpc/alpha +1" in seen.text


async def test_space_again_takes_the_mark_away() -> None:
    async with picking(GROUPS) as seen:
        await seen.press("space")
        assert "1 marked" in seen.text
        await seen.press("space")
        assert "0 marked" in seen.text
        assert "[x]" not in seen.text


async def test_escape_changes_nothing() -> None:
    async with picking(GROUPS, marked=("/vpc/beta",)) as seen:
        await seen.press("space", "escape")
        await seen.ended()
        assert seen.session.state.groups == ("/vpc/beta",)


async def test_another_group_than_the_marked_one_is_taken_by_enter_alone() -> None:
    async with picking(GROUPS, marked=("/vpc/alpha",)) as seen:
        await seen.press(*"delta", "enter")
        await seen.ended()
        assert seen.session.state.groups == ("/vpc/delta-edge",)


async def test_enter_alone_keeps_what_was_chosen_before() -> None:
    async with picking(GROUPS, marked=("/vpc/beta", "/vpc/gamma-edge")) as seen:
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.groups == ("/vpc/beta", "/vpc/gamma-edge")


async def test_a_query_takes_no_more_than_50_groups() -> None:
    groups = tuple(LogGroup(f"/vpc/{i:02}") for i in range(51))
    async with picking(groups, marked=tuple(group.name for group in groups[:50])) as seen:
        await seen.press(*"50", "space")
        assert "50 marked; a query takes at most 50 log groups" in " ".join(seen.text.split())
        await seen.press("enter")
        await seen.ended()
        assert len(seen.session.state.groups) == 50


async def test_pages_stream_in_and_the_cursor_stays_on_its_group() -> None:
    gate = asyncio.Event()
    async with picking(GROUPS[2:], gate, GROUPS[:2]) as seen:
        assert "2 of 2 groups, 0 marked; loading" in seen.text
        await seen.press("down")
        gate.set()
        await seen.until(lambda: len(listed(seen)) == 4)
        chosen = seen.screen.query_one(FilterList).chosen
        assert chosen is not None
        assert chosen.group.name == "/vpc/delta-edge"
        await seen.until(lambda: "loading" not in seen.text)


async def test_an_error_after_a_page_is_shown_and_the_page_stays() -> None:
    async with picking(GROUPS, BackendError("not allowed to list log groups")) as seen:
        assert "not allowed to list log groups" in seen.text
        assert len(listed(seen)) == 4


async def test_a_group_that_two_pages_name_is_listed_once() -> None:
    async with picking(GROUPS, GROUPS[:1]) as seen:
        assert listed(seen) == [group.name for group in GROUPS]


async def test_an_empty_list_takes_nothing() -> None:
    async with picking(marked=("/vpc/beta",)) as seen:
        await seen.press("space", "escape")
        assert seen.screen is seen.workspace
        assert seen.session.state.groups == ("/vpc/beta",)


# The time range


@asynccontextmanager
async def timing(now: Last | TimeRange | None = WINDOW) -> AsyncIterator[Seen]:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service, time=now)) as seen:
        await seen.press("ctrl+t")
        await seen.until(lambda: isinstance(seen.screen, TimeRangeScreen))
        yield seen


async def enter(seen: Seen, text: str) -> None:
    seen.screen.query_one(Input).value = text
    await seen.press("enter")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15m", Last(timedelta(minutes=15))),
        ("last 3d", Last(timedelta(days=3))),
        ("all", None),
        ("", None),
        (
            "2022-04-01T15:18 to 2022-04-01T15:24",
            TimeRange(moment("2022-04-01T15:18"), moment("2022-04-01T15:24")),
        ),
        (
            "2022-04-01T15:18+02:00 .. 2022-04-01T15:24+02:00",
            TimeRange(moment("2022-04-01T13:18"), moment("2022-04-01T13:24")),
        ),
    ],
)
async def test_a_time_is_taken(text: str, expected: Last | TimeRange | None) -> None:
    async with timing(Last(timedelta(hours=9))) as seen:
        await enter(seen, text)
        await seen.ended()
        assert seen.screen is seen.workspace
        assert seen.session.state.time == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("soon", "'soon' is not a length of time"),
        ("0m", "'0m' is no time at all"),
        ("x to y", "'x' is not a time"),
        ("2022-04-01T16:00 to 2022-04-01T15:00", "the start must lie before the end"),
        ("[/x]", "'[/x]' is not a length of time"),
        ("9" * 30 + "d", "is longer than there are flow logs"),
    ],
)
async def test_nonsense_gets_a_sentence_and_the_dialogue_stays(text: str, sentence: str) -> None:
    async with timing() as seen:
        await enter(seen, text)
        assert isinstance(seen.screen, TimeRangeScreen)
        assert sentence in seen.text
        await seen.press("escape")
        assert seen.session.state.time == WINDOW


async def test_what_is_offered_reads_back_as_the_same_time() -> None:
    async with timing() as seen:
        assert seen.screen.query_one(Input).value == "2022-04-01T11:00:00 to 2022-04-01T12:00:00"
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.time == WINDOW


async def test_the_list_writes_what_is_taken_where_it_can_be_changed(tmp_path: Path) -> None:
    history = History(tmp_path / "state.db")
    service = ScriptedService([PAIRS_DONE], [FLOWS_DONE])
    async with using(make_app(service, history=history)) as seen:
        await seen.run()
        await seen.press("enter")
        await seen.until(lambda: bool(seen.grid.results == FLOW_ROWS))
        await seen.press("ctrl+t")
        await seen.until(lambda: isinstance(seen.screen, TimeRangeScreen))
        assert "5m before and after this row" in seen.text
        assert "asked before" in seen.text
        listing = seen.screen.query_one(OptionList)
        at = next(i for i in range(listing.option_count) if str(option(listing, i)) == "yesterday")
        await seen.press(*["down"] * (at + 1))
        assert seen.screen.query_one(Input).value == "yesterday"
        assert "= 2022-03-31 00:00 to 04-01 00:00 UTC" in seen.text
        await seen.press("space", "9", "minus", "1", "0", "enter")
        await seen.until(lambda: seen.screen is seen.workspace)
        assert seen.session.state.time == TimeRange(
            moment("2022-03-31T09:00"), moment("2022-03-31T10:00")
        )


def option(listing: OptionList, index: int) -> object:
    return listing.get_option_at_index(index).prompt


async def test_a_click_takes_what_is_listed() -> None:
    async with timing() as seen:
        await seen.pilot.click(OptionList, offset=(2, 0))
        await seen.until(lambda: seen.screen is seen.workspace)
        assert seen.session.state.time == Last(timedelta(minutes=15))


async def test_keys_move_the_window_and_say_that_f5_runs_it() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        await seen.run()
        await seen.press("ctrl+o", "left_square_bracket", "left_curly_bracket")
        await seen.pilot.pause()
        assert "2022-04-01 10:15:00 to 10:45:00 UTC" in seen.text
        assert "F5 runs the query over the window" in seen.text


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
async def test_f2_changes_the_zone_and_not_the_time() -> None:
    async with timing() as seen:
        assert "Time range (UTC)" in seen.text
        await seen.press("f2")
        assert "Time range (local)" in seen.text
        assert seen.screen.query_one(Input).value == "2022-04-01T20:00:00 to 2022-04-01T21:00:00"
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.time == WINDOW
        assert "2022-04-01 20:00:00 to 21:00:00 local" in seen.text


@pytest.mark.usefixtures("in_tokyo")
async def test_a_time_without_an_offset_is_in_the_zone_that_is_shown() -> None:
    async with timing() as seen:
        await seen.press("f2")
        await enter(seen, "2022-04-01T20:00 to 2022-04-01T20:30")
        await seen.ended()
        assert seen.session.state.time == TimeRange(
            moment("2022-04-01T11:00"), moment("2022-04-01T11:30")
        )


def test_the_local_offset_is_that_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        winter, summer = moment("2022-01-01T11:00"), moment("2022-07-01T11:00")
        assert write_time(TimeRange(winter, summer), LOCAL) == (
            "2022-01-01T12:00:00 to 2022-07-01T13:00:00"
        )
        # The hour that the clocks show twice.
        twice = [moment("2022-10-30T00:30"), moment("2022-10-30T01:30")]
        assert [f"{each.astimezone(LOCAL):%H:%M}" for each in twice] == ["02:30", "02:30"]
        assert [each.astimezone(LOCAL).astimezone(UTC) for each in twice] == twice
    time.tzset()


# The copy menu

FIRST_ROW = PAIR_ROWS.rows[0]


@pytest.mark.parametrize(
    ("key", "copied"),
    [
        ("q", "stats sum(bytes)"),
        ("a", "aws logs start-query"),
        ("b", "import boto3"),
        ("f", "flowtui --log-group /vpc/edge --start 2022-04-01T11:00:00+00:00"),
        ("l", "https://"),
        ("c", "172.31.1.0"),
        ("r", '"Data_Transferred": "346952038"'),
        ("t", "srcaddr,dstaddr,flow_direction,Data_Transferred"),
        ("m", "| srcaddr |"),
        ("j", '"srcaddr": "172.31.1.19"'),
    ],
)
async def test_each_choice_of_the_copy_menu_sends_its_text(
    key: str, copied: str, tmp_path: Path
) -> None:
    terminal, service = Terminal(), ScriptedService([PAIRS_DONE])
    service.region = "eu-west-1"
    async with using(make_app(service, terminal=terminal, folder=tmp_path)) as seen:
        await seen.run()
        await seen.press("y", key)
        await seen.ended()
        assert copied in terminal.text
        assert seen.remark.startswith("sent to your terminal")


async def test_there_is_no_link_to_what_is_not_in_the_console(tmp_path: Path) -> None:
    terminal, service = Terminal(), ScriptedService([PAIRS_DONE])
    async with using(make_app(service, terminal=terminal, folder=tmp_path)) as seen:
        await seen.run()
        await seen.press("y", "l")
        await seen.ended()
        assert seen.remark == "the console can't open files; copy the query instead"
        assert terminal.written == []


async def test_the_menu_also_works_by_cursor_and_enter(tmp_path: Path) -> None:
    terminal, service = Terminal(), ScriptedService([PAIRS_DONE])
    async with using(make_app(service, terminal=terminal, folder=tmp_path)) as seen:
        await seen.run()
        await seen.press("y", *["down"] * 5, "enter")
        await seen.ended()
        assert terminal.text == "172.31.1.0"


async def test_escape_leaves_the_menu_without_copying(tmp_path: Path) -> None:
    terminal, service = Terminal(), ScriptedService([PAIRS_DONE])
    async with using(make_app(service, terminal=terminal, folder=tmp_path)) as seen:
        await seen.run()
        await seen.press("y", "escape")
        assert seen.screen is seen.workspace
        assert terminal.written == []


# Keys that come faster than screens go


async def test_a_key_that_comes_twice_closes_a_menu_once(tmp_path: Path) -> None:
    terminal, service = Terminal(), ScriptedService([PAIRS_DONE])
    async with using(make_app(service, terminal=terminal, folder=tmp_path)) as seen:
        await seen.run()
        await seen.press("y")
        for _ in range(2):
            seen.screen.post_message(Key("c", "c"))
        await seen.pilot.pause()
        await seen.ended()
        assert seen.screen is seen.workspace
        assert terminal.text == "172.31.1.0"


def submit(screen: Screen[object]) -> None:
    line = screen.query_one(Input)
    line.post_message(Input.Submitted(line, line.value))


async def test_enter_that_comes_twice_takes_log_groups_once() -> None:
    async with picking(GROUPS) as seen:
        screen = seen.screen
        submit(screen)
        submit(screen)
        await seen.until(lambda: seen.screen is seen.workspace)
        await seen.pilot.pause()
        assert seen.session.state.groups == ("/vpc/alpha",)


async def test_a_dialogue_below_another_takes_away_neither() -> None:
    async with picking(GROUPS) as seen:
        below, above = seen.screen, TimeRangeScreen(WINDOW, UTC, lambda: NOON)
        await seen.pilot.app.push_screen(above)
        submit(below)
        await seen.pilot.pause()
        assert seen.screen is above


async def test_a_question_mark_in_the_editor_is_one_and_f1_is_shown() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]), "limit 1")) as seen:
        assert "F1 Help" in seen.text.splitlines()[-1]
        await seen.press("question_mark")
        assert "?" in seen.editor.text


# Rows and questions that do not belong together


async def test_rows_of_another_question_say_so() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.run()
        assert "✓ Complete" in seen.text
        await seen.press("ctrl+t")
        await enter(seen, "30m")
        await seen.ended()
        assert "Results of the query before" in seen.text
        assert "✓ Complete" not in seen.text
        assert "F5 scans an unknown size" in seen.text
        await seen.run()
        assert "Results of the query before" not in seen.text
        seen.editor.text = "limit 3"
        await seen.pilot.pause()
        assert "Results of the query before" in seen.text


async def test_a_cancelled_query_does_not_stay_running_on_the_border() -> None:
    running = replace(PAIRS_DONE, state=RunState.RUNNING)
    service = ScriptedService([running, never()])
    async with using(make_app(service)) as seen:
        await seen.press("f5")
        await seen.rows(20)
        assert "20 of 20 rows, running" in seen.text
        await seen.press("escape")
        await seen.ended()
        assert "stopped, 20 rows so far" in seen.text


async def test_a_text_that_was_not_run_comes_back_with_its_step() -> None:
    service = ScriptedService([PAIRS_DONE], [PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.run()
        seen.editor.text = "stats count(*) by dstport"
        await seen.press("ctrl+o", "enter")
        await seen.ended()
        assert "filter srcaddr" in seen.editor.text
        await seen.press("backspace")
        assert seen.editor.text == "stats count(*) by dstport"
        assert "Results of the query before" in seen.text


async def test_the_first_step_says_that_it_is() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        await seen.run()
        await seen.press("backspace")
        assert seen.remark == "this is the first step; t shows the trail"


# What is chosen


@pytest.mark.parametrize("theme", ["flowtui-dark", "flowtui-light", "flowtui-16"])
@pytest.mark.parametrize("key", ["y", "ctrl+g", "t"])
async def test_the_chosen_line_of_a_list_stands_out(theme: str, key: str) -> None:
    groups = tuple(LogGroup(f"/vpc/{name}") for name in ("edge", "core"))
    async with using(make_app(ScriptedService([PAIRS_DONE], groups=(groups,)))) as seen:
        seen.pilot.app.theme = theme
        await seen.run()
        await seen.press(key)
        await seen.until(lambda: seen.screen is not seen.workspace)
        await seen.pilot.pause()
        if key == "ctrl+g":
            listing: RowList[object] | OptionList = seen.screen.query_one(RowList)
            name = "row-list--cursor"
        else:
            listing = seen.screen.query_one(OptionList)
            name = "option-list--option-highlighted"
        chosen = listing.get_visual_style(name)
        assert chosen.background != listing.visual_style.background
        assert chosen.foreground is not None
        assert chosen.foreground.ansi != -1  # the terminal's own may be like the ground


# A line that won't do


async def test_a_line_that_wont_do_stays_to_be_mended() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        await seen.run()
        await seen.press("w", *"0s", "enter")
        assert isinstance(seen.screen, AskScreen)
        assert "'0s' is no time at all" in seen.text
        assert seen.screen.query_one(Input).value == "0s"
        await seen.press("backspace")
        assert "is no time at all" not in seen.text
        await seen.press("escape")
        assert seen.session.state.watch is None
