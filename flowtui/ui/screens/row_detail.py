"""Every field of one row, with what it means."""

from __future__ import annotations

from datetime import UTC, tzinfo

from flowtui.flowlogs.fields import FIELDS, FieldInfo, FieldType
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.amounts import human_bytes
from flowtui.model.timerange import from_ms
from flowtui.ui.text import clean
from flowtui.ui.widgets.run_status import zone_name

MOST_SHOWN, LEAST_SHOWN = 1_000_000, 1_000
"""Characters of all values together, and of each that are shown however many there are."""
LONGEST_NAME = 60
"""For which the others have to make room."""

_KNOWN = {name: info for info in FIELDS.values() for name in (info.column, info.discovered)}


def describe_row(row: dict[str, str], flow_format: FlowFormat | None, zone: tzinfo = UTC) -> str:
    """One line a field: name, exact value, what the value stands for, what the field is."""
    most = max(LEAST_SHOWN, MOST_SHOWN // max(1, len(row)))
    fields = [(name, _cut(value, most)) for name, value in row.items() if name != "@ptr"]
    lines = [_line(name, value, flow_format, zone) for name, value in fields]
    width = min(LONGEST_NAME, max((len(name) for name, _, _ in lines), default=0))
    values = min(40, max((len(value) for _, value, _ in lines), default=0))
    return "\n".join(
        f"{name:<{width}}  {value:<{values}}  {note}".rstrip() for name, value, note in lines
    )


def _cut(value: str, most: int) -> str:
    """The value, or as much of it as there is room for, with a word of the rest."""
    if len(value) <= most:
        return value
    return f"{value[:most]}… ({len(value) - most:,} characters more; y copies them all)"


def _line(
    name: str, value: str, flow_format: FlowFormat | None, zone: tzinfo
) -> tuple[str, str, str]:
    info = (flow_format.find(name) if flow_format else None) or _KNOWN.get(name)
    notes = [] if info is None else [_stands_for(info, value, zone), f"({info.meaning})"]
    return clean(name), clean(value), " ".join(note for note in notes if note)


def _stands_for(info: FieldInfo, value: str, zone: tzinfo) -> str:
    if value in info.values:
        return info.values[value]
    if not (value.isascii() and value.isdigit()) or len(value) > 15:
        return ""
    if info.type is FieldType.BYTES:
        return human_bytes(int(value))
    if info.type is FieldType.SECONDS and len(value) <= 11:
        moment = from_ms(int(value) * 1000).astimezone(zone)
        return f"{moment:%Y-%m-%d %H:%M:%S} {zone_name(zone)}"
    return ""
