"""What kind of address one is."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.flowlogs.addresses import address_word
from flowtui.sql.functions.addresses import PRIVATE


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.0.20.11", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", "public"),
        ("192.168.1.1", "private"),
        ("fd12::1", "private"),
        ("8.8.8.8", "public"),
        ("203.0.113.200", "public"),
        ("2600::1", "public"),
        ("169.254.7.7", "link-local"),
        ("fe80::1", "link-local"),
        ("169.254.169.254", "instance metadata"),
        ("169.254.169.253", "VPC DNS"),
        ("fd00:ec2::253", "VPC DNS"),
        ("224.0.0.251", "multicast"),
        ("ff02::fb", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("127.0.0.1", "loopback"),
        ("100.64.3.2", "shared"),
        ("0.0.0.1", "no host"),
        ("::ffff:10.0.0.1", "private"),
        ("-", ""),
        ("10.0.0.256", ""),
        ("eni-1", ""),
        ("1.2.3.4/8", ""),
    ],
)
def test_what_an_address_is(address: str, expected: str) -> None:
    assert address_word(address) == expected


@given(st.ip_addresses(v=4).map(str))
def test_private_is_what_the_language_calls_so(address: str) -> None:
    is_private = any(ip_address(address) in block for block in PRIVATE)
    assert (address_word(address) == "private") == is_private


@given(st.text(max_size=50))
def test_any_text_has_a_word_or_none(text: str) -> None:
    if address_word(text):
        assert ip_network(text).prefixlen in (32, 128)
