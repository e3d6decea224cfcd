"""Which log groups a query is going to scan, and over what time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flowtui.engine.scan_estimate import Listing, scans
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.timerange import TimeRange
from flowtui.query.parser import parse_tolerant

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOW = TimeRange(NOON - HOUR, NOON)
SHARED = "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/shared"


def arn(name: str) -> str:
    return f"arn:aws:logs:eu-west-1:000000000000:log-group:{name}"


EDGE, CORE = (LogGroup(name, arn=arn(name)) for name in ("/vpc/edge", "/vpc/core"))
RARE = LogGroup("/app", arn=arn("/app"), log_class="INFREQUENT_ACCESS")
GROUPS = {group.name: group for group in (EDGE, CORE, RARE, LogGroup(SHARED, arn=SHARED))}


def read(query: str, *chosen: str, is_whole: bool = True) -> list[tuple[str, float, float]]:
    """Each scan: the name of its group, and its time as hours from noon."""
    pipeline = parse_tolerant(query).pipeline
    found = scans(pipeline, chosen, WINDOW, Listing(GROUPS, is_whole), NOON)
    return [
        (group.name if group else "?", (window.start - NOON) / HOUR, (window.end - NOON) / HOUR)
        for group, window in found
    ]


def groups(query: str, *chosen: str, is_whole: bool = True) -> str:
    return " ".join(name for name, *_ in read(query, *chosen, is_whole=is_whole))


def test_the_chosen_groups_are_read_over_the_window() -> None:
    assert read("stats count(*)", "/vpc/edge", SHARED, "/secret") == [
        ("/vpc/edge", -1, 0), (SHARED, -1, 0), ("?", -1, 0),
    ]  # fmt: skip
    assert read("stats count(*)") == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("SOURCE '/vpc/core' | stats count(*)", "/vpc/core"),
        ("SOURCE '/vpc/core' | SOURCE '/vpc/edge' | stats count(*)", "/vpc/core /vpc/edge"),
        (f"SOURCE '{SHARED}' | limit 1", SHARED),
        (f"SOURCE '{arn('/vpc/core')}' | limit 1", "/vpc/core"),
        (f"SOURCE '{arn('/vpc/core')}:*' | limit 1", "/vpc/core"),
        ("SOURCE logGroups(namePrefix: [], class: 'INFREQUENT_ACCESS') | limit 1", "/app"),
        ("SOURCE '/secret' | limit 1", "?"),
        ("SOURCE logGroups() | limit 1", f"/vpc/edge /vpc/core /app {SHARED}"),
        ("SOURCE logGroups(namePrefix: ['/vpc/']) | limit 1", f"/vpc/edge /vpc/core {SHARED}"),
        (
            "SOURCE logGroups(namePrefix:['/'], accountIdentifier:['111122223333']) | limit 1",
            SHARED,
        ),
        ("SOURCE logGroups(class: ['INFREQUENT_ACCESS']) | limit 1", "/app"),
        ("SOURCE dataSource(['amazon_vpc.flow']) | limit 1", "?"),
        ("SOURCE logGroups(", "/vpc/edge ?"),
        ('$Saved(a="x")', "/vpc/edge ?"),
    ],
)  # fmt: skip
def test_a_source_says_what_is_read(query: str, name: str) -> None:
    assert groups(query, "/vpc/edge") == name


def test_groups_that_were_not_listed_may_come_on_top() -> None:
    query = "SOURCE logGroups(namePrefix: ['/vpc/e']) | limit 1"
    assert groups(query, is_whole=False) == "/vpc/edge ?"
    assert groups(query) == "/vpc/edge"


def test_a_source_has_a_time_of_its_own() -> None:
    assert read("SOURCE '/vpc/edge' start=-3h end=-1h | limit 1") == [("/vpc/edge", -3, -1)]
    assert read("SOURCE '/vpc/edge' start=-3h | limit 1") == [("/vpc/edge", -3, 0)]
    assert read("SOURCE '/vpc/edge' START=-7200s END=0s | limit 1") == [("/vpc/edge", -2, 0)]
    assert read("SOURCE '/vpc/edge' start=now end=-1h | limit 1") == [("?", -1, 0)]


@pytest.mark.parametrize(
    ("command", "before"),
    [
        ("diff", -1), ("diff previousDay", -24), ("diff previousWeek", -168),
        ("diff previousMonth", -720),
    ],
)  # fmt: skip
def test_a_comparison_reads_the_time_before_too(command: str, before: float) -> None:
    assert read(f"pattern @message | {command}", "/vpc/edge", "/vpc/core") == [
        ("/vpc/edge", -1, 0), ("/vpc/core", -1, 0),
        ("/vpc/edge", before - 1, before), ("/vpc/core", before - 1, before),
    ]  # fmt: skip


def test_logcompare_reads_the_time_that_it_is_shifted_to() -> None:
    assert read("logcompare timeshift 7d", "/vpc/edge") == [
        ("/vpc/edge", -1, 0), ("/vpc/edge", -169, -168),
    ]  # fmt: skip
    assert read("logcompare timeshift 1mo", "/vpc/edge")[1] == ("/vpc/edge", -721, -720)
    assert read("logcompare timeshift 999999w", "/vpc/edge")[1] == ("?", -1, 0)


def test_queries_in_brackets_are_read_too() -> None:
    join = "join type=inner left=a right=b where a.x = b.x (SOURCE '/vpc/core' | fields x)"
    assert groups(join, "/vpc/edge") == "/vpc/edge /vpc/core"
    assert groups("filter x in (SOURCE '/secret' | fields x)", "/vpc/edge") == "/vpc/edge ?"
    assert groups("appendcols (stats count(*) as n)", "/vpc/edge") == "/vpc/edge /vpc/edge"


def test_an_estimate_by_the_service_is_free() -> None:
    assert read("filter bytes > 1 | estimate", "/vpc/edge") == []
