from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import inf, nextafter
from typing import TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.predicates import equals
from flowtui.query.printer import expr_text
from tests.oracle.values import number_text


def expression(text: str) -> ast.Expr:
    (command,) = parse(f"filter {text}").commands
    assert isinstance(command, ast.Filter)
    return command.condition


@pytest.mark.parametrize(
    ("text", "value", "condition"),
    [
        ("dstport", "443", "dstport = 443"),
        ("dstPort", "443", "dstPort = 443"),
        ("dstport", "-", 'dstport = "-"'),
        ("account_id", "012345678901", 'account_id = "012345678901"'),
        ("mine", "443", "mine like /^443$/"),
        ("mine", "1.50", r"mine like /^1\.50$/"),
        ("mine", "1e5", "mine like /^1e5$/"),
        ("mine", "NaN", 'mine = "NaN"'),
        ("mine", "a/b", 'mine = "a/b"'),
        ("mine", None, "not ispresent(mine)"),
        ("a + b", None, "not ispresent(a + b)"),
        ("toMillis(a)", "1648771200000", "toMillis(a) = 1648771200000"),
        ("a - b", "-1648771200000", "a - b = -1648771200000"),
        ("@timestamp", "2022-04-01 15:20:00.123", "toMillis(@timestamp) = 1648826400123"),
        ("bin(1m)", "not a time", 'bin(1m) = "not a time"'),
        ("a in [1]", "1", "a in [1]"),
        ("!a", "0", "not not a"),
        ("isIpInSubnet(a, b)", "0", "not isIpInSubnet(a, b)"),
        ("a / b", "142857142857142.86", "a / b = 142857142857142.86"),
        ("ceil(a)", "2", "ceil(a) >= 1.99995 and ceil(a) < 2.00005"),
    ],
)
def test_condition(text: str, value: str | None, condition: str) -> None:
    assert expr_text(equals(expression(text), value)) == condition


def shown(number: Decimal) -> str:
    """A number as the service renders it: LANGUAGE.md 3.3."""
    places = 4 if abs(number) >= 1 or not number else max(4, 3 - number.adjusted())
    text = f"{number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


Number = TypeVar("Number", Decimal, float)


def holds(condition: ast.Expr, number: Number) -> bool:
    match condition:
        case ast.Binary("and", left, right):
            return holds(left, number) and holds(right, number)
        case ast.Binary(operator, _, bound):
            limit = type(number)(expr_text(bound))
            return {
                ">=": number >= limit,
                ">": number > limit,
                "<": number < limit,
                "<=": number <= limit,
                "=": number == limit,
            }[operator]
    raise AssertionError(condition)


NUMBERS = [
    Decimal(sign) * Decimal(digits).scaleb(exponent)
    for sign in (1, -1)
    for digits in ("1", "0.99995", "0.999949", "0.99996", "1.00005", "1.000049", "3.33335", "6.5")
    for exponent in (3, 0, -1, -2, -5)
]


@pytest.mark.parametrize("number", [Decimal(0), *NUMBERS], ids=str)
def test_a_computed_number_is_matched_by_all_that_are_shown_like_it(number: Decimal) -> None:
    condition = equals(expression("a * b"), shown(number))
    assert {other for other in [Decimal(0), *NUMBERS] if holds(condition, other)} == {
        other for other in [Decimal(0), *NUMBERS] if shown(other) == shown(number)
    }


@example(1648825912500 / 7)
@example(-1648825200500 / 7)
@given(st.floats(2**27, 2**45) | st.floats(-(2**45), -(2**27)) | st.floats(-10, 10))
def test_of_the_doubles_side_by_side_only_those_match_that_are_shown_alike(number: float) -> None:
    text = number_text(number)
    condition = equals(expression("a * b"), text)
    for other in (number, nextafter(number, inf), nextafter(number, -inf)):
        assert holds(condition, other) == (number_text(other) == text), other
