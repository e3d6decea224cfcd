"""Private, reserved and public addresses, as IANA and Python's `ipaddress` have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.macros import install
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.timerange import TimeRange
from tests.tables import make_table

pytestmark = pytest.mark.slow

FORMAT = FlowFormat.parse("${srcaddr} ${start}")
SECONDS = 1648827000
WINDOW = TimeRange(datetime(2022, 4, 1, 15, tzinfo=UTC), datetime(2022, 4, 1, 16, tzinfo=UTC))
KINDS = "display isPrivateIP(srcaddr), isReservedIP(srcaddr), isPublicIP(srcaddr), srcaddr"
PRIVATE, RESERVED, PUBLIC = ("1", "0", "0"), ("0", "1", "0"), ("0", "0", "1")

Address = IPv4Address | IPv6Address

REGISTRY: Mapping[tuple[str, ...], tuple[str, ...]] = {
    PRIVATE: (
        "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0",
        "192.168.255.255",
    ),
    RESERVED: (
        "0.0.0.1", "0.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "169.254.0.1",
        "192.0.0.0", "192.0.0.8", "192.0.0.11", "192.0.0.170", "192.0.0.255", "192.0.2.1",
        "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1",
        "239.255.255.255", "240.0.0.0", "255.255.255.255",
        "::", "::1", "::ffff:8.8.8.8", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1",
        "2001:1::", "2001:1::4", "2001:2::1", "2001:10::1", "2001:1ff::1", "2001:db8::1",
        "2002::1", "3fff::1", "3fff:fff::1", "5f00::1", "fc00::", "fdff::1", "fe80::1", "febf::1",
        "ff02::1", "ff0e::1",
    ),
    PUBLIC: (
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.32.0.0",
        "192.0.0.9", "192.0.0.10", "192.0.1.0", "192.31.196.1", "192.52.193.1", "192.88.99.1",
        "192.169.0.0", "192.175.48.1", "198.20.0.0", "223.255.255.255",
        "::2", "64:ff9b::1", "2001:1::1", "2001:1::2", "2001:1::3", "2001:3::1", "2001:4:112::1",
        "2001:20::1", "2001:3f::1", "2001:200::1", "2001:4860:4860::8888", "2620:4f:8000::1",
        "3ffe:ffff::1", "3fff:1000::1", "5f01::1", "fbff::1", "fe00::1",
    ),
}  # fmt: skip
"""The ends of blocks, what is beside them, and what is reachable inside of them."""

ADDED = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/63", "2001::/23",
            "2002::/16", "3fff::/20", "5f00::/16",
        ),
    )
)  # fmt: skip
"""Of these only the newest versions of Python know what the registry says."""
NEAR = ("10.0.0.0", "100.64.0.0", "172.16.0.0", "192.0.2.0", "198.18.0.0", "2001:db8::", "fe80::")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        install(opened)
        yield opened


def kinds(
    connection: duckdb.DuckDBPyConnection, addresses: list[str]
) -> dict[str, tuple[str | None, ...]]:
    lines = [f"{address} {SECONDS}" for address in addresses]
    table = make_table(connection, "flows", lines, FORMAT)
    compiled = compile_query(KINDS, [table], WINDOW, None, WINDOW.end)
    return {str(row[3]): row[:3] for row in fetch(connection, compiled).rows}


@pytest.mark.parametrize("kind", REGISTRY)
def test_what_the_registries_say(
    connection: duckdb.DuckDBPyConnection, kind: tuple[str, ...]
) -> None:
    found = kinds(connection, [*REGISTRY[kind], "-", "10.0.0.0/8"])
    assert found == {
        **dict.fromkeys(REGISTRY[kind], kind),
        **dict.fromkeys(("-", "10.0.0.0/8"), ("0", "0", "0")),
    }


def near(address: str) -> st.SearchStrategy[Address]:
    base = ip_address(address)
    far = base.max_prefixlen - 2
    return st.builds(
        lambda exponent, sign: type(base)(int(base) + sign * (1 << exponent)),
        st.integers(0, far - 24),
        st.sampled_from([-1, 1]),
    )


@given(st.lists(st.ip_addresses() | st.sampled_from(NEAR).flatmap(near), min_size=1, max_size=20))
def test_what_is_public_is_global_to_python(
    connection: duckdb.DuckDBPyConnection, addresses: list[Address]
) -> None:
    known = [each for each in addresses if not any(each in network for network in ADDED)]
    found = kinds(connection, list(map(str, known)))
    for address in known:
        private, reserved, public = found[str(address)]
        assert (public == "1") == (address.is_global and not address.is_multicast), address
        assert [private, reserved, public].count("1") == 1
