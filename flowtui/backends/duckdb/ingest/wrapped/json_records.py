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
    MESSAGES,
    Blocks,
    Columns,
    Event,
    Record,
    is_known,
    lines,
    may_be_record,
    milliseconds,
)
from flowtui.model.frozen import frozen

_ENVELOPES = (
    "logEvents", "events", "results", "Records", "records", "awslogs", "kinesis", "hits", "result",
)  # fmt: skip
"""Keys whose value holds records: of a subscription filter, of the AWS CLI, of an event source, of
Elasticsearch and Splunk."""
_ABOUT = {
    "searchedCompletely", "recordsMatched", "recordsScanned", "bytesScanned", "logRecordsReturned",
    "estimatedRecordsSkipped", "estimatedBytesSkipped", "logGroupsScanned",
}  # fmt: skip
"""Keys of objects that tell of an answer and hold no record."""
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
                yield from self._of_object(
                    {str(cell["field"]): cell.get("value") for cell in value}
                )
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
            if (record := self._of_cells(value)) is not None:
                yield record
            elif within := [each for each in value.values() if isinstance(each, dict)]:
                # What a shipper has put around a record: `{"_index": "vpc", "_source": {...}}`.
                yield from self._found(within)
            else:
                yield Event(json.dumps(value))

    def _of_cells(self, cells: Mapping[str, object]) -> Record | None:
        """None where no text in it may be a record, and no name is that of a field."""
        time = next((cells[name] for name in _TIMES if cells.get(name)), None)
        timestamp_ms = milliseconds(time) if isinstance(time, str) else None
        message = _message(cells)
        if message is not None and not self.prefers_columns:
            return Event(message, timestamp_ms)
        names = tuple(cells)
        if not _are_plain(names):
            names = tuple(name for name in names if name[:1] != "@")
        if _have_fields(names):
            values = [cells[name] for name in names]
            return Columns(names, [v if type(v) is str else _text(v) for v in values], timestamp_ms)
        return None if message is None else Event(message, timestamp_ms)

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


def _message(cells: Mapping[str, object]) -> str | None:
    """The text of the record: under a name for it, or the first that may be one."""
    named = (cells[name] for name in MESSAGES if cells.get(name))
    texts = (value for value in cells.values() if type(value) is str and may_be_record(value))
    return next((value for value in (*named, *texts) if isinstance(value, str)), None)


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
