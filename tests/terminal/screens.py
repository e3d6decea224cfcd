"""All screens and dialogues that open over rows, and the keys that open them."""

from __future__ import annotations

from collections.abc import Mapping

F1, F3, F4, F8 = "\x1bOP", "\x1bOR", "\x1bOS", "\x1b[19~"
CTRL_E, CTRL_F, CTRL_G, CTRL_S, CTRL_T = "\x05", "\x06", "\x07", "\x13", "\x14"
DOWN = "\x1b[B"

SCREENS: Mapping[str, tuple[str, str]] = {
    "rows": (DOWN, "▌172.31.1.1"),
    "row": ("i", "╭─ Row 1 of"),
    "copy": ("y", "╭─ Copy ─"),
    "pivot": ("p", "╭─ All around this flow of"),
    "watch": ("w", "╭─ Watch: every ─"),
    "find": ("/", "╭─ Find in rows ─"),
    "menu": (" ", "╭─ Menu ─"),
    "palette": (":", "╭─ Actions ─"),
    "export": ("e", "╭─ Export the trail ─"),
    "note": ("a", "╭─ Note on this step ─"),
    "help": (F1, "╭─ Keys ─"),
    "whole query": (F3, "╭─ The query as it runs ─"),
    "playbook": (F4, "╭─ Playbook ─"),
    "groups": (CTRL_G, "╭─ Log groups ─"),
    "time": (CTRL_T, "╭─ Time range"),
    "saved queries": (F8, "╭─ Saved queries ─"),
    "save": (CTRL_S, "╭─ Save the query as ─"),
    "search": (f"{CTRL_E}{CTRL_F}s", "find: s"),
    "choices": (f"{CTRL_E}\x1b[1;5F\n| fi", "▸fields"),
}
"""The keys that open each, and what it shows."""
