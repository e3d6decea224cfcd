"""Lines of text, each of them a record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from flowtui.backends.duckdb.ingest.files import LONGEST_LINE
from flowtui.flowlogs.fields import FIELDS
from flowtui.flowlogs.format import HEADER_MARK, FlowFormat
from flowtui.model.timerange import to_ms

_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")
_MARK = f"{HEADER_MARK} ".encode()
_NAMES = frozenset(name.encode() for info in FIELDS.values() for name in (info.name, info.column))
_MOST_KNOWN = 0.6
"""The share of a later header's names that are those of known fields."""


@dataclass(frozen=True, slots=True)
class Lines:
    """How the lines of a text are written."""

    format: FlowFormat
    stamped: bool = False
    """Each record follows its event timestamp: an export task to S3 writes so (flowlogs.md 3.2)."""

    @property
    def width(self) -> int:
        """How many fields a record has."""
        return len(self.format.fields)

    def split(self, line: bytes) -> tuple[int | None, bytes]:
        """The event timestamp before the record, in epoch milliseconds, and the record."""
        if self.stamped and _STAMP.match(line):
            try:
                return to_ms(datetime.fromisoformat(line[:24].decode())), line[25:]
            except ValueError:
                pass
        return None, line

    def fits(self, line: bytes) -> bool:
        """Whether the record splits at each space into one piece for every field.

        So does the glob `* * ...` of a `parse`: a second space makes an empty piece.
        """
        stamp, record = self.split(line)
        return (stamp is not None or not self.stamped) and record.count(b" ") == self.width - 1

    def is_plain(self, line: bytes) -> bool:
        """Whether DuckDB's CSV reader finds the same pieces in it, and is sure that they fit."""
        return (
            self.fits(line)
            and not self.split(line)[1].startswith(b" ")
            and b"\r" not in line
            and len(line) < LONGEST_LINE
            and (line.isascii() or _is_utf8(line))
        )


def later_header(line: bytes, current: FlowFormat) -> FlowFormat | None:
    """The format that a line in mid-file says what follows is in; None for any other line.

    A sentence such as `end of export` is none: of a header of another format most words are known.
    """
    if line.startswith(_MARK):
        return FlowFormat.from_marked(line.decode(errors="replace"))
    # Most lines of a file that is no flow log end here.
    if not line[:1].islower() or _NAMES.isdisjoint(line.split()):
        return None
    if (header := FlowFormat.from_header(line.decode("latin-1"))) is None:
        return None
    known = sum(info.name in FIELDS for info in header.fields)
    is_telling = known > 1 and known >= _MOST_KNOWN * len(header.fields)
    return header if is_telling or header.fields == current.fields else None


def is_stamped(line: bytes) -> bool:
    """Whether it begins with a timestamp, as all lines of an export task do."""
    return _STAMP.match(line) is not None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
