"""The country that an address is registered in, from the lists of the five regional registries.

The lists are in the package `iptocc` (extra `geo`). They say who was given a block, which is not
where its hosts are.
"""

from __future__ import annotations

from functools import lru_cache

from flowtui.flowlogs.addresses import PUBLIC, address_word


@lru_cache(maxsize=20_000)
def country(address: str) -> str:
    """Two letters (ISO 3166-1); nothing where it is unknown, or the package is absent."""
    if address_word(address) != PUBLIC:
        return ""
    try:
        from iptocc import country_code
    except ImportError:
        return ""
    try:
        return country_code(address) or ""
    except ValueError:
        return ""


def edition() -> str:
    """The version of the lists: `iptocc 3.3.170`; empty where they are absent."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"iptocc {version('iptocc')}"
    except PackageNotFoundError:
        return ""
