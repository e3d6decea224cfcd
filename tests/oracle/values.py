"""Loose values: what is a number, how two compare, how one is shown and sorted (3.1, 3.3, 3.5)."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cmp_to_key

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Timestamp:
    """A moment; it counts as epoch milliseconds and is shown as a date."""

    ms: int


Number = int | float
Structure = dict[str, object] | list[object]
Value = None | str | int | float | Timestamp | Structure
"""None is what a row lacks. A text is a number too where it reads as one."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_BIGINT = range(-(2**63), 2**63)


def number(value: Value) -> Number | None:
    """3.1: what reads as a number is one; 8.1: integers are exact while 64 bits hold them."""
    match value:
        case Timestamp(ms):
            return ms
        case str() if _INTEGER.fullmatch(value) and int(value) in _BIGINT:
            return int(value)
        case str() if _NUMBER.fullmatch(value):
            return finite(float(value))
        case int() | float():
            return value
        case _:
            return None


def finite(value: float) -> float | None:
    """3.4: what no number can be is missing."""
    return value if math.isfinite(value) else None


def text(value: Value) -> str | None:
    """The value as it is shown (3.3, 8.6); a raw field is echoed as it stands in the log."""
    match value:
        case None:
            return None
        case str():
            return value
        case Timestamp(ms):
            return timestamp_text(ms)
        case int() | float():
            return number_text(value)
        case dict() | list():
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def plain_text(value: Value) -> str | None:
    """2.4: a map or a list is no text to the functions of texts."""
    return None if isinstance(value, dict | list) else text(value)


def number_text(value: Number) -> str:
    """3.3, in decimal arithmetic on the digits that mean this number.

    Whole numbers are shown to the last digit, above 1e37 with zeros for what a double does not
    hold (ours, `render.py`).
    """
    if value == math.floor(value) and abs(value) < 1e37:
        return str(int(value))
    exact = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    if abs(value) >= 1e37:
        return f"{exact:f}"
    decimals = 4 if abs(exact) >= 1 else max(4, 3 - exact.adjusted())
    step = Decimal(1).scaleb(-decimals)
    shown = f"{exact.quantize(step, ROUND_HALF_UP, Context(prec=400)):f}"
    return shown.rstrip("0").rstrip(".")


def timestamp_text(ms: int) -> str:
    """1.7: `2024-11-20 15:45:00.000`, UTC."""
    moment = EPOCH + timedelta(milliseconds=ms)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"


def is_equal(left: Value, right: Value) -> bool:
    """3.1: as numbers if both are, else as texts; what is missing equals nothing (8.2)."""
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return False  # 2.4
    one, other = number(left), number(right)
    if one is not None and other is not None:
        return one == other
    return left is not None and right is not None and text(left) == text(right)


def is_less(left: Value, right: Value) -> bool:
    """3.1: numbers by value, texts by character; a number is in no order with a text."""
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return False  # 2.4
    one, other = number(left), number(right)
    if one is not None and other is not None:
        return one < other
    if one is not None or other is not None:
        return False
    a, b = text(left), text(right)
    return a is not None and b is not None and a < b


def compare_naturally(left: Value, right: Value) -> int:
    """3.5, ascending: missing, then texts chunk by chunk, then numbers by value.

    Numbers that are equal but written differently go by their texts: `0 01 1` in AWS's example.
    """
    if left is None or right is None:
        return (left is not None) - (right is not None)
    one, other = number(left), number(right)
    if one is not None and other is not None:
        return _sign(one, other) or _by_text(left, right)
    if one is not None or other is not None:
        return 1 if one is not None else -1
    return _by_chunks(text(left) or "", text(right) or "")


def _by_text(left: Value, right: Value) -> int:
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    return 0


def _by_chunks(left: str, right: str) -> int:
    """Runs of digits by length, then by value; other characters by Unicode."""
    one, other = (re.findall("[0-9]+|[^0-9]", word, re.DOTALL) for word in (left, right))
    for a, b in zip(one, other, strict=False):
        if a == b:
            continue
        if a.isdecimal() and b.isdecimal():
            return _sign(len(a), len(b)) or _sign(int(a), int(b))
        return _sign(ord(a[0]), ord(b[0]))
    return _sign(len(one), len(other))


def _sign(left: Number, right: Number) -> int:
    return (left > right) - (left < right)


natural_key = cmp_to_key(compare_naturally)
