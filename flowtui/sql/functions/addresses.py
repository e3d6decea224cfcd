"""Functions of IP addresses (LANGUAGE.md 2.5); what is no address meets no condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.query import ast
from flowtui.sql import comparison
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.value import Value

Network = IPv4Network | IPv6Network


def _networks(*blocks: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, blocks))


PRIVATE = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""RFC 1918."""

RESERVED = _networks(
    "0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "::/127", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23",
    "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "ff00::/8",
)  # fmt: skip
"""What IANA's special-purpose registries (RFC 6890) say is not globally reachable, but `PRIVATE`.

So an address is private, reserved or public, and never two of these; the service's own lists are
not documented. Multicast is here too, for no host has such an address, and 6to4 (2002::/16), of
which the registry does not say it: Python's `ipaddress` has it so.
"""

REACHABLE = _networks(
    "192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128",
    "2001:3::/32", "2001:4:112::/48", "2001:20::/28", "2001:30::/28",
)  # fmt: skip
"""Addresses that are globally reachable, though they lie in a reserved network."""


def _network(node: ast.Expr) -> Network:
    """The CIDR block that is written there; its host bits are masked."""
    if not isinstance(node, ast.String):
        raise UnsupportedQuery(
            'the local engine needs the block as a text, such as "10.0.0.0/8"', node.span
        )
    try:
        return ip_network(node.value, strict=False)
    except ValueError:
        raise QueryError(
            f"{node.value!r} is not a CIDR block; write it like 10.0.0.0/8", node.span
        ) from None


def _is_in(text: str, block: Network, a: Arguments) -> str:
    if isinstance(block, IPv6Network):
        return f"({_is_between(text, block, a)})"
    whole = block.prefixlen // 8
    octets = str(block.network_address).split(".")[:whole]
    # Comparing the first characters is far cheaper than reading the address: it goes first.
    prefix = ".".join(octets) + ("." if whole < 4 else "")
    parts = [a.dialect.texts.starts_with(text, a.constant(prefix))] if whole else []
    if block.prefixlen % 8 or not whole:
        parts.append(_is_between(text, block, a))
    else:
        parts.append(a.dialect.addresses.is_ipv4(text))
    return f"({' AND '.join(parts)})"


def _is_between(text: str, block: Network, a: Arguments) -> str:
    return f"{a.dialect.addresses.comparable(text, block.version)} BETWEEN {_range(block, a)}"


def _is_private(a: Arguments) -> str:
    return _in_any(a.text(0), PRIVATE, a)


def _is_reserved(a: Arguments) -> str:
    return _in_any(a.text(0), RESERVED, a, without=REACHABLE)


def _is_public(a: Arguments) -> str:
    inside = _in_any(a.text(0), (*PRIVATE, *RESERVED), a, without=REACHABLE)
    is_ip, outside = a.dialect.addresses.is_ip(a.text(0)), comparison.negation(inside, a.dialect)
    return f"({is_ip} AND {outside})"


def _in_any(
    text: str, blocks: tuple[Network, ...], a: Arguments, *, without: tuple[Network, ...] = ()
) -> str:
    """Each address is read once, for all the blocks."""
    parts = []
    for version in sorted({block.version for block in blocks}):
        inside = _in_blocks(blocks, version, a)
        if without:
            inside = f"({inside}) AND NOT ({_in_blocks(without, version, a)})"
        address = a.dialect.addresses.comparable(text, version)
        parts.append(a.dialect.lists.let("address", address, inside))
    return f"({' OR '.join(parts)})"


def _in_blocks(blocks: tuple[Network, ...], version: int, a: Arguments) -> str:
    ranges = (_range(block, a) for block in blocks if block.version == version)
    return " OR ".join(f"address BETWEEN {bounds}" for bounds in ranges)


def _range(block: Network, a: Arguments) -> str:
    """The first and the last address."""
    parameters = a.environment.parameters.values
    bounds = block.network_address, block.broadcast_address
    return " AND ".join(a.dialect.addresses.bound(bound, parameters) for bound in bounds)


def _in_subnet(version: int | None) -> Function:
    def compile_in(a: Arguments) -> Value:
        block = _network(a.node(1))
        if version not in (None, block.version):
            return a.values.boolean("FALSE")
        return a.values.boolean(_is_in(a.text(0), block, a))

    return compile_in


def _condition(write: Callable[[Arguments], str]) -> Function:
    return lambda a: a.values.boolean(write(a))


FUNCTIONS: Mapping[str, Function] = {
    "isvalidip": _condition(lambda a: a.dialect.addresses.is_ip(a.text(0))),
    "isvalidipv4": _condition(lambda a: a.dialect.addresses.is_ipv4(a.text(0))),
    "isvalidipv6": _condition(lambda a: a.dialect.addresses.is_ipv6(a.text(0))),
    "isipinsubnet": _in_subnet(None),
    "isipv4insubnet": _in_subnet(4),
    "isipv6insubnet": _in_subnet(6),
    "ipv4tonumber": lambda a: a.values.integer(a.dialect.addresses.ipv4_number(a.text(0))),
    "isprivateip": _condition(_is_private),
    "ispublicip": _condition(_is_public),
    "isreservedip": _condition(_is_reserved),
}
