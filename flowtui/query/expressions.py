"""Tokens to expressions: recursive descent, one function per grammar rule (LANGUAGE.md 1.2)."""

from __future__ import annotations

import re

from flowtui.model.errors import QuerySyntaxError
from flowtui.query import ast
from flowtui.query.catalogue import COMMANDS, TIME_UNITS, find_function
from flowtui.query.catalogue.keywords import RESERVED
from flowtui.query.lexer import Token, TokenKind
from flowtui.query.token_stream import TokenStream, not_a_comment

PRECEDENCE = {
    "or": 1, "and": 2,
    "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "like": 4, "not like": 4, "=~": 4, "in": 4, "not in": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "^": 7,
}  # fmt: skip
"""How tight the binary operators bind (LANGUAGE.md 1.2); comparisons don't associate."""
NOT_PRECEDENCE = 3
MINUS_PRECEDENCE = 8
COMPARISON = 4
MAX_DIGITS = 18
"""A count of more digits than a 64-bit integer has is a slip of the keyboard."""

_BEFORE_VALUE = ("(", "[", "-", "!", "$")
_LITERALS = (
    TokenKind.STRING,
    TokenKind.REGEX,
    TokenKind.NUMBER,
    TokenKind.PERIOD,
    TokenKind.TEMPLATE,
)


def expression(cursor: TokenStream, least: int = 1) -> ast.Expr:
    """expr = unary (operator expr)*, by precedence climbing"""
    cursor.descend()
    left = _unary(cursor)
    while (operator := _operator(cursor)) and PRECEDENCE[operator] >= least:
        token = cursor.next()
        if operator.startswith("not "):
            cursor.next()
        left = _binary(cursor, operator, left, token)
        if PRECEDENCE[operator] == COMPARISON and _is_comparison(_operator(cursor)):
            raise cursor.error("comparisons can't be chained; join them with and")
    cursor.ascend()
    return left


def tight(cursor: TokenStream) -> ast.Expr:
    """An expression that no blank-separated word or operator can go on with: `-1`, `f.key`."""
    return expression(cursor, MINUS_PRECEDENCE)


def items(cursor: TokenStream) -> tuple[ast.Item, ...]:
    """items = item ("," item)*"""
    found = [_item(cursor)]
    while cursor.accept(","):
        found.append(_item(cursor))
    return tuple(found)


def field(cursor: TokenStream, what: str = "a field name") -> ast.Field:
    """Any name: where only a name can stand, no word is reserved."""
    if cursor.peek.kind not in (TokenKind.NAME, TokenKind.QUOTED):
        raise cursor.wanted(what)
    token = cursor.next()
    return ast.Field(_bare(token), span=token.span)


def fields(cursor: TokenStream) -> tuple[ast.Field, ...]:
    """fields = field ("," field)*"""
    found = [field(cursor)]
    while cursor.accept(","):
        found.append(field(cursor))
    return tuple(found)


def names(cursor: TokenStream) -> tuple[str, ...]:
    """names = name ("," name)*"""
    return tuple(each.name for each in fields(cursor))


def literal(token: Token) -> ast.Expr:
    """The value that a token stands for; of a number that has no unit after it."""
    match token.kind:
        case TokenKind.STRING:
            return ast.String(_unquote(token.text), span=token.span)
        case TokenKind.REGEX:
            return ast.Regex(token.text[1:-1], span=token.span)
        case TokenKind.TEMPLATE:
            return ast.Template(token.text[2:-2].strip(), span=token.span)
        case TokenKind.NAME:
            return ast.Boolean(token.word == "true", span=token.span)
        case _:
            return ast.Number(token.text, span=token.span)


def period(cursor: TokenStream, example: str) -> ast.Period:
    """A length of time, which has to come next."""
    start = cursor.peek
    if start.kind not in (TokenKind.PERIOD, TokenKind.NUMBER):
        raise cursor.wanted(f"a period such as {example}")
    found = _primary(cursor)
    if not isinstance(found, ast.Period):
        raise cursor.error(f"expected a period such as {example}, not {start.text}", start)
    return found


