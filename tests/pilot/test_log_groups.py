"""What the picker shows of a group, which ones it remembers, and how a format is confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.log_group import LogGroup
from flowtui.flowlogs.presets import PRESETS
from flowtui.memory import Memory
from flowtui.model.errors import BackendError
from flowtui.ui.screens.formats import FormatScreen, label, offered, preview, told_by
from flowtui.ui.screens.log_groups import LogGroupsScreen, describe, fitted
from flowtui.ui.widgets.filter_list import FilterList
from tests.pilot.service import NOON, PAIRS_DONE, ScriptedService, Seen, make_app, using

RECORD = (
    "2 123456789012 eni-0a1 10.0.0.1 10.0.0.2 443 49152 6 10 840 1700000000 1700000060 ACCEPT OK"
)
EDGE = LogGroup("/vpc/edge", created=NOON, stored_bytes=1_900_000_000, retention_days=14)
UNSURE = LogGroup(
    "/vpc/odd", candidates=(DEFAULT_FORMAT, FlowFormat.parse("${srcaddr}")), sample=(RECORD,),
    format_notice="F9 confirms the format",
)  # fmt: skip
PLACE = ScriptedService.place


@asynccontextmanager
async def picking(
    *groups: LogGroup | BackendError,
    memory: Memory | None = None,
    size: tuple[int, int] = (120, 40),
) -> AsyncIterator[Seen]:
    pages = [each if isinstance(each, BackendError) else (each,) for each in groups]
    service = ScriptedService([PAIRS_DONE], groups=tuple(pages))
    async with using(make_app(service, groups=(), memory=memory), size=size) as seen:
        await seen.press("ctrl+g")
        await seen.until(lambda: isinstance(seen.screen, LogGroupsScreen))
        await seen.pilot.pause()
        yield seen


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "memory.json")


def listed(seen: Seen) -> list[str]:
    return [entry.group.name for entry in seen.screen.query_one(FilterList).rows]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_line_shows_size_retention_class_and_format(size: tuple[int, int]) -> None:
    group = replace(EDGE, log_class="INFREQUENT_ACCESS", format=ARTICLE_FORMAT)
    async with picking(group, size=size) as seen:
        lines = seen.text.splitlines()
        head = next(each for each in lines if "flow logs" in each)
        line = next(each for each in lines if "[ ]" in each)
        assert head[head.index("stored") :].split()[:5] == [
            "stored",
            "kept",
            "class",
            "flow",
            "logs",
        ]
        words = ["/vpc/edge", "1.90", "GB", "14", "d", "infreq.", "27", "fields"]
        assert [word for word in line.split() if word in words] == words
        assert line.index("GB") + 2 == head.index("stored") + len("stored")


async def test_a_later_page_does_not_take_the_format_away() -> None:
    async with picking(replace(EDGE, format=ARTICLE_FORMAT), EDGE) as seen:
        assert "27 fields" in seen.text


def test_what_is_told_of_a_group() -> None:
    assert describe(LogGroup("/a")) == ("", "", "", "")
    assert describe(replace(EDGE, retention_days=None))[1] == "always"
    assert describe(UNSURE)[3] == "2 formats"
    assert describe(replace(EDGE, log_class="NEW\x1b"))[2].startswith("new")


def test_a_long_name_keeps_both_ends() -> None:
    assert fitted("/aws/vpc/production/flow-logs", 20) == "/aws/v…ion/flow-logs"
    assert fitted("/a", 4) == "/a  "


async def test_recent_groups_come_first_and_the_gone_ones_go(memory: Memory) -> None:
    arn = "arn:aws:logs:eu-west-1:1:log-group:/shared"
    memory.use(PLACE, ("/vpc/zeta", "/gone", arn))
    async with picking(EDGE, LogGroup("/vpc/zeta"), memory=memory) as seen:
        assert listed(seen) == ["/vpc/zeta", arn, "/vpc/edge"]
        assert "•[ ] /vpc/zeta" in seen.text
        assert "• was used before" in seen.text


async def test_what_is_taken_is_remembered(memory: Memory) -> None:
    async with picking(EDGE, memory=memory) as seen:
        await seen.press("enter")
        await seen.ended()
    assert memory.recent(PLACE) == ("/vpc/edge",)


async def test_what_can_not_be_remembered_is_said() -> None:
    async with picking(EDGE, memory=Memory(Path("/dev/null/memory.json"))) as seen:
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.groups == ("/vpc/edge",)
        assert "can't remember this in /dev/null/memory.json" in seen.remark


async def test_the_class_that_can_not_be_queried_is_not_marked() -> None:
    async with picking(replace(EDGE, log_class="DELIVERY", notice="it can't be queried")) as seen:
        await seen.press("space")
        assert "0 marked; it can't be queried" in seen.text


async def test_fifty_marks_are_kept_across_filters_and_pages() -> None:
    groups = [LogGroup(f"/vpc/{n:03}") for n in range(120)]
    async with picking(*groups) as seen:
        for n in range(50):
            seen.screen.query_one(Input).value = f"{n:03}"
            await seen.press("space")
        assert "50 marked" in seen.text
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.groups == tuple(f"/vpc/{n:03}" for n in range(50))


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_of_a_long_list_the_hint_below_is_seen(size: tuple[int, int]) -> None:
    async with picking(*(LogGroup(f"/vpc/{n:03}") for n in range(120)), size=size) as seen:
        for n in range(51):
            seen.screen.query_one(Input).value = f"{n:03}"
            await seen.press("space")
        seen.screen.query_one(Input).value = ""
        await seen.pilot.pause()
        assert "120 of 120 groups, 50 marked; a query takes at most 50" in " ".join(
            seen.text.replace("│", " ").split()
        )


async def test_where_all_are_of_one_class_the_names_have_its_room() -> None:
    long = "/aws/vpc/production/flow-logs"
    async with picking(LogGroup(long), size=(80, 24)) as seen:
        assert f"[ ] {long}" in seen.text
        assert "class" not in seen.text
    async with picking(LogGroup(long, log_class="INFREQUENT_ACCESS"), size=(80, 24)) as seen:
        assert "infreq." in seen.text


async def test_of_many_groups_all_can_be_reached() -> None:
    service = ScriptedService(groups=(tuple(LogGroup(f"/g/{n}") for n in range(3000)),))
    async with using(make_app(service, groups=())) as seen:
        await seen.press("ctrl+g")
        await seen.until(lambda: len(listed(seen)) == 3000)
        assert "3000 of 3000 groups" in seen.text
        await seen.press(*"/2999")
        assert listed(seen) == ["/g/2999"]


async def test_who_may_not_list_groups_types_a_name() -> None:
    async with picking(BackendError("not allowed to list log groups")) as seen:
        await seen.press(*"/vpc/secret", "enter")
        await seen.ended()
        assert seen.session.state.groups == ("/vpc/secret",)


async def test_a_name_that_is_not_listed_is_not_taken() -> None:
    async with picking(EDGE) as seen:
        await seen.press(*"nowhere", "enter")
        await seen.ended()
        assert seen.session.state.groups == ()


# The format


@asynccontextmanager
async def confirming(
    group: LogGroup, memory: Memory | None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Seen]:
    service = ScriptedService([PAIRS_DONE], groups=((group,),))
    app = make_app(service, groups=(group.name,), memory=memory)
    async with using(app, size=size) as seen:
        await seen.press("f9")
        await seen.pilot.pause()
        yield seen


async def test_a_format_that_is_not_certain_is_confirmed_and_remembered(memory: Memory) -> None:
    async with confirming(UNSURE, memory) as seen:
        assert isinstance(seen.screen, FormatScreen)
        assert "every value can be one of its field" in seen.text
        assert "srcaddr       10.0.0.1" in seen.text
        assert seen.session.state.flow_format is None
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.flow_format == DEFAULT_FORMAT
        assert "F9 confirms" not in seen.remark
    assert memory.format(PLACE, "/vpc/odd") == str(DEFAULT_FORMAT)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_how_a_long_record_is_confirmed_is_seen(
    size: tuple[int, int], memory: Memory
) -> None:
    record = " ".join(["-"] * len(ARTICLE_FORMAT.fields))
    group = replace(UNSURE, candidates=(ARTICLE_FORMAT,) * 3, sample=(record,))
    async with confirming(group, memory, size) as seen:
        assert "every value can be one of its field" in seen.text
        assert "Enter takes" in seen.text


async def test_the_line_can_be_corrected(memory: Memory) -> None:
    async with confirming(UNSURE, memory) as seen:
        seen.screen.query_one(Input).value = "srcaddr"
        await seen.press("enter")
        assert "'srcaddr' is not a field of a flow log format" in seen.text
        seen.screen.query_one(Input).value = "${srcaddr} ${dstaddr}"
        await seen.pilot.pause()
        assert "this record has 14 fields, the format has 2" in seen.text
        await seen.press("enter")
        await seen.ended()
        assert str(seen.session.state.flow_format) == "${srcaddr} ${dstaddr}"


async def test_down_offers_the_next_one_and_escape_takes_none(memory: Memory) -> None:
    async with confirming(UNSURE, memory) as seen:
        await seen.press("down")
        assert seen.screen.query_one(Input).value == "${srcaddr}"
        await seen.press("escape")
        await seen.ended()
        assert seen.session.state.flow_format is None
    assert memory.format(PLACE, "/vpc/odd") == ""


async def test_of_a_mixed_group_the_other_records_are_left_out(memory: Memory) -> None:
    async with confirming(replace(UNSURE, is_mixed=True), memory) as seen:
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.flow_format == DEFAULT_FORMAT.among_others()
        assert seen.remark == "/vpc/odd has records of other formats too: they are left out"
        seen.editor.text = "stats sum(bytes) by srcaddr"
        await seen.press("f3")
        assert '| filter log_status in ["OK", "NODATA", "SKIPDATA"]' in seen.text


async def test_files_say_their_format_themselves() -> None:
    async with confirming(EDGE, None) as seen:
        await seen.ended()
        assert "--format" in seen.remark


def test_what_is_offered() -> None:
    assert offered(UNSURE, None)[0] == DEFAULT_FORMAT
    assert offered(UNSURE, ARTICLE_FORMAT)[:2] == (ARTICLE_FORMAT, DEFAULT_FORMAT)
    assert len(offered(LogGroup("/a"), None)) == len(set(PRESETS.values()))
    assert offered(replace(UNSURE, sample=("x y",)), None) == UNSURE.candidates
    assert offered(LogGroup("/a", sample=("x y",)), None) == tuple(PRESETS.values())


def test_where_a_format_is_from_is_said() -> None:
    assert told_by(replace(EDGE, format_source="fl-1, fl-2")) == "/vpc/edge, as fl-1, fl-2 says"
    assert told_by(replace(UNSURE, format_source="inferred")) == "/vpc/odd, inferred from 1 records"
    assert told_by(EDGE) == "/vpc/edge, whose format is unknown"


def test_a_record_is_never_markup_nor_control() -> None:
    lines = preview(FlowFormat.parse("${srcaddr} ${dstaddr}"), "[/x] \x1b[31m")
    assert lines[0] == "not every value can be one of its field"
    assert "\x1b" not in "".join(lines)
    assert "[/x]" in lines[1]
    assert label(DEFAULT_FORMAT) == "14 fields: default, version 2"


SHARED = "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/shared"


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_group_of_another_account_is_told_by_its_account(size: tuple[int, int]) -> None:
    async with picking(EDGE, LogGroup(SHARED, arn=SHARED), size=size) as seen:
        await seen.press("down")
        await seen.until(lambda: "111122223333:/vpc/shared" in seen.text)
        await seen.press(*"logs")
        # Every ARN has that in it.
        assert listed(seen) == []
        await seen.press("ctrl+u", *"1111")
        assert listed(seen) == [SHARED]
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.groups == (SHARED,)
        # On a narrow line the end of the name stays.
        assert "333:/vpc/shared" in seen.text.splitlines()[0]


async def test_fifty_groups_are_kept_across_filters_and_the_next_gets_a_sentence() -> None:
    groups = [LogGroup(f"/{word}/{number:02}") for word in "ab" for number in range(30)]
    async with picking(*groups) as seen:
        for word, count in (("/a/", 30), ("/b/", 20)):
            await seen.press("ctrl+u", *word)
            for _ in range(count):
                await seen.press("space", "down")
        assert "50 marked" in seen.text
        await seen.press("space")
        assert "a query takes at most 50 log groups" in seen.text
        assert "50 marked" in seen.text
        await seen.press("ctrl+u", "enter")
        await seen.ended()
        assert len(seen.session.state.groups) == 50
        assert seen.session.state.groups[-1] == "/b/19"
