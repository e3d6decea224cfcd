"""What the status line tells at each width."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flowtui.engine.cost import Estimate
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot, Statistics
from flowtui.model.timerange import Last, TimeRange
from flowtui.ui.widgets.run_status import (
    StatusData,
    describe_rows,
    describe_time,
    no_rows,
    status_line,
)

START = datetime(2026, 11, 24, 5, 19, tzinfo=UTC)
WINDOW = TimeRange(START, START + timedelta(minutes=5))
STATISTICS = Statistics(12, 12.4e6, 1.9e9, 20)
RUN = QueryRun(
    RunId(1), Query("", None, ("/vpc/edge",)), WINDOW, START,
    Snapshot(RunState.COMPLETE, ResultSet(), STATISTICS), START + timedelta(seconds=3.25),
)  # fmt: skip
DRILL = StatusData("prod/eu-west-1", ("/vpc/edge", "/x"), WINDOW, UTC, RUN, 0.005)
LONG = replace(
    DRILL, place="administrator/eu-west-1", groups=("/aws/vpc/flow-logs-of-production", "/x")
)


@pytest.mark.parametrize(
    ("width", "parts"),
    [
        (140, ["flowtui", "prod/eu-west-1", "/vpc/edge +1", "2026-11-24 05:19:00 to 05:24:00 UTC",
               "✓ Complete 3.2s", "12.4M rec", "1.90 GB", "~$0.0095"]),
        (119, ["flowtui", "prod/eu-west-1", "/vpc/edge +1", "2026-11-24 05:19:00 to 05:24:00 UTC",
               "✓ Complete 3.2s", "1.90 GB", "~$0.0095"]),
        (100, ["prod/eu-west-1", "/vpc/edge +1", "2026-11-24 05:19:00 to 05:24:00 UTC",
               "✓ Complete 3s", "1.90 GB", "~$0.0095"]),
        (90, ["prod/eu-west-1", "/vpc/edge +1", "11-24 05:19-05:24 UTC",
              "✓ Complete 3s", "1.90 GB", "~$0.0095"]),
        (80, ["prod/eu-west-1", "/vpc/edge +1", "11-24 05:19-05:24 UTC",
              "✓ Complete 3s", "~$0.0095"]),
        (60, ["prod/eu-west-1", "/vpc/edge +1", "11-24 05:19-05…", "✓ Complete 3s"]),
    ],
)  # fmt: skip
def test_what_gives_way(width: int, parts: list[str]) -> None:
    line = status_line(DRILL, width)
    assert [part.strip() for part in line.split("  ") if part.strip()] == parts
    assert cell_len(line) == width


def test_long_names_are_shortened_before_the_time() -> None:
    line = status_line(LONG, 80)
    assert line.split("  ")[:3] == [
        "adminis…/eu-west-1",
        "…s-of-production +1",
        "11-24 05:19-05:24 UTC",
    ]


def test_while_it_runs_the_cost_goes_before_the_progress() -> None:
    latest = Snapshot(RunState.RUNNING, ResultSet(), replace(STATISTICS, progress=0.4))
    running = replace(DRILL, run=replace(RUN, latest=latest))
    assert status_line(running, 80).endswith("▸ Running 3s  40%  ~$0.0095")
    assert status_line(running, 72).endswith("▸ Running 3s  40%")


@pytest.mark.parametrize(
    ("estimate", "width", "said"),
    [
        (None, 120, "F5 runs the query"),
        (Estimate(52e9), 120, "F5 scans ~52.0 GB, ~$0.26"),
        (Estimate(52e9), 80, "F5 scans ~52.0 GB, ~$0.26"),
        (Estimate(52e9, is_partial=True), 88, "F5 scans at least ~52.0 GB, ~$0.26"),
        (Estimate(52e9, is_partial=True), 80, "F5 costs at least ~$0.26"),
        (Estimate(52e9, is_partial=True), 50, "F5: ~$0.26+"),
        (Estimate(52e9), 50, "F5: ~$0.26"),
        (Estimate(is_partial=True), 50, "F5: unknown size"),
        (Estimate(is_partial=True), 80, "F5 scans an unknown size"),
        (Estimate(), 80, "F5 scans ~0 B, ~$0.00"),
    ],
)
def test_before_a_run_it_tells_what_that_may_scan(
    estimate: Estimate | None, width: int, said: str
) -> None:
    standing = replace(DRILL, run=None, estimate=estimate)
    assert status_line(standing, width).rpartition("  ")[2] == said
    free = replace(standing, price_per_gb=0)
    assert status_line(free, width).endswith("  F5 runs the query")


def test_a_query_that_has_no_slot_yet_says_so_at_80_cells() -> None:
    waiting = Snapshot(RunState.QUEUED, has_slot=False)
    run = replace(RUN, latest=waiting)
    assert status_line(replace(DRILL, run=run), 80).endswith("… waiting for a free slot 3s")
    ended = replace(RUN, latest=replace(waiting, state=RunState.CANCELLED))
    assert status_line(replace(DRILL, run=ended), 80).endswith("■ Cancelled 3s")


def test_rows_tell_what_indexes_have_saved() -> None:
    latest = replace(RUN.latest, statistics=replace(STATISTICS, bytes_skipped=3.1e9))
    assert describe_rows(latest) == "0 of 20 rows, complete, ~3.10 GB saved by indexes"
    none = replace(RUN.latest, statistics=replace(STATISTICS, bytes_skipped=0.0))
    assert describe_rows(none) == "0 of 20 rows, complete"


@given(st.integers(1, 200), st.text(max_size=40), st.text(max_size=80))
def test_it_is_never_wider_than_its_place(width: int, place: str, group: str) -> None:
    standing = replace(DRILL, place=place, groups=(group,))
    line = status_line(standing, width)
    right = len("✓ Complete 3s") + 1
    assert cell_len(line) <= max(width, right + 1)


@pytest.mark.parametrize(
    ("time", "short"),
    [
        (None, "all times"),
        (Last(timedelta(hours=1)), "last 1h UTC"),
        (WINDOW, "11-24 05:19-05:24 UTC"),
        (TimeRange(START, START + timedelta(seconds=5)), "11-24 05:19:00-05:19:05 UTC"),
        (TimeRange(START, START + timedelta(days=2)), "11-24 05:19 - 11-26 05:19 UTC"),
    ],
)
def test_the_short_form_has_end_and_zone(time: Last | TimeRange | None, short: str) -> None:
    assert describe_time(time, UTC, is_short=True) == short


def test_no_rows_names_the_window_in_the_zone() -> None:
    said = no_rows(WINDOW, ZoneInfo("Asia/Tokyo"))
    assert said == "no rows\n2026-11-24 14:19:00 to 14:24:00 local"
