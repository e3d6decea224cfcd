from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.flowlogs.fields import FIELDS, TCP_FLAGS
from flowtui.flowlogs.words import flags, word


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("dstport", "443", "https"),
        ("srcport", "51514", ""),
        ("protocol", "6", "tcp"),
        ("protocol", "-", ""),
        ("protocol", "200", ""),
        ("tcp-flags", "2", "SYN"),
        ("tcp-flags", "18", "SYN\u00b7ACK"),
        ("tcp-flags", "19", "SYN\u00b7ACK\u00b7FIN"),
        ("tcp-flags", "5", "FIN\u00b7RST"),
        ("tcp-flags", "0", ""),
        ("traffic-path", "8", "internet"),
        ("bytes", "443", ""),
        ("log-status", "SKIPDATA", "records lost"),
        ("reject-reason", "BPA", "Block Public Access"),
        ("encryption-status", "1", "Nitro"),
        ("instance-tag", "web%201%20%E2%9C%93", "web 1 ✓"),
        ("instance-tag", "web", ""),
    ],
)
def test_what_a_value_is_called(field: str, value: str, expected: str) -> None:
    assert word(FIELDS[field], value) == expected


@pytest.mark.parametrize("value", TCP_FLAGS)
def test_flags_that_aws_names_are_named_alike(value: str) -> None:
    named = {part for part in TCP_FLAGS[value].replace("-", " ").split() if part.isupper()}
    assert value == "0" or set(flags(value).split("\u00b7")) == named


@given(st.text(max_size=5), st.sampled_from(sorted(FIELDS)))
def test_any_value_has_a_word_or_none(value: str, field: str) -> None:
    found = word(FIELDS[field], value)
    assert not found or found != value
