"""How records are wrapped in a file that is no plain text, and the lines that they make.

Whatever a file is, its records become lines of text: those of a message as they stand, after the
event's timestamp if there is one, and those of named columns under a header line of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from flowtui.flowlogs.fields import FIELDS, SPELLINGS
from flowtui.flowlogs.format import HEADER_MARK
from flowtui.flowlogs.validate import NOTHING
from flowtui.model.frozen import frozen

Blocks = Iterator[tuple[bytes, int]]
"""Blocks of a file, each with the bytes on disk that were read up to its end."""


class Wrapping(Protocol):
    """A way in which records are wrapped."""

    @property
    def name(self) -> str:
        """What the user calls it: `JSON`."""

    def unwrapped(self, blocks: Blocks) -> Blocks:
        """The records as lines, ended by LF, in the place of the file's own bytes."""


@frozen
class Event:
    """A record as it stands in a log."""

    message: str
    timestamp_ms: int | None = None


@frozen
class Columns:
    """A record by the names of its fields, as the file spells them."""

    names: tuple[str, ...]
    values: list[str]
    timestamp_ms: int | None = None


Record = Event | Columns

MESSAGES = ("@message", "message", "_raw", "log", "line", "body", "msg", "text")
"""What the text of a record is called: by AWS, Splunk, Docker, Fluent Bit, Loki, OpenTelemetry."""
_FEWEST_WORDS = 8


def may_be_record(text: str) -> bool:
    """Whether it has as many words as no value of a field has."""
    return text.count(" ") >= _FEWEST_WORDS - 1


def lines(records: Iterable[tuple[Record, int]]) -> Blocks:
    """The records as blocks of lines, with the position of each one's last record."""
    writer = _Writer()
    block: list[str] = []
    size = position = 0
    for record, position in records:
        block.append(line := writer.line(record))
        size += len(line)
        if size > _BLOCK:
            yield "".join(block).encode(errors="replace"), position
            block, size = [], 0
    if block:
        yield "".join(block).encode(errors="replace"), position


_BLOCK = 1 << 20


@dataclass
class _Writer:
    """Writes a header line before the first record of columns, and where new ones turn up."""

    columns: dict[str, str] = field(default_factory=dict)
    """The name in the file to that of the field."""
    order: tuple[str, ...] = ()
    """The names in the file, in the order of the columns."""

    def line(self, record: Record) -> str:
        match record:
            case Event(message, timestamp_ms):
                return f"{_stamp(timestamp_ms)}{self._message(message)}\n"
            case Columns(names, values, timestamp_ms):
                header = ""
                if names != self.order:
                    header = self._header(names)
                    of = dict(zip(names, values, strict=True))
                    values = [of.get(name, "") for name in self.order]
                return f"{header}{_stamp(timestamp_ms)}{_words(values)}\n"

    def _message(self, message: str) -> str:
        """A message in one line; among columns it is no record, whatever words it has."""
        line = " ".join(message.splitlines()) if "\n" in message or "\r" in message else message
        is_like_columns = self.columns and line.count(" ") == len(self.columns) - 1
        return f"{line} " if is_like_columns else line

    def _header(self, names: tuple[str, ...]) -> str:
        """The header line, if there are new names among these; else nothing."""
        new = [name for name in names if name not in self.columns]
        if not new:
            return ""
        taken = {name.casefold() for name in self.columns.values()}
        for name in new:
            self.columns[name] = unique(field_name(name), taken)
            taken.add(self.columns[name].casefold())
        self.order = tuple(self.columns)
        return f"{HEADER_MARK} {' '.join(self.columns.values())}\n"


def _words(values: list[str]) -> str:
    """The values with blanks between them, where none is in one of them and none is empty."""
    line = " ".join(values)
    return line if line.split() == values else " ".join(map(_cell, values))


def unique(name: str, taken: set[str]) -> str:
    """The engine takes names that differ in their case for one."""
    number, found = 2, name
    while found.casefold() in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def field_name(name: str) -> str:
    """The hyphenated name of the field that is called `name`; an unknown one keeps its name."""
    if info := SPELLINGS.get(name) or FIELDS.get(name) or SPELLINGS.get(name.lower()):
        return info.name
    # What stands in it for a number, and what separates two, are the engine's own.
    return re.sub(r"[\s#@\x00-\x1f]+", "-", name).strip("-") or "field"


def is_known(name: str) -> bool:
    return field_name(name) in FIELDS


def _cell(value: str) -> str:
    """A value in a line; blanks in it are encoded as AWS encodes those of tags."""
    return _BLANK.sub(_encoded, value) if value else NOTHING


_BLANK = re.compile(r"\s")


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _stamp(timestamp_ms: int | None) -> str:
    """As an export task writes it before a record."""
    if timestamp_ms is None:
        return ""
    second, fraction = divmod(timestamp_ms, 1000)
    written = _second(second)
    return f"{written}.{fraction:03d}Z " if written else ""


@lru_cache(maxsize=4096)
def _second(second: int) -> str:
    try:
        return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
    except (OverflowError, OSError, ValueError):
        return ""


@lru_cache(maxsize=4096)
def milliseconds(text: str) -> int | None:
    """A time as services write it: epoch milliseconds, or a date and a time; UTC without zone."""
    if text.isascii() and text.isdigit():
        return int(text) if len(text) == 13 else int(text) * 1000 if len(text) == 10 else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)
