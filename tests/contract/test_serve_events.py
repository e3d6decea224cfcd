"""Events, streams and fields of the sample, by boto3 over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.sample import article_lines
from flowtui.serve import events
from flowtui.serve.server import Endpoint
from tests.contract.sdk import client, pages, refused

GROUP = "/vpc/article"
ARN = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"
STREAM = "eni-07d1c5b3f0a9e4826-all"
MIDDLE = 1_648_826_400_000
"""Half of the sample is before, in milliseconds."""
LINES = tuple(article_lines())
START, ENI = 14, 3
"""Where these are in a line."""


@pytest.fixture(scope="module")
def logs() -> Iterator[Any]:
    local = DuckDBBackend((), demo=True, now=lambda: datetime.now(UTC))
    with Endpoint(local, local) as endpoint:
        yield client("logs", endpoint.url)


def start_of(line: str) -> int:
    return int(line.split()[START]) * 1000


def messages(answers: list[dict[str, Any]]) -> list[str]:
    return [event["message"] for answer in answers for event in answer["events"]]


def test_all_events_come_once_and_in_the_order_of_time(logs: Any) -> None:
    answers = pages(logs.filter_log_events, logGroupName=GROUP, limit=1000)
    found = [event for answer in answers for event in answer["events"]]
    assert [len(answer["events"]) for answer in answers] == [1000, 1000, 1000, 856]
    assert [event["timestamp"] for event in found] == sorted(map(start_of, LINES))
    assert sorted(event["message"] for event in found) == sorted(LINES)
    assert len({event["eventId"] for event in found}) == len(LINES)
    assert {e["logStreamName"] for e in found} == {f"{m.split()[ENI]}-all" for m in LINES}


def test_a_page_ends_at_a_megabyte(logs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_MOST_BYTES", 100_000)
    answers = pages(logs.filter_log_events, logGroupName=GROUP)
    sizes = [sum(len(e["message"]) + 26 for e in answer["events"]) for answer in answers]
    assert len(sizes) > 5
    assert all(99_000 < size <= 100_000 for size in sizes[:-1])
    assert sorted(messages(answers)) == sorted(LINES)


@pytest.mark.parametrize("name", [{"logGroupIdentifier": ARN}, {"logGroupIdentifier": GROUP}])
def test_both_ends_of_the_window_are_included(name: dict[str, str], logs: Any) -> None:
    found = messages(pages(logs.filter_log_events, startTime=MIDDLE, endTime=MIDDLE + 3000, **name))
    expected = [line for line in LINES if MIDDLE <= start_of(line) <= MIDDLE + 3000]
    assert sorted(found) == sorted(expected)
    assert any(start_of(line) == MIDDLE + 3000 for line in expected)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", []),
        ("REJECT", ["REJECT"]),
        ('REJECT "203.0.113."', ["REJECT", "203.0.113."]),
        ('  "REJECT OK"\t443 ', ["REJECT OK", "443"]),
        ("reject", ["reject"]),
        (r'"\"\\"', ['"\\']),
    ],
)
def test_an_event_has_all_terms_of_the_pattern(pattern: str, words: list[str], logs: Any) -> None:
    found = messages(pages(logs.filter_log_events, logGroupName=GROUP, filterPattern=pattern))
    assert sorted(found) == sorted(x for x in LINES if all(word in x for word in words))


@pytest.mark.parametrize(
    "pattern",
    ["?a", "-a", "a-b", "{ $.a = 1 }", "[a, b]", "%a%", '"a', 'a"b"', '"a"b', '""', "10.0.0.1"],
)
def test_a_pattern_that_is_not_understood_is_refused(pattern: str, logs: Any) -> None:
    call = logs.filter_log_events
    assert refused(call, logGroupName=GROUP, filterPattern=pattern) == "InvalidParameterException"


def test_streams_are_chosen_by_name_and_prefix(logs: Any) -> None:
    expected = sorted(line for line in LINES if STREAM[:21] in line.split()[ENI])
    by_name = pages(logs.filter_log_events, logGroupName=GROUP, logStreamNames=[STREAM, "other"])
    assert sorted(messages(by_name)) == expected
    prefix = pages(logs.filter_log_events, logGroupName=GROUP, logStreamNamePrefix="eni-07d1")
    assert sorted(messages(prefix)) == expected
    none = pages(logs.filter_log_events, logGroupName=GROUP, logStreamNames=[STREAM[:8], ".*"])
    assert messages(none) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"logGroupName": GROUP, "logGroupIdentifier": GROUP},
        {"logGroupName": GROUP, "logStreamNames": ["a"], "logStreamNamePrefix": "a"},
        {"logGroupName": GROUP, "startTime": 2, "endTime": 1},
        {"logGroupName": GROUP, "limit": 10_001},
        {"logGroupName": GROUP, "nextToken": "f/x"},
        {"logGroupName": GROUP, "startFromHead": False, "startTime": MIDDLE},
    ],
)
def test_what_can_not_be_filtered_is_refused(parameters: dict[str, object], logs: Any) -> None:
    assert refused(logs.filter_log_events, **parameters) == "InvalidParameterException"


def test_the_latest_events_come_first_on_demand(logs: Any) -> None:
    group = "/vpc/incident"
    streams = logs.describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True
    )
    since = streams["logStreams"][0]["lastEventTimestamp"] - 300_000
    chosen = {"logGroupName": group, "startTime": since, "limit": 1000}
    forward, backward = (
        pages(logs.filter_log_events, startFromHead=way, **chosen) for way in (True, False)
    )
    assert len(backward) > 1
    ids = [[e["eventId"] for page in way for e in page["events"]] for way in (forward, backward)]
    assert ids[0] == ids[1][::-1]


def test_a_stream_is_read_forward_to_its_end(logs: Any) -> None:
    expected = [line for line in LINES if f"{line.split()[ENI]}-all" == STREAM]
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = logs.get_log_events(
            logGroupName=GROUP, logStreamName=STREAM, startFromHead=True, limit=300, **token
        )
        found += messages([page])
        if token == {"nextToken": page["nextForwardToken"]}:
            break
        token = {"nextToken": page["nextForwardToken"]}
    assert sorted(found) == sorted(expected)
    assert list(map(start_of, found)) == sorted(map(start_of, expected))


def test_a_stream_is_read_backward_from_its_end_and_forward_again(logs: Any) -> None:
    def page(**parameters: object) -> dict[str, Any]:
        answer: dict[str, Any] = logs.get_log_events(
            logGroupName=GROUP, logStreamName=STREAM, limit=400, **parameters
        )
        return answer

    last = page()
    middle = page(nextToken=last["nextBackwardToken"])
    first = page(nextToken=middle["nextBackwardToken"])
    found = messages([first, middle, last])
    assert [len(p["events"]) for p in (first, middle, last)] == [290, 400, 400]
    assert list(map(start_of, found)) == sorted(map(start_of, found))
    assert len(set(found)) == len({x for x in LINES if f"{x.split()[ENI]}-all" == STREAM})
    before = page(nextToken=first["nextBackwardToken"])
    assert before["events"] == []
    assert before["nextBackwardToken"] == first["nextBackwardToken"]
    assert messages([page(nextToken=before["nextForwardToken"])]) == found[:400]
    after = page(nextToken=last["nextForwardToken"])
    assert messages([page(nextToken=after["nextBackwardToken"])]) == messages([last])


def test_the_end_of_a_stream_window_is_excluded(logs: Any) -> None:
    window = {"startTime": MIDDLE, "endTime": MIDDLE + 5000}
    page = logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, **window)
    expected = [x for x in LINES if f"{x.split()[ENI]}-all" == STREAM]
    assert sorted(messages([page])) == sorted(
        x for x in expected if MIDDLE <= start_of(x) < MIDDLE + 5000
    )


def test_an_unknown_stream_or_group_is_not_found(logs: Any) -> None:
    call = logs.get_log_events
    code = "ResourceNotFoundException"
    assert refused(call, logGroupName=GROUP, logStreamName="nobody") == code
    assert refused(call, logGroupName="/nobody", logStreamName=STREAM) == code


def test_streams_are_told_in_pages_and_in_both_orders(logs: Any) -> None:
    streams = [
        stream
        for page in pages(logs.describe_log_streams, logGroupName=GROUP, limit=3)
        for stream in page["logStreams"]
    ]
    names = sorted({f"{line.split()[ENI]}-all" for line in LINES})
    assert [stream["logStreamName"] for stream in streams] == names
    mine = next(stream for stream in streams if stream["logStreamName"] == STREAM)
    times = [start_of(line) for line in LINES if f"{line.split()[ENI]}-all" == STREAM]
    assert (mine["firstEventTimestamp"], mine["lastEventTimestamp"]) == (min(times), max(times))
    assert mine["arn"] == f"{ARN}:log-stream:{STREAM}"
    latest = logs.describe_log_streams(logGroupName=GROUP, orderBy="LastEventTime", descending=True)
    ends = [stream["lastEventTimestamp"] for stream in latest["logStreams"]]
    assert ends == sorted(ends, reverse=True)
    some = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="eni-07d1")
    assert [stream["logStreamName"] for stream in some["logStreams"]] == [STREAM]
    both = {"orderBy": "LastEventTime", "logStreamNamePrefix": "eni"}
    call = logs.describe_log_streams
    assert refused(call, logGroupName=GROUP, **both) == "InvalidParameterException"


def test_the_fields_of_a_group_and_how_many_events_have_them(logs: Any) -> None:
    answer = logs.get_log_group_fields(logGroupName=GROUP, time=MIDDLE // 1000)
    shares = {field["name"]: field["percent"] for field in answer["logGroupFields"]}
    discovered = {info.discovered for info in ARTICLE_FORMAT.fields}
    assert set(shares) == {
        *discovered, "@timestamp", "@ingestionTime", "@log", "@logStream", "@message",
    }  # fmt: skip
    assert set(shares.values()) == {100}
    # The sample is of 2022: nothing of it came in the last quarter of an hour.
    assert logs.get_log_group_fields(logGroupName=GROUP)["logGroupFields"] == []


def test_a_pointer_leads_to_all_of_its_event(logs: Any) -> None:
    (event,) = logs.filter_log_events(logGroupName=GROUP, limit=1)["events"]
    record = logs.get_log_record(logRecordPointer=event["eventId"])["logRecord"]
    assert record["@message"] == event["message"]
    assert record["srcAddr"] == event["message"].split()[5]
    assert record["@log"] == f"000000000000:{GROUP}"
    code = "ResourceNotFoundException"
    assert refused(logs.get_log_record, logRecordPointer="nobody") == code
