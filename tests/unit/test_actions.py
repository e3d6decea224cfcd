"""The one list of what can be done: each binding has a letter in the menu, or a reason."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import iscoroutinefunction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import actions
from textual.dom import DOMNode

from flowtui.ui.actions import LETTERS, MENU, NOT_IN_MENU, bindings_of, key_name
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.flows.named import FLOWS, flow_named
from flowtui.ui.screens.leader import GAP, Entry, Line, Title, columns
from flowtui.ui.screens.workspace import WorkspaceScreen
from flowtui.ui.widgets.grid.flow_grid import FlowGrid
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.timeline import Timeline

EVERYWHERE: tuple[type[DOMNode], ...] = (WorkspaceScreen, FlowtuiApp)
PANELS: tuple[type[DOMNode], ...] = (QueryEditor, FlowGrid, Timeline)


def ids(*nodes: type[DOMNode]) -> set[str]:
    return {binding.id for node in nodes for binding in bindings_of(node) if binding.id}


def test_every_binding_has_a_letter_or_a_reason() -> None:
    reasons = tuple(NOT_IN_MENU)
    without = {
        id_
        for id_ in ids(*EVERYWHERE, *PANELS) - LETTERS.keys()
        if not any(id_ == each or (each[-1] == "." and id_.startswith(each)) for each in reasons)
    }
    assert without == set()


def test_what_has_a_letter_is_told_what_it_does() -> None:
    bindings = [each for node in (*EVERYWHERE, *PANELS) for each in bindings_of(node)]
    assert [each.id for each in bindings if each.id in LETTERS and not each.tooltip] == []


def test_every_flow_has_a_key_and_every_key_of_a_flow_begins_one() -> None:
    parsed = [
        actions.parse(each.action) for node in (*EVERYWHERE, *PANELS) for each in bindings_of(node)
    ]
    named = {parameters[0] for _, name, parameters in parsed if name == "flow"}
    assert named == FLOWS.keys()
    assert all(iscoroutinefunction(flow_named(name)) for name in FLOWS)


@pytest.mark.parametrize("panel", PANELS)
def test_no_two_actions_that_are_offered_together_have_the_same_letter(
    panel: type[DOMNode],
) -> None:
    together = ids(panel, *EVERYWHERE) & LETTERS.keys()
    pairs = combinations(sorted(together), 2)
    assert [(a, b) for a, b in pairs if LETTERS[a] == LETTERS[b]] == []


def test_a_letter_is_one_character_that_every_terminal_sends() -> None:
    assert all(len(each) == 1 and "!" <= each <= "~" for each in LETTERS.values())
    listed = [id_ for _, letters in MENU for id_ in letters]
    assert len(listed) == len(set(listed))


def test_where_a_key_of_the_rows_is_one_character_it_is_the_letter_too() -> None:
    for binding in bindings_of(FlowGrid):
        name = key_name(binding.key.split(",")[0])
        letter = LETTERS.get(binding.id or "")
        is_taken = name in LETTERS.values()
        assert letter in (None, name) or len(name) > 1 or is_taken, binding.id


# The menu's lines

SECTIONS: st.SearchStrategy[list[list[Line]]] = st.lists(
    st.builds(
        lambda title, names: [Title(title), *(Entry("x", name, "F1") for name in names)],
        st.text("a", min_size=1, max_size=9),
        st.lists(st.text("ab", min_size=1, max_size=15), min_size=1, max_size=9),
    ),
    min_size=1,
    max_size=9,
)


def cells(shown: Sequence[Sequence[Line]]) -> int:
    widths = [max(line.cells for line in column if line) for column in shown]
    return sum(widths) + GAP * (len(widths) - 1)


@given(SECTIONS, st.integers(1, 130))
def test_the_menu_has_all_sections_whole_and_in_order_and_no_line_too_wide(
    sections: list[list[Line]], width: int
) -> None:
    shown = columns(sections, width)
    lines = [line for column in shown for line in column if line is not None]
    assert lines == [line for section in sections for line in section]
    assert all(isinstance(column[0], Title) for column in shown)
    assert len(shown) == 1 or cells(shown) <= width


@given(SECTIONS, st.integers(1, 130))
def test_more_room_makes_the_menu_no_higher(sections: list[list[Line]], width: int) -> None:
    heights = [max(map(len, columns(sections, each))) for each in (width, width + 20)]
    assert heights[1] <= heights[0]
