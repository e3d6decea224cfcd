"""Text with a record on each line: under a header, in the default format or in a given one.

Records may follow their timestamps, as export tasks to S3 write them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.ingest.files import Head
from flowtui.backends.duckdb.ingest.reader import LogFile, RecordTable, Section
from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.infer import infer
from flowtui.flowlogs.presets import preset_name
from flowtui.model.errors import SourceError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_GUESSES = (DEFAULT_FORMAT, ARTICLE_FORMAT)
_SAMPLE = 100
"""So many lines tell what format they may be in, where they fit none of these."""


# Before the first frame files are only recognised: SQL is imported by who reads them.


class TextReader:
    name = "text"

    def recognise(self, head: Head, given: FlowFormat | None) -> TextLayout:
        """It takes any file, and says of what is no text what it may be."""
        return TextLayout(_found(head.path, head.lines(), given))


@dataclass(frozen=True, slots=True)
class TextLayout:
    lines: Lines

    @property
    def format(self) -> FlowFormat:
        return self.lines.format

    @property
    def description(self) -> str:
        stamped = " after a timestamp" if self.lines.stamped else ""
        return f"text, {self.lines.width} fields{stamped}"

    def table(
        self, connection: DuckDBPyConnection, name: str, files: Sequence[LogFile]
    ) -> RecordTable:
        from flowtui.backends.duckdb.ingest.text.table import TextTable

        return TextTable(connection, name, self.lines, files)

    def in_place(self, files: Sequence[LogFile], section: Section) -> str:
        from flowtui.backends.duckdb.ingest.text.in_place import select

        return select(self.lines, files, section)


def _found(path: Path, lines: Iterator[bytes], given: FlowFormat | None) -> Lines:
    first = next((line for line in lines if line.strip()), b"")
    _check_text(path, first)
    if header := FlowFormat.from_header(first.decode(errors="replace")):
        return Lines(header)
    seen: list[str] = []
    for line in _chain(first, lines):
        if found := _fitting(line, given):
            return found
        if len(seen) < _SAMPLE:
            seen.append(line.decode(errors="replace"))
    raise _no_fit(path, given, seen)


def _chain(first: bytes, lines: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from lines


def _fitting(line: bytes, given: FlowFormat | None) -> Lines | None:
    """How this line is written, with or without a timestamp before it."""
    for form in (given,) if given else _GUESSES:
        for found in (Lines(form), Lines(form, stamped=True)):
            if found.fits(line) and (given or _is_believable(found, line)):
                return found
    return None


def _is_believable(lines: Lines, line: bytes) -> bool:
    """Whether every number is one and every word is of its field's value set."""
    _, record = lines.split(line)
    words = record.decode(errors="replace").split(" ")
    return all(map(_is_value, lines.format.fields, words))


def _is_value(info: FieldInfo, word: str) -> bool:
    if word == "-":
        return True
    if info.type.is_number:
        return word.isdecimal()
    return info.name not in ("action", "log-status", "flow-direction") or word in info.values


def _check_text(path: Path, line: bytes) -> None:
    if line.startswith(b"PAR1"):
        raise SourceError(f"{path} is a Parquet file; export it as text with a header line")
    strange = len(line) - len(line.translate(None, bytes(range(9))))
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or strange * 10 > len(line):
        raise SourceError(f"{path} is not text in UTF-8; give flow logs as text, plain or gzip")


def _no_fit(path: Path, given: FlowFormat | None, lines: Sequence[str]) -> SourceError:
    if given:
        count = len(given.fields)
        return SourceError(
            f"no line of {path} fits the given format of {count} field{'' if count == 1 else 's'}; "
            "give --format with all fields of a line, in their order"
        )
    advice = "give --format '${account-id} ...' as the flow log has it"
    inferred = infer(lines)
    if inferred.is_certain:
        # Never taken without asking: the order of the fields is no more than inferred.
        (found,) = inferred.formats
        advice = f"it looks like {preset_name(found)}: give --format '{found}'"
    count = len(DEFAULT_FORMAT.fields)
    return SourceError(f"no line of {path} fits the default format of {count} fields; {advice}")
