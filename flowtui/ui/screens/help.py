"""The list of keys, by the panel that they belong to, read from the bindings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from textual.binding import Binding
from textual.dom import DOMNode

from flowtui.ui.actions import bindings_of, key_name, keys_of
from flowtui.ui.widgets.grid.flow_grid import FlowGrid
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.timeline import Timeline

PANELS: tuple[tuple[str, type[DOMNode]], ...] = (
    ("In the query", QueryEditor),
    ("In the results", FlowGrid),
    ("In the timeline", Timeline),
)
MOVING = (
    "Arrows, h j k l, PageUp, PageDown, Home, End, g, G move in the results; "
    "Tab goes from panel to panel; Escape or ctrl+o leaves the query, where Tab completes."
)
LONGEST_NAME = 11
"""Cells; an action with a longer name is shown by its tooltip alone."""

Line = tuple[str, str, str]
"""Keys, name, and what they do."""


def help_text(
    everywhere: Iterable[type[DOMNode]],
    keymap: Mapping[str, str],
    focused: DOMNode | None = None,
    cells: int = 100,
) -> str:
    """The keys of what is focused, then the others: a line a binding, `cells` wide.

    `everywhere` are the screen and the app, `keymap` has the user's keys.
    """
    shared = [binding for node in everywhere for binding in bindings_of(node)]
    known = {binding.id for binding in shared}
    own = [
        (name, [each for each in bindings_of(node) if each.id is None or each.id not in known])
        for name, node in sorted(PANELS, key=lambda panel: not isinstance(focused, panel[1]))
    ]
    ordered = [own[0], ("Everywhere", shared), *own[1:]]
    sections = [(name, [*_lines(bindings, keymap)]) for name, bindings in ordered]
    width = max(len(keys) for _, lines in sections for keys, _, _ in lines)
    texts = [
        "\n".join([name, *(_write(line, width, cells) for line in lines)])
        for name, lines in sections
        if lines
    ]
    return "\n\n".join([*texts, textwrap.fill(MOVING, cells)])


def _lines(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> Iterator[Line]:
    for binding in bindings:
        if binding.tooltip:
            name = binding.description if len(binding.description) <= LONGEST_NAME else ""
            yield ", ".join(map(key_name, keys_of(binding, keymap))), name, binding.tooltip


def _write(line: Line, width: int, cells: int) -> str:
    """Text that has no room goes on below its first word."""
    keys, name, tooltip = line
    head = f"  {keys:<{width}}  {name:<{LONGEST_NAME}}  "
    return textwrap.fill(tooltip, cells, initial_indent=head, subsequent_indent=" " * len(head))
