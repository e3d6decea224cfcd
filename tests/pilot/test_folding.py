"""The query folds to one line for the panel that has the focus."""

from __future__ import annotations

from textual.events import AppBlur, AppFocus

from flowtui.ui.widgets.query_editor import QueryEditor
from tests.pilot.service import PAIRS_DONE, ScriptedService, Seen, make_app, using

LONG = "# who talks?\n" + "\n".join(f'| filter srcaddr != "10.0.0.{n}"' for n in range(12))


def lines_of_query(seen: Seen) -> int:
    return seen.editor.outer_size.height


async def test_the_rows_have_all_lines_but_one_of_the_query() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        assert lines_of_query(seen) == 4
        await seen.run()
        assert lines_of_query(seen) == 1
        assert seen.text.splitlines()[1].startswith(" Query  stats sum(bytes) as Data_Tra")
        assert seen.text.splitlines()[1].endswith("…  parse: 27 fields")
        await seen.press("ctrl+e")
        assert lines_of_query(seen) == 4
        assert "parse: 27 fields" in seen.text
        await seen.press("ctrl+o")
        assert lines_of_query(seen) == 1


async def test_a_drill_s_columns_are_told_by_their_number() -> None:
    service = ScriptedService([PAIRS_DONE], [PAIRS_DONE])
    async with using(make_app(service), (160, 40)) as seen:
        await seen.run()
        await seen.press("enter")
        await seen.ended()
        line = seen.text.splitlines()[1]
        assert " | display 28 columns" in line
        assert "srcport" not in line


async def test_what_is_put_before_the_query_is_named_where_it_has_room() -> None:
    async with using(make_app(ScriptedService(), "stats sum(bytes) by srcaddr")) as seen:
        await seen.press("ctrl+o")
        line = seen.text.splitlines()[1]
        assert line.rstrip().endswith("parse: 27 fields (F3 shows it)")


async def test_on_a_narrow_screen_the_query_comes_first() -> None:
    async with using(make_app(ScriptedService()), (80, 24)) as seen:
        await seen.press("ctrl+o")
        assert "parse" not in seen.text.splitlines()[1]


async def test_another_program_s_window_folds_nothing() -> None:
    async with using(make_app(ScriptedService())) as seen:
        seen.pilot.app.post_message(AppBlur())
        await seen.pilot.pause()
        assert lines_of_query(seen) == 4
        seen.pilot.app.post_message(AppFocus())
        await seen.pilot.pause()
        assert lines_of_query(seen) == 4


async def test_a_dialogue_over_it_folds_nothing() -> None:
    async with using(make_app(ScriptedService())) as seen:
        await seen.press("ctrl+t")
        assert lines_of_query(seen) == 4
        await seen.press("escape")
        assert lines_of_query(seen) == 4


async def test_a_click_on_the_one_line_unfolds_it_and_leaves_the_cursor() -> None:
    async with using(make_app(ScriptedService(), LONG)) as seen:
        await seen.press("down", "down", "right", "ctrl+o")
        cursor = seen.editor.cursor_location
        await seen.pilot.click(QueryEditor, offset=(40, 0))
        assert seen.editor.has_focus
        assert lines_of_query(seen) > 4
        assert seen.editor.cursor_location == cursor
        await seen.pilot.click(QueryEditor, offset=(4, 1))
        assert seen.editor.cursor_location != cursor


async def test_folding_wraps_nothing_anew() -> None:
    async with using(make_app(ScriptedService(), LONG), (80, 24)) as seen:
        width = seen.editor.wrap_width
        for key in ("ctrl+o", "ctrl+e", "ctrl+o", "ctrl+e"):
            await seen.press(key)
            assert seen.editor.wrap_width == width
