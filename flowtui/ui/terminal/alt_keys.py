"""Alt with a letter, as most terminals send it: an escape character before the letter."""

from __future__ import annotations

import re

# Not of what begins other sequences (ESC N, O, P, X), nor of b and f, which Textual knows at once.
_ALT = re.compile(r"\x1b([ac-eg-zA-MQ-WYZ])")


def spell(data: str) -> str:
    """The input, with these keys as a terminal with the kitty protocol sends them.

    Of the others Textual waits for a tenth of a second whether more follows, and takes what does
    for a part of them; where that is another escape character it reads a circumflex.
    """
    return _ALT.sub(_report, data)


def _report(match: re.Match[str]) -> str:
    letter = match[1]
    return f"\x1b[{ord(letter.lower())};{4 if letter.isupper() else 3}u"
