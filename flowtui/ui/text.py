"""Values as people read them: foreign text made safe, sizes, lengths, money, natural order."""

from __future__ import annotations

import math
import re

from flowtui.model.foreign import SUBSTITUTE, clean, clean_lines
from flowtui.model.run import Cell

__all__ = [
    "NOTHING",
    "SUBSTITUTE",
    "NaturalKey",
    "about_money",
    "clean",
    "clean_lines",
    "group_label",
    "human_bytes",
    "human_count",
    "human_duration",
    "human_money",
    "is_number",
    "natural_key",
    "number",
]

NOTHING = "-"
"""How a flow log writes "no value"; it is a value, and shown."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DIGITS = re.compile(r"[0-9]+")

NaturalKey = tuple[int, int | float, str]


def is_number(text: Cell) -> bool:
    """Whether the whole value is a decimal number: no spaces, no underscores, no `nan`."""
    return text is not None and _NUMBER.fullmatch(text) is not None


def number(text: Cell) -> int | float:
    """The value as a number, exact where it is whole; 0 where it is none."""
    if text is None or not is_number(text):
        return 0
    if text.isdigit():
        return int(text[-4000:])  # Python refuses to read longer ones
    value = float(text)
    return value if math.isfinite(value) else 0


def natural_key(value: Cell) -> NaturalKey:
    """Where a value sorts: missing, then text, then numbers.

    In text a run of digits sorts by length, then by value, where a digit would stand, so that
    10.0.0.9 comes before 10.0.0.10. This is the "natural sort" of Logs Insights.
    """
    if value is None:
        return 0, 0, ""
    if is_number(value):
        return 2, number(value), value
    return 1, 0, _DIGITS.sub(_by_length, value)


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


def group_label(name: str) -> str:
    """A log group as people tell it: one that goes by its ARN as `111122223333:/vpc/edge`."""
    if not name.startswith("arn:"):
        return name
    # The first frame needs nothing of it.
    from flowtui.flowlogs.delivery import account_of_arn, group_of_arn

    group = group_of_arn(name)
    return f"{account_of_arn(name)}:{group}" if group else name


def _scale(value: float, prefixes: tuple[str, ...]) -> tuple[str, str]:
    size, power = abs(value), 0
    while size >= 1000 ** (power + 1) and power < len(prefixes) - 1:
        power += 1
    sign = "-" if value < 0 else ""
    if power == 0:
        return f"{sign}{math.floor(size * 10) / 10:.1f}".removesuffix(".0"), prefixes[0]
    tenths = math.floor(size * 10 / 1000**power)
    return f"{sign}{tenths // 10}.{tenths % 10}", prefixes[power]


def _by_length(digits: re.Match[str]) -> str:
    run = digits.group()
    return f"0{chr(min(len(run), 0x10FFFF))}{run}"
