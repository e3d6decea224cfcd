r"""Regular expressions of RE2's syntax as Joni reads them in the syntax of Java, which Trino has.

Both take the same letters, classes and repetitions. Where one text would mean two things, what is
written for Joni says what RE2 means: `\d`, `\w` and `\s` are of ASCII, `$` is the very end, and
a bracket in a class is a bracket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_DIGITS, _WORDS, _SPACES = "0-9", "0-9A-Za-z_", r"\t\n\f\r "
_CLASSES = {"d": _DIGITS, "w": _WORDS, "s": _SPACES}
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7F", "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F", "digit": _DIGITS, "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\x0B\f\r ", "upper": "A-Z", "word": _WORDS,
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_TOKEN = re.compile(
    r"\\Q(?P<literal>.*?)(?:\\E|\Z)|(?P<category>\\[pP](?:\{\^?\w+\}|[A-Z]))"
    r"|\[:(?P<posix>\^?[a-z]+):\]|\\(?P<escape>.)|\(\?(?P<flags>[a-zA-Z-]+)[:)]|(?P<plain>.)",
    re.DOTALL,
)
_CATEGORY = re.compile(r"\\([pP])\{?(\^?)(\w+)\}?")
_KNOWN = re.compile(r"[CLMNPSZ][a-z]?")
_NESTED = re.compile(r"\([^()\\]*[+*][^()\\]*\)(?:[+*]|\{\d+,)")


class NotTranslated(ValueError):
    """What RE2 takes and Joni has no words for; `str(error)` says what."""


def joni(expression: str) -> str:
    """Raises `NotTranslated`. The expression is one that RE2 takes."""
    return "".join(_translated(expression))


def may_backtrack(expression: str) -> bool:
    """Whether a repetition stands in a repetition: Joni may take a time that doubles a letter."""
    return _NESTED.search(expression) is not None


def _translated(expression: str) -> Iterator[str]:
    in_class = is_first = is_multiline = False
    for token in _TOKEN.finditer(expression):
        match token.lastgroup:
            case "literal":
                yield re.escape(token["literal"])
            case "category":
                yield _category(token["category"])
            case "posix" if in_class:
                yield _posix(token["posix"])
            case "escape":
                yield _escape(token["escape"], in_class=in_class)
            case "flags" if not in_class:
                is_multiline = _is_multiline(token["flags"], before=is_multiline)
                yield token[0]
            case _ if in_class:
                in_class = is_first or token[0] != "]"
                is_negation = is_first and token[0] == "^"
                yield token[0] if is_negation or not in_class else _member(token[0])
                if is_negation:
                    continue
            case _:
                in_class = is_first = token[0] == "["
                yield token[0] if is_multiline else _EDGES.get(token[0], token[0])
                continue
        is_first = False


_EDGES = {"^": r"\A", "$": r"\z"}


def _is_multiline(flags: str, *, before: bool) -> bool:
    given, _, taken = flags.partition("-")
    if "U" in flags:
        raise NotTranslated("(?U) turns greed around, which Athena can't")
    return "m" in given or (before and "m" not in taken)


def _category(written: str) -> str:
    found = _CATEGORY.fullmatch(written)
    sign, negation, name = found.groups() if found else ("p", "", "")
    letter = sign.swapcase() if negation else sign
    return f"\\{letter}{{{name if _KNOWN.fullmatch(name) else f'Is{name}'}}}"


def _member(character: str) -> str:
    """In a class Joni reads a bracket as one more class, and && as what two have in common."""
    return f"\\{character}" if character in "[]&^" else character


def _posix(name: str) -> str:
    if name.startswith("^"):
        raise NotTranslated(f"[:{name}:] in a class is none of Athena's")
    return _POSIX[name]


def _escape(letter: str, *, in_class: bool) -> str:
    members = _CLASSES.get(letter.lower())
    if members is None:
        if letter == "C":
            raise NotTranslated(r"\C is a byte, which Athena has not")
        return {"v": r"\x0B", "a": r"\x07"}.get(letter, f"\\{letter}")
    if letter.islower():
        return members if in_class else f"[{members}]"
    if in_class:
        raise NotTranslated(f"\\{letter} in a class is none of Athena's")
    return f"[^{members}]"
