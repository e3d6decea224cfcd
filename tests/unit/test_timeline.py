from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.timeline import MOST_BARS, Bins, Series, chart, parse_time, series
from flowtui.model.run import ResultSet, Row
from flowtui.ui.widgets.timeline import Selected, bars, draw, span_of

T0 = 1648826280000
"""2022-04-01 15:18:00 UTC."""

PER_MINUTE = Bins("bin(1m)", ("total",), step_ms=60_000, is_bytes=True)


def binned(*rows: Row) -> ResultSet:
    return ResultSet(("bin(1m)", "total"), rows)


def raw(*rows: Row) -> ResultSet:
    return ResultSet(("start", "srcaddr", "bytes"), rows)


# The series


def test_missing_bins_are_zero_and_order_does_not_matter() -> None:
    results = binned(
        ("2022-04-01 15:22:00.000", "5"),
        ("2022-04-01 15:18:00.000", "7"),
        ("2022-04-01 15:19:00.000", "1"),
    )
    assert series(results, 40, PER_MINUTE) == Series(
        T0, 60_000, (7, 1, 0, 0, 5), "total/1m", is_bytes=True
    )


def test_an_unknown_step_is_the_smallest_gap() -> None:
    results = binned(
        ("2022-04-01 15:18:00.000", "1"),
        ("2022-04-01 15:33:00.000", "2"),
        ("2022-04-01 15:23:00.000", "3"),
    )
    found = series(results, 40, Bins("bin(1m)", ("total",)))
    assert found is not None
    assert (found.step_ms, found.values) == (300_000, (1, 3, 0, 2))


@pytest.mark.parametrize(
    ("period", "step"),
    [("1h", 3_600_000), ("300s", 60_000), ("1w", 604_800_000), ("25m", 1_500_000)],
)
def test_one_bin_is_as_long_as_the_query_says(period: str, step: int) -> None:
    # Zooming into it must not leave out what is later in the bin.
    bins = chart(f"stats count(*) as total by srcaddr, bin({period})").bins
    results = ResultSet((f"bin({period})", "total"), (("2022-04-01 15:00:00.000", "1"),))
    found = series(results, 40, bins)
    assert found is not None
    assert (found.step_ms, found.values) == (step, (1,))


def test_bins_that_the_hour_cuts_keep_their_places() -> None:
    rows = tuple((f"2022-04-01 {clock}:00.000", "1") for clock in ("15:25", "15:50", "16:00"))
    bins = chart("stats count(*) as total by bin(25m)").bins
    found = series(ResultSet(("bin(25m)", "total"), rows), 40, bins)
    assert found is not None
    assert (found.step_ms, found.values) == (600_000, (1, 0, 1, 1))


def test_several_keys_and_several_values_add_up() -> None:
    results = ResultSet(
        ("t", "srcaddr", "a", "b"),
        (
            ("1648826280", "x", "1", "10"),
            ("1648826280", "y", "2", "-"),
            ("1648826340", "x", "3", None),
        ),
    )
    found = series(results, 40, Bins("t", ("a", "b")))
    assert found == Series(T0, 60_000, (13, 3), "a+b/1m")


def test_raw_rows_give_bytes_over_time_in_nice_steps() -> None:
    found = series(
        raw(("1648826280", "x", "100"), ("1648826290", "y", "-"), ("1648829880", "x", "5")), 40
    )
    assert found is not None
    assert (found.label, found.is_bytes) == ("bytes/5m", True)
    assert found.start_ms == T0 - 180_000  # 15:15, a multiple of the step
    assert (sum(found.values), found.values[0], len(found.values)) == (105, 100, 13)


@pytest.mark.parametrize(
    ("columns", "longest", "step"),
    [
        (("start", "end"), 59, 60_000),
        (("startTime", "endTime"), 60, 60_000),
        (("start", "end"), 590, 600_000),
        (("start", "other"), 59, 5_000),
    ],
)
def test_records_are_not_cut_into_steps_shorter_than_they_are(
    columns: tuple[str, str], longest: int, step: int
) -> None:
    first = 1_648_826_400
    rows = tuple((str(first + 60 * n), str(first + 60 * n + longest), "1") for n in range(5))
    found = series(ResultSet((*columns, "bytes"), rows), 60)
    assert found is not None
    assert found.step_ms == step


