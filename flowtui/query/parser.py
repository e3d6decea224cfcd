"""Query text to AST: recursive descent, one method per grammar rule (insights-ql.md 1.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict

from flowtui.model.errors import QuerySyntaxError, Span
from flowtui.query import ast
from flowtui.query.catalogue import TIME_UNITS
from flowtui.query.lexer import RESERVED, Kind, Token, tokenize

PRECEDENCE = {
    "or": 1, "and": 2,
    "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "like": 4, "not like": 4, "=~": 4, "in": 4, "not in": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "^": 7,
}  # fmt: skip
"""How tight the binary operators bind (insights-ql.md 1.2); comparisons don't associate."""
NOT_PRECEDENCE = 3
MINUS_PRECEDENCE = 8
COMPARISON = 4
MAX_DEPTH = 100
MAX_HEIGHT = 200
"""What walks the tree recurses once or more for each level, and Python allows about 1,000."""
MAX_DIGITS = 18
"""A count of more digits than a 64-bit integer has is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read of a text: a command with an error in it is an `Other`."""

    pipeline: ast.Pipeline
    errors: tuple[QuerySyntaxError, ...]


def parse(text: str) -> ast.Pipeline:
    """Parse a whole query; raises the first `QuerySyntaxError`."""
    parsed = parse_tolerant(text)
    if parsed.errors:
        raise parsed.errors[0].with_traceback(None)
    return parsed.pipeline


@lru_cache(maxsize=64)
def parse_tolerant(text: str) -> Parsed:
    """Parse what can be parsed, command by command, and collect one error for each bad command."""
    commands: list[ast.Command] = []
    errors: list[QuerySyntaxError] = []
    stages = list(_stages(text))
    if not any(stage.tokens for stage in stages) and "|" not in text:
        message = "the query is empty; begin with a command such as fields"
        errors.append(QuerySyntaxError(message, (0, len(text))))
        return Parsed(ast.Pipeline((), text, span=(0, len(text))), tuple(errors))
    for stage in stages:
        try:
            commands.append(_Stage(text, stage).command())
        except QuerySyntaxError as error:
            errors.append(error)
            commands.append(stage.verbatim(text))
    pipeline = ast.Pipeline(tuple(commands), text, span=(0, len(text)))
    return Parsed(pipeline, tuple(errors))


@dataclass(frozen=True, slots=True)
class _Slice:
    """The tokens between two pipes, without blanks and comments."""

    tokens: tuple[Token, ...]
    chunk: Span

    @property
    def span(self) -> Span:
        if not self.tokens:
            return self.chunk
        return self.tokens[0].start, self.tokens[-1].end

    def verbatim(self, text: str) -> ast.Other:
        start, end = self.span
        keyword = self.tokens[0].text if self.tokens else ""
        return ast.Other(keyword, text[start:end], span=self.span, chunk=self.chunk)


def _stages(text: str) -> Iterator[_Slice]:
    """Cut at the pipes that stand outside brackets.

    A pipe behind a comma or before `as` goes on with the same command (insights-ql.md V61).
    """
    tokens = [token for token in tokenize(text) if token.kind not in (Kind.SPACE, Kind.COMMENT)]
    start, depth, current = 0, 0, list[Token]()
    for index, token in enumerate(tokens):
        depth += (token.word in ("(", "[")) - (token.word in (")", "]"))
        if token.word != "|" or depth > 0:
            current.append(token)
        elif not _continues(current, tokens[index + 1 : index + 2]):
            yield _Slice(tuple(current), (start, token.start))
            start, depth, current = token.end, 0, []
    yield _Slice(tuple(current), (start, len(text)))


def _continues(before: list[Token], after: list[Token]) -> bool:
    if not before or not after:
        return False
    return before[-1].text == "," or after[0].word == "as"


