"""Conversations folded out of rows of flows: pure, and each flow counted once.

A flow goes one way and may be recorded at several interfaces: at both ends, at a NAT gateway, at a
transit gateway. Each of them has some of its packets, all unless records were lost, so the one with
the most packets counts. Two flows of one 5-tuple, there and back, are a conversation.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from flowtui.flowlogs.flow_rows import (
    BYTES,
    FIRST,
    FLAGS,
    LAST,
    MILLISECONDS,
    OPENINGS,
    PACKETS,
    RECORDS,
)
from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, ResultSet

FIN, SYN, RST, ACK = 1, 2, 4, 16
TCP = "6"
LONG_SECONDS = 3600
_PRIVILEGED, _EPHEMERAL = 1024, 32768

REPLY_REJECTED, REJECTED, NO_REPLY = "reply rejected", "rejected", "no reply"
LONG_LIVED, ONE_SIDE, REUSED = "long-lived", "one side not logged", "port reused"

BY_FLAGS, BY_ACTIONS, BY_PORTS, BY_TIME = "SYN", "action", "ports", "first seen"
"""What has told who opened it."""

Tuple5 = tuple[str, str, str, str, str]
"""From address and port to address and port, and the protocol."""


@dataclass(slots=True)
class Capture:
    """One direction as one interface has recorded it."""

    interface: str
    direction: str
    bytes: int
    packets: int
    records: int
    flags: int
    openings: int
    accepted: int
    """Records."""
    rejected: int
    rejected_bytes: int
    rejected_flags: int

    @property
    def is_refused(self) -> bool:
        """Whether the interface has let nothing of it through."""
        return self.rejected > 0 and not self.accepted


@dataclass(slots=True)
class Way:
    """One direction of a conversation."""

    counted: Capture
    """The capture whose figures count."""
    captures: Sequence[Capture]
    first: int
    last: int
    flags: int
    rejects: bool
    """Whether any of it was rejected anywhere."""
    rows: Sequence[int]
    """Those of its flow; none where they were packed."""

    @property
    def is_refused(self) -> bool:
        """Whether an interface has let nothing of it through."""
        return self.rejects and any(each.is_refused for each in self.captures)

    @property
    def action(self) -> str:
        if not self.rejects:
            return "ACCEPT"
        return "REJECT" if self.is_refused else "ACCEPT, some REJECT"


@frozen
class Conversation:
    client: str
    client_port: str
    server: str
    server_port: str
    protocol: str
    there: Way | None
    """From the client to the server."""
    back: Way | None
    opened_by: str
    state: str
    marks: tuple[str, ...]
    first: int
    last: int
    bytes: int
    """In both directions."""

    @property
    def ways(self) -> tuple[Way, ...]:
        return tuple(way for way in (self.there, self.back) if way is not None)


class Log(Protocol):
    """What is known beyond one conversation."""

    @property
    def has_actions(self) -> bool: ...

    @property
    def has_flags(self) -> bool: ...

    @property
    def has_directions(self) -> bool: ...

    def degree(self, address: str, port: str, protocol: str) -> int:
        """How many conversations this end has."""


# Rows


@dataclass(slots=True)
class Flows:
    """The rows, column by column, and which of them are of one flow."""

    interface: Sequence[str]
    direction: Sequence[str]
    action: Sequence[str]
    bytes: Sequence[int]
    packets: Sequence[int]
    records: Sequence[int]
    first: Sequence[int]
    last: Sequence[int]
    flags: Sequence[int]
    openings: Sequence[int]
    has_actions: bool
    has_flags: bool
    has_directions: bool
    rows_of: dict[Tuple5, list[int]] = field(default_factory=dict)
    """The rows of each flow."""
    beyond_nat: int = 0
    """Records of the far side of NAT gateways, whose flows count with the inside's."""
    _degrees: Counter[tuple[str, str, str]] | None = None

    @classmethod
    def of(cls, results: ResultSet) -> Flows:
        columns = _Columns(results)
        interface = "interface_id" if "interface_id" in results.columns else "tgw_attachment_id"
        flows = cls(
            columns.texts(interface), columns.texts("flow_direction"), columns.texts("action"),
            columns.numbers(BYTES), columns.numbers(PACKETS), columns.numbers(RECORDS),
            _seconds(columns.numbers(FIRST)), _seconds(columns.numbers(LAST)),
            columns.numbers(FLAGS), columns.numbers(OPENINGS),
            "action" in results.columns, FLAGS in results.columns,
            "flow_direction" in results.columns,
        )  # fmt: skip
        source, target = columns.texts("srcaddr"), columns.texts("dstaddr")
        packet_source = columns.packets("pkt_srcaddr", source)
        packet_target = columns.packets("pkt_dstaddr", target)
        ports = columns.texts("srcport"), columns.texts("dstport")
        keys = zip(
            packet_source, ports[0], packet_target, ports[1], columns.texts("protocol"), strict=True
        )
        flows._take(list(keys), source, target)
        return flows

    def _take(self, keys: Sequence[Tuple5], source: Sequence[str], target: Sequence[str]) -> None:
        beyond = _Translated(keys, source, target, self.interface).beyond()
        self.beyond_nat = sum(self.records[row] for row in beyond)
        rows_of = self.rows_of
        for row, key in enumerate(keys):
            if row in beyond:
                continue
            known = rows_of.get(key)
            if known is None:
                rows_of[key] = [row]
            else:
                known.append(row)

    def conversations(self) -> Iterator[Conversation]:
        ways = self.rows_of
        for key, rows in ways.items():
            source, source_port, target, target_port, protocol = key
            reverse = (target, target_port, source, source_port, protocol)
            back = ways.get(reverse) if reverse != key else None
            # Of the two ways the first one in the order of texts stands for both.
            if back is None:
                yield conversation_of(key, self._way(rows), None, self)
            elif key < reverse:
                yield conversation_of(key, self._way(rows), self._way(back), self)

    def _way(self, rows: Sequence[int]) -> Way:
        if len(rows) == 1:
            (row,) = rows
            return way_of([self._capture(row)], self.first[row], self.last[row], rows)
        first, last = min([self.first[row] for row in rows]), max([self.last[row] for row in rows])
        return way_of([self._capture(row) for row in rows], first, last, rows)

    def _capture(self, row: int) -> Capture:
        return capture_of(
            self.interface[row], self.direction[row], self.bytes[row], self.packets[row],
            self.records[row], self.flags[row], self.openings[row],
            is_rejected=self.action[row] == "REJECT",
        )  # fmt: skip

    def degree(self, address: str, port: str, protocol: str) -> int:
        """How many conversations this end has."""
        if self._degrees is None:
            self._degrees = Counter(_ends(self.rows_of))
        return self._degrees[address, port, protocol]


