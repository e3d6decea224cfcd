"""Sizes, counts, lengths of time and money, as people read them."""

from __future__ import annotations

import math


def human_bytes(size: float) -> str:
    """Decimal units, rounded to three significant digits: 18999 is `19.0 kB`."""
    scaled, prefix = _scale(size, ("", "k", "M", "G", "T", "P", "E"))
    return f"{scaled} {prefix}B"


def human_count(count: float) -> str:
    """`12.4M`: three significant digits, as all amounts have."""
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
    """Three significant digits and a prefix; what is whole and below 1,000 is exact.

    With the last prefix there may be more digits, for no number is said in powers of ten.
    """
    size, power = abs(value), 0
    sign = "-" if value < 0 else ""
    while power < len(prefixes) - 1 and _rounded(size / 1000**power) >= 1000:
        power += 1
    scaled = _rounded(size / 1000**power)
    if power == 0:
        return f"{sign}{scaled:g}", prefixes[0]
    return f"{sign}{scaled:.{_decimals(scaled)}f}", prefixes[power]


def _rounded(scaled: float) -> float:
    """Half away from zero, as people round: 0.125 is 0.13."""
    shift = float(10 ** _decimals(scaled))
    return math.floor(scaled * shift + 0.5) / shift


def _decimals(scaled: float) -> int:
    return 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