class _Stage:
    """Reads one command from the tokens between two pipes."""

    def __init__(self, text: str, stage: _Slice) -> None:
        self._text = text
        self._slice = stage
        self._tokens = stage.tokens
        self._end = Token(Kind.END, "", stage.span[1])
        self._at = 0
        self._depth = 0

    def command(self) -> ast.Command:
        """stage = keyword arguments"""
        if not self._tokens:
            raise self._missing_command()
        keyword = self._next()
        rule = _RULES.get(keyword.word)
        command = rule(self) if rule else self._other(keyword)
        if self._peek.kind is not Kind.END:
            raise self._unexpected()
        if len(self._tokens) > MAX_HEIGHT and ast.height(command) > MAX_HEIGHT:
            message = (
                f"more than {MAX_HEIGHT} operators in a row; a list is shorter: field in [...]"
            )
            raise QuerySyntaxError(message, self._slice.span)
        return command

    def _missing_command(self) -> QuerySyntaxError:
        start, end = self._slice.chunk
        if start == 0:
            return QuerySyntaxError(
                "a query can't start with |; begin with a command", (end, end + 1)
            )
        return QuerySyntaxError("expected a command after |", (start - 1, start))

    def _other(self, keyword: Token) -> ast.Other:
        """other = name token*"""
        if keyword.kind is not Kind.NAME:
            raise self._error("expected a command such as fields, filter or stats", keyword)
        while self._peek.kind is not Kind.END:
            if self._next().kind is Kind.BROKEN:
                self._at -= 1
                raise self._unexpected()
        return self._slice.verbatim(self._text)

    @property
    def _where(self) -> _Where:
        return {"span": self._slice.span, "chunk": self._slice.chunk}

    def _fields(self) -> ast.Fields:
        """fields = "fields" items"""
        return ast.Fields(self._items(), **self._where)

    def _display(self) -> ast.Display:
        """display = "display" items"""
        return ast.Display(self._items(), **self._where)

    def _filter(self) -> ast.Filter:
        """filter = ("filter" | "where") expr"""
        return ast.Filter(self._expr(), **self._where)

    def _stats(self) -> ast.Stats:
        """stats = "stats" items ["by" items ["offset" period]]"""
        aggregates = self._items()
        keys: tuple[ast.Item, ...] = ()
        offset = None
        if by := self._accept("by"):
            if self._peek.kind is Kind.END:
                raise self._error("expected a field to group by", by)
            keys = self._items()
        if word := self._accept("offset"):
            period = self._primary()
            if not isinstance(period, ast.Period):
                raise self._error("expected a period such as 1h after offset", word)
            offset = period
        return ast.Stats(aggregates, keys, offset, **self._where)

    def _sort(self) -> ast.Sort:
        """sort = ("sort" | "order") ["by"] key ("," key)*, where key = expr ["asc" | "desc"]"""
        self._accept("by")
        keys = [self._sort_key()]
        while self._accept(","):
            keys.append(self._sort_key())
        return ast.Sort(tuple(keys), **self._where)

    def _sort_key(self) -> ast.SortKey:
        expr = self._expr()
        if self._accept("desc"):
            return ast.SortKey(expr, descending=True, span=expr.span)
        descending = False if self._accept("asc") else None
        return ast.SortKey(expr, descending, span=expr.span)

    def _limit(self) -> ast.Limit:
        """limit = ("limit" | "head") ["any"] number"""
        is_any = self._accept("any") is not None
        token = self._next()
        if token.kind is not Kind.NUMBER or not _is_count(token.text) or int(token.text) < 1:
            raise self._error("expected a whole number from 1 to 100000", token)
        return ast.Limit(int(token.text), is_any, **self._where)

    def _parse(self) -> ast.Command:
        """parse = "parse" [expr] (string | regex) [["as"] name ("," name)*]"""
        source = None
        if self._peek.kind not in (Kind.STRING, Kind.REGEX):
            source = self._expr(MINUS_PRECEDENCE)
        token = self._next()
        if token.word in ("logfmt", "csv"):
            return self._rest()
        if token.kind not in (Kind.STRING, Kind.REGEX):
            raise self._error('expected a pattern such as "* *" or /(?<name>.*)/', token)
        pattern = self._literal(token)
        self._accept("as")
        names = [] if self._peek.kind is Kind.END else self._names()
        if self._peek.word == "multi":
            return self._rest()
        assert isinstance(pattern, ast.String | ast.Regex)  # noqa: S101  (the kind was checked)
        return ast.Parse(source, pattern, tuple(names), **self._where)

    def _rest(self) -> ast.Other:
        """The whole command to the letter: a form that is passed on, not taken apart."""
        self._at = len(self._tokens)
        return self._slice.verbatim(self._text)

    def _dedup(self) -> ast.Dedup:
        """dedup = "dedup" name ("," name)*"""
        fields = [self._field()]
        while self._accept(","):
            fields.append(self._field())
        return ast.Dedup(tuple(fields), **self._where)

    def _names(self) -> list[str]:
        """names = name ("," name)*"""
        names = [self._field().name]
        while self._accept(","):
            names.append(self._field().name)
        return names

    def _field(self) -> ast.Field:
        """Any name: where only a name can stand, no word is reserved."""
        token = self._next()
        if token.kind not in (Kind.NAME, Kind.QUOTED):
            raise self._error("expected a field name", token)
        return ast.Field(_bare(token), span=token.span)

    def _items(self) -> tuple[ast.Item, ...]:
        """items = item ("," item)*"""
        items = [self._item()]
        while self._accept(","):
            items.append(self._item())
        return tuple(items)

    def _item(self) -> ast.Item:
        """item = expr ["as" name]"""
        start = self._peek.start
        expr = self._expr()
        text = " ".join(self._text[start : self._tokens[self._at - 1].end].split("\n"))
        alias = self._field().name if self._accept("as") else None
        return ast.Item(expr, alias, text, span=(start, self._tokens[self._at - 1].end))

    def _expr(self, least: int = 1) -> ast.Expr:
        """expr = unary (operator expr)*, by precedence climbing"""
        self._descend()
        left = self._unary()
        while (operator := self._operator()) and PRECEDENCE[operator] >= least:
            token = self._next()
            if operator.startswith("not "):
                self._next()
            left = self._binary(operator, left, token)
            if PRECEDENCE[operator] == COMPARISON and _is_comparison(self._operator()):
                raise self._error("comparisons can't be chained; join them with and")
        self._depth -= 1
        return left

    def _binary(self, operator: str, left: ast.Expr, token: Token) -> ast.Binary:
        if self._peek.kind is Kind.END:
            raise self._error(f"expected a value after {token.text}", token)
        if operator in ("in", "not in") and self._peek.word not in ("[", "("):
            raise self._error("in needs a list such as [22, 443]")
        right = self._expr(PRECEDENCE[operator] + 1)
        return ast.Binary(operator, left, right, span=(left.span[0], right.span[1]))

    def _operator(self) -> str:
        """The operator that comes next, as the key of `PRECEDENCE`; nothing if none does."""
        word = self._peek.word
        if word == "not":
            following = self._tokens[self._at + 1].word if self._at + 1 < len(self._tokens) else ""
            word = f"not {following}"
        elif word == "==":
            word = "="
        return word if word in PRECEDENCE else ""

    def _unary(self) -> ast.Expr:
        """unary = ("not" | "!") expr | "-" expr | postfix"""
        token = self._peek
        if token.word in ("not", "!"):
            self._next()
            operand = self._expr(NOT_PRECEDENCE)
            return ast.Unary("not", operand, span=(token.start, operand.span[1]))
        if token.word == "-":
            self._next()
            operand = self._expr(MINUS_PRECEDENCE)
            return ast.Unary("-", operand, span=(token.start, operand.span[1]))
        return self._postfix()

    def _postfix(self) -> ast.Expr:
        """postfix = primary ("." name | "[" number "]")*"""
        expr = self._primary()
        while self._peek.word in (".", "["):
            opening = self._next()
            token = self._next()
            if token.kind not in (Kind.NAME, Kind.QUOTED, Kind.NUMBER):
                raise self._error("expected a key or an index", token)
            if opening.word == "[":
                self._expect("]", opening)
            expr = ast.Member(expr, _bare(token), span=(expr.span[0], token.end))
        return expr

    def _primary(self) -> ast.Expr:
        """primary = literal | period | name ["(" arguments ")"] | "(" expr ")" | list"""
        token = self._next()
        if token.word == "(":
            inner = self._expr()
            self._expect(")", token)
            return inner
        if token.word == "[":
            values = self._list("]", token)
            return ast.List(values, span=(token.start, self._tokens[self._at - 1].end))
        if token.kind is Kind.QUOTED or (token.kind is Kind.NAME and self._is_free(token)):
            return self._after_name(token)
        if token.kind in _LITERALS or token.word in ("true", "false"):
            return self._literal(token)
        raise self._expected_value(token)

    def _is_free(self, token: Token) -> bool:
        return token.word not in RESERVED

    def _literal(self, token: Token) -> ast.Expr:
        match token.kind:
            case Kind.STRING:
                return ast.String(_unquote(token.text), span=token.span)
            case Kind.REGEX:
                return ast.Regex(token.text[1:-1], span=token.span)
            case Kind.PERIOD:
                return self._period(token)
            case Kind.TEMPLATE:
                return ast.Template(token.text[2:-2].strip(), span=token.span)
            case Kind.NAME:
                return ast.Boolean(token.word == "true", span=token.span)
            case _:
                return self._number(token)

    def _period(self, token: Token) -> ast.Period:
        unit = token.text.lstrip("0123456789")
        count = token.text.removesuffix(unit)
        if not _is_count(count):
            raise self._error("a period this long is longer than time itself", token)
        return ast.Period(int(count), unit, span=token.span)

    def _number(self, token: Token) -> ast.Expr:
        """A number, or a period that is written with a blank: `5 minutes`."""
        unit = self._peek
        if unit.kind is Kind.NAME and _is_count(token.text) and unit.word in TIME_UNITS:
            self._next()
            return ast.Period(int(token.text), unit.text, span=(token.start, unit.end))
        return ast.Number(token.text, span=token.span)

    def _after_name(self, name: Token) -> ast.Expr:
        """after_name = ["(" [expr ("," expr)*] ")"]"""
        opening = self._peek
        if name.kind is not Kind.NAME or opening.word != "(":
            return ast.Field(_bare(name), span=name.span)
        self._next()
        arguments = self._list(")", opening)
        return ast.Call(name.text, arguments, span=(name.start, self._tokens[self._at - 1].end))

    def _list(self, closing: str, opening: Token) -> tuple[ast.Expr, ...]:
        """list = [value ("," value)*], where value = "*" | expr"""
        values: list[ast.Expr] = []
        while not self._accept(closing):
            if values:
                self._expect(",", opening, closing)
            star = self._accept("*")
            values.append(ast.Star(span=star.span) if star else self._expr())
        return tuple(values)

    def _descend(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"brackets nest more than {MAX_DEPTH} deep")

    @property
    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else self._end

    def _next(self) -> Token:
        token = self._peek
        self._at += token.kind is not Kind.END
        return token

    def _accept(self, word: str) -> Token | None:
        return self._next() if self._peek.word == word else None

    def _expect(self, word: str, opening: Token, closing: str = "") -> None:
        if self._accept(word):
            return
        if self._peek.kind is Kind.END:
            raise self._error(f"missing {closing or word} for this {opening.text}", opening)
        if self._peek.kind is Kind.BROKEN:
            raise self._unexpected()
        wanted = f"{word} or {closing}" if closing else word
        raise self._error(f"expected {wanted}, not {_brief(self._peek)}")

    def _expected_value(self, token: Token) -> QuerySyntaxError:
        if token.kind is Kind.BROKEN:
            self._at -= 1
            return self._unexpected()
        if token.kind is Kind.END and self._at:
            before = self._tokens[self._at - 1]
            return self._error(f"expected a field or a value after {before.text}", before)
        return self._error("expected a field or a value", token)

    def _unexpected(self) -> QuerySyntaxError:
        """The next token can't stand here."""
        token = self._peek
        if token.kind is not Kind.BROKEN:
            return self._error(
                f"unexpected {_brief(token)}; expected | or the end of the query", token
            )
        what = _UNENDED.get(token.text[0])
        message = f"this {what} never ends" if what else f"unexpected {token.text}"
        return QuerySyntaxError(message, (token.start, token.start + 1))

    def _error(self, message: str, token: Token | None = None) -> QuerySyntaxError:
        return QuerySyntaxError(message, (token or self._peek).span)


