"""Loose comparison of two values (LANGUAGE.md 3.1 and 8.2).

A condition is SQL that is TRUE where the row meets it; FALSE and NULL both mean that it does
not. AND and OR keep that reading; every negation goes through `negation`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from flowtui.sql.dialects.base import Dialect
from flowtui.sql.environment import CompileEnvironment
from flowtui.sql.value import MISSING, Value, ValueKind, Values

_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_BIGINT = range(-(2**63), 2**63)


def negation(condition: str, dialect: Dialect) -> str:
    """TRUE where the condition is not.

    So `!=`, `not like` and `not in` keep the rows that lack the field (3.1; not verified on the
    service). To drop them instead, let this be `NOT ({condition})` for those three.
    """
    return dialect.conditions.unmet(condition)


def comparable(condition: str, dialect: Dialect, *sides: Value) -> str:
    """`condition`, but no comparison holds of a map or a list, not even a negated one (2.4)."""
    structures = [dialect.json.is_structure(side.json) for side in sides if side.json]
    checks = [f" AND {dialect.conditions.unmet(is_structure)}" for is_structure in structures]
    return f"({condition}{''.join(checks)})" if checks else condition


def literal(constant: str | float, environment: CompileEnvironment) -> Value:
    """The value of a literal; a text that reads as a number is one too."""
    parameters, as_number = environment.parameters, read_number(constant)
    if isinstance(constant, str):
        sql = parameters.add(constant)
        size = len(constant.encode(errors="replace")) or 1
        if as_number is None:
            return Value(ValueKind.TEXT, sql, MISSING.number, constant=constant, longest=size)
        number = parameters.add(as_number)
        is_exact = isinstance(as_number, int)
        return Value(ValueKind.TEXT, sql, number, is_exact, constant=constant, longest=size)
    is_exact = isinstance(constant, int)
    value = environment.values.computed(parameters.add(constant), is_exact=is_exact)
    return replace(value, constant=constant)


def read_number(constant: str | float) -> int | float | None:
    """The number that a literal stands for; an integer where a BIGINT holds it."""
    if not isinstance(constant, str):
        return constant
    if not _NUMBER.fullmatch(constant):
        return None
    try:
        whole = int(constant)
    except ValueError:
        value = float(constant)
        return value if math.isfinite(value) else None
    return whole if whole in _BIGINT else float(whole)


def compare(operator: str, left: Value, right: Value, environment: CompileEnvironment) -> str:
    """The condition `left operator right`; the operator is one of `= != < <= > >=`."""
    dialect = environment.dialect
    match operator:
        case "=":
            return _equal(left, right, environment)
        case "!=":
            return comparable(
                negation(_equal(left, right, environment), dialect), dialect, left, right
            )
        case _:
            return _ordered(operator, left, right, environment)


def is_in(left: Value, choices: tuple[Value, ...], environment: CompileEnvironment) -> str:
    """Whether `left` equals one of the choices; a list of literals becomes one IN each."""
    numbers, texts, others = [], [], []
    for choice in choices:
        if choice.constant is None:
            others.append(_equal(left, choice, environment))
        elif (number := read_number(choice.constant)) is not None:
            numbers.append(environment.parameters.add(number))
        else:
            texts.append(environment.parameters.add(str(choice.constant)))
    parts = [f"{left.number} IN ({', '.join(numbers)})"] if numbers else []
    parts += [f"{left.text} IN ({', '.join(texts)})"] if texts else []
    return f"({' OR '.join((*parts, *others))})" if parts or others else "FALSE"


def _equal(left: Value, right: Value, environment: CompileEnvironment) -> str:
    if left.constant is not None:
        left, right = right, left
    if right.constant is not None:
        number = read_number(right.constant)
        if number is not None:
            return f"({left.number} = {environment.parameters.add(number)})"
        return f"({left.text} = {environment.parameters.add(str(right.constant))})"
    if not (left.is_loose or right.is_loose):
        return f"({left.number} = {right.number})"
    # Equal texts are equal in every reading, so only unequal ones need be read as numbers.
    return f"({left.text} = {right.text} OR {left.number} = {right.number})"


_MIRRORED: Mapping[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _ordered(operator: str, left: Value, right: Value, environment: CompileEnvironment) -> str:
    """Two numbers by value, two other texts by character; a number is in no order with a text."""
    if left.constant is not None and right.constant is None:
        return _ordered(_MIRRORED[operator], right, left, environment)
    if right.constant is not None:
        number = read_number(right.constant)
        if number is not None:
            return f"({left.number} {operator} {environment.parameters.add(number)})"
    by_number = f"{left.number} {operator} {right.number}"
    if not (left.is_loose or right.is_loose):
        return f"({by_number})"
    by_text = f"{left.text} {operator} {right.text}"
    no_numbers = f"{left.number} IS NULL AND {right.number} IS NULL"
    return f"({by_number} OR ({no_numbers} AND {by_text}))"


ARITHMETIC = frozenset("+-*/%^")


def calculate(operator: str, left: Value, right: Value, values: Values) -> Value:
    """Arithmetic is in DOUBLE; what is no number makes the result missing (3.1).

    A timestamp and a number more or less is a timestamp, in milliseconds (seen: a pasted export of
    `datefloor(@timestamp - 21600000, 1h) + 21600000`).
    """
    dialect = values.dialect
    found = _calculated(operator, left.double, right.double, dialect)
    is_moved = left.kind is ValueKind.TIMESTAMP and right.kind is not ValueKind.TIMESTAMP
    is_mirrored = right.kind is ValueKind.TIMESTAMP and left.kind is not ValueKind.TIMESTAMP
    if (operator in ("+", "-") and is_moved) or (operator == "+" and is_mirrored):
        return values.timestamp(dialect.times.moment(dialect.numbers.truncated(found)))
    return values.number(found)


def _calculated(operator: str, left: str, right: str, dialect: Dialect) -> str:
    match operator:
        case "/" | "%":
            # Division by zero is missing, and `%` has the sign of the dividend (3.4).
            return f"({left} {operator} nullif({right}, 0))"
        case "^":
            return dialect.numbers.finite(f"pow({left}, {right})")
        case _:
            return f"({left} {operator} {right})"


def keys(left: Value, right: Value) -> tuple[str, str]:
    """SQL of each side that is equal where the two values are, for many rows at a time."""
    if not (left.is_loose or right.is_loose):
        return left.number, right.number
    is_exact = left.is_exact and right.is_exact
    return _key(left, is_exact=is_exact), _key(right, is_exact=is_exact)


def _key(value: Value, *, is_exact: bool) -> str:
    """A number in one spelling, or else the text; no text that is no number looks like one."""
    # Adding 0 makes a zero of a minus zero, which is another text.
    number = value.number if is_exact else f"({value.double} + 0)"
    return f"coalesce(CAST({number} AS VARCHAR), {value.text})"
