"""What the user sees of the cost of a scan, and of the limits that they have set for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from textual import events

from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.run import Snapshot
from flowtui.model.timerange import TimeRange
from flowtui.settings import Settings
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.screens.dialogs import ConfirmScreen
from tests.pilot.service import (
    EDGE,
    FIRST_PAIRS,
    NOON,
    PAIRS,
    PAIRS_DONE,
    Clock,
    ScriptedService,
    Seen,
    make_app,
    using,
)

BIG = replace(EDGE, stored_bytes=1248 * 10**9, created=NOON - timedelta(days=1))
"""One hour of it, which the tests' window has, is 52 GB."""


def scanned(gigabytes: float) -> Snapshot:
    statistics = replace(FIRST_PAIRS.statistics, bytes_scanned=gigabytes * 1e9)
    return replace(FIRST_PAIRS, statistics=statistics)


async def test_a_run_that_passes_the_limit_is_stopped_with_a_sentence() -> None:
    service = ScriptedService([scanned(4), scanned(12.3), asyncio.Event()])
    async with using(make_app(service, settings=Settings(stop_above_gb=10))) as seen:
        await seen.run()
        assert seen.state == "Cancelled"
        assert len(seen.grid.results.rows) == 3
        assert seen.remark == (
            "stopped: it has scanned 12.30 GB, more than stop_above_gb = 10 allows;"
            " the rows so far are kept"
        )
        assert not service.running
        assert service.verbs[-1] == "stop"


def asking(service: ScriptedService, confirm_above_gb: float = 10) -> FlowtuiApp:
    return make_app(service, settings=Settings(confirm_above_gb=confirm_above_gb))


async def asked(seen: Seen) -> None:
    await seen.until(lambda: isinstance(seen.screen, ConfirmScreen))
    await seen.pilot.pause()


async def test_above_the_limit_enter_runs_it() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((BIG,),))
    async with using(asking(service)) as seen:
        await seen.press("f5")
        await asked(seen)
        assert "This may scan about 52.0 GB (~$0.26) in /vpc/edge over 1h 00m." in seen.text
        assert "Enter runs it, Escape does not" in seen.text
        assert service.calls == []
        await seen.press("enter")
        await seen.ended()
        assert service.verbs == ["start", "poll"]
        assert seen.state == "Complete"


async def test_above_the_limit_escape_does_not_run_it_and_keeps_the_rows() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((BIG,),))
    async with using(asking(service)) as seen:
        await seen.press("f5")
        await asked(seen)
        await seen.press("enter")
        await seen.ended()
        service.calls.clear()
        await seen.press("f5")
        await asked(seen)
        await seen.press("escape")
        await seen.ended()
        assert service.calls == []
        assert seen.remark == "not run; F5 asks again"
        assert len(seen.grid.results.rows) == 20


async def test_where_nothing_tells_the_size_a_limit_asks_too() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((replace(BIG, created=None),),))
    async with using(asking(service)) as seen:
        await seen.press("f5")
        await asked(seen)
        assert "How much this may scan in /vpc/edge over 1h 00m is unknown." in seen.text
        assert service.calls == []
        await seen.press("enter")
        await seen.ended()
        assert service.verbs == ["start", "poll"]


async def test_an_enter_from_before_it_was_painted_agrees_to_nothing() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((BIG,),))
    async with using(asking(service)) as seen:
        typed_ahead = events.Key("enter", "\r")
        await seen.press("f5")
        await asked(seen)
        await seen.pilot.app._post_message(typed_ahead)
        await seen.pilot.pause()
        assert isinstance(seen.screen, ConfirmScreen)
        assert service.calls == []
        await seen.press("enter")
        await seen.ended()
        assert service.verbs == ["start", "poll"]


@pytest.mark.parametrize(("group", "limit"), [(BIG, 0), (BIG, 60), (replace(BIG, created=None), 0)])
async def test_nothing_is_asked_below_the_limit_or_without_one(
    group: LogGroup, limit: float
) -> None:
    service = ScriptedService([PAIRS_DONE], groups=((group,),))
    async with using(asking(service, limit)) as seen:
        await seen.run()
        assert service.verbs == ["start", "poll"]


async def watching(seen: Seen) -> None:
    """Begin a watch, to the question whether it may cost that much."""
    await seen.press("w", "enter")
    await asked(seen)


async def test_a_watch_is_agreed_to_once_and_the_clock_asks_no_second_time() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((BIG,),))
    async with using(asking(service)) as seen:
        await seen.press("f5")
        await asked(seen)
        await seen.press("enter")
        await seen.ended()
        clock = Clock.of(seen.session)
        await watching(seen)
        await clock.tick()
        await seen.pilot.pause()
        assert len(seen.pilot.app.screen_stack) == 2
        await seen.press("enter")
        await seen.ended()
        await clock.tick()
        await seen.until(lambda: service.verbs.count("start") == 3)
        assert len(seen.pilot.app.screen_stack) == 1


