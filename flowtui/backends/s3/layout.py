"""How flow logs are laid out in a bucket, and what of it a span of time needs. Pure.

The facts are those of athena.md 1.1: a tree a region of an account, in it folders by year, month
and day, with or without hours, named plainly or as Hive does; in these a file for five minutes,
whose name says which.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum

from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange

SLOT = timedelta(minutes=5)
"""What one file is for."""
EARLY = timedelta(minutes=10)
"""How much older than its records a file's stamp may be: its slot, and as much again for safety."""
LATE = timedelta(minutes=30)
"""How much newer: records are aggregated for ten minutes, and delivered some ten minutes late."""

_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_STAMPED = re.compile(
    r"(?P<account>\d{12})_vpcflowlogs_(?P<region>[a-z0-9-]+)_(?P<flow_log>fl-[0-9a-z]+)"
    r"_(?P<stamp>\d{8}T\d{4}Z)_"
)
_ACCOUNT = re.compile(r"\d{12}|aws-account-id=\d+")
_ORGANISATION = re.compile(r"o-[a-z0-9]+")
_RECORDS = re.compile(r"vpcflowlogs|aws-service=vpcflowlogs")
_DATE = re.compile(
    r"(?P<root>(?:[^/]*/)*?)(?P<hive>year=)?(?P<year>(?:19|20|21)\d\d)/"
    r"(?:(?:month=)?\d{1,2}/(?:(?:day=)?\d{1,2}/(?:(?:hour=)?\d{1,2}/)?)?)?"
)
_HOUR = re.compile(r"(?:hour=)?(\d{1,2})/")


class Style(Enum):
    PLAIN = "2026/04/09/"
    HIVE = "year=2026/month=04/day=09/"


@frozen
class Tree:
    """Flow logs by day: those of an account and region, or of whatever the folder is for."""

    root: str
    """The folder with the years."""
    style: Style
    years: frozenset[int]


@frozen
class Part:
    """A folder of a tree that has what is needed."""

    prefix: str
    span: TimeRange | None = None
    """Where not all of a day is needed: what is, so that of folders by hour only those are."""


@frozen
class Delivered:
    """What the name of a delivered object says."""

    account: str
    region: str
    flow_log: str
    stamp: datetime
    """The beginning of its slot: its records ended in these five minutes."""


def delivered(key: str) -> Delivered | None:
    """None for a key that another name was given to."""
    found = _STAMPED.match(key.rpartition("/")[2])
    if found is None:
        return None
    try:
        stamp = datetime.strptime(found["stamp"], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Delivered(found["account"], found["region"], found["flow_log"], stamp)


def needed(window: TimeRange) -> TimeRange:
    """The stamps of the files that may have records which began inside of the window."""
    start, end = (min(max(moment, _FIRST), _LAST) for moment in (window.start, window.end))
    return TimeRange(start - EARLY, end + LATE)


def is_needed(key: str, span: TimeRange) -> bool:
    """Whether the file may have records of the span; one without a stamp may have any."""
    found = delivered(key)
    return found is None or span.start <= found.stamp < span.end


def tree_in(folder: str, names: list[str]) -> Tree | None:
    """The tree whose root the folder is, by the `names` of its folders: those of years."""
    found = [(name, year) for name in names if (year := _year(name)) is not None]
    if not found:
        return None
    style = Style.HIVE if found[0][0].startswith("year=") else Style.PLAIN
    return Tree(folder, style, frozenset(year for _, year in found))


def tree_around(prefix: str) -> Tree | None:
    """The tree that the prefix, with a date in it, is a part of."""
    found = _DATE.fullmatch(prefix)
    if found is None:
        return None
    style = Style.HIVE if found["hive"] else Style.PLAIN
    return Tree(found["root"], style, frozenset([int(found["year"])]))


def leads_on(folder: str, name: str) -> bool:
    """Whether a folder in `folder` may lead to flow logs: other services deliver there, too."""
    parent = folder.rstrip("/").rpartition("/")[2]
    child = name.rstrip("/")
    if parent == "AWSLogs" or _ORGANISATION.fullmatch(parent):
        return bool(_ACCOUNT.fullmatch(child) or _ORGANISATION.fullmatch(child))
    if _ACCOUNT.fullmatch(parent):
        return bool(_RECORDS.fullmatch(child))
    return True


def is_delivered(tree: Tree) -> bool:
    """Whether it is one that AWS writes, and no folder of years of somebody's own."""
    return any(_RECORDS.fullmatch(each) for each in tree.root.split("/"))


def parts(tree: Tree, span: TimeRange) -> Iterator[Part]:
    """The folders that have the stamps of the span, the largest that lie in it as a whole."""
    # A new year may have begun since the folders of years were looked at.
    for year in sorted(tree.years | {max(tree.years) + 1}):
        whole = _years(year)
        if _holds(span, whole):
            yield from (Part(each) for each in _names(tree, year))
        elif span.intersect(whole) is not None:
            yield from _parts_of_year(tree, year, span)


def is_hour_needed(name: str, span: TimeRange, day: datetime) -> bool:
    """Whether a folder of a day is needed: one of an hour of the span, or of no hour."""
    found = _HOUR.fullmatch(name)
    if found is None or int(found[1]) > 23:
        return True
    start = day + timedelta(hours=int(found[1]))
    return span.intersect(TimeRange(start, start + timedelta(hours=1))) is not None


def number(name: str) -> int:
    """The year, month or day that a folder is for; -1 where it is for none."""
    digits = name.rstrip("/").rpartition("=")[2]
    return int(digits) if digits.isdecimal() else -1


def _parts_of_year(tree: Tree, year: int, span: TimeRange) -> Iterator[Part]:
    for month in range(1, 13):
        whole = _month(year, month)
        if _holds(span, whole):
            yield from (Part(each) for each in _names(tree, year, month))
        elif span.intersect(whole) is not None:
            yield from _parts_of_month(tree, year, month, span)


def _parts_of_month(tree: Tree, year: int, month: int, span: TimeRange) -> Iterator[Part]:
    for day in range(1, monthrange(year, month)[1] + 1):
        start = datetime(year, month, day, tzinfo=UTC)
        asked = span.intersect(TimeRange(start, start + timedelta(days=1)))
        if asked is not None:
            is_whole = asked.length == timedelta(days=1)
            names = _names(tree, year, month, day)
            yield from (Part(each, None if is_whole else asked) for each in names)


def _names(tree: Tree, year: int, *smaller: int) -> tuple[str, ...]:
    """The folder of a year, a month or a day: Hive's may have a zero in front, or none."""
    if tree.style is Style.PLAIN:
        return (tree.root + "".join(f"{each:02}/" for each in (year, *smaller)),)
    units = list(zip(("month", "day"), smaller, strict=False))
    spellings = ("".join(f"{unit}={each:{form}}/" for unit, each in units) for form in ("02", ""))
    return tuple(dict.fromkeys(f"{tree.root}year={year}/{each}" for each in spellings))


def _year(name: str) -> int | None:
    found = _DATE.fullmatch(name)
    return None if found is None else int(found["year"])


def _years(year: int) -> TimeRange:
    return TimeRange(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))


def _month(year: int, month: int) -> TimeRange:
    start = datetime(year, month, 1, tzinfo=UTC)
    return TimeRange(start, start + timedelta(days=monthrange(year, month)[1]))


def _holds(span: TimeRange, part: TimeRange) -> bool:
    return span.start <= part.start and part.end <= span.end
