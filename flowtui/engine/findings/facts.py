"""What the rows of an aggregate say together, as further columns for the rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from math import sqrt
from statistics import median

from flowtui.model.run import ResultSet

Record = dict[str, str]
Facts = dict[str, str]
Added = tuple[tuple[str, ...], list[tuple[str, ...]]]

_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
                     "169.254.0.0/16", "fc00::/7", "fe80::/10"))
)  # fmt: skip
_SAME = 0.03
"""By how much what a gateway sends on may differ from what it was sent, at the window's edges."""
_FEW_PEERS = 3
"""From so many peers on, the address that all rows of an interface share is its own."""


@lru_cache(maxsize=200_000)
def is_private(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed.version == net.version and parsed in net for net in _PRIVATE)


def number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def extended(results: ResultSet, names: Sequence[str], rows: Iterable[Sequence[str]]) -> ResultSet:
    """The result with these columns more."""
    joined = (row + tuple(more) for row, more in zip(results.rows, rows, strict=True))
    return ResultSet((*results.columns, *names), tuple(joined), results.keys)


class Contacts:
    """The rows of `contacts` as numbers, and what they say of each address."""

    def __init__(self, results: ResultSet) -> None:
        self.results = results
        column = {name: index for index, name in enumerate(results.columns)}

        def texts(name: str) -> list[str]:
            index = column[name]
            return [row[index] or "" for row in results.rows]

        def numbers(name: str) -> list[float]:
            return [number(text) for text in texts(name)]

        self.clients, self.servers, self.at = texts("client"), texts("server"), texts("at")
        self.services, self.protocols, self.providers = (
            texts("service"), texts("protocol"), texts("provider")
        )  # fmt: skip
        names = ("records requests passed asked bytes up lowest highest sessions relayed first last"
                 " spread")  # fmt: skip
        self.figure: Mapping[str, list[float]] = {name: numbers(name) for name in names.split()}
        self.begin = min(self.figure["first"], default=0.0)
        self.end = max(self.figure["last"], default=1.0)
        self.length = max(1.0, self.end - self.begin)
        self.own = self._own_addresses()
        self.inside = lru_cache(maxsize=None)(lambda each: each in self.own or is_private(each))
        self.relays = self._relays()
        self.gateways = self._gateways()

    def _own_addresses(self) -> set[str]:
        """The address of each interface: the one that is an end of all that it records."""
        peers: dict[str, Counter[str]] = defaultdict(Counter)
        counts: Counter[str] = Counter()
        for client, server, at, relayed in zip(
            self.clients, self.servers, self.at, self.figure["relayed"], strict=True
        ):
            if not relayed and at != "-":
                counts[at] += 1
                peers[at].update({client, server})
        found = set()
        for at, of in peers.items():
            address, times = of.most_common(1)[0]
            if times >= 0.95 * counts[at] and len(of) > _FEW_PEERS:
                found.add(address)
        return found

    def _relays(self) -> dict[str, str]:
        """The interfaces that pass on what is meant for others, and their own addresses."""
        relayed = Counter[str]()
        for at, count in zip(self.at, self.figure["relayed"], strict=True):
            relayed[at] += int(count)
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for client, server, at, count in zip(
            self.clients, self.servers, self.at, self.figure["relayed"], strict=True
        ):
            if relayed[at] and not count:
                found[at].update(each for each in (client, server) if self.inside(each))
        return {at: of.most_common(1)[0][0] for at, of in found.items()}

    def _gateways(self) -> set[str]:
        """The addresses inside that send out what others inside have sent to them."""
        got: dict[tuple[str, str, float], float] = defaultdict(float)
        sent: dict[tuple[str, str, float], float] = defaultdict(float)
        senders: dict[str, set[str]] = defaultdict(set)
        rows = zip(self.clients, self.servers, self.at, self.figure["lowest"], strict=True)
        for index, (client, server, at, port) in enumerate(rows):
            up = self.figure["up"][index]
            if self.inside(server) and self.inside(client):
                got[at, server, port] += up
                senders[server].add(client)
            elif self.inside(client):
                sent[at, client, port] += up
        total: dict[str, float] = defaultdict(float)
        passed_on: dict[str, float] = defaultdict(float)
        for (at, address, port), up in sent.items():
            total[address] += up
            if abs(got.get((at, address, port), 0.0) - up) <= _SAME * up:
                passed_on[address] += up
        alike = {
            address for address, up in passed_on.items()
            if up > 0.8 * total[address] and len(senders[address]) > 1
        }  # fmt: skip
        return alike | set(self.relays.values())

    # The columns

    def extended(self) -> ResultSet:
        ways = [self._way(c, s) for c, s in zip(self.clients, self.servers, strict=True)]
        names, columns = list[str](), list[list[str]]()

        def add(name: str, values: Iterable[object]) -> None:
            names.append(name)
            columns.append([str(value) for value in values])

        figure = self.figure
        add("way", ways)
        add("echo", self._echoes())
        add("gateway", (int(client in self.gateways) for client in self.clients))
        add("replies", map(_whole, _minus(figure["passed"], figure["asked"])))
        refused = _minus(figure["requests"], figure["asked"])
        add("refused", map(_whole, refused))
        rejected = _minus(figure["records"], figure["passed"])
        add("unreturned", map(_whole, _minus(rejected, refused)))
        self._add_times(add)
        self._add_rarity(add, ways)
        self._add_volumes(add, ways)
        return extended(self.results, names, zip(*columns, strict=True))

    def _way(self, client: str, server: str) -> str:
        if client in self.gateways or server in self.gateways:
            outside = not (self.inside(client) and self.inside(server))
            return ("outward" if self.inside(client) else "inward") if outside else "relay"
        if self.inside(client):
            return "inside" if self.inside(server) else "outward"
        return "inward" if self.inside(server) else "outside"

    def _echoes(self) -> Iterable[int]:
        """Whether a row is the far side of a NAT gateway, whose near side says who it was."""
        rows = zip(self.clients, self.servers, self.at, self.figure["relayed"], strict=True)
        for client, server, at, relayed in rows:
            own = self.relays.get(at)
            yield int(own is not None and not relayed and own in (client, server))

    def _add_times(self, add: Callable[[str, Iterable[object]], None]) -> None:
        first, last = self.figure["first"], self.figure["last"]
        seen: dict[str, float] = {}
        asked: dict[str, float] = {}
        for client, server, at in zip(self.clients, self.servers, first, strict=True):
            seen[client] = min(seen.get(client, at), at)
            seen[server] = min(seen.get(server, at), at)
            asked[client] = min(asked.get(client, at), at)
        share = lambda moment: int(100 * (moment - self.begin) / self.length)  # noqa: E731
        spans = [end - begin for begin, end in zip(first, last, strict=True)]
        add("since", map(share, first))
        add("until", (100 - share(moment) for moment in last))
        add("seconds", (int(max(1, span)) for span in spans))
        add("span", (int(100 * span / self.length) for span in spans))
        add("client_since", (share(seen[client]) for client in self.clients))
        add("server_since", (share(seen[server]) for server in self.servers))
        add("client_inside", (int(self.inside(client)) for client in self.clients))
        add("evenness", map(_evenness, self.figure["spread"], spans))
        sessions = zip(self.figure["sessions"], spans, strict=True)
        met: dict[frozenset[str], float] = {}
        for client, server, at in zip(self.clients, self.servers, first, strict=True):
            pair = frozenset((client, server))
            met[pair] = min(met.get(pair, at), at)
        pairs = zip(self.clients, self.servers, strict=True)
        add("stranger", (int(share(met[frozenset(pair)]) >= 3) for pair in pairs))
        add("pace", (int(count * 3600 / max(60, span)) for count, span in sessions))
        late = {
            each for each, moment in seen.items()
            if self.inside(each) and share(moment) >= 20 and each in asked
        }  # fmt: skip
        add("newcomers", [len(late)] * len(first))
        servers = {
            server for server in self.servers if not self.inside(server) and share(seen[server]) >= 20
        }  # fmt: skip
        outward = {
            server for client, server, count in
            zip(self.clients, self.servers, self.figure["asked"], strict=True)
            if server in servers and self.inside(client) and count
        }  # fmt: skip
        add("new_servers", [len(outward)] * len(first))

    def _add_rarity(self, add: Callable[[str, Iterable[object]], None], ways: list[str]) -> None:
        askers: dict[tuple[str, str], set[str]] = defaultdict(set)
        users: dict[float, set[str]] = defaultdict(set)
        refusing: dict[str, set[str]] = defaultdict(set)
        namers: set[str] = set()
        lowest, asked = self.figure["lowest"], self.figure["asked"]
        requests = self.figure["requests"]
        for index, (client, server) in enumerate(zip(self.clients, self.servers, strict=True)):
            if requests[index] > asked[index]:
                refusing[client].add(server)
            if client in self.gateways or not self.inside(client):
                continue
            if asked[index]:
                askers[server, self.services[index]].add(client)
            if ways[index] == "outward" and asked[index]:
                users[lowest[index]].add(client)
                if lowest[index] in (53, 853):
                    namers.add(client)
        keys = zip(self.servers, self.services, strict=True)
        # Of one whose own interface says nothing, the gateway's records are all there is.
        add("sources", (len(askers.get(key, ())) for key in keys))
        add("port_clients", (len(users.get(port, ())) for port in lowest))
        add("name_clients", [len(namers)] * len(lowest))
        add("refusers", (len(refusing.get(client, ())) for client in self.clients))

    def _add_volumes(self, add: Callable[[str, Iterable[object]], None], ways: list[str]) -> None:
        """How much others, and the address itself, send to one address outside."""
        pairs: dict[tuple[str, str], float] = defaultdict(float)
        by_place: dict[tuple[str, str, str], float] = defaultdict(float)
        rows = zip(self.clients, self.servers, self.at, self.providers, strict=True)
        for index, (client, server, at, provider) in enumerate(rows):
            if ways[index] == "outward" and provider in ("-", "EC2"):
                by_place[client, server, at] += self.figure["up"][index]
        for (client, server, _), up in by_place.items():
            pairs[client, server] = max(pairs[client, server], up)
        most: dict[str, float] = defaultdict(float)
        total: dict[str, float] = defaultdict(float)
        for (client, _), up in pairs.items():
            if client not in self.gateways:
                most[client] = max(most[client], up)
            total[client] += up
        ranked = sorted(most.values())
        middle = median(ranked) if len(ranked) > 2 else 0.0
        add("peers", (int(min(middle, _without(ranked, most.get(c)))) for c in self.clients))
        others = (
            int(total.get(client, 0.0) - pairs.get((client, server), 0.0))
            for client, server in zip(self.clients, self.servers, strict=True)
        )
        add("usual", others)


