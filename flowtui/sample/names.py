"""What the VPC of the incident calls its parts, as their Name tags would say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowtui.sample import network
from flowtui.sample.records import Interface


def _interfaces() -> Iterator[tuple[Interface, str]]:
    groups = (
        ("load-balancer", network.BALANCERS), ("nat", (network.NAT,)),
        ("bastion", (network.BASTION,)), ("reports", (network.REPORTS,)), ("web", network.WEB),
        ("app", network.APP), ("monitor", (network.MONITOR,)), ("db", (network.DATABASE,)),
        ("db-replica", (network.REPLICA,)), ("cache", network.CACHES),
    )  # fmt: skip
    for name, interfaces in groups:
        for number, interface in enumerate(interfaces, 1):
            yield interface, f"{name}-{number}" if len(interfaces) > 1 else name


def _names() -> Iterator[tuple[str, str]]:
    for interface, name in _interfaces():
        yield interface.eni, name
        yield interface.address, name
        if interface.instance != "-":
            yield interface.instance, name
        yield interface.subnet.vpc, "shop"
        tier = {"0": "public", "1": "public", "10": "app", "11": "app"}
        number = interface.address.split(".")[2]
        yield interface.subnet.name, f"{tier.get(number, 'data')}-{interface.subnet.zone[-3:]}"


NAMES: Mapping[str, str] = dict(_names())
"""By id and by address."""
