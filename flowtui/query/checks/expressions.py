"""Operators and literals: what may stand on which side of what (1.1, 1.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from flowtui.flowlogs.fields import SPELLINGS
from flowtui.query import ast
from flowtui.query.catalogue import find_function, parameters
from flowtui.query.catalogue.limits import PARAMETER_NAME_LENGTH
from flowtui.query.checks.calls import check_call, check_period
from flowtui.query.checks.diagnostic import Diagnostic, error, shorten, warning
from flowtui.query.predicates import is_time
from flowtui.query.regexes import outline
from flowtui.query.timebin import fixed_length

_HEXADECIMAL = re.compile("0[xX][0-9a-fA-F]+")

_MULTIPLES = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
"""Of `10k` and `1MB`; an `m` alone is minutes."""

_MATCHES = ("like", "not like", "=~")
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


def check_node(node: ast.Node, parent: ast.Node) -> Iterator[Diagnostic]:
    """The findings in this node itself, where it stands."""
    rule = _RULES.get(type(node))
    if rule is not None:
        yield from rule(node, parent)


def _call(node: ast.Call, _parent: ast.Node) -> Iterator[Diagnostic]:
    yield from check_call(node)


def _binary(node: ast.Binary, _parent: ast.Node) -> Iterator[Diagnostic]:
    if node.operator in _MATCHES:
        yield from _match(node)
    elif node.operator in ("in", "not in"):
        yield from _choice(node)
    elif node.operator in _COMPARISONS:
        yield from _comparison(node)


def _match(node: ast.Binary) -> Iterator[Diagnostic]:
    """The right side is a quoted substring or a regular expression, of `=~` only the latter."""
    right = node.right
    match right:
        case ast.Regex() | ast.Template():
            return
        case ast.String(value) if node.operator == "=~":
            message = f"=~ takes a regular expression: =~ /{shorten(value)}/"
            yield warning("match", message, right.span)
        case ast.String(value):
            # A text may well end in a %: like "100%".
            mark = "*" if value.endswith("*") else value[:1]
            if mark in ("*", "%"):
                message = f"like finds the text as it is, and {mark} is no wildcard in it"
                yield warning("like-wildcard", message, right.span)
        case ast.Call():
            message = f"{node.operator} is documented with a text or /regex/ only"
            yield warning("match", message, right.span)
        case ast.Field(name):
            message = f'{node.operator} takes a text or /regex/; write "{shorten(name)}"'
            yield error("match", message, right.span)
        case _:
            message = f'{node.operator} takes a text such as "REJECT" or /regex/'
            yield error("match", message, right.span)


def _choice(node: ast.Binary) -> Iterator[Diagnostic]:
    match node.right:
        case ast.List(()):
            yield warning("in-list", "nothing is in an empty list", node.right.span)
        case ast.List(values):
            for value in values:
                yield from _block_compared(node, value)
        case ast.Subquery() | ast.Template():
            return
        case right:
            message = f"{node.operator} needs a list such as [22, 443] or a query in brackets"
            yield error("in-list", message, right.span)


def _comparison(node: ast.Binary) -> Iterator[Diagnostic]:
    left, right = node.left, node.right
    if isinstance(right, ast.List | ast.Subquery):
        word = "not in" if node.operator == "!=" else "in"
        yield error("in-list", f"{node.operator} takes one value; write {word}", right.span)
    elif isinstance(left, ast.Field) and isinstance(right, ast.String):
        if left.name == "@timestamp":
            message = "a time is compared as a number: toMillis(@timestamp) >= 1700000000000"
            yield warning("timestamp-text", message, right.span)
        yield from _block_compared(node, right)
    elif isinstance(left, ast.Field) and _is_date(right):
        message = "this is a subtraction; a time is toMillis(@timestamp) >= 1700000000000"
        yield warning("timestamp-text", message, right.span)
    elif isinstance(left, ast.Field) and isinstance(right, ast.Field):
        if right.name.lower() == "null":
            message = f"there is no null; write not ispresent({shorten(left.name)})"
            yield warning("unquoted-text", message, right.span)
        info = SPELLINGS.get(left.name)
        if info is not None and right.name in info.values:
            message = f'{right.name} without quotes is a field; write "{right.name}"'
            yield warning("unquoted-text", message, right.span)


def _is_date(node: ast.Expr) -> bool:
    """`2024-01-31` without quotes."""
    match node:
        case ast.Binary("-", ast.Binary("-", ast.Number(year), ast.Number()), ast.Number(day)):
            return (len(year), len(day), node.span[1] - node.span[0]) == (4, 2, 10)
        case _:
            return False


def _block_compared(node: ast.Binary, value: ast.Expr) -> Iterator[Diagnostic]:
    """`srcaddr = "10.0.0.0/8"`: no address equals a block."""
    if isinstance(value, ast.String) and isinstance(node.left, ast.Field) and "/" in value.value:
        try:
            version = ip_network(value.value, strict=False).version
        except ValueError:
            return
        message = f"no address equals a block; write isIpv{version}InSubnet({node.left.name}, ...)"
        yield warning("cidr-compared", message, value.span)


def _list(node: ast.List, parent: ast.Node) -> Iterator[Diagnostic]:
    """A comparison with a list has an error of its own; a saved query may take one."""
    if not isinstance(parent, ast.Binary | ast.Argument):
        yield error("in-list", "a list stands after in only: field in [22, 443]", node.span)


def _regex(node: ast.Regex, parent: ast.Node) -> Iterator[Diagnostic]:
    start = node.span[0] + 1
    for flaw in outline(node.pattern).flaws:
        yield error("regex", flaw.message, (start + flaw.span[0], start + flaw.span[1]))
    is_matched = isinstance(parent, ast.Binary) and parent.operator in _MATCHES
    if not (is_matched or _takes(parent, "regex") or isinstance(parent, ast.Parse)):
        message = "a regular expression stands after like, =~ or parse only"
        yield error("misplaced-regex", message, node.span)


def _period(node: ast.Period, parent: ast.Node) -> Iterator[Diagnostic]:
    if isinstance(parent, ast.CommandNode | ast.Argument):
        yield from check_period(node)
        return
    if _is_added(node, parent):
        yield from _added(node)
        return
    if _takes(parent, "period"):
        return
    text = f"{node.count}{node.unit}"
    if _HEXADECIMAL.fullmatch(text):
        message = f'a hexadecimal number is written hexToDec("{text}")'
        yield error("misplaced-period", message, node.span)
        return
    factor = _MULTIPLES.get(node.unit.lower().removesuffix("b"))
    if factor and node.unit != "m":
        message = f"a number has no unit; write {node.count * factor}"
        yield error("misplaced-period", message, node.span)
        return
    message = f"{text} is a length of time, which stands in functions such as bin({text}) only"
    yield error("misplaced-period", message, node.span)


def _takes(parent: ast.Node, parameter: str) -> bool:
    """Whether a function has such an argument; one that nobody knows may have any."""
    info = find_function(parent.name) if isinstance(parent, ast.Call) else None
    return isinstance(parent, ast.Call) and (info is None or parameter in parameters(info))


def _is_added(node: ast.Period, parent: ast.Node) -> bool:
    """Whether it stands in `@timestamp + 9h`, or after a minus."""
    match parent:
        case ast.Binary("+" | "-", left, right):
            return right is node and is_time(left)
        case _:
            return False


def _added(node: ast.Period) -> Iterator[Diagnostic]:
    if flaws := list(check_period(node)):
        yield from flaws
        return
    length = fixed_length(node)
    if length is None:
        message = "a month is not always as long; add days to a timestamp, in milliseconds"
        yield error("added-period", message, node.span)
        return
    message = "a period that is added to a timestamp was seen to give wrong times"
    milliseconds = length // timedelta(milliseconds=1)
    yield warning("added-period", f"{message}; write {milliseconds}", node.span)


def _star(node: ast.Star, parent: ast.Node) -> Iterator[Diagnostic]:
    if not isinstance(parent, ast.Call):
        yield error("argument", "* stands in count(*) only", node.span)


def _template(node: ast.Template, _parent: ast.Node) -> Iterator[Diagnostic]:
    if len(node.name) > PARAMETER_NAME_LENGTH:
        message = f"the name of a parameter has at most {PARAMETER_NAME_LENGTH} characters"
        yield error("template", message, node.span)


_RULES: dict[type[ast.Node], Callable[[Any, ast.Node], Iterator[Diagnostic]]] = {
    ast.Call: _call,
    ast.Binary: _binary,
    ast.List: _list,
    ast.Regex: _regex,
    ast.Period: _period,
    ast.Star: _star,
    ast.Template: _template,
}
