"""Flow logs as the AWS CLI prints them as text: `logs tail`, and `--output text`."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from flowtui.backends.duckdb.ingest.wrapped.wrapping import (
    Blocks,
    Columns,
    Event,
    Record,
    lines,
    milliseconds,
)
from flowtui.model.frozen import frozen

_TAIL = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?) (.+)", re.ASCII
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@frozen
class Tail:
    """`aws logs tail`: the time, the log stream unless the format is short, and the message."""

    has_stream: bool
    name = "text of aws logs tail"

    def unwrapped(self, blocks: Blocks) -> Blocks:
        return lines(self._records(blocks))

    def _records(self, blocks: Blocks) -> Iterator[tuple[Record, int]]:
        for line, position in text_lines(blocks):
            yield self._event(line), position

    def _event(self, line: str) -> Event:
        if (found := _TAIL.fullmatch(_COLOURS.sub("", line))) is None:
            return Event(line)
        time, message = found.groups()
        return Event(message.partition(" ")[2] if self.has_stream else message, milliseconds(time))


def is_tail(line: str) -> bool:
    return _TAIL.fullmatch(_COLOURS.sub("", line)) is not None


def is_tabbed(first: list[str]) -> bool:
    """Whether the first lines are `--output text` with records in it."""
    if any(line.split("\t")[0] in ("EVENTS", "RESULTS") for line in first):
        return True
    words = first[0].split("\t") if first else []
    return len(words) > 1 and all(word.count(" ") > 1 for word in words)


@frozen
class Tabbed:
    """`--output text`: what belongs together stands between tabs.

    Events stand with their other values in the order of the alphabet, the message before the
    timestamp; cells of query results come one a line, with their names.
    """

    name = "text of the AWS CLI"

    def unwrapped(self, blocks: Blocks) -> Blocks:
        return lines(self._records(blocks))

    def _records(self, blocks: Blocks) -> Iterator[tuple[Record, int]]:
        cells: dict[str, str] = {}
        position = 0
        for line, position in text_lines(blocks):
            words = line.split("\t")
            if words[0] == "RESULTS" and len(words) == 3:
                if words[1] in cells:
                    yield _row(cells), position
                    cells = {}
                cells[words[1]] = words[2]
            else:
                for record in _messages(words):
                    yield record, position
        if cells:
            yield _row(cells), position


def _row(cells: dict[str, str]) -> Record:
    time = milliseconds(cells.get("@timestamp", ""))
    if message := cells.get("@message"):
        return Event(message, time)
    names = tuple(name for name in cells if name[:1] != "@")
    return Columns(names, [cells[name] for name in names], time)


def _messages(words: list[str]) -> Iterator[Event]:
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word.count(" ") > 1:
            yield Event(word, milliseconds(after) if words[0] == "EVENTS" else None)


def text_lines(blocks: Blocks) -> Iterator[tuple[str, int]]:
    """The lines that are not blank, without their ends."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    rest, position = "", 0
    for block, position in blocks:
        *found, rest = (rest + decode(block)).split("\n")
        yield from ((line.removesuffix("\r"), position) for line in found if line.strip())
    if rest.strip():
        yield rest, position
