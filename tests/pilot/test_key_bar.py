"""The keys on the last line."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.events import AppBlur

from flowtui.ui.widgets.key_bar import KeyBar, shown
from tests.pilot.service import PAIRS_DONE, ScriptedService, Seen, make_app, using


class OneIsOff(App[None]):
    BINDINGS: ClassVar = [Binding("1", "bell", "One"), Binding("2", "simulate_key('x')", "Two")]

    def compose(self) -> ComposeResult:
        yield KeyBar()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "bell" else True


def last_line(seen: Seen) -> str:
    return seen.text.splitlines()[-1]


def bindings(seen: Seen) -> list[ActiveBinding]:
    return list(seen.workspace.active_bindings.values())


async def test_the_keys_follow_the_focus() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        assert last_line(seen).startswith("^x Menu │ F10 Format │ F5 Run ")
        assert "Back" not in last_line(seen)
        await seen.press("ctrl+o")
        assert "⌫ Back" in last_line(seen)
        assert "Drill" not in last_line(seen)  # into no row
        await seen.run()
        assert "⏎ Drill" in last_line(seen)
        await seen.press("ctrl+e")
        assert "Drill" not in last_line(seen)


async def test_an_action_with_two_keys_is_shown_once_by_the_first() -> None:
    async with using(make_app(ScriptedService())) as seen:
        keys = [active.binding.key for active in bindings(seen) if active.binding.id == "run"]
        assert keys == ["f5", "ctrl+r"]
        (run,) = (active for active in shown(bindings(seen)) if active.binding.id == "run")
        assert run.binding.key == "f5"
        assert last_line(seen).count("Run") == 1


async def test_what_is_not_to_be_shown_is_not() -> None:
    async with using(make_app(ScriptedService())) as seen:
        assert all(active.binding.show for active in shown(bindings(seen)))
        assert "Copy query" not in last_line(seen)


async def test_a_click_on_a_key_presses_it() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.pilot.mouse_down(KeyBar, offset=(last_line(seen).index("Run"), 0))
        await seen.ended()
        assert service.verbs.count("start") == 1


async def test_a_click_beside_the_keys_presses_none() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service)) as seen:
        await seen.pilot.mouse_down(KeyBar, offset=(119, 0))
        await seen.ended()
        assert "start" not in service.verbs


MENU, ROWS, SCREEN, APP = range(4)
BY_IMPORTANCE = [
    (MENU, "space Menu"), (ROWS, "⏎ Drill"), (ROWS, "⌫ Back"), (ROWS, "+ Only"),
    (ROWS, "- Without"), (ROWS, "y Copy"), (SCREEN, "F5 Run"), (SCREEN, "F1 Help"),
    (APP, "^q Quit"), (ROWS, "c Pair"), (ROWS, "p Pivot"), (ROWS, "C Convs"), (ROWS, "V Compare"),
    (ROWS, "@ About"), (ROWS, "F Break down"), (ROWS, "t Trail"), (ROWS, "e Export"),
    (ROWS, "i Inspect"), (ROWS, "z Zoom"),
]  # fmt: skip


def in_groups(count: int) -> str:
    """The first so many entries, each group in one place."""
    entries = BY_IMPORTANCE[:count]
    groups = [[text for group, text in entries if group == each] for each in range(4)]
    return " │ ".join(" ".join(group) for group in groups if group)


@pytest.mark.parametrize("width", range(24, 150, 9))
async def test_no_key_is_shown_in_part_and_what_matters_stays_longest(width: int) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), (width, 24)) as seen:
        await seen.run()
        fit = [n for n in range(1, len(BY_IMPORTANCE) + 1) if len(in_groups(n)) <= width]
        assert last_line(seen) == in_groups(max(fit))


async def test_a_dialogue_shows_its_own_keys() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        await seen.run()
        await seen.press("y")
        assert last_line(seen) == "esc Close"
        seen.workspace.refresh_bindings()
        await seen.pilot.pause()
        assert last_line(seen) == "esc Close"
        await seen.press("escape")
        assert "⏎ Drill" in last_line(seen)


async def test_a_terminal_that_is_left_for_another_keeps_its_keys() -> None:
    async with using(make_app(ScriptedService())) as seen:
        await seen.press("ctrl+o")
        seen.pilot.app.post_message(AppBlur())
        await seen.until(lambda: seen.workspace.focused is None)
        await seen.pilot.pause()
        assert "⌫ Back" in last_line(seen)


async def test_a_key_that_does_nothing_now_is_dim() -> None:
    async with OneIsOff().run_test() as pilot:
        line = pilot.app.query_one(KeyBar).render_line(0)
        dim = {text.strip(): bool(style and style.dim) for text, style, _ in line if text.strip()}
        assert dim == {"1": True, "One": True, "2": False, "Two": False}
