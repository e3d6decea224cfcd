"""What is listed of a bucket, and by how few requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from datetime import UTC, datetime, timedelta

import pytest

from flowtui.backends.s3.listing import Listing
from flowtui.backends.s3.location import Location
from flowtui.backends.s3.requests import Object, Page
from flowtui.model.errors import BackendError, UsageError
from flowtui.model.timerange import TimeRange

DAY = datetime(2026, 4, 9, tzinfo=UTC)
ACCOUNTS = ("111111111111", "222222222222")
HOUR = TimeRange(DAY + timedelta(hours=12), DAY + timedelta(hours=13))


class Bucket:
    """A bucket as S3 lists it."""

    def __init__(self, keys: list[str], page: int = 1000) -> None:
        self.keys, self.page = sorted(keys), page
        self.asked: list[str] = []

    @property
    def sent(self) -> int:
        return len(self.asked)

    def pages(self, bucket: str, prefix: str, *, is_deep: bool = True) -> Iterator[Page]:
        found = [key for key in self.keys if key.startswith(prefix)]
        for start in range(0, max(1, len(found)), self.page):
            self.asked.append(prefix)
            some = found[start : start + self.page]
            if is_deep:
                yield Page((), tuple(Object(bucket, key, 1, f'"{key}"') for key in some))
                continue
            folders = {
                prefix + key[len(prefix) :].partition("/")[0] + "/"
                for key in some
                if "/" in key[len(prefix) :]
            }
            files = [key for key in some if "/" not in key[len(prefix) :]]
            yield Page(
                tuple(sorted(folders)), tuple(Object(bucket, key, 1, f'"{key}"') for key in files)
            )


def day_of(account: str, folder: str, day: datetime, *, hourly: str = "") -> list[str]:
    """A file for each five minutes of a day."""
    stamps = [day + timedelta(minutes=5 * n) for n in range(288)]
    name = f"{account}_vpcflowlogs_us-east-1_fl-0ab_{{:%Y%m%dT%H%MZ}}_h.log.gz"
    return [f"{folder}{stamp.strftime(hourly)}{name.format(stamp)}" for stamp in stamps]


def plain(account: str, day: datetime, prefix: str = "", *, hourly: str = "") -> list[str]:
    folder = f"{prefix}AWSLogs/{account}/vpcflowlogs/us-east-1/{day:%Y/%m/%d}/"
    return day_of(account, folder, day, hourly=hourly)


def hive(account: str, day: datetime, *, padded: bool, hourly: str = "") -> list[str]:
    month, date = (f"{day:%m}", f"{day:%d}") if padded else (str(day.month), str(day.day))
    region = f"AWSLogs/aws-account-id={account}/aws-service=vpcflowlogs/aws-region=us-east-1/"
    return day_of(account, f"{region}year={day.year}/month={month}/day={date}/", day, hourly=hourly)


def found(bucket: Bucket, url: str, window: TimeRange = HOUR) -> list[str]:
    return [
        each.key
        for each in Listing(bucket, threading.Event()).objects(Location.parse(url), window).objects
    ]


def of_both(keys: Callable[[str], list[str]]) -> list[str]:
    return [key for account in ACCOUNTS for key in keys(account)]


LAYOUTS = {
    "plain": of_both(lambda account: plain(account, DAY)),
    "prefix": of_both(lambda account: plain(account, DAY, "edge/")),
    "organisation": [
        key.replace("AWSLogs/", "AWSLogs/o-a1b2c3/")
        for key in of_both(lambda account: plain(account, DAY))
    ],
    "hourly": of_both(lambda account: plain(account, DAY, hourly="%H/")),
    "hive": of_both(lambda account: hive(account, DAY, padded=True)),
    "hive without zeros": of_both(lambda account: hive(account, DAY, padded=False)),
    "hive by hour": of_both(lambda account: hive(account, DAY, padded=True, hourly="hour=%H/")),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_of_every_layout_an_hour_is_the_files_of_that_hour_and_of_its_margins(layout: str) -> None:
    bucket = Bucket(
        [
            *LAYOUTS[layout],
            *plain("111111111111", DAY - timedelta(days=2)),
            "AWSLogs/111111111111/CloudTrail/x",
        ]
    )
    names = found(bucket, "s3://logs")
    # From 11:50 to 13:30, of two accounts.
    assert len(names) == 2 * 20
    assert set(names) <= set(LAYOUTS[layout])
    assert not any("CloudTrail" in asked for asked in bucket.asked)


def test_later_looks_list_the_days_alone() -> None:
    bucket = Bucket(LAYOUTS["plain"])
    listing = Listing(bucket, threading.Event())
    listing.objects(Location("logs"), HOUR)
    again = listing.objects(Location("logs"), HOUR)
    assert again.requests == 2
    assert bucket.asked[-2:] == [
        f"AWSLogs/{each}/vpcflowlogs/us-east-1/2026/04/09/" for each in ACCOUNTS
    ]


def test_midnight_is_in_two_days() -> None:
    keys = plain(ACCOUNTS[0], DAY) + plain(ACCOUNTS[0], DAY + timedelta(days=1))
    names = found(
        Bucket(keys),
        "s3://logs",
        TimeRange(DAY + timedelta(hours=23, minutes=50), DAY + timedelta(days=1)),
    )
    assert {key.rpartition("_")[0][-14:] for key in names} >= {"20260409T2340Z", "20260410T0025Z"}


@pytest.mark.parametrize(
    ("url", "count"),
    [
        ("s3://logs/AWSLogs/111111111111", 20),
        ("s3://logs/AWSLogs/111111111111/", 20),
        ("s3://logs/AWSLogs/111111111111/vpcflowlogs/us-east-1/2026/04/09", 20),
        ("s3://logs/AWSLogs/111111111111/vpcflowlogs/us-east-1/2026/", 20),
        ("s3://logs/AWSLogs/111111111111/vpcflowlogs/us-east-1/2025/", 0),
    ],
)
def test_a_prefix_may_end_anywhere(url: str, count: int) -> None:
    assert len(found(Bucket(LAYOUTS["plain"]), url)) == count


def test_an_object_is_a_location_and_so_is_a_folder_without_any_layout() -> None:
    keys = ["incident/a.log", "incident/a.log.gz", "incident/old/b.log", "incident/_SUCCESS"]
    assert found(Bucket(keys), "s3://logs/incident/a.log") == ["incident/a.log"]
    assert found(Bucket(keys), "s3://logs/incident") == sorted(keys)


@pytest.mark.parametrize("url", ["s3://logs/AWSLog", "s3://logs/AWSLogs/1111", "s3://logs/none/"])
def test_the_beginning_of_a_name_is_no_folder(url: str) -> None:
    with pytest.raises(BackendError, match="nothing lies in s3://logs/"):
        found(Bucket(LAYOUTS["plain"]), url)


def test_what_lies_beside_delivered_flow_logs_is_left_alone() -> None:
    others = ["reports/2026/04/09/a.csv", "athena-results/b.csv", "c.txt"]
    assert len(found(Bucket([*LAYOUTS["plain"], *others]), "s3://logs")) == 2 * 20
    assert len(found(Bucket(others), "s3://logs")) == 3


def test_a_new_year_is_seen_though_its_folder_was_not_there() -> None:
    eve = datetime(2026, 12, 31, tzinfo=UTC)
    bucket = Bucket(plain(ACCOUNTS[0], eve))
    listing = Listing(bucket, threading.Event())
    listing.roots(Location("logs"))
    bucket.keys = sorted([*bucket.keys, *plain(ACCOUNTS[0], eve + timedelta(days=1))])
    window = TimeRange(eve + timedelta(hours=24, minutes=30), eve + timedelta(hours=25))
    assert len(listing.objects(Location("logs"), window).objects) == 14


def test_many_objects_come_in_pages() -> None:
    bucket = Bucket(LAYOUTS["plain"], page=100)
    assert len(found(bucket, "s3://logs", TimeRange(DAY, DAY + timedelta(days=1)))) == 2 * 288


def test_where_nothing_is_in_the_window_the_latest_day_is_known() -> None:
    listing = Listing(
        Bucket([*LAYOUTS["plain"], *plain(ACCOUNTS[1], DAY + timedelta(days=3))]), threading.Event()
    )
    assert listing.latest(Location("logs")) == "2026-04-12"


def test_too_many_folders_ask_for_a_longer_prefix() -> None:
    with pytest.raises(BackendError, match="give a longer prefix"):
        found(Bucket([f"{n}x/a" for n in range(2100)], page=9999), "s3://logs")


def test_who_cancels_it_waits_no_longer() -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(CancelledError):
        Listing(Bucket(["a/b"]), cancelled).objects(Location("logs"), HOUR)


@pytest.mark.parametrize(
    ("text", "bucket", "prefix"),
    [
        ("s3://logs", "logs", ""),
        ("s3://logs/a/b/", "logs", "a/b/"),
        ("arn:aws:s3:::logs/edge/", "logs", "edge/"),
        ("s3://arn:aws:s3:::logs", "logs", ""),
        ("s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/ap/a/b",
         "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap", "a/b"),
        ("arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:ap",
         "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:ap", ""),
    ],
)  # fmt: skip
def test_a_location_is_a_bucket_or_an_access_point_and_a_prefix(
    text: str, bucket: str, prefix: str
) -> None:
    assert Location.parse(text) == Location(bucket, prefix)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s3://", "names no bucket"),
        ("s3:///a", "names no bucket"),
        ("arn:aws:logs:eu-west-1:123456789012:log-group:x", "is no ARN of a bucket"),
        ("s3://arn:aws:s3:eu-west-1:123456789012:job/x", "names no access point"),
    ],
)
def test_what_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Location.parse(text)
