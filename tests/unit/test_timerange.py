from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flowtui.model.errors import UsageError
from flowtui.model.timerange import Last, TimeRange, from_ms, parse_duration, parse_moment, to_ms
from flowtui.query import ast
from flowtui.query.timebin import bin_span, parse_timestamp

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


def clock(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2022, 4, 1, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOON, NOON),
        (NOON + HOUR, NOON),
        (NOON.replace(tzinfo=None), NOON + HOUR),
        (NOON, (NOON + HOUR).replace(tzinfo=None)),
    ],
)
def test_a_range_is_never_empty_nor_without_a_zone(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="a TimeRange"):
        TimeRange(start, end)


def test_ranges_that_only_touch_share_nothing() -> None:
    first, second = TimeRange(NOON, NOON + HOUR), TimeRange(NOON + HOUR, NOON + 2 * HOUR)
    assert first.intersect(second) is None
    assert first.intersect(TimeRange(NOON + HOUR / 2, NOON + 9 * HOUR)) == TimeRange(
        NOON + HOUR / 2, NOON + HOUR
    )


def test_a_relative_time_is_resolved_anew_and_an_absolute_one_is_not() -> None:
    fixed = TimeRange(NOON, NOON + HOUR)
    assert Last(HOUR).resolve(NOON) == TimeRange(NOON - HOUR, NOON)
    assert fixed.resolve(NOON + 9 * HOUR) is fixed
    with pytest.raises(ValueError, match="a Last"):
        Last(timedelta(0))


@pytest.mark.parametrize("text", ["15m", "1h", "3d", "2w", "45s", "90m"])
def test_a_length_is_shown_as_it_is_written(text: str) -> None:
    assert str(Last(parse_duration(text))) == text


@pytest.mark.parametrize(
    ("text", "seconds"), [("1h30m", 5400), (" 2 H ", 7200), ("120m", 7200), ("18000d", 1555200000)]
)
def test_lengths(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m",
        "15",
        "15x",
        "1h?",
        "-5m",
        "0m",
        "18001d",
        "9" * 30 + "w",
        "9" * 5000 + "s",
        "15m" + "9" * 10_000,
    ],
)
def test_a_bad_length_is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="write it like 15m, 1h") as error:
        parse_duration(text)
    assert "\n" not in str(error.value)


def test_the_longest_length_still_begins_after_the_epoch() -> None:
    assert Last(parse_duration("18000d")).resolve(NOON).start_ms > 0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-04-01T12:00", NOON),
        ("2022-04-01 12:00:00Z", NOON),
        ("2022-04-01T14:00+02:00", NOON),
        ("20220401T12", NOON),
        (" 1648814400 ", NOON),
        ("1648814400000", NOON),
        ("2022-04-01", NOON - 12 * HOUR),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


def test_a_moment_without_an_offset_is_of_the_given_zone() -> None:
    assert parse_moment("2022-04-01 14:00", BERLIN) == NOON
    assert parse_moment("2022-04-01 14:00Z", BERLIN) == NOON + 2 * HOUR


def test_a_span_over_the_hour_that_comes_twice_is_none_too_short() -> None:
    """Datetimes of one zone compare by the clock on the wall, which goes back from 3 to 2."""
    start = parse_moment("2022-10-30T02:30", BERLIN)
    end = parse_moment("2022-10-30T02:10+01:00", BERLIN)
    assert TimeRange(start, end).length == timedelta(minutes=40)
    assert start.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "noon", "2022-13-01", "9" * 20, "9" * 5000, "0001-01-01T00:00+10:00", "1e9"]
)
def test_a_bad_moment_is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time; write it like"):
        parse_moment(text)


def test_milliseconds_are_exact() -> None:
    assert to_ms(from_ms(1648826400123)) == 1648826400123
    assert TimeRange(from_ms(-1), from_ms(1)).start_ms == -1


@pytest.mark.parametrize(
    ("start", "count", "unit", "end"),
    [
        (clock(12, 20), 1, "m", clock(12, 21)),
        (clock(12, 25), 25, "min", clock(12, 50)),
        (clock(12, 50), 25, "m", clock(13)),
        (clock(12, 20), 300, "s", clock(12, 21)),
        (clock(12, 20, 40), 40, "secs", clock(12, 21)),
        (clock(12), 100, "M", clock(13)),
        (clock(20), 5, "HR", NOON + 12 * HOUR),
        (clock(0), 1, "day", NOON + 12 * HOUR),
    ],
)
def test_a_bin_ends_with_its_parent_unit(
    start: datetime, count: int, unit: str, end: datetime
) -> None:
    assert bin_span(start, ast.Period(count, unit)) == TimeRange(start, end)


@pytest.mark.parametrize(
    ("count", "unit"), [(2, "d"), (1, "w"), (1, "mo"), (0, "m"), (1, "parsec")]
)
def test_a_bin_whose_end_is_not_known_has_no_span(count: int, unit: str) -> None:
    assert bin_span(NOON, ast.Period(count, unit)) is None


def test_a_bin_that_ends_after_all_time_has_no_span() -> None:
    last = datetime(9999, 12, 31, tzinfo=UTC)
    assert bin_span(last, ast.Period(1, "d")) is None
    assert bin_span(last.replace(hour=23), ast.Period(1, "h")) is None
    assert bin_span(last - HOUR, ast.Period(1, "h")) is not None


def test_timestamp_cells() -> None:
    assert parse_timestamp("2022-04-01 12:00:00.250") == NOON + timedelta(milliseconds=250)
    assert parse_timestamp("-") is None
