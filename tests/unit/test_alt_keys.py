from __future__ import annotations

import pytest
from textual.events import Key

from flowtui.ui.terminal.kitty import KeyParser


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("\x1bz", ["alt+z"]),
        ("\x1bZ\x1b[3~", ["alt+shift+z", "delete"]),
        ("\x1bd\x1bd", ["alt+d", "alt+d"]),
        ("\x1bcx\r", ["alt+c", "x", "enter"]),
        (f"\x1bz{'x' * 40}", ["alt+z", *["x"] * 40]),
        ("\x1bf\x1bb", ["ctrl+right", "ctrl+left"]),
        ("\x1bOP\x1b[1;3A", ["f1", "alt+up"]),
        ("\x1b\x7f", ["ctrl+w"]),
    ],
)
def test_alt_with_a_letter_ends_there_whatever_follows(typed: str, expected: list[str]) -> None:
    assert [
        message.key for message in KeyParser().feed(typed) if isinstance(message, Key)
    ] == expected