def test_raw_rows_without_bytes_are_counted() -> None:
    results = ResultSet(
        ("@timestamp",), (("2022-04-01 15:18:00.000",), ("2022-04-01 15:18:01.500",))
    )
    assert series(results, 40) == Series(T0, 1000, (1, 1), "rows/1s")


@pytest.mark.parametrize(
    "results",
    [ResultSet(), raw(), ResultSet(("srcaddr", "total"), (("x", "1"),)), raw(("-", "x", "5"))],
)
def test_rows_without_time_have_no_series(results: ResultSet) -> None:
    assert series(results, 40) is None


def test_one_stray_time_does_not_make_a_million_bars() -> None:
    results = binned(("1970-01-01 00:00:00.000", "1"), ("2022-04-01 15:18:00.000", "2"))
    found = series(results, 40, PER_MINUTE)
    assert found is not None
    assert len(found.values) <= MOST_BARS
    assert sum(found.values) == 3


@given(
    st.lists(st.tuples(st.integers(0, 2_000_000_000), st.integers(0, 10**9)), min_size=1),
    st.integers(1, 200),
)
def test_raw_volume_is_neither_lost_nor_wider_than_asked(
    flows: list[tuple[int, int]], width: int
) -> None:
    found = series(raw(*((str(start), "x", str(size)) for start, size in flows)), width)
    assert found is not None
    assert sum(found.values) == sum(size for _, size in flows)
    assert len(found.values) <= width + 1
    assert found.start_ms <= min(flows)[0] * 1000
    assert max(flows)[0] * 1000 < found.end_ms


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-04-01 15:18:00.250", T0 + 250),
        ("1648826280", T0),
        ("1648826280250", T0 + 250),
        ("2022-04-01T15:18:00+00:00", T0),
        ("-", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("9" * 30, None),
    ],
)
def test_times(text: str | None, moment: int | None) -> None:
    assert parse_time(text) == moment


# The bars


def test_bars_stand_on_zero() -> None:
    assert bars([1_000_000, 1_000_001, 1_000_002], 3) == ["███"]
    assert bars([0, 4, 8], 3) == [" ▄█"]


def test_what_is_not_zero_shows() -> None:
    assert bars([0, 1, 1_000_000], 3) == [" ▁█"]


def test_higher_bars_use_all_their_lines() -> None:
    assert bars([4, 8, 16], 3, 2) == ["  █", "▄██"]


def test_a_peak_survives_a_narrow_panel() -> None:
    assert "█" in bars([1] * 99 + [100] + [1] * 99, 20)[0]


def test_few_values_make_wide_bars_and_none_make_none() -> None:
    assert bars([1, 2], 8) == ["▄▄▄▄████"]
    assert bars([], 8, 2) == ["", ""]
    assert bars([0, 0], 2) == ["  "]


def test_without_block_characters_ink_grows_with_the_value() -> None:
    assert bars([0, 2, 5, 8], 4, ascii_only=True) == [" :+@"]


@given(st.lists(st.floats(0, 1e15)), st.integers(1, 100), st.integers(1, 4))
def test_bars_fit(counts: list[float], width: int, height: int) -> None:
    drawn = bars(counts, width, height)
    assert len(drawn) == height
    assert all(len(line) == len(drawn[0]) <= width for line in drawn)


# The panel

HOUR = Series(
    T0,
    60_000,
    (*(1e6 for _ in range(30)), 1.2e9, *(2e6 for _ in range(29))),
    "bytes/1m",
    is_bytes=True,
)


def test_one_line_has_label_bars_peak_start_and_end() -> None:
    (line,) = draw(HOUR, 118, 1).lines
    assert line.startswith("bytes/1m 15:18 ▁▁▁")
    assert line.endswith("▁▁▁ 16:18  peak 1.20 GB at 15:48")


