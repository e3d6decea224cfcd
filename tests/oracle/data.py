"""A log group as the oracle's events, as `tests.tables.make_table` makes it for the engine."""

from __future__ import annotations

from collections.abc import Sequence

from flowtui.flowlogs.format import FlowFormat
from tests.oracle.commands import Event
from tests.oracle.values import Timestamp, Value, number
from tests.tables import INGESTED_MS

_LAST_SECOND = 2**31 - 1
_LAST_MS = 253402300799999
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
    """In seconds, or in milliseconds where it is too large for those (flowlogs.md 1.1)."""
    seconds = number(start)
    if seconds is None or seconds != int(seconds) or not 0 <= seconds <= _LAST_MS:
        return None
    return Timestamp(int(seconds) * 1000 if seconds <= _LAST_SECOND else int(seconds))
