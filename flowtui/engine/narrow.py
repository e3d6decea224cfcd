"""Which rows a few words leave: `10.0.0.0/8 bytes>1000 action!=ACCEPT`. Pure.

Words stand between blanks, or in quotes, and all of them have to hold:

    text            some cell has it, in any case
    10.0.0.0/8      some address of the row is in the block
    col=value       the cell is that, or is in that block; `col!=value` is the opposite
    col~text        the cell has it
    col>n           also >= < <=, for numbers
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, reduce
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from flowtui.model.errors import DrillError
from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from flowtui.engine.drill import Target
    from flowtui.engine.pivot import ShownQuestion
    from flowtui.model.run import Cell, ResultSet, Row
    from flowtui.query import ast

_WORD = re.compile(r"""(?:"[^"]*"?|'[^']*'?|\S)+""")
_COMPARISON = re.compile(r"(?P<name>[^=!<>~]+)(?P<sign>!=|>=|<=|=|>|<|~)(?P<value>.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LITERAL = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_TIMES = ("@timestamp", "@ingestionTime", "bin(", "datefloor(")
_ADDRESSES = ("addr", "address", "ip")

Block = IPv4Network | IPv6Network
Shown = tuple[int, Callable[["Row"], str]]
"""A column by its place, and what a row of it is shown as where that is not the value alone."""

_MOST_WORDS = 2_000
"""Different values of a column that are looked at as they are shown; amounts have more."""


@frozen
class Term:
    """One of the words; without a `column` it is about any."""

    value: str
    column: str = ""
    sign: str = "~"


def terms_of(text: str, columns: Sequence[str]) -> tuple[Term, ...]:
    """The words of a text; one that is being written, `srcaddr=`, leaves all rows."""
    found = (_term(match.group(), columns) for match in _WORD.finditer(text))
    return tuple(term for term in found if term.value)


def _term(word: str, columns: Sequence[str]) -> Term:
    match = _COMPARISON.fullmatch(word)
    name = _column(match["name"], columns) if match else ""
    if match is None or not name:
        return Term(_unquoted(word))
    return Term(_unquoted(match["value"]), name, match["sign"])


def _unquoted(word: str) -> str:
    return re.sub(r"\"([^\"]*)\"?|'([^']*)'?", lambda found: found[1] or found[2] or "", word)


def _column(name: str, columns: Sequence[str]) -> str:
    """The column that is meant: in any case, and by its beginning where no other begins so."""
    sought = _unquoted(name).casefold()
    same = [each for each in columns if each.casefold() == sought]
    alike = [each for each in columns if each.casefold().startswith(sought)]
    return same[0] if same else alike[0] if len(alike) == 1 and sought else ""


class Texts:
    """The rows of a result as text, made once for all the words that are looked for in them."""

    def __init__(self, results: ResultSet, shown: Sequence[Shown] = ()) -> None:
        self.results = results
        self._shown = shown

    @cached_property
    def _lines(self) -> Sequence[str]:
        places = self.results.shown
        rows = self.results.rows
        return ["\x1f".join([row[place] or "" for place in places]).casefold() for row in rows]

    @cached_property
    def _words(self) -> Sequence[tuple[int, Mapping[Cell, str]]]:
        """What the values of columns are shown as, where there are few."""
        found = []
        for place, show in self._shown:
            samples = {row[place]: row for row in self.results.rows}
            if len(samples) <= _MOST_WORDS:
                texts = {value: show(row).casefold() for value, row in samples.items()}
                found.append((place, texts))
        return found

    def having(self, sought: str) -> Callable[[int], bool]:
        """Whether the row at an index has the casefolded text in some cell."""
        rows, lines = self.results.rows, self._lines
        values = [
            (place, {value for value, text in texts.items() if sought in text})
            for place, texts in self._words
        ]
        worded = [(place, among) for place, among in values if among]
        return lambda index: (
            sought in lines[index] or any(rows[index][place] in among for place, among in worded)
        )


def kept(texts: Texts, terms: Iterable[Term]) -> Sequence[int]:
    """The indexes of the rows for which all terms hold."""
    left: Sequence[int] = range(len(texts.results.rows))
    for term in terms:
        holds = _test(texts, term)
        left = [index for index in left if holds(index)]
    return left


def _test(texts: Texts, term: Term) -> Callable[[int], bool]:
    results, block = texts.results, block_of(term.value)
    rows = results.rows
    if not term.column:
        if block is not None:
            places = [i for i, name in enumerate(results.columns) if is_address(name)]
            inside = _remembered(lambda cell: _is_in(cell, block))
            return lambda index: any(inside(rows[index][place]) for place in places)
        return texts.having(term.value.casefold())
    place = results.columns.index(term.column)
    test = _remembered(_cell_test(term, block))
    return lambda index: test(rows[index][place])


def _remembered(test: Callable[[Cell], bool]) -> Callable[[Cell], bool]:
    """Columns have few different values: each is looked at once."""
    known: dict[Cell, bool] = {}

    def look(cell: Cell) -> bool:
        if (answer := known.get(cell)) is None:
            answer = known[cell] = test(cell)
        return answer

    return look


def _cell_test(term: Term, block: Block | None) -> Callable[[Cell], bool]:
    value, sought, number = term.value, term.value.casefold(), _literal(term.value)

    def is_same(cell: Cell) -> bool:
        if block is not None and _is_in(cell, block):
            return True
        if cell is None or cell.casefold() == sought:
            return cell is not None
        return number is not None and _number(cell) == number

    match term.sign:
        case "=":
            return is_same
        case "!=":
            return lambda cell: not is_same(cell)
        case "~":
            return lambda cell: cell is not None and sought in cell.casefold()
        case sign:
            return lambda cell: _compares(cell, sign, number, value)


def _compares(cell: Cell, sign: str, number: float | None, value: str) -> bool:
    """Numbers by size, and texts, as times are, by their letters; a number is no text."""
    if cell is None:
        return False
    known = _number(cell)
    if number is not None:
        return known is not None and _holds(known, sign, number)
    return known is None and cell != "-" and _holds(cell, sign, value)


def _holds(left: float | str, sign: str, right: float | str) -> bool:
    before, same = left < right, left == right  # type: ignore[operator]  # both are of one kind
    return {">": not before and not same, ">=": not before, "<": before, "<=": before or same}[sign]


def _literal(text: str) -> float | None:
    """A number as a query writes it."""
    return float(text) if _LITERAL.fullmatch(text) else None


def _number(text: Cell) -> float | None:
    return float(text) if text is not None and _NUMBER.fullmatch(text) else None


def block_of(text: str) -> Block | None:
    """The block of addresses that a text is; one address is none."""
    if "/" not in text:
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def is_address(column: str) -> bool:
    """Whether the values of a column of that name are addresses."""
    return column.casefold().replace("_", "").endswith(_ADDRESSES)


def _is_in(cell: Cell, block: Block) -> bool:
    try:
        return cell is not None and ip_address(cell) in block
    except ValueError:
        return False


def filtered(on: ShownQuestion, terms: Sequence[Term]) -> Target:
    """The question with the terms as filters; raises `DrillError` for what no filter says."""
    from flowtui.engine.drill import Target, asked
    from flowtui.engine.lineage import meanings_of, resolved
    from flowtui.engine.pivot import find_column
    from flowtui.query.parser import parse
    from flowtui.query.printer import to_source

    pipeline = parse(on.query.body)
    meanings = meanings_of(pipeline.commands)
    commands = list(pipeline.commands)
    placed: dict[int, list[ast.Expr]] = {}
    for term in terms:
        _check_column(term)
        column = find_column(pipeline, term.column)
        if column.key.offset is not None:
            raise DrillError(f"{term.column} is labelled with an offset; filter it by the time")
        of_time = _is_time(term.column, resolved(column.key.expr, meanings))
        condition = _condition(column.key.expr, term, of_time=of_time)
        placed.setdefault(column.place, []).append(condition)
    for place in sorted(placed, reverse=True):
        commands.insert(place, _all(placed[place]))
    body = to_source(replace(pipeline, commands=tuple(commands)))
    title = " ".join(f"{term.column}{term.sign}{term.value}" for term in terms)
    return Target(asked(on.query, body, on.format), on.window, title)


def filter_of(terms: Sequence[Term]) -> ast.Filter | None:
    """The filter that leaves the same of rows whose columns have these names; None without terms.

    Raises `DrillError` for what no filter says.
    """
    from flowtui.query import ast

    for term in terms:
        _check_column(term)
    columns = [(ast.Field(term.column), term) for term in terms]
    conditions = [
        _condition(field, term, of_time=_is_time(term.column, field)) for field, term in columns
    ]
    return _all(conditions) if conditions else None


def _is_time(column: str, expr: ast.Expr) -> bool:
    from flowtui.query.predicates import is_time

    return is_time(expr) or column.startswith(_TIMES)


def _check_column(term: Term) -> None:
    if not term.column:
        raise DrillError(
            f"{term.value} is looked for in every column, which no filter does; write"
            f" col~{term.value} with the name of one"
        )


def _all(conditions: Sequence[ast.Expr]) -> ast.Filter:
    from flowtui.query import ast

    return ast.Filter(reduce(lambda left, right: ast.Binary("and", left, right), conditions))


def _condition(expr: ast.Expr, term: Term, *, of_time: bool) -> ast.Expr:
    from flowtui.query import ast
    from flowtui.query.predicates import escaped

    block, number = block_of(term.value), _literal(term.value)
    if number is not None and term.sign != "~" and of_time:
        raise DrillError(f"{term.column} is a time and no number; choose a part of it by ctrl+t")
    literal = ast.String(term.value) if number is None else ast.Number(term.value)
    if term.sign == "~":
        return ast.Binary("like", expr, ast.Regex(f"(?i){escaped(term.value)}"))
    if block is not None and term.sign in ("=", "!="):
        name = "isIpv4InSubnet" if block.version == 4 else "isIpv6InSubnet"
        inside = ast.Call(name, (expr, ast.String(str(block))))
        return inside if term.sign == "=" else ast.Unary("not", inside)
    if term.sign in ("=", "!=") and number is None:
        same = ast.Binary("like", expr, ast.Regex(f"(?i)^{escaped(term.value)}$"))
        return same if term.sign == "=" else ast.Unary("not", same)
    if number is None:
        raise DrillError(
            f"{term.column}{term.sign}{term.value} compares no number, which no filter does; of"
            " times choose a part by ctrl+t"
        )
    return ast.Binary(term.sign, expr, literal)
