"""The hosts of a day, and how a connection between two of them becomes records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network
from random import Random

from flowtui.flowlogs.fields import VPC_FIELDS
from flowtui.flowlogs.format import DEFAULT_FORMAT, FlowFormat

TCP, UDP, ICMP = 6, 17, 1
FIN, SYN, RST, SYN_ACK = 1, 2, 4, 18

_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
_V5 = tuple(info.name for info in VPC_FIELDS[:29])


@dataclass(frozen=True, slots=True)
class Host:
    """An address; `eni` is empty where it is not one of ours, or its flows are not logged."""

    address: str
    eni: str = ""
    instance: str = "-"
    service: str = "-"

    @property
    def is_logged(self) -> bool:
        return bool(self.eni)


@dataclass(frozen=True, slots=True)
class Connection:
    """Client, server, the server's port, and what went each way in bytes of data."""

    client: Host
    server: Host
    port: int
    start: float
    seconds: float = 1.0
    up: int = 500
    down: int = 2000
    protocol: int = TCP
    refused: bool = False
    """A security group at the server refuses the request."""
    reply_refused: bool = False
    """A network ACL at the server refuses the reply."""
    client_port: int = 0
    is_answered: bool = True
    resets: bool = False
    by: Host | None = None
    """The NAT gateway on its way."""


@dataclass
class Day:
    """Collects records; what is drawn about the network itself is drawn here."""

    random: Random
    hours: float
    records: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        draw = self.random
        self.first = draw.randrange(1_500_000_000, 1_790_000_000, 60)
        self.last = self.first + int(self.hours * 3600)
        self.interval = draw.choice((60, 60, 60, 600))
        self.format = _any_format(draw)
        self.account = f"{draw.randrange(10**12):012d}"
        self.vpc = f"vpc-{draw.getrandbits(68):017x}"
        network = IPv4Network(draw.choice(_RANGES))
        size = draw.randint(20, 24)
        base = int(network.network_address) + draw.getrandbits(size - network.prefixlen) * 2 ** (
            32 - size
        )
        self._inside = iter(draw.sample(range(base + 4, base + 2 ** (32 - size) - 4), 220))
        self._taken: set[str] = set()

    def second(self, share: float) -> float:
        """The moment at that share of the window."""
        return self.first + share * (self.last - self.first)

    def inside(self, *, logged: bool = True, instance: bool = True) -> Host:
        number = next(self._inside)
        draw = self.random
        address = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
        eni = f"eni-{draw.getrandbits(68):017x}" if logged else ""
        return Host(address, eni, f"i-{draw.getrandbits(68):017x}" if instance else "-")

    def outside(self, service: str = "-") -> Host:
        """A public address; now and then one of those that documents use."""
        draw = self.random
        while True:
            first = draw.choice((3, 13, 18, 34, 44, 52, 62, 81, 91, 104, 141, 151, 185, 194, 212))
            address = f"{first}.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randint(1, 254)}"
            if draw.random() < 0.15:
                block = draw.choice(("203.0.113", "198.51.100", "192.0.2"))
                address = f"{block}.{draw.randint(1, 254)}"
            if address not in self._taken:
                self._taken.add(address)
                return Host(address, service=service)

    @cached_property
    def lines(self) -> list[str]:
        """The records in the order in which they begin."""
        return [line for _, line in sorted(self.records, key=lambda each: each[0])]

    # Writing

    def connect(self, connection: Connection) -> None:
        for start, end, share, is_first, is_last in _windows(connection, self.interval, self.last):
            client_port = connection.client_port
            forward, back = (
                _volume(data * share, is_first, connection)
                for data in (connection.up, connection.down)
            )
            ending = RST if connection.resets else FIN
            flags = [0, 0]
            if connection.protocol == TCP:
                flags = [SYN * is_first + ending * is_last, SYN_ACK * is_first + FIN * is_last]
                if not connection.is_answered or connection.refused or connection.reply_refused:
                    flags = [SYN, SYN_ACK]
            times = int(start), int(end)
            self._both(connection, client_port, times, (forward, back), (flags[0], flags[1]))

    def _both(
        self,
        connection: Connection,
        port: int,
        times: tuple[int, int],
        volumes: tuple[tuple[int, int], tuple[int, int]],
        flags: tuple[int, int],
    ) -> None:
        client, server, nat = connection.client, connection.server, connection.by
        ports = (port, connection.port)
        back_ports = (connection.port, port)
        protocol = connection.protocol
        has_reply = connection.is_answered and not connection.refused

        def write(host: Host, ends: tuple[str, ...], which: int, way: str, action: str) -> None:
            if host.is_logged:
                self._write(
                    host, ends, (back_ports if which else ports), protocol,
                    volumes[which], times, flags[which], way, action,
                )  # fmt: skip

        there, back = (client.address, server.address), (server.address, client.address)
        write(client, (*there, *there), 0, "egress", "ACCEPT")
        if nat is not None:
            write(nat, (client.address, nat.address, *there), 0, "ingress", "ACCEPT")
            out = (nat.address, server.address)
            write(nat, (*out, *out), 0, "egress", "ACCEPT")
        refused = "REJECT" if connection.refused else "ACCEPT"
        write(server, (*there, *there), 0, "ingress", refused)
        if not has_reply:
            return
        reply = "REJECT" if connection.reply_refused else "ACCEPT"
        write(server, (*back, *back), 1, "egress", reply)
        if connection.reply_refused:
            return
        if nat is not None:
            home = (server.address, nat.address)
            write(nat, (*home, *home), 1, "ingress", "ACCEPT")
            write(nat, (nat.address, client.address, *back), 1, "egress", "ACCEPT")
        write(client, (*back, *back), 1, "ingress", "ACCEPT")

    def _write(  # noqa: PLR0913, PLR0917  (the parts of a record)
        self,
        host: Host,
        ends: tuple[str, ...],
        ports: tuple[int, int],
        protocol: int,
        volume: tuple[int, int],
        times: tuple[int, int],
        flags: int,
        way: str,
        action: str,
    ) -> None:
        source, target, packet_source, packet_target = ends
        values = {
            "version": "5", "account-id": self.account, "interface-id": host.eni,
            "srcaddr": source, "dstaddr": target, "srcport": str(ports[0]),
            "dstport": str(ports[1]), "protocol": str(protocol), "packets": str(volume[0]),
            "bytes": str(volume[1]), "start": str(times[0]), "end": str(times[1]),
            "action": action, "log-status": "OK", "vpc-id": self.vpc, "subnet-id": "subnet-0a",
            "instance-id": host.instance, "tcp-flags": str(flags), "type": "IPv4",
            "pkt-srcaddr": packet_source, "pkt-dstaddr": packet_target, "region": "eu-west-1",
            "az-id": "euw1-az1", "flow-direction": way,
            "traffic-path": "1" if way == "egress" else "-",
            "pkt-src-aws-service": self.services.get(packet_source, "-"),
            "pkt-dst-aws-service": self.services.get(packet_target, "-"),
        }  # fmt: skip
        self.records.append((times[0], self.text(values)))

    @cached_property
    def services(self) -> dict[str, str]:
        """The AWS service of an address; filled by whoever makes the address."""
        return {}

    def text(self, values: dict[str, str]) -> str:
        return " ".join(values.get(info.name, "-") for info in self.format.fields)

    def without_flow(self, host: Host, status: str, start: int) -> None:
        """A NODATA or SKIPDATA record."""
        values = {
            "version": "5", "account-id": self.account, "interface-id": host.eni,
            "instance-id": host.instance, "vpc-id": self.vpc, "subnet-id": "subnet-0a",
            "start": str(start), "end": str(start + self.interval - 1), "log-status": status,
            "region": "eu-west-1", "az-id": "euw1-az1",
        }  # fmt: skip
        self.records.append((start, self.text(values)))

    def port(self) -> int:
        """One that a client takes for a connection."""
        return self.random.randint(32768, 60999)


