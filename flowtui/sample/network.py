"""The VPC of the incident: 10.0.0.0/16 in two zones, with web, app and data tiers.

All addresses outside it are from the ranges set aside for documentation, so that no real
host is accused: RFC 5737 and RFC 3849.
"""

from __future__ import annotations

from random import Random

from flowtui.sample.records import Interface, Outside, Subnet, at_address


def _identity(prefix: str, name: str) -> str:
    """An id as AWS makes them, always the same one for a name."""
    seed = Random(prefix + name)  # noqa: S311  # a fixed pattern, not a secret
    return f"{prefix}-0{seed.getrandbits(64):016x}"


def _subnet(number: int, zone: int) -> Subnet:
    network = f"10.0.{number}.0/24"
    return Subnet(_VPC, _identity("subnet", network), "eu-west-1", f"euw1-az{zone}")


def _managed(address: str) -> Interface:
    """An interface that AWS manages: load balancer nodes, NAT gateways."""
    number = int(address.split(".")[2])
    return Interface(_identity("eni", address), "-", _SUBNETS[number], address)


def _instance(address: str) -> Interface:
    number = int(address.split(".")[2])
    instance = _identity("i", address)
    return Interface(_identity("eni", address), instance, _SUBNETS[number], address)


_VPC = _identity("vpc", "10.0.0.0/16")
_SUBNETS = {
    0: _subnet(0, 1), 1: _subnet(1, 2),  # public
    10: _subnet(10, 1), 11: _subnet(11, 2),  # web and app
    20: _subnet(20, 1), 21: _subnet(21, 2),  # data
}  # fmt: skip

BALANCERS = (_managed("10.0.0.10"), _managed("10.0.1.10"))
BALANCER_IPV6 = at_address(BALANCERS[0], "2001:db8:10::10")
NAT = _managed("10.0.0.20")
"""The only NAT gateway: the second zone reaches the internet through the first."""
BASTION = _instance("10.0.0.30")
REPORTS = _instance("10.0.1.40")
"""Serves reports to a partner over HTTPS."""
WEB = tuple(_instance(f"10.0.{subnet}.{host}") for subnet in (10, 11) for host in (11, 12))
APP = tuple(_instance(f"10.0.{subnet}.{host}") for subnet in (10, 11) for host in (31, 32))
MONITOR = _instance("10.0.10.50")
DATABASE = _instance("10.0.20.11")
REPLICA = _instance("10.0.21.11")
CACHES = (_instance("10.0.20.21"), _instance("10.0.21.21"))
IDLE = _managed("10.0.21.99")
"""Left over from something that is gone."""
PUBLIC = (*BALANCERS, NAT, BASTION, REPORTS)
"""Interfaces with a public address: where the internet's background noise arrives."""

S3 = Outside("192.0.2.16", "S3")
DYNAMODB = Outside("192.0.2.24", "DYNAMODB")
RESOLVER = Outside("192.0.2.53")
PARTNER_APIS = tuple(Outside(f"192.0.2.{host}") for host in (61, 62, 63))
CUSTOMERS = tuple(Outside(f"198.51.100.{host}") for host in range(150, 210))
CUSTOMERS_IPV6 = tuple(Outside(f"2001:db8:c0de::{host:x}") for host in range(161, 173))
STRANGERS = tuple(Outside(f"192.0.2.{host}") for host in range(100, 250))
"""Who scans the whole internet, us among it."""
