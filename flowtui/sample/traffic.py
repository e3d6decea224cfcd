"""The ordinary traffic of the incident's VPC, minute by minute, its load rising and falling."""

from __future__ import annotations

from collections.abc import Iterator
from math import log, pi, sin
from random import Random

from flowtui.model.frozen import frozen
from flowtui.sample import network
from flowtui.sample.ready import MINUTES
from flowtui.sample.records import (
    GATEWAY_ENDPOINT,
    ICMP,
    ICMP6,
    TCP,
    UDP,
    Exchange,
    Interface,
    Path,
    Port,
    Volume,
    arriving,
    leaving,
    tcp,
    through_nat,
    within,
)

_EPHEMERAL = 32768
_HTTP, _HTTPS, _APP, _SQL, _CACHE = Port(80), Port(443), Port(8080), Port(5432), Port(6379)
_SCANNED = (
    Port(22), Port(23), Port(23), Port(23), Port(445), Port(445), Port(1433), Port(2375),
    Port(3389), Port(3389), Port(5060, UDP), Port(5900), Port(6379), Port(8080), Port(0, ICMP),
)  # fmt: skip
"""What strangers look for; more often where named twice."""


class Tape:
    """Collects records, filed under the second of their start."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.last = first + MINUTES * 60 - 1
        self._seconds: list[list[str]] = [[] for _ in range(MINUTES * 60)]

    def second(self, minute: int, second: int) -> int:
        """Unix seconds of a time on the tape."""
        return self.first + minute * 60 + second

    def write(self, path: Path, exchange: Exchange) -> None:
        self._seconds[exchange.start - self.first] += path.records(exchange)

    def write_without_flow(self, interface: Interface, status: str, minute: int) -> None:
        start = self.second(minute, 0)
        self._seconds[minute * 60].append(interface.without_flow(status, start, start + 59))

    def lines(self) -> list[str]:
        return [line for second in self._seconds for line in second]


@frozen
class Route:
    """Connections of one kind that come again and again."""

    path: Path
    rate: float
    """Connections a minute at full load."""
    up: int
    down: int
    """Mean bytes of data that a connection carries each way in a window."""
    flags: tuple[int, int] = (3, 19)
    longest: int = 12
    """Seconds."""
    ports: tuple[int, ...] = ()
    """Client ports of a pool of connections that stay open; `rate` has no meaning then."""


def write_ordinary(tape: Tape, random: Random) -> None:
    """Everything that happens on a quiet day."""
    routes = _routes()
    noise = _noise(random)
    for minute in range(MINUTES):
        load = 0.77 + 0.2 * sin(2 * pi * (minute - 100) / 720) + 0.06 * random.random()
        for route in routes:
            _write_route(tape, route, minute, load, random)
        for path, port in random.choices(noise, k=22 + int(10 * random.random())):
            _write_knock(tape, path, port, minute, random)
        if minute % 5 == 0:
            _write_pings(tape, minute, random)
        tape.write_without_flow(network.IDLE, "NODATA", minute)


def _write_route(tape: Tape, route: Route, minute: int, load: float, random: Random) -> None:
    draw = random.random
    ports = route.ports or _fresh_ports(minute, int(route.rate * load + draw()), random)
    for port in ports:
        start = tape.second(minute, int(60 * draw()))
        end = min(start + int(route.longest * draw()), tape.last)
        # Sizes of requests and replies are about exponential: mostly small, now and then large.
        up, down = int(-route.up * log(1 - draw())), int(-route.down * load * log(1 - draw()))
        tape.write(route.path, Exchange(port, start, end, *tcp(up, down, route.flags)))


def _fresh_ports(minute: int, count: int, random: Random) -> Iterator[int]:
    """Ports that a client takes in a minute; none comes again on the tape."""
    for index in range(count):
        yield _EPHEMERAL + minute * 77 + index * 11 % 77 + int(11 * random.random())


def _write_knock(tape: Tape, path: Path, port: Port, minute: int, random: Random) -> None:
    draw = random.random
    start = tape.second(minute, int(60 * draw()))
    packets = 1 + int(1.3 * draw())
    volume = (
        Volume(packets, 40 * packets, 2) if port.protocol == TCP else Volume(packets, 84 * packets)
    )
    client_port = 0 if port.protocol == ICMP else _EPHEMERAL + int(28000 * draw())
    end = min(start + packets - 1, tape.last)
    tape.write(path, Exchange(client_port, start, end, volume, Volume(0, 0)))


def _write_pings(tape: Tape, minute: int, random: Random) -> None:
    """The monitor looks whether hosts answer, and somebody pings the balancer over IPv6."""
    echo = Volume(4, 4 * 84)
    customer = random.choice(network.CUSTOMERS_IPV6)
    stranger = arriving(customer, network.BALANCER_IPV6, Port(0, ICMP6))
    for index, path in enumerate((*_PINGS, stranger)):
        start = tape.second(minute, 2 * index)
        tape.write(path, Exchange(0, start, start + 3, echo, echo))


_PINGS = tuple(
    within(network.MONITOR, host, Port(0, ICMP))
    for host in (*network.WEB, *network.APP, network.DATABASE, network.REPLICA)
)


def _noise(random: Random) -> list[tuple[Path, Port]]:
    ports = random.choices(_SCANNED, k=600)
    return [
        (arriving(random.choice(network.STRANGERS), interface, port).refused(), port)
        for interface, port in zip(random.choices(network.PUBLIC, k=600), ports, strict=True)
    ]


def _routes() -> list[Route]:
    return [*_customers(), *_tiers(), *_data(), *_outward()]


def _customers() -> Iterator[Route]:
    for customer in network.CUSTOMERS:
        for balancer in network.BALANCERS:
            yield Route(arriving(customer, balancer, _HTTPS), 0.45, 2200, 70_000, longest=50)
    for customer in network.CUSTOMERS_IPV6:
        yield Route(arriving(customer, network.BALANCER_IPV6, _HTTPS), 0.6, 2000, 60_000)


def _tiers() -> Iterator[Route]:
    for balancer in network.BALANCERS:
        for web in network.WEB:
            yield Route(within(balancer, web, _HTTP), 2.5, 9_000, 300_000, longest=50)
            yield Route(within(balancer, web, _HTTP), 1, 130, 260, longest=2)  # health check
    for web in network.WEB:
        for app in network.APP:
            yield Route(within(web, app, _APP), 1.1, 6_000, 45_000, longest=40)


def _data() -> Iterator[Route]:
    for app in network.APP:
        yield _pool(app, network.DATABASE, _SQL, (9_000, 60_000))
        yield _pool(app, network.REPLICA, _SQL, (5_000, 80_000))
        for cache in network.CACHES:
            yield _pool(app, cache, _CACHE, (4_000, 22_000))
    replication = within(network.REPLICA, network.DATABASE, _SQL)
    yield Route(replication, 0, 3_000, 900_000, (0, 0), 59, ports=(40112,))


def _pool(client: Interface, server: Interface, port: Port, sizes: tuple[int, int]) -> Route:
    """Three connections that the application holds open all day."""
    first = _EPHEMERAL + 997 * int(server.address.split(".")[2]) % 20_000
    ports = (first + 4, first + 18, first + 36)
    return Route(within(client, server, port), 0, *sizes, (0, 0), 59, ports)


def _outward() -> Iterator[Route]:
    for app in network.APP:
        for partner in network.PARTNER_APIS:
            path = through_nat(app, network.NAT, partner, _HTTPS)
            yield Route(path, 0.4, 3_000, 14_000)
        to_table = leaving(app, network.DYNAMODB, _HTTPS, traffic_path=GATEWAY_ENDPOINT)
        yield Route(to_table, 1.5, 2_500, 6_000)
    for web in network.WEB[:2]:
        to_store = leaving(web, network.S3, _HTTPS, traffic_path=GATEWAY_ENDPOINT)
        yield Route(to_store, 1, 1_500, 160_000)
    # The second zone's route table was forgotten: what the endpoint does for nothing, NAT bills.
    for web in network.WEB[2:]:
        yield Route(through_nat(web, network.NAT, network.S3, _HTTPS), 1, 1_500, 160_000)
