"""Which errors of a query the editor shows while it is being written, where, and in what words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from flowtui.ui.text import clean

if TYPE_CHECKING:
    from flowtui.model.errors import Span
    from flowtui.query.check import Diagnostic

SYMBOLS = {"error": "✗", "warning": "!"}


def settled(
    found: Sequence[Diagnostic], shown: Sequence[Diagnostic], text: str, cursor: int
) -> tuple[Diagnostic, ...]:
    """What to show of `found` after a key: nothing new about the command that is being written.

    What was shown before stays, so that nothing flickers.
    """
    start, end = text.rfind("|", 0, cursor), text.find("|", cursor)
    end = len(text) if end < 0 else end
    known = {(each.code, each.message) for each in shown}
    return tuple(
        each
        for each in found
        if not (start <= each.span[1] and each.span[0] <= end) or (each.code, each.message) in known
    )


def place_of(text: str, span: Span) -> Span:
    """What to underline: the place itself, or where it has nothing to see the character before."""
    start, end = (min(offset, len(text)) for offset in span)
    if text[start:end].strip():
        return start, end
    end = len(text[:start].rstrip())
    return max(0, end - 1), end


def summary(findings: Sequence[Diagnostic], cursor: int) -> Content:
    """The finding at the cursor as a sentence, else how many there are."""
    here = [each for each in findings if each.span[0] <= cursor <= each.span[1]]
    if here:
        first = min(here, key=lambda each: each.severity == "warning")
        return _styled(f"{SYMBOLS[first.severity]} {first.message}", first.severity)
    counts = [
        (kind, count)
        for kind in SYMBOLS
        if (count := sum(each.severity == kind for each in findings))
    ]
    parts = [
        _styled(f"{SYMBOLS[kind]} {count} {kind}{'s' if count > 1 else ''}", kind)
        for kind, count in counts
    ]
    return Content("  ").join(parts)


def _styled(text: str, severity: str) -> Content:
    return Content.styled(clean(text), f"${severity}")