def _without(ranked: list[float], own: float | None) -> float:
    """The middle of the others."""
    others = list(ranked)
    if own in others:
        others.remove(own)
    return median(others) if others else 0.0


def _minus(one: list[float], other: list[float]) -> list[float]:
    return [left - right for left, right in zip(one, other, strict=True)]


def _whole(value: float) -> int:
    return int(value)


def _evenness(spread: float, span: float) -> int:
    """How evenly the times lie in their span: 100 is like the ticks of a clock."""
    if span <= 0:
        return 0
    return max(0, int(100 * (1 - abs(1 - spread * sqrt(12) / span))))


def sweeps(results: ResultSet, contacts: Contacts) -> ResultSet:
    """With how many of the servers have answered."""
    answered: dict[tuple[str, float, str], set[str]] = defaultdict(set)
    figure = contacts.figure
    for index, client in enumerate(contacts.clients):
        if figure["passed"][index] > figure["asked"][index]:
            for port in {figure["lowest"][index], figure["highest"][index]}:
                answered[client, port, contacts.protocols[index]].add(contacts.servers[index])
    index = {name: place for place, name in enumerate(results.columns)}
    rows = []
    for row in results.rows:
        client = row[index["client"]] or ""
        key = client, number(row[index["port"]]), row[index["protocol"]] or ""
        own = contacts.gateways
        rows.append((
            str(len(answered.get(key, ()))), str(int(contacts.inside(client))),
            str(int(client in own)),
        ))  # fmt: skip
    return extended(results, ("answered", "is_inside", "gateway"), rows)


