"""What the flow logs of a group say of its records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flowtui.flowlogs.delivery import Delivery, FlowLog, account_of_arn, delivery, group_of_arn
from flowtui.flowlogs.format import FlowFormat

MAY = datetime(2026, 5, 1, tzinfo=UTC)
LOG = FlowLog("fl-1", "/vpc/edge", "${srcaddr} ${dstaddr}", "vpc-1", "ALL", MAY)
OTHER = replace(LOG, id="fl-2", resource="vpc-2", created=MAY + timedelta(days=1))


def of(*logs: FlowLog, created: datetime | None = MAY, oldest: datetime | None = None) -> Delivery:
    return delivery("/vpc/edge", logs, created, oldest)


def test_one_flow_log_tells_the_format() -> None:
    found = of(LOG, replace(LOG, group="/other", format="${bytes}"))
    assert found.formats == (FlowFormat.parse(LOG.format),)
    assert found.ids == ("fl-1",)
    assert found.notices == ()


def test_no_flow_log_tells_nothing() -> None:
    assert of(replace(LOG, group="/other")) == Delivery()


def test_flow_logs_of_one_format_agree() -> None:
    assert of(LOG, OTHER).formats == (FlowFormat.parse(LOG.format),)
    assert of(LOG, OTHER).ids == ("fl-2", "fl-1")


def test_several_formats_come_newest_first() -> None:
    found = of(LOG, replace(OTHER, format="${bytes}"))
    assert [str(each) for each in found.formats] == ["${bytes}", "${srcaddr} ${dstaddr}"]


@pytest.mark.parametrize("kind", ["ACCEPT", "REJECT"])
def test_half_of_the_traffic_is_said(kind: str) -> None:
    (notice,) = of(replace(LOG, traffic=kind)).notices
    assert f"Only {kind} is logged to /vpc/edge" in notice
    assert of(replace(LOG, traffic="ACCEPT"), replace(OTHER, traffic="REJECT")).notices == ()
    assert of(replace(LOG, traffic="")).notices == ()


@pytest.mark.parametrize(
    ("other", "is_twice"),
    [
        (replace(OTHER, resource="vpc-1"), True),
        (replace(OTHER, resource="vpc-1", traffic="REJECT"), True),
        (replace(OTHER, resource="eni-1"), True),
        (OTHER, False),
        (replace(OTHER, resource="tgw-1"), False),
    ],
)
def test_flows_that_are_recorded_twice_are_said(other: FlowLog, *, is_twice: bool) -> None:
    said = "".join(of(LOG, other).notices)
    assert ("a flow may be there twice" in said) == is_twice


def test_halves_of_one_resource_are_no_duplicates() -> None:
    halves = replace(LOG, traffic="ACCEPT"), replace(OTHER, resource="vpc-1", traffic="REJECT")
    assert of(*halves).notices == ()


def test_a_flow_log_that_fails_is_said() -> None:
    (notice,) = of(replace(LOG, failure="Access error")).notices
    assert notice == "fl-1 can't deliver its records: Access error; look at its role"


def test_records_from_before_the_flow_log_may_have_another_format() -> None:
    old = MAY - timedelta(days=30)
    (notice,) = of(LOG, created=old).notices
    assert "are from 2026-05-01 00:00 UTC and the group is older" in notice
    assert of(LOG, created=old, oldest=MAY + timedelta(days=1)).notices == ()
    assert of(LOG, created=MAY - timedelta(minutes=5)).notices == ()
    assert of(replace(LOG, created=None), created=old).notices == ()


def test_a_format_that_can_not_be_read_is_said() -> None:
    found = of(replace(LOG, format="srcaddr"))
    assert found.formats == ()
    assert "The format of fl-1 can't be read" in found.notices[0]


@pytest.mark.parametrize("end", ["", ":*"])
def test_a_destination_names_its_group(end: str) -> None:
    assert group_of_arn(f"arn:aws:logs:eu-west-1:1:log-group:/vpc/edge{end}") == "/vpc/edge"
    assert group_of_arn("arn:aws:s3:::bucket") == ""


def test_an_arn_names_its_account() -> None:
    assert account_of_arn("arn:aws:logs:eu-west-1:1:log-group:/vpc/edge") == "1"
    assert account_of_arn("arn:x") == ""
