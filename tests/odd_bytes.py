"""Files as nobody writes them: valid ones that were cut, mixed up and mistyped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from random import Random

TIMES = int(os.environ.get("FLOWTUI_ODD", "1"))
"""By hand a hundred times as many are tried: `FLOWTUI_ODD=100`."""
SEED = os.environ.get("FLOWTUI_ODD_SEED", "1")

SCRAPS = (
    b"", b"\n", b"\r", b"\r\n", b"\0", b"\x1b[2J", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80",
    b"\x1e a b\n", b" ", b"  ", b"\t", b"-", b"'", b'"', b"''", b"[", b"]", b"{", b"}", b",", b":",
    b"=", b"~", b"*", b"$", b"%", b"\\", b"\\u0000", b"\\ud800", b"null", b"true", b"NaN",
    b"Infinity", b"1e999", b"-0", b"9" * 25, b"9" * 5_000, b"1e-400", b"[" * 1_500, b"{" * 600,
    b'{"a":' * 1_200, b"x" * 70_000, b"srcaddr dstaddr bytes\n", b"1979-05-27T07:32:00Z",
    "é日🙂\u202e".encode(),
)  # fmt: skip


def odd(samples: Sequence[bytes], tries: int, name: str) -> Iterator[bytes]:
    """So many of `tries`, and all alike in each run of the same seed."""
    random = Random(f"{SEED} {name}")  # noqa: S311  (no secret)
    for _ in range(tries * TIMES):
        text = random.choice(samples)
        for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
            text = random.choice(_CHANGES)(text, random, samples)
        yield text


Change = Callable[[bytes, Random, Sequence[bytes]], bytes]


def _cut(text: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(text, random)
    return text[:start] + text[end:]


def _end(text: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return text[: random.randrange(len(text) + 1)]


def _repeat(text: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(text, random)
    return text[:end] + text[start:end] * random.choice((1, 1, 2, 50)) + text[end:]


def _put(text: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(SCRAPS) + text[at:]


def _replace(text: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(text, random)
    return text[:start] + random.choice(SCRAPS) + text[end:]


def _word(text: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Another value in the place of one between two marks."""
    mark = random.choice((b" ", b",", b'"', b"=", b"\n", b":"))
    words = text.split(mark)
    words[random.randrange(len(words))] = random.choice((*SCRAPS, random.choice(words)))
    return mark.join(words)


def _flip(text: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    if not text:
        return text
    at = random.randrange(len(text))
    return text[:at] + bytes([random.randrange(256)]) + text[at + 1 :]


def _splice(text: bytes, random: Random, samples: Sequence[bytes]) -> bytes:
    other = random.choice(samples)
    return text[: random.randrange(len(text) + 1)] + other[random.randrange(len(other) + 1) :]


_CHANGES: Sequence[Change] = (_cut, _end, _repeat, _put, _replace, _word, _word, _flip, _splice)


def _span(text: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(text) + 1)
    return start, min(len(text), start + random.choice((1, 1, 4, 20, 200)))
