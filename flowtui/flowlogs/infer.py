"""The format of records where nothing else gives it, inferred from a sample of them. Pure.

A count of fields proves nothing: all 29 of version 5 come in AWS's order and in that of the
alphabet (flowlogs.md, sections 4 and 6). So each column must hold values of its field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from flowtui.flowlogs.fields import FIELDS, FieldInfo, field_info
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.presets import PRESETS
from flowtui.flowlogs.validate import NOTHING, fits, is_address, is_moment, is_value, is_whole
from flowtui.model.frozen import frozen

_FEWEST_FIELDS = 3
_MOST_FIELDS = 200
_ENOUGH = 0.9
"""The share of records that must fit: a broken one may be among them."""
_PROTOCOLS = {"1", "2", "4", "6", "17", "41", "47", "50", "51", "58", "89", "112", "132"}


@frozen
class Inference:
    """The formats that fit the records, the likeliest first; none where they are no flow logs."""

    formats: tuple[FlowFormat, ...] = ()
    is_certain: bool = False
    """Whether one known format fits, and no other one; it is still no more than inferred."""
    records: int = 0
    """How many records it was inferred from."""
    other_widths: tuple[int, ...] = ()
    """Numbers of fields of the records that must be of other formats."""


def infer(messages: Iterable[str]) -> Inference:
    """From records as they stand in the log; most of them decide where formats are mixed."""
    rows = [message.split(" ") for message in messages if message.strip()]
    by_width: dict[int, list[list[str]]] = {}
    for row in rows:
        by_width.setdefault(len(row), []).append(row)
    records = {width: of_it for width, of_it in by_width.items() if _are_records(of_it)}
    if not records:
        return Inference()
    width = max(records, key=lambda width: len(records[width]))
    chosen = records.pop(width)
    known = tuple(f for f in dict.fromkeys(PRESETS.values()) if _fit(f, chosen))
    formats = known or (_guess(chosen),)
    return Inference(formats, len(known) == 1, len(chosen), tuple(sorted(records)))


def _fit(flow_format: FlowFormat, rows: Sequence[list[str]]) -> bool:
    fitting = sum(fits(flow_format, row) for row in rows)
    return fitting >= len(rows) * _ENOUGH


def _are_records(rows: Sequence[list[str]]) -> bool:
    """Whether most have an address, or say that there was no traffic."""
    if not _FEWEST_FIELDS <= len(rows[0]) <= _MOST_FIELDS:
        return False
    telling = sum(any(is_address(word) or word in _SILENT for word in row) for row in rows)
    return telling >= len(rows) * _ENOUGH


_SILENT = ("NODATA", "SKIPDATA")


def _guess(rows: Sequence[list[str]]) -> FlowFormat:
    """An order of fields that no preset has; its like fields may stand the other way around."""
    guess = _Guess([[row[at] for row in rows] for at in range(len(rows[0]))])
    guess.take_what_is_plain()
    guess.take_moments()
    guess.take_addresses()
    guess.take_numbers()
    return guess.format


class _Guess:
    """Which field each column holds; what has no evidence gets a name of its own."""

    def __init__(self, columns: Sequence[Sequence[str]]) -> None:
        self._columns = [[word for word in column if word != NOTHING] for column in columns]
        self._whole = columns
        self._names: dict[int, str] = {}

    @property
    def format(self) -> FlowFormat:
        names = (self._names.get(at, f"field-{at + 1}") for at in range(len(self._columns)))
        return FlowFormat(tuple(map(field_info, names)))

    def take_what_is_plain(self) -> None:
        """Fields whose values look like no other field's."""
        for info in _PLAIN:
            self._take(info.name, partial(_all, info=info))
        if self._free(0) and _all(self._columns[0], FIELDS["version"]):
            self._names[0] = "version"

    def take_moments(self) -> None:
        columns = [at for at in self._open() if all(map(is_moment, self._columns[at]))]
        if len(columns) == 2:
            first, second = columns
            pairs = zip(self._whole[first], self._whole[second], strict=True)
            is_reversed = any(_more(one, other) for one, other in pairs)
            self._names |= dict(
                zip(columns, ("end", "start") if is_reversed else ("start", "end"), strict=True)
            )

    def take_addresses(self) -> None:
        """In AWS's order; the address of the packet is mostly that of the flow."""
        columns = [at for at in self._open() if all(map(is_address, self._columns[at]))]
        if len(columns) == 4:
            source = columns[0]
            twin = max(columns[1:], key=lambda at: self._agreement(source, at))
            target, other = (at for at in columns[1:] if at != twin)
            columns = [source, target, twin, other]
        self._names |= dict(zip(columns, _ADDRESSES, strict=False))

    def take_numbers(self) -> None:
        """The biggest are bytes; what is left over in between are packets and flags."""
        numbers = [at for at in self._open() if all(map(is_whole, self._columns[at]))]
        if numbers:
            biggest = max(numbers, key=lambda at: sum(map(int, self._columns[at])))
            self._names[biggest] = "bytes"
        self._take("protocol", _PROTOCOLS.issuperset)
        for port in ("srcport", "dstport"):
            self._take(port, _are_ports)
        self._take("packets", lambda words: all(map(is_whole, words)))
        self._take("tcp-flags", lambda words: _all(words, FIELDS["tcp-flags"]))

    def _take(self, name: str, suits: Callable[[Sequence[str]], bool]) -> None:
        found = next((at for at in self._open() if suits(self._columns[at])), None)
        if found is not None:
            self._names[found] = name

    def _open(self) -> list[int]:
        """The columns that have values and no name yet."""
        return [at for at, words in enumerate(self._columns) if words and self._free(at)]

    def _free(self, at: int) -> bool:
        return at not in self._names

    def _agreement(self, one: int, other: int) -> int:
        return sum(a == b for a, b in zip(self._whole[one], self._whole[other], strict=True))


_ADDRESSES = ("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr")
_PLAIN = tuple(
    FIELDS[name]
    for name in (
        "log-status", "action", "flow-direction", "type", "sublocation-type", "interface-id",
        "vpc-id", "subnet-id", "instance-id", "account-id", "region", "az-id",
    )
)  # fmt: skip


def _all(words: Sequence[str], info: FieldInfo) -> bool:
    return bool(words) and all(is_value(info, word) for word in words)


def _more(one: str, other: str) -> bool:
    return is_whole(one) and is_whole(other) and int(one) > int(other)


def _are_ports(words: Sequence[str]) -> bool:
    numbers = [int(word) if is_whole(word) else -1 for word in words]
    return all(0 <= each <= 65_535 for each in numbers) and max(numbers) > 255