def _ends(keys: Collection[Tuple5]) -> Iterator[tuple[str, str, str]]:
    """The two ends of each conversation, once, whether it goes one way or both."""
    for source, source_port, target, target_port, protocol in keys:
        reverse = (target, target_port, source, source_port, protocol)
        if (source, source_port, target, target_port, protocol) <= reverse or reverse not in keys:
            yield source, source_port, protocol
            yield target, target_port, protocol


def capture_of(  # noqa: PLR0913, PLR0917  (a flow has many figures)
    interface: str, direction: str, size: int, packets: int, records: int, flags: int,
    openings: int, *, is_rejected: bool,
) -> Capture:  # fmt: skip
    """What one row says."""
    if is_rejected:
        return Capture(
            interface, direction, size, packets, records, flags, openings, 0, records, size, flags
        )
    return Capture(interface, direction, size, packets, records, flags, openings, records, 0, 0, 0)


def way_of(recorded: Sequence[Capture], first: int, last: int, rows: Sequence[int] = ()) -> Way:
    """One direction, of what its rows say, which may be several of one interface."""
    if len(recorded) == 1:
        (only,) = recorded
        return Way(only, recorded, first, last, only.flags, only.rejected > 0, rows)
    captures: dict[tuple[str, str], Capture] = {}
    flags, rejects = 0, False
    for capture in recorded:
        flags |= capture.flags
        rejects = rejects or capture.rejected > 0
        at = capture.interface, capture.direction
        if at in captures:
            _add(captures[at], capture)
        else:
            captures[at] = capture
    all_of = tuple(captures.values())
    counted = all_of[0] if len(all_of) == 1 else max(all_of, key=_most)
    return Way(counted, all_of, first, last, flags, rejects, rows)


def _add(known: Capture, more: Capture) -> None:
    known.bytes += more.bytes
    known.packets += more.packets
    known.records += more.records
    known.flags |= more.flags
    known.openings += more.openings
    known.accepted += more.accepted
    known.rejected += more.rejected
    known.rejected_bytes += more.rejected_bytes
    known.rejected_flags |= more.rejected_flags


def _most(capture: Capture) -> tuple[int, int, bool, str]:
    """Where it is sent, among those that have as much of it."""
    return capture.packets, capture.bytes, capture.direction == "egress", capture.interface


