"""The condition that holds for exactly the rows whose expression shows a given value."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from flowtui.flowlogs.fields import FIELDS, FieldInfo
from flowtui.model.timerange import to_ms
from flowtui.query import ast
from flowtui.query.catalogue import FunctionRole, Result, find_function, has_role
from flowtui.query.catalogue.system_fields import TIME_FIELDS
from flowtui.query.timebin import parse_timestamp

_FLOW_LOG_FIELDS = {
    name: info for info in FIELDS.values() for name in (info.column, info.discovered)
}
_ACCOUNT = re.compile(r"\d{12}")
_CANONICAL = re.compile(r"0|-?[1-9]\d*")
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "^"})
_CONDITIONS = frozenset(
    {"and", "or", "=", "!=", "<", "<=", ">", ">=", "like", "not like", "=~", "in", "not in"}
)


NONE: frozenset[FieldInfo] = frozenset()


def equals(
    expr: ast.Expr,
    value: str | None,
    meaning: ast.Expr | None = None,
    respelled: frozenset[FieldInfo] = NONE,
) -> ast.Expr:
    """A condition that is met where `expr` is shown as `value`; None stands for missing.

    `=` compares loosely (LANGUAGE.md 3.1): "01" equals 1. So it is used only where that makes no
    difference; else the shown text itself is matched. `meaning` is what a name stands for, and of
    `respelled` fields some records write a number as AWS never does.
    """
    if value is None:
        return ast.Unary("not", ast.Call("ispresent", (expr,)))
    meaning = expr if meaning is None else meaning
    if is_time(meaning):
        return _same_time(expr, value)
    if _is_condition(meaning):
        return expr if value == "1" else _negation(expr)
    number = _number(value)
    if number is None:
        return ast.Binary("=", expr, ast.String(value))
    if isinstance(meaning, ast.Field) and _is_spelled_one_way(meaning.name, value, respelled):
        return ast.Binary("=", expr, _literal(value))
    if is_number(meaning):
        return _within_rounding(expr, number)
    return ast.Binary("like", expr, ast.Regex(f"^{escaped(value)}$"))


def _negation(condition: ast.Expr) -> ast.Expr:
    match condition:
        case ast.Unary("not", operand) if _is_condition(operand):
            return operand
        case _:
            return ast.Unary("not", condition)


def in_group(
    expr: ast.Expr,
    value: str | None,
    meaning: ast.Expr | None = None,
    respelled: frozenset[FieldInfo] = NONE,
) -> ast.Expr:
    """The condition that a row is in the group whose key `expr` is shown as `value`.

    What is in a map may be a map or a list itself; it is there, but as a key it is missing
    (LANGUAGE.md 2.4), as it is to `concat`.
    """
    if value is None and (isinstance(expr, ast.Member) or _is_path(expr)):
        return equals(ast.Call("concat", (expr,)), None)
    return equals(expr, value, meaning, respelled)


def _is_path(expr: ast.Expr) -> bool:
    return isinstance(expr, ast.Field) and "." in expr.name


def _is_spelled_one_way(name: str, value: str, respelled: frozenset[FieldInfo]) -> bool:
    """Whether this number of the record is written like this only, so that loose is exact."""
    info = _FLOW_LOG_FIELDS.get(name)
    if info is None or info in respelled:
        return False
    pattern = _CANONICAL if info.type.is_number else _ACCOUNT
    return pattern.fullmatch(value) is not None


def _same_time(expr: ast.Expr, value: str) -> ast.Expr:
    """Timestamps can't be compared as text (LANGUAGE.md 2.2), so as milliseconds."""
    moment = parse_timestamp(value)
    if moment is None:
        return ast.Binary("=", expr, ast.String(value))
    return ast.Binary("=", ast.Call("toMillis", (expr,)), ast.Number(str(to_ms(moment))))


