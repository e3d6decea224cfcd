"""The text of a query as lines, without a change to any of its characters."""

from __future__ import annotations

from textual.widgets.text_area import Document, DocumentBase, EditResult, Location


class QueryDocument(Document):
    r"""Lines end at `\n` only, as the language has it.

    Textual also cuts at `\x0b`, `\x0c`, `\x85` and the like, and writes the text with one kind of
    line end. A drilled value may hold any of them, and what runs is what was put in.
    """

    def __init__(self, text: str) -> None:
        super().__init__("")
        self._lines = text.split("\n")

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        top, bottom = sorted((start, end))
        replaced = self.get_text_range(top, bottom)
        before, after = self._lines[top[0]][: top[1]], self._lines[bottom[0]][bottom[1] :]
        inserted = text.split("\n")
        end_row = top[0] + len(inserted) - 1
        end_column = len(inserted[-1]) + (len(before) if len(inserted) == 1 else 0)
        inserted[0] = before + inserted[0]
        inserted[-1] += after
        self._lines[top[0] : bottom[0] + 1] = inserted
        return EditResult((end_row, end_column), replaced)


def offset_at(document: DocumentBase, location: Location) -> int:
    """How many characters stand before a location."""
    row, column = location
    return sum(len(line) + 1 for line in document.lines[:row]) + column


def location_at(text: str, offset: int) -> Location:
    return text.count("\n", 0, offset), offset - (text.rfind("\n", 0, offset) + 1)


def with_line_feeds(pasted: str) -> str:
    """Text that a terminal pastes, which ends lines with a carriage return."""
    return pasted.replace("\r\n", "\n").replace("\r", "\n")
