"""Filter patterns of FilterLogEvents, as a condition of a query. Pure.

A language of its own: plain and quoted terms are understood, all of which an event must hold.
What else it knows (`?either -without { $.json = 1 } [a, b] %regex%`) is refused, never ignored.
"""

from __future__ import annotations

import re

from flowtui.query.printer import string_text
from flowtui.serve.wire import invalid

_TERM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)', re.DOTALL)
_PLAIN = re.compile(r"\w+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def condition(pattern: str) -> str:
    """The condition that an event meets; empty for a pattern that matches all of them.

    Terms are found by case, and inside of words too. Raises `WireError`.
    """
    return " and ".join(f"@message like {string_text(term)}" for term in _terms(pattern.strip()))


def _terms(pattern: str) -> list[str]:
    terms, place = [], 0
    while place < len(pattern):
        found = _TERM.match(pattern, place)
        if found is None:
            raise invalid(
                f"Invalid filter pattern: a quotation mark is missing or too much, {_HINT}"
            )
        terms.append(_quoted(found[1]) if found[2] is None else _plain(found[2]))
        place = found.end()
    return terms


def _quoted(inside: str) -> str:
    if not inside:
        raise invalid("Invalid filter pattern: the quoted term is empty")
    return _ESCAPE.sub(r"\1", inside)


def _plain(term: str) -> str:
    if not _PLAIN.fullmatch(term):
        raise invalid(f"Invalid character(s) in term {term!r}: {_HINT}")
    return term


_HINT = 'this endpoint knows plain terms and, with any other character, "quoted" ones'
