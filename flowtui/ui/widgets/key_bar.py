"""The last line: the keys of what is focused.

Textual's `Footer` is empty in the first frame, and mounts a widget for each key anew whenever they
change. This is one widget, and its keys are there from the first frame on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

MORE = Binding.Group("more")
"""For bindings that are shown where the others leave room."""


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

    bindings: reactive[tuple[ActiveBinding, ...]] = reactive[tuple[ActiveBinding, ...]](())
    """What is shown."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._read_bindings)
        self._read_bindings(self.screen)

    def _read_bindings(self, screen: Screen[object]) -> None:
        """Read what is active; a terminal that is left for another keeps its keys shown."""
        if self.app.app_focus:
            self.bindings = shown(screen.active_bindings.values())

    def render(self) -> Content:
        key_style = self.get_visual_style("key-bar--key")
        style = self.get_visual_style("key-bar--description")
        pieces: list[Content] = []
        for _, binding, is_enabled, _ in self.bindings:
            mark = Style(dim=None if is_enabled else True) + Style.from_meta({"key": binding.key})
            pieces += [
                Content.styled(f"{self.app.get_key_display(binding)} ", key_style + mark),
                Content.styled(f"{binding.description} ", style + mark),
            ]
        return Content.assemble(*pieces)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if key := event.style.meta.get("key"):
            self.app.simulate_key(key)


def shown(bindings: Iterable[ActiveBinding]) -> tuple[ActiveBinding, ...]:
    """The bindings to show: of each action the first; those of a group where room is left."""
    by_action: dict[str, ActiveBinding] = {}
    for active in bindings:
        if active.binding.show:
            by_action.setdefault(active.binding.action, active)
    return tuple(sorted(by_action.values(), key=lambda active: active.binding.group is not None))
