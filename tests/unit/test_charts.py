from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.series import DAY, HOUR, MINUTE, Band, Cover, Series
from flowtui.engine.timeline import parse_time
from flowtui.ui.charts.panel import Look, Selected, cells_of, draw, span_of, steps_at
from flowtui.ui.charts.stack import EIGHTHS, Glyphs, heights, paint

T0 = 1648826280000
"""2022-04-01 15:18:00 UTC."""

Amounts = list[float]


def text(bars: list[Amounts], height: int = 1, glyphs: Glyphs = Glyphs.BLOCKS) -> list[str]:
    return ["".join(cell.text for cell in line) for line in paint(bars, height, glyphs)]


def single(values: Amounts, height: int = 1, glyphs: Glyphs = Glyphs.BLOCKS) -> list[str]:
    return text([[value] for value in values], height, glyphs)


# The bars


def test_bars_stand_on_zero() -> None:
    assert single([1_000_000, 1_000_001, 1_000_002]) == ["███"]
    assert single([0, 4, 8]) == [" ▄█"]


def test_what_is_not_zero_shows() -> None:
    assert single([0, 1, 1_000_000]) == [" ▁█"]


def test_higher_bars_use_all_their_lines() -> None:
    assert single([4, 8, 16], 2) == ["  █", "▄██"]


def test_without_block_characters_ink_grows_with_the_value() -> None:
    assert single([0, 2, 5, 8], glyphs=Glyphs.ASCII) == [" :+@"]


def test_braille_has_two_bars_in_a_cell() -> None:
    assert single([1, 2, 3, 4], glyphs=Glyphs.BRAILLE) == ["⣠⣾"]
    assert single([4], glyphs=Glyphs.BRAILLE) == ["⡇"]


amounts = st.lists(st.integers(0, 10**12).map(float), min_size=1, max_size=5)


@given(amounts, st.integers(1, 160), st.floats(1, 3))
def test_the_parts_of_a_bar_are_as_high_as_the_whole(
    parts: Amounts, most: int, share: float
) -> None:
    total = math.fsum(parts)
    found = heights(parts, total * share, most)
    whole = max(1, round(1 / share * most)) if total else 0
    assert abs(sum(found) - whole) <= (share != 1)
    assert all(part >= 0 for part in found)
    assert all(amount > 0 or part == 0 for amount, part in zip(parts, found, strict=True))
    if sum(found) >= 2 * sum(amount > 0 for amount in parts):
        assert all(part > 0 for part, amount in zip(found, parts, strict=True) if amount > 0)


