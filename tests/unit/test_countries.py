"""Where an address is registered."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from flowtui.backends.countries import country


@pytest.fixture(autouse=True)
def _anew() -> None:
    country.cache_clear()


def test_without_the_lists_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "iptocc", None)
    assert country("8.8.8.8") == ""


def test_only_public_addresses_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"8.8.8.8": "US", "8.8.8.9": None}
    monkeypatch.setitem(sys.modules, "iptocc", SimpleNamespace(country_code=found.__getitem__))
    values = ("8.8.8.8", "8.8.8.9", "10.0.0.1", "-", "x")
    assert [country(value) for value in values] == ["US", "", "", "", ""]


@pytest.mark.skipif(find_spec("iptocc") is None, reason="the extra geo is not installed")
def test_the_lists_are_in_the_package() -> None:
    assert country("8.8.8.8") == "US"