class _Columns:
    """The cells of a result by column; one that is not there has nothing in it."""

    def __init__(self, results: ResultSet) -> None:
        self._size = len(results.rows)
        columns = zip(*results.rows, strict=True) if results.rows else ((),) * len(results.columns)
        self._cells: dict[str, Sequence[Cell]] = dict(zip(results.columns, columns, strict=True))

    def texts(self, name: str) -> Sequence[str]:
        cells = self._cells.get(name, ("",) * self._size)
        return [cell or "" for cell in cells] if None in cells else cells  # type: ignore[return-value]  # none of them is None

    def packets(self, name: str, otherwise: Sequence[str]) -> Sequence[str]:
        """The address in the packet; where that is not said, the one at the interface."""
        cells = self._cells.get(name)
        if cells is None:
            return otherwise
        if None not in cells and "-" not in cells:
            return cells  # type: ignore[return-value]  # none of them is None
        return [
            other if cell is None or cell == "-" else cell
            for cell, other in zip(cells, otherwise, strict=True)
        ]

    def numbers(self, name: str) -> Sequence[int]:
        cells = self._cells.get(name)
        if cells is None:
            return (0,) * self._size
        try:
            return list(map(int, cells))  # type: ignore[arg-type]  # what is none raises
        except (ValueError, TypeError):
            return list(map(whole, cells))