@given(st.lists(st.tuples(*[st.integers(0, 99).map(float)] * 3), max_size=30), st.integers(1, 6))
def test_bars_fit_and_are_drawn_as_high_as_they_are(
    bars: list[tuple[float, ...]], height: int
) -> None:
    lines = paint(bars, height)
    assert [len(line) for line in lines] == [len(bars)] * height
    peak = max((sum(bar) for bar in bars), default=0)
    for index, bar in enumerate(bars):
        column = [line[index] for line in lines]
        full = sum(cell.text != " " for cell in column)
        wanted = -(-max(1, round(sum(bar) / peak * 8 * height)) // 8) if sum(bar) else 0
        assert full == wanted


def test_parts_are_told_apart_by_two_colours_of_a_cell() -> None:
    (line,) = paint([[4.0, 4.0], [8.0, 0.0], [2.0, 1.0]], 1)
    assert [(cell.text, cell.part, cell.behind) for cell in line] == [
        ("▄", 0, 1), ("█", 0, None), ("▃", 0, None),
    ]  # fmt: skip


def test_without_colours_parts_are_told_apart_by_texture() -> None:
    ((first,), (second,)) = paint([[8.0, 8.0]], 2, has_colours=False)
    assert (first.text, second.text) == ("▓", "█")
    ((first,), (second,)) = paint([[8.0, 8.0]], 2, Glyphs.ASCII)
    assert (first.text, second.text) == ("=", "#")


# The panel

HOUR_OF_BYTES = Series(
    T0,
    MINUTE,
    (*(1e6 for _ in range(30)), 1.2e9, *(2e6 for _ in range(29))),
    "bytes",
    is_bytes=True,
)
FIVE_MINUTES = HOUR_OF_BYTES.folded(5 * MINUTE)


def test_one_line_has_label_bars_peak_start_and_end() -> None:
    (line,) = draw(HOUR_OF_BYTES, 118, 1).lines
    assert line.startswith("bytes/1m 15:18 ▁▁▁")
    assert line.endswith("▁▁▁ 16:18  peak 1.20 GB at 15:48")
    assert len(line) == 118


def test_labels_give_way_to_bars() -> None:
    assert draw(HOUR_OF_BYTES, 78, 1).lines[0].endswith("▁ 16:18  peak 1.20 GB")
    assert draw(HOUR_OF_BYTES, 60, 1).lines[0].endswith("▁ 16:18")
    assert draw(HOUR_OF_BYTES, 60, 1).lines[0].startswith("bytes/1m 15:18 ▁")
    assert draw(HOUR_OF_BYTES, 30, 1).lines[0].startswith("15:18 ▁")
    assert draw(HOUR_OF_BYTES, 8, 1).lines == ("▁▁▁▁█▁▁▁",)


@given(st.integers(1, 150))
def test_half_of_a_line_is_for_the_bars(width: int) -> None:
    long = Series(T0, MINUTE, (1.0,) * 300, "a very long name of a sum", is_bytes=True)
    drawing = draw(long, width, 1)
    assert drawing.width * 2 >= width - 1 or "a very" not in drawing.lines[0]


def test_few_bars_fill_the_width() -> None:
    few = Series(T0, MINUTE, (1.0, 2.0), "rows")
    line = draw(few, 78, 1).lines[0]
    assert line.startswith("rows/1m 15:18 ▄▄▄▄")
    assert line.endswith("██ 15:20  peak 2 at 15:19")
    assert abs(line.count("▄") - line.count("█")) <= 1


def test_a_selection_is_told_in_short_where_there_is_little_room() -> None:
    line = draw(HOUR_OF_BYTES, 60, 1, selected=Selected(29, 31)).lines[0]
    assert line.endswith(" 16:18  1.20 GB 15:47-15:50")


def test_more_lines_have_an_axis_with_figures() -> None:
    top, _, line = draw(HOUR_OF_BYTES, 100, 3).lines
    assert set(top.strip()) == {"█"}
    assert line.startswith("15:18 ━")
    assert "bytes/1m  peak 1.20 GB at 15:48  mean 21.5 MB  95 % 2.00 MB" in line
    assert line.endswith("━ 16:18")
    assert len(line) == len(top) == 100


def test_the_axis_is_heavy_where_there_are_records() -> None:
    part = replace(HOUR_OF_BYTES, values=(0.0,) * 30 + (1.0,) * 30)
    line = draw(part, 100, 3).lines[-1]
    assert line.startswith("15:18 ─")
    assert "━" not in line[:40]
    assert line.endswith("━ 16:18")


def test_gaps_look_unlike_zero() -> None:
    cover = (Cover.NOTHING, Cover.NODATA, Cover.RECORDED, Cover.SKIPPED)
    series = Series(T0, MINUTE, (0.0, 0.0, 0.0, 8.0), "bytes", cover=cover)
    drawing = draw(series, 4, 2)
    assert drawing.lines[0] == "·_ █"
    assert [cell.is_least for cell in drawing.cells[0]] == [False, False, False, True]
    assert draw(series, 4, 2, Look(Glyphs.ASCII)).lines[0] == "~_ @"
    assert "records lost in 1 of 4 bars" in draw(series, 120, 3).lines[-1]


def test_the_window_before_is_a_line_of_dots() -> None:
    earlier = replace(HOUR_OF_BYTES, values=(6e8,) * 60)
    cells = draw(HOUR_OF_BYTES, 60, 5, earlier=earlier).cells
    assert [sum(cell.text == "•" for cell in line) for line in cells] == [0, 60, 0, 0]
    low = replace(HOUR_OF_BYTES, values=(1.0,) * 60)
    assert draw(low, 60, 5, earlier=HOUR_OF_BYTES).cells[0][30].text == "•"
    assert "•" not in draw(low, 120, 1, earlier=earlier).lines[0]


@given(st.integers(1, 150), st.integers(1, 4), st.sampled_from(Glyphs))
def test_no_line_is_wider_than_the_panel(width: int, height: int, glyphs: Glyphs) -> None:
    drawn = draw(HOUR_OF_BYTES, width, height, Look(glyphs)).lines
    assert len(drawn) == height
    assert all(len(line) <= width for line in drawn)


def test_labels_are_in_the_zone() -> None:
    look = Look(zone=ZoneInfo("Asia/Tokyo"))
    assert draw(HOUR_OF_BYTES, 118, 1, look).lines[0].startswith("bytes/1m 00:18 ▁")


def test_long_series_have_dates() -> None:
    week = Series(T0, 6 * HOUR, (1.0,) * 28, "rows")
    assert draw(week, 118, 1).lines[0].startswith("rows/6h 04-01 15:18 █")
    assert "█ 04-08 15:18" in draw(week, 118, 1).lines[0]
    year = Series(T0 // DAY * DAY, DAY, (1.0,) * 365, "rows")
    assert "█ 2023-04-01  peak 1 at 2022-04-01" in draw(year, 118, 1).lines[0]


def test_absurd_times_are_drawn_too() -> None:
    far = parse_time("9999-12-31 23:59:59.000")
    assert far is not None
    beyond = Series(far, DAY, (1.0, 2.0), "x")
    assert draw(beyond, 118, 1, Look(zone=ZoneInfo("Asia/Tokyo"))).lines
    assert span_of(beyond, Selected(1, 1)).length > timedelta(0)


# A span of time


def test_a_selection_says_its_exact_sum_and_its_times() -> None:
    drawing = draw(HOUR_OF_BYTES, 140, 1, selected=Selected(31, 29))
    said = "1.20 GB (1,203,000,000) from 15:47 to 15:50: Enter zooms in"
    assert drawing.lines[0].endswith(f"▁ 16:18  {said}")
    span = span_of(HOUR_OF_BYTES, Selected(31, 29))
    assert (span.start_ms, span.end_ms) == (T0 + 29 * MINUTE, T0 + 32 * MINUTE)


def test_a_selection_says_how_much_each_value_has() -> None:
    bands = (Band("ACCEPT", (5.0, 1.0)), Band("REJECT", (0.0, 2.0)))
    series = Series(T0, MINUTE, (5.0, 3.0), "bytes", is_bytes=True, bands=bands)
    axis = draw(series, 118, 3, selected=Selected(1, 1)).lines[-1]
    assert "3 B from 15:19 to 15:20: Enter zooms in  ACCEPT 1 B  REJECT 2 B" in axis


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_each_step_has_its_cells_and_each_cell_its_steps(
    count: int, width: int, data: st.DataObject
) -> None:
    spans = [steps_at(count, width, cell) for cell in range(width)]
    assert spans[0][0] == 0
    assert spans[-1][1] == count
    assert all(first < end for first, end in spans)
    if count <= width:
        widths = [len(list(run)) for _, run in groupby(spans)]
        assert len(widths) == count
        assert max(widths) - min(widths) <= 1
    cells = st.integers(0, width - 1)
    selected = Selected.between(count, width, data.draw(cells), data.draw(cells))
    first, end = cells_of(count, width, selected)
    assert spans[first][0] <= selected.first
    assert spans[end - 1][1] > selected.last


@pytest.mark.parametrize(("width", "height"), [(118, 1), (20, 1), (8, 1), (80, 3)])
def test_the_bars_stand_where_the_drawing_says(width: int, height: int) -> None:
    drawing = draw(FIVE_MINUTES, width, height)
    area = drawing.lines[0][drawing.left : drawing.left + drawing.width]
    assert set(area.rstrip()) <= set(EIGHTHS)
    assert drawing.height == max(1, height - 1)


def test_where_nothing_was_recorded_that_is_said() -> None:
    nothing = Series(T0, MINUTE, (0.0,) * 4, "bytes", cover=(Cover.NOTHING,) * 4)
    assert "bytes/1m  no records at all ─" in draw(nothing, 118, 3).lines[-1]
    zero = replace(nothing, cover=(Cover.RECORDED,) * 4)
    assert "bytes/1m  nothing ━" in draw(zero, 118, 3).lines[-1]
