"""Sizes, counts, lengths of time and money, as people read them."""

from __future__ import annotations

import math


def human_bytes(size: float) -> str:
    """Decimal units, cut and not rounded to one digit: 346952038 is `346.9 MB`."""
    scaled, prefix = _scale(size, ("", "k", "M", "G", "T", "P", "E"))
    return f"{scaled} {prefix}B"


def human_count(count: float) -> str:
    """`12.4M`; cut, not rounded."""
    scaled, prefix = _scale(count, ("", "k", "M", "G", "T"))
    return f"{scaled}{prefix}"


def human_duration(seconds: float) -> str:
    """`3.2s`, `2m 05s`, `1h 02m`, `3d 04h`."""
    if seconds < 60:
        return f"{math.floor(max(0.0, seconds) * 10) / 10:.1f}s"
    whole = int(seconds)
    for size, unit, smaller_size, smaller in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "m"),
        (60, "m", 1, "s"),
    ):
        if whole >= size:
            return f"{whole // size}{unit} {whole % size // smaller_size:02}{smaller}"
    return f"{whole}s"


def human_money(dollars: float) -> str:
    """`$1.25`; under ten cents with the hundredths of a cent that a scan costs: `$0.0095`."""
    if dollars >= 0.1 or dollars == 0:
        return f"${dollars:.2f}"
    return f"${dollars:.4f}" if dollars >= 0.0001 else "<$0.0001"


def about_money(dollars: float) -> str:
    """An estimate: `~$1.25`, but `<$0.0001`."""
    said = human_money(dollars)
    return said if said.startswith("<") else f"~{said}"


def _scale(value: float, prefixes: tuple[str, ...]) -> tuple[str, str]:
    size, power = abs(value), 0
    while size >= 1000 ** (power + 1) and power < len(prefixes) - 1:
        power += 1
    sign = "-" if value < 0 else ""
    if power == 0:
        return f"{sign}{math.floor(size * 10) / 10:.1f}".removesuffix(".0"), prefixes[0]
    tenths = math.floor(size * 10 / 1000**power)
    return f"{sign}{tenths // 10}.{tenths % 10}", prefixes[power]
