"""Areas, heat maps, groups and figures over the whole screen, as text."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.series import HOUR, MINUTE, OTHER, Band, Cover, Point, Series, Side, banded
from flowtui.ui.charts.areas import GROUND, GUTTER, areas, is_mirrored
from flowtui.ui.charts.canvas import plain
from flowtui.ui.charts.groups import Group, groups
from flowtui.ui.charts.heat import NAMES, by_the_hour, heat, least, level
from flowtui.ui.charts.panel import EARLIER, Look, Selected
from flowtui.ui.charts.stack import Glyphs
from flowtui.ui.charts.table import readout, table

T0 = 1648810800000
"""2022-04-01 11:00:00 UTC."""

LOOK = Look()


def series_of(*bands: Band, **more: object) -> Series:
    values = tuple(map(math.fsum, zip(*(band.values for band in bands), strict=True)))
    found = Series(T0, MINUTE, values, "bytes", is_bytes=True, bands=bands)
    return replace(found, **more)  # type: ignore[arg-type]


BOTH_WAYS = series_of(
    Band("ACCEPT", (8.0, 4.0), Side.IN),
    Band("ACCEPT", (4.0, 0.0), Side.OUT),
    Band("REJECT", (0.0, 4.0), Side.IN),
)


# Areas


def test_what_came_in_is_above_the_axis_and_what_went_out_below() -> None:
    lines = plain(areas(BOTH_WAYS, GUTTER + 2, 7, LOOK))
    assert [line[GUTTER:] for line in lines[:4]] == ["██"] * 4
    assert lines[4][GUTTER:].startswith("━")
    assert [line[GUTTER:] for line in lines[5:]] == ["█ ", "█ "]
    assert lines[0].startswith("      8 B")
    assert [line[:GUTTER].strip() for line in lines[3:6]] == ["in", "", "out"]


def test_both_sides_have_one_scale_and_one_order_of_colours() -> None:
    found = areas(BOTH_WAYS, GUTTER + 2, 7, LOOK)
    assert [line[GUTTER].part for line in found if line[GUTTER].text == "█"] == [0] * 6
    assert [line[GUTTER + 1].part for line in found[:4]] == [1, 1, 0, 0]


def test_bars_hang_from_the_axis() -> None:
    series = series_of(Band("a", (8.0,), Side.IN), Band("a", (5.0,), Side.OUT))
    *_, last = areas(series, GUTTER + 1, 5, LOOK)
    cell = last[GUTTER]
    # The lower three quarters of its cell are ground that is painted over the bar.
    assert (cell.text, cell.part, cell.behind) == ("▆", GROUND, 0)
    *_, last = areas(series, GUTTER + 1, 5, replace(LOOK, has_colours=False))
    assert last[GUTTER].text == "▔"
    *_, last = areas(series, GUTTER + 1, 5, Look(Glyphs.BRAILLE))
    assert last[GUTTER].text == "⠉"


def test_of_one_side_alone_there_is_no_mirror() -> None:
    series = series_of(Band("ACCEPT", (8.0, 4.0), Side.IN))
    assert not is_mirrored(series)
    assert len(areas(series, 40, 9, LOOK)) == 9


def test_the_axis_has_times_and_the_cursor() -> None:
    series = Series(T0, MINUTE, (1.0,) * 60, "bytes")
    line = plain(areas(series, GUTTER + 60, 9, LOOK))[-1][GUTTER:]
    assert line.startswith("11:00 ━━━")
    assert "11:14 " in line
    marked = plain(areas(series, GUTTER + 60, 9, LOOK, selected=Selected(20, 22)))[-1][GUTTER:]
    assert [at for at, text in enumerate(marked) if text == "▲"] == [20, 21, 22]


def test_the_window_before_is_dotted_on_both_sides() -> None:
    earlier = series_of(Band("a", (4.0, 4.0), Side.IN), Band("a", (2.0, 2.0), Side.OUT))
    found = areas(BOTH_WAYS, GUTTER + 2, 13, LOOK, earlier=earlier)
    dotted = [at for at, line in enumerate(found) if line[GUTTER].part == EARLIER]
    axis = next(at for at, line in enumerate(found) if "━" in plain([line])[0])
    assert len(dotted) == 2
    assert dotted[0] < axis < dotted[1]


sizes = st.tuples(st.integers(1, 160), st.integers(1, 50))
several = st.lists(
    st.builds(
        Point, st.integers(T0, T0 + 5 * HOUR), st.integers(0, 10**9).map(float),
        st.sampled_from("abcdefgh"), st.sampled_from(Side),
    ),
    min_size=1, max_size=20,
)  # fmt: skip


@given(several, sizes, st.sampled_from(Glyphs), st.booleans())
def test_pictures_fill_their_room_and_no_more(
    points: list[Point], size: tuple[int, int], glyphs: Glyphs, has_colours: bool
) -> None:
    width, height = GUTTER + size[0], 2 + size[1]
    series = banded((T0, MINUTE, 300), points, "bytes", 15, is_bytes=True).fitted(100)
    look = Look(glyphs, has_colours)
    for lines in (
        areas(series, width, height, look, selected=Selected(0, 3), earlier=series),
        heat(series, NAMES + width, height, look, Selected(1, 1)),
    ):
        assert len(lines) == height
        assert {len(line) for line in lines} <= {width, NAMES + width}
    found = tuple(Group(band.name, sum(band.values), "x") for band in series.by_name())
    assert len(groups(found, width, height, look)) == height


# Heat


def test_a_heat_map_has_a_line_for_each_value_and_a_shade_for_each_step() -> None:
    series = series_of(
        Band("443", (0.0, 1.0, 100.0, 10.0)),
        Band("22", (0.5, 0.0, 0.0, 30.0)),
        Band(OTHER, (9.0,) * 4),
    )
    first, second, third, axis, legend = plain(heat(series, NAMES + 4, 5, LOOK))
    assert (first[:3], first[NAMES:]) == ("443", " ░█▓")
    assert (second[:2], second[NAMES:]) == ("22", "░  █")
    assert third.strip() == ""
    assert axis[NAMES:].startswith("━")
    assert legend.strip().startswith("fro")


@given(st.floats(0, 1e12), st.floats(0, 1e12))
def test_more_is_never_lighter(one: float, other: float) -> None:
    small, large = sorted((one, other))
    most = 1e12
    assert level(small, most) <= level(large, most) <= 4
    assert (level(small, most) == 0) == (small == 0)
    assert small >= least(level(small, most), most) or small == 0


def test_hours_are_shown_where_there_are_some() -> None:
    assert by_the_hour(Series(T0, MINUTE, (1.0,) * 600, "bytes")).step_ms == HOUR
    assert by_the_hour(Series(T0, MINUTE, (1.0,) * 60, "bytes")).step_ms == MINUTE


# Groups


def test_groups_are_bars_with_shares() -> None:
    found = [Group("b", 10.0, "10 B"), Group("a", 30.0, "30 B")]
    first, second, rest = plain(groups(found, 60, 3, LOOK))
    assert first.split() == ["a", "30", "B", "75%", "█" * 34]
    assert second.split()[3] == "25%"
    assert len(second.split()[4]) == 12
    assert rest.strip() == ""


def test_groups_without_room_are_counted() -> None:
    found = [Group(str(n), 10.0, "10 B") for n in range(10)]
    assert plain(groups(found, 60, 4, LOOK))[-1].strip() == "and 7 more, 70% of all"


# Figures


def test_the_table_has_figures_of_each_value_and_of_all() -> None:
    series = replace(BOTH_WAYS, cover=(Cover.RECORDED, Cover.RECORDED))
    head, accept, reject, all_ = plain(table(series, 120, LOOK))
    assert head.split() == ["per", "1m", "total", "min", "mean", "95", "%", "max"]
    assert " ".join(accept.split()) == "█ ACCEPT 16 B 4 B 8 B 12 B 12 B"
    assert reject.split()[1] == "REJECT"
    assert " ".join(all_.split()) == "all 20 B 8 B 10 B 12 B 12 B"


def test_the_cursor_tells_the_exact_amount() -> None:
    series = series_of(Band("ACCEPT", (1_234_567.0, 0.0)), Band("REJECT", (1.0, 0.0)))
    said = readout(series, Selected(0, 0), LOOK, earlier=replace(series, values=(5.0, 0.0)))
    assert said == "11:00-11:01  1,234,568 B  ACCEPT 1.23 MB  REJECT 1 B  before 5 B"


@pytest.mark.parametrize(
    ("cover", "said"), [(Cover.NOTHING, "no records"), (Cover.NODATA, "NODATA: no traffic"),
                        (Cover.RECORDED, "0 B")],
)  # fmt: skip
def test_the_cursor_tells_a_gap_from_zero(cover: Cover, said: str) -> None:
    series = Series(T0, MINUTE, (0.0, 1.0), "bytes", True, cover=(cover, Cover.RECORDED))
    assert readout(series, Selected(0, 0), LOOK).endswith(said)
