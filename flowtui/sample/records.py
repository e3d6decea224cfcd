"""Flow log records in the article's 27 fields: who records a connection, and what of it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, NamedTuple

from flowtui.model.frozen import frozen

ACCOUNT = "123456789012"
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
INSIDE, GATEWAY_ENDPOINT, INTERNET = 1, 7, 8
"""Traffic paths of Nitro instances; to a sender, a NAT gateway is a neighbour inside."""
_ACK = 52
"""Bytes of a segment without data: IPv4 and TCP headers with timestamps."""
_SEGMENT = 1400
"""Bytes of a full segment, about."""


@frozen
class Subnet:
    vpc: str
    name: str
    region: str
    zone: str


@frozen
class Outside:
    """An address beyond the VPC."""

    address: str
    service: str = "-"


@frozen
class Interface:
    """A network interface of the VPC; `instance` is - where AWS manages it."""

    eni: str
    instance: str
    subnet: Subnet
    address: str
    service: ClassVar[str] = "-"

    @property
    def owner(self) -> str:
        """The first five fields of its records."""
        return f"{ACCOUNT} {self.subnet.vpc} {self.subnet.name} {self.eni} {self.instance}"

    @property
    def place(self) -> str:
        """The last four fields of its records."""
        return f"{self.subnet.region} {self.subnet.zone} - -"

    def without_flow(self, status: str, start: int, end: int) -> str:
        """A NODATA or SKIPDATA record: - for all that describes a flow."""
        return f"{self.owner} - - - - - - - - {status} {start} {end} - - - - - - - {self.place}"


Endpoint = Interface | Outside


class Volume(NamedTuple):
    packets: int
    size: int
    """Bytes, headers included."""
    flags: int = 0
    """TCP flags, or-ed over the window; 0 for other protocols."""


class Exchange(NamedTuple):
    """What one connection carried within one aggregation window; times in Unix seconds."""

    client_port: int
    start: int
    end: int
    request: Volume
    reply: Volume


class Lane(NamedTuple):
    """One direction of a connection at one interface: a record's text but for its figures."""

    before_port: str
    after_port: str
    verdict: str
    direction: str
    after_flags: str

    def record(self, exchange: Exchange, volume: Volume) -> str:
        before, after, verdict, direction, tail = self
        port, start, end = exchange[:3]
        packets, size, flags = volume
        return (
            f"{before}{port}{after}{packets} {size}{verdict}{start} {end}{direction}{flags}{tail}"
        )


@frozen
class Path:
    """Where a connection is recorded: the client's packets, and the server's."""

    forward: tuple[Lane, ...] = ()
    back: tuple[Lane, ...] = ()

    def __add__(self, other: Path) -> Path:
        return Path(self.forward + other.forward, self.back + other.back)

    def records(self, exchange: Exchange) -> list[str]:
        request, reply = exchange.request, exchange.reply
        lines = [lane.record(exchange, request) for lane in self.forward]
        lines += [lane.record(exchange, reply) for lane in self.back]
        return lines

    def refused(self) -> Path:
        """A security group refuses it where it arrives last: nothing comes back."""
        *passed, last = self.forward
        return Path((*passed, last._replace(verdict=" REJECT OK ")))

    def reply_refused(self) -> Path:
        """A network ACL, which knows no connections, lets it in and refuses the reply."""
        return Path(self.forward, tuple(lane._replace(verdict=" REJECT OK ") for lane in self.back))


@frozen
class Port:
    """The server's end of a connection."""

    number: int
    protocol: int = TCP


def leaving(
    client: Interface,
    server: Endpoint,
    port: Port,
    *,
    traffic_path: int = INSIDE,
) -> Path:
    """As the client's interface records it."""
    there, here = f"{server.address} {server.service}", f"{client.address} -"
    forward = Lane(
        f"{client.owner} {client.address} ",
        f" {server.address} {port.number} {port.protocol} ",
        " ACCEPT OK ",
        f" egress {traffic_path} ",
        f" {here} {there} {client.place}",
    )
    back = Lane(
        f"{client.owner} {server.address} {port.number} {client.address} ",
        f" {port.protocol} ",
        " ACCEPT OK ",
        " ingress - ",
        f" {there} {here} {client.place}",
    )
    return Path((forward,), (back,))


def arriving(
    client: Endpoint, server: Interface, port: Port, *, beyond: Outside | None = None
) -> Path:
    """As the server's interface records it; `beyond` a NAT gateway stands the real server."""
    packet = beyond or server
    here, there = f"{packet.address} {packet.service}", f"{client.address} {client.service}"
    traffic_path = INSIDE if isinstance(client, Interface) else INTERNET
    forward = Lane(
        f"{server.owner} {client.address} ",
        f" {server.address} {port.number} {port.protocol} ",
        " ACCEPT OK ",
        " ingress - ",
        f" {there} {here} {server.place}",
    )
    back = Lane(
        f"{server.owner} {server.address} {port.number} {client.address} ",
        f" {port.protocol} ",
        " ACCEPT OK ",
        f" egress {traffic_path} ",
        f" {here} {there} {server.place}",
    )
    return Path((forward,), (back,))


def within(client: Interface, server: Interface, port: Port) -> Path:
    """Inside the VPC: recorded at both ends."""
    return leaving(client, server, port) + arriving(client, server, port)


def through_nat(client: Interface, nat: Interface, server: Outside, port: Port) -> Path:
    """From a private subnet: at the client, and on both sides of the NAT gateway."""
    return (
        leaving(client, server, port)
        + arriving(client, nat, port, beyond=server)
        + leaving(nat, server, port, traffic_path=INTERNET)
    )


def at_address(interface: Interface, address: str) -> Interface:
    """The same interface under another of its addresses."""
    return replace(interface, address=address)


def tcp(up: int, down: int, flags: tuple[int, int] = (3, 19)) -> tuple[Volume, Volume]:
    """The request and the reply that carry `up` and `down` bytes of data.

    Each end sends full segments, and a bare ACK for every second one that it gets.
    """
    up_segments, down_segments = up // _SEGMENT + 1, down // _SEGMENT + 1
    up_acks, down_acks = down_segments // 2 + 2, up_segments // 2 + 2
    request = Volume(up_segments + up_acks, up + _ACK * (up_segments + up_acks), flags[0])
    reply = Volume(down_segments + down_acks, down + _ACK * (down_segments + down_acks), flags[1])
    return request, reply
