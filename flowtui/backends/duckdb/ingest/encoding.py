"""How text is encoded: in UTF-8, or in UTF-16 as Windows tools and PowerShell's `>` write it."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from enum import StrEnum
from io import BufferedReader, RawIOBase
from typing import Any, Protocol


class Encoding(StrEnum):
    UTF8 = "utf-8"
    UTF16_LE = "utf-16-le"
    UTF16_BE = "utf-16-be"

    @classmethod
    def of(cls, first: bytes) -> Encoding:
        """By the first bytes of a text: a byte order mark, or zeros beside ASCII letters."""
        if marked := next((kind for mark, kind in _MARKS.items() if first.startswith(mark)), None):
            return marked
        if len(first) >= _TELLING:
            one, other = first[:_TELLING:2], first[1:_TELLING:2]
            if _is_text(one) and not any(other):
                return cls.UTF16_LE
            if _is_text(other) and not any(one):
                return cls.UTF16_BE
        return cls.UTF8

    @property
    def label(self) -> str:
        """What the user calls it."""
        return self.value[:6].upper().removesuffix("-")


_MARKS = {
    codecs.BOM_UTF8: Encoding.UTF8,
    codecs.BOM_UTF16_LE: Encoding.UTF16_LE,
    codecs.BOM_UTF16_BE: Encoding.UTF16_BE,
}
_TELLING = 32
"""Bytes by which UTF-16 without a mark is known."""


def _is_text(letters: bytes) -> bool:
    return letters.isascii() and all(each >= 32 or each in b"\t\r\n" for each in letters)


class Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Peekable(Bytes, Protocol):
    def peek(self, size: int = ..., /) -> bytes: ...


def as_utf8(text: Peekable, told: Callable[[Encoding], None]) -> Bytes:
    """The same text in UTF-8, without a byte order mark; `told` takes what else it is encoded in.

    Nothing of it may be read yet.
    """
    first = text.peek(_TELLING)[:_TELLING]
    text.read(next((len(mark) for mark in _MARKS if first.startswith(mark)), 0))
    encoding = Encoding.of(first)
    if encoding is Encoding.UTF8:
        return text
    told(encoding)
    return BufferedReader(_Utf8(text, encoding))


class _Utf8(RawIOBase):
    """What is no UTF-16 in it becomes U+FFFD."""

    def __init__(self, text: Bytes, encoding: Encoding) -> None:
        self._text = text
        self._decode = codecs.getincrementaldecoder(encoding)("replace").decode

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """A character of two bytes may take three here; half as many bytes have room for all."""
        found = ""
        while not found:
            block = self._text.read(len(buffer) // 2)
            found = self._decode(block, not block)
            if not block:
                break
        utf8 = found.encode()
        buffer[: len(utf8)] = utf8
        return len(utf8)
