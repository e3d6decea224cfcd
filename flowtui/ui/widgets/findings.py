"""Which errors of a query the editor shows while it is being written, where, and in what words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.content import Content

from flowtui.query.highlight import Piece
from flowtui.ui.text import clean
from flowtui.ui.widgets.editor_colours import Pieces, by_line, line_starts

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.model.errors import Span
    from flowtui.query.check import Diagnostic
    from flowtui.ui.widgets.undo_history import Change

SYMBOLS = {"error": "✗", "warning": "!"}


class ShownFindings:
    """The findings of the last check, and those that show; an edit moves both with the text."""

    def __init__(self) -> None:
        self.shown: tuple[Diagnostic, ...] = ()
        self.marks: Pieces = {}
        """The underlined places."""
        self.notes: Mapping[int, Diagnostic] = {}
        """The note after each line."""
        self._found: tuple[Diagnostic, ...] = ()

    def take(self, found: Sequence[Diagnostic]) -> None:
        self._found = tuple(found)

    def move(self, change: Change, text: str) -> None:
        """The change has led to `text`."""
        self._found = moved(self._found, change)
        self._show(moved(self.shown, change), text)

    def show(self, text: str, writing_at: int | None) -> None:
        """All of them; nothing new about the command that is being written at an offset."""
        found = self._found
        if writing_at is not None:
            found = settled(found, self.shown, text, writing_at)
        self._show(found, text)

    def _show(self, findings: tuple[Diagnostic, ...], text: str) -> None:
        self.shown = findings
        if not findings:
            self.marks, self.notes = {}, {}
            return
        starts = line_starts(text)
        spans = ((place_of(text, each.span), each.severity) for each in findings)
        pieces = sorted((start, end, role.value) for (start, end), role in spans)
        self.marks = by_line((Piece(*piece) for piece in pieces), starts)
        self.notes = worst_by_line(findings, text, starts)


def findings_of(
    text: str, flow_format: FlowFormat | None, log_class: str = ""
) -> tuple[Diagnostic, ...]:
    """Nothing is wrong with a query that nobody has begun."""
    from flowtui.query.check import check
    from flowtui.query.lexer import TokenKind, tokenize

    is_begun = any(
        token.kind not in (TokenKind.SPACE, TokenKind.COMMENT) for token in tokenize(text)
    )
    return check(text, flow_format, log_class) if is_begun else ()


def named_prelude(text: str, flow_format: FlowFormat | None) -> str:
    """The name of the `parse` command that flowtui puts before the text, if it needs one."""
    from flowtui.query.prelude import prelude

    if flow_format is None or not prelude(text, flow_format):
        return ""
    return f"parse: {len(flow_format.fields)} fields (F3 shows it)"


def settled(
    found: Sequence[Diagnostic], shown: Sequence[Diagnostic], text: str, cursor: int
) -> tuple[Diagnostic, ...]:
    """The findings to show after a key: nothing new about the command that is being written.

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


def moved(findings: Sequence[Diagnostic], change: Change) -> tuple[Diagnostic, ...]:
    """Where they are after the change; one that stood in what was removed is gone."""
    return tuple(_moved(findings, change))


def _moved(findings: Sequence[Diagnostic], change: Change) -> Iterator[Diagnostic]:
    removed_end = change.start + len(change.removed)
    for finding in findings:
        start, end = finding.span
        if end <= change.start:
            yield finding
        elif start >= removed_end:
            yield replace(finding, span=(start + change.growth, end + change.growth))
        elif start < change.start or end > removed_end:
            span = min(start, change.end), max(change.end, end + change.growth)
            yield replace(finding, span=span)


def worst_by_line(
    findings: Sequence[Diagnostic], text: str, starts: Sequence[int]
) -> Mapping[int, Diagnostic]:
    """The note after each line: its first error, else its first warning."""
    found: dict[int, Diagnostic] = {}
    for finding in sorted(findings, key=lambda each: (each.severity != "error", each.span)):
        line = bisect_right(starts, place_of(text, finding.span)[0]) - 1
        found.setdefault(line, finding)
    return found


def place_of(text: str, span: Span) -> Span:
    """The place to underline: itself, or where it has nothing to see the character before."""
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
