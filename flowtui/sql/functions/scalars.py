"""The scalar functions of the language in SQL (insights-ql.md 2.1 to 2.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.timerange import to_ms
from flowtui.query import ast
from flowtui.query.catalogue import canonical
from flowtui.sql import addresses, comparison, patterns, structures, times
from flowtui.sql import value as values
from flowtui.sql.expressions import Expressions
from flowtui.sql.functions import dates, encoding, json_functions
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.value import Kind, Value


def compile_call(expressions: Expressions, call: ast.Call) -> Value:
    return FUNCTIONS[canonical(call.name)](Arguments(call, expressions))


def bin_of(expressions: Expressions, period: ast.Expr) -> Value:
    names = expressions.names
    if not names.events and "@timestamp" not in names.values:
        raise UnsupportedQuery(
            "bin() needs @timestamp, which stats has removed; use datefloor() on a column",
            period.span,
        )
    start = times.floor(names.find("@timestamp").moment, period)
    if expressions.shift is not None:
        start = times.later(start, expressions.shift)
    return values.timestamp(start)


_BLANKS = " \t\n\r\f\v"


def _numeric(template: str) -> Function:
    return lambda a: values.number(template.format(a.double(0)))


def _flag(template: str) -> Function:
    """A function of texts that gives 1 or 0, and nothing where a text is missing (2.6)."""
    return lambda a: values.integer(f"CAST({template.format(a.text(0), a.text(1))} AS INTEGER)")


def _condition(template: str) -> Function:
    return lambda a: values.boolean(template.format(a.text(0)))


def _textual(template: str) -> Function:
    return lambda a: values.text(template.format(a.text(0)))


def _trim(name: str) -> Function:
    def compile_trim(a: Arguments) -> Value:
        characters = a.text(1) if len(a) > 1 else a.parameter(_BLANKS)
        return values.text(f"{name}({a.text(0)}, {characters})")

    return compile_trim


def _fold(name: str) -> Function:
    """`greatest` and `least`: missing if one of them is no number, as in arithmetic."""

    def compile_fold(a: Arguments) -> Value:
        numbers = [a.double(index) for index in range(len(a))]
        present = " AND ".join(f"{number} IS NOT NULL" for number in numbers)
        return values.number(f"CASE WHEN {present} THEN {name}({', '.join(numbers)}) END")

    return compile_fold


def _bounded(bits: int) -> Function:
    """`toInt` and `toLong`: the fraction is cut; what does not fit is missing."""
    type_ = {32: "INTEGER", 64: "BIGINT"}[bits]

    def compile_cast(a: Arguments) -> Value:
        value = a.value(0)
        number = value.number if value.is_exact else f"trunc({value.number})"
        return values.integer(f"TRY_CAST({number} AS {type_})")

    return compile_cast


def _to_number(a: Arguments) -> Value:
    value = a.value(0)
    return values.computed(value.number, is_exact=value.is_exact)


def _round(a: Arguments) -> Value:
    digits = f"coalesce({a.whole(1)}, 0)" if len(a) > 1 else "0"
    return values.number(f"round({a.double(0)}, {digits})")


def _substr(a: Arguments) -> Value:
    """The first character is 0; a negative start is the first one."""
    start = f"{_not_below_zero(a.whole(1))} + 1"
    length = f", {_not_below_zero(a.whole(2))}" if len(a) > 2 else ""
    return values.text(f"substring({a.text(0)}, {start}{length})")


def _not_below_zero(number: str) -> str:
    """Missing stays missing, which `greatest` alone would take for 0."""
    return f"CASE WHEN {number} < 0 THEN 0 ELSE {number} END"


def _regex_replace(a: Arguments) -> Value:
    node = a.node(1)
    if not isinstance(node, ast.String | ast.Regex):
        raise UnsupportedQuery("the local engine needs the expression as a text", node.span)
    written = node.value if isinstance(node, ast.String) else node.pattern
    pattern = patterns.regex(written, node.span)
    regex, rewrite = a.parameter(pattern.text), _rewrite(a, pattern)
    return values.text(f"regexp_replace({a.text(0)}, {regex}, {rewrite}, 'g')")


def _rewrite(a: Arguments, pattern: patterns.Pattern) -> str:
    r"""What comes in: `\1` stands for a group if it is written out, else for itself."""
    node = a.node(2)
    if not isinstance(node, ast.String):
        return f"replace({a.text(2)}, '\\', '\\\\')"
    if error := patterns.rewrite_refusal(pattern, node.value):
        raise QueryError(f"{node.value} can't replace matches: {error}", node.span)
    return a.text(2)


def _concat(a: Arguments) -> Value:
    """Missing if one part is (ours: the service's answer is not documented)."""
    return values.text(f"({' || '.join(a.text(index) for index in range(len(a)))})")


def _coalesce(a: Arguments) -> Value:
    choices = [a.value(index) for index in range(len(a))]
    conditions = [choice.present for choice in choices]
    return choose(conditions[:-1], choices)


def _case(a: Arguments) -> Value:
    pairs = range(0, len(a) - 1, 2)
    conditions = [a.expressions.condition(a.node(index)) for index in pairs]
    choices = [a.value(index + 1) for index in pairs]
    return choose(conditions, [*choices, a.value(len(a) - 1) if len(a) % 2 else values.MISSING])


def choose(conditions: list[str], choices: list[Value]) -> Value:
    """The choice of the first condition that is met; the last choice is for none of them."""

    def case(parts: list[str]) -> str:
        whens = (f"WHEN {c} THEN {p}" for c, p in zip(conditions, parts, strict=False))
        return f"CASE {' '.join(whens)} ELSE {parts[-1]} END" if conditions else parts[-1]

    made = [choice for choice in choices if choice is not values.MISSING]
    if not made:
        return values.MISSING
    is_exact = all(choice.is_exact for choice in made)
    # A missing number is a DOUBLE, which would turn the others into such, and times into numbers.
    number = case(["NULL" if choice is values.MISSING else choice.number for choice in choices])
    kinds = {choice.kind for choice in made}
    match kinds:
        case _ if kinds == {Kind.NUMBER}:
            return values.computed(number, is_exact=is_exact)
        case _ if kinds == {Kind.TIMESTAMP}:
            return values.timestamp(number)
        case _ if Kind.JSON in kinds:
            return _chosen_json(case([structures.as_json(choice) for choice in choices]), choices)
        case _:
            texts = case([choice.text for choice in choices])
            is_rounded = any(map(_is_rounded, made))
            return values.text(texts, number, is_exact=is_exact, is_rounded=is_rounded)


def _is_rounded(choice: Value) -> bool:
    return choice.is_rounded or (choice.kind is Kind.NUMBER and not choice.is_exact)


def _chosen_json(json: str, choices: list[Value]) -> Value:
    """A map or a list for sure only if each choice is one."""
    made = [choice for choice in choices if choice is not values.MISSING]
    is_structure = all(choice.is_structure for choice in made)
    return values.structure(json, made[0].origin) if is_structure else values.part(json)


def _from_millis(a: Arguments) -> Value:
    return values.timestamp(a.value(0).moment)


def _to_millis(a: Arguments) -> Value:
    value = a.value(0)
    is_time = value.kind is Kind.TIMESTAMP
    return values.integer(value.number if is_time else f"TRY_CAST({value.number} AS BIGINT)")


def _moment(number: Callable[[Expressions], int]) -> Function:
    return lambda a: comparison.literal(number(a.expressions), a.expressions.parameters)


def _histogram(a: Arguments) -> Value:
    """Where the number's bucket starts; the second argument is the width, as on the service (7)."""
    width = a.double(1)
    positive = f"CASE WHEN {width} > 0 THEN {width} END"
    return values.number(f"(floor({a.double(0)} / {positive}) * {positive})")


def _haversine(a: Arguments) -> Value:
    """Kilometres on a sphere with the mean radius of the Earth, 6371 km (ours)."""
    angles = (f"flow_finite({a.double(index)})" for index in range(4))
    return values.number(f"flow_haversine({', '.join(angles)})")


def _in_subnet(version: int | None) -> Function:
    def compile_in(a: Arguments) -> Value:
        block = addresses.network(a.node(1))
        if version not in (None, block.version):
            return values.boolean("FALSE")
        return values.boolean(addresses.is_in(a.text(0), block, a.expressions.parameters))

    return compile_in


def _address(condition: Callable[..., str]) -> Function:
    return lambda a: values.boolean(condition(a.text(0), a.expressions.parameters))


def _time_bin(edge: Callable[[str, ast.Expr], str]) -> Function:
    return lambda a: values.timestamp(edge(a.value(0).moment, a.node(1)))


FUNCTIONS: Mapping[str, Function] = {
    **dates.FUNCTIONS,
    **encoding.FUNCTIONS,
    **json_functions.FUNCTIONS,
    "bin": lambda a: bin_of(a.expressions, a.node(0)),
    "datefloor": _time_bin(times.floor),
    "dateceil": _time_bin(times.ceil),
    "frommillis": _from_millis,
    "tomillis": _to_millis,
    "now": _moment(lambda e: to_ms(e.context.now) // 1000),
    "querystarttime": _moment(lambda e: e.context.window.start_ms),
    "queryendtime": _moment(lambda e: e.context.window.end_ms),
    "querytimerange": _moment(lambda e: e.context.window.end_ms - e.context.window.start_ms),
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
    "toint": _bounded(32),
    "tolong": _bounded(64),
    "todouble": lambda a: values.number(a.double(0)),
    "ispresent": lambda a: values.boolean(a.value(0).present),
    "coalesce": _coalesce,
    "case": _case,
    "if": _case,
    "isnumeric": lambda a: values.boolean(f"{a.value(0).number} IS NOT NULL"),
    "messagesize": lambda a: values.integer(f"strlen({a.text(0)})"),
    "isvalidip": _condition("flow_is_ip({0})"),
    "isvalidipv4": _condition("flow_is_ipv4({0})"),
    "isvalidipv6": _condition("flow_is_ipv6({0})"),
    "isipinsubnet": _in_subnet(None),
    "isipv4insubnet": _in_subnet(4),
    "isipv6insubnet": _in_subnet(6),
    "ipv4tonumber": lambda a: values.integer(f"flow_ipv4({a.text(0)})"),
    "isprivateip": _address(addresses.is_private),
    "ispublicip": _address(addresses.is_public),
    "isreservedip": _address(addresses.is_reserved),
    "isempty": _condition("coalesce({0}, '') = ''"),
    "isblank": _condition(r"coalesce(regexp_full_match({0}, '\s*'), TRUE)"),
    "concat": _concat,
    "ltrim": _trim("ltrim"),
    "rtrim": _trim("rtrim"),
    "trim": _trim("trim"),
    "strlen": lambda a: values.integer(f"length({a.text(0)})"),
    "toupper": _textual("upper({0})"),
    "tolower": _textual("lower({0})"),
    "substr": _substr,
    "replace": lambda a: values.text(f"replace({a.text(0)}, {a.text(1)}, {a.text(2)})"),
    "regexreplace": _regex_replace,
    # The third argument, said to ignore case, has no effect on the service either (2.6).
    "strcontains": _flag("contains({0}, {1})"),
    "startswith": _flag("starts_with({0}, {1})"),
    "endswith": _flag("ends_with({0}, {1})"),
}
