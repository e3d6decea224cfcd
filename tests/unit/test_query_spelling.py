"""Which known name a word was probably meant to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.query.catalogue import nearest

KNOWN = ("srcaddr", "dstaddr", "srcport", "bytes", "isIpv4InSubnet", "isIpv6InSubnet")
WORDS = st.text("abAB_é", max_size=8)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("scraddr", "srcaddr"), ("srcadr", "srcaddr"), ("SRCADR", "srcaddr"), ("bites", "bytes"),
        ("dstadrr", "dstaddr"), ("isIp4vInSubnet", "isIpv4InSubnet"), ("customer", None),
        ("", None), ("srcaddr" * 20, None),
    ],
)  # fmt: skip
def test_a_slip_of_the_keyboard_is_told_from_another_word(word: str, meant: str | None) -> None:
    assert nearest(word, KNOWN) == meant


def common(one: str, other: str) -> int:
    """The length of their longest common subsequence, the slow way."""
    lengths = [0] * (len(other) + 1)
    for letter in one:
        row = [0]
        for at, each in enumerate(other):
            row.append(lengths[at] + 1 if letter == each else max(row[-1], lengths[at + 1]))
        lengths = row
    return lengths[-1]


def likeness(word: str, name: str) -> float:
    whole = len(word) + len(name)
    return 2 * common(word.lower(), name.lower()) / whole if whole else 0.0


@given(WORDS, st.lists(WORDS, max_size=6))
def test_it_is_the_first_with_the_most_letters_in_common(word: str, known: list[str]) -> None:
    alike = [name for name in known if likeness(word, name) >= 0.7]
    best = max(alike, key=lambda name: likeness(word, name), default=None)
    assert nearest(word, known) == best
