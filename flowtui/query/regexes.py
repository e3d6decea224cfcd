"""Syntax that RE2, the engine of the service and of DuckDB, does not take (LANGUAGE.md 1.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from flowtui.model.errors import Span
from flowtui.model.frozen import frozen

_NAME = re.compile(r"\(\?P?<([^>=!]*)>")
_PLAIN_NAME = re.compile(r"[A-Za-z_@][A-Za-z0-9_@]*")
_FLAGS = re.compile(r"\(\?[imsU]*(?:-[imsU]+)?([:)])")
_REPEAT = re.compile(r"(?:[*+?]|\{(?P<least>[0-9]+)(?:,(?P<most>[0-9]*))?\})")
_MOST_REPEATS = 1000
_ESCAPE = re.compile(
    r"\\(?:[1-7][0-7]{1,2}|0[0-7]{0,2}|x[0-9A-Fa-f]{2}|x\{(?P<code>[0-9A-Fa-f]+)\}"
    r"|[pP](?:[CLMNPSZ]|\{\^?[A-Za-z_]+\})|[afnrtvdDsSwW_]|[\x00-/:-@\[-^`{-\x7f])"
)
"""Those that mean the same inside of brackets and outside."""
_OUTSIDE = frozenset("AzbBCQ")
_LAST_CODE = 0x10FFFF
_NAMED_CLASSES = frozenset(
    {
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
        "space", "upper", "word", "xdigit",
    }
)  # fmt: skip
_NO_END = frozenset("dDsSwWpP")
"""Escapes for many characters: a range can't end in one."""
_AROUND = {"(?=": "look-ahead", "(?!": "look-ahead", "(?<=": "look-behind", "(?<!": "look-behind"}


@frozen
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
    has_begun: bool = False
    """Whether something stands before in the same group."""

    def found(self) -> None:
        """Something that can be repeated ends here."""
        self.can_repeat = self.has_begun = True

    def begins(self) -> None:
        """A group, or a choice in it, begins here."""
        self.can_repeat = self.has_begun = False

    def blame(self, message: str, length: int = 1) -> None:
        self.flaws.append(Flaw(message, (self.at, self.at + length)))


@frozen
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
    scan.found()


def _escape(scan: _Scan) -> None:
    escaped = scan.text[scan.at + 1 : scan.at + 2]
    if length := _escape_length(scan.text, scan.at):
        scan.at += length
    elif escaped in _OUTSIDE and escaped:
        scan.at += 2
    else:
        _blame_escape(scan, escaped)
    if escaped == "Q":
        end = scan.text.find("\\E", scan.at)
        scan.at = len(scan.text) if end < 0 else end + 2
    scan.found()


def _escape_length(text: str, at: int) -> int:
    """The length of the escape at `at` that brackets know, too; 0 where there is none."""
    found = _ESCAPE.match(text, at)
    if found is None or (
        found["code"] and int(found["code"].lstrip("0")[:7] or "0", 16) > _LAST_CODE
    ):
        return 0
    return len(found[0])


def _blame_escape(scan: _Scan, escaped: str) -> None:
    if escaped == "k" or escaped in "123456789":
        reason = "regular expressions here have no back-references"
    else:
        reason = f"the escape \\{escaped} means nothing in a regular expression here"
    if not escaped:
        reason = "the regular expression ends in a single backslash"
    scan.blame(reason, 1 + len(escaped))
    scan.at += 1 + len(escaped)


def _class(scan: _Scan) -> None:
    r"""[abc], [^]abc], [[:alpha:]], [\]], [a-z]"""
    text = scan.text
    begin = scan.at
    scan.at += 1
    scan.at += text[scan.at : scan.at + 1] == "^"
    is_first = True
    while scan.at < len(text) and (is_first or text[scan.at] != "]"):
        _range(scan)
        is_first = False
    if scan.at >= len(text):
        scan.at = begin
        scan.blame("this [ of the regular expression never closes")
        scan.opened.clear()
        scan.at = len(text)
    scan.at += 1
    scan.found()


def _range(scan: _Scan) -> None:
    """A character in brackets, a class of them, or two with a dash between."""
    text, begin = scan.text, scan.at
    if text.startswith("[:", begin) and (end := text.find(":]", begin)) >= 0:
        if text[begin + 2 : end].removeprefix("^") not in _NAMED_CLASSES:
            scan.blame("there is no class of characters with this name", end + 2 - begin)
        scan.at = end + 2
        return
    first = _character(scan)
    if first[1:2] in _NO_END or text[scan.at : scan.at + 1] != "-":
        return
    if text[scan.at + 1 : scan.at + 2] in ("]", ""):
        return
    scan.at += 1
    last = _character(scan)
    is_single = last[:1] != "\\" or last[1:2] not in _NO_END
    if not is_single or _code(first) > _code(last):
        scan.at, end = begin, scan.at
        scan.blame("this range of characters goes backwards or has no end", end - begin)
        scan.at = end


def _character(scan: _Scan) -> str:
    begin = scan.at
    if scan.text[begin] != "\\":
        scan.at += 1
    elif length := _escape_length(scan.text, begin):
        scan.at += length
    else:
        _blame_escape(scan, scan.text[begin + 1 : begin + 2])
    return scan.text[begin : scan.at]


def _code(character: str) -> int:
    """The code of a character, which may be written as an escape."""
    if character[0] != "\\" or len(character) == 1:
        return ord(character[0])
    named = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
    escaped = character[1]
    if escaped == "x":
        return int(character[2:].strip("{}"), 16)
    if escaped in "01234567":
        return int(character[1:], 8)
    return named.get(escaped, ord(escaped))


def _open(scan: _Scan) -> None:
    text, at = scan.text, scan.at
    flags = _FLAGS.match(text, at)
    if flags:
        if flags[1] == ":":
            scan.opened.append(at)
            scan.begins()
        else:
            scan.can_repeat = scan.has_begun
        scan.at = flags.end()
        return
    scan.begins()
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
    scan.begins()


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
