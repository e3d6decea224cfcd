"""The last line: the keys of what is focused.

Textual's `Footer` is a widget for each key, and is empty in the first frame. This one is there from
the first frame on, and one widget is laid out and styled in a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ActiveBinding, Screen
from textual.style import Style
from textual.widget import Widget


class ShownKey(NamedTuple):
    key: str
    """What Textual calls it."""
    label: str
    description: str
    is_enabled: bool


class KeyBar(Widget):
    """What has no room at the right is cut off. A click on a key presses it."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--description"}
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom; height: 1; color: $footer-foreground; background: $footer-background;
        & > .key-bar--key {
            color: $footer-key-foreground; background: $footer-key-background; text-style: bold;
        }
        & > .key-bar--description {
            color: $footer-description-foreground; background: $footer-description-background;
        }
    }
    """

    keys: reactive[tuple[ShownKey, ...]] = reactive[tuple[ShownKey, ...]](())

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._read_bindings)
        self._read_bindings(self.screen)

    def _read_bindings(self, screen: Screen[object]) -> None:
        """Read what is active; a terminal that is left for another keeps its keys shown."""
        if self.app.app_focus:
            self.keys = tuple(self._shown(screen.active_bindings.values()))

    def _shown(self, bindings: Iterable[ActiveBinding]) -> Iterable[ShownKey]:
        """One key for each action, the first."""
        shown: dict[str, ShownKey] = {}
        for active in bindings:
            binding = active.binding
            if binding.show:
                label = self.app.get_key_display(binding)
                key = ShownKey(binding.key, label, binding.description, active.enabled)
                shown.setdefault(binding.action, key)
        return shown.values()

    def render(self) -> Content:
        key_style = self.get_visual_style("key-bar--key")
        style = self.get_visual_style("key-bar--description")
        pieces: list[Content] = []
        for shown in self.keys:
            mark = Style.from_meta({"key": shown.key}) + Style(dim=not shown.is_enabled or None)
            pieces += [
                Content.styled(f"{shown.label} ", key_style + mark),
                Content.styled(shown.description, style + mark),
                Content(" "),
            ]
        return Content.assemble(*pieces)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if key := event.style.meta.get("key"):
            self.app.simulate_key(key)
