"""How records are wrapped in a file that is no plain text, and the lines that they make.

Whatever a file is, its records become lines of text: those of a message as they stand, after the
event's timestamp if there is one, and those of named columns under a header line of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from flowtui.flowlogs.fields import FIELDS, SPELLINGS
from flowtui.flowlogs.format import HEADER_MARK
from flowtui.flowlogs.validate import NOTHING

Blocks = Iterator[tuple[bytes, int]]
"""Blocks of a file, each with the bytes on disk that were read up to its end."""


class Wrapping(Protocol):
    """A way in which records are wrapped."""

    @property
    def name(self) -> str:
        """What the user calls it: `JSON`."""

    def unwrapped(self, blocks: Blocks) -> Blocks:
        """The records as lines, ended by LF, in the place of the file's own bytes."""


@dataclass(frozen=True, slots=True)
class Event:
    """A record as it stands in a log."""

    message: str
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """A record by the names of its fields, as the file spells them."""

    values: Mapping[str, str]
    timestamp_ms: int | None = None


Record = Event | Columns
Read = Callable[[Blocks], Iterator[tuple[Record, int]]]


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

    def line(self, record: Record) -> str:
        match record:
            case Event(message, timestamp_ms):
                return f"{_stamp(timestamp_ms)}{self._message(message)}\n"
            case Columns(values, timestamp_ms):
                header = "" if values.keys() <= self.columns.keys() else self._header(values)
                cells = " ".join(_cell(values.get(name)) for name in self.columns)
                return f"{header}{_stamp(timestamp_ms)}{cells}\n"

    def _message(self, message: str) -> str:
        """A message in one line; among columns it is no record, whatever words it has."""
        line = " ".join(message.splitlines())
        is_like_columns = line.count(" ") == len(self.columns) - 1
        return f"{line} " if is_like_columns else line

    def _header(self, values: Mapping[str, str]) -> str:
        taken = {name.casefold() for name in self.columns.values()}
        for name in values:
            if name not in self.columns:
                self.columns[name] = unique(field_name(name), taken)
                taken.add(self.columns[name].casefold())
        return f"{HEADER_MARK} {' '.join(self.columns.values())}\n"


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


def _cell(value: str | None) -> str:
    """A value in a line; blanks in it are encoded as AWS encodes those of tags."""
    if not value:
        return NOTHING
    return _BLANK.sub(_encoded, value) if _BLANK.search(value) else value


_BLANK = re.compile(r"\s")


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _stamp(timestamp_ms: int | None) -> str:
    """As an export task writes it before a record."""
    if timestamp_ms is None:
        return ""
    try:
        moment = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{timestamp_ms % 1000:03d}Z "


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
