"""Logs for the oracle's tests, with all that is odd in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from tests.property.strategies import FORMAT, SECONDS, START

T = TypeVar("T")

ADDRESSES = (
    "10.0.0.1", "10.0.0.9", "10.0.0.10", "8.8.8.8", "127.0.0.1", "10.0.0.256", "2001:db8::1",
    "::ffff:10.0.0.1", "fd00::9", "-",
)  # fmt: skip
SMALL = ("-3", "-1", "0", "1", "2", "3", "4", "5", "7", "9", "10", "12", "100", "-")
ODD = (
    "007", "022", "+4", "-0", "0.5", "-0.25", "1.5", "7.", ".5", "1e3", "25E-2", "0x10", "inf",
    "1_0", "4611686018427387904", "9223372036854775808", "18446744073709551616", "1e19",
    "99999999999999999999", "1099511627776",
)  # fmt: skip
"""Numbers in unusual spelling, beyond 64 bits and with fractions that add up exactly; and what
only other languages take for numbers."""
NUMBERS = SMALL * 2 + ODD
_ACTIONS = ("ACCEPT", "REJECT", "-", "reject", "Ünïté", "", "7", "a7b10", "a7b9")
_MISFIT_WORDS = ("-", "0", "07", "1.5", "a", "eni-1", "a\tb", 'say"it', "it's", "ü", "10.0.0.1")


class Chooser:
    """Choices, one by one."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def below(self, count: int) -> int:
        return self._random.randrange(count)

    def pick(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def chance(self, one_in: int) -> bool:
        return self.below(one_in) == 0

    def several(self, choices: Sequence[T], most: int) -> list[T]:
        """One to `most` of them, each once."""
        found = [self.pick(choices) for _ in range(1 + self.below(most))]
        return list(dict.fromkeys(found))


def made(make: Callable[[Random], T]) -> st.SearchStrategy[T]:
    """What `make` makes of chance.

    Not choice by choice: of those Hypothesis makes variants of what it had, so that of 250 queries
    100 are different. It can't make such an example simpler, either; `test_oracle` does.
    """
    return st.randoms(use_true_random=True).map(make)


def logs() -> st.SearchStrategy[list[str]]:
    """One to twelve lines; a quarter does not fit the format."""
    return made(lambda random: _lines(Chooser(random), _line, 12))


def json_logs() -> st.SearchStrategy[list[str]]:
    """Messages that are JSON, that only look so, and that are not."""
    return made(lambda random: _lines(Chooser(random), _json_line, 8))


def _lines(chooser: Chooser, line: Callable[[Chooser], str], most: int) -> list[str]:
    return [line(chooser) for _ in range(1 + chooser.below(most))]


def _line(chooser: Chooser) -> str:
    if chooser.chance(4):
        return " ".join(chooser.pick(_MISFIT_WORDS) for _ in range(chooser.below(15)))
    start = START + chooser.pick((0, 0, 60, 3541, 3599, chooser.below(SECONDS)))
    words = {
        "interface_id": chooser.pick(("eni-1", "eni-2", "eni-10", "-")),
        "srcaddr": chooser.pick(ADDRESSES),
        "dstaddr": chooser.pick(ADDRESSES),
        "dstport": chooser.pick(("22", "443", "65535", *NUMBERS)),
        "protocol": chooser.pick(("6", "17", "1", "-")),
        "packets": chooser.pick(NUMBERS),
        "bytes": chooser.pick(NUMBERS),
        "start": chooser.pick((str(start), str(start), str(start), "-")),
        "end": str(start + chooser.below(60)),
        "action": chooser.pick(_ACTIONS),
        "log_status": chooser.pick(("OK", "NODATA", "SKIPDATA")),
    }
    return " ".join(words[column] for column in FORMAT.columns)


def _json_line(chooser: Chooser) -> str:
    if chooser.chance(5):
        return chooser.pick(("{", "not json", "[1,", "", "7", '"text"', "null", "-"))
    return json.dumps(_json_value(chooser, 0), ensure_ascii=chooser.chance(2))


def _json_value(chooser: Chooser, depth: int) -> object:
    kind = chooser.below(3 if depth == 0 else 6)
    if depth < 3 and kind <= 1:
        keys = chooser.several(("a", "b", "list", "user.id"), 4)
        return {key: _json_value(chooser, depth + 1) for key in keys}
    if depth < 3 and kind == 2:
        return [_json_value(chooser, depth + 1) for _ in range(chooser.below(4))]
    return chooser.pick(("x", "X", "", "7", "é\n", 7, -3, 0, 1.5, True, False, None, "10.0.0.1"))