def is_count(text: str) -> bool:
    return text.isdecimal() and len(text) <= MAX_DIGITS


def _item(cursor: TokenStream) -> ast.Item:
    """item = expr ["as" name]"""
    start = cursor.peek.start
    expr = expression(cursor)
    text = " ".join(cursor.text[start : cursor.before.end].split("\n"))
    alias = field(cursor, "a name") if cursor.accept("as") else None
    return ast.Item(
        expr,
        alias.name if alias else None,
        text,
        alias_span=alias.span if alias else ast.NOWHERE,
        span=(start, cursor.before.end),
    )


def _binary(cursor: TokenStream, operator: str, left: ast.Expr, token: Token) -> ast.Binary:
    if cursor.is_at_end:
        raise cursor.error(f"expected a value after {token.text}", token)
    if isinstance(left, ast.Regex) and token.word == cursor.peek.word == "-":
        raise not_a_comment(token)
    if operator in ("in", "not in"):
        right = _choices(cursor)
    else:
        right = expression(cursor, PRECEDENCE[operator] + 1)
    return ast.Binary(operator, left, right, span=(left.span[0], right.span[1]))


def _choices(cursor: TokenStream) -> ast.Expr:
    """choices = list | nested | template | "(" expr ")", what stands after `in`"""
    opening = cursor.peek
    if opening.kind is not TokenKind.TEMPLATE and opening.word not in ("[", "("):
        raise cursor.wanted("a list such as [22, 443]")
    if opening.word == "(" and _begins_query(cursor.ahead(1), cursor.ahead(2)):
        pipeline = cursor.nested_pipeline()
        return ast.Subquery(pipeline, span=(opening.start, cursor.before.end))
    if opening.word == "(" and cursor.ahead(2).text == ",":
        raise cursor.error("a list has square brackets: [22, 443]")
    return expression(cursor, COMPARISON + 1)


def _begins_query(first: Token, second: Token) -> bool:
    """Whether a command begins there, and not a field that is called like one."""
    goes_on = second.kind is not TokenKind.OPERATOR or second.text in _BEFORE_VALUE
    # unmask is a function, too.
    is_call = second.text == "(" and find_function(first.text) is not None
    return first.text == "$" or (first.word in COMMANDS and goes_on and not is_call)


def _operator(cursor: TokenStream) -> str:
    """The operator that comes next, as the key of `PRECEDENCE`; nothing if none does."""
    word = cursor.peek.word
    if word == "not":
        word = f"not {cursor.ahead(1).word}"
    elif word == "==":
        word = "="
    return word if word in PRECEDENCE else ""


def _is_comparison(operator: str) -> bool:
    return PRECEDENCE.get(operator) == COMPARISON


def _unary(cursor: TokenStream) -> ast.Expr:
    """unary = ("not" | "!") expr | "-" expr | postfix"""
    token = cursor.peek
    if token.word in ("not", "!"):
        cursor.next()
        operand = expression(cursor, NOT_PRECEDENCE)
        return ast.Unary("not", operand, span=(token.start, operand.span[1]))
    if token.word == "-":
        cursor.next()
        operand = expression(cursor, MINUS_PRECEDENCE)
        return ast.Unary("-", operand, span=(token.start, operand.span[1]))
    return _postfix(cursor)


def _postfix(cursor: TokenStream) -> ast.Expr:
    """postfix = primary ("." name | "[" number "]")*"""
    expr = _primary(cursor)
    while cursor.peek.word in (".", "["):
        opening = cursor.next()
        if cursor.peek.kind not in (TokenKind.NAME, TokenKind.QUOTED, TokenKind.NUMBER):
            raise cursor.wanted("a key or an index")
        token = cursor.next()
        if opening.word == "[":
            cursor.expect("]", opening)
        expr = ast.Member(expr, _bare(token), span=(expr.span[0], token.end))
    return expr


