from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.link import (
    ConsoleLink,
    console_link,
    is_link,
    log_analytics_link,
    read_link,
)
from flowtui.model.errors import UsageError
from flowtui.model.run import Query
from flowtui.model.timerange import Last, TimeRange
from flowtui.query.printer import string_text

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
        ("eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu/"),
        ("us-iso-east-1", "https://us-iso-east-1.console.c2shome.ic.gov/"),
        ("us-isob-east-1", "https://us-isob-east-1.console.sc2shome.sgov.gov/"),
        ("eu-isoe-west-1", "https://eu-isoe-west-1.console.csphome.adc-e.uk/"),
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
    assert read_link(link) == ConsoleLink(text, window, groups, "eu-west-1")
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
    assert link == ConsoleLink(
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


# Tabs, Grafana and other spellings


TABS = (
    "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#log-analytics"
    "?active=%7E%27b&a.id=%7E%27x&a.query=%7E%27limit*201&b.pos=%7E%271&b.label=%7E%27Query*202"
    "&b.type=%7E%27query&b.tz=%7E%27Local&b.query=%7E%27SOURCE*20*22arn*3aaws*3alogs*3aeu-west-1"
    "*3a111122223333*3alog-group*3a*2fvpc*2fa*22*20{time}*20*7c*0afields*20action*0a*7c*20limit*205"
    "&from=%23logsV2%3Alogs-insights%3FqueryDetail%3D%7E%28editorString%7E%27old%29"
)
ARN = "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/a"
TEXT = "fields action\n| limit 5"


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("START*3d-1w*20END*3d0s", Last(timedelta(weeks=1))),
        ("START*3d-3600s", Last(timedelta(hours=1))),
        ("", Last(timedelta(hours=1))),
        ("START*3d2022-04-01T15*3a18*3a00.000Z*20END*3d2022-04-01T15*3a24*3a00.000Z", WINDOW),
    ],
)
def test_a_link_with_tabs_asks_what_the_source_of_the_open_one_does(
    written: str, time: Last | TimeRange
) -> None:
    url = TABS.format(time=written)
    assert is_link(url)
    assert read_link(url) == ConsoleLink(TEXT, time, (ARN,), "eu-west-1")


def test_a_source_that_chooses_log_groups_stays_in_the_query() -> None:
    text = 'SOURCE logGroups(namePrefix: ["/vpc"]) start=-2h end=now | limit 1'
    link = log_analytics_link(Query(text, None), WINDOW, "eu-west-1")
    assert read_link(link) == ConsoleLink(text, Last(timedelta(hours=2)), (), "eu-west-1")
    timed = read_link(log_analytics_link(Query("SOURCE dataSource(['a']) | limit 1", None),
                                         WINDOW, "eu-west-1"))  # fmt: skip
    assert timed.time == WINDOW
    assert timed.text.startswith('SOURCE dataSource(["a"]) start=2022-04-01T15:18:00.000Z end=')


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
    st.lists(st.text("/ab-_.", min_size=1), min_size=1).map(tuple),
    st.sampled_from(["eu-west-1", "cn-north-1", "us-gov-east-1", "eusc-de-east-1"]),
)
def test_what_is_written_as_a_tab_reads_back(
    text: str, groups: tuple[str, ...], region: str
) -> None:
    body = f"filter a = {string_text(text)}"
    link = log_analytics_link(Query(body, None, groups), WINDOW, region)
    assert is_link(link)
    assert read_link(link) == ConsoleLink(body, WINDOW, groups, region)
    assert link.isascii()
    assert not set(" \n'\"|<>") & set(link)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_reads_back_from_a_tab(text: str) -> None:
    link = log_analytics_link(Query(text, None), WINDOW, "eu-west-1")
    with suppress(UsageError):
        assert text.endswith(read_link(link).text)


