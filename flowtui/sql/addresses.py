"""Conditions on IP addresses (insights-ql.md 2.5); what is no address meets none of them."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.query import ast
from flowtui.sql.parameters import Parameters

Network = IPv4Network | IPv6Network

PRIVATE: tuple[Network, ...] = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
)
"""RFC 1918."""

RESERVED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4",
            "240.0.0.0/4", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
"""What is never routed on the internet; the service's own list is not documented.

The networks for documentation are not here: an address of theirs reads as a public one.
"""


def network(node: ast.Expr) -> Network:
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


def is_in(text: str, block: Network, parameters: Parameters) -> str:
    if isinstance(block, IPv6Network):
        return f"(flow_ipv6({text}) BETWEEN {_range(block, parameters)})"
    whole = block.prefixlen // 8
    octets = str(block.network_address).split(".")[:whole]
    # Comparing the first characters is far cheaper than reading the address: it goes first.
    prefix = ".".join(octets) + ("." if whole < 4 else "")
    parts = [f"starts_with({text}, {parameters.add(prefix)})"] if whole else []
    if block.prefixlen % 8 or not whole:
        parts.append(f"flow_ipv4({text}) BETWEEN {_range(block, parameters)}")
    else:
        parts.append(f"flow_is_ipv4({text})")
    return f"({' AND '.join(parts)})"


def is_private(text: str, parameters: Parameters) -> str:
    return _in_any(text, PRIVATE, parameters)


def is_reserved(text: str, parameters: Parameters) -> str:
    return _in_any(text, RESERVED, parameters)


def is_public(text: str, parameters: Parameters) -> str:
    inside = _in_any(text, (*PRIVATE, *RESERVED), parameters)
    return f"(flow_is_ip({text}) AND {inside} IS NOT TRUE)"


def _in_any(text: str, blocks: tuple[Network, ...], parameters: Parameters) -> str:
    """Each address is read once, as a number, for all the blocks."""
    parts = []
    for version in sorted({block.version for block in blocks}):
        ranges = (_range(block, parameters) for block in blocks if block.version == version)
        inside = " OR ".join(f"address BETWEEN {bounds}" for bounds in ranges)
        number = f"flow_ipv{version}({text})"
        parts.append(f"list_transform([{number}], lambda address: {inside})[1]")
    return f"({' OR '.join(parts)})"


def _range(block: Network, parameters: Parameters) -> str:
    """The first and the last address, as numbers."""
    bounds = int(block.network_address), int(block.broadcast_address)
    if isinstance(block, IPv6Network):
        # No parameter is that large a number.
        return " AND ".join(f"CAST({parameters.add(str(bound))} AS UHUGEINT)" for bound in bounds)
    return " AND ".join(map(parameters.add, bounds))
