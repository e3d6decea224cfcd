from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.model.errors import UsageError
from flowtui.model.time_entry import read_moment, read_time, write_time
from flowtui.model.timerange import Last, Time, TimeRange, moved, scaled
from tests.property.laws import law

NOW = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
TOKYO = ZoneInfo("Asia/Tokyo")
HOUR = timedelta(hours=1)


def span(start: str, end: str, zone: tzinfo = UTC) -> TimeRange:
    return TimeRange(*(datetime.fromisoformat(each).replace(tzinfo=zone) for each in (start, end)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15m", Last(HOUR / 4)),
        ("1h30m", Last(1.5 * HOUR)),
        ("last 15m", Last(HOUR / 4)),
        ("-6h", Last(6 * HOUR)),
        ("6h ago", Last(6 * HOUR)),
        ("now-6h", Last(6 * HOUR)),
        ("now - 6h", Last(6 * HOUR)),
        ("now-6h to now", Last(6 * HOUR)),
        ("1h 30m ago until now", Last(1.5 * HOUR)),
        ("all", None),
        ("  ", None),
        ("14:00-15:00", span("2026-11-30 14:00", "2026-11-30 15:00")),
        ("14:00 to 15:00", span("2026-11-30 14:00", "2026-11-30 15:00")),
        ("from 9:05 to 9:05:30", span("2026-11-30 09:05", "2026-11-30 09:05:30")),
        ("9-10", span("2026-11-30 09:00", "2026-11-30 10:00")),
        # What was at that time last.
        ("17:00-18:00", span("2026-11-29 17:00", "2026-11-29 18:00")),
        ("23:00 \u2013 01:00", span("2026-11-29 23:00", "2026-11-30 01:00")),
        ("yesterday 17-18", span("2026-11-29 17:00", "2026-11-29 18:00")),
        ("Yesterday 23-24", span("2026-11-29 23:00", "2026-11-30 00:00")),
        ("yesterday", span("2026-11-29", "2026-11-30")),
        ("today", span("2026-11-30", "2026-11-30 14:30")),
        ("today 9:30 to 10", span("2026-11-30 09:30", "2026-11-30 10:00")),
        ("2026-11-29", span("2026-11-29", "2026-11-30")),
        ("2026-11-28 to 2026-11-30", span("2026-11-28", "2026-11-30")),
        ("2026-11-28 - 2026-11-30", span("2026-11-28", "2026-11-30")),
        ("2026-11-29 10-12", span("2026-11-29 10:00", "2026-11-29 12:00")),
        ("2026-11-29 10:00 +30m", span("2026-11-29 10:00", "2026-11-29 10:30")),
        ("2026-11-29T10:00 + 1h 30m", span("2026-11-29 10:00", "2026-11-29 11:30")),
        ("14:00 ±5m", span("2026-11-30 13:55", "2026-11-30 14:05")),
        ("2026-11-29 10:00 +-1h", span("2026-11-29 09:00", "2026-11-29 11:00")),
        ("-6h to -3h", span("2026-11-30 08:30", "2026-11-30 11:30")),
        ("-6h..-3h", span("2026-11-30 08:30", "2026-11-30 11:30")),
        ("now - 6h to now - 3h", span("2026-11-30 08:30", "2026-11-30 11:30")),
        ("3h ago to 1h ago", span("2026-11-30 11:30", "2026-11-30 13:30")),
        ("2026-11-29 10:00", span("2026-11-29 10:00", "2026-11-30 14:30")),
        ("1796032800", span("2026-11-30 10:00", "2026-11-30 14:30")),
        ("1796032800 to 1796036400", span("2026-11-30 10:00", "2026-11-30 11:00")),
        ("1796032800000 1796036400000", span("2026-11-30 10:00", "2026-11-30 11:00")),
        ("1796032800000-1796036400000", span("2026-11-30 10:00", "2026-11-30 11:00")),
        ("2026-11-29T10:00:00Z/2026-11-29T11:00:00Z", span("2026-11-29 10:00", "2026-11-29 11:00")),
        ("2026-11-29T10:00:00Z, 2026-11-29T12:00+01:00",
         span("2026-11-29 10:00", "2026-11-29 11:00")),
        ("2026-11-29T10:00:00.250Z → 2026-11-29T11:00:00Z",
         span("2026-11-29 10:00:00.250", "2026-11-29 11:00")),
    ],
)  # fmt: skip
def test_a_span_as_people_write_it(text: str, expected: Time | None) -> None:
    assert read_time(text, NOW) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yesterday", span("2026-11-29", "2026-11-30", TOKYO)),
        ("23:00-23:30", span("2026-11-30 23:00", "2026-11-30 23:30", TOKYO)),
        ("2026-11-29T10:00Z +1h", span("2026-11-29 10:00", "2026-11-29 11:00")),
    ],
)
def test_days_and_clocks_are_those_of_the_zone(text: str, expected: TimeRange) -> None:
    assert read_time(text, NOW, TOKYO) == expected


