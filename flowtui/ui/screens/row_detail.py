"""Every field of one row: its exact value, what that stands for, what the field is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from itertools import groupby
from typing import TYPE_CHECKING

from flowtui.flowlogs.addresses import PUBLIC, address_word
from flowtui.flowlogs.fields import SPELLINGS, FieldInfo, FieldType
from flowtui.flowlogs.sections import section_of
from flowtui.flowlogs.words import word
from flowtui.model.amounts import human_bytes
from flowtui.model.frozen import frozen
from flowtui.model.run import PTR
from flowtui.model.timerange import from_ms
from flowtui.ui.text import clean
from flowtui.ui.widgets.grid.times import is_timestamp, moment_text
from flowtui.ui.widgets.run_status import zone_name

if TYPE_CHECKING:
    from flowtui.engine.name_tables import Named
    from flowtui.flowlogs.format import FlowFormat

MOST_SHOWN, LEAST_SHOWN = 1_000_000, 1_000
"""Characters of all values together, and of each that are shown however many there are."""

MESSAGE = "@message"


@frozen
class Known:
    """What is known beside the rows, to say what their values stand for."""

    fields: Mapping[str, FieldInfo]
    """The flow log field that a column has values of."""
    flow_format: FlowFormat | None = None
    zone: tzinfo = UTC
    find_name: Callable[[str], Named | None] = lambda _: None
    country: Callable[[str], str] = lambda _: ""
    registry: Callable[[], str] = str
    """Who says in which country an address is registered."""
    bytes: frozenset[str] = frozenset()
    """The columns that count bytes, though they are no field of the record."""


@frozen
class Field:
    """A line of the detail; a heading has no value, and nothing can be done with it."""

    name: str
    """For the screen."""
    column: str = ""
    value: str = ""
    shown: str = ""
    """The value for the screen: clean, and as much of it as there is room for."""
    note: str = ""
    is_heading: bool = False


def fields_of(row: Mapping[str, str], known: Known) -> tuple[Field, ...]:
    """The fields of a row by section, each section after its heading."""
    most = max(LEAST_SHOWN, MOST_SHOWN // max(1, len(row)))
    names = [name for name in row if name != PTR]
    infos = {name: _info(name, known) for name in names}
    placed = sorted(names, key=lambda name: section_of(infos[name], name))
    sections = groupby(placed, key=lambda name: section_of(infos[name], name)[1])
    fields: list[Field] = []
    for title, members in sections:
        fields.append(Field(title, is_heading=True))
        fields += [_field(name, row[name], infos[name], known, most) for name in members]
    return tuple(fields)


def raw_line(row: Mapping[str, str], flow_format: FlowFormat | None) -> str:
    """The record as it was written, or put together of all its fields; empty where some lack."""
    if MESSAGE in row:
        return row[MESSAGE]
    if flow_format is None:
        return ""
    told = [row.get(info.column) or row.get(info.discovered) for info in flow_format.fields]
    return " ".join(value or "" for value in told) if all(told) else ""


def _info(name: str, known: Known) -> FieldInfo | None:
    info = known.fields.get(name)
    if info is None and known.flow_format is not None:
        info = known.flow_format.find(name)
    return info or SPELLINGS.get(name)


def _field(name: str, value: str, info: FieldInfo | None, known: Known, most: int) -> Field:
    notes = [*_stands_for(name, value, info, known), *([f"({info.meaning})"] if info else [])]
    note = clean("  ".join(note for note in notes if note))
    return Field(clean(name), name, value, _cut(value, most), note)


def _cut(value: str, most: int) -> str:
    """The value, or as much of it as there is room for, with a word of the rest."""
    if len(value) <= most:
        return clean(value)
    return f"{clean(value[:most])}… ({len(value) - most:,} characters more; y copies them all)"


def _stands_for(name: str, value: str, info: FieldInfo | None, known: Known) -> list[str]:
    """What the value is in words, which of them there are."""
    is_count = value.isascii() and value.isdigit() and len(value) <= 18
    if is_count and (name in known.bytes or (info and info.type is FieldType.BYTES)):
        return [human_bytes(int(value))]
    if info is None:
        return [_moment(value, known.zone)] if is_timestamp(value) else _names(value, known)
    if info.type is FieldType.SECONDS:
        return [_moment(moment_text(value), known.zone)]
    if info.type is FieldType.ADDRESS:
        return [address_word(value), *_names(value, known)]
    if value in info.values:
        return [info.values[value]]
    return [word(info, value), *_names(value, known)]


def _names(value: str, known: Known) -> list[str]:
    """The name with who says so and since when, and where an address is registered."""
    found = known.find_name(value)
    told = []
    if found is not None:
        since = f", {found.since.astimezone(known.zone):%Y-%m-%d}" if found.since else ""
        told.append(f"{found.text} ({found.source}{since})")
    if address_word(value) == PUBLIC and (country := known.country(value)):
        registry = known.registry()
        told.append(f"registered in {country}{f' ({registry})' if registry else ''}")
    return told


def _moment(value: str, zone: tzinfo) -> str:
    """The time of a timestamp in the zone that is shown; nothing of what is none."""
    from flowtui.engine.timeline import parse_time

    at = parse_time(value) if is_timestamp(value) else None
    if at is None:
        return ""
    return f"{from_ms(at).astimezone(zone):%Y-%m-%d %H:%M:%S} {zone_name(zone)}"