class _Where(TypedDict):
    span: Span
    chunk: Span


_LITERALS = (Kind.STRING, Kind.REGEX, Kind.NUMBER, Kind.PERIOD, Kind.TEMPLATE)
_UNENDED = {'"': "text", "'": "text", "/": "regular expression", "`": "name"}
_RULES: Mapping[str, Callable[[_Stage], ast.Command]] = {
    "fields": _Stage._fields,
    "display": _Stage._display,  # noqa: SLF001
    "filter": _Stage._filter,  # noqa: SLF001
    "where": _Stage._filter,  # noqa: SLF001
    "stats": _Stage._stats,  # noqa: SLF001
    "sort": _Stage._sort,  # noqa: SLF001
    "order": _Stage._sort,  # noqa: SLF001
    "limit": _Stage._limit,  # noqa: SLF001
    "head": _Stage._limit,  # noqa: SLF001
    "parse": _Stage._parse,  # noqa: SLF001
    "dedup": _Stage._dedup,  # noqa: SLF001
}


def _is_count(text: str) -> bool:
    return text.isdecimal() and len(text) <= MAX_DIGITS


def _brief(token: Token) -> str:
    """A token inside a sentence: on one line, and not all of a long text."""
    text = " ".join(token.text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def _is_comparison(operator: str) -> bool:
    return PRECEDENCE.get(operator) == COMPARISON


def _bare(token: Token) -> str:
    """The name without its backticks."""
    if token.kind is not Kind.QUOTED:
        return token.text
    return re.sub(r"`((?:[^`\\]|\\.)*)`", lambda part: _unescape(part[1]), token.text)


def _unquote(text: str) -> str:
    return _unescape(text[1:-1])


def _unescape(text: str) -> str:
    r"""A backslash makes the next quote or backslash itself; before others it stays (1.1)."""
    return re.sub(r"""\\(["'`\\])""", r"\1", text)
