"""The menu, the palette, and what is said of keys that do nothing."""

from __future__ import annotations

import pytest

from flowtui.settings import Settings
from flowtui.ui.screens.dialogs import MenuScreen
from flowtui.ui.screens.leader import LeaderScreen
from flowtui.ui.screens.palette import PaletteScreen
from flowtui.ui.widgets.timeline import Timeline
from tests.pilot.service import FLOWS_DONE, PAIRS_DONE, ScriptedService, make_app, showing, using
from tests.pilot.test_mouse import over_time

SIZES = [(120, 40), (80, 24)]


def lines_with(text: str, word: str) -> list[str]:
    return [line for line in text.splitlines() if word in line]


@pytest.mark.parametrize("size", SIZES)
async def test_space_opens_a_framed_menu_at_the_lower_edge(size: tuple[int, int]) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), size) as seen:
        await seen.run()
        await seen.press("space")
        assert isinstance(seen.screen, LeaderScreen)
        lines = seen.text.splitlines()
        top = next(y for y, line in enumerate(lines) if line.startswith("╭─ Menu ─"))
        assert top > 1
        assert lines[-2].startswith("╰─")
        assert "a letter does it" in lines[-2]
        assert lines[-1] == "esc Close"
        menu = "\n".join(lines[top:])
        for words in ("c Pair", "+ Only", "_ Write without", "N Match before", "L Flow format F9",
                      "Q Quit", "r Run", "d Drill"):  # fmt: skip
            assert words in menu
        await seen.press("space")
        assert seen.workspace.is_current


async def test_a_letter_does_what_the_panel_does_that_had_the_focus() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("down", "space", "d")
        await seen.ended()
        assert seen.trail.endswith(" > 172.31.1.1 → 3.230.172.1 egress")
        await seen.press("space", "b")
        assert seen.trail.count(">") == 0
        await seen.press("space", "y")
        assert isinstance(seen.screen, MenuScreen)
        await seen.press("escape", "space", "?")
        assert "In the results" in seen.text
        assert service.verbs.count("start") == 1


async def test_the_editor_has_a_key_for_it_too_and_other_letters() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]), "stats count(*)")) as seen:
        await seen.press("end", "space", "x")
        assert seen.editor.text == "stats count(*) x"
        await seen.press("ctrl+x")
        assert isinstance(seen.screen, LeaderScreen)
        assert "a Select all" in seen.text
        assert "Drill" not in seen.text
        await seen.press("a")
        assert seen.editor.selected_text == "stats count(*) x"


async def test_escape_and_keys_that_are_no_letters_do_nothing() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("space", "5", "f5", "j")
        assert isinstance(seen.screen, LeaderScreen)
        await seen.press("escape")
        assert seen.workspace.is_current
        assert service.calls == []
        assert seen.grid.has_focus


async def test_in_the_timeline_its_own_actions_are_offered() -> None:
    async with over_time((120, 40)) as (seen, service):
        await seen.press("z", "left", "space")
        assert "z Zoom" in seen.text
        await seen.press("z")
        await seen.ended()
        assert service.verbs.count("start") == 2
        assert seen.trail.count(">") == 1


async def test_a_click_in_the_menu_chooses() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("space")
        y, line = next(
            (y, line) for y, line in enumerate(seen.text.splitlines()) if "y Copy" in line
        )
        await seen.pilot.click(offset=(line.index("y Copy") + 3, y))
        assert isinstance(seen.screen, MenuScreen)


async def test_the_users_keys_open_it_and_stand_in_it() -> None:
    settings = Settings(keys={"leader": "f11", "run": "f2,ctrl+n", "palette": "f6"})
    async with using(make_app(ScriptedService([PAIRS_DONE]), settings=settings)) as seen:
        assert seen.text.splitlines()[-1].startswith("f11 Menu │")
        await seen.press("f11")
        (line,) = lines_with(seen.text, "r Run")
        assert line.split("r Run")[1].split()[0] == "F2"
        await seen.press("escape", "ctrl+o", "f11")
        assert isinstance(seen.screen, LeaderScreen)


# By name


@pytest.mark.parametrize("key", ["ctrl+p", "colon"])
async def test_the_palette_has_every_action_with_its_keys(key: str) -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press(key)
        assert isinstance(seen.screen, PaletteScreen)
        text = seen.text
        for words in ("Back", "Backspace", "One step back, free", "Copy query", "ctrl+y"):
            assert words in text


async def test_what_is_typed_filters_by_name_and_enter_does_it_at_once() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("colon", *"copy", "enter")
        assert isinstance(seen.screen, MenuScreen)
        await seen.press("escape", "colon", *"nothing such")
        assert "nothing is called that" in seen.text
        await seen.press("enter")
        assert isinstance(seen.screen, PaletteScreen)
        await seen.press("escape")
        assert seen.grid.has_focus


async def test_from_the_editor_it_does_what_the_rows_can_do_there() -> None:
    async with showing([PAIRS_DONE], [FLOWS_DONE]) as (seen, service):
        await seen.press("ctrl+e", "ctrl+p", *"pair", "enter")
        await seen.ended()
        assert service.verbs.count("start") == 1
        assert seen.trail.endswith(" > 172.31.1.0 ↔ 3.230.172.0")


async def test_what_is_done_in_a_panel_goes_on_there() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("ctrl+e", "ctrl+p", *"sort", "enter")
        assert seen.grid.has_focus
        await seen.press("s")
        assert seen.grid.cursor_value == "172.31.1.19"


async def test_names_that_begin_so_come_first() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("colon", *"find")
        found = lines_with(seen.text, "│ Find")
        assert found
        await seen.press("enter")
        assert "Find in rows" in seen.text


async def test_what_can_not_be_done_is_not_offered() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        assert seen.workspace.query_one(Timeline).series is None
        await seen.press("ctrl+p", *"zoom")
        assert "Run over this time only" not in seen.text
        await seen.press("escape", "ctrl+o", "space")
        assert "Inspect" not in seen.text


# Keys that do nothing


async def test_a_key_that_does_nothing_says_so_once() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("u")
        assert seen.remark == "u does nothing here; Space shows what the keys do"
        await seen.press("slash", *"nowhere", "enter", "u")
        assert seen.remark == "no row contains nowhere"
        await seen.press("%")
        assert seen.remark == "% does nothing here; Space shows what the keys do"
        assert service.calls == []


async def test_keys_that_do_something_and_keys_in_the_editor_are_not_explained() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("j", "G", "s", "ctrl+e", "u")
        assert "does nothing" not in seen.remark
