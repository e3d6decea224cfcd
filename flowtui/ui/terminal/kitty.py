"""Keys by the kitty keyboard protocol, on layouts that are not Latin too.

https://sw.kovidgoyal.net/kitty/keyboard-protocol. A terminal that is asked for alternate keys
says which key of the standard layout was pressed: on a Russian keyboard `CSI 1087::103;5u` is
ctrl+п and the key of ctrl+g. Bindings go by that key; what is typed stays the letter.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message

from flowtui.model.frozen import frozen
from flowtui.ui.terminal import alt_keys

UNAMBIGUOUS, ALTERNATE_KEYS, ALL_KEYS, WRITTEN_TEXT = 1, 4, 8, 16
FLAGS = UNAMBIGUOUS | ALTERNATE_KEYS | ALL_KEYS | WRITTEN_TEXT
"""The reports about keys that a terminal is asked for."""

PUSH, POP, SET = f"\x1b[>{FLAGS}u", "\x1b[<u", f"\x1b[={FLAGS};1u"
"""Ask for it, as before, and for it in the place of what was asked for the last time."""

SHIFT, CAPS_LOCK, NUM_LOCK = 1, 1 << 6, 1 << 7
_WRITING = SHIFT | CAPS_LOCK | NUM_LOCK
"""Modifiers with which a key still writes something."""

_FIRST_NON_LATIN = 0x370
"""Where Greek begins; what is before that is Latin, or phonetic."""

_SHIFTED = dict(zip("`1234567890-=[]\\;',./", '~!@#$%^&*()_+{}|:"<>?', strict=True))
"""The characters of the standard layout's keys with shift, but for the letters."""

_REPORT = re.compile(
    r"\x1b\[(?P<code>\d+)(?::(?P<shifted>\d*))?(?::(?P<base>\d*))?"
    r"(?:;(?P<modifiers>\d*)(?::\d*)?)?(?:;(?P<text>[\d:]*))?u"
)


@frozen
class Report:
    """A terminal's report of a key that was pressed."""

    code: str
    """Its character without modifiers."""
    shifted: str
    """Its character with shift; empty where that was not said."""
    base: str
    """Its character on the standard layout; empty where that is the same."""
    modifiers: int
    text: str
    """The text it wrote; empty for none."""

    @property
    def is_chord(self) -> bool:
        """Whether it writes nothing, because of ctrl, alt or another such key."""
        return not self.text and bool(self.modifiers & ~_WRITING)

    @property
    def written(self) -> str:
        shifted = self.shifted if self.modifiers & SHIFT else ""
        return self.text or shifted or self.code

    @property
    def latin(self) -> str:
        """The character of the same key on the standard layout."""
        is_shifted = bool(self.modifiers & SHIFT)
        if not self.base.isalpha():
            return _SHIFTED.get(self.base, self.base) if is_shifted else self.base
        is_upper = is_shifted != bool(self.modifiers & CAPS_LOCK)
        return self.base.upper() if is_upper else self.base


def read_report(sequence: str) -> Report | None:
    """The key that a `CSI ... u` reports; None for all else."""
    match = _REPORT.fullmatch(sequence)
    if match is None:
        return None
    code, shifted, base = map(_character, match.group("code", "shifted", "base"))
    text = "".join(map(_character, (match["text"] or "").split(":")))
    return Report(code, shifted, base, max(0, int(match["modifiers"] or 1) - 1), text)


def _character(code: str | None) -> str:
    """The character with a code point; empty where there is none such."""
    return chr(int(code)) if code and int(code) <= sys.maxunicode else ""


def _without_alternates(sequence: str) -> str:
    code, modifiers, *text = [*sequence.removesuffix("u").split(";"), ""]
    fields = [code.partition(":")[0], modifiers.partition(":")[0], *text[:1]]
    return ";".join(fields) + "u"


def is_foreign(character: str) -> bool:
    """Whether it is a letter of another script than the Latin one."""
    return (
        character.isalpha()
        and ord(character) >= _FIRST_NON_LATIN
        and not unicodedata.name(character, "").startswith("LATIN ")
    )


class KeyParser(XTermParser):
    """Textual's parser, and the alternate keys, of which that knows nothing."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._is_foreign = False
        """Whether the last letter that was pressed was of another script.

        There even a comma may be on the key of a letter: on such a layout, but not on a French
        one, its chord is that of the letter.
        """

    def feed(self, data: str) -> Iterable[Message]:
        return super().feed(alt_keys.spell(data))

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        report = read_report(sequence)
        if report is None:
            return self._read(sequence, alt)
        if report.code.isalpha():
            self._is_foreign = is_foreign(report.code)
        if not self._goes_by_base(report):
            return self._read(_without_alternates(sequence))
        if report.is_chord:
            return self._read(f"\x1b[{ord(report.base)};{report.modifiers + 1}u")
        return [events.Key(key.key, report.written) for key in self._read(report.latin)]

    def _goes_by_base(self, report: Report) -> bool:
        if not report.base or not report.base.isascii() or len(report.text) > 1:
            return False
        is_hidden_letter = self._is_foreign and report.is_chord and report.base.isalpha()
        return is_foreign(report.code) or is_hidden_letter

    def _read(self, sequence: str, alt: bool = False) -> list[events.Key]:
        """As Textual does, which ends the program over a report that makes no sense."""
        try:
            return list(super()._sequence_to_key_events(sequence, alt))
        except (ValueError, OverflowError):
            return [events.Key(Keys.Ignore, sequence)]
