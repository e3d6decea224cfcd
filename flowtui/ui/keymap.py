"""The keys of the user's settings: which of them would take a letter from the editor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType
from textual.keys import key_to_character

from flowtui.model.errors import UsageError

_WRITING = frozenset(
    {"enter", "tab", "backspace", "delete", "left", "right", "up", "down", "home", "end",
     "pageup", "pagedown"}
)  # fmt: skip
"""Keys beside the letters that whoever writes cannot do without."""


def check_keys(keys: Mapping[str, str], bindings: Iterable[BindingType]) -> None:
    """Raise `UsageError` for a key that a binding would have before the editor."""
    first = {each.id for each in bindings if isinstance(each, Binding) and each.priority}
    for name in first & keys.keys():
        for key in map(str.strip, keys[name or ""].split(",")):
            if _writes(key):
                raise UsageError(
                    f"the key {key} of {name} in the settings would be taken from the editor; "
                    "choose one with ctrl, or a key such as f11"
                )


def _writes(key: str) -> bool:
    return key in _WRITING or (key_to_character(key) or "\0").isprintable()
