"""Lines of text, each of them a record."""

from __future__ import annotations

import re
from datetime import datetime

from flowtui.flowlogs.fields import FIELDS
from flowtui.flowlogs.format import HEADER_MARK, FlowFormat
from flowtui.model.frozen import frozen
from flowtui.model.timerange import to_ms

_LEAP = rb"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY = (
    rb"(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
    rb"|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))|" + _LEAP + rb"-02-29)"
)
STAMP = re.compile(rb"(?!0000)" + _DAY + rb"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z ")
"""Before a record in an export task: no day but those that are."""
LONGEST_STAMP = 25
MARK = f"{HEADER_MARK} ".encode()
_NAMES = frozenset(name.encode() for info in FIELDS.values() for name in (info.name, info.column))
_MOST_KNOWN = 0.6
"""The share of a later header's names that are those of known fields."""


@frozen
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
        if self.stamped and STAMP.match(line):
            return to_ms(datetime.fromisoformat(line[:24].decode())), line[LONGEST_STAMP:]
        return None, line

    def fits(self, line: bytes) -> bool:
        """Whether the record splits at each space into one piece for every field.

        So does the glob `* * ...` of a `parse`: a second space makes an empty piece.
        """
        stamp, record = self.split(line)
        return (stamp is not None or not self.stamped) and record.count(b" ") == self.width - 1


def later_header(line: bytes, current: FlowFormat) -> FlowFormat | None:
    """The format that a line in mid-file says what follows is in; None for any other line.

    A sentence such as `end of export` is none: of a header of another format most words are known.
    """
    if line.startswith(MARK):
        return FlowFormat.from_marked(line.decode(errors="replace"))
    words = line.split()
    known = sum(word in _NAMES for word in words)
    is_telling = known > 1 and known >= _MOST_KNOWN * len(words)
    # Most lines of a file that is no flow log end here.
    if not known or not (is_telling or len(words) == len(current.fields)):
        return None
    header = FlowFormat.from_header(line.decode("latin-1"))
    return header if header and (is_telling or header.fields == current.fields) else None


def names_in(text: bytes) -> bool:
    """Whether a word of it is the name of a known field."""
    return not _NAMES.isdisjoint(text.split())


def is_stamped(line: bytes) -> bool:
    """Whether it begins with a timestamp, as all lines of an export task do."""
    return STAMP.match(line) is not None
