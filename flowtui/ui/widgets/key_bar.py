"""The last line: the keys of what is focused.

Textual's `Footer` is empty in the first frame, and mounts a widget for each key anew whenever they
change. This is one widget, and its keys are there from the first frame on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

MORE = Binding.Group("more")
"""For bindings that are shown where the others leave room."""


LEADER = "leader"
"""The id of the binding that opens the menu of all others: it is shown first."""

DIVIDER = "│ "


class KeyBar(Widget):
    """The keys that have room, and none in part. A click on a key presses it.

    The menu comes first, then the keys of what has the focus, then those that work everywhere.
    While a dialogue is open the keys are its own: those of the screen below it do nothing.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "key-bar--key", "key-bar--description", "key-bar--divider"
    }  # fmt: skip
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom; height: 1; color: $footer-foreground; background: $footer-background;
        & > .key-bar--key {
            color: $footer-key-foreground; background: $footer-key-background; text-style: bold;
        }
        & > .key-bar--description {
            color: $footer-description-foreground; background: $footer-description-background;
        }
        & > .key-bar--divider { color: $text-muted; }
    }
    """

    bindings: reactive[tuple[ActiveBinding, ...]] = reactive[tuple[ActiveBinding, ...]](())
    """The keys to show, where there is room, the most important first."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._read_again)
        self.app.screen_change_signal.subscribe(self, self._read_again)
        self._read_bindings(self.screen)

    def _read_again(self, _: Screen[object]) -> None:
        self._read_bindings(self.app.screen)

    def _read_bindings(self, screen: Screen[object]) -> None:
        """Read what is active; a terminal that is left for another keeps its keys shown."""
        if self.app.app_focus:
            self.bindings = shown(screen.active_bindings.values())

    def render(self) -> Content:
        divider = Content.styled(DIVIDER, self.get_visual_style("key-bar--divider"))
        entries = [(group_of(active), self._entry(active)) for active in self.bindings]
        groups = fitting(entries, self.size.width)
        return divider.join([Content.assemble(*group) for group in groups])

    def _entry(self, active: ActiveBinding) -> Content:
        binding = active.binding
        mark = Style.from_meta({"key": binding.key})
        mark += Style(dim=None if active.enabled else True)
        key, style = (self.get_visual_style(f"key-bar--{part}") for part in ("key", "description"))
        return Content.assemble(
            Content.styled(f"{self.app.get_key_display(binding)} ", key + mark),
            Content.styled(f"{binding.description} ", style + mark),
        )

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if key := event.style.meta.get("key"):
            self.app.simulate_key(key)


def shown(bindings: Iterable[ActiveBinding]) -> tuple[ActiveBinding, ...]:
    """Of each action the first binding, in the order in which they get room."""
    by_action: dict[str, ActiveBinding] = {}
    for active in bindings:
        if active.binding.show:
            by_action.setdefault(active.binding.action, active)
    return tuple(sorted(by_action.values(), key=_rank))


def _rank(active: ActiveBinding) -> tuple[bool, bool]:
    return group_of(active) > 0, active.binding.group is MORE


def group_of(active: ActiveBinding) -> int:
    """The place of its group: the menu, what has the focus, the screen, the app."""
    if active.binding.id == LEADER:
        return 0
    if isinstance(active.node, App):
        return 3
    return 2 if isinstance(active.node, Screen) else 1


def fitting(entries: Iterable[tuple[int, Content]], width: int) -> list[list[Content]]:
    """The entries up to the first that has no room, in their groups; the last needs no space."""
    groups: dict[int, list[Content]] = {}
    used = -1
    for group, entry in entries:
        used += entry.cell_length + (len(DIVIDER) if groups and group not in groups else 0)
        if used > width:
            break
        groups.setdefault(group, []).append(entry)
    return [groups[group] for group in sorted(groups)]
