"""What an expression is for one row (1.2), and whether the row meets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import canonical
from tests.oracle import times
from tests.oracle.functions import FUNCTIONS, OPERATORS, from_millis, inside
from tests.oracle.values import (
    EPOCH,
    Timestamp,
    Value,
    is_equal,
    is_less,
    number,
    plain_text,
)


@dataclass(frozen=True)
class Context:
    """What the whole query knows; `subquery` gives the values of a query in brackets."""

    window: TimeRange
    now: datetime
    subquery: Callable[[ast.Pipeline], list[Value]]


@dataclass
class Row:
    fields: dict[str, Value]
    """What the names in reach mean."""
    parsed: dict[str, Value] = field(default_factory=dict)
    chosen: dict[str, Value] = field(default_factory=dict)
    shown: dict[str, Value] = field(default_factory=dict)
    made: list[tuple[ast.Expr, Value]] = field(default_factory=list)
    """What a `stats` has computed, by its expression (1.4: it may be named by its text)."""
    place: tuple[int, ...] = ()
    """Which of the rows it is that were made of one."""

    def copy(self) -> Row:
        return replace(
            self,
            fields=dict(self.fields),
            parsed=dict(self.parsed),
            chosen=dict(self.chosen),
            shown=dict(self.shown),
        )


def value(expr: ast.Expr, row: Row, context: Context) -> Value:  # noqa: C901, PLR0911, PLR0912  (one case a node)
    for made, found in row.made:
        if made == expr:
            return found
    match expr:
        case ast.Field(name):
            return named(name, row)
        case ast.String(written):
            return written
        case ast.Number(written):
            return number(written)
        case ast.Boolean(is_true):
            return int(is_true)  # 3.1
        case ast.Member(base, key):
            return inside(value(base, row, context), key)
        case ast.Unary("-", operand):
            return OPERATORS["-"](0, value(operand, row, context))
        case ast.Binary(operator, left, right) if operator in OPERATORS:
            return calculated(operator, value(left, row, context), value(right, row, context))
        case ast.Call():
            return called(expr, row, context)
        case _:
            return int(holds(expr, row, context))  # 1.2: a condition is shown as 1 or 0


def calculated(operator: str, left: Value, right: Value) -> Value:
    """A moment and a number more or less is a moment (1.7), if one of 1970 to 9999 (ours)."""
    found = OPERATORS[operator](left, right)
    one, other = (isinstance(side, Timestamp) for side in (left, right))
    is_moment = (one and not other) or (other and not one and operator == "+")
    return from_millis(found) if is_moment and operator in ("+", "-") else found


def named(name: str, row: Row) -> Value:
    """A field, or by its dots what is inside of a map or a list (1.1)."""
    keys = name.split(".")
    for length in range(len(keys), 0, -1):
        known = ".".join(keys[:length])
        if known in row.fields:
            return entered(row.fields[known], keys[length:])
    return None


def entered(container: Value, keys: list[str]) -> Value:
    """Each dot parts two keys, unless only a key with the dot is there (ours, `structures.py`)."""
    if not keys:
        return container
    ways = ((".".join(keys[:length]), keys[length:]) for length in range(1, len(keys) + 1))
    found = (entered(inside(container, key), rest) for key, rest in ways)
    return next((one for one in found if one is not None), None)


def called(call: ast.Call, row: Row, context: Context) -> Value:
    """A function of a row, by any spelling of its name (1.1)."""
    name, nodes = canonical(call.name), call.arguments
    match name:
        case "if" | "case":
            return choice(nodes, row, context)
        case "bin" | "datefloor" | "dateceil":
            return time_bin(name, nodes, row, context)
        case "now":
            return _ms(context.now) // 1000  # 2.2: seconds
        case "querystarttime":
            return _ms(context.window.start)
        case "queryendtime":
            return _ms(context.window.end)
        case "querytimerange":
            return _ms(context.window.end) - _ms(context.window.start)
    return FUNCTIONS[name](*(_pattern(node) or value(node, row, context) for node in nodes))


def _pattern(node: ast.Expr) -> str | None:
    return node.pattern if isinstance(node, ast.Regex) else None


def _ms(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds() * 1000)


def choice(nodes: tuple[ast.Expr, ...], row: Row, context: Context) -> Value:
    """2.3: the value after the first condition that is met, else the default, else nothing."""
    for index in range(0, len(nodes) - 1, 2):
        if holds(nodes[index], row, context):
            return value(nodes[index + 1], row, context)
    return value(nodes[-1], row, context) if len(nodes) % 2 else None


def time_bin(name: str, nodes: tuple[ast.Expr, ...], row: Row, context: Context) -> Value:
    """1.6; `bin` is of @timestamp."""
    moment = ast.Field("@timestamp") if name == "bin" else nodes[0]
    period = nodes[-1]
    assert isinstance(period, ast.Period)
    ms = number(value(moment, row, context))
    edge = times.ceil_ms if name == "dateceil" else times.floor_ms
    return None if ms is None else Timestamp(edge(int(ms), period))


def holds(expr: ast.Expr, row: Row, context: Context) -> bool:
    """8.2: conditions are two-valued; `!=`, `not like` and `not in` are negations of a test."""
    match expr:
        case ast.Binary("and", left, right):
            return holds(left, row, context) and holds(right, row, context)
        case ast.Binary("or", left, right):
            return holds(left, row, context) or holds(right, row, context)
        case ast.Unary("not", operand):
            return not holds(operand, row, context)
        case ast.Binary("!=" | "not like" | "not in" as operator, left, right):
            sides = [value(left, row, context), _side(right, row, context)]
            if any(isinstance(side, dict | list) for side in sides):
                return False  # 2.4: no comparison holds of a map or a list, this one neither
            test = "=" if operator == "!=" else operator.removeprefix("not ")
            return not holds(ast.Binary(test, left, right), row, context)
        case ast.Binary("like" | "=~" | "in" as operator, left, right):
            subject = value(left, row, context)
            is_met = is_one_of if operator == "in" else is_like
            return is_met(subject, right, row, context)
        case ast.Binary("=" | "<" | "<=" | ">" | ">=" as operator, left, right):
            return compare(operator, value(left, row, context), value(right, row, context))
        case _:
            found = number(value(expr, row, context))
            return found is not None and found != 0


def _side(expr: ast.Expr, row: Row, context: Context) -> Value:
    is_pattern = isinstance(expr, ast.Regex | ast.List | ast.Subquery)
    return None if is_pattern else value(expr, row, context)


def compare(operator: str, left: Value, right: Value) -> bool:
    match operator:
        case "=":
            return is_equal(left, right)
        case "<":
            return is_less(left, right)
        case ">":
            return is_less(right, left)
        case "<=":
            return is_less(left, right) or is_equal(left, right)
        case _:
            return is_less(right, left) or is_equal(left, right)


def is_like(subject: Value, pattern: ast.Expr, row: Row, context: Context) -> bool:
    """1.1: a text stands for itself and is found anywhere; a regular expression too."""
    found = plain_text(subject)
    if found is None:
        return False
    if isinstance(pattern, ast.Regex):
        return re.search(pattern.pattern, found) is not None
    wanted = plain_text(value(pattern, row, context))
    return wanted is not None and wanted in found


def is_one_of(subject: Value, choices: ast.Expr, row: Row, context: Context) -> bool:
    """3.1: equal to one of them, whole."""
    match choices:
        case ast.List(nodes):
            return any(is_equal(subject, value(node, row, context)) for node in nodes)
        case ast.Subquery(pipeline):
            return any(is_equal(subject, found) for found in context.subquery(pipeline))
        case _:
            return False
