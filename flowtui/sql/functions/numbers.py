"""Functions of numbers (LANGUAGE.md 2.1)."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.value import Value


def _numeric(template: str) -> Function:
    return lambda a: a.values.number(template.format(a.double(0)))


def _fold(name: str) -> Function:
    """`greatest` and `least`: missing if one of them is no number, as in arithmetic."""

    def compile_fold(a: Arguments) -> Value:
        numbers = [a.double(index) for index in range(len(a))]
        present = " AND ".join(f"{number} IS NOT NULL" for number in numbers)
        return a.values.number(f"CASE WHEN {present} THEN {name}({', '.join(numbers)}) END")

    return compile_fold


def _bounded(type_: str) -> Function:
    """`toInt` and `toLong`: the fraction is cut; what does not fit is missing."""
    return lambda a: a.values.integer(f"TRY_CAST({whole(a.value(0), a)} AS {type_})")


def whole(value: Value, a: Arguments) -> str:
    """The number without its fraction."""
    return value.number if value.is_exact else a.dialect.numbers.truncated(value.number)


def _to_number(a: Arguments) -> Value:
    value = a.value(0)
    return a.values.computed(value.number, is_exact=value.is_exact)


def _is_numeric(a: Arguments) -> Value:
    return a.values.boolean(f"{a.value(0).number} IS NOT NULL")


def _round(a: Arguments) -> Value:
    digits = f"coalesce({a.whole(1)}, 0)" if len(a) > 1 else "0"
    return a.values.number(f"round({a.double(0)}, {digits})")


def _histogram(a: Arguments) -> Value:
    """Where the number's bucket starts; the second argument is the width, as on the service (7)."""
    width = a.double(1)
    positive = f"CASE WHEN {width} > 0 THEN {width} END"
    return a.values.number(f"(floor({a.double(0)} / {positive}) * {positive})")


def _haversine(a: Arguments) -> Value:
    """Kilometres on a sphere with the mean radius of the Earth, 6371 km (ours)."""
    numbers = a.dialect.numbers
    angles = [numbers.finite(a.double(index)) for index in range(4)]
    return a.values.number(numbers.haversine(*angles))


FUNCTIONS: Mapping[str, Function] = {
    "abs": _numeric("abs({0})"),
    "ceil": _numeric("ceil({0})"),
    "floor": _numeric("floor({0})"),
    "greatest": _fold("greatest"),
    "least": _fold("least"),
    "log": _numeric("CASE WHEN {0} > 0 THEN ln({0}) END"),
    "round": _round,
    "haversine": _haversine,
    "histogram": _histogram,
    "sqrt": _numeric("CASE WHEN {0} >= 0 THEN sqrt({0}) END"),
    "tonumber": _to_number,
    "toint": _bounded("INTEGER"),
    "tolong": _bounded("BIGINT"),
    "todouble": lambda a: a.values.number(a.double(0)),
    "isnumeric": _is_numeric,
}
