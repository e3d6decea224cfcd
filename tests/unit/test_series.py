from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.series import (
    DAY,
    HOUR,
    MINUTE,
    OTHER,
    STEPS,
    Band,
    Cover,
    Figures,
    Point,
    Series,
    Side,
    axis,
    banded,
)

T0 = 1648826280000

points = st.lists(
    st.builds(
        Point,
        st.integers(0, 3 * DAY).map(lambda moment: T0 + moment),
        st.integers(0, 10**9).map(float),
        st.sampled_from(["a", "b", "c", "d", ""]),
        st.sampled_from(Side),
    ),
    max_size=30,
)


def whole(found: list[Point], most: int = 15) -> Series:
    return banded(axis(T0, T0 + 3 * DAY, 480), found, "bytes", most, is_bytes=True)


@given(points, st.integers(0, 4), st.integers(1, 300), st.integers(-14, 14))
def test_nothing_is_lost_or_made_up_on_the_way_to_a_screen(
    found: list[Point], most: int, width: int, hours: int
) -> None:
    total = sum(point.amount for point in found)
    series = whole(found)
    for shown in (series, series.top(most), series.fitted(width, hours * HOUR)):
        assert sum(shown.values) == total
        parts = [band.values for band in shown.by_name()]
        assert tuple(map(sum, zip(*parts, strict=True))) == shown.values
        if shown.bands:
            assert sum(sum(shown.on(side).values) for side in Side) == total


@given(points, st.integers(1, 300), st.integers(-14, 14))
def test_what_is_fitted_fits_and_covers_the_same_time(
    found: list[Point], width: int, hours: int
) -> None:
    series = whole(found)
    fitted = series.fitted(width, hours * HOUR)
    assert len(fitted.values) <= width
    assert fitted.step_ms % series.step_ms == 0
    assert fitted.start_ms <= series.start_ms
    assert series.end_ms <= fitted.end_ms


@given(st.integers(0, 10**13), st.integers(1, 10**11), st.integers(2, 500), st.sampled_from(STEPS))
def test_no_bin_is_narrower_than_a_record_is_long(
    first: int, length: int, most: int, least: int
) -> None:
    start, step, count = axis(first, first + length, most, least)
    assert step >= least
    assert start <= first < start + step
    assert start + step * count >= first + length
    assert count <= most + 1


def test_moments_outside_count_at_the_nearest_step() -> None:
    steps = (T0, MINUTE, 2)
    found = banded(steps, [Point(0, 1.0), Point(T0 + DAY, 2.0)], "rows", 15, is_bytes=False)
    assert found.values == (1, 2)


def test_the_largest_values_get_bands_and_the_rest_is_other() -> None:
    amounts = {"a": 1.0, "b": 5.0, "c": 3.0}
    series = whole([Point(T0, amount, name) for name, amount in amounts.items()])
    assert series.names == ("b", "c", "a")
    assert series.top(1).names == ("b", OTHER)
    assert series.top(1).bands[1].values[0] == 4


def test_days_begin_where_they_do_in_the_zone() -> None:
    midnight = 1648857600000 - 9 * HOUR  # of 2022-04-02 in Tokyo
    series = Series(midnight - DAY, HOUR, (1.0,) * 48, "rows")
    assert series.fitted(2, 9 * HOUR).start_ms == midnight - DAY
    assert series.fitted(2, 9 * HOUR).values == (24, 24)
    assert series.fitted(3).values == (9, 24, 15)
    assert series.fitted(8, 9 * HOUR).step_ms == 6 * HOUR


def test_what_does_not_add_up_keeps_its_highest() -> None:
    series = Series(T0, MINUTE, (1.0, 3.0, 2.0, 5.0), "avg(bytes)", is_additive=False)
    assert series.fitted(2).peak == 5
    assert set(series.fitted(2).values) <= {3, 5}


def test_bins_that_no_clock_has_are_folded_by_number() -> None:
    series = Series(T0 + 7, 7 * MINUTE, (1.0, 2.0, 3.0), "rows")
    assert series.fitted(3) == series
    assert (series.fitted(2).values, series.fitted(2).step_ms) == ((3, 3), 14 * MINUTE)


# Gaps and figures


def test_a_gap_is_no_zero() -> None:
    cover = (Cover.NOTHING, Cover.RECORDED, Cover.RECORDED, Cover.NOTHING)
    series = Series(T0, MINUTE, (0.0, 4.0, 0.0, 0.0), "bytes")
    assert series.covered(cover).figures() == Figures(0, 2, 4, 4, 4)
    assert series.covered(cover).recorded == (1, 3)
    assert series.recorded == (1, 2)
    assert Series(T0, MINUTE, (0.0,), "bytes").recorded is None


def test_of_steps_together_the_worst_is_said() -> None:
    cover = (Cover.NOTHING, Cover.NODATA, Cover.RECORDED, Cover.SKIPPED, Cover.NOTHING)
    series = Series(0, MINUTE, (0.0,) * 5, "bytes", cover=cover)
    assert series.folded(5 * MINUTE).cover == (Cover.SKIPPED,)
    assert replace(series, cover=cover[:1] * 5).folded(5 * MINUTE).cover == (Cover.NOTHING,)


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=40))
def test_figures_are_in_order(values: list[float]) -> None:
    figures = Figures.of(values)
    assert figures.least <= figures.percentile <= figures.most
    assert figures.least <= figures.mean * (1 + 1e-9)
    assert figures.mean <= figures.most * (1 + 1e-9)
    at_most = sum(value <= figures.percentile for value in values)
    assert at_most >= 0.95 * len(values)


@pytest.mark.parametrize(
    ("step", "name"), [(MINUTE, "1m"), (6 * HOUR, "6h"), (DAY, "1d"), (10, "10ms"), (5000, "5s")]
)
def test_labels(step: int, name: str) -> None:
    assert Series(T0, step, (1.0,), "rows").label == f"rows/{name}"


def test_a_band_has_its_own_figures() -> None:
    series = Series(T0, MINUTE, (3.0, 1.0), "bytes", bands=(Band("a", (3.0, 0.0)),))
    assert series.figures(series.bands[0].values).mean == 1.5
    assert timedelta(milliseconds=series.end_ms - series.start_ms) == timedelta(minutes=2)
