"""The query editor: its border, its colours, and what it draws of foreign text."""

from __future__ import annotations

import pytest
from rich.text import Text

from flowtui.backends.base import LogGroup
from flowtui.model.errors import BackendError
from tests.pilot.service import (
    CONTROLS,
    EDGE,
    PAIRS,
    PAIRS_DONE,
    ScriptedService,
    make_app,
    using,
)

PLAIN = LogGroup("/vpc/plain")


async def test_the_border_follows_what_is_typed() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"stats count(*)")
        assert "parse" not in seen.text
        await seen.press(*" by dstport")
        assert seen.editor.text == "stats count(*) by dstport"
        assert seen.editor.border_subtitle == "parse: 27 fields (F3 shows it)"


async def test_no_parse_is_named_where_the_format_is_not_known() -> None:
    service = ScriptedService(groups=((PLAIN,),))
    async with using(make_app(service, groups=(PLAIN.name,))) as seen:
        assert not seen.editor.border_subtitle


async def test_groups_of_different_formats_say_that_no_parse_is_written() -> None:
    service = ScriptedService([PAIRS_DONE], groups=((EDGE, PLAIN),))
    async with using(make_app(service, groups=(EDGE.name, PLAIN.name))) as seen:
        assert "different formats" in seen.remark
        await seen.run()
        assert service.started[0][0].text == PAIRS


async def test_a_group_that_can_not_be_described_gets_a_sentence() -> None:
    service = ScriptedService(groups=(BackendError("not used"),))
    service._catalog._pages = ()
    async with using(make_app(service, groups=("/vpc/gone",))) as seen:
        assert seen.remark == "there is no log group /vpc/gone; check the name"


def styled(line: Text, word: str) -> str:
    """The style that the whole of `word` has in the line."""
    start = line.plain.index(word)
    spans = [s for s in line.spans if s.start <= start and s.end >= start + len(word)]
    return " ".join(str(span.style) for span in spans)


async def test_commands_strings_and_comments_have_their_colours() -> None:
    body = 'filter srcaddr = "10.0.0.1" # why'
    async with using(make_app(ScriptedService(), body)) as seen:
        line = seen.editor.get_line(0)
        styles = {styled(line, word) for word in ("filter", '"10.0.0.1"', "# why")}
        assert len(styles) == 3
        assert "" not in styles


async def test_a_string_over_two_lines_is_coloured_on_both() -> None:
    async with using(make_app(ScriptedService(), 'filter a = "one\ntwo"')) as seen:
        first = styled(seen.editor.get_line(0), '"one')
        assert first
        assert styled(seen.editor.get_line(1), 'two"') == first


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x7f", "\x9b", "\u202e", "\u2066"])
async def test_a_control_character_is_shown_and_kept(char: str) -> None:
    body = f'filter a = "x{char}y" | limit 5'
    async with using(make_app(ScriptedService([PAIRS_DONE]), body)) as seen:
        assert 'filter a = "x·y" | limit 5' in seen.text
        assert not any(CONTROLS.search(line) for line in seen.text.split("\n"))
        assert styled(seen.editor.get_line(0), "limit") == styled(seen.editor.get_line(0), "filter")
        assert seen.editor.text == body


async def test_a_tab_stays_a_tab() -> None:
    async with using(make_app(ScriptedService(), "stats\tcount(*)")) as seen:
        assert seen.editor.get_line(0).plain == "stats\tcount(*)"
        assert "·" not in seen.text


async def test_tab_leaves_the_editor_and_ctrl_e_returns() -> None:
    async with using(make_app(ScriptedService())) as seen:
        await seen.press("tab")
        assert seen.grid.has_focus
        assert seen.editor.text == PAIRS
        await seen.press("ctrl+e")
        assert seen.editor.has_focus


async def test_question_mark_is_a_letter_in_the_editor_and_f1_is_help() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press("question_mark")
        assert seen.editor.text == "?"
        assert seen.workspace.is_current
        await seen.press("f1")
        assert "Run the query" in seen.text
