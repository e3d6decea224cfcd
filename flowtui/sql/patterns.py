"""Regular expressions and globs in the syntax of RE2, which the service takes (1.1, 3.6)."""

from __future__ import annotations

import re

from flowtui.model.errors import QueryError, Span
from flowtui.model.frozen import frozen
from flowtui.query.regexes import outline
from flowtui.sql.dialects.base import Patterns

_NAMED = re.compile(r"\(\?P?<([A-Za-z_@][A-Za-z0-9_@]*)>")

_REFERENCE = re.compile(r"\\([0-9]|.|\Z)", re.DOTALL)


@frozen
class Pattern:
    """A regular expression with plain groups, and the name of each (None: it has none)."""

    text: str
    groups: tuple[str | None, ...]


def regex(text: str, span: Span, patterns: Patterns) -> Pattern:
    """The expression with plain groups; raises `QueryError` where the engine does not take it."""
    plain, groups = _plain(text)
    if reason := patterns.refusal(plain):
        reason = next((flaw.message for flaw in outline(text).flaws), reason)
        raise QueryError(f"the regular expression /{text}/ is not valid: {reason}", span)
    return Pattern(plain, groups)


def rewrite_refusal(pattern: Pattern, rewrite: str) -> str:
    """Why RE2 does not put `rewrite` in for matches of `pattern`; empty where it does."""
    for reference in _REFERENCE.findall(rewrite):
        if reference.isdecimal() and int(reference) > len(pattern.groups):
            return f"the expression has no group {reference}"
        if not reference.isdecimal() and reference != "\\":
            return "after a backslash it needs a digit or another backslash"
    return ""


def shape(glob: str) -> int | None:
    """How many stars a glob has that is nothing but stars with one blank between."""
    stars = glob.split(" ")
    return len(stars) if all(star == "*" for star in stars) else None


def glob_regex(glob: str) -> str:
    """A glob (3.6): found anywhere, each `*` up to the next literal, a last one takes the rest.

    Its first group is the whole match, which is empty only where nothing matches.
    """
    first, *literals = glob.split("*")
    parts = [re.escape(first)]
    for number, piece in enumerate(literals, 1):
        takes_rest = number == len(literals) and not piece
        parts.append("(.*)" if takes_rest else f"(.*?){re.escape(piece)}")
    return f"(?s)({''.join(parts)})"


def _plain(text: str) -> tuple[str, tuple[str | None, ...]]:
    """The expression without the names of its groups, which older RE2 spells differently."""
    groups: list[str | None] = []
    parts: list[str] = []
    at, in_class = 0, False
    while at < len(text):
        step = 2 if text[at] == "\\" else 1
        piece = text[at : at + step]
        if not in_class and piece == "(":
            named = _NAMED.match(text, at)
            if named:
                step = len(named[0])
            if named or text[at + 1 : at + 2] != "?":
                groups.append(named[1] if named else None)
        in_class = (in_class or piece == "[") and piece != "]"
        parts.append(piece)
        at += step
    return "".join(parts), tuple(groups)