def test_a_day_on_which_the_clocks_go_back_has_an_hour_more() -> None:
    day = read_time("2026-10-25", NOW, BERLIN)
    assert isinstance(day, TimeRange)
    assert day.length == 25 * HOUR


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("soon", "'soon' is not a length of time, nor a span; write it like 15m, "),
        ("x to y", "'x' is not a time; write it like"),
        ("14:00-25:00", "is not a length of time"),
        ("2026-02-30", "is not a length of time"),
        ("today 10-10:00 to", "is not a length of time"),
        ("2026-11-29T11:00 to 2026-11-29T10:00", "the start must lie before the end"),
        ("0m", "'0m' is no time at all"),
        ("now", "'now' is not in the past"),
        ("2027-01-01T00:00", "is not in the past"),
        ("9" * 30 + "d", "is longer than there are flow logs"),
        ("9" * 5000 + "d", "is not a time; write it like"),
        ("0001-01-01 00:00 +-1d", "is not a time"),
    ],
)
def test_what_is_no_span_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        read_time(text, NOW)
    assert sentence in str(error.value)
    assert len(str(error.value)) < 250


_PARTS = st.sampled_from(
    [*"0123456789:-+±/. TZ", "14:00", "yesterday", "today", " to ", "now", " ago", "15m",
     "2026-11-29", "last ", "T10:00:00Z", "1796032800", "..", "24", "9999-12-31", "0001-01-01"]
)  # fmt: skip


@given(st.one_of(st.lists(_PARTS, max_size=8).map("".join), st.text(max_size=30)))
@example("9999-12-31 23-24")
def test_any_text_is_a_span_or_a_sentence(text: str) -> None:
    for zone in (UTC, TOKYO):
        with suppress(UsageError):
            time = read_time(text, NOW, zone)
            assert time is None or isinstance(time, (Last, TimeRange))


SPANS = st.builds(
    lambda start, seconds: TimeRange(start, start + timedelta(seconds=seconds)),
    st.integers(0, 2_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.integers(1, 10_000_000),
)
TIMES = st.one_of(SPANS, st.integers(1, 10_000_000).map(lambda n: Last(timedelta(seconds=n))))


@given(TIMES, st.sampled_from([UTC, TOKYO]))
def test_what_is_written_reads_as_the_same(time: Time, zone: tzinfo) -> None:
    assert read_time(write_time(time, zone), NOW, zone) == time


@pytest.mark.parametrize(
    ("text", "expected"),
    [("-3h", "2026-11-30 11:30"), ("14:00", "2026-11-30 14:00"), ("yesterday", "2026-11-29"),
     ("2026-11-29 10:00", "2026-11-29 10:00"), ("now", "2026-11-30 14:30")],
)  # fmt: skip
def test_a_moment(text: str, expected: str) -> None:
    assert read_moment(text, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


# The window moved and scaled


@given(TIMES, st.sampled_from([-3, -1, 1, 2]))
def test_a_moved_window_keeps_its_length_and_does_not_pass_now(time: Time, widths: int) -> None:
    before, after = time.resolve(NOW), moved(time, widths, NOW).resolve(NOW)
    if after.start_ms > 0:
        assert after.length == before.length
    assert after.end <= max(NOW, before.end)


def test_a_window_goes_back_and_forth() -> None:
    hour = Last(HOUR)
    before = moved(hour, -1, NOW)
    assert before == TimeRange(NOW - 2 * HOUR, NOW - HOUR)
    assert moved(before, 1, NOW) == TimeRange(NOW - HOUR, NOW)
    assert moved(hour, 1, NOW) == hour


def test_a_scaled_window_keeps_its_middle_or_slides_on() -> None:
    assert scaled(Last(HOUR), 0.5, NOW) == Last(HOUR / 2)
    assert scaled(Last(HOUR), 2, NOW) == Last(2 * HOUR)
    past = TimeRange(NOW - 5 * HOUR, NOW - 3 * HOUR)
    assert scaled(past, 0.5, NOW) == TimeRange(NOW - 4.5 * HOUR, NOW - 3.5 * HOUR)
    assert scaled(past, 2, NOW) == TimeRange(NOW - 6 * HOUR, NOW - 2 * HOUR)
    assert scaled(scaled(past, 2, NOW), 4, NOW).resolve(NOW).end == NOW


@given(TIMES, st.lists(st.sampled_from([0.5, 2]), max_size=40))
def test_a_window_scaled_ever_on_stays_one(time: Time, factors: list[float]) -> None:
    for factor in factors:
        time = scaled(time, factor, NOW)
    assert time.resolve(NOW).length >= timedelta(seconds=0.5)


PIECES = st.sampled_from(
    ("15m", "1h", "now", "-", "yesterday", "today", "2022-01-01", "0001-01-01", "9999-12-31",
     "9998-12-31", "1969-12-31", "T12:00", "T23:59:59.999", "Z", "-23:59", "12:00", "24:00", "/",
     " to ", "..", "9" * 40, "last ", " ago", "\u0663", "\x1b", " ", "1648826281", "000", "+", "±",
     "all", "18000d", "2024-02-30", "w")
)  # fmt: skip
ZONES = st.sampled_from(("UTC", "Pacific/Apia", "Pacific/Kiritimati", "America/Los_Angeles"))


@law
@given(st.lists(PIECES, max_size=5).map("".join), ZONES)
@example("0001-01-01", "America/Los_Angeles")
@example("9999-12-31 to 9999-12-31T23:59:59", "Pacific/Apia")
def test_any_text_is_a_time_or_refused_and_a_time_can_be_moved_and_shown(
    text: str, name: str
) -> None:
    zone = ZoneInfo(name)
    try:
        found = read_time(text, NOW, zone)
    except UsageError:
        return
    write_time(found, zone)
    if found is None:
        return
    for other in (*(moved(found, by, NOW) for by in (-1, 1)), scaled(found, 2, NOW)):
        span = other.resolve(NOW)
        assert span.start < span.end
        span.start.astimezone(zone)
        span.end.astimezone(zone)
