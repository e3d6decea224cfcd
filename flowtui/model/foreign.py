"""Text that others wrote, such as log lines and file names, made safe for a terminal."""

from __future__ import annotations

import os
import re
from pathlib import Path

SUBSTITUTE = "·"

# Controls (C0, DEL, C1), bidirectional marks and overrides, line and paragraph separators,
# and lone surrogates, which no terminal encoding can carry.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_UNSAFE_BUT_NEWLINE = re.compile(_UNSAFE.pattern.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f"))


_SURROGATE = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """Foreign text on one line, with `·` for each character that could steer the terminal."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(SUBSTITUTE, text)


def clean_lines(text: str) -> str:
    """Like `clean`, but its line breaks stay."""
    return _UNSAFE_BUT_NEWLINE.sub(SUBSTITUTE, text.replace("\r\n", "\n"))


def escaped_json(text: str) -> str:
    """The same JSON, with an escape for each character that could steer the terminal."""
    return _UNSAFE_BUT_NEWLINE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def encodable(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which no encoding can carry."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def shown(path: Path | str) -> str:
    """The path with U+FFFD for what is not UTF-8."""
    return os.fsencode(path).decode(errors="replace")
