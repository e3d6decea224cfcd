"""What an engine answers, as the text that the service would return (LANGUAGE.md 3.3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from math import floor, isfinite, log10

from flowtui.model.run import Cell
from flowtui.sql.value import ValueKind

_LARGE = 2**30
"""From here on a product with 10,000 may have lost the digit that rounds; decimals keep it."""
_STEP = Decimal("0.0001")

Answer = str | int | float | None
"""What a column of a compiled query holds."""


def renderer(kind: ValueKind) -> Callable[[Answer], Cell]:
    return _RENDERERS[kind]


def number_text(value: float | None) -> Cell:
    """Integral: no point. From 1 on: 4 decimals. Below: 4 significant digits. Half rounds up.

    A dialect's `numbers.text` does the same in SQL, step by step, so that a number that was grouped
    by its text and one that was fetched look alike.
    """
    if value is None or not isfinite(value):
        return None
    if isinstance(value, int):
        return str(value)
    if abs(value) >= 1e37:
        return f"{Decimal(repr(value)):f}"
    if value == floor(value):
        return str(int(value))
    if abs(value) >= _LARGE:
        return _trimmed(f"{Decimal(repr(value)).quantize(_STEP, ROUND_HALF_UP):f}")
    if abs(value) < 1e-290:
        return "0"
    decimals = 4 if abs(value) >= 1 else 3 - floor(log10(abs(value)))
    digits = str(floor(abs(value) * 10.0**decimals + 0.5)).zfill(decimals + 1)
    sign = "-" if value < 0 else ""
    return sign + _trimmed(f"{digits[:-decimals]}.{digits[-decimals:]}")


def _trimmed(decimal: str) -> str:
    return decimal.rstrip("0").rstrip(".")


def timestamp_text(milliseconds: int | None) -> Cell:
    if milliseconds is None:
        return None
    seconds, rest = divmod(milliseconds, 1000)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return str(milliseconds)  # beyond the year 9999, which only a broken record reaches
    return f"{moment:%Y-%m-%d %H:%M:%S}.{rest:03d}"


def _text(value: Answer) -> Cell:
    return value if value is None or isinstance(value, str) else str(value)


def _number(value: Answer) -> Cell:
    return value if isinstance(value, str) else number_text(value)


def _timestamp(value: Answer) -> Cell:
    return timestamp_text(value) if value is None or isinstance(value, int) else _text(value)


def json_text(value: Answer) -> Cell:
    """A map or a list as JSON, what is in one as a value, as a dialect's `json.text`."""
    match value:
        case "true":
            return "1"
        case "false":
            return "0"
        case str() if value.startswith('"'):
            return str(json.loads(value, strict=False))
        case _:
            return _text(value)


_RENDERERS: Mapping[ValueKind, Callable[[Answer], Cell]] = {
    ValueKind.TEXT: _text,
    ValueKind.NUMBER: _number,
    ValueKind.TIMESTAMP: _timestamp,
    ValueKind.JSON: json_text,
}
