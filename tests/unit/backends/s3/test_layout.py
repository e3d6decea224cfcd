"""Which folders and files of a bucket a span of time needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.backends.s3.layout import (
    Style,
    Tree,
    delivered,
    is_needed,
    leads_on,
    needed,
    parts,
    tree_around,
    tree_in,
)
from flowtui.model.timerange import TimeRange

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ROOT = "AWSLogs/123456789012/vpcflowlogs/us-east-1/"
FILE = "123456789012_vpcflowlogs_us-east-1_fl-0ab12_20261130T1205Z_1a2b3c4d.log.gz"
YEARS = frozenset(range(2024, 2028))


def test_the_name_of_a_file_says_whose_records_it_has_and_when_they_ended() -> None:
    found = delivered(ROOT + "2026/11/30/" + FILE)
    assert found is not None
    assert (found.account, found.region, found.flow_log) == (
        "123456789012",
        "us-east-1",
        "fl-0ab12",
    )
    assert found.stamp == NOON + timedelta(minutes=5)


@pytest.mark.parametrize("name", ["flows.log.gz", FILE.replace("20261130", "20261331"), ""])
def test_another_name_says_nothing_and_so_is_never_left_out(name: str) -> None:
    assert delivered(name) is None
    assert is_needed(name, TimeRange(NOON, NOON + timedelta(minutes=1)))


def test_a_window_is_padded_at_both_ends_for_late_delivery() -> None:
    span = needed(TimeRange(NOON, NOON + timedelta(hours=1)))
    assert span == TimeRange(NOON - timedelta(minutes=10), NOON + timedelta(minutes=90))
    whole = TimeRange(datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert needed(whole).start.year == 1970


@given(
    start=st.integers(0, 3 * 365 * 24 * 60).map(
        lambda m: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=m)
    ),
    minutes=st.integers(1, 800 * 24 * 60),
    share=st.floats(0, 0.999),
    style=st.sampled_from(Style),
)
@example(datetime(2024, 2, 29, 23, 59, tzinfo=UTC), 2, 0.9, Style.HIVE)
def test_every_moment_of_a_span_lies_in_just_one_of_its_parts(
    start: datetime, minutes: int, share: float, style: Style
) -> None:
    span = TimeRange(start, start + timedelta(minutes=minutes))
    moment = start + share * span.length
    plain = f"{ROOT}{moment:%Y/%m/%d}/"
    key = (
        plain
        if style is Style.PLAIN
        else f"{ROOT}year={moment:%Y}/month={moment:%m}/day={moment:%d}/"
    )
    holding = [
        part for part in parts(Tree(ROOT, style, YEARS), span) if key.startswith(part.prefix)
    ]
    assert len(holding) == 1
    assert holding[0].span is None or holding[0].span.start <= moment < holding[0].span.end


def test_few_folders_are_asked_for() -> None:
    def prefixes(start: datetime, days: float) -> list[str]:
        span = TimeRange(start, start + timedelta(days=days))
        return [
            part.prefix.removeprefix(ROOT) for part in parts(Tree(ROOT, Style.PLAIN, YEARS), span)
        ]

    assert prefixes(NOON, 1 / 24) == ["2026/11/30/"]
    assert prefixes(datetime(2026, 10, 31, tzinfo=UTC), 32) == [
        "2026/10/31/",
        "2026/11/",
        "2026/12/01/",
    ]
    assert prefixes(datetime(2024, 1, 1, tzinfo=UTC), 366) == ["2024/"]
    assert prefixes(datetime(2030, 1, 1, tzinfo=UTC), 366) == []


def test_hive_may_write_a_zero_in_front_or_none() -> None:
    day = TimeRange(datetime(2026, 4, 9, tzinfo=UTC), datetime(2026, 4, 10, tzinfo=UTC))
    found = [part.prefix for part in parts(Tree("", Style.HIVE, YEARS), day)]
    assert found == ["year=2026/month=04/day=09/", "year=2026/month=4/day=9/"]


@pytest.mark.parametrize(
    ("prefix", "root", "style"),
    [
        (ROOT + "2026/11/", ROOT, Style.PLAIN),
        ("2026/", "", Style.PLAIN),
        ("logs-2026/in/2026/11/30/12/", "logs-2026/in/", Style.PLAIN),
        ("aws-account-id=1/year=2026/month=1/day=2/hour=03/", "aws-account-id=1/", Style.HIVE),
    ],
)  # fmt: skip
def test_a_prefix_may_be_of_a_year_or_a_day(prefix: str, root: str, style: Style) -> None:
    assert tree_around(prefix) == Tree(root, style, frozenset([2026]))


def test_a_prefix_above_the_years_has_no_date() -> None:
    assert tree_around(ROOT) is None
    assert tree_around("logs-2026/") is None
    assert tree_in(ROOT, ["2025/", "2026/", "tmp/"]) == Tree(
        ROOT, Style.PLAIN, frozenset([2025, 2026])
    )
    assert tree_in("AWSLogs/", ["123456789012/"]) is None


@pytest.mark.parametrize(
    ("folder", "name", "does"),
    [
        ("", "AWSLogs/", True),
        ("AWSLogs/", "123456789012/", True),
        ("AWSLogs/", "o-a1b2c3d4e5/", True),
        ("AWSLogs/o-a1b2c3d4e5/", "123456789012/", True),
        ("AWSLogs/", "aws-account-id=123456789012/", True),
        ("AWSLogs/123456789012/", "vpcflowlogs/", True),
        ("AWSLogs/aws-account-id=1/", "aws-service=vpcflowlogs/", True),
        ("AWSLogs/123456789012/", "CloudTrail/", False),
        ("AWSLogs/", "Config/", False),
    ],
)
def test_only_what_leads_to_flow_logs_is_looked_into(folder: str, name: str, does: bool) -> None:
    assert leads_on(folder, name) is does
