"""Conversations out of rows that were packed by pairs of ends (`flowlogs/flow_rows`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from flowtui.engine.conversation import (
    Capture,
    Conversation,
    Tuple5,
    Way,
    capture_of,
    conversation_of,
    way_of,
)
from flowtui.flowlogs.flow_rows import CELL_END, FLAGS, PACKED, ROW_END
from flowtui.model.run import ResultSet


@dataclass(slots=True)
class PackedFlows:
    """The packed rows, of flows with these columns."""

    results: ResultSet
    has_actions: bool
    has_flags: bool
    has_directions: bool
    beyond_nat: int = 0
    count: int = 0
    """Of all conversations, also of those whose rows were left out."""
    _degrees: dict[tuple[str, str, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, results: ResultSet, columns: Collection[str]) -> PackedFlows:
        found = cls(results, "action" in columns, FLAGS in columns, "flow_direction" in columns)
        if results.rows:
            found.count, found.beyond_nat = (int(cell or 0) for cell in results.rows[0][-2:])
        return found

    def conversations(self) -> Iterator[Conversation]:
        degrees = self._degrees
        for row in self.results.rows:
            one, one_port, other, other_port, protocol = key = _key(row)
            degrees[one, one_port, protocol] = int(row[7] or 0)
            degrees[other, other_port, protocol] = int(row[8] or 0)
            there, back = _way(row[5]), _way(row[6])
            if there is not None:
                yield conversation_of(key, there, back, self)
            elif back is not None:
                turned = other, other_port, one, one_port, protocol
                yield conversation_of(turned, back, None, self)

    def degree(self, address: str, port: str, protocol: str) -> int:
        return self._degrees[address, port, protocol]


def are_packed(results: ResultSet) -> bool:
    return results.columns == PACKED


def _key(row: tuple[str | None, ...]) -> Tuple5:
    return row[0] or "", row[1] or "", row[2] or "", row[3] or "", row[4] or ""


def _way(packed: str | None) -> Way | None:
    if not packed:
        return None
    if ROW_END not in packed:
        capture, first, last = _flow(packed)
        return way_of((capture,), first, last)
    recorded, firsts, lasts = zip(*map(_flow, packed.split(ROW_END)), strict=True)
    return way_of(recorded, min(firsts), max(lasts))


def _flow(packed: str) -> tuple[Capture, int, int]:
    """What a row says, and its first and last second."""
    size, packets, records, first, last, flags, openings, rejected, direction, interface = (
        packed.split(CELL_END)
    )
    capture = capture_of(
        interface, direction, int(size), int(packets), int(records), int(flags), int(openings),
        is_rejected=rejected == "1",
    )  # fmt: skip
    return capture, int(first), int(last)
