"""The list of keys, by the panel that they belong to, read from the bindings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode

from flowtui.ui.widgets.flow_grid import FlowGrid
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.timeline import Timeline

PANELS: tuple[tuple[str, type[DOMNode]], ...] = (
    ("In the query", QueryEditor),
    ("In the results", FlowGrid),
    ("In the timeline", Timeline),
)
MOVING = (
    "Arrows, h j k l, PageUp, PageDown, Home, End, g, G move in the results;\n"
    "Tab goes from panel to panel; Escape or ctrl+o leaves the query, where Tab completes."
)
LONGEST_NAME = 11
"""Cells; what has a longer name is told by its tooltip alone."""

_PALETTE = Binding(
    App.COMMAND_PALETTE_BINDING, "command_palette", "Palette", tooltip="Every action by its name"
)
_NAMES = {
    "pageup": "PageUp", "pagedown": "PageDown", "plus": "+", "minus": "-", "underscore": "_",
    "equals_sign": "=", "slash": "/", "question_mark": "?",
}  # fmt: skip

_SAME_KEY = "ctrl+@,"
"""What some terminals call ctrl+space."""

Line = tuple[str, str, str]
"""Keys, name, and what they do."""


def help_text(everywhere: Iterable[type[DOMNode]], keymap: Mapping[str, str]) -> str:
    """One line a binding; `everywhere` are the screen and the app, `keymap` has the user's keys."""
    shared = [line for node in everywhere for line in _lines(bindings_of(node), keymap)]
    sections = [("Everywhere", [*shared, *_lines([_PALETTE], keymap)])]
    sections += [(name, [*_lines(bindings_of(node), keymap)]) for name, node in PANELS]
    width = max(len(keys) for _, lines in sections for keys, _, _ in lines)
    texts = [
        "\n".join([name, *(_write(line, width) for line in lines)])
        for name, lines in sections
        if lines
    ]
    return "\n\n".join([*texts, MOVING])


def bindings_of(node: type[DOMNode]) -> Iterator[Binding]:
    """What we have bound ourselves in this class and those it is made from."""
    for base in node.__mro__:
        if base.__module__.startswith("flowtui."):
            bindings = vars(base).get("BINDINGS", ())
            yield from (each for each in bindings if isinstance(each, Binding))


def key_name(key: str) -> str:
    """`F5`, `Escape`, `ctrl+g`, `?`: as it is written on the keyboard and in our sentences."""
    *modifiers, last = key.split("+")
    name = last if len(last) == 1 else _NAMES.get(last, last.capitalize())
    return "+".join([*modifiers, name])


def _lines(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> Iterator[Line]:
    for binding in bindings:
        if binding.tooltip:
            keys = keymap.get(binding.id or "", binding.key).replace(_SAME_KEY, "").split(",")
            name = binding.description if len(binding.description) <= LONGEST_NAME else ""
            yield ", ".join(key_name(key.strip()) for key in keys), name, binding.tooltip


def _write(line: Line, width: int) -> str:
    keys, name, tooltip = line
    return f"  {keys:<{width}}  {name:<{LONGEST_NAME}}  {tooltip}"
