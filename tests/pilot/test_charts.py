"""The timeline's bands, and the whole screen over time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.model.timerange import TimeRange
from flowtui.settings import Settings
from flowtui.ui.screens.charts import ChartScreen
from flowtui.ui.screens.dialogs import ConfirmScreen
from flowtui.ui.screens.pick import PickScreen
from flowtui.ui.widgets.timeline import Timeline
from tests.pilot.service import (
    FLOW_ROWS,
    FLOWS_DONE,
    PAIRS_DONE,
    WINDOW,
    ScriptedService,
    Seen,
    make_app,
    using,
)

FIELDS = "fields @timestamp, srcaddr, dstaddr, bytes, action"
BEHIND = Snapshot(
    RunState.COMPLETE,
    ResultSet(
        ("at_", "band_", "side_", "amount_"),
        (
            ("2022-04-01 11:10:00.000", "ACCEPT", "ingress", "900"),
            ("2022-04-01 11:20:00.000", "REJECT", "egress", "600"),
        ),
    ),
)
SIZES = [(80, 24), (120, 40)]


def names(seen: Seen) -> tuple[str, ...]:
    series = seen.workspace.query_one(Timeline).series
    return () if series is None else series.names


@pytest.mark.parametrize("size", SIZES)
async def test_the_whole_screen_shows_what_is_at_hand_and_asks_for_nothing(
    size: tuple[int, int],
) -> None:
    service = ScriptedService([FLOWS_DONE])
    async with using(make_app(service, FIELDS), size) as seen:
        await seen.run()
        await seen.press("T")
        assert isinstance(seen.screen, ChartScreen)
        assert "bytes/1m" in seen.text
        assert "by action" in seen.text
        assert "ACCEPT" in seen.text
        await seen.press("left", "right")
        assert "11:04-11:05  16,000 B" in seen.text or "11:05-11:06" in seen.text
        await seen.press("2")
        assert "from ░" in seen.text
        await seen.press("tab")
        assert "groups" in seen.text
        assert "100%" in seen.text
        await seen.press("f3")
        assert "nothing was asked" in seen.text
        await seen.press("escape", "escape")
        assert seen.workspace.is_current
        assert service.verbs.count("start") == 1


async def test_a_span_on_the_whole_screen_is_zoomed_into() -> None:
    service = ScriptedService([FLOWS_DONE])
    async with using(make_app(service, FIELDS)) as seen:
        await seen.run()
        await seen.press("T", "left", "v", "left", "enter")
        await seen.ended()
        _, window = service.started[-1]
        assert (window.start.minute, window.end.minute) == (3, 5)
        assert seen.workspace.is_current


async def test_the_mouse_selects_on_the_whole_screen() -> None:
    async with using(make_app(ScriptedService([FLOWS_DONE]), FIELDS), (120, 40)) as seen:
        await seen.run()
        await seen.press("T")
        await seen.pilot.click(offset=(12, 10))
        assert "11:00-11:01" in seen.text


async def test_what_costs_is_shown_and_asked_for_first() -> None:
    service = ScriptedService([PAIRS_DONE], [BEHIND])
    async with using(make_app(service), (120, 40)) as seen:
        await seen.run()
        await seen.press("z")
        assert "T asks for the records over time" in seen.remark
        await seen.press("T")
        await seen.until(lambda: isinstance(seen.screen, ConfirmScreen))
        assert "stats sum(bytes) as amount_" in seen.text
        assert "may scan" in seen.text
        await seen.press("escape")
        assert service.verbs.count("start") == 1
        await seen.press("T")
        await seen.until(lambda: isinstance(seen.screen, ConfirmScreen))
        await seen.press("enter")
        await seen.until(lambda: bool(names(seen)))
        assert names(seen) == ("ACCEPT", "REJECT")
        assert service.started[-1][1] == WINDOW
        assert seen.trail.count(">") == 0
        await seen.press("T")
        assert isinstance(seen.screen, ChartScreen)
        assert "in" in seen.text
        await seen.press("p")
        await seen.until(lambda: isinstance(seen.screen, ConfirmScreen))
        await seen.press("enter")
        await seen.until(lambda: seen.session.state.over_time.before is not None)
        before = TimeRange(WINDOW.start - WINDOW.length, WINDOW.start)
        assert service.started[-1][1] == before


async def test_bands_are_of_the_column_that_is_chosen() -> None:
    async with using(make_app(ScriptedService([FLOWS_DONE]), FIELDS)) as seen:
        await seen.run()
        assert names(seen) == ("ACCEPT",)
        await seen.press("b")
        assert isinstance(seen.screen, PickScreen)
        await seen.press(*"dstaddr", "enter")
        assert names(seen) == ("3.230.172.0",)
        assert seen.remark == "over time: by dstaddr"
        await seen.press("b", *"nothing", "enter")
        assert names(seen) == ()


@pytest.mark.parametrize(("glyphs", "mark"), [("blocks", "█"), ("braille", "⣿"), ("ascii", "@")])
async def test_bars_are_made_of_what_the_settings_say(glyphs: str, mark: str) -> None:
    settings = Settings(chart_glyphs=glyphs)
    rows = replace(FLOW_ROWS, rows=FLOW_ROWS.rows * 1)
    service = ScriptedService([Snapshot(RunState.COMPLETE, rows)])
    async with using(make_app(service, FIELDS, settings=settings), (120, 40)) as seen:
        await seen.run()
        assert mark in str(seen.workspace.query_one(Timeline).render())
