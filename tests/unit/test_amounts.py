"""Sizes, lengths and money in words."""

from __future__ import annotations

import pytest

from flowtui.model import amounts


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (160, "160 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (1999, "2.00 kB"),
        (18_999, "19.0 kB"),
        (346952038, "347 MB"),
        (999_499, "999 kB"),
        (999_999_999, "1.00 GB"),
        (1443477306, "1.44 GB"),
        (-2500, "-2.50 kB"),
        (642.9342, "643 B"),
        (10**22, "10000 EB"),
    ],
)
def test_human_bytes(size: float, shown: str) -> None:
    assert amounts.human_bytes(size) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (999, "999"), (12_400_000, "12.4M"), (1234, "1.23k"), (0.5, "0.5")],
)
def test_human_count(count: float, shown: str) -> None:
    assert amounts.human_count(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0.0s"), (3.29, "3.2s"), (125, "2m 05s"), (3720, "1h 02m"), (273600, "3d 04h")],
)
def test_human_duration(seconds: float, shown: str) -> None:
    assert amounts.human_duration(seconds) == shown


@pytest.mark.parametrize(
    ("dollars", "shown"), [(0, "$0.00"), (0.0095, "$0.0095"), (1.254, "$1.25"), (1e-6, "<$0.0001")]
)
def test_human_money(dollars: float, shown: str) -> None:
    assert amounts.human_money(dollars) == shown


def test_an_estimate_is_marked_as_one() -> None:
    assert amounts.about_money(0.26) == "~$0.26"
    assert amounts.about_money(0.00001) == "<$0.0001"
