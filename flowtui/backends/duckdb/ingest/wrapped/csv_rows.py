"""Flow logs in CSV and TSV: the console's exports, Athena's results, spreadsheets."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass

from flowtui.backends.duckdb.ingest.wrapped.wrapping import (
    Blocks,
    Columns,
    Event,
    Record,
    is_known,
    lines,
    milliseconds,
)

SEPARATORS = ",;\t|"
_MESSAGES = ("@message", "message")
_MOST_BLANKS = 3
"""In a name: a cell with more is a message."""
_TIMES = ("@timestamp", "timestamp")


@dataclass(frozen=True, slots=True)
class Csv:
    """Rows under a header that names fields, or the message of events; or records without one."""

    separator: str
    prefers_columns: bool = False
    """Whether the fields of a row are taken rather than its message."""

    @property
    def name(self) -> str:
        return "TSV" if self.separator == "\t" else "CSV"

    def unwrapped(self, blocks: Blocks) -> Blocks:
        return lines(self._records(blocks))

    def _records(self, blocks: Blocks) -> Iterator[tuple[Record, int]]:
        text = _Lines(blocks)
        names: list[str] = []
        for row in csv.reader(text, delimiter=self.separator):
            if not any(row) or is_directive(row):
                continue
            if is_header(row):
                names = _told_apart(row)
            else:
                yield self._record(names, row), text.position

    def _record(self, names: list[str], row: list[str]) -> Record:
        if len(row) != len(names):
            return Event((self.separator if names else " ").join(row))
        cells = dict(zip(names, row, strict=True))
        time = next((cells[name] for name in _TIMES if cells.get(name)), "")
        message = next((cells[name] for name in _MESSAGES if name in cells), None)
        fields = {key: cell for key, cell in cells.items() if key[:1] != "@"}
        if message is None or (self.prefers_columns and any(map(is_known, fields))):
            return Columns(fields, milliseconds(time))
        return Event(message, milliseconds(time))


def _told_apart(names: list[str]) -> list[str]:
    """The names, with a number at those that have stood before."""
    return [
        f"{name}-{before + 1}" if (before := names[:at].count(name)) else name
        for at, name in enumerate(names)
    ]


class _Lines:
    """The lines of the blocks, with their ends: a quoted cell may go over several."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self.position = 0
        """Bytes on disk that were read."""

    def __iter__(self) -> Iterator[str]:
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        rest = ""
        for block, position in self._blocks:
            self.position = position
            *found, rest = (rest + decode(block)).split("\n")
            yield from (f"{line}\n" for line in found)
        if rest:
            yield rest


def rows(first: str, separator: str) -> list[str]:
    """The cells of a line; none where it is no row."""
    try:
        return next(csv.reader([first], delimiter=separator), [])
    except csv.Error:
        return []


def is_directive(row: list[str]) -> bool:
    """Whether it is what Excel writes to say what separates the cells."""
    return row[0].lower().startswith("sep=")


def is_header(row: list[str]) -> bool:
    """Whether the cells are names, one of a field or of the message at least."""
    if any(cell[:1].isdigit() or cell.count(" ") > _MOST_BLANKS for cell in row):
        return False
    return any(is_known(name) or name in _MESSAGES for name in row)