@pytest.mark.parametrize(
    "form",
    [
        "#logsV2:logs-insights$3FqueryDetail$3D~(editorString~'limit*201~end~0~start~-60~timeType"
        "~'RELATIVE~source~(~'arn*3aaws-cn*3alogs*3acn-north-1*3a1*3alog-group*3aa))",
        "#logsV2:logs-insights?queryDetail=~(editorString~'limit*201~end~0~start~-60~timeType"
        "~'RELATIVE~source~(~'arn*3aaws-cn*3alogs*3acn-north-1*3a1*3alog-group*3aa))",
        "#logs-insights:queryDetail=~(editorString~'limit*201~end~0~start~-60~timeType"
        "~'RELATIVE~source~(~'arn*3aaws-cn*3alogs*3acn-north-1*3a1*3alog-group*3aa));tab=logs",
        "#logsV2:logs-insights%3FqueryDetail%3D%7E%28editorString%7E%27limit*201%7Eend%7E0"
        "%7Estart%7E-60%7EtimeType%7E%27RELATIVE%7Esource%7E%28%7E%27arn*3aaws-cn*3alogs"
        "*3acn-north-1*3a1*3alog-group*3aa%29%29",
        "#logsV2:logs-insights$3FqueryDetail$3D$7E$28editorString$7E$27limit*201$7Eend$7E0"
        "$7Estart$7E-60$7EtimeType$7E$27RELATIVE$7Esource$7E$28$7E$27arn*3aaws-cn*3alogs"
        "*3acn-north-1*3a1*3alog-group*3aa$29$29",
        "%23logsV2%3Alogs-insights%253FqueryDetail%253D%257E%2528editorString%257E%2527limit*201"
        "%257Eend%257E0%257Estart%257E-60%257EtimeType%257E%2527RELATIVE%257Esource%257E%2528"
        "%257E%2527arn*3aaws-cn*3alogs*3acn-north-1*3a1*3alog-group*3aa%2529%2529",
    ],
)
@pytest.mark.parametrize(
    "home",
    [
        "https://console.amazonaws.cn/cloudwatch/home?region=cn-north-1",
        "https://cn-north-1.console.amazonaws.cn/cloudwatch/home",
        "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?foo=1&region=cn-north-1",
    ],
)
def test_every_form_reads_alike(home: str, form: str) -> None:
    assert is_link(home + form)
    arn = "arn:aws-cn:logs:cn-north-1:1:log-group:a"
    assert read_link(home + form) == ConsoleLink(
        "limit 1", Last(timedelta(minutes=1)), (arn,), "cn-north-1"
    )


def test_a_tab_without_a_query() -> None:
    with pytest.raises(UsageError, match="holds no query text"):
        read_link("https://eu-west-1.console.aws.amazon.com/cloudwatch/home#log-analytics?active=a")


@given(st.text("~()'*!a0-. &=%27E$", max_size=30))
def test_no_link_with_tabs_breaks_the_reader(detail: str) -> None:
    with suppress(UsageError):
        read_link(f"https://console.aws.amazon.com/cloudwatch/home#log-analytics?{detail}")
    with suppress(UsageError):
        read_link(f"https://console.aws.amazon.com/cloudwatch/home#log-analytics?a.query={detail}")


@pytest.mark.parametrize(
    "link",
    [
        "https://[x.console.aws.amazon.com/cloudwatch/home#logsV2:logs-insights?queryDetail=~(a~1)",
        f"https://a.b/#logs-insights?queryDetail=~(a{'~(' * 5000}",
        f"https://a.b/#logs-insights?queryDetail=~({'a~(' * 5000}",
        f"https://a.b/#logs-insights?queryDetail=~(end~{'1' * 5000}~editorString~'limit*201)",
    ],
    ids=["host", "lists", "maps", "digits"],
)
def test_an_absurd_link_is_refused_in_a_sentence(link: str) -> None:
    with pytest.raises(UsageError, match="this link"):
        read_link(link)
