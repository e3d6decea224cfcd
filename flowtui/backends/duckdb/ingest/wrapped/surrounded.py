"""Flow logs in text that has more on each line: what a shipper, `grep` or a person has added.

Syslog puts the time, a host and a program before the record, `grep` the name of a file and a
number; an export puts it in quotes, and a person indents it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from flowtui.backends.duckdb.ingest.text.lines import is_stamped
from flowtui.backends.duckdb.ingest.wrapped.cli_text import text_lines
from flowtui.backends.duckdb.ingest.wrapped.wrapping import Blocks, Event, Record, lines
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.validate import fits, is_address, is_value
from flowtui.model.frozen import frozen

_BEFORE = ":\"'([{<>=|,;"
"""What may stand before a record without a blank between them."""
_AFTER = "\"')]}>|,; \t"
_VALUE = re.compile(r"-|\d+|[a-z]+-[0-9a-f]{6,}|[A-Z]+")
"""A word that may be the value of one more field."""


@frozen
class Surrounded:
    """Each record is the last words of its line, in the order of a format."""

    format: FlowFormat
    name = "text with more around its records"

    def unwrapped(self, blocks: Blocks) -> Blocks:
        return lines(self._records(blocks))

    def _records(self, blocks: Blocks) -> Iterator[tuple[Record, int]]:
        for line, position in text_lines(blocks):
            yield Event(" ".join(self.words(line)) or line), position

    def words(self, line: str) -> list[str]:
        """The words of the record; none where the line has fewer."""
        fields = self.format.fields
        words = line.rstrip(_AFTER).split()[-len(fields) :]
        if len(words) < len(fields):
            return []
        if not is_value(fields[0], words[0]):
            words[0] = words[0][1 + max(map(words[0].rfind, _BEFORE)) :]
        return words

    def is_in(self, line: str) -> bool:
        """Whether a record is in the line, and what is around it is none of its fields."""
        words = self.words(line)
        if not words or not fits(self.format, words) or line == " ".join(words):
            return False
        before = line.rstrip(_AFTER).split()[: -len(words)]
        return not before or not all(_VALUE.fullmatch(word) or is_address(word) for word in before)


def surrounded(first: Sequence[str], formats: Iterable[FlowFormat]) -> Iterator[Surrounded]:
    """The formats that records in the first lines have, with more around them."""
    if first and FlowFormat.from_header(first[0]):
        return  # it says itself what its words are
    texts = [line for line in first if not is_stamped(line.encode())]
    for each in map(Surrounded, formats):
        if any(map(each.is_in, texts)):
            yield each
