"""How a column of timestamps is shown."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest

from flowtui.ui.widgets.grid.times import moment_text, times_of, times_of_seconds

TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("values", "zone", "title", "shown"),
    [
        (["2022-04-01 15:18:00.000"], UTC, "t 04-01 UTC", ["15:18:00"]),
        (["2022-04-01 15:18:00.250"], UTC, "t 04-01 UTC", ["15:18:00.250"]),
        (
            ["2022-04-01 14:59:59.000", "2022-04-01 15:00:00.000"], TOKYO, "t local",
            ["2022-04-01 23:59:59", "2022-04-02 00:00:00"],
        ),
        (["2022-02-31 15:18:00.000", "-"], TOKYO, "t 02-31 local", ["15:18:00", "-"]),
        (
            ["2022-04-01 15:18:00.000", "no time"], UTC, "t UTC",
            ["2022-04-01 15:18:00.000", "no time"],
        ),
        (["9999-12-31 23:59:59.000"], TOKYO, "t 12-31 local", ["23:59:59"]),
    ],
)  # fmt: skip
def test_what_all_rows_have_in_common_is_told_once(
    values: list[str], zone: tzinfo, title: str, shown: list[str]
) -> None:
    times = times_of(values, zone)
    assert times.title("t") == title
    assert [times.show(value) for value in values] == shown


@pytest.mark.parametrize(
    ("values", "title", "shown"),
    [
        (["1648826280", "1648826340"], "t 04-01 UTC", ["15:18:00", "15:19:00"]),
        (["1648826280", "1648912680"], "t UTC", ["2022-04-01 15:18:00", "2022-04-02 15:18:00"]),
        (
            ["1648826280", "-", "16488262801", "x"],
            "t 04-01 UTC",
            ["15:18:00", "-", "16488262801", "x"],
        ),
        (["-"], "t UTC", ["-"]),
    ],
)
def test_unix_seconds_are_times(values: list[str], title: str, shown: list[str]) -> None:
    times = times_of_seconds(values, UTC)
    assert times.title("t") == title
    assert [times.show(moment_text(value)) for value in values] == shown
