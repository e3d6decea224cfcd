"""A page about an address, an interface or an instance, made of its flows: pure.

Its rows are blocks: each says of what it is, what went in and out, and how to find the flows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from flowtui.engine.conversation import Conversation, Flows, Way
from flowtui.flowlogs.fields import PROTOCOLS
from flowtui.model.frozen import frozen
from flowtui.model.run import ResultSet, Row

BINS = "time"
"""The column of the aggregate that says when."""
COLUMNS = (
    "block", "what", "bytes_in", "bytes_out", "conversations", "rejected", "start", "end", "note",
    "client", "client_port", "server", "server_port", "protocol",
)  # fmt: skip
KEYS = ("block", "what", "client_port")
_MOST = 10
"""Rows of a block that ranks."""
_MOST_TALKS = 5


@dataclass(slots=True)
class Tally:
    """What went in and out of the subject."""

    bytes_in: int = 0
    bytes_out: int = 0
    talks: int = 0
    rejected: int = 0
    first: int = 0
    last: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, talk: Talk) -> None:
        self.bytes_in += talk.bytes_in
        self.bytes_out += talk.bytes_out
        self.rejected += talk.is_rejected
        first, last = talk.found.first, talk.found.last
        self.first = min(self.first, first) if self.talks else first
        self.last = max(self.last, last)
        self.talks += 1

    def count(self, size: int, *, is_out: bool) -> None:
        if is_out:
            self.bytes_out += size
        else:
            self.bytes_in += size

    @property
    def bytes(self) -> int:
        return self.bytes_in + self.bytes_out


@frozen
class Talk:
    """A conversation, as the subject has it."""

    found: Conversation
    is_client: bool
    bytes_in: int
    bytes_out: int

    @property
    def is_rejected(self) -> bool:
        return any(way.is_refused for way in self.found.ways)

    @property
    def peer(self) -> str:
        return self.found.server if self.is_client else self.found.client

    @property
    def port(self) -> str:
        """That of the server: `443/TCP`."""
        return f"{self.found.server_port}/{PROTOCOLS.get(self.found.protocol, self.found.protocol)}"


@dataclass(slots=True)
class Page:
    subject: str
    services: Mapping[str, str]
    """The AWS service of an address."""
    talks: list[Talk] = field(default_factory=list)
    actions: dict[str, dict[str, Tally]] = field(default_factory=dict)
    """By what was done, and the way, in or out."""
    times: dict[str, Tally] = field(default_factory=dict)
    interfaces: dict[str, Tally] = field(default_factory=dict)
    instances: dict[str, Tally] = field(default_factory=dict)

    def results(self) -> ResultSet:
        return ResultSet(COLUMNS, tuple(self._rows()), KEYS)

    def _rows(self) -> Iterator[Row]:
        if not self.talks:
            return
        yield self._about()
        for action in ("accepted", "rejected"):
            yield from (
                _row(action, *each) for each in sorted(self.actions.get(action, {}).items())
            )
        yield from self._ranked("peer", [(talk.peer, talk) for talk in self.talks])
        served = [(talk.port, talk) for talk in self.talks if not talk.is_client]
        yield from self._ranked("port served", served)
        used = [(talk.port, talk) for talk in self.talks if talk.is_client]
        yield from self._ranked("port used", used)
        for block, found in (("interface", self.interfaces), ("instance", self.instances)):
            ranked = sorted(found.items(), key=lambda each: (-each[1].bytes, each[0]))
            yield from (_row(block, *each) for each in ranked[:_MOST])
        yield from self._that_matter()
        yield from (_row("time", name, self.times[name]) for name in sorted(self.times))

    def _about(self) -> Row:
        whole = Tally()
        for talk in self.talks:
            whole.add(talk)
        peers = len({talk.peer for talk in self.talks})
        whole.notes = [f"{peers:,} {'peer' if peers == 1 else 'peers'}"]
        whole.notes += filter(None, [self.services.get(self.subject)])
        return _row("about", self.subject, whole)

    def _ranked(self, block: str, talks: Iterable[tuple[str, Talk]]) -> Iterator[Row]:
        tallies: dict[str, Tally] = defaultdict(Tally)
        for name, talk in talks:
            tallies[name].add(talk)
        ranked = sorted(tallies.items(), key=lambda each: (-each[1].bytes, each[0]))
        for index, (name, tally) in enumerate(ranked[:_MOST], 1):
            tally.notes += filter(None, [self.services.get(name)])
            if index == _MOST < len(ranked):
                tally.notes.append(f"and {len(ranked) - _MOST:,} more")
            yield _row(block, name, tally)

    def _that_matter(self) -> Iterator[Row]:
        refused = [talk for talk in self.talks if talk.is_rejected]
        for block, talks, weight in (
            ("largest", self.talks, lambda talk: -talk.found.bytes),
            ("longest", self.talks, lambda talk: talk.found.first - talk.found.last),
            ("newest", self.talks, lambda talk: -talk.found.first),
            ("refused", refused, lambda talk: -talk.found.last),
        ):
            for talk in nsmallest(_MOST_TALKS, talks, key=weight):
                yield _talk_row(block, talk)


def _row(block: str, what: str, tally: Tally) -> Row:
    has_talks = tally.talks > 0
    figures = str(tally.bytes_in), str(tally.bytes_out)
    talks = (str(tally.talks), str(tally.rejected)) if has_talks else (None, None)
    times = (str(tally.first), str(tally.last)) if has_talks else (None, None)
    ends = (None,) * 5
    return (block, what, *figures, *talks, *times, ", ".join(tally.notes), *ends)


def _talk_row(block: str, talk: Talk) -> Row:
    found = talk.found
    what = f"{found.client} → {found.server} {talk.port}"
    figures = str(talk.bytes_in), str(talk.bytes_out), "1", str(int(talk.is_rejected))
    note = ", ".join((found.state, *found.marks))
    ends = found.client, found.client_port, found.server, found.server_port, found.protocol
    return (block, what, *figures, str(found.first), str(found.last), note, *ends)


# Of flows


def page_of(results: ResultSet, flows: Flows, kind: str, value: str) -> Page:
    page, side = Page(value, _services(results)), _Side.of(results, flows, kind, value)
    instances, times = _column(results, "instance_id"), _column(results, BINS)
    for found in flows.conversations():
        is_client, sizes = side.is_client(found), [0, 0]
        for way in found.ways:
            is_out = side.is_out(way, (way is found.there) == is_client)
            sizes[is_out] += way.counted.bytes
            _tally_way(page, way, is_out=is_out)
            counted = way.counted.interface, way.counted.direction
            for row in way.rows:
                size, at = flows.bytes[row], (flows.interface[row], flows.direction[row])
                if (name := instances[row]) not in _NOBODY:
                    _tally(page.instances, name).count(size, is_out=is_out)
                if at == counted:
                    _tally(page.times, times[row]).count(size, is_out=is_out)
        page.talks.append(Talk(found, is_client, *sizes))
    page.times.pop("", None)
    return page


_NOBODY = ("", "-")


def _tally(tallies: dict[str, Tally], name: str) -> Tally:
    return tallies.setdefault(name, Tally())


def _tally_way(page: Page, way: Way, *, is_out: bool) -> None:
    """Where it was recorded, and what was done to it."""
    for capture in way.captures:
        if capture.interface not in _NOBODY:
            _tally(page.interfaces, capture.interface).count(capture.bytes, is_out=is_out)
    counted, name = way.counted, "out" if is_out else "in"
    for action, size, records in (
        ("accepted", counted.bytes - counted.rejected_bytes, counted.accepted),
        ("rejected", counted.rejected_bytes, counted.rejected),
    ):
        if records:
            _tally(page.actions.setdefault(action, {}), name).count(size, is_out=is_out)


@frozen
class _Side:
    """Where the subject stands: an address at an end, an interface between."""

    own: frozenset[str]
    has_directions: bool
    """Whether the records of an interface say what goes in and what out."""

    @classmethod
    def of(cls, results: ResultSet, flows: Flows, kind: str, value: str) -> _Side:
        if kind == "address":
            return cls(frozenset({value}), has_directions=False)
        ends = Counter((*_column(results, "srcaddr"), *_column(results, "dstaddr")))
        own = frozenset(address for address, _ in ends.most_common(1))
        return cls(own, flows.has_directions)

    def is_client(self, found: Conversation) -> bool:
        if self.has_directions and found.there is not None:
            return found.there.counted.direction == "egress"
        return found.client in self.own or found.server not in self.own

    def is_out(self, way: Way, is_sent: bool) -> bool:
        return way.counted.direction == "egress" if self.has_directions else is_sent


def _column(results: ResultSet, name: str) -> Sequence[str]:
    if name not in results.columns:
        return [""] * len(results.rows)
    at = results.columns.index(name)
    return [row[at] or "" for row in results.rows]


def _services(results: ResultSet) -> dict[str, str]:
    found: dict[str, str] = {}
    for end in ("src", "dst"):
        addresses = _column(results, f"pkt_{end}addr")
        services = _column(results, f"pkt_{end}_aws_service")
        named = set(zip(addresses, services, strict=True))
        found.update({address: name for address, name in named if name not in _NOBODY})
    return found
