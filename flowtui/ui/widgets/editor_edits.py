"""Changes of whole lines, and of what is around the cursor: from a text and a caret to a step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from flowtui.ui.widgets.undo_history import Caret, Change, UndoStep

INDENT = "  "

Lines = Sequence[str]


def replaced(text: str, caret: Caret, span: tuple[int, int], insert: str) -> UndoStep:
    """With the cursor after the inserted text."""
    start, end = span
    after = start + len(insert)
    return UndoStep(Change(start, text[start:end], insert), caret, (after, after))


def rewritten(text: str, caret: Caret, other: str, cursor: int) -> UndoStep:
    """Another text in its place."""
    return UndoStep(Change(0, text, other), caret, (cursor, cursor))


def changed_lines(text: str, caret: Caret, change: Callable[[Lines], Lines]) -> UndoStep:
    """The lines of the selection changed at their beginnings; the selection stays at its words."""
    start, end = lines_of(text, caret)
    lines = text[start:end].split("\n")
    changed = change(lines)
    insert = "\n".join(changed)

    def moved(offset: int) -> int:
        row = text.count("\n", start, offset)
        grown = [len(new) - len(old) for old, new in zip(lines, changed, strict=True)]
        column = offset - (text.rfind("\n", 0, offset) + 1)
        first = start + sum(len(line) + 1 for line in changed[:row])
        return first + max(0, column + grown[row])

    return UndoStep(
        Change(start, text[start:end], insert), caret, (moved(caret[0]), moved(caret[1]))
    )


def lines_of(text: str, caret: Caret) -> tuple[int, int]:
    """From the beginning of the first line that the selection touches to the end of the last."""
    first, last = min(caret), max(caret)
    end = text.find("\n", last)
    return text.rfind("\n", 0, first) + 1, len(text) if end < 0 else end


def indented(lines: Lines) -> Lines:
    return [INDENT + line if line or len(lines) == 1 else line for line in lines]


def outdented(lines: Lines) -> Lines:
    """Less by one step, or by a tab, where there is that much."""
    return [_outdented(line) for line in lines]


def _outdented(line: str) -> str:
    if line.startswith("\t"):
        return line[1:]
    blanks = len(line) - len(line.lstrip(" "))
    return line[min(blanks, len(INDENT)) :]


# What is cut: from a text and where its cursor is to the part that goes


def line_end(text: str, cursor: int) -> tuple[int, int]:
    """At the end of a line its line feed."""
    _, end = lines_of(text, (cursor, cursor))
    return cursor, end if end > cursor else min(cursor + 1, len(text))


def line_start(text: str, cursor: int) -> tuple[int, int]:
    """At the start of a line the line feed before it."""
    start, _ = lines_of(text, (cursor, cursor))
    return start if start < cursor else max(0, cursor - 1), cursor


def word_left(text: str, cursor: int) -> tuple[int, int]:
    start, _ = lines_of(text, (cursor, cursor))
    found = _WORD_BEFORE.search(text, start, cursor)
    return found.start() if found is not None else max(0, cursor - 1), cursor


def word_right(text: str, cursor: int) -> tuple[int, int]:
    _, end = lines_of(text, (cursor, cursor))
    found = _WORD_BEHIND.match(text, cursor, end)
    return cursor, found.end() if found is not None else min(cursor + 1, len(text))


def whole_line(text: str, cursor: int) -> tuple[int, int]:
    """With a line feed; of the last line that is the one before it."""
    start, end = lines_of(text, (cursor, cursor))
    return (start, end + 1) if end < len(text) else (max(0, start - 1), end)


KILLS: Mapping[str, Callable[[str, int], tuple[int, int]]] = {
    "line_end": line_end,
    "line_start": line_start,
    "word_left": word_left,
    "word_right": word_right,
    "line": whole_line,
}

_WORD = r"(?:[\w.@]+|[^\w.@\s]+)"
"""An address or a name with dots is one word."""
_WORD_BEFORE = re.compile(rf"(?:{_WORD}\s*|\s+)\Z")
_WORD_BEHIND = re.compile(rf"\s*{_WORD}|\s+")
