from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.link import Link, console_link, is_link, read_link
from flowtui.model.errors import UsageError
from flowtui.model.run import Query
from flowtui.model.timerange import Last, TimeRange

START = datetime(2022, 4, 1, 15, 18, tzinfo=UTC)
WINDOW = TimeRange(START, START + timedelta(minutes=6))
BASE = (
    "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1"
    "#logsV2:logs-insights$3FqueryDetail$3D"
)


def test_a_link_as_the_console_makes_it() -> None:
    query = Query('filter a = "é$"\n| limit 10', WINDOW, ("/vpc/a", "b"))
    assert console_link(query, WINDOW, "eu-central-1") == (
        f"{BASE}~(end~'2022-04-01T15*3a24*3a00.000Z"
        "~start~'2022-04-01T15*3a18*3a00.000Z~timeType~'ABSOLUTE~tz~'UTC"
        "~editorString~'filter*20a*20*3d*20*22*c3*a9*24*22*0a*7c*20limit*2010"
        "~source~(~'*2fvpc*2fa~'b)~lang~'CWLI)"
    )
    assert "~source~(~)~" in console_link(Query("limit 1", None), WINDOW, "eu-central-1")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("cn-north-1", "https://console.amazonaws.cn/"),
        ("us-gov-west-1", "https://console.amazonaws-us-gov.com/"),
    ],
)
def test_every_partition_has_its_console(region: str, host: str) -> None:
    assert console_link(Query("limit 1", None), WINDOW, region).startswith(host)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)).map(tuple),
    st.integers(0, 4_000_000_000_000),
    st.integers(1, 10**9),
)
def test_what_is_written_reads_back(
    text: str, groups: tuple[str, ...], start: int, length: int
) -> None:
    window = TimeRange(
        datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=start),
        datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=start + length),
    )
    link = console_link(Query(text, None, groups), window, "eu-west-1")
    assert is_link(link)
    assert read_link(link) == Link(text, window, groups, "eu-west-1")
    older = link.replace("~", "$257E").replace("(", "$2528").replace(")", "$2529")
    assert read_link(older.replace("'", "$2527")) == read_link(link)
    assert read_link(link.replace("'", "%27")) == read_link(link)


def test_a_relative_link_of_the_console() -> None:
    link = read_link(
        f"{BASE}~(end~0~start~-3600~timeType~'RELATIVE~tz~'UTC~unit~'seconds~editorString~'filter"
        "*20action*20*3d*20*22REJECT*22*0a*7c*20limit*2010~isLiveTail~false~queryId~'12-3"
        "~source~(~'arn*3aaws*3alogs*3aeu-central-1*3a111122223333*3alog-group*3a*2fvpc*2fflow)"
        "~lang~'CWLI~logClass~'STANDARD~queryBy~'logGroupName)"
    )
    assert link == Link(
        'filter action = "REJECT"\n| limit 10',
        Last(timedelta(hours=1)),
        ("arn:aws:logs:eu-central-1:111122223333:log-group:/vpc/flow",),
        "eu-central-1",
    )


def test_the_other_spellings_of_characters() -> None:
    link = read_link(
        f"{BASE}~(end~0~start~-60~timeType~'RELATIVE~editorString~'!*e9**20ac**d83d**de00~source~'a)"
    )
    assert (link.text, link.log_groups) == ("$é€😀", ("a",))


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        (
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home#logs-insights",
            "holds no query",
        ),
        (f"{BASE}~(end~0", "is broken"),
        (f"{BASE}~(end~x)", "is broken"),
        (f"{BASE}~(end~0)", "holds no query text"),
        (f"{BASE}~'x", "holds no query text"),
        (f"{BASE}~(editorString~'a~start~'never~end~'2022)", "not a time"),
        (f"{BASE}~(editorString~'a~start~'2022-01-02~end~'2022-01-01)", "is empty"),
        (f"{BASE}~(editorString~'a~start~-60~end~-30~timeType~'RELATIVE)", "does not end now"),
    ],
)
def test_a_bad_link_says_what_is_wrong(link: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_link(link)


@given(st.text("~()'*!a0-. ", max_size=30))
def test_no_link_breaks_the_reader(detail: str) -> None:
    with suppress(UsageError):
        read_link(f"{BASE}~({detail}")
