"""Flow logs in CSV and TSV: the console's exports, Athena's results, spreadsheets."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator

from flowtui.backends.duckdb.ingest.wrapped.wrapping import (
    MESSAGES,
    Blocks,
    Columns,
    Event,
    Record,
    is_known,
    lines,
    milliseconds,
)
from flowtui.model.frozen import frozen

SEPARATORS = ",;\t|"
_MOST_BLANKS = 3
"""In a name: a cell with more is a message."""
_TIMES = ("@timestamp", "timestamp")


@frozen
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
        header = _Header(())
        for row in text.rows(self.separator):
            if isinstance(row, str):
                yield Event(row), text.position
                continue
            if not any(row) or is_directive(row) or (header.is_aligned and _is_rule(row)):
                continue
            if is_header(row):
                header = _Header.of(row, prefers_columns=self.prefers_columns)
            elif len(row) != header.width:
                yield Event((self.separator if header.width else " ").join(row)), text.position
            else:
                yield header.record(row), text.position


@frozen
class _Header:
    """What the cells of a row are."""

    names: tuple[str, ...]
    """Of the fields among them."""
    picks: tuple[int, ...] = ()
    """Where the fields are; none where all cells are."""
    width: int = 0
    message: int | None = None
    """Which one is the message that is taken for the record."""
    time: int | None = None
    is_aligned: bool = False
    """Whether blanks stand around the cells, as in a table for people."""

    @classmethod
    def of(cls, row: list[str], *, prefers_columns: bool) -> _Header:
        names = _told_apart([cell.strip() for cell in row])
        fields = [at for at, name in enumerate(names) if name and name[:1] != "@"]
        has_fields = any(is_known(names[at]) for at in fields)
        message = next((names.index(each) for each in MESSAGES if each in names), None)
        return cls(
            tuple(names[at] for at in fields),
            tuple(fields) if len(fields) < len(names) else (),
            len(names),
            None if prefers_columns and has_fields else message,
            next((names.index(each) for each in _TIMES if each in names), None),
            is_aligned=any(cell != cell.strip() for cell in row),
        )

    def record(self, row: list[str]) -> Record:
        if self.is_aligned:
            row = [cell.strip() for cell in row]
        time = None if self.time is None else milliseconds(row[self.time])
        if self.message is not None:
            return Event(row[self.message], time)
        return Columns(self.names, [row[at] for at in self.picks] if self.picks else row, time)


def _is_rule(row: list[str]) -> bool:
    """Whether it is the line below the titles of a table."""
    return not "".join(row).strip("-+:= ")


def _told_apart(names: list[str]) -> list[str]:
    """The names, with a number at those that have stood before."""
    return [
        f"{name}-{before + 1}" if name and (before := names[:at].count(name)) else name
        for at, name in enumerate(names)
    ]


class _Lines:
    """The lines of the blocks, with their ends: a quoted cell may go over several."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self.position = 0
        """Bytes on disk that were read."""
        self._taken: list[str] = []
        """Those of the row that is being read."""

    def rows(self, separator: str) -> Iterator[list[str] | str]:
        """The cells of each row; a line as it is, where it is part of none."""
        reader = csv.reader(iter(self), delimiter=separator)
        while True:
            self._taken.clear()
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield from (line.removesuffix("\n") for line in self._taken)

    def __iter__(self) -> Iterator[str]:
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        rest = ""
        for block, position in self._blocks:
            self.position = position
            *found, rest = (rest + decode(block)).split("\n")
            for line in found:
                self._taken.append(f"{line}\n")
                yield self._taken[-1]
        if rest:
            self._taken.append(rest)
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
    return any(is_known(name) or name in MESSAGES for name in row)
