"""What can be done with a mouse, where there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.events import MouseScrollDown

from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.ui.widgets.breadcrumbs import Breadcrumbs
from flowtui.ui.widgets.grid.result_grid import ResultGrid
from flowtui.ui.widgets.timeline import Timeline
from tests.pilot.service import FLOWS_DONE, PAIRS_DONE, ScriptedService, Seen, make_app, using

BINS = ResultSet(
    ("bin(5m)", "b"),
    tuple((f"2022-04-01 11:{minute:02}:00.000", f"{minute}") for minute in range(55, -5, -5)),
    ("bin(5m)",),
)
BY_TIME = "stats sum(bytes) as b by bin(5m)"
SIZES = [(120, 40), (80, 24)]


@asynccontextmanager
async def over_time(size: tuple[int, int]) -> AsyncIterator[tuple[Seen, ScriptedService]]:
    service = ScriptedService([Snapshot(RunState.COMPLETE, BINS)])
    async with using(make_app(service, BY_TIME), size) as seen:
        await seen.run()
        yield seen, service


def bar(size: tuple[int, int], value: int) -> tuple[int, int]:
    """Where on the timeline the middle of a value's bar is, while nothing is selected."""
    start, width = (11, 41) if size == (80, 24) else (0, 118)
    return 1 + start + (2 * value + 1) * width // (2 * len(BINS.rows)), 0


def bars(seen: Seen) -> str:
    """The first line of the timeline up to the end of its bars."""
    return str(seen.workspace.query_one(Timeline).render()).split("\n")[0][:47]


def selected(seen: Seen) -> tuple[int, int] | None:
    span = seen.workspace.query_one(Timeline).selected
    return None if span is None else (span.first, span.last)


async def test_a_click_on_a_title_sorts_by_that_column_and_again_reverses() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        await seen.run()
        rows = seen.text.partition("Results")[2]
        title = next(line for line in rows.splitlines() if "Data_Transferred" in line)
        at = title.index("Data_Transferred") - 1
        for first in ("346952038", "17347601"):
            await seen.pilot.click(ResultGrid, offset=(at, 1))
            assert seen.grid.cursor_column_name == "Data_Transferred"
            assert seen.grid.cursor_value == first


async def test_a_double_click_on_a_row_drills() -> None:
    service = ScriptedService([PAIRS_DONE], [FLOWS_DONE])
    async with using(make_app(service)) as seen:
        await seen.run()
        await seen.pilot.click(ResultGrid, offset=(3, 4), times=2)
        await seen.ended()
        assert seen.trail.endswith(" > 172.31.1.2 → 3.230.172.2 egress")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("value", [0, 4, 11])
async def test_a_click_on_the_timeline_selects_that_bar_and_not_the_peak(
    size: tuple[int, int], value: int
) -> None:
    async with over_time(size) as (seen, _):
        await seen.pilot.click(Timeline, offset=bar(size, value))
        assert seen.workspace.query_one(Timeline).has_focus
        assert selected(seen) == (value, value)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("start", "end"), [(3, 7), (7, 3), (5, 5)])
async def test_a_drag_selects_the_span_and_enter_runs_over_it(
    size: tuple[int, int], start: int, end: int
) -> None:
    async with over_time(size) as (seen, service):
        before = bars(seen)
        await seen.pilot.mouse_down(Timeline, offset=bar(size, start))
        for value in (9, 2, end):
            await seen.pilot.hover(Timeline, offset=bar(size, value))
            assert selected(seen) == (min(start, value), max(start, value))
            assert bars(seen) == before, "they stay where they are under the mouse"
        await seen.pilot.mouse_up(Timeline, offset=bar(size, end))
        await seen.pilot.hover(Timeline, offset=bar(size, 0))
        first, last = sorted((start, end))
        assert selected(seen) == (first, last)
        assert f"from 11:{5 * first:02} to 11:{5 * last + 5:02}" in seen.text
        await seen.press("enter")
        await seen.ended()
        _, window = service.started[-1]
        assert (window.start.minute, window.end.minute) == (5 * first, 5 * last + 5)


async def test_a_drag_past_the_ends_selects_up_to_them() -> None:
    size = (80, 24)
    async with over_time(size) as (seen, _):
        await seen.pilot.mouse_down(Timeline, offset=bar(size, 4))
        await seen.pilot.hover(offset=(79, 20))
        assert selected(seen) == (4, 11)
        await seen.pilot.hover(offset=(0, 0))
        assert selected(seen) == (0, 4)
        await seen.pilot.mouse_up(offset=(0, 0))
        await seen.press("right")
        assert selected(seen) == (1, 1)


async def test_a_click_on_a_step_goes_there_and_forgets_none() -> None:
    service = ScriptedService([PAIRS_DONE], [FLOWS_DONE])
    async with using(make_app(service)) as seen:
        await seen.run()
        await seen.press("enter")
        await seen.ended()
        assert seen.trail.count(">") == 1
        await seen.pilot.click(Breadcrumbs, offset=(seen.trail.index(">") + 6, 0))
        assert seen.trail.count(">") == 1
        await seen.pilot.click(Breadcrumbs, offset=(3, 0))
        assert seen.trail.count(">") == 0
        assert len(seen.grid.results.rows) == 20
        assert service.verbs.count("start") == 2
        assert seen.workspace.trail is not None
        assert len(seen.workspace.trail.steps) == 2


async def test_the_wheel_scrolls_the_rows_and_leaves_the_cursor() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), (80, 24)) as seen:
        await seen.run()
        assert "172.31.1.19" not in seen.text
        for _ in range(9):
            await seen.pilot._post_mouse_events([MouseScrollDown], ResultGrid, offset=(9, 4))
        await seen.until(lambda: "172.31.1.19" in seen.text)
        assert seen.grid.cursor_row == 0
