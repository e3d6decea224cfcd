"""A finding: its kind, what is wrong and likely meant, the place, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from flowtui.model.cells import cells
from flowtui.model.errors import QueryError, Span
from flowtui.model.frozen import frozen
from flowtui.query.catalogue import nearest

WIDTH = 160
"""The most cells of a line that are shown; of a longer one it is the part around the place."""
_BEFORE = 60


class Severity(StrEnum):
    ERROR = "error"
    """The service rejects the query."""
    WARNING = "warning"
    """It runs, or may run, but hardly means what was meant."""


@frozen
class Diagnostic:
    """`code` names the kind of finding for programs; `span` points into the query text.

    The message is one printable line, whatever was typed.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    suggestion: str = ""
    """The text that was probably meant, for the place that `span` points at."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _printable(self.message))

    @classmethod
    def of(cls, error: QueryError) -> Diagnostic:
        return cls("syntax", Severity.ERROR, str(error), error.span)


class Advice(NamedTuple):
    sentence: str
    suggestion: str = ""


def error(code: str, message: str, span: Span, suggestion: str = "") -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, span, suggestion)


def warning(code: str, message: str, span: Span, suggestion: str = "") -> Diagnostic:
    return Diagnostic(code, Severity.WARNING, message, span, suggestion)


def unknown(what: str, name: str, known: Iterable[str]) -> Advice:
    """The sentence that there is no such thing, with the nearest one that there is."""
    sentence = f"unknown {what} {shorten(name)}"
    meant = nearest(name, known)
    return Advice(f"{sentence}; did you mean {meant}?", meant) if meant else Advice(sentence)


def shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def render(text: str, diagnostic: Diagnostic) -> str:
    """The finding with its line of the query and carets under the place.

    The carets stand right for wide and combining characters too, as terminals lay them out.
    """
    start, end = diagnostic.span
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line = text[line_start:] if line_end < 0 else text[line_start:line_end]
    before, marked, after = _clip(line, start - line_start, end - line_start)
    prefix = f"{text.count(chr(10), 0, start) + 1} | "
    carets = " " * (len(prefix) + cells(before)) + "^" * max(1, cells(marked))
    head = f"{diagnostic.severity}: {diagnostic.message}"
    return f"{head}\n{prefix}{before}{marked}{after}\n{carets}"


def render_all(text: str, diagnostics: Sequence[Diagnostic]) -> str:
    """The findings with their places, a blank line between them."""
    return "\n\n".join(render(text, each) for each in diagnostics)


def _clip(line: str, start: int, end: int) -> tuple[str, str, str]:
    """The text before, at and after the place, printable, and not all of a long line."""
    if len(line) <= WIDTH:
        left, right = 0, len(line)
    else:
        left = max(0, min(start - _BEFORE, len(line) - WIDTH))
        right = min(len(line), left + WIDTH)
    before = ("…" if left else "") + _printable(line[left:start])
    end = min(max(start, end), right)
    after = _printable(line[end:right]) + ("…" if right < len(line) else "")
    return before, _printable(line[start:end]), after


def _printable(text: str) -> str:
    """The text on one line, each control character a blank; as long as it was."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " for char in text)
