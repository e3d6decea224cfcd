"""The list of keys."""

from __future__ import annotations

import re

import pytest

from flowtui.ui.actions import key_name
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.screens.help import help_text
from flowtui.ui.screens.workspace import WorkspaceScreen
from flowtui.ui.widgets.grid.flow_grid import FlowGrid

EVERYWHERE = (WorkspaceScreen, FlowtuiApp)


def sections(text: str) -> dict[str, list[str]]:
    """The keys of each panel."""
    panels = [block.splitlines() for block in text.split("\n\n") if block.startswith(("E", "I"))]
    return {
        head: [re.split(r"  +", line)[1] for line in lines if line[2] != " "]
        for head, *lines in panels
    }


def test_each_panel_has_its_keys() -> None:
    found = sections(help_text(EVERYWHERE, {}))
    assert list(found) == ["In the query", "Everywhere", "In the results", "In the timeline"]
    for panel, keys in (
        ("Everywhere", ["F5, ctrl+r", "Escape", "F1, ?", "F3", "ctrl+q", "ctrl+p, :"]),
        ("Everywhere", ["Space, ctrl+x", "ctrl+z", "ctrl+l"]),
        ("In the query", ["F10"]),
        ("In the results", ["Enter", "Backspace", "+", "-", "i", "s", "/"]),
        ("In the timeline", ["Left, h", "Enter"]),
    ):
        assert set(keys) <= set(found[panel])
    assert "ctrl+x" not in found["In the query"]


def test_the_panel_with_the_focus_comes_first_and_no_line_is_too_long() -> None:
    text = help_text(EVERYWHERE, {}, FlowGrid(), 66)
    assert text.startswith("In the results")
    assert max(map(len, text.splitlines())) <= 66


def test_the_users_own_keys_are_told() -> None:
    found = sections(help_text(EVERYWHERE, {"run": "f9,ctrl+n", "drill": "d"}))
    assert "F9, ctrl+n" in found["Everywhere"]
    assert "F5, ctrl+r" not in found["Everywhere"]
    assert "d" in found["In the results"]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("f3", "F3"),
        ("escape", "Escape"),
        ("ctrl+g", "ctrl+g"),
        ("ctrl+slash", "ctrl+/"),
        ("shift+left", "shift+Left"),
        ("pageup", "PageUp"),
        ("plus", "+"),
        ("N", "N"),
        ("space", "Space"),
        ("colon", ":"),
    ],
)
def test_keys_are_written_in_one_style(key: str, name: str) -> None:
    assert key_name(key) == name
