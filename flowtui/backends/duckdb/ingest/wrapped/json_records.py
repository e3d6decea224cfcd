"""Flow logs in JSON, in the shapes that AWS and its tools write (flowlogs.md 3.2)."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from io import BytesIO

from flowtui.backends.duckdb.ingest.wrapped.json_values import Broken, values
from flowtui.backends.duckdb.ingest.wrapped.wrapping import (
    Blocks,
    Columns,
    Event,
    Record,
    is_known,
    lines,
    milliseconds,
)
from flowtui.model.frozen import frozen

_ENVELOPES = ("logEvents", "events", "results", "Records", "records", "awslogs", "kinesis")
"""Keys whose value holds records: of a subscription filter, of the AWS CLI, of an event source."""
_ABOUT = {
    "searchedCompletely", "recordsMatched", "recordsScanned", "bytesScanned", "logRecordsReturned",
    "estimatedRecordsSkipped", "estimatedBytesSkipped", "logGroupsScanned",
}  # fmt: skip
"""Keys of objects that tell of an answer and hold no record."""
_MESSAGES = ("message", "@message")
_TIMES = ("timestamp", "@timestamp")
_MOST_UNPACKED = 64 << 20
"""Bytes that one packed event may take: Lambda takes no more than 6 MB of them packed."""


@frozen
class Json:
    """Whatever JSON has events or records in it."""

    prefers_columns: bool = False
    """Whether the fields of a row are taken rather than its message."""
    name = "JSON"

    def unwrapped(self, blocks: Blocks) -> Blocks:
        return lines(self._records(blocks))

    def _records(self, blocks: Blocks) -> Iterator[tuple[Record, int]]:
        for value, position in values(blocks, _ENVELOPES):
            for record in self._found(value):
                yield record, position

    def _found(self, value: object) -> Iterator[Record]:
        match value:
            case Broken():
                yield Event(value)
            case str():
                yield from _of_text(value)
            case list() if _is_row(value):
                yield self._of_cells({cell["field"]: cell.get("value") for cell in value})
            case list():
                for item in value:
                    yield from self._found(item)
            case dict():
                yield from self._of_object(value)

    def _of_object(self, value: Mapping[str, object]) -> Iterator[Record]:
        if value.get("messageType") == "CONTROL_MESSAGE":
            return
        inner = [value[key] for key in _ENVELOPES if isinstance(value.get(key), list | dict)]
        if inner:
            for each in inner:
                yield from self._found(each)
        elif isinstance(data := value.get("data"), str) and len(value) < _FEW:
            yield from self._packed(data)
        elif _ABOUT.isdisjoint(value):
            yield self._of_cells(value)

    def _of_cells(self, cells: Mapping[str, object]) -> Record:
        time = next((cells[name] for name in _TIMES if cells.get(name)), None)
        timestamp_ms = milliseconds(time) if isinstance(time, str) else None
        message = next((cells[name] for name in _MESSAGES if cells.get(name)), None)
        if isinstance(message, str) and not self.prefers_columns:
            return Event(message, timestamp_ms)
        names = tuple(cells)
        if not _are_plain(names):
            names = tuple(name for name in names if name[:1] != "@")
        if _have_fields(names):
            values = [cells[name] for name in names]
            return Columns(names, [v if type(v) is str else _text(v) for v in values], timestamp_ms)
        return Event(message if isinstance(message, str) else json.dumps(cells), timestamp_ms)

    def _packed(self, data: str) -> Iterator[Record]:
        """Base64, as Lambda and Kinesis hand events on: of JSON or of records, gzip or plain."""
        try:
            content = base64.b64decode(data, validate=True)
            if content.startswith(b"\x1f\x8b"):
                with gzip.GzipFile(fileobj=BytesIO(content)) as packed:
                    content = packed.read(_MOST_UNPACKED)
        except (binascii.Error, OSError, EOFError, zlib.error):
            yield Event(data)
            return
        for value, _ in values(iter([(content, 0)]), _ENVELOPES):
            yield from self._found(value)


_FEW = 8
"""An object with more keys is a record, whatever one of them is called."""


def _of_text(text: str) -> Iterator[Record]:
    for line in text.splitlines():
        if line.strip():
            yield Event(line)


@lru_cache(maxsize=64)
def _are_plain(names: tuple[str, ...]) -> bool:
    """Whether none of them is one of the service's own: `@ptr`."""
    return all(name[:1] != "@" for name in names)


@lru_cache(maxsize=64)
def _have_fields(names: tuple[str, ...]) -> bool:
    return any(map(is_known, names))


def _is_row(items: list[object]) -> bool:
    return bool(items) and all(isinstance(each, dict) and "field" in each for each in items)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return json.dumps(value, separators=(",", ":"))
