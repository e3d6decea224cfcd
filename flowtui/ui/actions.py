"""The actions, read from the bindings: footer, menu, palette and help show the same list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from textual import actions as textual_actions
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from textual.app import App

Keymap = Mapping[str, str]
"""The user's keys: binding id to keys."""

MENU: tuple[tuple[str, Mapping[str, str]], ...] = (
    (
        "Row",
        {"drill": "d", "include": "+", "exclude": "-", "conversation": "c", "pivot": "p",
         "about": "@", "inspect": "i", "copy": "y", "breakdown": "F", "raw": "#"},
    ),
    (
        "Text",
        {"undo": "u", "redo": "U", "format": "f", "comment": "c", "complete": "i",
         "select_all": "a", "editor.find": "/", "earlier": "p", "later": "n"},
    ),
    (
        "Timeline",
        {"timeline.mark": "v", "timeline.zoom": "z", "timeline.compare": "V"},
    ),
    (
        "Write only",
        {"prepare_drill": "D", "prepare_include": "=", "prepare_exclude": "_",
         "prepare_conversation": "K", "prepare_pivot": "P"},
    ),
    (
        "Rows",
        {"conversations": "C", "compare": "V", "sort": "s", "sort_too": "S", "narrow": "&",
         "values": "v", "filter_query": "~", "mark": "m", "unmark": "M", "find": "/",
         "find_next": "n", "find_previous": "N", "columns": "|", "save_rows": ">"},
    ),
    (
        "Go to",
        {"editor": "q", "results": "o", "zoom": "z"},
    ),
    (
        "Query",
        {"run": "r", "watch": "w", "rows_at_hand": "H", "take_offer": "$", "cancel": "x",
         "groups": "g", "time": "T", "split_time": "J", "whole_query": "W", "copy_query": "Y"},
    ),
    (
        "Trail",
        {"back": "b", "forward": "f", "trail": "t", "note": "a", "export": "e"},
    ),
    (
        "Open",
        {"playbook": "B", "saved_queries": "O", "save_query": "k", "history": "h",
         "findings": "!", "charts": "G"},
    ),
    (
        "AWS",
        {"profile": "A", "region": "R", "flow_format": "L"},
    ),
    (
        "Program",
        {"help": "?", "palette": ":", "repaint": "l", "suspend": "Z", "quit": "Q"},
    ),
)  # fmt: skip
"""The sections of the menu, and in each the letter of each action.

Where an action has one character for a key in the rows, that is its letter here too, unless one
that is offered everywhere has it. Actions that are never offered together may share a letter.
"""

NOT_IN_MENU: Mapping[str, str] = {
    "leader": "it is the menu",
    "accept": "it is Tab, which every keyboard has",
    "outdent": "it is Tab with shift",
    "editor.": "it writes, cuts or moves by a key that every terminal sends",
    "grid.": "it moves the cursor; the menu would be in the way of the next step",
    "timeline.": "it moves the selection; the menu would be in the way of the next step",
    "benign": "in a list of findings it is x, and that letter stops a query here",
    "window.": "it moves the window step by step; Time, which the menu has, sets it",
}
"""Why a binding, or all whose ids begin like that, has no letter."""

LETTERS: Mapping[str, str] = {id_: letter for _, ids in MENU for id_, letter in ids.items()}


@frozen
class Action:
    """The action of a binding, and the panel, screen or app that does it."""

    node: DOMNode
    binding: Binding
    keys: tuple[str, ...]
    """The keys that do it, those of the user if there are any."""

    @property
    def id(self) -> str:
        return self.binding.id or ""

    @property
    def name(self) -> str:
        return self.binding.description

    @property
    def about(self) -> str:
        return self.binding.tooltip

    @property
    def letter(self) -> str:
        """Its letter in the menu; empty where the menu does not have it."""
        return LETTERS.get(self.id, "")

    def short_key(self, app: App[Any]) -> str:
        """Its first key, as the footer writes it: `^g`."""
        first, is_ours = self.keys[0], self.keys == keys_of(self.binding, {})
        if _FUNCTION_KEY.fullmatch(first):
            return first.upper()
        display = self.binding.key_display if is_ours else None
        return app.get_key_display(self.binding.with_key(first, display))

    async def run(self, app: App[Any]) -> None:
        """Do it; what is done in a panel goes on there."""
        if self.node in app.screen.focus_chain:
            app.screen.set_focus(self.node)
        await app.run_action(self.binding.action, self.node)


def actions_here(screen: Screen[object], keymap: Keymap) -> list[Action]:
    """The actions of the panel that has the focus, its screen and the app."""
    return _possible(_focused(screen), keymap)


def all_actions(screen: Screen[object], keymap: Keymap) -> list[Action]:
    """The actions of any panel, its screen and the app; the focused one comes first."""
    return _possible([*_focused(screen), *screen.focus_chain], keymap)


def in_sections(actions: Iterable[Action]) -> list[tuple[str, list[Action]]]:
    """As the menu shows them: sections with their titles, without those that are empty."""
    by_id = {action.id: action for action in actions}
    sections = [(title, [by_id[id_] for id_ in ids if id_ in by_id]) for title, ids in MENU]
    return [(title, present) for title, present in sections if present]


def bindings_of(node: type[DOMNode]) -> Iterator[Binding]:
    """Our own bindings of this class and those it is made from."""
    for base in node.__mro__:
        if base.__module__.startswith("flowtui."):
            bindings = vars(base).get("BINDINGS", ())
            yield from (each for each in bindings if isinstance(each, Binding))


def keys_of(binding: Binding, keymap: Keymap) -> tuple[str, ...]:
    keys = keymap.get(binding.id or "", binding.key)
    return tuple(key.strip() for key in keys.split(",") if key.strip() not in _SAME_KEYS)


_FUNCTION_KEY = re.compile(r"f\d+")

_SAME_KEYS = ("ctrl+@",)
"""The name that some terminals have for a key that stands beside it, ctrl+space."""

_NAMES = {
    "pageup": "PageUp", "pagedown": "PageDown", "plus": "+", "minus": "-", "underscore": "_",
    "equals_sign": "=", "at": "@", "slash": "/", "question_mark": "?", "exclamation_mark": "!",
    "colon": ":", "number_sign": "#", "vertical_line": "|", "greater_than_sign": ">",
}  # fmt: skip


def key_name(key: str) -> str:
    """`F5`, `Escape`, `ctrl+g`, `?`: as it is written on the keyboard and in our sentences."""
    *modifiers, last = key.split("+")
    name = last if len(last) == 1 else _NAMES.get(last, last.capitalize())
    return "+".join([*modifiers, name])


def _focused(screen: Screen[object]) -> list[DOMNode]:
    focused = screen.focused
    return [screen, screen.app] if focused is None else [*focused.ancestors_with_self]


def _possible(nodes: Iterable[DOMNode], keymap: Keymap) -> list[Action]:
    """Of each id the first; without what says that it can't be done."""
    found: dict[str, Action] = {}
    for node in nodes:
        for binding in bindings_of(type(node)):
            is_told = binding.id is not None and binding.id not in found and bool(binding.tooltip)
            if is_told and _is_possible(node, binding):
                action = Action(node, binding, keys_of(binding, keymap))
                found[action.id] = action
    return list(found.values())


def _is_possible(node: DOMNode, binding: Binding) -> bool:
    namespace, name, parameters = textual_actions.parse(binding.action)
    owner = {"screen": node.screen, "app": node.app}.get(namespace, node)
    return owner.check_action(name, parameters) is not False
