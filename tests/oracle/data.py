"""A log group as the oracle's events, as `tests.tables.make_table` makes it for the engine."""

from __future__ import annotations

from collections.abc import Sequence

from flowtui.flowlogs.format import FlowFormat
from tests.oracle.commands import Event
from tests.oracle.values import Timestamp, Value, number
from tests.tables import INGESTED_MS

_LAST_SECOND, _LAST_MS = 10**11, 10**14
"""A number above is one of the next unit; both are moments of the year 5138."""
_LAST_US = 253402300799999000
"""The end of the year 9999."""


def events(name: str, lines: Sequence[str], format_: FlowFormat) -> list[Event]:
    return [_event(name, number_, line, format_) for number_, line in enumerate(lines, 1)]


def _event(name: str, index: int, line: str, format_: FlowFormat) -> Event:
    """Each field by both of its names (3.7), where the line has all of them."""
    words = line.split(" ")
    fields: dict[str, Value] = {}
    if len(words) == len(format_.fields):
        for info, word in zip(format_.fields, words, strict=True):
            fields[info.column] = fields[info.discovered] = word
    return {
        **fields,
        "@timestamp": _moment(fields.get("start")),
        "@message": line,
        "@logStream": "eni-1",
        "@log": f"123456789012:{name}",
        "@ingestionTime": Timestamp(INGESTED_MS),
        "@ptr": f"{name}/{index:012}",
    }


def _moment(start: Value) -> Timestamp | None:
    """In seconds, or in milliseconds or microseconds where it is too large (flowlogs.md 1.1)."""
    value = number(start)
    if value is None or value != int(value) or not 0 <= value <= _LAST_US:
        return None
    if value <= _LAST_SECOND:
        return Timestamp(int(value) * 1000)
    return Timestamp(int(value) if value <= _LAST_MS else int(value) // 1000)
