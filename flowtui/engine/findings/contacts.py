"""Who asked whom: what the rows of all say of one address, as columns for the rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from math import sqrt
from statistics import median

from flowtui.engine.findings.facts import extended, is_private, number, whole
from flowtui.model.run import ResultSet

NEEDED = (
    "client", "server", "service", "protocol", "at", "provider", "records", "requests", "passed",
    "asked", "bytes", "up", "largest_up", "lowest", "highest", "sessions", "relayed", "first",
    "last", "spread",
)  # fmt: skip
_SAME = 0.03
"""By how much what a gateway sends on may differ from what it was sent, at the window's edges."""
_ALWAYS = 0.95
"""The share of the rows of an interface that its own address is in, at least."""
_FEW = 3
"""So many addresses may be those of two hosts behind an interface, and whom both ask outside."""
_NEW = 20
"""Percent of the window after which who was never seen before is new."""
_NO_ANSWER = 150
"""Bytes of a record of replies that say nothing."""
_ADMIN = frozenset({"22", "23", "135", "139", "445", "3389", "5900", "5985", "5986"})
_USUAL = 3
"""Percent of the window in which what is usual is seen first."""


class Contacts:
    """The rows of `contacts` as numbers, and what they say of each address."""

    def __init__(self, results: ResultSet) -> None:
        self.results = results = whole(results, NEEDED)
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
        self.figure: Mapping[str, list[float]] = {name: numbers(name) for name in NEEDED[6:]}
        self.begin = min(self.figure["first"], default=0.0)
        self.end = max(self.figure["last"], default=1.0)
        self.length = max(1.0, self.end - self.begin)
        self.own = self._own_addresses()
        self.relays = self._relays()
        self.gateways = self._gateways()

    def inside(self, address: str) -> bool:
        return address in self.own or is_private(address)

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
        found, open_ = set[str](), list[set[str]]()
        for at, of in peers.items():
            (address, times), *others = of.most_common(2)
            is_sure = len(of) > _FEW or not any(map(is_private, of))
            if times < _ALWAYS * counts[at] or not is_sure:
                continue
            if others and others[0][1] == times:
                open_.append({address, others[0][0]})
            else:
                found.add(address)
        # Of two that only talk to each other the one that is another interface's is the peer.
        for pair in open_:
            left = pair - found
            found |= left if len(left) == 1 else set()
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
            columns.append(list(map(str, values)))

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
        self._add_novelty(add)
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

    def _share(self, moment: float) -> int:
        """How far into the time of the records it is, in percent."""
        return int(100 * (moment - self.begin) / self.length)

    def _add_times(self, add: Callable[[str, Iterable[object]], None]) -> None:
        first, last = self.figure["first"], self.figure["last"]
        spans = [end - begin for begin, end in zip(first, last, strict=True)]
        add("since", map(self._share, first))
        add("until", (100 - self._share(moment) for moment in last))
        add("seconds", (int(max(1, span)) for span in spans))
        add("span", (int(100 * span / self.length) for span in spans))
        add("evenness", map(_evenness, self.figure["spread"], spans))
        sessions = zip(self.figure["sessions"], spans, strict=True)
        add("pace", (int(count * 3600 / max(60, span)) for count, span in sessions))

    def _add_novelty(self, add: Callable[[str, Iterable[object]], None]) -> None:
        seen: dict[str, float] = {}
        met: dict[frozenset[str], float] = {}
        pairs = [frozenset(pair) for pair in zip(self.clients, self.servers, strict=True)]
        for pair, at in zip(pairs, self.figure["first"], strict=True):
            met[pair] = min(met.get(pair, at), at)
            for address in pair:
                seen[address] = min(seen.get(address, at), at)
        since = {address: self._share(moment) for address, moment in seen.items()}
        add("client_since", (since[client] for client in self.clients))
        add("server_since", (since[server] for server in self.servers))
        add("client_inside", (int(self.inside(client)) for client in self.clients))
        add("stranger", (int(self._share(met[pair]) >= _USUAL) for pair in pairs))
        new = {address for address, share in since.items() if share >= _NEW}
        add("pair_since", (self._share(met[pair]) for pair in pairs))
        late = {client for client in self.clients if client in new and self.inside(client)}
        rows = zip(self.clients, self.servers, self.figure["asked"], strict=True)
        outward = {
            server for client, server, asked in rows
            if asked and server in new and self.inside(client) and not self.inside(server)
        }  # fmt: skip
        add("newcomers", [len(late)] * len(pairs))
        add("new_servers", [len(outward)] * len(pairs))
        rows = zip(self.clients, self.servers, self.figure["asked"], strict=True)
        strangers = {
            client for client, server, asked in rows
            if asked > 1 and client in new and not self.inside(client) and self.inside(server)
        }  # fmt: skip
        add("new_clients", [len(strangers)] * len(pairs))
        rows = zip(self.clients, self.servers, self.figure["asked"], strict=True)
        late_pairs = {
            frozenset((client, server)) for client, server, asked in rows
            if asked > 1 and self.inside(client) and self.inside(server)
            and self._share(met[frozenset((client, server))]) >= _NEW
        }  # fmt: skip
        add("new_pairs", [len(late_pairs)] * len(pairs))
        self._add_hops(add, met)

    def _add_hops(
        self, add: Callable[[str, Iterable[object]], None], met: Mapping[frozenset[str], float]
    ) -> None:
        """Whether the client was itself reached by a stranger inside, on a port of admins."""
        reached: dict[str, float] = {}
        replies = _minus(self.figure["passed"], self.figure["asked"])
        for index, (client, server) in enumerate(zip(self.clients, self.servers, strict=True)):
            is_new = self._share(met[frozenset((client, server))]) >= _USUAL
            if self.services[index] in _ADMIN and replies[index] and is_new and self.inside(client):
                first = self.figure["first"][index]
                reached[server] = min(reached.get(server, first), first)
        firsts = zip(self.clients, self.figure["first"], strict=True)
        add("hop", (int(reached.get(client, at) < at) for client, at in firsts))

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
        steady: dict[str, set[str]] = defaultdict(set)
        for index, client in enumerate(self.clients):
            few = len(askers.get((self.servers[index], self.services[index]), ())) <= 2
            if few and ways[index] == "outward" and self._is_steady(index):
                steady[client].add(self.servers[index])
        add("alike", (len(steady.get(client, ())) for client in self.clients))
        add("refusers", (len(refusing.get(client, ())) for client in self.clients))

    def _is_steady(self, index: int) -> bool:
        """Whether small requests of about one size come evenly: a poller has several such."""
        figure = self.figure
        asked, up = figure["asked"][index], figure["up"][index]
        span = figure["last"][index] - figure["first"][index]
        is_alike = (
            asked >= 6 and up < 20_000 * asked and figure["largest_up"][index] <= 4 * up / asked
        )
        is_even = _evenness(figure["spread"][index], span) >= 70
        return is_alike and is_even and self.services[index] != "123"

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
        others_of = {c: int(min(middle, _without(ranked, up))) for c, up in most.items()}
        add("peers", (others_of.get(client, int(middle)) for client in self.clients))
        others = (
            int(total.get(client, 0.0) - pairs.get((client, server), 0.0))
            for client, server in zip(self.clients, self.servers, strict=True)
        )
        add("usual", others)


def _without(ranked: list[float], own: float) -> float:
    """The middle of the others."""
    others = list(ranked)
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
    results = whole(results, ("client", "port", "protocol", "hosts"))
    answered: dict[tuple[str, float, str], set[str]] = defaultdict(set)
    figure = contacts.figure
    for index, client in enumerate(contacts.clients):
        replies = figure["passed"][index] - figure["asked"][index]
        # A handshake or a reset is no answer.
        if figure["bytes"][index] - figure["up"][index] > _NO_ANSWER * replies:
            for port in {figure["lowest"][index], figure["highest"][index]}:
                answered[client, port, contacts.protocols[index]].add(contacts.servers[index])
    places = [results.columns.index(name) for name in ("client", "port", "protocol")]
    rows = []
    for row in results.rows:
        who, asked, protocol = (row[place] or "" for place in places)
        replied = answered.get((who, number(asked), protocol), ())
        rows.append((str(len(replied)), str(int(contacts.inside(who)))))
    return extended(results, ("answered", "is_inside"), rows)
