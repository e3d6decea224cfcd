"""Function calls: is there such a function, and does it take these arguments (2)?"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from flowtui.model.errors import Span
from flowtui.query import ast
from flowtui.query.catalogue import (
    FUNCTIONS,
    PERIOD_CAPS,
    TIME_UNITS,
    FunctionInfo,
    FunctionRole,
    canonical,
    find_function,
    parameters,
)
from flowtui.query.catalogue.limits import CASE_BRANCHES, TOP_VALUES
from flowtui.query.catalogue.periods import NEXT_UNITS
from flowtui.query.checks.diagnostic import (
    Advice,
    Diagnostic,
    error,
    shorten,
    unknown,
    warning,
)
from flowtui.query.expressions import unknown_unit
from flowtui.query.regexes import outline

_NAMES = tuple(info.name for info in FUNCTIONS.values())
_HABITS = {
    "mean": "avg(number)", "average": "avg(number)", "dc": "count_distinct(field)",
    "distinctcount": "count_distinct(field)", "uniq": "count_distinct(field)",
    "first": "earliest(field)", "last": "latest(field)", "percentiles": "pct(number, 95)",
    "median": "pct(number, 50)",
    "len": "strlen(text)", "length": "strlen(text)", "lower": "tolower(text)",
    "upper": "toupper(text)", "contains": "strcontains(text, find)", "iif": "if(condition, a, b)",
    "substring": "substr(text, start, length)", "ifnull": "coalesce(field, value)",
    "isnull": "not ispresent(field)", "isnotnull": "ispresent(field)",
    "tostring": "concat(value)", "bucket": "bin(5m)", "datetrunc": "datefloor(timestamp, 1h)",
    "cidrmatch": "isIpInSubnet(field, cidr)",
}  # fmt: skip
"""Functions of other languages, and how they are written here."""
_PERCENTILE = re.compile(r"(?:p|perc|pct|percentile)([0-9]{1,2})")


def check_call(call: ast.Call) -> Iterator[Diagnostic]:
    info = find_function(call.name)
    if info is None:
        advice = _no_function(call.name)
        yield error("unknown-function", advice.sentence, name_span(call), advice.suggestion)
    elif not _accepts(info, len(call.arguments)):
        yield _arity(call, info)
    else:
        yield from _check_arguments(call, info)


def _no_function(name: str) -> Advice:
    if percentile := _PERCENTILE.fullmatch(name.lower()):
        return Advice(f"unknown function {name}; write pct(number, {percentile[1]})")
    if meant := _HABITS.get(canonical(name)):
        return Advice(f"unknown function {shorten(name)}; write {meant}")
    return unknown("function", name, _NAMES)


def name_span(call: ast.Call) -> Span:
    return call.span[0], call.span[0] + len(call.name)


def _accepts(info: FunctionInfo, count: int) -> bool:
    return info.least <= count and (info.most is None or count <= info.most)


def _arity(call: ast.Call, info: FunctionInfo) -> Diagnostic:
    count = len(call.arguments)
    if canonical(call.name) == "case" and count > 2:
        message = f"case takes at most {CASE_BRANCHES} conditions"
    else:
        values = "1 argument" if count == 1 else f"{count} arguments"
        message = f"{call.name} does not take {values}; it is written {info.signature}"
    return error("arity", message, name_span(call))


def _check_arguments(call: ast.Call, info: FunctionInfo) -> Iterator[Diagnostic]:
    for argument in call.arguments:
        if isinstance(argument, ast.Star) and "*" not in parameters(info):
            message = f"{call.name} takes no *; it is written {info.signature}"
            yield error("argument", message, argument.span)
    for parameter, argument in zip(parameters(info), call.arguments, strict=False):
        rule = _RULES.get(parameter)
        if rule is not None and not isinstance(argument, ast.Template):
            yield from rule(call, info, argument)
    if canonical(call.name) == "strcontains" and len(call.arguments) == 3:
        # LANGUAGE.md 7: what was seen counts more than the documentation.
        message = "the third argument of strcontains has no effect; use like /(?i).../"
        yield warning("no-effect", message, call.arguments[2].span)


def _period(call: ast.Call, info: FunctionInfo, argument: ast.Expr) -> Iterator[Diagnostic]:
    if not isinstance(argument, ast.Period):
        if not any(isinstance(part, ast.Period) for part in ast.children(argument)):
            yield error("argument", _no_period(call, argument), argument.span)
        # A period inside, as in bin(-5m), is misplaced itself.
        return
    yield from check_period(argument)
    unit = TIME_UNITS.get(argument.unit.lower(), "")
    cap = PERIOD_CAPS.get(unit)
    if cap is not None and argument.count > cap and FunctionRole.CAPPED in info.roles:
        message = f"{call.name} cuts {argument.count}{argument.unit} to {cap}{argument.unit}"
        if argument.count % cap == 0:
            message += f"; write {argument.count // cap}{NEXT_UNITS[unit]}"
        yield warning("period-cap", message, argument.span)


def _no_period(call: ast.Call, argument: ast.Expr) -> str:
    match argument:
        case ast.Number(text):
            return f"{call.name} takes a period with its unit, such as {text}m"
        case ast.String(value) if value[:1].isdigit():
            return f"a period has no quotes; write {value}"
        case _:
            return f"{call.name} takes a period such as 5m"


def check_period(period: ast.Period) -> Iterator[Diagnostic]:
    if period.unit.lower() not in TIME_UNITS:
        end = period.span[1]
        yield error("unknown-unit", unknown_unit(period.unit), (end - len(period.unit), end))
    elif period.count < 1:
        yield error("argument", f"a period is at least 1{period.unit}", period.span)


def _percent(_call: ast.Call, _info: FunctionInfo, argument: ast.Expr) -> Iterator[Diagnostic]:
    value = _number(argument)
    if value is None:
        if isinstance(argument, ast.Field):
            message = "the percentage is a number and comes second: pct(bytes, 95)"
            yield error("argument", message, argument.span)
        return
    if not 0 <= value <= 100:
        yield error("argument", "a percentile lies between 0 and 100", argument.span)
    elif 0 < value < 1:
        meant = f"{value * 100:g}"
        message = f"this is less than one percent; did you mean {meant}?"
        yield warning("percent", message, argument.span, meant)


def _top(_call: ast.Call, _info: FunctionInfo, argument: ast.Expr) -> Iterator[Diagnostic]:
    value = _number(argument)
    if value is None or not 1 <= value <= TOP_VALUES or value != int(value):
        message = f"topk takes a whole number from 1 to {TOP_VALUES} first: topk(10, field)"
        yield error("argument", message, argument.span)


def _number(node: ast.Expr) -> float | None:
    """The number that is written there; one with too many digits is infinite."""
    match node:
        case ast.Number(text):
            return float(text)
        case ast.Unary("-", ast.Number(text)):
            return -float(text)
        case _:
            return None


def _regex(_call: ast.Call, _info: FunctionInfo, argument: ast.Expr) -> Iterator[Diagnostic]:
    if isinstance(argument, ast.String):
        for flaw in outline(argument.value).flaws[:1]:
            yield error("regex", flaw.message, argument.span)


def _cidr(call: ast.Call, _info: FunctionInfo, argument: ast.Expr) -> Iterator[Diagnostic]:
    first = call.arguments[0]
    if isinstance(first, ast.String) and "/" in first.value:
        message = f'the block comes second: {call.name}(srcAddr, "{shorten(first.value)}")'
        yield warning("cidr", message, first.span)
    if not isinstance(argument, ast.String):
        return
    wrong, doubtful, version = _block(argument.value)
    wanted = {"isipv4insubnet": 4, "isipv6insubnet": 6}.get(canonical(call.name), version)
    if wrong:
        yield error("cidr", wrong, argument.span)
    elif wanted != version:
        message = f"{call.name} is never true of an IPv{version} block"
        yield warning("cidr", f"{message}; use isIpv{version}InSubnet", argument.span)
    elif doubtful:
        yield warning("cidr", doubtful, argument.span)


@lru_cache(maxsize=256)
def _block(text: str) -> tuple[str, str, int]:
    """The errors and doubts about a CIDR block, and its version of IP."""
    address, slash, prefix = text.partition("/")
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return f"{shorten(text)} is not a CIDR block; write it like 10.0.0.0/8", "", 0
    most = 32 if version == 4 else 128
    if not slash:
        return "", f"this is one address; its block is {text}/{most}", version
    if not (prefix.isascii() and prefix.isdecimal() and len(prefix) <= 3 and int(prefix) <= most):
        return f"the prefix length of an IPv{version} block is 0 to {most}", "", version
    start = ipaddress.ip_network(text, strict=False).network_address
    if str(start) != str(ipaddress.ip_address(address)):
        return "", f"this is not where the block starts; write {start}/{prefix}", version
    return "", "", version


def _strftime(call: ast.Call, _info: FunctionInfo, argument: ast.Expr) -> Iterator[Diagnostic]:
    """`formatDate` takes strftime's letters, but `parseDate` those of Java (2.2)."""
    if not isinstance(argument, ast.String):
        return
    is_java = canonical(call.name) == "parsedate"
    if is_java == ("%" in argument.value):
        example = "yyyy-MM-dd HH:mm:ss" if is_java else "%Y-%m-%d %H:%M:%S"
        message = f"{call.name} takes formats such as {example}"
        yield warning("date-format", message, argument.span)


def _field(call: ast.Call, info: FunctionInfo, argument: ast.Expr) -> Iterator[Diagnostic]:
    is_read = info.aggregate or canonical(call.name) == "ispresent"
    if is_read and isinstance(argument, ast.String):
        message = f"this is a text and no field; a field has no quotes: {call.name}(bytes)"
        yield warning("quoted-field", message, argument.span)


_Rule = Callable[[ast.Call, FunctionInfo, ast.Expr], Iterator[Diagnostic]]
_RULES: Mapping[str, _Rule] = {
    "period": _period,
    "percent": _percent,
    "k": _top,
    "cidr": _cidr,
    "regex": _regex,
    "format": _strftime,
    "field": _field,
    "number": _field,
    "value": _field,
}
"""By the name that the catalogue's signature gives an argument."""
