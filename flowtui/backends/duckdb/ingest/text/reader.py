"""Text with a record on each line: under a header, in the default format or in a given one.

Records may follow their timestamps, as export tasks to S3 write them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.ingest.files import Head
from flowtui.backends.duckdb.ingest.reader import Home, LogFile, RecordTable, Section
from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.infer import infer
from flowtui.flowlogs.presets import TGW_FORMAT, preset_name
from flowtui.flowlogs.validate import contradiction, is_value
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown
from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from flowtui.backends.duckdb.ingest.wrapped.wrapping import Wrapping

GUESSES = (DEFAULT_FORMAT, ARTICLE_FORMAT, TGW_FORMAT)
"""The formats that are taken for certain where neither a header nor the user says one."""
_TAR_AT = 257
"""Where a tar archive has its mark."""
_SAMPLE = 100
"""So many lines are read to infer their format, where they fit none of these."""


# Before the first frame files are only recognised: SQL is imported when they are read.


class TextReader:
    name = "text"

    def recognise(self, head: Head, given: FlowFormat | None) -> TextLayout:
        """It takes any file, and says of what is no text what it may be."""
        lines = head.lines()
        first = next((line for line in lines if line.strip()), b"")
        _check_text(head.path, first)
        if under_header := _under_header(first):
            return under_header
        return TextLayout(find_lines(head.path, _chain(first, lines), given))


@frozen
class TextLayout:
    lines: Lines
    has_header: bool = field(default=False, compare=False)
    """Whether the file begins with a header."""
    wrapping: Wrapping | None = field(default=None, compare=False)
    """How the lines are wrapped in the file; None where they are its own."""

    is_columnar: bool = field(default=False, compare=False)
    """Whether the records are columns with names, and have no text of their own."""
    is_stored: bool = field(default=True, compare=False)
    """Whether the records are stored in a table."""

    @property
    def format(self) -> FlowFormat:
        return self.lines.format

    @property
    def is_plain(self) -> bool:
        return self.wrapping is None

    @property
    def description(self) -> str:
        stamped = " after a timestamp" if self.lines.stamped else ""
        kind = self.wrapping.name if self.wrapping else "text"
        return f"{kind}, {self.lines.width} fields{stamped}"

    def table(
        self, connection: DuckDBPyConnection, home: Home, files: Sequence[LogFile]
    ) -> RecordTable:
        from flowtui.backends.duckdb.ingest.text.table import TextTable

        return TextTable(connection, home, self.lines, files)

    def in_place(self, files: Sequence[LogFile], section: Section) -> str:
        from flowtui.backends.duckdb.ingest.text.in_place import select

        layouts = [each.layout for each in files if isinstance(each.layout, TextLayout)]
        return select(
            self.lines,
            files,
            section,
            headers={layout.has_header for layout in layouts},
            is_wrapped=any(layout.wrapping for layout in layouts),
        )


@lru_cache(maxsize=64)
def _under_header(first: bytes) -> TextLayout | None:
    """That of a file that begins so, if that is a header: thousands of files begin alike."""
    header = FlowFormat.from_header(first.decode(errors="replace"))
    return TextLayout(Lines(header), has_header=True) if header else None


def find_lines(path: Path, lines: Iterable[bytes], given: FlowFormat | None) -> Lines:
    """How the lines are written, which have no header; raises `SourceError` where none is a record.

    Most of those that have as many words as the format has fields decide.
    """
    seen: list[bytes] = []
    fitting: list[Lines] = []
    wrong: list[SourceError] = []
    for number, line in enumerate(lines, 1):
        if found := _fitting(line, given):
            if given and (error := _contradiction(path, number, found, line)):
                wrong.append(error)
            else:
                fitting.append(found)
        if len(seen) < _SAMPLE:
            seen.append(line)
        elif fitting or wrong:
            break
    if len(wrong) > len(fitting):
        raise wrong[0]
    if fitting:
        return fitting[0]
    raise _no_fit(path, given, [line.decode(errors="replace") for line in seen])


def _chain(first: bytes, lines: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from lines


def _fitting(line: bytes, given: FlowFormat | None) -> Lines | None:
    """How this line is written, with or without a timestamp before it."""
    for form in (given,) if given else GUESSES:
        for found in (Lines(form), Lines(form, stamped=True)):
            if found.fits(line) and (given or _is_believable(found, line)):
                return found
    return None


def _is_believable(lines: Lines, line: bytes) -> bool:
    """Whether every word is a value of its field."""
    return all(map(is_value, lines.format.fields, _words(lines, line)))


def _contradiction(path: Path, number: int, lines: Lines, line: bytes) -> SourceError | None:
    """Why a line of as many words as the format has fields is none of its records."""
    if (found := contradiction(lines.format, _words(lines, line))) is None:
        return None
    word, info = found
    return SourceError(
        f"record {number} of {path} has {shown(word)} where the given format has ${{{info.name}}};"
        " give --format with the fields in the order of the records"
    )


def _words(lines: Lines, line: bytes) -> list[str]:
    return lines.split(line)[1].decode(errors="replace").split(" ")


def _check_text(path: Path, line: bytes) -> None:
    strange = len(line) - len(line.translate(None, bytes(range(9))))
    if line[_TAR_AT:].startswith(b"ustar"):
        raise SourceError(f"{path} is a tar archive; unpack it, and give the folder")
    if strange * 10 > len(line):
        raise SourceError(
            f"{path} is not text in UTF-8 or UTF-16; give flow logs, as text or compressed"
        )


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
