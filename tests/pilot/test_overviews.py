"""Conversations, a comparison and a page by a key: on the trail, drilled, and taken up again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.model.timerange import TimeRange
from flowtui.ui.screens.dialogs import MenuScreen
from flowtui.ui.screens.pick import PickScreen
from flowtui.ui.widgets.timeline import Timeline
from tests.pilot.service import (
    EDGE,
    NOON,
    PAIRS_DONE,
    WINDOW,
    ScriptedService,
    make_app,
    showing,
    using,
)

FLOWS = Snapshot(
    RunState.COMPLETE,
    ResultSet(
        ("srcaddr", "srcport", "dstaddr", "dstport", "protocol", "interface_id", "flow_direction",
         "action", "pkt_srcaddr", "pkt_dstaddr", "sum_bytes", "sum_packets", "records", "first",
         "last", "flags", "openings"),
        (
            ("10.0.0.1", "40000", "10.0.0.2", "22", "6", "eni-2", "ingress", "ACCEPT", "10.0.0.1",
             "10.0.0.2", "600", "6", "1", "1648810800", "1648810830", "2", "1"),
            ("10.0.0.2", "22", "10.0.0.1", "40000", "6", "eni-2", "egress", "REJECT", "10.0.0.2",
             "10.0.0.1", "60", "1", "1", "1648810801", "1648810801", "18", "0"),
        ),
    ),
)  # fmt: skip
THEN = Snapshot(
    RunState.COMPLETE,
    ResultSet(
        ("srcaddr", "dstaddr", "flow_direction", "Data_Transferred"),
        (("172.31.1.0", "3.230.172.0", "egress", "7"), ("gone", "3.230.172.9", "egress", "99")),
        ("srcaddr", "dstaddr", "flow_direction"),
    ),
)
BINS = Snapshot(
    RunState.COMPLETE,
    ResultSet(
        ("bin(5m)", "total"),
        tuple((f"2022-04-01 11:{5 * index:02}:00.000", str(index)) for index in range(12)),
        ("bin(5m)",),
    ),
)


async def test_c_shows_the_conversations_of_all_rows_and_enter_their_flows() -> None:
    async with showing([PAIRS_DONE], [FLOWS], [PAIRS_DONE]) as (seen, service):
        await seen.press("C")
        await seen.ended()
        query, window = service.started[-1]
        assert "#!" not in query.body
        assert seen.editor.text == f"#! conversations\n{query.body}"
        assert window == WINDOW
        assert seen.trail.endswith(" > conversations")
        (row,) = [seen.grid.results.record(0)]
        assert (row["client"], row["server"], row["marks"]) == (
            "10.0.0.1", "10.0.0.2", "reply rejected, one side not logged"
        )  # fmt: skip
        await seen.press("enter")
        await seen.ended()
        body = service.started[-1][0].body
        assert 'pkt_srcaddr = "10.0.0.1" and srcport = 40000 and pkt_dstaddr = "10.0.0.2"' in body
        assert "#!" not in body
        await seen.press("backspace")
        assert seen.editor.text.startswith("#! conversations\n")


async def test_f5_asks_the_same_conversations_again() -> None:
    async with showing([PAIRS_DONE], [FLOWS], [FLOWS]) as (seen, service):
        await seen.press("C")
        await seen.ended()
        await seen.run()
        assert service.started[-1][0].body == service.started[-2][0].body
        assert seen.grid.results.columns[0] == "client"
        assert seen.trail.count("conversations") == 1


async def test_v_compares_with_the_time_that_is_chosen() -> None:
    group = replace(EDGE, created=NOON - timedelta(days=10))
    service = ScriptedService([PAIRS_DONE], [PAIRS_DONE], [THEN], groups=((group,),))
    async with using(make_app(service)) as seen:
        await seen.run()
        await seen.press("V")
        assert isinstance(seen.screen, MenuScreen)
        said = "yesterday: the same hours of the day before; scans about 4.17 MB and 4.17 MB"
        assert said in seen.text
        await seen.press("y")
        await seen.ended()
        day = timedelta(days=1)
        (now, window), (then, earlier) = service.started[-2:]
        assert now.body == then.body
        assert (window, earlier) == (WINDOW, TimeRange(WINDOW.start - day, WINDOW.end - day))
        marks = [row[-1] for row in seen.grid.results.rows]
        assert (marks.count("new"), marks.count("gone")) == (19, 1)
        assert "21 compared: 19 new, 1 gone" in seen.remark
        assert seen.trail.endswith(" > compared with yesterday")


async def test_a_marked_span_of_the_timeline_is_compared_with() -> None:
    service = ScriptedService([BINS], [BINS], [BINS])
    async with using(make_app(service, "stats sum(bytes) as total by bin(5m)")) as seen:
        await seen.run()
        await seen.press("z")
        assert seen.workspace.query_one(Timeline).has_focus
        await seen.press("left", "v", "left", "V")
        await seen.ended()
        (_, window), (_, earlier) = service.started[-2:]
        assert window == WINDOW
        assert earlier.length == timedelta(minutes=10)
        assert seen.editor.text.startswith("#! compare with 2022-04-01T11:")
        assert seen.grid.has_focus


async def test_raw_rows_say_that_they_can_not_be_compared() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        seen.editor.text = "fields @timestamp, srcaddr, dstaddr"
        await seen.run()
        service.calls.clear()
        await seen.press("V", "b")
        await seen.ended()
        assert "raw flows can't be compared" in seen.remark
        assert "start" not in service.verbs


async def test_at_opens_the_page_of_the_cell() -> None:
    async with showing([PAIRS_DONE], [FLOWS]) as (seen, service):
        await seen.press("at")
        await seen.ended()
        assert seen.editor.text.startswith("#! about address 172.31.1.0\n")
        assert service.started[-1][1] == WINDOW
        assert seen.grid.results.columns[:2] == ("block", "what")
        assert seen.trail.endswith(" > about 172.31.1.0")


async def test_at_on_another_cell_asks_which_of_the_row() -> None:
    async with showing([PAIRS_DONE], [FLOWS]) as (seen, _):
        await seen.press("end", "at")
        assert isinstance(seen.screen, PickScreen)
        await seen.press("down", "enter")
        await seen.ended()
        assert seen.editor.text.startswith("#! about address 3.230.172.0\n")
