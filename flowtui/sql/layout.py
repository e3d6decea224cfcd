"""SQL on several lines, for people: each clause on its own, a SELECT in brackets further in.

Only the white space between words is changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_WIDTH = 100
_SHORT = 60
"""Up to here a SELECT in brackets stays on the line."""
_IN_BLOCK, _IN_CLAUSE = 4, 2
"""By how many blanks lines stand further in."""
_WORD = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[()\[\],]|[^\s'"()\[\],]+""")
_CLAUSES = tuple(
    tuple(words.split())
    for words in (
        "UNION ALL BY NAME", "ASOF LEFT JOIN", "CROSS JOIN", "INNER JOIN", "LEFT JOIN", "GROUP BY",
        "ORDER BY", "WITH", "SELECT", "FROM", "WHERE", "LIMIT", "EXCEPT",
    )
)  # fmt: skip
_SEPARATORS = {"SELECT": ",", "WITH": ",", "ORDER": ",", "WHERE": "AND"}
"""Where a clause is broken that is too long for a line, by its first word."""


def words(sql: str) -> list[str]:
    """The part of it that is the same however it is laid out."""
    return _WORD.findall(sql)


def laid_out(sql: str) -> str:
    tokens = _tokens(sql)
    _read(tokens)
    page = _Page()
    for token in tokens:
        page.put(token)
    return page.text


@dataclass(eq=False, slots=True)
class _Block:
    """The statement, or a SELECT in brackets."""

    depth: int
    length: int = 0

    @property
    def is_inline(self) -> bool:
        return self.depth > 0 and self.length <= _SHORT


@dataclass(eq=False, slots=True)
class _Clause:
    block: _Block
    separator: str
    length: int = 0

    @property
    def is_broken(self) -> bool:
        room = _WIDTH - _IN_BLOCK * self.block.depth
        return bool(self.separator) and not self.block.is_inline and self.length > room


@dataclass(eq=False, slots=True)
class _Token:
    text: str
    is_apart: bool
    """Whether a blank stands before it."""
    clause: _Clause = field(default_factory=lambda: _Clause(_Block(0), ""))
    begins: bool = False
    """Whether a clause begins with it."""
    heads: bool = False
    """Whether it is the last word of the clause's name."""
    opens: _Block | None = None
    closes: _Block | None = None
    parts: bool = False
    """Whether the clause is broken here, if it is broken."""


def _tokens(sql: str) -> list[_Token]:
    found: list[_Token] = []
    before = "("
    for word in _WORD.finditer(sql):
        is_apart = sql[word.start() - 1 : word.start()].isspace()
        found.append(_Token(word[0], is_apart and before != "(" and word[0] != ")"))
        before = word[0]
    return found


@dataclass(slots=True)
class _Reading:
    """Where a reader is in a block."""

    block: _Block
    clause: _Clause
    brackets: int = 0
    is_between: bool = False
    """Whether the next AND belongs to a BETWEEN."""


def _read(tokens: Sequence[_Token]) -> None:
    """Tell each token what it is."""
    texts = [token.text for token in tokens]
    whole = _Block(0)
    open_ = [_Reading(whole, _Clause(whole, ""))]
    rest_of_name = 0
    for index, token in enumerate(tokens):
        here = open_[-1]
        if here.brackets == 0 and (name := _clause_at(texts, index)) and not rest_of_name:
            here.clause = _Clause(here.block, _SEPARATORS.get(name[0], ""))
            token.begins, rest_of_name = True, len(name)
        if rest_of_name:
            rest_of_name -= 1
            token.heads = rest_of_name == 0
        token.clause = here.clause
        if token.text == "(" and texts[index + 1 : index + 2] in (["SELECT"], ["WITH"]):
            token.opens = _Block(here.block.depth + 1)
            open_.append(_Reading(token.opens, _Clause(token.opens, "")))
        elif token.text == ")" and here.brackets == 0 and len(open_) > 1:
            token.closes = open_.pop().block
            token.clause = open_[-1].clause
            open_[-1].clause.length += token.closes.length if token.closes.is_inline else 0
        else:
            _read_word(token, here)
        _count(token, open_)


def _clause_at(texts: Sequence[str], index: int) -> tuple[str, ...]:
    found = (name for name in _CLAUSES if tuple(texts[index : index + len(name)]) == name)
    return next(found, ())


def _read_word(token: _Token, here: _Reading) -> None:
    here.brackets += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
    if here.brackets == 0 and token.text == here.clause.separator:
        token.parts = not (token.text == "AND" and here.is_between)
    if token.text in ("BETWEEN", "AND"):
        here.is_between = token.text == "BETWEEN"


def _count(token: _Token, open_: Sequence[_Reading]) -> None:
    size = len(token.text) + token.is_apart
    token.clause.length += size
    for place in open_[1:]:
        place.block.length += size


class _Page:
    def __init__(self) -> None:
        self._lines: list[str] = [""]

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._lines)

    def put(self, token: _Token) -> None:
        clause = token.clause
        within = 0 if clause.block.is_inline else _IN_BLOCK * clause.block.depth
        further = within + (_IN_CLAUSE if clause.is_broken else 0)
        begins = token.begins and not clause.block.is_inline
        closes = token.closes is not None and not token.closes.is_inline
        parts = token.parts and clause.is_broken
        if begins:
            self._line(within)
        elif closes or (parts and token.text == "AND"):
            self._line(further)
        self._word(token)
        if token.opens is not None and not token.opens.is_inline:
            self._line(within + _IN_BLOCK)
        elif (token.heads and clause.is_broken) or (parts and token.text == ","):
            self._line(further)

    def _line(self, indent: int) -> None:
        """Begin a line, if nothing stands on this one."""
        if self._lines[-1].strip():
            self._lines.append("")
        self._lines[-1] = " " * indent

    def _word(self, token: _Token) -> None:
        blank = " " if token.is_apart and self._lines[-1].strip() else ""
        self._lines[-1] += blank + token.text