def _primary(cursor: TokenStream) -> ast.Expr:
    """primary = literal | period | name ["(" arguments ")"] | "(" expr ")" | list"""
    token = cursor.next()
    if token.word == "(":
        inner = expression(cursor)
        cursor.expect(")", token)
        return inner
    if token.word == "[":
        found = _list(cursor, "]", token)
        return ast.List(found, span=(token.start, cursor.before.end))
    if token.kind is TokenKind.QUOTED or (
        token.kind is TokenKind.NAME and token.word not in RESERVED
    ):
        return _after_name(cursor, token)
    if token.kind in _LITERALS or token.word in ("true", "false"):
        return _literal(cursor, token)
    raise cursor.expected_value(token)


def _literal(cursor: TokenStream, token: Token) -> ast.Expr:
    """A number with a blank and a unit after it is a period: `5 minutes`."""
    if token.kind is TokenKind.PERIOD:
        return _period(token)
    unit = cursor.peek
    if token.kind is TokenKind.NUMBER and unit.word in TIME_UNITS and is_count(token.text):
        cursor.next()
        return ast.Period(int(token.text), unit.text, span=(token.start, unit.end))
    return literal(token)


def _period(token: Token) -> ast.Period:
    unit = token.text.lstrip("0123456789")
    count = token.text.removesuffix(unit)
    if not is_count(count):
        raise QuerySyntaxError("a period this long is longer than time itself", token.span)
    return ast.Period(int(count), unit, span=token.span)


def _after_name(cursor: TokenStream, name: Token) -> ast.Expr:
    """after_name = ["(" [expr ("," expr)*] ")"]"""
    opening = cursor.peek
    if name.kind is not TokenKind.NAME or opening.word != "(":
        return ast.Field(_bare(name), span=name.span)
    cursor.next()
    arguments = _list(cursor, ")", opening)
    return ast.Call(name.text, arguments, span=(name.start, cursor.before.end))


def _list(cursor: TokenStream, closing: str, opening: Token) -> tuple[ast.Expr, ...]:
    """list = [value ("," value)*], where value = "*" | expr"""
    found: list[ast.Expr] = []
    while not cursor.accept(closing):
        if found:
            _refuse_word(cursor, found[-1])
            cursor.expect(",", opening, closing)
        if cursor.peek.word in ("by", "as"):
            raise cursor.error(f"missing {closing} for this {opening.text}", opening)
        star = cursor.accept("*")
        found.append(ast.Star(span=star.span) if star else expression(cursor))
    return tuple(found)


def _refuse_word(cursor: TokenStream, before: ast.Expr) -> None:
    """A word right after a number was meant as a unit of time; `distinct` is that of SQL."""
    word = cursor.peek
    is_name = word.kind in (TokenKind.NAME, TokenKind.QUOTED)
    if is_name and isinstance(before, ast.Field) and before.name.lower() == "distinct":
        raise QuerySyntaxError("there is no distinct; write count_distinct(field)", before.span)
    if isinstance(before, ast.Number) and word.kind is TokenKind.NAME and word.word not in RESERVED:
        is_unit = word.word in TIME_UNITS
        message = "a period is a whole number of its unit" if is_unit else unknown_unit(word.text)
        raise cursor.error(message, word)


def unknown_unit(unit: str) -> str:
    return f"unknown unit of time {unit}; write ms, s, m, h, d, w, mo, q or y"


def _bare(token: Token) -> str:
    """The name without its backticks."""
    if token.kind is not TokenKind.QUOTED:
        return token.text
    return re.sub(r"`((?:[^`\\]|\\.)*)`", lambda part: _unescape(part[1]), token.text)


def glob(token: Token) -> ast.String:
    r"""The text of a quoted glob, where `\t` is a tab, as nowhere else."""

    def meant(escape: re.Match[str]) -> str:
        return _CONTROLS.get(escape[1], escape[1])

    value = re.sub(r"""\\(["'`\\tnrf])""", meant, token.text[1:-1])
    return ast.String(value, span=token.span)


_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def _unquote(text: str) -> str:
    return _unescape(text[1:-1])


def _unescape(text: str) -> str:
    r"""A backslash makes the next quote or backslash itself; before others it stays (1.1)."""
    return re.sub(r"""\\(["'`\\])""", r"\1", text)
