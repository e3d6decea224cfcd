"""Which format wins: one rule for both front ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowtui.engine.formats import Formats
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import UsageError

GIVEN, REMEMBERED, SET = (
    FlowFormat.parse(f"${{srcaddr}} ${{{name}}}") for name in ("bytes", "start", "log-status")
)
EDGE = LogGroup("/vpc/edge", format=DEFAULT_FORMAT, format_notice="inferred from 9 records")


def formats(*said: str) -> Formats:
    """By those that have said something; all of them but the command line of `/vpc/edge`."""
    return Formats(
        given=GIVEN if "command line" in said else None,
        remembered={"/vpc/edge": str(REMEMBERED) if "F9" in said else ""}.get,  # type: ignore[arg-type]  # the text that is missing is as good as none
        settings={"/vpc/edge": str(SET)} if "settings" in said else {},
    )


@pytest.mark.parametrize(
    ("said", "wins"),
    [
        (["command line", "F9", "settings"], GIVEN),
        (["F9", "settings"], REMEMBERED),
        (["settings"], SET),
        ([], DEFAULT_FORMAT),
    ],
    ids=lambda said: " ".join(said) if isinstance(said, list) else None,
)
def test_the_user_comes_before_the_service(said: list[str], wins: FlowFormat) -> None:
    assert formats(*said).known([EDGE]).format == wins
    assert formats(*said).given("/vpc/edge") == (wins if said else None)


def test_what_is_said_of_one_group_is_not_said_of_another() -> None:
    assert formats("F9", "settings").given("/vpc/core") is None
    assert formats("command line").given("/vpc/core") == GIVEN


def test_that_a_format_is_not_certain_is_of_no_use_to_who_gives_one() -> None:
    assert formats().known([EDGE]).notice == "inferred from 9 records"
    assert formats("settings").known([replace(EDGE, notice="Only REJECT is logged.")]).notice == (
        "Only REJECT is logged"
    )


def test_groups_that_differ_have_no_format_together() -> None:
    known = formats().known([EDGE, LogGroup("/vpc/core", format=ARTICLE_FORMAT)])
    assert known.format is None
    assert known.notice.endswith(
        "records. These log groups have different formats; no parse command is written"
    )
    assert formats("command line").known([EDGE, LogGroup("/vpc/core")]).format == GIVEN


@pytest.mark.parametrize(
    ("said", "notice"), [("settings", "they are left out"), ("F9", "which are not read right")]
)
def test_records_of_other_formats_are_left_out_where_they_can_be_told_apart(
    said: str, notice: str
) -> None:
    mixed = replace(EDGE, is_mixed=True)
    known = formats(said).known([mixed])
    assert known.format is not None
    assert known.format.is_mixed
    assert notice in known.notice


def test_nothing_is_known_of_nothing() -> None:
    assert formats("command line").known([]).format is None


def test_a_text_that_is_no_format_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="'srcaddr' is not a field of a flow log format"):
        Formats(settings={"/vpc/edge": "srcaddr"}).known([EDGE])
