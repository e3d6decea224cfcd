"""The log group /vpc/article: six minutes behind the tables that the AWS article prints.

A load balancer with two nodes serves one large client from three web servers, which read
from a database. The totals that the article prints are given; they are spread at random
over connections and windows.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from flowtui.sample.records import (
    GATEWAY_ENDPOINT,
    INTERNET,
    Exchange,
    Interface,
    Outside,
    Path,
    Port,
    Subnet,
    Volume,
    arriving,
    leaving,
)

WINDOW = (1648826280, 1648826640)
"""2022-04-01 15:18 to 15:24 UTC."""

_SUBNET = Subnet("vpc-0b69ce8d04278ddd1", "subnet-002bdfe1767d0ddb0", "us-east-1", "use1-az4")
_NODE_1 = Interface("eni-0b74120275654905e", "-", _SUBNET, "172.31.1.247")
_NODE_2 = Interface("eni-07d1c5b3f0a9e4826", "-", _SUBNET, "172.31.0.46")
_NAT = Interface("eni-0435cbb62960f230e", "-", _SUBNET, "172.31.0.104")
_WEB_1 = Interface("eni-0c2f6a1d9be573048", "i-03205758c9203c979", _SUBNET, "172.31.5.17")
_WEB_2 = Interface("eni-0e94d7b80c31fa265", "i-0ae33894105aa500c", _SUBNET, "172.31.8.91")
_WEB_3 = Interface("eni-01fb8e3c7da264950", "i-0724007fef3cb06f3", _SUBNET, "172.31.11.212")
_DATABASE = Interface("eni-0a6d20f7c89e4b135", "i-01506ab9e9e90749d", _SUBNET, "172.31.14.60")
_BASTION = Interface("eni-0593ac41be7f0d862", "i-0d41c7e92ab60f358", _SUBNET, "172.31.3.9")
_CLIENT = Outside("3.230.172.154", "EC2")
_BACKUP = Outside("192.0.2.18", "S3")
_HTTP, _HTTPS, _SQL = Port(80), Port(443), Port(3306)

_SERVED = ((_NODE_1, 346_952_038), (_NODE_2, 343_799_447))
"""Bytes that each node sent to the client."""
_FETCHED = (
    (_NODE_1, _WEB_1, 206_114_903),
    (_NODE_2, _WEB_1, 203_588_417),
    (_NODE_1, _WEB_2, 128_027_566),
    (_NODE_2, _WEB_2, 131_640_912),
    (_NODE_2, _WEB_3, 18_962_305),
)
"""Bytes that each web server sent to each node."""
_PAIR = {0: 81_376, 1: 101_525, 2: 1_125_500, 3: 17_724_499, 5: 17_225_787}
"""Bytes between node 1 and web server 3 by minute, both directions at both interfaces."""
_NEWEST_OF_PAIR = (Volume(1841, 97_380), Volume(3592, 5_160_876))
_READ = ((_WEB_1, 98_301_844), (_WEB_2, 58_077_230), (_WEB_3, 16_201_119))
"""Bytes between each web server and the database, both directions."""
_TOTALS = {
    "-": 1_443_477_306,
    "i-01506ab9e9e90749d": 198_063_232,
    "i-03205758c9203c979": 517_558_754,
    "i-0ae33894105aa500c": 324_629_414,
    "i-0724007fef3cb06f3": 54_847_643,
}
"""Bytes of each instance, both directions: what is not named above is small traffic."""
_REFUSED_SSH = (("23.95.222.129", 4), ("179.43.167.74", 2))
"""Who knocked at port 22, and with how many bare SYNs; others did so once."""
_SYN = 40
_SCANNED = (23, 445, 1433, 2375, 3389, 5060, 5900, 6379, 8080, 8443)
_FLAGS = ((0, 0), (3, 19), (2, 18), (1, 1))
"""Of the client and the server: midway, whole, opened, closed within the window."""


def made_lines() -> list[str]:
    log = _Log(Random(20220401))  # noqa: S311  # a fixed pattern, not a secret
    _serve(log)
    _fetch(log)
    _read(log)
    _knock(log)
    _administer(log)
    _newest(log)
    _rest(log)
    return log.lines()


class _Log:
    """Collects records, and what each instance has spent of its bytes."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.spent: Counter[str] = Counter()
        self._records: list[tuple[int, str]] = []

    def lines(self) -> list[str]:
        return [line for _, line in sorted(self._records)]

    def write(self, interface: Interface, path: Path, exchange: Exchange) -> None:
        self._records += [(exchange.start, line) for line in path.records(exchange)]
        self.spent[interface.instance] += len(path.forward) * exchange.request.size
        self.spent[interface.instance] += len(path.back) * exchange.reply.size

    def spread(
        self,
        interface: Interface,
        path: Path,
        totals: tuple[int, int],
        connections: int,
        seconds: tuple[int, int] = (0, 350),
    ) -> None:
        """Divide the bytes of requests and of replies among connections, to the byte.

        `seconds` are the first and last start, after the window's.
        """
        requests = _divided(totals[0], connections, self.random)
        replies = _divided(totals[1], connections, self.random)
        for request, reply in zip(requests, replies, strict=True):
            start = WINDOW[0] + self.random.randint(*seconds)
            sent, got = self.random.choice(_FLAGS)
            exchange = Exchange(
                self.random.randint(10_000, 65535),
                start,
                start + self.random.randint(5, 59),
                Volume(self._packets(request, request > reply), request, sent),
                Volume(self._packets(reply, reply > request), reply, got),
            )
            self.write(interface, path, exchange)

    def _packets(self, size: int, is_bulk: bool) -> int:
        """Full segments one way, little more than ACKs the other."""
        if is_bulk:
            return -(-size // self.random.randint(1320, 1440))
        return max(1, size // self.random.randint(52, 60))


def _divided(total: int, parts: int, random: Random) -> list[int]:
    weights = [random.uniform(0.5, 1.5) for _ in range(parts)]
    shares = [int(total * weight / sum(weights)) for weight in weights]
    shares[-1] += total - sum(shares)
    return shares


def _download(total: int) -> tuple[int, int]:
    """Requests and replies when mostly the server sends."""
    request = total * 185 // 10_000
    return request, total - request


def _upload(total: int) -> tuple[int, int]:
    request, reply = _download(total)
    return reply, request


def _serve(log: _Log) -> None:
    for node, size in _SERVED:
        log.spread(node, arriving(_CLIENT, node, _HTTP), (size * 19 // 1000, size), 180)


def _fetch(log: _Log) -> None:
    """Both interfaces record the same bytes, in windows of their own."""
    for node, web, size in _FETCHED:
        for interface, path in _both_ends(node, web, _HTTP):
            log.spread(interface, path, (size * 19 // 1000, size), 70)
    for minute, size in _PAIR.items():
        _fetch_pair(log, minute, size)


def _fetch_pair(log: _Log, minute: int, size: int) -> None:
    """One minute of node 1 and web server 3; the newest connection is written on its own."""
    at_node, at_web = _both_ends(_NODE_1, _WEB_3, _HTTP)
    is_last = minute == max(_PAIR)
    newest = sum(volume.size for volume in _NEWEST_OF_PAIR) if is_last else 0
    seconds = (60 * minute, 60 * minute + (15 if is_last else 50))
    connections = 3 + size // 1_000_000
    log.spread(*at_web, _download(size // 2), connections, seconds)
    log.spread(*at_node, _download(size - size // 2 - newest), connections, seconds)


def _both_ends(
    client: Interface, server: Interface, port: Port
) -> tuple[tuple[Interface, Path], tuple[Interface, Path]]:
    return (
        (client, leaving(client, server, port)),
        (server, arriving(client, server, port)),
    )


def _read(log: _Log) -> None:
    for web, size in _READ:
        for interface, path in _both_ends(web, _DATABASE, _SQL):
            log.spread(interface, path, _download(size), 45)


def _knock(log: _Log) -> None:
    """The internet's background noise: bare SYNs, refused."""
    once = [(f"198.51.100.{last}", 1) for last in range(20, 34)]
    for source, packets in (*_REFUSED_SSH, *once):
        for _ in range(packets):
            _refuse(log, source, Port(22))
    for _ in range(260):
        source = f"203.0.113.{log.random.randint(1, 250)}"
        _refuse(log, source, Port(log.random.choice(_SCANNED)))


def _refuse(log: _Log, source: str, port: Port) -> None:
    target = log.random.choice((_NODE_1, _NODE_2, _NAT, _BASTION))
    start = WINDOW[0] + log.random.randint(0, 350)
    _knock_once(log, Outside(source), target, port, log.random.randint(30000, 65535), start)


def _knock_once(
    log: _Log, source: Outside, target: Interface, port: Port, client_port: int, start: int
) -> None:
    exchange = Exchange(client_port, start, start + 1, Volume(1, _SYN, 2), Volume(0, 0))
    log.write(target, arriving(source, target, port).refused(), exchange)


def _administer(log: _Log) -> None:
    """The bastion fetches packages through the NAT gateway."""
    mirror = Outside("192.0.2.80")
    totals = _download(2_150_400)
    for interface, path in (
        (_BASTION, leaving(_BASTION, mirror, _HTTPS)),
        (_NAT, arriving(_BASTION, _NAT, _HTTPS, beyond=mirror)),
        (_NAT, leaving(_NAT, mirror, _HTTPS, traffic_path=INTERNET)),
    ):
        log.spread(interface, path, totals, 12)


def _newest(log: _Log) -> None:
    """The last records of the pair, and of the group; packets start and answers follow."""
    at_node = leaving(_NODE_1, _WEB_3, _HTTP)
    request, reply = _NEWEST_OF_PAIR
    start = WINDOW[0] + 320
    log.write(_NODE_1, Path(at_node.forward), Exchange(29376, start, start + 38, request, reply))
    log.write(
        _NODE_1, Path((), at_node.back), Exchange(29376, start + 1, start + 38, request, reply)
    )
    scanner = Outside("91.240.118.81")
    _knock_once(log, scanner, _NAT, Port(8443), 49422, WINDOW[0] + 357)
    call = leaving(_NAT, Outside("192.0.2.80"), _HTTPS, traffic_path=INTERNET)
    opening = Exchange(55125, WINDOW[0] + 358, WINDOW[0] + 359, Volume(3, 697, 2), Volume(0, 0))
    log.write(_NAT, Path(call.forward), opening)


def _rest(log: _Log) -> None:
    """What remains of each instance: its backups; for -, the nodes' many other clients."""
    for web in (_WEB_1, _WEB_2, _WEB_3, _DATABASE):
        path = leaving(web, _BACKUP, _HTTPS, traffic_path=GATEWAY_ENDPOINT)
        log.spread(web, path, _upload(_left(log, web.instance)), 20)
    shares = _divided(_left(log, "-"), 120, log.random)
    for share in shares:
        node = log.random.choice((_NODE_1, _NODE_2))
        client = Outside(f"198.51.100.{log.random.randint(40, 250)}")
        log.spread(node, arriving(client, node, _HTTP), _download(share), 2)


def _left(log: _Log, instance: str) -> int:
    return _TOTALS[instance] - log.spent[instance]
