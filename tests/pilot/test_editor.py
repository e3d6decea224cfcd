"""The query editor: its border, its colours, and what it draws of foreign text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual.events import Paste

from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError
from flowtui.settings import Settings
from flowtui.ui.widgets.choice_list import ChoiceList
from tests.pilot.service import (
    CONTROLS,
    EDGE,
    PAIRS,
    PAIRS_DONE,
    ScriptedService,
    Seen,
    make_app,
    using,
)

PLAIN = LogGroup("/vpc/plain")


async def test_the_border_follows_what_is_typed() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"stats count(*)")
        await seen.checked()
        assert "parse" not in seen.text
        await seen.press(*" by dstport")
        await seen.checked()
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


async def test_what_one_should_know_of_several_groups_is_one_text() -> None:
    service = ScriptedService(groups=((EDGE, replace(PLAIN, notice="its files differ")),))
    async with using(make_app(service, groups=(EDGE.name, PLAIN.name))) as seen:
        assert seen.remark.startswith("its files differ. These log groups")


async def test_a_group_that_can_not_be_described_gets_a_sentence() -> None:
    service = ScriptedService(groups=(BackendError("not used"),))
    service._catalog._pages = ()
    async with using(make_app(service, groups=("/vpc/gone",))) as seen:
        assert seen.remark == "there is no log group /vpc/gone; check the name"


def styled(seen: Seen, word: str) -> Style:
    """The style that the whole of `word` has on the screen."""
    strips = seen.screen._compositor.render_strips()
    strip = next(strip for strip in strips if word in strip.text)
    start = strip.text.index(word)
    (style,) = {segment.style for segment in strip.crop(start, start + cell_len(word))}
    assert style is not None
    return style


async def test_commands_strings_and_comments_have_their_colours() -> None:
    body = 'filter srcaddr = "10.0.0.1" # why'
    async with using(make_app(ScriptedService(), body)) as seen:
        await seen.press("end")
        styles = {styled(seen, word) for word in ("filter", "=", '"10.0.0.1"', "# why")}
        assert len(styles) == 4


async def test_a_comment_is_muted_against_the_background() -> None:
    settings = Settings(theme="flowtui-light")
    async with using(make_app(ScriptedService(), "# why", settings=settings)) as seen:
        colour = styled(seen, "why").color
        assert colour is not None
        assert colour.triplet is not None
        assert max(colour.triplet) < 160


async def test_a_string_over_two_lines_is_coloured_on_both() -> None:
    async with using(make_app(ScriptedService(), 'filter a = "one\ntwo"')) as seen:
        assert styled(seen, '"one') == styled(seen, 'two"') != styled(seen, "=")


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x7f", "\x9b", "\u202e", "\u2066"])
async def test_a_control_character_is_shown_and_kept(char: str) -> None:
    body = f'filter a = "x{char}y" | limit 5'
    async with using(make_app(ScriptedService([PAIRS_DONE]), body)) as seen:
        assert 'filter a = "x·y" | limit 5' in seen.text
        assert not any(CONTROLS.search(line) for line in seen.text.split("\n"))
        assert styled(seen, "limit") == styled(seen, "ilter")
        assert seen.editor.text == body


async def test_a_tab_stays_a_tab() -> None:
    async with using(make_app(ScriptedService(), "fields\tsrcaddr,\n\t\tdstaddr")) as seen:
        rows = [line[2:-1].rstrip() for line in seen.text.split("\n")[2:4]]
        assert rows == ["fields  srcaddr,", "        dstaddr"]
        assert seen.editor.text == "fields\tsrcaddr,\n\t\tdstaddr"


async def test_question_mark_is_a_letter_in_the_editor_and_f1_is_help() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press("question_mark")
        assert seen.editor.text == "?"
        assert seen.workspace.is_current
        await seen.press("f1")
        assert "Run the query" in seen.text


# Completion


def to_the_end(seen: Seen) -> None:
    seen.editor.move_cursor(seen.editor.document.end)


async def test_choices_open_while_a_word_is_typed_and_tab_takes_one() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"stats sum(by")
        assert "▸bytes  bytes during the window" in seen.text
        await seen.press("tab")
        assert seen.editor.text == "stats sum(bytes"
        assert seen.editor.has_focus
        assert "bytes during" not in seen.text
        await seen.press("alt+z")
        assert seen.editor.text == "stats sum(by"


async def test_a_single_character_that_was_taken_is_undone_alone() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"filter protocol = tc")
        await seen.press("tab", *" o")
        assert seen.editor.text == "filter protocol = 6 o"
        await seen.press("alt+z", "alt+z")
        assert seen.editor.text == "filter protocol = tc"


async def test_choices_open_by_themselves_after_a_pipe_and_before_a_known_value() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"filter action = ")
        assert '▸"ACCEPT"  the traffic was allowed' in seen.text
        await seen.press("down", "tab", *" | ")
        assert seen.editor.text == 'filter action = "REJECT" | '
        assert "▸fields" in seen.text


async def test_up_and_down_move_in_the_choices_only_while_they_are_open() -> None:
    async with using(make_app(ScriptedService(), "fields a\n")) as seen:
        to_the_end(seen)
        await seen.press(*"| s")
        await seen.press("down", "up", "up")
        assert "▸search" in seen.text
        assert seen.editor.cursor_location == (1, 3)
        await seen.press("escape", "up")
        assert seen.editor.cursor_location == (0, 3)


async def test_a_single_choice_does_not_hold_the_cursor() -> None:
    async with using(make_app(ScriptedService(), "\nlimit 5")) as seen:
        await seen.press(*"disp", "down")
        assert "▸" not in seen.text
        assert seen.editor.cursor_location == (1, 4)


async def test_escape_closes_the_choices_then_stops_then_leaves() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"fi", "escape")
        assert "▸" not in seen.text
        assert seen.editor.has_focus
        assert seen.editor.text == "fi"
        await seen.press("escape")
        assert seen.grid.has_focus


async def test_enter_is_a_new_line_and_never_takes_a_choice() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"fi", "enter")
        assert seen.editor.text == "fi\n"
        assert "▸" not in seen.text


@pytest.mark.parametrize("key", ["left", "home", "ctrl+o", "alt+z", "f10", "f1", "ctrl+t"])
async def test_choices_close_on_anything_but_typing(key: str) -> None:
    async with using(make_app(ScriptedService(), "stats count(*)\n| ")) as seen:
        to_the_end(seen)
        await seen.press(*"so")
        assert "▸sort" in seen.text
        await seen.press(key)
        assert "▸" not in seen.text


async def test_choices_never_open_when_the_cursor_moves() -> None:
    async with using(make_app(ScriptedService(), "stats count(*) | so")) as seen:
        await seen.press("end", "left", "right")
        assert "▸" not in seen.text
        await seen.press("ctrl+@")
        assert "▸sort" in seen.text


async def test_choices_follow_what_is_deleted() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"fill", "backspace", "backspace")
        assert "filterIndex" in seen.text
        await seen.press("backspace", "backspace")
        assert "▸" not in seen.text


async def test_nothing_opens_before_a_word_that_is_there() -> None:
    async with using(make_app(ScriptedService(), "fields srcaddr")) as seen:
        await seen.press("home", *["right"] * 7, "s")
        assert seen.editor.text == "fields ssrcaddr"
        assert "▸" not in seen.text


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (30, 8)])
async def test_choices_stay_at_the_cursor_when_the_text_wraps_and_scrolls(
    size: tuple[int, int],
) -> None:
    body = "\n".join(["fields @message", *["| limit 5"] * 12, "| filter 1 = 1 and 2 = 2 and "])
    async with using(make_app(ScriptedService(), body), size) as seen:
        to_the_end(seen)
        await seen.press(*"dstaddr = s")
        choices = seen.workspace.query_one(ChoiceList)
        assert choices.display
        assert seen.screen.region.contains_region(choices.region)
        assert not choices.region.contains_point(seen.editor.cursor_screen_offset)


# What is wrong


async def test_an_error_is_underlined_and_told_where_the_cursor_is() -> None:
    body = "fields @message\n| filter summ(bytes) > [1\n| sort bytes"
    async with using(make_app(ScriptedService(), body)) as seen:
        assert seen.text.split("\n")[1].startswith("╭─ Query  ✗ 1 error ─")
        assert styled(seen, "[").underline
        assert not styled(seen, "sort").underline
        seen.editor.move_cursor((1, body.split("\n")[1].index("[")))
        await seen.pilot.pause()
        assert seen.text.split("\n")[1].startswith("╭─ Query  ✗ missing ] for this [ ─")


async def test_the_cursor_line_keeps_its_colours() -> None:
    async with using(make_app(ScriptedService(), "limit 5")) as seen:
        strips = seen.screen._compositor.render_strips()
        (style,) = {part.style for part in strips[2] if part.text == "imit"}
        assert style is not None
        assert style.color == seen.editor.get_component_rich_style("query-editor--command").color


async def test_what_is_being_typed_is_no_error_until_the_keys_rest() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"limit x")
        await seen.checked()
        assert "✗" not in seen.text
        await seen.rested()
        assert "✗" in seen.text


async def test_what_is_being_typed_is_an_error_once_the_cursor_leaves() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"limit x")
        await seen.checked()
        assert "✗" not in seen.text
        await seen.press("home")
        assert "✗ 1 error" in seen.text


async def test_an_error_that_stays_does_not_flicker_and_one_that_is_mended_goes() -> None:
    async with using(make_app(ScriptedService(), "stats sum(bytes")) as seen:
        assert "✗ 1 error" in seen.text
        await seen.press("end", *" ")
        assert "✗ 1 error" in seen.text
        await seen.checked()
        assert "✗ 1 error" in seen.text
        await seen.press(*")")
        await seen.checked()
        assert "✗" not in seen.text


async def test_an_error_in_another_command_is_told_at_once() -> None:
    async with using(make_app(ScriptedService(), "bytes | sort bytes")) as seen:
        await seen.press("home", *"dedup ")
        await seen.checked()
        assert styled(seen, "sort").underline


async def test_the_sentence_is_never_markup() -> None:
    async with using(make_app(ScriptedService(), "[/x][bold]\x1b | limit 5")) as seen:
        assert "✗ expected a command such as fields, filter or stats, not [" in seen.text
        assert not CONTROLS.search(seen.text.replace("\n", ""))


async def test_a_query_that_nobody_has_begun_has_no_errors() -> None:
    async with using(make_app(ScriptedService(), "# why\nx")) as seen:
        assert "✗" in seen.text
        await seen.press("down", "right", "backspace")
        await seen.rested()
        assert "✗" not in seen.text


# Layout, comments, characters


async def test_f10_lays_the_query_out_and_keeps_the_cursor_and_the_undo() -> None:
    body = "fields  @message # why\n| filter bytes>5|sort bytes"
    async with using(make_app(ScriptedService(), body)) as seen:
        seen.editor.move_cursor((1, body.split("\n")[1].index("sort") + 2))
        await seen.press("f10")
        assert seen.editor.text == "fields @message # why\n| filter bytes>5\n| sort bytes"
        assert seen.editor.cursor_location == (2, 4)
        await seen.press("f10")
        assert seen.editor.cursor_location == (2, 4)
        await seen.press("alt+z")
        assert seen.editor.text == body
        assert seen.editor.cursor_location == (1, body.split("\n")[1].index("sort") + 2)


async def test_what_can_not_be_read_is_not_laid_out_and_a_sentence_says_why() -> None:
    async with using(make_app(ScriptedService(), "fields  a | limit")) as seen:
        await seen.press("f10")
        assert seen.editor.text == "fields  a | limit"
        assert seen.remark.startswith("not formatted: expected a whole number")


async def test_a_comment_is_made_and_undone() -> None:
    body = "fields a\n| limit 5"
    async with using(make_app(ScriptedService(), body)) as seen:
        await seen.press("down", "right", "alt+c")
        assert seen.editor.text == "fields a\n# | limit 5"
        assert seen.editor.cursor_location == (1, 3)
        await seen.press("alt+c")
        assert seen.editor.text == body
        assert seen.editor.cursor_location == (1, 1)
        await seen.press("alt+z")
        assert seen.editor.text == "fields a\n# | limit 5"


async def test_a_comment_is_made_of_all_lines_of_the_selection() -> None:
    async with using(make_app(ScriptedService(), "fields a\n\n  | limit 5\n| sort a")) as seen:
        await seen.press("shift+down", "shift+down", "alt+c")
        assert seen.editor.text == "# fields a\n\n#   | limit 5\n| sort a"
        await seen.press("alt+c")
        assert seen.editor.text == "fields a\n\n  | limit 5\n| sort a"


ODD = 'filter @message = "x\x0by\x0cz\x85\u2028\r\n\r." | limit 5\n'


async def test_what_python_takes_for_a_line_end_runs_as_it_was_put_in() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service, ODD)) as seen:
        assert seen.editor.text == ODD
        assert seen.editor.document.line_count == 3
        await seen.press("end", "backspace", "alt+z")
        await seen.run()
        assert service.started[0][0].text == ODD
        seen.editor.text = ODD * 2
        assert seen.editor.text == ODD * 2


async def test_a_pasted_text_has_line_feeds() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        seen.pilot.app.post_message(Paste("fields a\r| limit 5\r\n| sort a"))
        await seen.pilot.pause()
        assert seen.editor.text == "fields a\n| limit 5\n| sort a"
        assert seen.editor.cursor_location == (2, 8)