async def test_a_watch_that_is_not_agreed_to_ends() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((BIG,),))
    async with using(asking(service)) as seen:
        await seen.press("f5")
        await asked(seen)
        await seen.press("enter")
        await seen.ended()
        await watching(seen)
        await seen.press("escape")
        await seen.ended()
        assert seen.session.state.watch is None
        assert service.verbs.count("start") == 1


async def test_the_trail_tells_what_all_runs_of_the_session_have_scanned() -> None:
    service = ScriptedService([PAIRS_DONE], [scanned(1), scanned(2), PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.run()
        await seen.run()
        await seen.press("t")
        assert "Trail: 3.90 GB scanned in this session (~$0.0195)" in seen.text
        await seen.press("escape")


async def test_where_a_scan_is_free_the_trail_tells_no_cost() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service, settings=Settings(price_per_gb=0))) as seen:
        await seen.run()
        await seen.press("t")
        assert "Trail" in seen.text
        assert "session" not in seen.text


async def test_a_run_that_passes_the_limit_ends_the_watch() -> None:
    service = ScriptedService([PAIRS_DONE], [scanned(12.3), asyncio.Event()])
    async with using(make_app(service, settings=Settings(stop_above_gb=10))) as seen:
        await seen.run()
        await seen.press("w", "enter")
        await seen.until(lambda: seen.state == "Cancelled")
        await seen.ended()
        assert seen.session.state.watch is None
        assert seen.remark.startswith("stopped: it has scanned 12.30 GB")


# Before a run


def says(seen: Seen, text: str) -> bool:
    return text in seen.text.splitlines()[0]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_status_line_tells_what_f5_may_scan(size: tuple[int, int]) -> None:
    service = ScriptedService([PAIRS_DONE], groups=((BIG,),))
    async with using(make_app(service), size) as seen:
        await seen.until(lambda: says(seen, "F5 scans ~52.0 GB, ~$0.26"))
        await seen.run()
        assert says(seen, "Complete")
        await seen.press("ctrl+e")
        seen.editor.text = "pattern @message | diff"
        await seen.until(lambda: says(seen, "F5 scans ~104 GB, ~$0.52"))
        seen.editor.text = "SOURCE '/vpc/other' | limit 1"
        await seen.until(lambda: says(seen, "F5 scans an unknown size"))
        seen.editor.text = PAIRS
        await seen.until(lambda: says(seen, "Complete"))


async def test_it_follows_the_time_and_the_groups_and_asks_nothing_for_that() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((BIG, replace(EDGE, name="/vpc/new")),))
    async with using(make_app(service)) as seen:
        seen.session.choose_time(TimeRange(NOON - timedelta(hours=2), NOON))
        await seen.until(lambda: says(seen, "F5 scans ~104 GB, ~$0.52"))
        seen.session.choose_groups(("/vpc/edge", "/vpc/new"))
        await seen.until(lambda: says(seen, "F5 scans at least ~104 GB, ~$0.52"))
        seen.session.choose_groups(())
        await seen.until(lambda: says(seen, "F5 runs the query"))
        assert service.calls == []


async def test_the_groups_that_the_picker_has_listed_are_known() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((BIG,),))
    source = "SOURCE logGroups(namePrefix: ['/vpc/']) | limit 1"
    async with using(make_app(service, source, groups=())) as seen:
        await seen.until(lambda: says(seen, "F5 scans an unknown size"))
        await seen.press("ctrl+g")
        await seen.until(lambda: "1 of 1 groups" in seen.text)
        await seen.press("escape")
        seen.editor.text = source + "0"
        await seen.until(lambda: says(seen, "F5 scans ~52.0 GB, ~$0.26"))


async def test_a_limit_holds_for_the_groups_that_the_query_names() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((replace(BIG, name="/vpc/core"), EDGE),))
    async with using(asking(service)) as seen:
        join = "join type=inner left=a right=b where a.x = b.x (SOURCE '/vpc/core' | fields x)"
        seen.editor.text = f"SOURCE '/secret' | {join}"
        await seen.press("f5")
        await asked(seen)
        said = "at least 52.0 GB (~$0.26) in the log groups that the query names"
        assert said in seen.text


async def test_where_a_scan_is_free_nothing_is_told_before_it() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((BIG,),))
    async with using(make_app(service, settings=Settings(price_per_gb=0))) as seen:
        assert seen.workspace._rest is None
        assert says(seen, "F5 runs the query")
