"""Lines of text, each of them a record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from flowtui.backends.duckdb.ingest.files import LONGEST_LINE
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.timerange import to_ms

_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


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

    def is_header(self, line: bytes) -> bool:
        """Whether it is a header: a line that begins with the names of its first two fields."""
        words = line.split(b" ", 2)[:2]
        names = [info.name.encode() for info in self.format.fields[:2]]
        return [word.replace(b"_", b"-") for word in words] == names


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
