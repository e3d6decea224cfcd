"""What EC2 calls interfaces, instances, subnets, VPCs and private addresses. Asking is free."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from flowtui.backends.aws.calls import Calls, Request
from flowtui.backends.aws.decode import Entry
from flowtui.flowlogs.addresses import read_address
from flowtui.model.errors import FlowtuiError
from flowtui.model.frozen import frozen

MOST_VALUES = 200
"""EC2 takes so many values of a filter."""

Found = dict[str, str]
T = TypeVar("T")


@frozen
class _About:
    operation: str
    member: str
    """Of the answer, with what was found."""


_INTERFACES = _About("DescribeNetworkInterfaces", "NetworkInterfaces")
_INSTANCES = _About("DescribeInstances", "Reservations")
_SUBNETS = _About("DescribeSubnets", "Subnets")
_VPCS = _About("DescribeVpcs", "Vpcs")


@frozen
class _Interface:
    id: str
    name: str
    addresses: frozenset[str]
    instance: str


class Names:
    """Asks for the names of what it is given, and of nothing else; belongs to one event loop.

    An operation that is refused once is not asked again: the role will not be allowed to in this
    session either. Nobody is asked for a code, and nothing is tried twice.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._refused: set[str] = set()

    async def of(self, ids: Iterable[str]) -> Mapping[str, str]:
        """By id or address; what has no name, or must not be asked for, is absent."""
        if not self._calls.clients.knows_ec2:
            return {}
        kinds: defaultdict[str, list[str]] = defaultdict(list)
        for value in sorted(ids):
            kind = "address" if read_address(value) else value.partition("-")[0]
            kinds[kind].append(value)
        interfaces, subnets, vpcs = await asyncio.gather(
            self._interfaces(kinds["eni"], kinds["address"]),
            self._tagged(_SUBNETS, "subnet", kinds["subnet"]),
            self._tagged(_VPCS, "vpc", kinds["vpc"]),
        )
        # An interface without a name goes by that of its instance.
        nameless = (each.instance for each in interfaces if not each.name and each.instance)
        instances = await self._instances(dict.fromkeys([*kinds["i"], *nameless]))
        named = {each.id: each.name or instances.get(each.instance, "") for each in interfaces}
        found = {**subnets, **vpcs, **instances, **named, **_by_address(interfaces, named)}
        return {value: found[value] for value in ids if found.get(value)}

    async def _interfaces(self, ids: list[str], addresses: list[str]) -> tuple[_Interface, ...]:
        v4 = [address for address in addresses if ":" not in address]
        v6 = [address for address in addresses if ":" in address]
        answers = await asyncio.gather(
            *(
                self._described(_INTERFACES, name, values, _interface)
                for name, values in (
                    ("network-interface-id", ids),
                    ("addresses.private-ip-address", v4),
                    ("ipv6-addresses.ipv6-address", v6),
                )
            )
        )
        every = (interface for found in answers for interface in found)
        return tuple({interface.id: interface for interface in every}.values())

    async def _instances(self, ids: Iterable[str]) -> Found:
        found = await self._described(_INSTANCES, "instance-id", list(ids), _instances_of)
        return {name: text for reservation in found for name, text in reservation.items()}

    async def _tagged(self, about: _About, kind: str, ids: list[str]) -> Found:
        key = f"{kind.capitalize()}Id"
        found = await self._described(
            about, f"{kind}-id", ids, lambda entry: (entry.text(key), _name(entry, "Tags"))
        )
        return dict(found)

    async def _described(
        self, about: _About, filter_name: str, values: list[str], read: Callable[[Entry], T]
    ) -> list[T]:
        """What a filter lets through, asked for by the 200; nothing where that is refused."""
        found: list[T] = []
        for at in range(0, len(values), MOST_VALUES):
            if about.operation in self._refused:
                break
            chosen = {"Name": filter_name, "Values": values[at : at + MOST_VALUES]}
            request = Request(
                "ec2", about.operation, about.member, {"Filters": [chosen]},
                patient=False, may_ask=False,
            )  # fmt: skip
            try:
                async for page in self._calls.pages(request, _each(about, read), "NextToken"):
                    found += page
            except FlowtuiError:
                self._refused.add(about.operation)
        return found


def _each(about: _About, read: Callable[[Entry], T]) -> Callable[[Entry], list[T]]:
    return lambda answer: [read(entry) for entry in answer.entries(about.member)]


def _interface(entry: Entry) -> _Interface:
    private = [each.text("PrivateIpAddress") for each in entry.entries("PrivateIpAddresses")]
    v6 = [each.text("Ipv6Address") for each in entry.entries("Ipv6Addresses")]
    name = _name(entry, "TagSet") or entry.text("Description")
    addresses = frozenset((entry.text("PrivateIpAddress"), *private, *v6))
    instance = entry.member("Attachment").text("InstanceId")
    return _Interface(entry.text("NetworkInterfaceId"), name, addresses, instance)


def _instances_of(reservation: Entry) -> Found:
    every = reservation.entries("Instances")
    return {each.text("InstanceId"): _name(each, "Tags") for each in every}


def _name(entry: Entry, tags: str) -> str:
    return next((tag.text("Value") for tag in entry.entries(tags) if tag.text("Key") == "Name"), "")


def _by_address(interfaces: Iterable[_Interface], named: Mapping[str, str]) -> Found:
    """The names of addresses; one that several VPCs have for different things has none."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for interface in interfaces:
        for address in interface.addresses:
            found[address].add(named[interface.id])
    return {address: names.pop() for address, names in found.items() if len(names) == 1}