BIN_SECONDS = 600
_DENSE = 20
"""Records in ten minutes from which on none at all is a gap."""


def health(results: ResultSet) -> ResultSet:
    """With what stands out among the ten minutes of an interface."""
    index = {name: place for place, name in enumerate(results.columns)}
    moments = [_seconds(row[index["at"]]) for row in results.rows]
    late = [number(row[index["late"]]) for row in results.rows]
    usual = int(median(late)) if late else 0
    edges = _gaps(results, index, moments)
    rows = []
    for place, moment in enumerate(moments):
        scope, minutes, before, after, around = edges.get(place, ("-", 0, 0, 0, "-"))
        rows.append((
            str(moment), str(usual), str(int(place in edges)), scope, str(minutes), str(before),
            str(after), around,
        ))  # fmt: skip
    names = ("at_second", "usual_late", "is_edge", "scope", "gap_minutes", "before", "after",
             "around")  # fmt: skip
    return extended(results, names, rows)


Gap = tuple[str, int, int, int, str]


def _gaps(results: ResultSet, index: Mapping[str, int], moments: list[int]) -> dict[int, Gap]:
    """The rows after a gap; one that all interfaces have is told once."""
    by_interface: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(results.rows):
        by_interface[row[index["interface_id"]] or ""].append(place)
    everywhere = sorted(set(moments))
    holes = {
        (one, other) for one, other in zip(everywhere, everywhere[1:], strict=False)
        if other - one > BIN_SECONDS
    }  # fmt: skip
    total = sum(number(row[index["records"]]) for row in results.rows)
    is_dense = total >= _DENSE * max(1, len(everywhere))
    found: dict[int, Gap] = {}
    told: set[tuple[int, int]] = set()
    for interface, places in by_interface.items():
        places.sort(key=lambda place: moments[place])
        is_steady = _is_steady([number(results.rows[p][index["records"]]) for p in places])
        missing = (moments[places[-1]] - moments[places[0]]) // BIN_SECONDS + 1 - len(places)
        if not is_steady and not is_dense:
            continue
        for one, other in zip(places, places[1:], strict=False):
            hole = moments[one], moments[other]
            minutes = (hole[1] - hole[0]) // 60 - 10
            if minutes <= 0 or hole in told:
                continue
            is_common = hole in holes
            is_only = missing - minutes // 10 <= len(places) // 10
            if not is_common and not (is_steady and is_only and not _has_one(hole, holes)):
                continue
            before = int(number(results.rows[one][index["last"]]))
            after = int(number(results.rows[other][index["first"]]))
            around = f"start >= {hole[0]} and start < {hole[1] + BIN_SECONDS}"
            if not is_common:
                around = f'interface_id = "{interface}" and {around}'
            scope = "all interfaces" if is_common else interface
            found[other] = scope, minutes, before, after, around
            told.add(hole) if is_common else None
    return found


def _is_steady(records: list[float]) -> bool:
    """Whether an interface nearly always has many records in ten minutes."""
    return len(records) >= 3 and sorted(records)[len(records) // 10] >= _DENSE


def _has_one(hole: tuple[int, int], holes: set[tuple[int, int]]) -> bool:
    return any(hole[0] <= begin and end <= hole[1] for begin, end in holes)


def _seconds(text: str | None) -> int:
    moment = datetime.strptime(text or "1970-01-01 00:00:00.000", "%Y-%m-%d %H:%M:%S.%f")
    return int(moment.replace(tzinfo=UTC).timestamp())