def _seconds(times: Sequence[int]) -> Sequence[int]:
    """Unix seconds, of seconds or milliseconds."""
    if not times or max(times) < MILLISECONDS:
        return times
    return [time // 1000 if time >= MILLISECONDS else time for time in times]


def whole(cell: Cell) -> int:
    """A sum; what is none counts nothing."""
    try:
        return int(float(cell or 0))
    except (ValueError, OverflowError):
        return 0


class _Translated:
    """What rows say of NAT gateways: an interface whose own address is not the packet's."""

    def __init__(
        self,
        keys: Sequence[Tuple5],
        source: Sequence[str],
        target: Sequence[str],
        interface: Sequence[str],
    ) -> None:
        self._keys, self._interface = keys, interface
        self._own: dict[str, set[str]] = defaultdict(set)
        """The addresses of a gateway, by its interface."""
        self._reached: set[tuple[str, str, str, str]] = set()
        """What is reached through a gateway: interface, address, port, protocol."""
        rows = zip(keys, source, target, strict=True)
        changed = [i for i, (key, a, b) in enumerate(rows) if key[0] != a or key[2] != b]
        for row in changed:
            self._see(row, source[row], target[row])

    def _see(self, row: int, source: str, target: str) -> None:
        (first, first_port, second, second_port, protocol), at = (
            self._keys[row],
            self._interface[row],
        )
        if first == source:
            self._own[at].add(target)
            self._reached.add((at, second, second_port, protocol))
        elif second == target:
            self._own[at].add(source)
            self._reached.add((at, first, first_port, protocol))

    def beyond(self) -> frozenset[int]:
        """The rows of the gateways' own ways to what is reached through them: counted inside."""
        if not self._own:
            return frozenset()
        at_gateways = (i for i, each in enumerate(self._interface) if each in self._own)
        return frozenset(row for row in at_gateways if self._is_beyond(row))

    def _is_beyond(self, row: int) -> bool:
        at = self._interface[row]
        source, source_port, target, target_port, protocol = self._keys[row]
        own = self._own[at]
        if source in own:
            return (at, target, target_port, protocol) in self._reached
        return target in own and (at, source, source_port, protocol) in self._reached


# Who opened it


def conversation_of(key: Tuple5, one: Way, other: Way | None, log: Log) -> Conversation:
    """Of both directions, of which the key is of the first."""
    is_opener, told_by = _opener(key, one, other, log)
    source, source_port, target, target_port, protocol = key
    first, last, size = one.first, one.last, one.counted.bytes
    if other is not None:
        first, last = min(first, other.first), max(last, other.last)
        size += other.counted.bytes
    there, back = (one, other) if is_opener else (other, one)
    if not is_opener:
        source, source_port, target, target_port = target, target_port, source, source_port
    in_vain = there is not None and back is not None and _is_replied_in_vain(there, back)
    state = _state(there, back, in_vain=in_vain, is_told=log.has_flags and protocol == TCP)
    marks = _marks(there, back, in_vain=in_vain, seconds=last - first)
    if is_private(source) and is_private(target) and _is_half(there, back, log):
        marks += (ONE_SIDE,)
    return Conversation(
        source, source_port, target, target_port, protocol, there, back, told_by, state, marks,
        first, last, size,
    )  # fmt: skip


def _opener(key: Tuple5, one: Way, other: Way | None, log: Log) -> tuple[bool, str]:
    """Whether the source of the key has opened it, and what says so."""
    if log.has_flags and key[4] == TCP and (by_flags := _by_flags(one, other)) is not None:
        return by_flags, BY_FLAGS
    if other is not None:
        if _is_replied_in_vain(one, other):
            return True, BY_ACTIONS
        if _is_replied_in_vain(other, one):
            return False, BY_ACTIONS
    if (by_ports := _by_ports(key, log)) is not None:
        return by_ports, BY_PORTS
    return other is None or _is_earlier(key, one, other), BY_TIME


def _is_earlier(key: Tuple5, one: Way, other: Way) -> bool:
    """Times are in seconds: in the same one it is likelier that somebody inside asks outside."""
    if one.first != other.first:
        return one.first < other.first
    if is_private(key[0]) != is_private(key[2]):
        return is_private(key[0])
    return one.last <= other.last


def _by_flags(one: Way, other: Way | None) -> bool | None:
    """A SYN opens, a SYN-ACK answers (flowlogs.md 1.2)."""
    mine, its = one.flags, 0 if other is None else other.flags
    if (mine ^ its) & ACK:
        return not mine & ACK
    if (mine ^ its) & SYN:
        return bool(mine & SYN)
    return None


def _is_replied_in_vain(there: Way, back: Way) -> bool:
    """Whether an interface has let it in and its reply not out: a NACL, which knows no connections.

    Packets that come after the end are rejected, too, but beside others that were accepted.
    """
    if not back.rejects:
        return False
    accepted = {each.interface for each in there.captures if each.accepted}
    return any(
        each.interface in accepted
        and (each.is_refused or (each.rejected and each.rejected_flags & SYN))
        for each in back.captures
    )


def _by_ports(key: Tuple5, log: Log) -> bool | None:
    """Whether the source is the client, as far as ports tell."""
    source, source_port, target, target_port, protocol = key
    mine, its = whole(source_port), whole(target_port)
    if not mine and not its:
        return None
    if (mine < _PRIVILEGED) != (its < _PRIVILEGED):
        return its < _PRIVILEGED
    of_mine = log.degree(source, source_port, protocol)
    of_its = log.degree(target, target_port, protocol)
    if max(of_mine, of_its) >= 2 * min(of_mine, of_its):
        return of_its > of_mine
    if (mine < _EPHEMERAL) != (its < _EPHEMERAL):
        return its < _EPHEMERAL
    return None


# What became of it


def _state(there: Way | None, back: Way | None, *, in_vain: bool, is_told: bool) -> str:
    """`is_told` is that the flags of a TCP conversation are known."""
    if there is None:
        return "one-way"
    if there.is_refused or in_vain:
        return "attempt"
    if back is None:
        return "attempt" if is_told and there.flags & SYN else "one-way"
    flags = there.flags | back.flags
    if is_told and flags & (RST | FIN):
        return "reset" if flags & RST else "closed"
    return "established"


def _marks(there: Way | None, back: Way | None, *, in_vain: bool, seconds: int) -> tuple[str, ...]:
    marks: tuple[str, ...] = ()
    if in_vain:
        marks = (REPLY_REJECTED,)
    elif there is not None and there.is_refused:
        marks = (REJECTED,)
    elif back is None:
        marks = (NO_REPLY,)
    if seconds >= LONG_SECONDS:
        marks += (LONG_LIVED,)
    if there is not None and max([each.openings for each in there.captures]) > 1:
        marks += (REUSED,)
    return marks


def _is_half(there: Way | None, back: Way | None, log: Log) -> bool:
    """Whether only the interface of one end has recorded it."""
    if not log.has_directions:
        ways = [way for way in (there, back) if way is not None]
        return len({each.interface for way in ways for each in way.captures}) < 2
    at_client = at_server = False
    for way, sent in ((there, "egress"), (back, "ingress")):
        for each in way.captures if way is not None else ():
            at_client = at_client or each.direction == sent
            at_server = at_server or each.direction != sent
    return not (at_client and at_server)


@lru_cache(maxsize=65536)
def is_private(address: str) -> bool:
    """Whether it is inside of networks of one's own: RFC 1918, shared, unique local."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _PRIVATE if network.version == parsed.version)


_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"),
    )
)