def _volume(data: float, is_first: bool, connection: Connection) -> tuple[int, int]:
    """Packets and bytes of so much data."""
    packets = int(data / 1300) + 1
    if connection.is_answered and connection.protocol == TCP:
        packets += 3 if is_first else 1
    return packets, int(data) + 44 * packets


def _windows(
    connection: Connection, interval: int, last: int
) -> Iterator[tuple[float, float, float, bool, bool]]:
    """Start, end, share of the data, and whether it is the first and the last window."""
    start, end = connection.start, connection.start + connection.seconds
    at = start
    while True:
        stop = min((int(at) // interval + 1) * interval - 1, end)
        stop = max(stop, at)
        is_last = stop >= end or stop + 1 >= last
        share = 1.0 if connection.seconds <= 0 else max(stop - at, 0.5) / max(end - start, 0.5)
        if at < last:
            yield at, min(stop, last), min(share, 1.0), at == start, is_last
        if is_last:
            return
        at = stop + 1


def _any_format(draw: Random) -> FlowFormat:
    """The default one, all of version 5, or the fields of one's own choice in any order."""
    kind = draw.choice(("default", "all", "chosen", "chosen"))
    if kind == "default":
        return DEFAULT_FORMAT
    names = list(_V5)
    if kind == "chosen":
        optional = [
            "version", "account-id", "vpc-id", "subnet-id", "type", "region", "az-id",
            "sublocation-type", "sublocation-id", "traffic-path",
        ]  # fmt: skip
        names = [name for name in names if name not in optional or draw.random() < 0.5]
        draw.shuffle(names)
    return FlowFormat.parse(" ".join(f"${{{name}}}" for name in names))