def _within_rounding(expr: ast.Expr, shown: Decimal) -> ast.Expr:
    """All numbers that are shown as `shown`, which is rounded half up (LANGUAGE.md 3.3)."""
    size = abs(shown)
    # At least four significant digits are shown, so only zero itself is 0. And where no double
    # lies between a number and its bounds, those would be that number.
    is_integral = shown == shown.to_integral_value()
    if not shown or size >= 2**39 or (size >= 2**38 and is_integral):
        return ast.Binary("=", expr, _signed(shown))
    places = 4 if size >= 1 else max(4, 3 - size.adjusted())
    far = Decimal(5).scaleb(-places - 1)
    # A number just below 0.1, 0.01, ... is shown with one decimal more.
    is_step = size < 1 and size == Decimal(1).scaleb(size.adjusted())
    near = far / 10 if is_step else far
    if shown > 0:
        return _between((">=", size - near), expr, ("<", size + far))
    return _between((">", -size - far), expr, ("<=", near - size))


def is_whole(aggregate: ast.Expr) -> bool:
    """Whether it counts, or joins whole numbers of the record."""
    match aggregate:
        case ast.Call(name) if has_role(name, FunctionRole.COUNTS):
            return True
        case ast.Call(name, (ast.Field(field),)) if has_role(name, FunctionRole.KEEPS_WHOLE):
            info = _FLOW_LOG_FIELDS.get(field)
            return info is not None and info.type.is_number
        case _:
            return False


def at_least(expr: ast.Expr, value: str, *, is_whole: bool) -> ast.Binary | None:
    """That a number is shown as `value` or a larger one; None for what is no number.

    `is_whole` numbers are shown as they are; others are rounded.
    """
    number = _number(value)
    if number is None:
        return None
    if not is_whole:
        match _within_rounding(expr, number):
            case ast.Binary("and", ast.Binary() as low):
                return low
    return ast.Binary(">=", expr, _signed(number))


def _between(low: tuple[str, Decimal], expr: ast.Expr, high: tuple[str, Decimal]) -> ast.Expr:
    bounds = (
        ast.Binary(_as_double(operator, number), expr, _signed(number))
        for operator, number in (low, high)
    )
    return ast.Binary("and", *bounds)


_NEXT = {">=": ">", ">": ">=", "<": "<=", "<=": "<"}


def _as_double(operator: str, bound: Decimal) -> str:
    """The operator that holds of the same doubles once the bound is read as a double itself.

    From some 16 digits on it may become one that lies on the other side of it.
    """
    read = Decimal(repr(float(bound)))
    is_turned = read < bound if operator in (">=", "<") else read > bound
    return _NEXT[operator] if is_turned else operator


def _signed(number: Decimal) -> ast.Expr:
    literal = ast.Number(f"{abs(number):f}")
    return ast.Unary("-", literal) if number < 0 else literal


def _literal(value: str) -> ast.Expr:
    """A number as people write it, if it is short; an account id stays a text."""
    return (
        ast.Number(value) if _CANONICAL.fullmatch(value) and len(value) < 11 else ast.String(value)
    )


def escaped(text: str) -> str:
    """The inside of a regular expression that matches just this text."""
    return re.sub(r"[\\.^$*+?()\[\]{}|/]", r"\\\g<0>", text)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def is_time(expr: ast.Expr) -> bool:
    """Whether its values are timestamps, as those of one and a number more or less are."""
    match expr:
        case ast.Call(name):
            return _gives(name, Result.TIME)
        case ast.Field(name):
            return name in TIME_FIELDS
        case ast.Binary("+", left, right):
            return is_time(left) != is_time(right)
        case ast.Binary("-", left, right):
            return is_time(left) and not is_time(right)
        case _:
            return False


def _is_condition(expr: ast.Expr) -> bool:
    match expr:
        case ast.Binary(operator):
            return operator in _CONDITIONS
        case ast.Unary("not"):
            return True
        case ast.Call(name):
            return _gives(name, Result.CONDITION)
        case _:
            return False


def is_number(expr: ast.Expr) -> bool:
    match expr:
        case ast.Binary(operator):
            return operator in _ARITHMETIC
        case ast.Unary("-"):
            return True
        case ast.Call(name):
            return _gives(name, Result.NUMBER)
        case _:
            return False


def _gives(function: str, result: Result) -> bool:
    info = find_function(function)
    return info is not None and info.result is result
