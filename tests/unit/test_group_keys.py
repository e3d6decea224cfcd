"""Group keys: in the items of their `stats`, to their last digit, and as timestamps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from flowtui.backends.duckdb.macros import install
from flowtui.engine.drill import drill
from flowtui.model.errors import QueryError
from flowtui.model.run import Cell, Query
from flowtui.model.timerange import TimeRange
from flowtui.query.check import check
from tests.tables import Place

pytestmark = pytest.mark.slow

NOW = datetime(2022, 4, 1, 16, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
WINDOW = TimeRange(NOW - timedelta(hours=12), NOW)


@pytest.fixture
def place() -> Iterator[Place]:
    with duckdb.connect(":memory:") as connection:
        install(connection)
        made = Place(connection, WINDOW)
        lines = [("a", 443, 10, 60), ("a", 443, 30, 3660), ("b", 22, 7, 7200), ("-", 22, "-", 60)]
        listed = [f"{name} {port} {size} {SECONDS - ago}" for name, port, size, ago in lines]
        made.add("g", "srcaddr dstport bytes start", *listed)
        yield made


@pytest.mark.parametrize(
    ("stats", "rows"),
    [
        ("max(bytes) - dstport as d by dstport", [("22", "-15"), ("443", "-413")]),
        ("dstport - max(bytes) as d, d * 2 as e by dstport",
         [("22", "15", "30"), ("443", "413", "826")]),
        ("concat(srcaddr, '!') as loud, count(*) as n by srcaddr",
         [("-", "-!", "1"), ("a", "a!", "2"), ("b", "b!", "1")]),
        ("sum(bytes) / p as q by dstport * 2 as p", [("44", "0.1591"), ("886", "0.04515")]),
        ("max(bytes) - strlen(srcaddr) as d by strlen(srcaddr) as len", [("1", "29")]),
        ("count(*) - toMillis(bin(1d)) as d by bin(1d)",
         [("2022-04-01 00:00:00.000", str(4 - 1648771200000))]),
        ("0.20 / 1000000 as c, count(*) as n, c * n as cost", [("0.0000002", "4", "0.0000008")]),
        ("512 as size, 'x' as tag, sum(bytes) / size as s by dstport",
         [("22", "512", "x", "0.01367"), ("443", "512", "x", "0.07813")]),
        ("count(*) as n, dstport by dstport", [("22", "2"), ("443", "2")]),
        ("greatest(count(nothing), 0) + greatest(count(bytes), 0) as n", [("4",)]),
    ],
)  # fmt: skip
def test_items_may_hold_keys_and_constants(
    place: Place, stats: str, rows: list[tuple[Cell, ...]]
) -> None:
    assert not check(f"stats {stats}")
    assert sorted(place.rows(f"stats {stats}")) == rows


def test_constants_of_no_events_are_one_row(place: Place) -> None:
    assert place.rows("filter 1 = 2 | stats 5 as five, count(*) as n") == [("5", "0")]


def test_a_field_that_is_no_key_is_refused(place: Place) -> None:
    text = "stats sum(bytes) / dstport as q by srcaddr"
    with pytest.raises(QueryError, match="dstport is not an aggregate") as caught:
        place.ask(text)
    assert text[slice(*caught.value.span)] == "dstport"
    assert [each.code for each in check(text)] == ["not-aggregate"]


def test_a_computed_key_keeps_its_last_digit(place: Place) -> None:
    """As on the service: 122.0703125 less 27.6565 is 94.4138, and 122.0703 less it 94.4137."""
    text = "stats prov - 27.65653 as left, count(*) as n by 128000000 / 1024 / 1024 as prov"
    assert place.rows(text) == [("122.0703", "94.4138", "4")]
    again = f"{text} | stats sum(n) as m by prov * 10000000 as whole"
    assert place.rows(again) == [("1220703125", "4")]


@pytest.mark.parametrize("key", ["bytes / 7e6", "coalesce(nothing, bytes / 7e6, srcaddr)"])
def test_keys_that_differ_are_different_groups(place: Place, key: str) -> None:
    lines = [f"a 1 {100_000_000 + size} {SECONDS - 60}" for size in (0, 1, 1)]
    place.add("g", "srcaddr dstport bytes start", *lines)
    text = f"stats count(*) as n by {key} as x"
    assert place.rows(f"{text} | sort n") == [("14.2857", "1"), ("14.2857", "2")]
    assert place.rows(f"{text} | stats count(*) as k by x | sort k") == [("14.2857", "1")] * 2


def test_minus_zero_is_zero(place: Place) -> None:
    assert place.rows("stats count(*) as n by bytes * 0 * if(dstport > 99, -1, 1) as z") == [
        (None, "1"),
        ("0", "3"),
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("datefloor(@timestamp - 21600000, 1d) + 21600000", "2022-04-01 06:00:00.000"),
        ("datefloor(@timestamp + 9 * 3600 * 1000, 1d)", "2022-04-02 00:00:00.000"),
        ("datefloor(@timestamp + 9h, 1d)", "2022-04-02 00:00:00.000"),
        ("1000 + bin(1d)", "2022-04-01 00:00:01.000"),
        ("bin(1d) - 1d", "2022-03-31 00:00:00.000"),
        ("bin(1d) + dstport - dstport", "2022-04-01 00:00:00.000"),
        ("bin(1d) + 0.9", "2022-04-01 00:00:00.000"),
        ("bin(1d) - bin(1d)", "0"),
        ("0 - bin(1d)", "-1648771200000"),
        ("bin(1d) + bin(1d)", "3297542400000"),
        ("bin(1d) * 2", "3297542400000"),
        ("bin(1d) + srcaddr", None),
        ("bin(1d) - 1e15", None),
    ],
)
def test_a_timestamp_and_a_number_is_a_timestamp(place: Place, key: str, shown: Cell) -> None:
    text = f"filter dstport = 443 and bytes = 10 | stats count(*) as n by {key} as t"
    assert place.rows(text) == [(shown, "1")]
    row = {"n": "1"} | ({} if shown is None else {"t": shown})
    after = drill(Query(text, WINDOW), WINDOW, row, None)
    assert len(place.rows(after.query.text)) == 1


def test_moved_bins_stand_newest_first(place: Place) -> None:
    rows = place.rows("stats count(*) as n by datefloor(@timestamp - 1800000, 1h) + 1800000")
    assert [row[0] for row in rows] == [f"2022-04-01 {h}:30:00.000" for h in (15, 14, 13)]


def test_an_added_period_is_said() -> None:
    with duckdb.connect(":memory:") as connection:
        install(connection)
        place = Place(connection, WINDOW)
        place.add("g", "bytes start", f"1 {SECONDS - 60}")
        compiled = place.compile("fields datefloor(@timestamp + 9h, 1d) as d")
        assert "write milliseconds" in compiled.notices[0]
        with pytest.raises(QueryError, match="a period stands only in"):
            place.compile("fields bytes + 9h")
