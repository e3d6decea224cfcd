"""Syntax that RE2, the engine of the service and of DuckDB, does not take (LANGUAGE.md 1.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from flowtui.model.errors import Span

_NAME = re.compile(r"\(\?P?<([^>=!]*)>")
_PLAIN_NAME = re.compile(r"[A-Za-z_@][A-Za-z0-9_@]*")
_FLAGS = re.compile(r"\(\?[imsU]*(?:-[imsU]+)?([:)])")
_REPEAT = re.compile(r"(?:[*+?]|\{(?P<least>[0-9]+)(?:,(?P<most>[0-9]*))?\})")
_MOST_REPEATS = 1000
_AROUND = {"(?=": "look-ahead", "(?!": "look-ahead", "(?<=": "look-behind", "(?<!": "look-behind"}


@dataclass(frozen=True, slots=True)
class Flaw:
    """`span` lies within the expression."""

    message: str
    span: Span


@dataclass(slots=True)
class _Scan:
    """How far an expression was read."""

    text: str
    at: int = 0
    opened: list[int] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    can_repeat: bool = False

    def blame(self, message: str, length: int = 1) -> None:
        self.flaws.append(Flaw(message, (self.at, self.at + length)))


@dataclass(frozen=True, slots=True)
class Outline:
    """The groups that capture, each by its name (None: it has none), and what is wrong."""

    groups: tuple[str | None, ...]
    flaws: tuple[Flaw, ...]


@lru_cache(maxsize=256)
def outline(pattern: str) -> Outline:
    """Read the expression once from left to right, in linear time."""
    scan = _Scan(pattern)
    while scan.at < len(pattern):
        _RULES.get(pattern[scan.at], _literal)(scan)
    if scan.opened:
        scan.at = scan.opened[0]
        scan.blame("this ( of the regular expression never closes")
    return Outline(tuple(scan.groups), tuple(scan.flaws))


def _literal(scan: _Scan) -> None:
    scan.at += 1
    scan.can_repeat = True


def _escape(scan: _Scan) -> None:
    escaped = scan.text[scan.at + 1 : scan.at + 2]
    if (escaped.isdecimal() and escaped != "0") or escaped == "k":
        scan.blame("regular expressions here have no back-references", 2)
    elif not escaped:
        scan.blame("the regular expression ends in a single backslash")
    scan.at += 2
    if escaped == "Q":
        end = scan.text.find("\\E", scan.at)
        scan.at = len(scan.text) if end < 0 else end + 2
    scan.can_repeat = True


def _class(scan: _Scan) -> None:
    r"""[abc], [^]abc], [[:alpha:]], [\]]"""
    text, at = scan.text, scan.at + 1
    at += text[at : at + 1] == "^"
    at += text[at : at + 1] == "]"
    while at < len(text) and text[at] != "]":
        named = text.find(":]", at) if text.startswith("[:", at) else -1
        at = named + 2 if named >= 0 else at + (2 if text[at] == "\\" else 1)
    if at >= len(text):
        scan.blame("this [ of the regular expression never closes")
        scan.opened.clear()
    scan.at = at + 1
    scan.can_repeat = True


def _open(scan: _Scan) -> None:
    text, at = scan.text, scan.at
    flags = _FLAGS.match(text, at)
    scan.can_repeat = False
    if flags:
        if flags[1] == ":":
            scan.opened.append(at)
        scan.at = flags.end()
        return
    scan.opened.append(at)
    if text[at + 1 : at + 2] != "?":
        scan.groups.append(None)
        scan.at += 1
        return
    named = _NAME.match(text, at)
    if named:
        _name(scan, named)
        scan.at = named.end()
        return
    around = next((opening for opening in _AROUND if text.startswith(opening, at)), "")
    if around:
        scan.blame(f"regular expressions here have no {_AROUND[around]}", len(around))
    else:
        scan.blame("unknown kind of group in the regular expression", min(3, len(text) - at))
    scan.at += len(around) or 2


def _name(scan: _Scan, named: re.Match[str]) -> None:
    name = named[1]
    if not _PLAIN_NAME.fullmatch(name):
        scan.blame("the name of a group has letters, digits and _ only", len(named[0]))
    elif name in scan.groups:
        scan.blame(f"two groups are called {name}", len(named[0]))
    scan.groups.append(name)


def _close(scan: _Scan) -> None:
    if scan.opened:
        scan.opened.pop()
    else:
        scan.blame("this ) of the regular expression closes nothing")
    _literal(scan)


def _or(scan: _Scan) -> None:
    scan.at += 1
    scan.can_repeat = False


def _repeat(scan: _Scan) -> None:
    """`*`, `+`, `?`, `{2,3}`, each also lazy; a `{` that counts nothing is itself."""
    repeat = _REPEAT.match(scan.text, scan.at)
    if repeat is None:
        _literal(scan)
        return
    if not scan.can_repeat:
        scan.blame(f"there is nothing that this {repeat[0]} could repeat", len(repeat[0]))
    elif not _can_count(repeat):
        scan.blame(f"this counts down, or to more than {_MOST_REPEATS}", len(repeat[0]))
    scan.at = repeat.end() + scan.text.startswith("?", repeat.end())
    scan.can_repeat = False


def _can_count(repeat: re.Match[str]) -> bool:
    if repeat["least"] is None:
        return True
    least = repeat["least"].lstrip("0")
    most = repeat["most"].lstrip("0") if repeat["most"] else least
    # Python makes no number of thousands of digits.
    if max(len(least), len(most)) > 4:
        return False
    return int(least or 0) <= int(most or 0) <= _MOST_REPEATS


_RULES = {
    "\\": _escape, "[": _class, "(": _open, ")": _close, "|": _or,
    "*": _repeat, "+": _repeat, "?": _repeat, "{": _repeat,
}  # fmt: skip