def test_labels_give_way_to_bars() -> None:
    assert draw(HOUR, 78, 1).lines[0].endswith("▁ 16:18  peak 1.20 GB")
    assert draw(HOUR, 60, 1).lines[0].endswith("▁ 16:18")
    assert draw(HOUR, 60, 1).lines[0].startswith("bytes/1m 15:18 ▁")
    assert draw(HOUR, 30, 1).lines[0].startswith("15:18 ▁")
    assert draw(HOUR, 8, 1).lines == ("▁▁▁▁█▁▁▁",)


@given(st.integers(1, 150))
def test_half_of_a_line_is_for_the_bars(width: int) -> None:
    long = Series(T0, 60_000, (1.0,) * 300, "a very long name of a sum/1m", is_bytes=True)
    drawing = draw(long, width, 1)
    assert drawing.width * 2 >= width - 1 or "a very" not in drawing.lines[0]


def test_the_end_stands_behind_the_last_bar() -> None:
    few = Series(T0, 60_000, (1.0, 2.0), "rows/1m")
    assert draw(few, 78, 1).lines[0].startswith("rows/1m 15:18 ▄▄▄▄▄▄▄▄████████ 15:20  peak 2")


def test_a_selection_is_told_in_short_where_there_is_little_room() -> None:
    line = draw(HOUR, 60, 1, selected=Selected(29, 31)).lines[0]
    assert line.endswith(" 16:18  1.20 GB 15:47-15:50")


def test_more_lines_have_an_axis() -> None:
    top, _, axis = draw(HOUR, 80, 3).lines
    assert top.strip() == "█"
    assert axis.startswith("15:18 ─")
    assert "bytes/1m  peak 1.20 GB at 15:48" in axis
    assert axis.endswith("─ 16:18")
    assert len(axis) == len(top) == 60


@given(st.integers(1, 150), st.integers(1, 4))
def test_no_line_is_wider_than_the_panel(width: int, height: int) -> None:
    drawn = draw(HOUR, width, height).lines
    assert len(drawn) == height
    assert all(len(line) <= width for line in drawn)


def test_labels_are_in_the_zone() -> None:
    assert draw(HOUR, 118, 1, ZoneInfo("Asia/Tokyo")).lines[0].startswith("bytes/1m 00:18 ▁")


def test_long_series_have_dates() -> None:
    week = Series(T0, 6 * 3_600_000, (1.0,) * 28, "rows/6h")
    assert draw(week, 118, 1).lines[0].startswith("rows/6h 04-01 15:18 █")
    assert "█ 04-08 15:18" in draw(week, 118, 1).lines[0]
    year = Series(T0, 86_400_000, (1.0,) * 365, "rows/1d")
    assert "█ 2023-04-01  peak 1 at 2022-04-01" in draw(year, 118, 1).lines[0]


def test_absurd_times_are_drawn_too() -> None:
    far = parse_time("9999-12-31 23:59:59.000")
    assert far is not None
    beyond = Series(far, 86_400_000, (1.0, 2.0), "x")
    assert draw(beyond, 118, 1, ZoneInfo("Asia/Tokyo")).lines
    assert span_of(beyond, Selected(1, 1)).length > timedelta(0)
    found = series(ResultSet(("start",), (("0001-01-01 00:00:00",), ("999999999999999",))), 40)
    assert found is not None
    assert draw(found, 118, 1, ZoneInfo("America/New_York")).lines


# A span of time


def test_a_selection_says_its_sum_and_its_times() -> None:
    drawing = draw(HOUR, 118, 1, selected=Selected(31, 29))
    assert drawing.lines[0].endswith("▁ 16:18  1.20 GB from 15:47 to 15:50: Enter zooms in")
    span = span_of(HOUR, Selected(31, 29))
    assert (span.start_ms, span.end_ms) == (T0 + 29 * 60_000, T0 + 32 * 60_000)


def test_the_bars_stand_where_the_drawing_says() -> None:
    for width, height in ((118, 1), (20, 1), (8, 1), (80, 3)):
        drawing = draw(HOUR, width, height)
        area = drawing.lines[0][drawing.left : drawing.left + drawing.width]
        assert set(area.rstrip()) <= set(" ▁▂▃▄▅▆▇█")
        assert drawing.height == max(1, height - 1)
