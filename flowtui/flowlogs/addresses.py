"""What an address is: private, public, link-local, multicast, or one of AWS's own.

Private is what the language's `isPrivateIP` says, and for IPv6 unique local (RFC 4193). The ranges
for documentation (RFC 5737, RFC 3849) count as public, for that is what they stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

PRIVATE, PUBLIC = "private", "public"

AWS_ADDRESSES: Mapping[str, str] = {
    "169.254.169.254": "instance metadata", "fd00:ec2::254": "instance metadata",
    "169.254.169.253": "VPC DNS", "fd00:ec2::253": "VPC DNS",
    "169.254.169.123": "Amazon Time Sync", "fd00:ec2::123": "Amazon Time Sync",
    "169.254.170.2": "ECS credentials", "169.254.170.23": "EKS Pod Identity",
    "169.254.169.249": "Windows DNS", "169.254.169.250": "Windows KMS",
    "169.254.169.251": "Windows KMS",
}  # fmt: skip
"""Services that every instance reaches at an address of their own (EC2 user guide)."""

_KINDS = tuple(
    (ip_network(block), kind)
    for kind, blocks in (
        (PRIVATE, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
        ("shared", ("100.64.0.0/10",)),
        ("loopback", ("127.0.0.0/8", "::1/128")),
        ("link-local", ("169.254.0.0/16", "fe80::/10")),
        ("multicast", ("224.0.0.0/4", "ff00::/8")),
        ("broadcast", ("255.255.255.255/32",)),
        ("no host", ("0.0.0.0/8", "::/128", "240.0.0.0/4")),
    )
    for block in blocks
)
"""The first one that has an address says what it is."""

Address = IPv4Address | IPv6Address


def read_address(text: str) -> Address | None:
    """None for what is no address, `-` among it."""
    if len(text) > 45 or not ("." in text or ":" in text):
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=20_000)
def address_word(text: str) -> str:
    """`private`, `public`, `link-local`, `VPC DNS`; nothing for what is no address."""
    address = read_address(text)
    if address is None:
        return ""
    own = AWS_ADDRESSES.get(str(address))
    if own is not None:
        return own
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return next((kind for block, kind in _KINDS if address in block), PUBLIC)
